"""Projects as lists show them: contribution, spend and indexes of every visible project in one query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from dashboards.selectors.measured import Published, component_numbers
from dashboards.selectors.remembered import remembered
from metrics.cells import WITH_VALUE
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.rights import Visibility

STATES = ("proposed", "active", "on_hold", "completed", "cancelled")


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project: points to date and of the period, actual cost to date in base currency, cost and time index."""

    id: int
    code: str
    name: str
    state: str
    portfolio_id: int
    manager: str
    linked: bool
    points: float | None
    change: float | None
    spend: float | None
    cost_index: float | None
    time_index: float | None
    final_on: date | None = None
    """When it ended, for one whose last figures lie before the period: they are shown, and said to be final."""


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """What a list is narrowed to; blank fields take all. `portfolios` are ids, already a whole subtree."""

    text: str = ""
    portfolios: tuple[int, ...] | None = None
    state: str = ""
    linked: bool | None = None
    spend: tuple[float, float] | None = None
    points: tuple[float, float] | None = None

    def without(self, name: str) -> ProjectFilter:
        """The filter less one of its conditions."""
        empty: dict[str, Any] = {
            "text": "",
            "portfolios": None,
            "state": "",
            "linked": None,
            "spend": None,
            "points": None,
        }
        return replace(self, **{name: empty[name]})


# One look-up in the index for each project: right after the first import the server knows nothing of the tables' sizes,
# and would meet every scope with every project (10,000 of each: longer than a page may take).
SQL = """
SELECT p.id, p.code, p.name, p.status, p.portfolio_id, coalesce(p.manager, ''), l.project_id IS NOT NULL,
       CASE WHEN h.state[%(slot)s] = ANY(%(usable)s) THEN h.value[%(slot)s] END,
       CASE WHEN d.state[%(slot)s] = ANY(%(usable)s) THEN d.value[%(slot)s] END,
       coalesce(nullif(c.denominator[%(slot)s], 'NaN'), nullif(fc.denominator[17], 'NaN')),
       CASE WHEN c.state[%(slot)s] = ANY(%(usable)s) THEN c.value[%(slot)s]
            WHEN fc.state[17] = ANY(%(usable)s) THEN fc.value[17] END,
       CASE WHEN t.state[%(slot)s] = ANY(%(usable)s) THEN t.value[%(slot)s]
            WHEN ft.state[17] = ANY(%(usable)s) THEN ft.value[17] END,
       CASE WHEN fc.scope_id IS NOT NULL AND (c.state[%(slot)s] = ANY(%(usable)s)) IS NOT TRUE
            THEN p.actual_finish_on END
  FROM portfolio_projects p
  LEFT JOIN LATERAL (SELECT k.id FROM metrics_scope k WHERE k.kind = 'project' AND k.object_id = p.id LIMIT 1) s ON true
  LEFT JOIN metrics_series h ON h.component_id = %(points)s AND h.version = %(points_version)s
        AND h.scope_id = s.id AND h.year = %(year)s
  LEFT JOIN metrics_series d ON d.component_id = %(change)s AND d.version = %(points_version)s
        AND d.scope_id = s.id AND d.year = %(year)s
  LEFT JOIN metrics_series c ON c.component_id = %(cost)s AND c.version = %(cost_version)s
        AND c.scope_id = s.id AND c.year = %(year)s
  LEFT JOIN metrics_series t ON t.component_id = %(time)s AND t.version = %(time_version)s
        AND t.scope_id = s.id AND t.year = %(year)s
  LEFT JOIN metrics_series fc ON p.actual_finish_on < %(cut)s AND fc.component_id = %(cost)s
        AND fc.version = %(cost_version)s AND fc.scope_id = s.id AND fc.year = date_part('year', p.actual_finish_on)
  LEFT JOIN metrics_series ft ON p.actual_finish_on < %(cut)s AND ft.component_id = %(time)s
        AND ft.version = %(time_version)s AND ft.scope_id = s.id AND ft.year = date_part('year', p.actual_finish_on)
  LEFT JOIN (SELECT DISTINCT project_id FROM portfolio_contributions WHERE deleted_at IS NULL) l ON l.project_id = p.id
 WHERE p.deleted_at IS NULL {where}
"""


