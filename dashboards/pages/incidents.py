"""Incidents: which hurt customers most, and is that where the time went?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.figures.ranks import TwoRanks, ranks_figure
from dashboards.frame import Option
from dashboards.incident_text import Found, lasted, money, not_visible, sentence, support, told
from dashboards.listing import Plain, SortKey, changed, columns, kept, page_of, sort_of
from dashboards.page_state import PageState
from dashboards.parts import Action, Answer, Column, Empty, Figure, Pager, Status
from dashboards.selectors.incidents import Named, codes_of, harm_shown, only_of, services_of
from metrics.formulas.segments import Floats
from metrics.incident_harm import Harm

ROWS = 25
DRAWN = 8
"""Incidents drawn by harm, and further ones whose ranks are far apart."""
FURTHER = 4
NAMED = 12
"""Incidents named whose ranks are far apart."""


@dataclass(frozen=True, slots=True)
class IncidentListLine:
    """A row of the list, worded."""

    code: str
    url: str
    service: str
    day: str
    severity: str
    customers: str
    hidden: str
    minutes: str
    revenue: str
    renewals: str
    duration: str
    harm_rank: str
    duration_rank: str
    status: Status | None


@dataclass(frozen=True, slots=True)
class IncidentsPage:
    """All that the list of incidents shows."""

    answer: Answer
    figure: Figure | None
    apart: tuple[str, ...]
    apart_more: str
    service: str
    services: tuple[Option, ...]
    customer: str
    severity: str
    severities: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[IncidentListLine, ...]
    pager: Pager
    empty: Empty | None
    partly: str
    raise_url: str


def sort_keys() -> tuple[SortKey, ...]:
    """What the list can be sorted by; the values are columns of `Harm`."""
    return (
        SortKey("start", _("Day"), lambda h: h.start),
        SortKey("severity", _("Severity"), lambda h: h.severity),
        SortKey("customers", _("Customers hit"), lambda h: h.customers),
        SortKey("minutes", _("Customer minutes"), lambda h: h.minutes),
        SortKey("revenue", _("Revenue exposed"), lambda h: h.revenue),
        SortKey("renewals", _("Renewals at stake"), lambda h: h.renewals),
        SortKey("duration", _("Lasted"), lambda h: h.duration),
        SortKey("harm", _("Rank by harm"), lambda h: -h.harm_rank),
        SortKey("time", _("Rank by duration"), lambda h: -h.duration_rank),
    )


def incidents_page(state: PageState, query: QueryDict) -> IncidentsPage:
    """The list with its figure. Cost: seven queries beyond log-in and rights."""
    severity = severity_of(query)
    only = only_of(query.get("service", ""), query.get("customer", ""), severity, visible_to=state.visible)
    harm = harm_shown(state.period, state=state.published, visible_to=state.visible, only=only)
    key, falling = sort_of(query, sort_keys(), "-harm")
    order = order_of(harm, key, falling)
    inside, pager = page_of(query, order, ROWS, changed(query, format="csv", page=None))
    drawn, far = drawn_of(harm), far_apart(harm)
    services = services_of(np.unique(harm.service).tolist(), every=state.visible.reads_all)
    told_of = {*inside, *drawn, *far[:NAMED]}
    codes = codes_of(harm.id[sorted(told_of)].tolist())
    rows = {i: found_of(harm, i, codes, services) for i in told_of}
    pictured, named = [rows[i] for i in drawn], [rows[i] for i in far[:NAMED]]
    chosen = query.get("service", "")
    offered = {s.code: s.name for s in services.values()}
    by_name = {k.name: k for k in sort_keys()}
    return IncidentsPage(
        answer=Answer(sentence(harm, pictured, f.period(state.period.code)), support(harm, named)),
        figure=picture(pictured, state, len(harm), len(far)) if harm.ranked else None,
        apart=tuple(told(r) for r in named),
        apart_more=ngettext("%(n)s more is marked in the list.", "%(n)s more are marked in the list.", len(far) - NAMED)
        % {"n": f.number(len(far) - NAMED)}
        if len(far) > NAMED
        else "",
        service=chosen,
        services=tuple(Option(code, name) for code, name in offered.items()),
        customer=query.get("customer", ""),
        severity=query.get("severity", ""),
        severities=tuple(Option(str(n), str(n)) for n in (1, 2, 3, 4)),
        kept=kept(query, "period", "against", "sort"),
        columns=columns(
            query,
            (Plain(_("Service and incident")), *by_name.values()),
            key,
            falling,
        ),
        lines=tuple(_line(rows[i], state) for i in inside),
        pager=pager,
        empty=None if len(harm) else _empty(state, query),
        partly=""
        if state.visible.reads_all
        else _("Figures count the customers that you may see; of the others only their number is told."),
        raise_url=state.url("decision-new", measure="customer_minutes_lost") if state.visible.may_write else "",
    )


def severity_of(query: QueryDict) -> int | None:
    """The severity asked for; anything but 1 to 4 is a bad request."""
    text = query.get("severity", "")
    if not text:
        return None
    if text not in {"1", "2", "3", "4"}:
        raise BadRequest(_("%(text)s is not a severity; write 1 to 4.") % {"text": text[:40]})
    return int(text)


def order_of(harm: Harm, key: SortKey, falling: bool) -> list[int]:
    """Places of the incidents in the order asked for; what has no value stands last either way."""
    value = np.asarray(key.value(harm), dtype=np.float64)
    # The better rank is the higher one: "-harm" begins with rank 1.
    missing = np.isnan(value)
    signed = np.where(missing, 0.0, -value if falling else value)
    return [int(i) for i in np.lexsort((harm.id, -harm.minutes, signed, missing))]


def far_apart(harm: Harm) -> list[int]:
    """Incidents whose two ranks are far apart, furthest first."""
    gap = np.abs(harm.harm_rank - harm.duration_rank)
    return [int(i) for i in np.lexsort((harm.id, -gap)) if harm.disagrees[i]]


def drawn_of(harm: Harm) -> list[int]:
    """What the picture shows: the worst by harm, then those whose ranks are furthest apart."""
    worst = [int(i) for i in np.lexsort((harm.id, -harm.minutes, harm.harm_rank))[:DRAWN]]
    far = [i for i in far_apart(harm) if i not in set(worst)]
    return worst + sorted(far[:FURTHER], key=lambda i: int(harm.harm_rank[i]))


def found_of(harm: Harm, i: int, codes: dict[int, str], services: dict[int, Named]) -> Found:
    """One incident of the arrays as plain values."""
    return Found(
        code=codes[int(harm.id[i])],
        service=services[int(harm.service[i])],
        started=int(harm.start[i]),
        severity=int(harm.severity[i]),
        customers=int(harm.customers[i]),
        hidden=int(harm.hidden[i]),
        minutes=float(harm.minutes[i]),
        duration=float(harm.duration[i]),
        revenue=known(harm.revenue, i),
        renewals=known(harm.renewals, i),
        harm_rank=int(harm.harm_rank[i]),
        duration_rank=int(harm.duration_rank[i]),
        apart=bool(harm.disagrees[i]),
    )


def known(values: Floats, i: int) -> float | None:
    """A figure, None where it is not known."""
    value = float(values[i])
    return None if isnan(value) else value


def csv_rows(state: PageState, query: QueryDict) -> tuple[list[str], list[list[object]]]:
    """Headings and every row as plain values, for a file."""
    only = only_of(query.get("service", ""), query.get("customer", ""), severity_of(query), visible_to=state.visible)
    harm = harm_shown(state.period, state=state.published, visible_to=state.visible, only=only)
    order = order_of(harm, *sort_of(query, sort_keys(), "-harm"))
    codes, services = codes_of(harm.id.tolist()), services_of(np.unique(harm.service).tolist())
    heads = ["incident", "service", "started_at", "severity", "customers_hit", "not_visible", "customer_minutes"]
    heads += ["revenue_exposed", "renewals_at_stake", "duration_minutes", "harm_rank", "duration_rank", "disagree"]
    rows: list[list[object]] = []
    for r in (found_of(harm, i, codes, services) for i in order):
        at = f.moment(r.started).isoformat()
        line: list[object] = [
            r.code,
            r.service.code,
            at,
            r.severity or None,
            r.customers,
            r.hidden,
            r.minutes,
            r.revenue,
        ]
        rows.append([*line, r.renewals, r.duration, r.harm_rank, r.duration_rank, str(r.apart).lower()])
    return heads, rows


def picture(rows: Sequence[Found], state: PageState, shown: int, apart: int) -> Figure:
    """The two ranks of the worst incidents and of those that disagree."""
    return ranks_figure(
        [
            TwoRanks(r.name, r.harm_rank, r.duration_rank, r.apart, state.url("incident", r.code))
            for r in rows
        ],
        key="ranks",
        title=ngettext(
            "%(n)s of %(all)s incidents stands elsewhere by harm than by duration",
            "%(n)s of %(all)s incidents stand elsewhere by harm than by duration",
            apart,
        )
        % {"n": f.number(apart), "all": f.number(shown)}
        if apart
        else _("Harm and duration agree on the worst incidents"),
        unit=_(
            "Rank among %(n)s incidents, 1 = worst. Harm is customer minutes times recurring revenue of the customer"
        )
        % {"n": f.number(shown)},
        heads=(_("Incident"), _("Rank by harm"), _("Rank by duration"), _("Far apart")),
        words=(_("By harm to customers"), _("By duration"), _("More than a quarter of the incidents apart")),
        yes=_("yes"),
        no=_("no"),
        source=_("Source: incidents and their impacts, revenue events, contracts"),
    )  # fmt: skip


def _line(row: Found, state: PageState) -> IncidentListLine:
    status = None
    if row.apart:
        worse = row.harm_rank < row.duration_rank
        status = Status("bad", _("Worse than its length")) if worse else Status("none", _("Long, but few felt it"))
    return IncidentListLine(
        code=row.code,
        url=state.url("incident", row.code),
        service=row.service.name,
        day=f.date(f.moment(row.started).date()),
        severity=f.number(row.severity or None),
        customers=f.number(row.customers),
        hidden=not_visible(row.hidden),
        minutes=f.number(row.minutes),
        revenue=money(row.revenue),
        renewals=money(row.renewals),
        duration=lasted(row.duration),
        harm_rank=f.number(row.harm_rank),
        duration_rank=f.number(row.duration_rank),
        status=status,
    )


def _empty(state: PageState, query: QueryDict) -> Empty:
    period = f.period(state.period.code)
    actions = [
        Action(word, changed(query, page=None, **{name: None}))
        for name, word in (
            ("service", _("Any service")),
            ("customer", _("Any customer")),
            ("severity", _("Any severity")),
        )
        if query.get(name)
    ]
    if actions:
        every = changed(query, service=None, customer=None, severity=None, page=None)
        return Empty(
            _("No incident matches"),
            _("Drop one of the conditions:"),
            (),
            (*actions, *((Action(_("Clear all"), every),) if len(actions) > 1 else ())),
        )
    if not state.visible.reads_all and not state.visible.ids_of("customer"):
        return Empty(
            _("No customer is visible to you"),
            _("An incident is shown to those who may see a customer it hit. Ask the PMO lead for a grant."),
        )
    earlier = Action(
        _("Look at %(period)s") % {"period": f.period(state.period.previous.code)},
        changed(query, period=state.period.previous.code, against=None, page=None),
    )
    return Empty(
        _("No unplanned incident in %(period)s") % {"period": period},
        _(
            "If there were some, import incidents.csv and incident_impacts.csv: "
            "without them nobody sees what customers lost."
        ),
        (),
        (earlier,),
    )
