"""The overview of a reader with grants: the portfolios and customers they see, never the enterprise."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import findings, measures
from dashboards import formatting as f
from dashboards.asks import Asks, asks_of
from dashboards.page_state import PageState
from dashboards.pages.overview import CustomerLine, changed_most, credits_figure, customer_line
from dashboards.parts import Answer, Delta, Empty, Figure, Spark, Status, strong
from dashboards.selectors import contribution
from dashboards.selectors.customers import customer_rows
from dashboards.selectors.measured import INDEX, Readings, Want, headlines_of, index_components, readings
from dashboards.selectors.projects import PortfolioRow, portfolio_tree, project_count


@dataclass(frozen=True, slots=True)
class PortfolioLine:
    """A portfolio or program the reader sees."""

    name: str
    kind: str
    url: str
    depth: str
    spark: Spark
    health: str
    delta: Delta | None
    points: str
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class OverviewPartPage:
    """All that the overview of a part shows."""

    answer: Answer
    portfolios: tuple[PortfolioLine, ...]
    contribution: Figure | None
    asks: Asks
    customers: tuple[CustomerLine, ...]
    nothing: Empty | None


def overview_part_page(state: PageState) -> OverviewPartPage:
    """What a reader with grants sees. Cost: nine queries beyond log-in and rights."""
    tree = portfolio_tree(visible_to=state.visible)
    customers = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    movers = changed_most(customers)
    ends = (*state.last(8), state.against)
    points = (("project_contribution", ""), ("project_contribution", "change"))
    wants = [
        Want("portfolio", tuple(p.code for p in tree if p.kind == "portfolio"), ((INDEX, ""), *points), ends),
        Want("program", tuple(p.code for p in tree if p.kind == "program"), points, ends),
        Want("customer", tuple(c.code for c in movers), (*headlines_of("customer"), *index_components()), ends),
    ]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    credits = contribution.credits(state.period, visible_to=state.visible, state=state.published)
    projects = len(state.visible.ids_of("project"))
    return OverviewPartPage(
        answer=Answer(
            format_html(
                "{} {}",
                _sentence(projects, len(customers)),
                findings.credit_sentence([findings.Share(c.name, c.change) for c in credits.projects]),
            ),
            _left_out(projects),
        ),
        portfolios=tuple(portfolio_line(p, found, state) for p in tree),
        contribution=credits_figure(credits, state, whole=False),
        asks=asks_of(state, customers, credits),
        customers=tuple(customer_line(found, state, c) for c in movers),
        nothing=None
        if tree or customers
        else Empty(
            _("You may not see anything yet"),
            _("Ask your PMO lead to open a portfolio or a customer to you."),
        ),
    )


def _sentence(projects: int, customers: int) -> SafeString:
    return format_html(
        _("You see {projects} and {customers}."),
        projects=strong(ngettext("%(n)s project", "%(n)s projects", projects) % {"n": f.number(projects)}),
        customers=strong(ngettext("%(n)s customer", "%(n)s customers", customers) % {"n": f.number(customers)}),
    )


def _left_out(projects: int) -> str:
    hidden = project_count() - projects
    if hidden <= 0:
        return ""
    return ngettext(
        "%(n)s project is not visible to you and not counted here.",
        "%(n)s projects are not visible to you and not counted here.",
        hidden,
    ) % {"n": f.number(hidden)}


def portfolio_line(row: PortfolioRow, found: Readings, state: PageState) -> PortfolioLine:
    now = found.get(row.kind, row.code, INDEX, "", state.period)
    before = found.get(row.kind, row.code, INDEX, "", state.against)
    change = found.value(row.kind, row.code, "project_contribution", "change", state.period)
    # A program has no index.
    program = row.kind == "program"
    return PortfolioLine(
        name=row.name,
        kind=text.scope_kind(row.kind),
        url=state.scope_url(row.kind, row.code),
        depth=f.NBSP * 4 * row.depth,
        spark=measures.spark(found, now, state.last(8)),
        health="" if program else f.number(now.value),
        delta=None if program else measures.delta(now, before),
        points=f.number(change, 2, sign=True),
        status=Status("none", "") if program else measures.status(now),
        why="" if program else state.why(INDEX, row.kind, row.code),
    )
