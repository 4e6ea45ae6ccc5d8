"""Projects: where do effort and contribution go?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.figures.many import Bin, Named, cells_figure, points_figure, share_figure
from dashboards.frame import Option
from dashboards.listing import Plain, SortKey, changed, columns, floats, kept, ordered, page_of, sort_of
from dashboards.page_state import PageState
from dashboards.parts import Action, Answer, Bullet, Column, Empty, Figure, Pager, Status, bad, status_of, strong
from dashboards.selectors import contribution
from dashboards.selectors.projects import (
    STATES,
    PortfolioRow,
    ProjectFilter,
    ProjectRow,
    below,
    portfolio_tree,
    project_count,
    project_rows,
)

ROWS = 25
FEW = 250
CELLS_X, CELLS_Y = 20, 14


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A row of the list, worded."""

    name: str
    code: str
    url: str
    portfolio: str
    state: str
    initiatives: str
    bar: Bullet
    points: str
    change: str
    spend: str
    cost_index: str
    time_index: str
    final: str
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The filters as they stand."""

    text: str
    portfolio: str
    portfolios: tuple[Option, ...]
    state: str
    states: tuple[Option, ...]
    linked: str
    kept: tuple[tuple[str, str], ...]
    cell: str


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    """All that the list of projects shows."""

    answer: Answer
    spread: Figure | None
    share: Figure | None
    form: FilterForm
    columns: tuple[Column, ...]
    lines: tuple[ProjectLine, ...]
    pager: Pager
    no_match: Empty | None
    left_out: str


def state_word(state: str) -> str:
    """A project's state in words."""
    return {
        "proposed": _("Proposed"),
        "active": _("Active"),
        "on_hold": _("On hold"),
        "completed": _("Completed"),
        "cancelled": _("Cancelled"),
    }.get(state, state)


def sort_keys() -> tuple[SortKey, ...]:
    """What the list can be sorted by."""
    return (
        SortKey("name", _("Project"), lambda r: r.name, numeric=False),
        SortKey("points", _("Points"), lambda r: r.points),
        SortKey("change", _("In the period"), lambda r: r.change),
        SortKey("spend", _("Actual cost"), lambda r: r.spend),
        SortKey("cost", _("Cost index"), lambda r: r.cost_index),
        SortKey("time", _("Time index"), lambda r: r.time_index),
    )


def filter_of(query: QueryDict, tree: Sequence[PortfolioRow]) -> ProjectFilter:
    """The filter of an address; what it names but does not exist takes nothing."""
    portfolio = query.get("portfolio", "")
    root = next((p.id for p in tree if p.code == portfolio), 0)
    linked = query.get("linked", "")
    return ProjectFilter(
        text=query.get("q", "").replace("\x00", "").strip()[:200],
        portfolios=below(list(tree), root) if portfolio else None,
        state=query.get("state", ""),
        linked={"yes": True, "no": False}.get(linked),
        spend=floats(query.get("spend", ""), "spend"),
        points=floats(query.get("points", ""), "points"),
    )


def projects_page(state: PageState, query: QueryDict) -> ProjectsPage:
    """The list with its two figures. Cost: five queries beyond log-in and rights."""
    tree = portfolio_tree(visible_to=state.visible)
    narrowed = filter_of(query, tree)
    rows = project_rows(state.period, state=state.published, visible_to=state.visible, narrowed=narrowed)
    keys = sort_keys()
    key, falling = sort_of(query, keys, "-points")
    inside, pager = page_of(
        query, ordered(rows, key, falling, lambda r: r.code), ROWS, changed(query, format="csv", page=None)
    )
    reached = contribution.initiatives_reached([r.id for r in inside])
    most = max((abs(r.points) for r in rows if r.points), default=1.0)
    names = {p.id: p.name for p in tree}
    by_name = dict(zip((k.name for k in keys), keys, strict=True))
    return ProjectsPage(
        answer=Answer(_sentence(rows)),
        spread=_spread(rows, state, query),
        share=_share(rows),
        form=_form(query, tree, narrowed),
        columns=columns(
            query,
            (
                by_name["name"],
                Plain(_("Portfolio")),
                Plain(_("State")),
                Plain(_("Initiatives"), numeric=True),
                Plain(_("Contribution")),
                by_name["points"],
                by_name["change"],
                by_name["spend"],
                by_name["cost"],
                by_name["time"],
                Plain(_("Status")),
            ),
            key,
            falling,
        ),
        lines=tuple(_line(r, state, names, reached, most) for r in inside),
        pager=pager,
        no_match=_no_match(state, query, narrowed) if not rows else None,
        left_out=_left_out(state, tree),
    )


