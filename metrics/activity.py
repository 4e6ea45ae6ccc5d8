"""How much is collected about each customer in each quarter, feed by feed: what relevance of a feed is asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.conf import settings
from django.db import connection

from metrics.columns import Floats
from metrics.periods import Period
from portfolio.feeds import FEEDS


@dataclass(frozen=True, slots=True)
class Path:
    """From the rows of a feed to customers: `day` dates a row, `via` is the column that leads there."""

    day: str
    via: str


PATHS: Final[dict[str, Path]] = {
    # Rows that name a customer.
    "contracts": Path("ends_on", "customer"),
    "revenue_events": Path("effective_on", "customer"),
    "ledger": Path("month", "customer"),
    "survey_responses": Path("answered_on", "customer"),
    "touchpoints": Path("due_on", "customer"),
    "incident_impacts": Path("started_at", "customer"),
    "standard_checks": Path("checked_on", "customer"),
    "adoption": Path("month", "customer"),
    "service_customers": Path("valid_from", "customer"),
    # Rows of a project belong to the customers on whose outcomes the project has a claim.
    "project_months": Path("month", "project"),
    "status_reports": Path("reported_on", "project"),
    "milestones": Path("baseline_on", "project"),
    "benefits": Path("month", "project"),
    "person_months": Path("month", "project"),
    # Rows of a service belong to the customers that it serves.
    "work_items": Path("started_at", "service"),
    "defects": Path("opened_at", "service"),
    "releases": Path("released_at", "service"),
    "deployments": Path("deployed_at", "service"),
    "incidents": Path("started_at", "service"),
}
"""Feeds whose rows lead to customers. Of the others (people, ideas, rates, reputation) nothing is known by customer."""

STRUCTURE: Final = frozenset(
    {
        "portfolios",
        "projects",
        "customers",
        "services",
        "people",
        "standards",
        "targets",
        "fx_rates",
    }
)
"""Feeds that others hang on: without them nothing is measured."""

OUTCOMES: Final = frozenset({"initiatives", "outcomes", "outcome_measurements", "contributions"})
"""Feeds that say what customers achieve, and what projects claim of it."""

_CUSTOMERS: Final = {
    "customer": "SELECT id AS source_id, id AS customer_id FROM portfolio_customers",
    "project": (
        "SELECT DISTINCT c.project_id AS source_id, i.customer_id FROM portfolio_contributions c "
        "JOIN portfolio_outcomes o ON o.id = c.outcome_id JOIN portfolio_initiatives i ON i.id = o.initiative_id "
        "WHERE c.deleted_at IS NULL AND o.deleted_at IS NULL AND i.deleted_at IS NULL"
    ),
    "service": (
        "SELECT DISTINCT service_id AS source_id, customer_id FROM portfolio_service_customers WHERE deleted_at IS NULL"
    ),
}


def feed_activity(feed: str, customers: Sequence[int], quarters: Sequence[Period]) -> Floats:
    """Rows of a feed by customer (database id) and quarter: shape (customers, quarters).

    NaN before the feed's first row, and for customers that never have one. Cost: one query.
    """
    counts = np.zeros((len(customers), len(quarters)))
    row_of = {pk: row for row, pk in enumerate(customers)}
    column_of = {(quarter.year, quarter.number): at for at, quarter in enumerate(quarters)}
    for pk, year, number, rows in _counted(feed):
        if pk in row_of and (int(year), int(number)) in column_of:
            counts[row_of[pk], column_of[int(year), int(number)]] = rows
    begun = np.logical_or.accumulate((counts > 0).any(axis=0)) if counts.size else np.zeros(len(quarters), np.bool_)
    counts[:, ~begun] = np.nan
    counts[~(counts > 0).any(axis=1)] = np.nan
    return counts


def _counted(feed: str) -> list[tuple[int, int, int, int]]:
    path = PATHS[feed]
    day = f"t.{path.day}"
    join = ""
    if feed == "incident_impacts":
        join, day = "JOIN portfolio_incidents n ON n.id = t.incident_id", "coalesce(t.started_at, n.started_at)"
    zone = []
    if path.day.endswith("_at"):
        day, zone = f"({day} AT TIME ZONE %s)", [str(settings.EPMO_TIME_ZONE)]
    dated = (
        f"SELECT t.{path.via}_id AS source_id, {day} AS day FROM {FEEDS[feed].table} t {join} "
        "WHERE t.deleted_at IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.customer_id, extract(year FROM d.day)::int, extract(quarter FROM d.day)::int, count(*) "
            f"FROM ({dated}) d JOIN ({_CUSTOMERS[path.via]}) k USING (source_id) "
            "WHERE d.day IS NOT NULL GROUP BY 1, 2, 3",
            zone,
        )
        rows: list[tuple[int, int, int, int]] = cursor.fetchall()
    return rows
