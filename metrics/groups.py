"""Groups of metrics that read the same feeds: a run computes one group at a time, a chunk each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from django.db import connection

from metrics.periods import FIRST_YEAR
from metrics.registry import formulas
from portfolio.feeds import FEEDS

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    # The costly ones first, so that two workers end together.
    "hours": (
        "resource_priority_alignment",
        "resource_utilisation",
        "time_reporting_rate",
        "cross_team_project_share",
    ),
    "defects": ("defects_fixed_before_release_rate", "defect_time_to_fix", "escaped_defect_rate"),
    "surveys": (
        "net_promoter_score",
        "customer_satisfaction",
        "customer_effort_score",
        "employee_net_promoter_score",
    ),
    "ledger": ("revenue_growth", "gross_margin", "operating_margin", "free_cash_flow"),
    "incidents": ("customer_minutes_lost",),
    "earned_value": (
        "cost_performance_index",
        "schedule_performance_index_time",
        "benefits_realisation_ratio",
        "return_on_investment",
    ),
    "contribution": ("outcome_attainment", "end_customer_success", "project_contribution"),
    "flow": ("change_fail_rate", "cycle_time"),
    "delivery": ("milestones_on_time_rate", "status_reporting_rate"),
    "checks": (
        "process_conformance_rate",
        "compliance_pass_rate",
        "sla_compliance_rate",
        "value_standard_attainment",
    ),
    "people": ("voluntary_turnover_rate", "tenure_survival", "development_plan_coverage", "idea_implementation_rate"),
    "revenue": (
        "gross_revenue_retention",
        "net_revenue_retention",
        "recurring_revenue",
        "customer_tenure",
        "renewal_rate",
        "renewals_on_time_rate",
    ),
    "relations": ("touchpoint_adherence", "reputation_index", "adoption_rate"),
}
INDEX_GROUP: Final = "index"
"""Computed from the other groups' values, after them."""

FIRST_DAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "projects": ("actual_start_on", "planned_start_on"),
    "service_customers": ("valid_from",),
    "outcomes": ("start_on",),
    "outcome_measurements": ("measured_on",),
    "contributions": ("valid_from",),
    "project_months": ("month",),
    "status_reports": ("reported_on",),
    "milestones": ("baseline_on", "actual_on"),
    "benefits": ("month",),
    "work_items": ("started_at", "finished_at"),
    "releases": ("released_at",),
    "defects": ("opened_at",),
    "deployments": ("deployed_at",),
    "people": ("hired_on",),
    "person_months": ("month",),
    "capacity": ("month",),
    "development_plans": ("documented_on",),
    "ideas": ("submitted_on",),
    "survey_responses": ("answered_on",),
    "touchpoints": ("due_on",),
    "reputation_signals": ("observed_on",),
    "contracts": ("ends_on",),
    "revenue_events": ("effective_on",),
    "ledger": ("month",),
    "incidents": ("started_at",),
    "standard_checks": ("checked_on",),
    "adoption": ("month",),
}
"""Columns whose earliest day starts the calendar of the groups that read the feed."""


def group_feeds(group: str) -> set[str]:
    """Feeds that a group's formulas name."""
    return {feed for key in GROUPS[group] for feed in metric_feeds(key)}


def metric_feeds(key: str) -> set[str]:
    """Feeds that a metric's formula names."""
    return set(formulas()[key].feeds)


def reach(feeds: set[str]) -> set[str]:
    """The feeds and everything they refer to, over any number of steps."""
    found, left = set(feeds), list(feeds)
    while left:
        for column in FEEDS[left.pop()].columns:
            if column.kind == "ref" and column.ref not in found:
                found.add(column.ref)
                left.append(column.ref)
    return found


def first_days(zone: str, feeds: Iterable[str] = FIRST_DAYS) -> dict[str, date]:
    """Earliest live day of each of the feeds that has one. Cost: one query that scans them."""
    selects = []
    for feed in feeds:
        days = [
            f"min(({column} AT TIME ZONE '{zone}')::date)" if column.endswith("_at") else f"min({column})"
            for column in FIRST_DAYS[feed]
        ]
        selects.append(f"SELECT '{feed}', least({', '.join(days)}) FROM {FEEDS[feed].table} WHERE deleted_at IS NULL")
    if not selects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects))
        return {feed: day for feed, day in cursor.fetchall() if day is not None}


NOT_FIRST: Final = {"hours": {"people"}}
"""Feeds that a group reads for teams only: their days say nothing of it."""


UNDATED: Final = frozenset({"contribution", "checks"})
"""Groups with a feed whose rows count in every period, dated or not: an outcome without a start, a standard without
a check. Their periods begin with the company's first fact."""
SPELLS: Final = {"people", "service_customers", "contracts", "projects"}
"""Feeds of states that can reach back long before anything was measured: they do not begin the others' periods."""


def group_first(group: str, days: Mapping[str, date]) -> date | None:
    """First day of the facts that a group reads (of all facts where it has undated ones); None when there are none.

    Not before the years that periods can have: 0001-01-01 is how some tools write an unknown day.
    """
    found = [days[feed] for feed in group_feeds(group) - NOT_FIRST.get(group, set()) if feed in days]
    if group in UNDATED:
        found += [day for feed, day in days.items() if feed not in SPELLS]
    return max(min(found), date(FIRST_YEAR, 1, 1)) if found else None
