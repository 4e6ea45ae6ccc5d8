"""Which measures stand on a scorecard, and in which order: families as in the catalogue, money last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from metrics.registry import FAMILIES, metrics
from metrics.rule360 import OTHERS

KINDS: Final = ("enterprise", "portfolio", "program", "customer", "project")
"""Scopes that have scorecards."""

HEADLINES: Final = frozenset(
    {
        "resource_priority_alignment",
        "defects_fixed_before_release_rate",
        "defect_time_to_fix",
        "milestones_on_time_rate",
        "outcome_attainment",
        "net_promoter_score",
        "end_customer_success",
        "customer_minutes_lost",
        "voluntary_turnover_rate",
        "development_plan_coverage",
        "idea_implementation_rate",
        "gross_revenue_retention",
        "net_revenue_retention",
        "revenue_growth",
        "gross_margin",
        "operating_margin",
    }
)
"""What the enterprise's scorecard starts from: what fits one page."""


def metrics_listed(kind: str) -> tuple[str, ...]:
    """Every metric that may stand on a scorecard of a kind of scope, in order; longevity also at enterprise."""
    return in_order(key for key, entry in metrics().items() if kind in entry.scopes or entry.family == "longevity")


def metrics_default(kind: str) -> list[str]:
    """The rows that a new scorecard starts with."""
    return [
        key
        for key in metrics_listed(kind)
        if key in HEADLINES or (kind != "enterprise" and kind in metrics()[key].scopes)
    ]


def in_order(keys: Iterable[str]) -> tuple[str, ...]:
    """Families in their fixed order, financial last; inside a family as in the catalogue."""
    asked = set(keys)
    return tuple(
        key
        for family in (*OTHERS, *(f for f in FAMILIES if f not in OTHERS))
        for key, entry in metrics().items()
        if key in asked and entry.family == family
    )
