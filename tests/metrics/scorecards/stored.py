"""Stored values written by hand, so that a scorecard can be tested without facts or a run's seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np

from metrics.cells import OK, STATE
from metrics.index import COMPONENTS
from metrics.index import KEY as INDEX
from metrics.index import VERSION as INDEX_VERSION
from metrics.layout import SERIES
from metrics.models import Run, Scope
from metrics.periods import Period
from metrics.registry import metrics
from metrics.storage import components, components_ensure
from portfolio.models import Portfolio, Project

AS_OF = date(2026, 7, 10)
SCOPE_IDS = {"enterprise": 0}

# Every headline of the enterprise scorecard, two quarters: before and now.
VALUES: dict[str, tuple[float, float]] = {
    "resource_priority_alignment": (0.73, 0.76),
    "defects_fixed_before_release_rate": (0.5, 0.92),
    "defect_time_to_fix": (17.2, 12.5),
    "milestones_on_time_rate": (0.6, 0.8),
    "outcome_attainment": (0.36, 0.55),
    "net_promoter_score": (28.0, 34.6),
    "end_customer_success": (0.29, 0.41),
    "customer_minutes_lost": (71.4, 26.25),
    "voluntary_turnover_rate": (0.02, 0.04),
    "development_plan_coverage": (0.36, 0.24),
    "idea_implementation_rate": (0.19, 0.11),
    "gross_revenue_retention": (0.943, 0.979),
    "net_revenue_retention": (0.969, 0.979),
    "revenue_growth": (0.4, 0.395),
    "gross_margin": (0.4946, 0.495),
    "operating_margin": (0.204, 0.1505),
    "compliance_pass_rate": (0.9, 0.95),
    "process_conformance_rate": (0.88, 0.9),
    "sla_compliance_rate": (0.95, 0.97),
    "status_reporting_rate": (0.9, 0.92),
    "time_reporting_rate": (0.9, 0.91),
    "touchpoint_adherence": (0.8, 0.85),
    "renewals_on_time_rate": (0.8, 0.85),
    "value_standard_attainment": (0.8, 0.82),
    "escaped_defect_rate": (0.1, 0.08),
    "change_fail_rate": (0.2, 0.18),
    "cycle_time": (16.0, 15.0),
    "cost_performance_index": (0.93, 0.96),
    "schedule_performance_index_time": (0.9, 0.93),
    "customer_satisfaction": (76.0, 79.0),
    "customer_effort_score": (5.0, 5.2),
}
INDEX_VALUES = {
    "": (51.6, 57.6),
    "quality": (53.5, 70.4),
    "performance": (76.0, 66.2),
    "value": (54.2, 58.4),
    "compliance": (32.3, 40.3),
}


def make_run(as_of: date = AS_OF, *, cause: str = "test") -> Run:
    """A published run."""
    return Run.objects.create(
        state=Run.State.PUBLISHED, as_of=as_of, published_at=datetime(2026, 7, 10, 6, tzinfo=UTC), cause=cause
    )


def ensure() -> None:
    """Components and the enterprise's scope."""
    components_ensure([(key, name) for key, entry in metrics().items() for name in entry.component_names])
    components_ensure([(INDEX, name) for name in COMPONENTS])
    Scope.objects.get_or_create(kind="enterprise", code="", defaults={"object_id": 0})


def put(
    values: Mapping[tuple[str, str, str], float],
    run: Run,
    *,
    kind: str = "enterprise",
    code: str = "",
    status: str = "ok",
) -> None:
    """Store values by (metric, component, period code); other slots of the same year stay as they are."""
    from django.db import connection

    numbers = components()
    scope = Scope.objects.get(kind=kind, code=code).pk
    state = OK if status == "ok" else STATE[status, ""]
    for (metric, component, text), value in values.items():
        period = Period.parse(text)
        version = INDEX_VERSION if metric == INDEX else metrics()[metric].version
        number, place = numbers[metric, component], period.slot + 1
        blank = {
            "value": np.full((1, 17), np.nan),
            "numerator": np.full((1, 17), np.nan),
            "denominator": np.full((1, 17), np.nan),
            "n": np.full((1, 17), -1, dtype=np.int32),
            "state": np.zeros((1, 17), dtype=np.int16),
            "run": np.zeros((1, 17), dtype=np.int32),
        }
        key = [number, version, scope, period.year]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM metrics_series WHERE component_id=%s AND version=%s AND scope_id=%s AND year=%s", key
            )
            if cursor.fetchone() is None:
                names = dict(zip(SERIES.key_names, key, strict=True))
                SERIES.copy_in("metrics_series", names, blank)
            cursor.execute(
                "UPDATE metrics_series SET value[%s]=%s, state[%s]=%s, run[%s]=%s, n[%s]=12 WHERE component_id=%s "
                "AND version=%s AND scope_id=%s AND year=%s",
                [place, value, place, state, place, run.pk, place, *key],
            )


def make_values(run: Run | None = None, *, without: tuple[str, ...] = ()) -> Run:
    """Two quarters of the enterprise: 2026-Q1 and 2026-Q2. `without` are families or metrics left out."""
    ensure()
    made = run or make_run()
    found: dict[tuple[str, str, str], float] = {}
    for key, pair in VALUES.items():
        if key not in without and metrics()[key].family not in without:
            found |= {(key, "", "2026-Q1"): pair[0], (key, "", "2026-Q2"): pair[1]}
    for name, pair in INDEX_VALUES.items():
        found |= {(INDEX, name, "2026-Q1"): pair[0], (INDEX, name, "2026-Q2"): pair[1]}
    put(found, made)
    return made


def make_portfolio(code: str = "PF-1", project: str = "P-1") -> Scope:
    """A portfolio with one project, and its scope."""
    from django.utils import timezone

    from portfolio.models import ChangeSet

    change = ChangeSet.objects.create(at=timezone.now(), kind="form")
    portfolio = Portfolio.objects.create(
        code=code, name=f"Portfolio {code}", kind="portfolio", created_in=change, changed_in=change
    )
    Project.objects.create(
        code=project,
        name=f"Project {project}",
        portfolio=portfolio,
        status="active",
        currency="EUR",
        created_in=change,
        changed_in=change,
    )
    scope, _made = Scope.objects.get_or_create(kind="portfolio", code=code, defaults={"object_id": portfolio.pk})
    return scope
