"""Where values of a component end by nature: what limits of a chart and forecasts are cut at."""

from __future__ import annotations

from typing import Final

from metrics.index import KEY as INDEX
from metrics.registry import metrics

Bounds = tuple[float | None, float | None]
"""Lowest and highest value by nature, None where there is none."""

FREE: Final[Bounds] = (None, None)
FROM_ZERO: Final[Bounds] = (0.0, None)
SHARE: Final[Bounds] = (0.0, 1.0)

OF_UNIT: Final[dict[str, Bounds]] = {
    "ratio": SHARE,
    "ratio -1..1": (-1.0, 1.0),
    "ratio per period": FROM_ZERO,
    "ratio per year": FROM_ZERO,
    "percent": (0.0, 100.0),
    "points 0..100": (0.0, 100.0),
    "points -100..100": (-100.0, 100.0),
    "points": FREE,
    "score 1..7": (1.0, 7.0),
    "EUR": FREE,
    "EUR a year": FREE,
    "sigma": FREE,
}
"""Every other unit counts or measures something: from 0 on."""

OF_COMPONENT: Final[dict[tuple[str, str], Bounds]] = {
    # Ratios that can pass 1: what is divided is no part of what it is divided by.
    ("resource_utilisation", ""): FROM_ZERO,
    ("voluntary_turnover_rate", "total"): FROM_ZERO,
    ("voluntary_turnover_rate", "regretted"): FROM_ZERO,
    # Quotients of amounts, which can be negative as well.
    ("cost_performance_index", ""): FREE,
    ("cost_performance_index", "schedule_performance_index"): FREE,
    ("cost_performance_index", "to_complete_index"): FREE,
    ("schedule_performance_index_time", ""): FREE,
    ("outcome_attainment", "attainment_to_plan"): FREE,
    ("benefits_realisation_ratio", ""): FREE,
    ("benefits_realisation_ratio", "validated_share"): FREE,
    ("value_standard_attainment", "value_yield"): FREE,
    ("customer_minutes_lost", "recurring_revenue_hit_share"): FREE,
    ("net_revenue_retention", ""): FROM_ZERO,
    ("net_revenue_retention", "expansion_share"): FROM_ZERO,
    ("recurring_revenue", "quick_ratio"): FREE,
    ("revenue_growth", ""): FREE,
    ("gross_margin", ""): FREE,
    ("gross_margin", "cogs_ratio"): FREE,
    ("operating_margin", ""): FREE,
    ("return_on_investment", ""): FREE,
    ("return_on_investment", "internal_rate_of_return"): (-1.0, None),
    # Early is negative.
    ("milestones_on_time_rate", "slippage_days_median"): FREE,
    ("idea_implementation_rate", "days_to_implement_median"): FREE,
    ("net_promoter_score", "margin_of_error"): (0.0, 196.0),
    ("project_contribution", "attained_points"): (-100.0, 100.0),
}


def natural_bounds(metric: str, component: str) -> Bounds:
    """Natural bounds of a component's values; of the index and its factors 0 and 100, of its coverage 0 and 1."""
    if metric == INDEX:
        return SHARE if component.startswith("coverage_") else (0.0, 100.0)
    if (metric, component) in OF_COMPONENT:
        return OF_COMPONENT[metric, component]
    return OF_UNIT.get(metrics()[metric].component(component).unit, FROM_ZERO)
