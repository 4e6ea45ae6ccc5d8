"""Customer initiatives: what did the customer set out to reach, how far is it, who helped?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.decision_parts import Here, decisions_here
from dashboards.figures.outcome import outcome_figure
from dashboards.frame import Option
from dashboards.listing import Plain, SortKey, changed, columns, kept, ordered, page_of, sort_of
from dashboards.page_state import PageState
from dashboards.pages.customer import OutcomeLine, outcome_line
from dashboards.pages.overview import credits_figure
from dashboards.pages.project import EVIDENCE, hidden_words, quantity
from dashboards.parts import (
    Action,
    Answer,
    Bullet,
    Column,
    Delta,
    Empty,
    Figure,
    Pager,
    Status,
    bad,
    delta_of,
    good,
    strong,
)
from dashboards.selectors import contribution
from dashboards.selectors.customer_detail import customer_detail
from dashboards.selectors.initiatives import InitiativeRow, due_before, initiative_rows, outcome_measurements
from dashboards.selectors.marks import marks_of
from dashboards.selectors.project_detail import fold_hidden, outcome_lines
from metrics.registry import FACTORS

ROWS = 25


@dataclass(frozen=True, slots=True)
class InitiativeLine:
    """A row of the list, worded."""

    name: str
    code: str
    url: str
    customer: str
    customer_url: str
    factor: str
    bar: Bullet | None
    attained: str
    delta: Delta | None
    points: str
    change: str
    outcomes: str
    due: str
    status: Status


@dataclass(frozen=True, slots=True)
class InitiativesPage:
    """All that the list of initiatives shows."""

    answer: Answer
    text: str
    factor: str
    factors: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[InitiativeLine, ...]
    pager: Pager
    no_match: Empty | None


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """What one project is credited with on one outcome of the initiative."""

    project: str
    url: str
    outcome: str
    claim: str
    evidence: str
    credited: str
    points: str
    change: str


@dataclass(frozen=True, slots=True)
class InitiativePage:
    """All that the page of an initiative shows."""

    name: str
    code: str
    status: Status
    meta: tuple[str, ...]
    customer: str
    customer_url: str
    answer: Answer
    outcomes: tuple[OutcomeLine, ...]
    lines: tuple[Figure, ...]
    contribution: Figure | None
    claims: tuple[ClaimLine, ...]
    hidden: str
    hidden_points: str
    hidden_change: str
    sum_points: str
    sum_change: str
    here: Here


def sort_keys() -> tuple[SortKey, ...]:
    """What the list can be sorted by."""
    return (
        SortKey("name", _("Initiative"), lambda r: r.name, numeric=False),
        SortKey("customer", _("Customer"), lambda r: r.customer_name, numeric=False),
        SortKey("attained", _("Way come"), lambda r: r.attained),
        SortKey("points", _("Points"), lambda r: r.points),
        SortKey("change", _("In the period"), lambda r: r.change),
        SortKey("due", _("Due"), lambda r: r.due_on, numeric=False),
    )


def narrowed(every: Sequence[InitiativeRow], query: QueryDict) -> list[InitiativeRow]:
    """Those that the filters of an address take."""
    words, factor = query.get("q", "").strip().casefold(), query.get("factor", "")
    return [
        r
        for r in every
        if (not words or any(words in place.casefold() for place in (r.name, r.code, r.customer_name)))
        and factor in ("", r.factor)
    ]


def initiatives_page(state: PageState, query: QueryDict) -> InitiativesPage:
    """The list. Cost: one query beyond log-in and rights."""
    every = initiative_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    factor = query.get("factor", "")
    rows = narrowed(every, query)
    keys = sort_keys()
    key, falling = sort_of(query, keys, "attained")
    inside, pager = page_of(query, ordered(rows, key, falling, lambda r: r.code), ROWS)
    by_name = {k.name: k for k in keys}
    shown = (
        by_name["name"],
        by_name["customer"],
        Plain(_("Factor")),
        Plain(_("From start to goal")),
        by_name["attained"],
        by_name["points"],
        by_name["change"],
        Plain(_("Outcomes"), numeric=True),
        by_name["due"],
        Plain(_("Status")),
    )
    return InitiativesPage(
        answer=Answer(_list_sentence(rows, state)),
        text=query.get("q", ""),
        factor=factor,
        factors=tuple(Option(k, text.factor(k)) for k in FACTORS),
        kept=kept(query, "period", "against", "sort"),
        columns=columns(query, shown, key, falling),
        lines=tuple(_line(r, state) for r in inside),
        pager=pager,
        no_match=_no_match(every, query) if not rows else None,
    )


def _list_sentence(rows: Sequence[InitiativeRow], state: PageState) -> SafeString:
    known = [r for r in rows if r.attained is not None]
    if not rows:
        return escape(_("No initiative matches."))
    if not known:
        return escape(_("No initiative has a measured outcome yet."))
    late = due_before(rows, state.published.as_of)
    behind = sum((r.attained or 0) < 0 for r in known)
    parts = [
        format_html(
            ngettext(
                "{n} initiative of customers, {known} measured.",
                "{n} initiatives of customers, {known} measured.",
                len(rows),
            ),
            n=strong(f.number(len(rows))),
            known=f.number(len(known)),
        )
    ]
    if late:
        parts.append(
            format_html(
                ngettext("{n} is past its day and not there.", "{n} are past their day and not there.", len(late)),
                n=bad(f.number(len(late))),
            )
        )
    if behind:
        parts.append(
            format_html(
                ngettext("{n} stands behind where it began.", "{n} stand behind where they began.", behind),
                n=bad(f.number(behind)),
            )
        )
    return format_html(" ".join(["{}"] * len(parts)), *parts)


def initiative_status(row: InitiativeRow, today: dt.date) -> Status:
    """Reached, under way, overdue, behind its start, or not measured."""
    if row.attained is None:
        return Status("none", _("Not measured"))
    if row.attained >= 1:
        return Status("ok", _("Reached"))
    if row.attained < 0:
        return Status("bad", _("Behind its start"))
    if row.due_on is not None and row.due_on < today:
        return Status("bad", _("Overdue"))
    return Status("ok", _("Under way"))


def _line(row: InitiativeRow, state: PageState) -> InitiativeLine:
    status = initiative_status(row, state.published.as_of)
    attained = row.attained * 100 if row.attained is not None else None
    step = row.attained - row.attained_before if row.attained is not None and row.attained_before is not None else None
    return InitiativeLine(
        name=row.name,
        code=row.code,
        url=state.url("initiative", row.code),
        customer=row.customer_name,
        customer_url=state.url("customer", row.customer_code),
        factor=text.factor(row.factor),
        bar=Bullet(
            attained,
            f"{row.name}: {f.percent(row.attained)}",
            min(0.0, attained),
            kind=status.kind if status.kind != "none" else "ok",
        )
        if attained is not None
        else None,
        attained=f.percent(row.attained),
        delta=delta_of(step, f.percentage_points(step, 1)),
        points=f.number(row.points, 2, sign=True),
        change=f.number(row.change, 2, sign=True),
        outcomes=f.number(row.outcomes),
        due=f.date(row.due_on),
        status=status,
    )


def _no_match(every: Sequence[InitiativeRow], query: QueryDict) -> Empty:
    if not every:
        return Empty(
            _("No customer initiatives yet"),
            _(
                "An initiative says what a customer is trying to achieve, and how you will both know. "
                "Without one nothing can be credited."
            ),
            (
                _("Import customers.csv, or add one"),
                _("Write one initiative and its outcome"),
                _("Tie a project to it"),
            ),
        )
    actions = []
    for name, word in (("q", _("Any text")), ("factor", _("Any factor"))):
        if query.get(name):
            other = query.copy()
            other[name] = ""
            found = len(narrowed(every, other))
            actions.append(Action(f"{word} ({f.number(found)})", changed(query, page=None, **{name: None})))
    actions.append(Action(_("Clear all"), changed(query, q=None, factor=None, page=None)))
    return Empty(_("No initiative matches"), _("Drop one of the conditions:"), (), tuple(actions))


def initiative_page(state: PageState, code: str) -> InitiativePage:
    """The page of one initiative; 404 outside the rights. Cost: seven queries beyond log-in and rights."""
    state.visible.require("initiative", code)
    rows = initiative_rows(state.period, state.against, state=state.published, visible_to=state.visible, code=code)
    if not rows:
        raise Http404(code)
    row = rows[0]
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    cut = min(state.period.end, state.published.as_of)
    start, end = (dt.datetime.combine(day, dt.time(), zone) for day in (state.period.start, cut))
    detail = customer_detail(
        row.customer_id, state.period, start=start, end=end, cut=cut, zone=str(zone), initiative=row.id
    )
    measured = outcome_measurements(row.id, cut=cut)
    credits = contribution.credits(state.period, visible_to=state.visible, initiative=row.id, state=state.published)
    every = [line for line in outcome_lines(state.period, cut=cut, initiative=code) if line.project]
    lines, hidden = fold_hidden(every, visible_to=state.visible, counterpart="project")
    meta = [text.factor(row.factor)]
    if row.due_on:
        meta.append(_("Due %(date)s") % {"date": f.date(row.due_on)})
    marks = marks_of("initiative", code, periods=state.last(20), state=state.published, visible_to=state.visible)
    return InitiativePage(
        here=decisions_here("initiative", row.code, visible=state.visible),
        name=row.name,
        code=row.code,
        status=initiative_status(row, state.published.as_of),
        meta=tuple(meta),
        customer=row.customer_name,
        customer_url=state.url("customer", row.customer_code),
        answer=Answer(_sentence(row, state), row.objective),
        outcomes=tuple(outcome_line(o, state) for o in detail.outcomes),
        lines=tuple(
            outcome_figure(
                measured[o.outcome],
                key=f"outcome-{place}",
                title=o.name,
                unit=o.unit[:1].upper() + o.unit[1:],
                baseline=o.baseline,
                target=o.target,
                words=quantity,
                tone="$bad" if (o.attained or 0) < 0 else "$accent",
                events=marks.on_days(),
            )
            for place, o in enumerate(detail.outcomes)
            if len(measured.get(o.outcome, ())) > 1
        ),
        contribution=credits_figure(credits, state, key="helped"),
        claims=tuple(
            ClaimLine(
                line.project_name,
                state.url("project", line.project),
                line.outcome_name,
                f.percent(line.claim, 0, sign=True),
                _(EVIDENCE[line.evidence]) if line.evidence in EVIDENCE else "",
                f.percent(line.credited, 0, sign=True),
                f.number(line.points, 2, sign=True),
                f.number(line.change, 2, sign=True),
            )
            for line in lines
        ),
        hidden=hidden_words(hidden),
        hidden_points=f.number(hidden.points, 2, sign=True),
        hidden_change=f.number(hidden.change, 2, sign=True),
        sum_points=f.number(sum(line.points for line in every), 2, sign=True),
        sum_change=f.number(sum(line.change for line in every), 2, sign=True),
    )


def _sentence(row: InitiativeRow, state: PageState) -> SafeString:
    if row.attained is None:
        return format_html(_("{name} has no measured outcome yet."), name=row.name)
    share = good(f.percent(row.attained)) if row.attained >= 0 else bad(f.percent(row.attained))
    step = row.attained - row.attained_before if row.attained_before is not None else None
    if step is None or abs(step) < 0.005:
        return format_html(_("{customer} has come {share} of the way."), customer=row.customer_name, share=share)
    moved = good(f.percentage_points(step)) if step > 0 else bad(f.percentage_points(step))
    return format_html(
        _("{customer} has come {share} of the way, {moved} on {before}."),
        customer=row.customer_name,
        share=share,
        moved=moved,
        before=state.before,
    )