def ordered_rows(state: PageState, query: QueryDict) -> tuple[list[str], list[list[object]]]:
    """Headings and every row of the list as plain values, for a file. Cost: two queries."""
    tree = portfolio_tree(visible_to=state.visible)
    rows = project_rows(state.period, state=state.published, visible_to=state.visible, narrowed=filter_of(query, tree))
    key, falling = sort_of(query, sort_keys(), "-points")
    codes = {p.id: p.code for p in tree}
    heads = ["code", "name", "portfolio", "status", "manager", "points", "change", "actual_cost"]
    heads += ["cost_performance_index", "schedule_performance_index_time"]
    return heads, [
        [
            r.code,
            r.name,
            codes.get(r.portfolio_id, ""),
            r.state,
            r.manager,
            r.points,
            r.change,
            r.spend,
            r.cost_index,
            r.time_index,
        ]
        for r in ordered(rows, key, falling, lambda r: r.code)
    ]


def _sentence(rows: Sequence[ProjectRow]) -> SafeString:
    count = strong(f.number(len(rows)))
    if not rows:
        return escape(_("No project matches."))
    half = carrying_half([r.points for r in rows if r.points and r.points > 0])
    idle = sum(bool(r.spend) and not r.linked for r in rows)
    if not half:
        first = format_html(
            ngettext(
                "{count} project, and none has moved a customer’s outcome yet.",
                "{count} projects, and none has moved a customer’s outcome yet.",
                len(rows),
            ),
            count=count,
        )
    else:
        first = format_html(
            ngettext(
                "Of {count} projects, {half} carries half of what customers attained through projects.",
                "Of {count} projects, {half} carry half of what customers attained through projects.",
                half,
            ),
            count=count,
            half=strong(f.number(half)),
        )
    if not idle:
        return first
    return format_html(
        "{} {}",
        first,
        format_html(
            ngettext(
                "{idle} spends money and reaches no customer initiative.",
                "{idle} spend money and reach no customer initiative.",
                idle,
            ),
            idle=bad(f.number(idle)),
        ),
    )


def carrying_half(gains: Sequence[float]) -> int:
    """How many of the largest make up half of all gains; 0 without any."""
    total, running = sum(gains), 0.0
    for count, gain in enumerate(sorted(gains, reverse=True), start=1):
        running += gain
        if running >= total / 2:
            return count
    return 0


