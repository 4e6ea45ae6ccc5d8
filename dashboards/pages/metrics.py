"""The metric catalogue: what does each number mean?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import measures, units
from dashboards.frame import Option
from dashboards.listing import changed, kept
from dashboards.page_state import PageState
from dashboards.parts import Action, Answer, Empty, Measure, Status, bad, good, strong
from dashboards.selectors.measured import Readings, Want, headlines_of, readings
from metrics.definition_words import definition
from metrics.registry import FACTORS, FAMILIES, Metric, metrics
from portfolio.feeds import FEEDS

COLOURS = ("green", "amber", "red", "none")


@dataclass(frozen=True, slots=True)
class CatalogueLine:
    """A metric of the catalogue, worded."""

    title: str
    url: str
    about: str
    status: Status
    why: str
    formula: str
    now: Measure | None
    owner: str
    source: str
    scopes: str
    version: str


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """All that the catalogue shows."""

    answer: Answer
    text: str
    family: str
    families: tuple[Option, ...]
    factor: str
    factors: tuple[Option, ...]
    colour: str
    colours: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]
    said: str
    lines: tuple[CatalogueLine, ...]
    no_match: Empty | None
    values_shown: bool


def feeds_of(entry: Metric) -> tuple[str, ...]:
    """The feeds that an entry names, in its order."""
    named = [feed.strip() for side in (entry.numerator, entry.denominator) for feed in side["feed"].split("+")]
    return tuple(dict.fromkeys(feed for feed in named if feed in FEEDS))


def metrics_page(state: PageState, query: QueryDict) -> MetricsPage:
    """The catalogue, narrowed. Cost: three queries beyond log-in and rights."""
    found = readings(
        [Want("enterprise", ("",), headlines_of("enterprise"), (*state.last(8), state.against))],
        state=state.published,
        visible_to=state.visible,
        targets=state.targets,
    )
    values_shown = state.visible.sees_kind("enterprise")
    every = list(metrics().values())
    colours = {e.key: found.get("enterprise", "", e.key, "", state.period).colour for e in every}
    shown = [e for e in every if takes(e, colours[e.key], query)]
    return MetricsPage(
        answer=Answer(
            sentence(every, found, state, colours) if values_shown else _definitions(len(every)),
            _("Each is declared once, computed by one engine, and can be traced to the rows behind it."),
        ),
        text=query.get("q", ""),
        family=query.get("family", ""),
        families=tuple(Option(key, text.family(key)) for key in FAMILIES),
        factor=query.get("factor", ""),
        factors=tuple(Option(key, text.factor(key)) for key in FACTORS),
        colour=query.get("colour", ""),
        colours=(
            Option("green", _("On target")),
            Option("amber", _("Watch")),
            Option("red", _("Off target")),
            Option("none", _("No value or target")),
        )
        if values_shown
        else (),
        kept=kept(query, *("period", "against")),
        said=_("%(shown)s of %(all)s") % {"shown": f.number(len(shown)), "all": f.number(len(every))},
        lines=tuple(_line(e, found, state, values_shown) for e in shown),
        no_match=None if shown else _no_match(every, colours, query),
        values_shown=values_shown,
    )


def _no_match(every: Sequence[Metric], colours: dict[str, str], query: QueryDict) -> Empty:
    """Which condition to drop, with how many measures would then be listed."""
    words = {"q": _("Any text"), "family": _("Any family"), "factor": _("Any factor"), "colour": _("Any status")}
    actions = []
    for name, word in words.items():
        if query.get(name):
            other = query.copy()
            other[name] = ""
            found = sum(takes(entry, colours[entry.key], other) for entry in every)
            actions.append(Action(f"{word} ({f.number(found)})", changed(query, **{name: None})))
    actions.append(Action(_("Clear all"), changed(query, **dict.fromkeys(words))))
    return Empty(_("No measure matches"), _("Drop one of the conditions:"), (), tuple(actions))


def takes(entry: Metric, colour: str, query: QueryDict) -> bool:
    """Whether the filters of an address take an entry."""
    words = query.get("q", "").strip().casefold()
    if words:
        where = (entry.key, text.title(entry.key), text.why(entry.key), definition(entry.formula), _(entry.owner_role))
        if not any(words in place.casefold() for place in where):
            return False
    return (
        query.get("family", "") in ("", entry.family)
        and query.get("factor", "") in ("", entry.factor)
        and query.get("colour", "") in ("", colour or "none")
    )


def sentence(every: Sequence[Metric], found: Readings, state: PageState, colours: dict[str, str]) -> SafeString:
    """How many have a value, how many of those are on and off target."""
    valued = sum(found.value("enterprise", "", e.key, "", state.period) is not None for e in every)
    green, red = (sum(c == colour for c in colours.values()) for colour in ("green", "red"))
    return format_html(
        _("{valued} of {all} measures have a value for {period}: {green} on target, {red} off it."),
        valued=strong(f.number(valued)),
        all=f.number(len(every)),
        period=f.period(state.period.code),
        green=good(f.number(green)),
        red=bad(f.number(red)),
    )


def _definitions(count: int) -> SafeString:
    return format_html(
        ngettext("{n} measure, one definition each.", "{n} measures, one definition each.", count),
        n=strong(f.number(count)),
    )


def _line(entry: Metric, found: Readings, state: PageState, values_shown: bool) -> CatalogueLine:
    reading = found.get("enterprise", "", entry.key, "", state.period)
    parts = [
        text.family(entry.family),
        text.factor(entry.factor),
        units.unit_line(entry.key, "", entry.unit),
        text.direction(entry.direction),
    ]
    return CatalogueLine(
        title=text.title(entry.key),
        url=state.url("metric", entry.key),
        about=" · ".join(parts),
        status=measures.status(reading) if values_shown else Status("none", ""),
        why=text.why(entry.key),
        formula=definition(entry.formula),
        now=measures.measure(found, state, "enterprise", "", entry.key) if values_shown else None,
        owner=_(entry.owner_role).capitalize(),
        source=", ".join(feeds_of(entry)),
        scopes=f.listing([text.scope_kind(kind).lower() for kind in entry.scopes]),
        version=f.number(entry.version),
    )
