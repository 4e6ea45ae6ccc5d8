"""What needs a decision on an overview: decisions that wait, renewals at risk, projects that take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import findings
from dashboards import formatting as f
from dashboards.decision_parts import ask_of
from dashboards.page_state import PageState
from dashboards.parts import Ask, Status
from dashboards.selectors import contribution
from dashboards.selectors.customers import CustomerRow
from metrics.decisions.selectors import decisions_waiting
from metrics.models import Decision

SHOWN = 4
READ = 60
"""So many stored decisions are read to see which customers and projects have one already."""
RENEWAL_DAYS = 180


@dataclass(frozen=True, slots=True)
class Asks:
    """The first questions, how many there are in all, and the words of the link to all stored ones."""

    first: tuple[Ask, ...]
    count: int
    more: str


def asks_of(state: PageState, customers: Sequence[CustomerRow], credits: contribution.Credits) -> Asks:
    """What waits, first what is at stake most. Cost: one query.

    Questions that people took up come first, then customers at risk before a renewal that no stored decision is
    about, then proposals by the index points at stake, then projects that take back.
    """
    waiting = decisions_waiting(visible_to=state.visible, most=READ)
    about = {(d.scope_kind, d.scope) for d in waiting.first}
    open_ones = [ask_of(d, named=True) for d in waiting.first if d.state == Decision.State.OPEN]
    proposed = [ask_of(d, named=True) for d in waiting.first if d.state == Decision.State.PROPOSED]
    renewals = [ask for code, ask in _renewals(state, customers) if ("customer", code) not in about]
    losing = [ask for code, ask in _losers(state, credits) if ("project", code) not in about]
    first = (*open_ones, *renewals[:2], *proposed, *losing)[:SHOWN]
    more = ""
    if waiting.count:
        more = ngettext("The %(n)s on the list of decisions", "All %(n)s on the list of decisions", waiting.count) % {
            "n": f.number(waiting.count)
        }
    return Asks(first, waiting.count + len(renewals) + (0 if proposed else len(losing)), more)


def raise_url(question: str, because: str, kind: str, code: str) -> str:
    """The form of a new decision with what is known filled in."""
    asked = {"question": question, "because": because, "scope_kind": kind, "scope": code}
    return f"{reverse('decision-new')}?{urlencode({k: v for k, v in asked.items() if v})}"


def _renewals(state: PageState, customers: Sequence[CustomerRow]) -> list[tuple[str, Ask]]:
    """Customers at risk whose contract ends within half a year, the largest revenue first."""
    today = state.published.as_of
    at_risk = [
        c
        for c in customers
        if c.health is not None
        and c.renews_on is not None
        and today <= c.renews_on <= today + timedelta(days=RENEWAL_DAYS)
        and ((c.change or 0) <= -5 or c.health < 70)
    ]
    return [(c.code, _renewal(state, c)) for c in sorted(at_risk, key=lambda c: (-(c.revenue or 0.0), c.code))[:SHOWN]]


def _renewal(state: PageState, c: CustomerRow) -> Ask:
    assert c.renews_on is not None
    left = (c.renews_on - state.published.as_of).days
    said = {
        "health": f.number(c.health),
        "change": f.number(c.change, 0, sign=True),
        "before": state.before,
        "money": f.money(c.revenue),
        "date": f.date(c.renews_on),
    }
    question = _("Visit %(customer)s before it renews?") % {"customer": c.name}
    because = (
        _("Health is %(health)s (%(change)s on %(before)s); %(money)s a year renews on %(date)s.") % said
        if c.change is not None
        else _("Health is %(health)s; %(money)s a year renews on %(date)s.") % said
    )
    return Ask(
        question,
        because,
        state.url("customer", c.code),
        _("Review"),
        Status("bad" if left <= 60 else "watch", _("In %(days)s") % {"days": f.days(left)}),
        raise_url=raise_url(question, because, "customer", c.code) if state.visible.may_write else "",
    )


def _losers(state: PageState, credits: contribution.Credits) -> list[tuple[str, Ask]]:
    """Projects whose customers lost ground in the period, the most first."""
    losers = sorted((c for c in credits.projects if c.change <= -findings.NOISE), key=lambda c: c.change)
    found = []
    for p in losers[:SHOWN]:
        question = _("Go on with %(project)s as planned?") % {"project": p.name}
        because = ngettext(
            "Its customers lost %(points)s points of ground on %(n)s outcome in %(period)s.",
            "Its customers lost %(points)s points of ground on %(n)s outcomes in %(period)s.",
            p.outcomes,
        ) % {"points": f.number(-p.change, 2), "n": f.number(p.outcomes), "period": f.period(state.period.code)}
        link = raise_url(question, because, "project", p.code) if state.visible.may_write else ""
        found.append((p.code, Ask(question, because, state.url("project", p.code), _("Review"), raise_url=link)))
    return found
