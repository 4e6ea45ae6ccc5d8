"""How old each kind of fact is: when rows of its feeds were last written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

# Source -> its feeds, and after how many days without a write its figures are old.
SOURCES: dict[str, tuple[tuple[str, ...], int]] = {
    "projects": (("projects", "project_months", "status_reports", "milestones", "person_months"), 35),
    "outcomes": (("outcomes", "outcome_measurements", "contributions", "initiatives"), 95),
    "incidents": (("incidents", "incident_impacts", "deployments"), 7),
    "survey": (("survey_responses", "touchpoints"), 95),
    "revenue": (("contracts", "revenue_events", "ledger"), 35),
    "people": (("people", "development_plans", "ideas", "capacity"), 35),
}


@dataclass(frozen=True, slots=True)
class SourceAge:
    """A source, when it was last written (None = never), and its limit."""

    source: str
    written_at: datetime | None
    limit: timedelta


def source_ages() -> list[SourceAge]:
    """Every source. Cost: one query over the change sets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed, max(at) FROM portfolio_changeset, jsonb_object_keys(counts) AS feed GROUP BY feed")
        written = dict(cursor.fetchall())
    return [
        SourceAge(
            name,
            max((written[feed] for feed in feeds if feed in written), default=None),
            timedelta(days=limit),
        )
        for name, (feeds, limit) in SOURCES.items()
    ]
