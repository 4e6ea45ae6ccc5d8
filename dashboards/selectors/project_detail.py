"""One project with its months, milestones and reports, and the outcomes it is credited on: two queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from metrics.ledger import METHODS
from metrics.periods import Period
from portfolio.rights import Visibility


@dataclass(frozen=True, slots=True)
class MonthRow:
    """Plan, earned value and cost of one month, in the project's currency; None = not known."""

    month: date
    planned: float | None
    earned: float | None
    actual: float | None


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone that was not cancelled."""

    code: str
    name: str
    baseline_on: date
    forecast_on: date | None
    actual_on: date | None
    customer_facing: bool


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The newest status report."""

    reported_on: date
    rag: str
    rating: str
    percent_complete: float | None
    forecast_finish_on: date | None
    forecast_cost: float | None
    narrative: str


@dataclass(frozen=True, slots=True)
class DefectMonth:
    """Valid defects found and fixed in one month."""

    month: date
    found: int
    fixed: int


@dataclass(frozen=True, slots=True)
class ProjectDetail:
    """A project as its page shows it."""

    id: int
    code: str
    name: str
    description: str
    state: str
    manager: str
    sponsor: str
    currency: str
    budget: float | None
    planned_start_on: date | None
    planned_finish_on: date | None
    actual_start_on: date | None
    actual_finish_on: date | None
    portfolio_code: str
    portfolio_name: str
    portfolio_kind: str
    months: tuple[MonthRow, ...]
    milestones: tuple[MilestoneRow, ...]
    report: ReportRow | None
    defects: tuple[DefectMonth, ...]


SQL = """
SELECT p.id, p.code, p.name, coalesce(p.description, ''), p.status, coalesce(p.manager, ''), coalesce(p.sponsor, ''),
       p.currency, p.budget::float8, p.planned_start_on, p.planned_finish_on, p.actual_start_on, p.actual_finish_on,
       f.code, f.name, f.kind,
       (SELECT json_agg(json_build_array(m.month, m.planned_value::float8, m.earned_value::float8,
               m.actual_cost::float8)
               ORDER BY m.month)
          FROM portfolio_project_months m WHERE m.project_id = p.id AND m.deleted_at IS NULL),
       (SELECT json_agg(json_build_array(k.code, k.name, k.baseline_on, k.forecast_on, k.actual_on, k.customer_facing)
               ORDER BY k.baseline_on, k.code)
          FROM portfolio_milestones k WHERE k.project_id = p.id AND k.deleted_at IS NULL AND k.cancelled_on IS NULL),
       (SELECT json_build_array(r.reported_on, coalesce(r.rag, ''), coalesce(r.rating, ''), r.percent_complete::float8,
               r.forecast_finish_on, r.forecast_cost::float8, coalesce(r.narrative, ''))
          FROM portfolio_status_reports r
         WHERE r.project_id = p.id AND r.deleted_at IS NULL AND r.reported_on < %(cut)s
         ORDER BY r.reported_on DESC LIMIT 1),
       (SELECT json_agg(json_build_array(g.month, g.found, g.fixed) ORDER BY g.month) FROM (
           SELECT u.month, sum(u.found) AS found, sum(u.fixed) AS fixed FROM (
               SELECT date_trunc('month', d.opened_at AT TIME ZONE %(zone)s)::date AS month, 1 AS found, 0 AS fixed
                 FROM portfolio_defects d WHERE d.project_id = p.id AND d.deleted_at IS NULL AND d.validity = 'valid'
                  AND d.opened_at < %(cut)s
               UNION ALL
               SELECT date_trunc('month', d.fixed_at AT TIME ZONE %(zone)s)::date, 0, 1
                 FROM portfolio_defects d WHERE d.project_id = p.id AND d.deleted_at IS NULL AND d.validity = 'valid'
                  AND d.fixed_at < %(cut)s
           ) u GROUP BY u.month) g)
  FROM portfolio_projects p JOIN portfolio_portfolios f ON f.id = p.portfolio_id
 WHERE p.code = %(code)s AND p.deleted_at IS NULL
"""


def project_detail(code: str, *, cut: date, zone: str, visible_to: Visibility) -> ProjectDetail | None:
    """A live project inside the rights, else None; facts before `cut` only. Cost: one query."""
    if not visible_to.sees("project", code):
        return None
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"code": code, "cut": cut, "zone": zone})
        row = cursor.fetchone()
    if row is None:
        return None
    lists: list[Any] = [
        tuple(MonthRow(_day(m[0]), *m[1:]) for m in row[16] or ()),
        tuple(MilestoneRow(k[0], k[1], _day(k[2]), _maybe(k[3]), _maybe(k[4]), k[5]) for k in row[17] or ()),
        _report(row[18]) if row[18] else None,
        tuple(DefectMonth(_day(d[0]), int(d[1]), int(d[2])) for d in row[19] or ()),
    ]
    return ProjectDetail(*row[:16], *lists)


