"""Harm of incidents counts what the measures count: rows that refer to a removed row have left."""

from pathlib import Path
from typing import Any

import pytest

from metrics.incident_harm import harm_of_period
from metrics.periods import Period
from portfolio.models import Incident
from portfolio.rights import EVERYTHING
from tests.metrics.written import AS_OF, deliver

MAY = Period.parse("2026-05")


@pytest.fixture
def folder(db: None, tmp_path: Path) -> Path:
    """Two incidents of an hour on S-1, one of them of a deployment of S-2; A has a contract for each service."""
    deliver(
        tmp_path / "facts",
        services="code\nS-1\nS-2",
        customers="code\nA",
        service_customers="service customer valid_from\nS-1 A 2026-01-01",
        deployments="code service deployed_at\nE-1 S-2 2026-05-03T09:00:00Z",
        incidents="""
            code service started_at           restored_at          planned deployment
            N-1  S-1     2026-05-02T10:00:00Z 2026-05-02T11:00:00Z false   -
            N-2  S-1     2026-05-03T10:00:00Z 2026-05-03T11:00:00Z false   E-1
        """,
        incident_impacts="incident customer\nN-1 A\nN-2 A",
        revenue_events="customer code effective_on kind delta_arr currency\nA E1 2026-01-01 new 1000 EUR",
        contracts="""
            code customer service starts_on  ends_on    annual_value currency
            K-1  A        S-1     2025-01-01 2026-06-30 100          EUR
            K-2  A        S-2     2025-01-01 2026-06-30 20           EUR
        """,
    )
    return tmp_path / "facts"


def figures() -> dict[str, tuple[float, float, float]]:
    """Incident code to (customer minutes, revenue exposed, renewals at stake)."""
    found = harm_of_period(MAY, AS_OF, visible_to=EVERYTHING)
    codes = dict(Incident.objects.filter(pk__in=found.id.tolist()).values_list("pk", "code"))
    rows = zip(found.id.tolist(), found.minutes, found.revenue, found.renewals, strict=True)
    return {codes[pk]: (float(minutes), float(revenue), float(stake)) for pk, minutes, revenue, stake in rows}


def test_contracts_and_deployments_of_a_removed_service_leave_and_come_back(folder: Any) -> None:
    every = {"N-1": (60.0, 1000.0, 120.0), "N-2": (60.0, 1000.0, 120.0)}
    assert figures() == every

    # Without S-2 its contract goes, and its deployment with the incident that came of it.
    deliver(folder, services="code deleted\nS-2 true")
    assert figures() == {"N-1": (60.0, 1000.0, 100.0)}

    deliver(folder, services="code\nS-2")
    assert figures() == every


def test_an_incident_of_a_removed_deployment_leaves(folder: Any) -> None:
    deliver(folder, deployments="code service deployed_at deleted\nE-1 S-2 2026-05-03T09:00:00Z true")

    assert set(figures()) == {"N-1"}
