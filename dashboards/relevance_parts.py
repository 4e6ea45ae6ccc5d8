"""Which measures and feeds move with what customers achieve: verdicts in words, ranked, for the data page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.parts import Bullet, Kind, Status
from metrics.registry import metrics
from metrics.relevance import RelevanceRecord, relevance_list
from portfolio.rights import Visibility

ORDER = ("stop", "fix", "keep", "not_enough_data")
"""What calls for doing something first."""
KIND: dict[str, Kind] = {"stop": "bad", "fix": "watch", "keep": "ok", "not_enough_data": "none"}


@dataclass(frozen=True, slots=True)
class RelevanceLine:
    """A measure or feed with its verdict."""

    name: str
    url: str
    kind: str
    status: Status
    reason: str
    bar: Bullet | None
    rho: str
    lag: str
    pairs: str


@dataclass(frozen=True, slots=True)
class RelevancePart:
    """The ranking: those with a verdict, those without, and what it was taken of."""

    said: str
    detail: str
    ranked: tuple[RelevanceLine, ...]
    rest: tuple[RelevanceLine, ...]


def relevance_part(*, visible: Visibility) -> RelevancePart | None:
    """The ranking for readers of everything, None for others and before it was computed. Cost: one query."""
    found = relevance_list(visible_to=visible)
    if not found:
        return None
    place = {advice: at for at, advice in enumerate(ORDER)}
    ranked = sorted(found, key=lambda r: (place[r.advice], -abs(r.rho or 0.0)))
    one = found[0]
    return RelevancePart(
        _said(found),
        _("%(customers)s customers, %(first)s to %(last)s, computed %(at)s")
        % {
            "customers": f.number(one.customers),
            "first": f.period(one.first_quarter),
            "last": f.period(one.last_quarter),
            "at": f.instant(one.computed_at),
        }
        if one.first_quarter and one.last_quarter
        else f.instant(one.computed_at),
        tuple(_line(r) for r in ranked if r.advice != "not_enough_data"),
        tuple(_line(r) for r in ranked if r.advice == "not_enough_data"),
    )


def _said(found: Sequence[RelevanceRecord]) -> str:
    """How many are worth collecting."""
    counts = {advice: sum(r.advice == advice for r in found) for advice in ORDER}
    stop = ngettext(
        "%(n)s shows no tie to what customers achieve: stop collecting it, or find a use.",
        "%(n)s show no tie to what customers achieve: stop collecting them, or find a use.",
        counts["stop"],
    ) % {"n": f.number(counts["stop"])}
    keep = ngettext("%(n)s is worth keeping.", "%(n)s are worth keeping.", counts["keep"]) % {
        "n": f.number(counts["keep"])
    }
    return f"{keep} {stop}" if counts["stop"] else keep


def _line(r: RelevanceRecord) -> RelevanceLine:
    is_metric = r.kind == "metric"
    known = is_metric and r.key in metrics()
    return RelevanceLine(
        text.title(r.key) if known else r.key,
        reverse("metric", args=[r.key]) if known else "",
        _("Metric") if is_metric else _("Feed"),
        Status(KIND[r.advice], advice_word(r.advice)),
        reason_words(r),
        Bullet(r.rho, _("Correlation %(rho)s") % {"rho": f.number(r.rho, 2, sign=True)}, -1.0, 1.0, kind=_tone(r))
        if r.rho is not None
        else None,
        f.number(r.rho, 2, sign=True) if r.rho is not None else "",
        _lag(r.lag),
        f.number(r.n) if r.n else "",
    )


def _tone(r: RelevanceRecord) -> Kind:
    return KIND[r.advice] if r.advice != "not_enough_data" else "ok"


def _lag(lag: int | None) -> str:
    if lag is None:
        return ""
    if not lag:
        return _("same quarter")
    return ngettext("%(n)s quarter later", "%(n)s quarters later", lag) % {"n": f.number(lag)}


def advice_word(advice: str) -> str:
    """What to do with it."""
    return {
        "keep": _("Keep"),
        "fix": _("Fix"),
        "stop": _("Stop collecting"),
        "not_enough_data": _("Not enough data"),
    }[advice]


def reason_words(r: RelevanceRecord) -> str:
    """Why, in a clause."""
    if r.reason == "by_metrics" and r.by_metrics:
        return _("read by %(names)s") % {"names": f.listing([_named(key) for key in r.by_metrics[:3]])}
    if r.reason == "insufficient_n" and r.pairs_missing:
        return ngettext("%(n)s pair more is needed", "%(n)s pairs more are needed", r.pairs_missing) % {
            "n": f.number(r.pairs_missing)
        }
    return {
        "relevant": _("moves with what customers achieve"),
        "weak": _("a weak tie to what customers achieve"),
        "not_shown": _("no closer tie to what customers achieve than chance gives"),
        "no_verdict": _("it varies too little to say"),
        "insufficient_n": _("too few pairs of customer and quarter"),
        "is_outcome": _("holds the outcomes themselves"),
        "structure": _("everything else hangs on it"),
        "not_by_customer": _("cannot be told by customer"),
        "against_direction": _("moves against its direction: look at its definition"),
        "by_metrics": _("read by measures that are kept"),
    }.get(r.reason, "")


def _named(key: str) -> str:
    return text.title(key) if key in metrics() else key
