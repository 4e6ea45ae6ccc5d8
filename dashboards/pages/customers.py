"""Customers: who needs us now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards import measures
from dashboards.figures.many import Named, points_figure
from dashboards.frame import Option
from dashboards.listing import Plain, SortKey, changed, columns, kept, ordered, page_of, sort_of
from dashboards.page_state import PageState
from dashboards.pages.overview import capitalised
from dashboards.parts import Action, Answer, Column, Delta, Empty, Figure, Pager, Spark, Status, bad, delta_of, strong
from dashboards.selectors.customers import CustomerRow, customer_rows
from dashboards.selectors.measured import INDEX, Readings, Want, readings

ROWS = 25
FALL = 5.0


@dataclass(frozen=True, slots=True)
class CustomerListLine:
    """A row of the list, worded."""

    name: str
    code: str
    url: str
    segment: str
    spark: Spark
    health: str
    delta: Delta | None
    revenue: str
    renews: str
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class CustomersPage:
    """All that the list of customers shows."""

    answer: Answer
    spread: Figure | None
    text: str
    segment: str
    segments: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[CustomerListLine, ...]
    pager: Pager
    no_match: Empty | None


def sort_keys() -> tuple[SortKey, ...]:
    """What the list can be sorted by."""
    return (
        SortKey("name", _("Customer"), lambda r: r.name, numeric=False),
        SortKey("health", _("Health"), lambda r: r.health),
        SortKey("change", _("Change"), lambda r: r.change),
        SortKey("revenue", _("Yearly revenue"), lambda r: r.revenue),
        SortKey("renews", _("Renews"), lambda r: r.renews_on, numeric=False),
    )


def customers_page(state: PageState, query: QueryDict) -> CustomersPage:
    """The list with its figure. Cost: four queries beyond log-in and rights."""
    every = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    rows = narrowed(every, query)
    keys = sort_keys()
    key, falling = sort_of(query, keys, "health")
    inside, pager = page_of(
        query, ordered(rows, key, falling, lambda r: r.code), ROWS, changed(query, format="csv", page=None)
    )
    wants = [Want("customer", tuple(r.code for r in inside), ((INDEX, ""),), (*state.periods, state.against))]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    by_name = {k.name: k for k in keys}
    segments = sorted({r.segment for r in every if r.segment})
    return CustomersPage(
        answer=Answer(sentence(rows, state)),
        spread=_spread(rows, state),
        text=query.get("q", ""),
        segment=query.get("segment", ""),
        segments=tuple(Option(s, capitalised(s)) for s in segments),
        kept=kept(query, *("period", "against", "sort")),
        columns=columns(
            query,
            (
                by_name["name"],
                Plain(_("Segment")),
                Plain(_("8 periods")),
                by_name["health"],
                by_name["change"],
                by_name["revenue"],
                by_name["renews"],
                Plain(_("Status")),
            ),
            key,
            falling,
        ),
        lines=tuple(_line(r, found, state) for r in inside),
        pager=pager,
        no_match=_no_match(every, query) if not rows else None,
    )


def ordered_rows(state: PageState, query: QueryDict) -> tuple[list[str], list[list[object]]]:
    """Headings and every row as plain values, for a file. Cost: one query."""
    every = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    key, falling = sort_of(query, sort_keys(), "health")
    heads = ["code", "name", "segment", "country", "health", "change", "recurring_revenue", "renews_on"]
    return heads, [
        [r.code, r.name, r.segment, r.country, r.health, r.change, r.revenue, r.renews_on]
        for r in ordered(narrowed(every, query), key, falling, lambda r: r.code)
    ]


def narrowed(rows: Sequence[CustomerRow], query: QueryDict) -> list[CustomerRow]:
    """Rows that search and segment take."""
    text, segment = query.get("q", "").strip().casefold(), query.get("segment", "")
    return [
        r
        for r in rows
        if (not text or text in r.name.casefold() or text in r.code.casefold())
        and (not segment or r.segment == segment)
    ]


def sentence(rows: Sequence[CustomerRow], state: PageState) -> SafeString:
    """How many fell, who most, and what of it renews soon."""
    if not rows:
        return escape(_("No customer matches."))
    fallen = sorted((r for r in rows if (r.change or 0) <= -FALL), key=lambda r: r.change or 0)
    count = strong(f.number(len(rows)))
    if not fallen:
        known = sum(r.health is not None for r in rows)
        return format_html(
            ngettext(
                "{known} of {count} customer has a known health, and it fell by 5 points or more for none.",
                "{known} of {count} customers have a known health, and it fell by 5 points or more for none.",
                len(rows),
            ),
            known=f.number(known),
            count=count,
        )
    first = fallen[0]
    return format_html(
        ngettext(
            "The health of {n} of {count} customers fell by 5 points or more: {name} is down {step} to {health}.",
            "The health of {n} of {count} customers fell by 5 points or more; {name} fell most, by {step} to {health}.",
            len(fallen),
        ),
        n=bad(f.number(len(fallen))),
        count=count,
        name=first.name,
        step=bad(f.number(-(first.change or 0))),
        health=strong(f.number(first.health)),
    )


def _spread(rows: Sequence[CustomerRow], state: PageState) -> Figure | None:
    known = [r for r in rows if r.health is not None and r.change is not None]
    if len(known) < 3:
        return None
    points = [Named(r.name, r.health or 0.0, r.change or 0.0, state.url("customer", r.code)) for r in known]
    outliers = sorted(known, key=lambda r: r.change or 0)
    picked = {r.code: r for r in (*outliers[:3], *outliers[-2:])}
    return points_figure(
        points[:290],
        labelled=[Named(r.name, r.health or 0.0, r.change or 0.0) for r in picked.values()],
        x_words=[(float(v), f.number(v)) for v in (0, 25, 50, 75, 100)],
        key="spread",
        title=_("Who stands where, and who moved"),
        unit=_("Health 0 to 100 against its change on %(before)s, in points; choose a point to open the customer")
        % {"before": state.before},
        heads=(_("Customer"), _("Health"), _("Change")),
        hover=[f"{r.name}: {f.number(r.health)}, {f.number(r.change, 1, sign=True)}" for r in known],
        x_cell=lambda v: f.number(v),
    )


def _line(row: CustomerRow, found: Readings, state: PageState) -> CustomerListLine:
    now = found.get("customer", row.code, INDEX, "", state.period)
    change = f.number(row.change, 1, sign=True)
    return CustomerListLine(
        name=row.name,
        code=row.code,
        url=state.url("customer", row.code),
        segment=capitalised(row.segment),
        spark=measures.spark(found, now, state.last(8)),
        health=f.number(row.health),
        delta=delta_of(row.change, change),
        revenue=f.money(row.revenue),
        renews=f.date(row.renews_on),
        status=measures.status(now, customer=True),
        why=state.why(INDEX, "customer", row.code),
    )


def _no_match(every: Sequence[CustomerRow], query: QueryDict) -> Empty:
    if not every:
        return Empty(
            _("No customers yet"), _("Import customers.csv: who you serve. Their initiatives and outcomes come next.")
        )
    actions = []
    for name, word in (("q", _("Any name")), ("segment", _("Any segment"))):
        if query.get(name):
            other = query.copy()
            other[name] = ""
            actions.append(
                Action(f"{word} ({f.number(len(narrowed(every, other)))})", changed(query, page=None, **{name: None}))
            )
    actions.append(Action(_("Clear all"), changed(query, q=None, segment=None, page=None)))
    return Empty(_("No customer matches"), _("Drop one of the conditions:"), (), tuple(actions))
