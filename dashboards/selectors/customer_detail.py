"""What a customer's page lists beside its values: incidents, outcomes and contracts, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from metrics.ledger import METHODS
from metrics.periods import Period


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as the customer met it: minutes lost inside the period, weighed by degradation."""

    code: str
    service: str
    day: date
    minutes: float
    severity: int | None
    planned: bool


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An outcome of the customer: where it began, where it is, where it should be."""

    initiative: str
    initiative_name: str
    factor: str
    outcome: str
    name: str
    unit: str
    baseline: float
    target: float
    due_on: date | None
    value: float | None
    measured_on: date | None
    attained: float | None
    weight: float | None
    unattributed: float | None


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract that is running or ended lately."""

    code: str
    service: str
    starts_on: date
    ends_on: date
    annual_value: float
    currency: str
    renewed_on: date | None
    terminated_on: date | None


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """The lists of one customer."""

    incidents: tuple[IncidentRow, ...]
    outcomes: tuple[OutcomeRow, ...]
    contracts: tuple[ContractRow, ...]


SQL = """
SELECT
 (SELECT json_agg(json_build_array(g.code, g.name, g.day, g.minutes, g.severity, g.planned) ORDER BY g.minutes DESC)
    FROM (
      SELECT n.code, s.name,
             min(greatest(coalesce(m.started_at, n.started_at), %(start)s)) AT TIME ZONE %(zone)s AS day,
             sum(extract(epoch FROM least(coalesce(m.ended_at, n.restored_at, %(end)s), %(end)s)
                 - greatest(coalesce(m.started_at, n.started_at), %(start)s)) / 60 * coalesce(m.degradation, 1))::float8
                 AS minutes, n.severity, n.planned
        FROM portfolio_incident_impacts m
        JOIN portfolio_incidents n ON n.id = m.incident_id AND n.deleted_at IS NULL
        JOIN portfolio_services s ON s.id = n.service_id
       WHERE m.customer_id = %(customer)s AND m.deleted_at IS NULL
         AND coalesce(m.started_at, n.started_at) < %(end)s
         AND coalesce(m.ended_at, n.restored_at, %(end)s) > %(start)s
       GROUP BY n.id, n.code, s.name, n.severity, n.planned) g),
 (SELECT json_agg(json_build_array(i.code, i.name, i.factor, o.code, o.name, o.unit, o.baseline::float8,
             o.target::float8, o.due_on, v.value::float8, v.measured_on, nullif(l.attained_progress[%(slot)s], 'NaN'),
             nullif(l.outcome_points_weight[%(slot)s], 'NaN'), nullif(l.points[%(slot)s], 'NaN'))
             ORDER BY i.name, i.code, o.code)
    FROM portfolio_outcomes o
    JOIN portfolio_initiatives i ON i.id = o.initiative_id AND i.deleted_at IS NULL
    LEFT JOIN LATERAL (SELECT x.value, x.measured_on FROM portfolio_outcome_measurements x WHERE x.outcome_id = o.id
              AND x.deleted_at IS NULL AND x.measured_on < %(cut)s ORDER BY x.measured_on DESC LIMIT 1) v ON true
    LEFT JOIN metrics_contribution l ON l.method = %(method)s AND l.outcome_id = o.id AND l.project_id = 0
             AND l.year = %(year)s AND l.state[%(slot)s] <> 0
   WHERE i.customer_id = %(customer)s AND o.deleted_at IS NULL AND {initiative}),
 (SELECT json_agg(json_build_array(k.code, coalesce(s.name, ''), k.starts_on, k.ends_on, k.annual_value::float8,
             k.currency, k.renewed_on, k.terminated_on) ORDER BY k.ends_on DESC)
    FROM portfolio_contracts k LEFT JOIN portfolio_services s ON s.id = k.service_id
   WHERE k.customer_id = %(customer)s AND k.deleted_at IS NULL AND k.ends_on >= %(start)s::date - 90)
"""


def customer_detail(
    customer: int,
    period: Period,
    *,
    start: datetime,
    end: datetime,
    cut: date,
    zone: str,
    initiative: int | None = None,
) -> CustomerDetail:
    """Incidents between two instants, outcomes before `cut`, contracts, of a customer already checked: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            SQL.format(initiative="i.id = %(initiative)s" if initiative is not None else "true"),
            {
                "customer": customer,
                "initiative": initiative,
                "slot": period.slot + 1,
                "year": period.year,
                "method": METHODS.index("proportional"),
                "start": start,
                "end": end,
                "cut": cut,
                "zone": zone,
            },
        )
        incidents, outcomes, contracts = cursor.fetchone()
    return CustomerDetail(
        tuple(IncidentRow(r[0], r[1], _day(r[2]), *r[3:]) for r in incidents or ()),
        tuple(_outcome(r) for r in outcomes or ()),
        tuple(
            ContractRow(r[0], r[1], _day(r[2]), _day(r[3]), r[4], r[5], _maybe(r[6]), _maybe(r[7]))
            for r in contracts or ()
        ),
    )


def _outcome(cells: list[Any]) -> OutcomeRow:
    cells[8], cells[10] = _maybe(cells[8]), _maybe(cells[10])
    return OutcomeRow(*cells)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _maybe(text: str | None) -> date | None:
    return _day(text) if text else None