def _report(cells: list[Any]) -> ReportRow:
    cells[0], cells[4] = _day(cells[0]), _maybe(cells[4])
    return ReportRow(*cells)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _maybe(text: str | None) -> date | None:
    return _day(text) if text else None


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """A credit of one project on one outcome, with the outcome it belongs to; counterparts may be hidden."""

    project: str
    project_name: str
    customer: str
    customer_name: str
    initiative: str
    initiative_name: str
    outcome: str
    outcome_name: str
    unit: str
    baseline: float
    target: float
    due_on: date | None
    attained: float | None
    weight: float
    claim: float | None
    credited: float | None
    scale: float | None
    points: float
    change: float
    mix: float
    value: float | None
    evidence: str


LINES = """
SELECT coalesce(p.code, ''), coalesce(p.name, ''), c.code, c.name, i.code, i.name, o.code, o.name, o.unit,
       o.baseline::float8, o.target::float8, o.due_on,
       nullif(l.attained_progress[%(slot)s], 'NaN'), l.outcome_points_weight[%(slot)s],
       nullif(l.claim_progress[%(slot)s], 'NaN'), nullif(l.credited_progress[%(slot)s], 'NaN'),
       nullif(l.scale[%(slot)s], 'NaN'), l.points[%(slot)s], l.change[%(slot)s], l.mix[%(slot)s],
       (SELECT m.value::float8 FROM portfolio_outcome_measurements m WHERE m.outcome_id = o.id
           AND m.deleted_at IS NULL AND m.measured_on < %(cut)s ORDER BY m.measured_on DESC LIMIT 1),
       coalesce((SELECT k.evidence FROM portfolio_contributions k WHERE k.outcome_id = o.id AND k.project_id = p.id
           AND k.deleted_at IS NULL AND k.valid_from < %(cut)s ORDER BY k.valid_from DESC LIMIT 1), '')
  FROM metrics_contribution l
  JOIN portfolio_outcomes o ON o.id = l.outcome_id
  JOIN portfolio_initiatives i ON i.id = o.initiative_id
  JOIN portfolio_customers c ON c.id = i.customer_id
  LEFT JOIN portfolio_projects p ON p.id = l.project_id
 WHERE l.method = %(method)s AND l.year = %(year)s AND l.state[%(slot)s] <> 0 AND {where}
 ORDER BY abs(l.points[%(slot)s]) DESC, o.code
"""


def outcome_lines(
    period: Period,
    *,
    cut: date,
    project: str | None = None,
    customer: str | None = None,
    initiative: str | None = None,
) -> list[OutcomeLine]:
    """Credits of one project, or on the outcomes of one customer or initiative, largest first. Cost: one query.

    Not narrowed by rights: the caller has checked its own scope, and folds counterparts with `fold_hidden`.
    """
    params: dict[str, Any] = {
        "slot": period.slot + 1,
        "year": period.year,
        "method": METHODS.index("proportional"),
        "cut": cut,
    }
    where = []
    for column, code in (("p.code", project), ("c.code", customer), ("i.code", initiative)):
        if code is not None:
            where.append(f"{column} = %(of_{column[0]})s")
            params[f"of_{column[0]}"] = code
    with connection.cursor() as cursor:
        cursor.execute(LINES.format(where=" AND ".join(where) or "true"), params)
        return [OutcomeLine(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Lines outside the rights, folded: how many, and their sums."""

    count: int
    points: float
    change: float


def fold_hidden(
    lines: list[OutcomeLine], *, visible_to: Visibility, counterpart: str
) -> tuple[list[OutcomeLine], Hidden]:
    """Lines whose `project` or `initiative` (the counterpart) is visible, and the others in one sum."""

    def seen(line: OutcomeLine) -> bool:
        if counterpart == "project":
            return not line.project or visible_to.sees("project", line.project)
        return visible_to.sees("initiative", line.initiative)

    shown = [line for line in lines if seen(line)]
    hidden = [line for line in lines if not seen(line)]
    return shown, Hidden(len(hidden), sum(h.points for h in hidden), sum(h.change for h in hidden))
