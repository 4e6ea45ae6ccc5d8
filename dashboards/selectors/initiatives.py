"""Initiatives of customers: as lists show them, and the measured line of each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dashboards.selectors.measured import Published, component_numbers
from dashboards.selectors.remembered import remembered
from metrics.cells import WITH_VALUE
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.rights import Visibility


@dataclass(frozen=True, slots=True)
class InitiativeRow:
    """An initiative: whose, what, by when, how far (share of the way), how much of it projects are credited with."""

    id: int
    code: str
    name: str
    objective: str
    factor: str
    start_on: date | None
    due_on: date | None
    customer_id: int
    customer_code: str
    customer_name: str
    outcomes: int
    attained: float | None
    attained_before: float | None
    points: float | None
    change: float | None


SQL = """
SELECT i.id, i.code, i.name, coalesce(i.objective, ''), i.factor, i.start_on, i.due_on, c.id, c.code, c.name,
       (SELECT count(*) FROM portfolio_outcomes o WHERE o.initiative_id = i.id AND o.deleted_at IS NULL),
       CASE WHEN a.state[%(slot)s] = ANY(%(usable)s) THEN a.value[%(slot)s] END,
       CASE WHEN b.state[%(slot_before)s] = ANY(%(usable)s) THEN b.value[%(slot_before)s] END,
       CASE WHEN p.state[%(slot)s] = ANY(%(usable)s) THEN p.value[%(slot)s] END,
       CASE WHEN d.state[%(slot)s] = ANY(%(usable)s) THEN d.value[%(slot)s] END
  FROM portfolio_initiatives i
  JOIN portfolio_customers c ON c.id = i.customer_id AND c.deleted_at IS NULL
  LEFT JOIN metrics_scope s ON s.kind = 'initiative' AND s.object_id = i.id
  LEFT JOIN metrics_series a ON a.component_id = %(attainment)s AND a.version = %(attainment_version)s
        AND a.scope_id = s.id AND a.year = %(year)s
  LEFT JOIN metrics_series b ON b.component_id = %(attainment)s AND b.version = %(attainment_version)s
        AND b.scope_id = s.id AND b.year = %(year_before)s
  LEFT JOIN metrics_series p ON p.component_id = %(points)s AND p.version = %(points_version)s
        AND p.scope_id = s.id AND p.year = %(year)s
  LEFT JOIN metrics_series d ON d.component_id = %(change)s AND d.version = %(points_version)s
        AND d.scope_id = s.id AND d.year = %(year)s
 WHERE i.deleted_at IS NULL {where}
 ORDER BY i.code
"""


def initiative_rows(
    period: Period, against: Period, *, state: Published, visible_to: Visibility, code: str | None = None
) -> list[InitiativeRow]:
    """All visible live initiatives, or the one of a code. Cost: one query, or none for readers of everything."""
    return remembered(
        "initiatives",
        (period, against, code),
        lambda: _read(period, against, state, visible_to, code),
        state=state,
        visible_to=visible_to,
        most=8,
    )


def _read(
    period: Period, against: Period, state: Published, visible_to: Visibility, code: str | None
) -> list[InitiativeRow]:
    numbers = component_numbers(state.run)
    catalogue = metrics()
    params: dict[str, Any] = {
        "slot": period.slot + 1,
        "slot_before": against.slot + 1,
        "year": period.year,
        "year_before": against.year,
        "usable": list(WITH_VALUE),
        "attainment": numbers.get(("outcome_attainment", ""), -1),
        "attainment_version": catalogue["outcome_attainment"].version,
        "points": numbers.get(("project_contribution", ""), -1),
        "change": numbers.get(("project_contribution", "change"), -1),
        "points_version": catalogue["project_contribution"].version,
    }
    where = ""
    if not visible_to.reads_all:
        where += " AND i.id = ANY(%(ids)s)"
        params["ids"] = list(visible_to.ids_of("initiative"))
    if code is not None:
        where += " AND i.code = %(code)s"
        params["code"] = code
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(where=where), params)
        return [InitiativeRow(*row) for row in cursor.fetchall()]


def outcome_measurements(initiative: int, *, cut: date) -> dict[str, list[tuple[date, float]]]:
    """Outcome code -> its measurements before `cut`, oldest first; of an initiative already checked."""
    found: dict[str, list[tuple[date, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.code, m.measured_on, m.value::float8 FROM portfolio_outcome_measurements m "
            "JOIN portfolio_outcomes o ON o.id = m.outcome_id WHERE o.initiative_id = %s AND o.deleted_at IS NULL "
            "AND m.deleted_at IS NULL AND m.measured_on < %s ORDER BY m.measured_on",
            [initiative, cut],
        )
        for code, day, value in cursor.fetchall():
            found.setdefault(code, []).append((day, value))
    return found


def due_before(rows: Sequence[InitiativeRow], day: date) -> list[InitiativeRow]:
    """Initiatives whose day has passed and that are not there yet."""
    return [r for r in rows if r.due_on is not None and r.due_on < day and (r.attained or 0.0) < 1.0]
