"""Customers as lists show them: health now and before, revenue, next renewal, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dashboards.selectors.measured import Published, component_numbers
from dashboards.selectors.remembered import remembered
from metrics.cells import WITH_VALUE
from metrics.index import KEY as INDEX
from metrics.index import VERSION as INDEX_VERSION
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.rights import Visibility


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer: who, how healthy now and before, revenue a year in base currency, first contract to end."""

    id: int
    code: str
    name: str
    segment: str
    country: str
    acquired_on: date | None
    importance: float | None
    health: float | None
    health_before: float | None
    revenue: float | None
    renews_on: date | None

    @property
    def change(self) -> float | None:
        """Points of health since the comparison; None when one of them is unknown."""
        if self.health is None or self.health_before is None:
            return None
        return self.health - self.health_before


SQL = """
SELECT c.id, c.code, c.name, coalesce(c.segment, ''), coalesce(c.country, ''), c.acquired_on, c.importance::float8,
       CASE WHEN n.state[%(slot)s] = ANY(%(usable)s) THEN n.value[%(slot)s] END,
       CASE WHEN b.state[%(slot_before)s] = ANY(%(usable)s) THEN b.value[%(slot_before)s] END,
       CASE WHEN r.state[%(slot)s] = ANY(%(usable)s) THEN r.value[%(slot)s] END,
       (SELECT min(k.ends_on) FROM portfolio_contracts k WHERE k.customer_id = c.id AND k.deleted_at IS NULL
          AND k.terminated_on IS NULL AND k.renewed_on IS NULL AND k.ends_on >= %(today)s)
  FROM portfolio_customers c
  LEFT JOIN metrics_scope s ON s.kind = 'customer' AND s.object_id = c.id
  LEFT JOIN metrics_series n ON n.component_id = %(index)s AND n.version = %(index_version)s
        AND n.scope_id = s.id AND n.year = %(year)s
  LEFT JOIN metrics_series b ON b.component_id = %(index)s AND b.version = %(index_version)s
        AND b.scope_id = s.id AND b.year = %(year_before)s
  LEFT JOIN metrics_series r ON r.component_id = %(revenue)s AND r.version = %(revenue_version)s
        AND r.scope_id = s.id AND r.year = %(year)s
 WHERE c.deleted_at IS NULL {visible}
 ORDER BY c.name, c.code
"""


def customer_rows(
    period: Period, against: Period, *, state: Published, visible_to: Visibility, code: str | None = None
) -> list[CustomerRow]:
    """All visible live customers by name, or the one of a code. Cost: one query, or none for readers of everything."""
    return remembered(
        "customers",
        (period, against, code),
        lambda: _read(period, against, state, visible_to, code),
        state=state,
        visible_to=visible_to,
        most=8,
    )


def _read(
    period: Period, against: Period, state: Published, visible_to: Visibility, code: str | None
) -> list[CustomerRow]:
    numbers = component_numbers(state.run)
    params: dict[str, Any] = {
        "slot": period.slot + 1,
        "slot_before": against.slot + 1,
        "year": period.year,
        "year_before": against.year,
        "usable": list(WITH_VALUE),
        "today": state.as_of,
        "index": numbers.get((INDEX, ""), -1),
        "index_version": INDEX_VERSION,
        "revenue": numbers.get(("recurring_revenue", ""), -1),
        "revenue_version": metrics()["recurring_revenue"].version,
    }
    visible = ""
    if not visible_to.reads_all:
        visible += " AND c.id = ANY(%(ids)s)"
        params["ids"] = list(visible_to.ids_of("customer"))
    if code is not None:
        visible += " AND c.code = %(code)s"
        params["code"] = code
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(visible=visible), params)
        return [CustomerRow(*row) for row in cursor.fetchall()]