def _spread(rows: Sequence[ProjectRow], state: PageState, query: QueryDict) -> Figure | None:
    known = [r for r in rows if r.points is not None and r.spend is not None and r.spend > 0]
    if len(known) < 3:
        return None
    outliers = [*sorted(known, key=lambda r: -(r.points or 0))[:3], *sorted(known, key=lambda r: r.points or 0)[:2]]
    named = [Named(r.name, math.log10(r.spend or 1), r.points or 0.0, state.url("project", r.code)) for r in outliers]
    low = math.floor(min(math.log10(r.spend or 1) for r in known))
    high = max(low + 1, math.ceil(max(math.log10(r.spend or 1) for r in known)))
    words = [(float(p), f.money(10.0**p, decimals=0)) for p in range(low, high + 1)]
    title = _("What projects cost and what they added")
    heads = (_("Project"), _("Actual cost"), _("Points"))
    if len(known) <= FEW:
        points = [Named(r.name, math.log10(r.spend or 1), r.points or 0.0, state.url("project", r.code)) for r in known]
        hover = [f"{r.name}: {f.money(r.spend)}, {f.number(r.points, 2, sign=True)}" for r in known]
        return points_figure(
            points,
            labelled=named,
            x_words=words,
            key="spread",
            title=title,
            unit=_("Actual cost to date (log scale) against points credited; choose a point to open the project"),
            heads=heads,
            hover=hover,
        )
    bins, y_edges = _bins(known, low, high, query)
    return cells_figure(
        bins,
        named,
        x_edges=(low, high),
        y_edges=y_edges,
        x_words=words,
        key="spread",
        title=title,
        unit=_(
            "Projects counted in cells: actual cost to date (log scale) against points credited. "
            "Darker: more; choose a cell to list them"
        ),
        heads=(_("Actual cost, power of ten"), _("Points"), _("Projects")),
    )


def _bins(known: Sequence[ProjectRow], low: int, high: int, query: QueryDict) -> tuple[list[Bin], tuple[float, float]]:
    x = np.log10([r.spend or 1 for r in known])
    y = np.array([r.points or 0.0 for r in known])
    # The few far ones are named points; the cells cover where 99 of 100 lie.
    bottom, top = np.quantile(y, [0.005, 0.995])
    bottom, top = min(0.0, float(bottom)), max(1e-6, float(top))
    x_edges = np.linspace(low, high, CELLS_X + 1)
    y_edges = np.linspace(bottom, top + 1e-9, CELLS_Y + 1)
    counts, _x, _y = np.histogram2d(x, y, bins=[x_edges, y_edges])
    bins = []
    for i, j in zip(*np.nonzero(counts), strict=True):
        link = changed(
            query,
            spend=f"{10 ** x_edges[i]:.6g}..{10 ** x_edges[i + 1]:.6g}",
            points=f"{y_edges[j]:.6g}..{y_edges[j + 1]:.6g}",
            page=None,
        )
        bins.append(
            Bin(
                float((x_edges[i] + x_edges[i + 1]) / 2),
                float((y_edges[j] + y_edges[j + 1]) / 2),
                int(counts[i, j]),
                link,
            )
        )
    reach = max(top, float(y.max())), min(bottom, float(y.min()))
    return bins, (reach[1], reach[0])


def _share(rows: Sequence[ProjectRow]) -> Figure | None:
    gains = np.sort(np.array([r.points for r in rows if r.points and r.points > 0]))[::-1]
    if len(gains) < 3:
        return None
    running = np.cumsum(gains) / gains.sum()
    count = len(rows)
    places = np.unique(np.linspace(0, len(gains) - 1, min(40, len(gains))).astype(int))
    shares = [((int(i) + 1) / count, float(running[i])) for i in places]
    half = int(np.argmax(running >= 0.5))
    if shares[-1][0] < 1:
        shares.append((1.0, 1.0))
    return share_figure(
        shares,
        key="share",
        title=_("%(share)s of projects carry half of it")
        % {"share": f.percent((half + 1) / count, 0 if count < 1000 else 1)},
        unit=_("Cumulative share of points above zero, projects ranked from the largest"),
        mark=(
            (half + 1) / count,
            float(running[half]),
            ngettext("%(n)s project", "%(n)s projects", half + 1) % {"n": f.number(half + 1)},
        ),
    )


