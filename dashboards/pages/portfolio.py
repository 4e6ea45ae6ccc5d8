"""A portfolio or program: what its projects add, and whether they arrive."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import findings, measures
from dashboards import formatting as f
from dashboards.capacity import CapacityPart, capacity_part
from dashboards.decision_parts import Here, decisions_here
from dashboards.figures.progress import Milestone, milestone_figure
from dashboards.frame import Link
from dashboards.money import COST, TIME, Money, money_of
from dashboards.page_state import PageState
from dashboards.pages.overview import credits_figure
from dashboards.pages.overview_part import PortfolioLine, portfolio_line
from dashboards.parts import Answer, Fact, Figure, Measure, Status, bad, good, strong
from dashboards.selectors import contribution
from dashboards.selectors.measured import INDEX, Readings, Want, index_components, readings
from dashboards.selectors.portfolio_detail import portfolio_milestones
from dashboards.selectors.projects import PortfolioRow, below, portfolio_tree
from metrics.registry import metrics


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """All that the page of a portfolio shows."""

    name: str
    code: str
    kind: str
    status: Status
    crumbs: tuple[Link, ...]
    answer: Answer
    facts: tuple[Fact, ...]
    money: Money
    contribution: Figure | None
    milestones: Figure | None
    capacity: CapacityPart
    children: tuple[PortfolioLine, ...]
    projects_url: str
    projects_word: str
    here: Here
    measures: tuple[Measure, ...]


def portfolio_page(state: PageState, code: str) -> PortfolioPage:
    """The page of one portfolio or program; 404 outside the rights. Cost: eight queries beyond log-in and rights."""
    tree = portfolio_tree(visible_to=state.visible)
    row = next((p for p in tree if p.code == code), None)
    if row is None:
        raise Http404(code)
    inside = below(tree, row.id)
    children = [p for p in tree if p.parent_id == row.id]
    keys = [(key, name) for key, e in metrics().items() if row.kind in e.scopes for name in e.component_names]
    index = index_components() if row.kind == "portfolio" else ()
    ends = (*state.periods, state.against)
    points = (("project_contribution", ""), ("project_contribution", "change"), (INDEX, ""))
    wants = [Want(row.kind, (code,), (*keys, *index), ends)]
    wants += [
        Want(kind, tuple(c.code for c in children if c.kind == kind), points, (*state.last(8), state.against))
        for kind in ("portfolio", "program")
        if any(c.kind == kind for c in children)
    ]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    credits = contribution.credits(state.period, visible_to=state.visible, portfolios=inside, state=state.published)
    now = found.get(row.kind, code, INDEX, "", state.period)
    return PortfolioPage(
        name=row.name,
        code=row.code,
        kind=text.scope_kind(row.kind),
        status=measures.status(now) if index else Status("none", ""),
        crumbs=_crumbs(tree, row, state),
        answer=Answer(_sentence(row, found, state, credits)),
        facts=_facts(row, found, state),
        money=money_of(found, state, row.kind, code),
        contribution=credits_figure(credits, state, whole=False),
        milestones=_milestones(inside, state),
        capacity=capacity_part(state, portfolios=inside),
        children=tuple(portfolio_line(c, found, state) for c in children),
        projects_url=state.url("projects", portfolio=code),
        projects_word=ngettext("%(n)s project with credit", "%(n)s projects with credit", len(credits.projects))
        % {"n": f.number(len(credits.projects))},
        here=decisions_here(row.kind, code, visible=state.visible),
        measures=tuple(
            measures.measure(found, state, row.kind, code, key)
            for key, e in metrics().items()
            if row.kind in e.scopes and found.get(row.kind, code, key, "", state.period).status not in measures.EMPTY
        ),
    )


def _crumbs(tree: list[PortfolioRow], row: PortfolioRow, state: PageState) -> tuple[Link, ...]:
    by_id = {p.id: p for p in tree}
    found: list[Link] = []
    parent = by_id.get(row.parent_id or 0)
    while parent is not None and len(found) < 20:
        found.insert(0, Link(parent.name, state.scope_url(parent.kind, parent.code)))
        parent = by_id.get(parent.parent_id or 0)
    return (Link(_("Projects"), state.url("projects")), *found)


def _sentence(row: PortfolioRow, found: Readings, state: PageState, credits: contribution.Credits) -> SafeString:
    change = found.value(row.kind, row.code, "project_contribution", "change", state.period)
    total = found.value(row.kind, row.code, "project_contribution", "", state.period)
    period = f.period(state.period.code)
    if total is None:
        return format_html(_("No project of {name} is credited with an outcome of a customer."), name=row.name)
    if change is None or abs(change) < 0.005:
        first = format_html(
            _("{name} added nothing new in {period}; {total} points are credited so far."),
            name=row.name,
            period=period,
            total=strong(f.number(total, 1)),
        )
    else:
        shown = good(f.number(change, 2)) if change > 0 else bad(f.number(-change, 2))
        words = (
            _("{name} added {points} points to what customers attained in {period}, {total} so far.")
            if change > 0
            else _("{name} took back {points} points of what customers attained in {period}; {total} are left.")
        )
        first = format_html(words, name=row.name, points=shown, period=period, total=strong(f.number(total, 1)))
    return format_html(
        "{} {}", first, findings.credit_sentence([findings.Share(c.name, c.change) for c in credits.projects])
    )


def _facts(row: PortfolioRow, found: Readings, state: PageState) -> tuple[Fact, ...]:
    """The two indexes and milestones; money stands in a row of its own."""
    facts = []
    for name in (COST, TIME, "milestones_on_time_rate"):
        r = found.get(row.kind, row.code, name, "", state.period)
        facts.append(
            Fact(
                text.title(name),
                measures.words_of(r)(r.value),
                measures.target_text(r) if r.value is not None else "",
                measures.status(r),
                state.why(name, row.kind, row.code),
            )
        )
    return tuple(facts)


def _milestones(inside: tuple[int, ...], state: PageState) -> Figure | None:
    rows = portfolio_milestones(inside, start=state.period.start, cut=min(state.period.end, state.published.as_of))
    if not rows:
        return None
    shown = [Milestone(f"{r.project}: {r.name}", r.baseline_on, r.actual_on, r.forecast_on) for r in rows]
    late = sum(m.slip_days > 0 for m in shown)
    title = (
        ngettext(
            "%(late)s of %(all)s milestone near now is late",
            "%(late)s of %(all)s milestones near now are late",
            len(shown),
        )
        % {"late": f.number(late), "all": f.number(len(shown))}
        if late
        else _("Every milestone near now is on time")
    )
    return milestone_figure(
        shown,
        title=title,
        unit=_("The milestones nearest to the end of the period, first approved date against actual or forecast date"),
        today=min(state.period.end, state.published.as_of),
    )
