"""Names around incidents: codes, services, customers, deployments, by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import Http404

from dashboards.selectors.measured import Published
from dashboards.selectors.remembered import remembered
from metrics.incident_harm import Harm, Only, harm_of_period
from metrics.periods import Period
from portfolio.rights import Visibility


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with its code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was put into production before it."""

    code: str
    deployed_at: datetime
    failed: bool | None
    rework: bool | None


@dataclass(frozen=True, slots=True)
class IncidentNames:
    """One incident as stored; `customers` are those hit that the reader may see, by id."""

    id: int
    code: str
    service: Named
    team: str
    started_at: datetime
    detected_at: datetime | None
    restored_at: datetime | None
    severity: int | None
    planned: bool
    deployment: Deployment | None
    customers: dict[int, Named]


INCIDENT_SQL = """
SELECT n.id, n.code, s.code, s.name, coalesce(t.name, ''), n.started_at, n.detected_at, n.restored_at,
       n.severity, n.planned, d.code, d.deployed_at, d.failed, d.rework,
       (SELECT json_agg(json_build_array(c.id, c.code, c.name)) FROM portfolio_incident_impacts m
          JOIN portfolio_customers c ON c.id = m.customer_id WHERE m.incident_id = n.id)
  FROM portfolio_incidents n
  JOIN portfolio_services s ON s.id = n.service_id AND s.deleted_at IS NULL
  LEFT JOIN portfolio_team t ON t.id = s.team_id
  LEFT JOIN portfolio_deployments d ON d.id = n.deployment_id AND d.deleted_at IS NULL
 WHERE n.deleted_at IS NULL AND n.code = %(code)s
"""


def codes_of(ids: Iterable[int]) -> dict[int, str]:
    """Codes of incidents. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM portfolio_incidents WHERE id = ANY(%s)", [list(ids)])
        return dict(cursor.fetchall())


def services_of(ids: Iterable[int], *, every: bool = False) -> dict[int, Named]:
    """Services by id, in the order of their names; all live ones with `every`. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, code, name FROM portfolio_services WHERE id = ANY(%s) OR (%s AND deleted_at IS NULL) "
            "ORDER BY name, code",
            [list(ids), every],
        )
        return {pk: Named(code, name) for pk, code, name in cursor.fetchall()}


def only_of(service: str, customer: str, severity: int | None, *, visible_to: Visibility) -> Only:
    """The filter of a page as ids; a customer is meant by its code or by a part of its name. Cost: one query."""
    services: frozenset[int] | None = None
    customers: frozenset[int] | None = None
    text = customer.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    if service or customer:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 's', id FROM portfolio_services WHERE deleted_at IS NULL AND code = %(service)s UNION ALL "
                "SELECT 'c', id FROM portfolio_customers WHERE deleted_at IS NULL AND %(customer)s <> '' "
                "AND (lower(code) = lower(%(customer)s) OR lower(name) LIKE lower(%(like)s))",
                {"service": service, "customer": customer, "like": f"%{text}%"},
            )
            found = cursor.fetchall()
        if service:
            services = frozenset(pk for kind, pk in found if kind == "s")
        if customer:
            customers = frozenset(pk for kind, pk in found if kind == "c")
            if not visible_to.reads_all:
                customers &= visible_to.ids_of("customer")
    return Only(services, customers, frozenset({severity}) if severity is not None else None)


def incident_named(code: str, *, visible_to: Visibility) -> IncidentNames:
    """One live incident by code; 404 when there is none or it hit no customer that the reader may see: one query."""
    inside = ""
    params: dict[str, Any] = {"code": code}
    if not visible_to.reads_all:
        inside = (
            " AND EXISTS (SELECT 1 FROM portfolio_incident_impacts m WHERE m.incident_id = n.id "
            "AND m.deleted_at IS NULL AND m.customer_id = ANY(%(customers)s))"
        )
        params["customers"] = list(visible_to.ids_of("customer"))
    with connection.cursor() as cursor:
        cursor.execute(INCIDENT_SQL + inside, params)
        row = cursor.fetchone()
    if row is None:
        raise Http404(code)
    pk, own, s_code, s_name, team, started, detected, restored, severity, planned, *rest, hit = row
    return IncidentNames(
        pk, own, Named(s_code, s_name), team, started, detected, restored, severity, planned,
        Deployment(*rest) if rest[0] is not None else None,
        {key: Named(code, name) for key, code, name in hit or () if visible_to.sees_id("customers", key)},
    )  # fmt: skip


def harm_shown(period: Period, *, state: Published, visible_to: Visibility, only: Only | None = None) -> Harm:
    """Incidents of a period by harm. Cost: three queries, or none for readers of everything."""
    return remembered(
        "harm",
        (period, only),
        lambda: harm_of_period(period, state.as_of, visible_to=visible_to, only=only),
        state=state,
        visible_to=visible_to,
        most=3,
    )