def _line(
    row: ProjectRow, state: PageState, names: dict[int, str], reached: dict[int, int], most: float
) -> ProjectLine:
    low = -most if row.points is not None and row.points < 0 else 0.0
    return ProjectLine(
        name=row.name,
        code=row.code,
        url=state.url("project", row.code),
        portfolio=names.get(row.portfolio_id, f.ABSENT),
        state=state_word(row.state),
        initiatives=f.number(reached.get(row.id, 0)),
        bar=Bullet(
            row.points,
            _("%(name)s: %(points)s points") % {"name": row.name, "points": f.number(row.points, 2, sign=True)},
            low,
            most,
            kind="bad" if row.points is not None and row.points < 0 else "ok",
        ),
        points=f.number(row.points, 2, sign=True),
        change=f.number(row.change, 2, sign=True),
        spend=f.money(row.spend),
        cost_index=f.number(row.cost_index, 2),
        time_index=f.number(row.time_index, 2),
        final=_("final, %(period)s") % {"period": f.month_year(row.final_on)} if row.final_on else "",
        status=plan_status(row, state),
        why=state.why("project_contribution", "project", row.code),
    )


def plan_status(row: ProjectRow, state: PageState) -> Status:
    """The worse of cost and time against their targets."""
    cut = min(state.period.end, state.published.as_of)
    colours = []
    for metric, value in (
        ("cost_performance_index", row.cost_index),
        ("schedule_performance_index_time", row.time_index),
    ):
        limits = state.targets.thresholds(metric, "", "project", row.code, cut)
        if limits is not None and value is not None:
            colours.append(limits.colour(value))
    worst = next((c for c in ("red", "amber", "green") if c in colours), "")
    if worst:
        return status_of(worst)
    return Status("none", _("Not begun") if row.state == "proposed" else _("No reports"))


def _form(query: QueryDict, tree: Sequence[PortfolioRow], narrowed: ProjectFilter) -> FilterForm:
    keep = ("period", "against", "sort")
    cell = ""
    if narrowed.spend is not None or narrowed.points is not None:
        cell = changed(query, spend=None, points=None, page=None)
    return FilterForm(
        text=narrowed.text,
        portfolio=query.get("portfolio", ""),
        portfolios=tuple(Option(p.code, f"{f.NBSP * 3 * p.depth}{p.name}") for p in tree),
        state=narrowed.state,
        states=tuple(Option(s, state_word(s)) for s in STATES),
        linked=query.get("linked", ""),
        kept=kept(query, *keep),
        cell=cell,
    )


def _no_match(state: PageState, query: QueryDict, narrowed: ProjectFilter) -> Empty:
    """Which condition to drop, with how many projects each would give."""
    conditions = {
        "text": ("q", _("Any name"), bool(narrowed.text)),
        "portfolios": ("portfolio", _("Any portfolio"), narrowed.portfolios is not None),
        "state": ("state", _("Any state"), bool(narrowed.state)),
        "linked": ("linked", _("Linked or not"), narrowed.linked is not None),
        "spend": ("spend", _("Any cost"), narrowed.spend is not None),
        "points": ("points", _("Any contribution"), narrowed.points is not None),
    }
    actions = []
    for name, (parameter, word, on) in conditions.items():
        if not on:
            continue
        found = len(
            project_rows(state.period, state=state.published, visible_to=state.visible, narrowed=narrowed.without(name))
        )
        actions.append(Action(f"{word} ({f.number(found)})", changed(query, page=None, **{parameter: None})))
    if not actions:
        return Empty(_("No projects yet"), _("Import projects.csv; their customers’ outcomes come first."))
    clear = changed(query, page=None, **{c[0]: None for c in conditions.values()})
    actions.append(Action(_("Clear all"), clear))
    return Empty(_("No project matches"), _("Drop one of the conditions:"), (), tuple(actions))


def _left_out(state: PageState, tree: Sequence[PortfolioRow]) -> str:
    if state.visible.reads_all:
        return ""
    hidden = project_count() - len(state.visible.ids_of("project"))
    if hidden <= 0:
        return ""
    return ngettext(
        "%(n)s project is not visible to you and not counted here.",
        "%(n)s projects are not visible to you and not counted here.",
        hidden,
    ) % {"n": f.number(hidden)}
