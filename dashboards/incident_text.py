"""Incidents in words: which hurt most, where duration misleads; rules over figures, never a cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.parts import bad, strong
from dashboards.selectors.incidents import Named
from metrics.incident_harm import Harm


@dataclass(frozen=True, slots=True)
class Found:
    """One incident with its figures, unrounded; money None where a rate is missing."""

    code: str
    service: Named
    started: int
    severity: int
    customers: int
    hidden: int
    minutes: float
    duration: float
    revenue: float | None
    renewals: float | None
    harm_rank: int
    duration_rank: int
    apart: bool

    @property
    def name(self) -> str:
        """Service and code."""
        return f"{self.service.name}, {self.code}"


def sentence(harm: Harm, pictured: Sequence[Found], period: str) -> SafeString:
    """Which incident hurt most, or that none did."""
    if not len(harm):
        return escape(_("No unplanned incident began in %(period)s.") % {"period": period})
    first = pictured[0]
    if not harm.ranked:
        return format_html(
            ngettext(
                "{n} unplanned incident began in {period}; no recurring revenue was hit.",
                "{n} unplanned incidents began in {period}; no recurring revenue was hit.",
                len(harm),
            ),
            n=strong(f.number(len(harm))),
            period=period,
        )
    return format_html(
        ngettext(
            "{name} hurt customers most in {period}: {minutes} customer minute lost, {money} a year exposed.",
            "{name} hurt customers most in {period}: {minutes} customer minutes lost, {money} a year exposed.",
            round(first.minutes),
        ),
        name=first.name,
        period=period,
        minutes=bad(f.number(first.minutes)),
        money=strong(money(first.revenue)),
    )


def support(harm: Harm, far: Sequence[Found]) -> str:
    """Where harm and duration disagree, naming the incident whose ranks are furthest apart."""
    if not len(harm) or not harm.ranked:
        return ""
    apart = int(np.count_nonzero(harm.disagrees))
    if not apart:
        return ngettext(
            "It is the only incident.",
            "Ranked by how long they lasted, the %(n)s incidents stand in much the same places.",
            len(harm),
        ) % {"n": f.number(len(harm))}
    worst = far[0]
    words = {
        "n": f.number(apart),
        "all": f.number(len(harm)),
        "name": worst.name,
        "harm": f.number(worst.harm_rank),
        "time": f.number(worst.duration_rank),
    }
    return (
        ngettext(
            "Duration misleads for %(n)s of %(all)s: %(name)s is number %(harm)s by harm, number %(time)s by duration.",
            "Duration misleads for %(n)s of %(all)s, most for %(name)s: number %(harm)s by harm, %(time)s by duration.",
            apart,
        )
        % words
    )


def told(row: Found) -> str:
    """An incident whose two ranks are far apart, and which way."""
    words = {"name": row.name, "harm": f.number(row.harm_rank), "time": f.number(row.duration_rank)}
    if row.harm_rank < row.duration_rank:
        return _("%(name)s: worse than its length tells, number %(harm)s by harm and %(time)s by duration.") % words
    return _("%(name)s: long, but few felt it, number %(time)s by duration and %(harm)s by harm.") % words


def money(amount: float | None) -> str:
    """Money in base currency; a dash where a rate is missing."""
    return f.money(amount, str(settings.EPMO_BASE_CURRENCY))


def lasted(minutes: float) -> str:
    """A length of time in words, minutes up to two hours, hours up to two days, then days."""
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", round(minutes)) % {"n": f.number(minutes)}
    if minutes < 48 * 60:
        return _("%(n)s hours") % {"n": f.number(minutes / 60, 1)}
    return f.days(minutes / 1440, 1)


def not_visible(count: int) -> str:
    """How many customers hit are outside the rights."""
    return _("not visible to you (%(n)s)") % {"n": f.number(count)} if count else ""