def project_rows(
    period: Period, *, state: Published, visible_to: Visibility, narrowed: ProjectFilter
) -> list[ProjectRow]:
    """Every visible live project that the filter takes, in no order. Cost: one query; none for readers of everything.

    What is left of a filter is picked from the remembered whole, in memory.
    """
    if visible_to.reads_all:
        rows = remembered(
            "projects",
            (period,),
            lambda: _read(period, state=state, visible_to=visible_to, narrowed=ProjectFilter()),
            state=state,
            visible_to=visible_to,
            most=2,
        )
        return _picked([r for r in rows if _takes(narrowed, r)], narrowed)
    return _picked(_read(period, state=state, visible_to=visible_to, narrowed=narrowed), narrowed)


def _takes(narrowed: ProjectFilter, row: ProjectRow) -> bool:
    """What the query takes, said of a row."""
    if narrowed.text:
        text = narrowed.text.lower()
        if text not in row.name.lower() and text not in row.code.lower() and text not in row.manager.lower():
            return False
    if narrowed.portfolios is not None and row.portfolio_id not in narrowed.portfolios:
        return False
    return not narrowed.state or row.state == narrowed.state


def _read(period: Period, *, state: Published, visible_to: Visibility, narrowed: ProjectFilter) -> list[ProjectRow]:
    numbers = component_numbers(state.run)
    catalogue = metrics()
    params: dict[str, Any] = {
        "slot": period.slot + 1,
        "year": period.year,
        "cut": min(period.end, state.as_of),
        "usable": list(WITH_VALUE),
        "points": numbers.get(("project_contribution", ""), -1),
        "change": numbers.get(("project_contribution", "change"), -1),
        "points_version": catalogue["project_contribution"].version,
        "cost": numbers.get(("cost_performance_index", ""), -1),
        "cost_version": catalogue["cost_performance_index"].version,
        "time": numbers.get(("schedule_performance_index_time", ""), -1),
        "time_version": catalogue["schedule_performance_index_time"].version,
    }
    where = ""
    if not visible_to.reads_all:
        where += " AND p.id = ANY(%(ids)s)"
        params["ids"] = list(visible_to.ids_of("project"))
    if narrowed.text:
        where += " AND (p.name ILIKE %(text)s OR p.code ILIKE %(text)s OR p.manager ILIKE %(text)s)"
        params["text"] = f"%{_escaped(narrowed.text)}%"
    if narrowed.portfolios is not None:
        where += " AND p.portfolio_id = ANY(%(portfolios)s)"
        params["portfolios"] = list(narrowed.portfolios)
    if narrowed.state:
        where += " AND p.status = %(state)s"
        params["state"] = narrowed.state
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(where=where), params)
        return [ProjectRow(*row) for row in cursor.fetchall()]


def _picked(rows: list[ProjectRow], narrowed: ProjectFilter) -> list[ProjectRow]:
    """The rows inside the ranges of the filter."""
    if narrowed.linked is not None:
        rows = [r for r in rows if r.linked == narrowed.linked]
    if narrowed.spend is not None:
        low, high = narrowed.spend
        rows = [r for r in rows if r.spend is not None and low <= r.spend < high]
    if narrowed.points is not None:
        low, high = narrowed.points
        rows = [r for r in rows if r.points is not None and low <= r.points < high]
    return rows


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A portfolio or program of the tree, with how deep it hangs."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    depth: int


def portfolio_tree(*, visible_to: Visibility) -> list[PortfolioRow]:
    """The visible live portfolios and programs, parents before children. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, code, name, kind, parent_id FROM portfolio_portfolios "
            "WHERE deleted_at IS NULL ORDER BY name, code"
        )
        rows = cursor.fetchall()
    if not visible_to.reads_all:
        allowed = visible_to.ids_of("portfolio")
        rows = [row for row in rows if row[0] in allowed]
    known = {row[0] for row in rows}
    children: dict[int | None, list[tuple[Any, ...]]] = {}
    for row in rows:
        children.setdefault(row[4] if row[4] in known else None, []).append(row)
    found: list[PortfolioRow] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in children.get(parent, ()):
            if depth < 20:
                found.append(PortfolioRow(row[0], row[1], row[2], row[3], row[4], depth))
                walk(row[0], depth + 1)

    walk(None, 0)
    return found


def below(tree: list[PortfolioRow], root: int) -> tuple[int, ...]:
    """Ids of a portfolio and everything under it."""
    inside = {root}
    for row in tree:
        if row.parent_id in inside:
            inside.add(row.id)
    return tuple(inside)


def project_count() -> int:
    """Live projects, whatever the rights. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portfolio_projects WHERE deleted_at IS NULL")
        return int(cursor.fetchone()[0])
