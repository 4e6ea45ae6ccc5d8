"""What moved the index between two periods, from values already read: no query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboards.selectors.measured import Readings
from metrics.formulas.index import FACTORS, customer_success_index, index_band, index_change
from metrics.index import index_entries, index_metrics, listed_for
from metrics.periods import Period

SEED = 20260101


@dataclass(frozen=True, slots=True)
class Moved:
    """Points of the index by factor and by metric; they add up to the change."""

    total: float
    factors: dict[str, float]
    metrics: dict[str, float]
    floor: dict[str, float]


def index_moved(found: Readings, kind: str, code: str, period: Period, against: Period) -> Moved | None:
    """The decomposition, or None when one of the two periods has no index. The headlines must have been read."""
    entries = index_entries()
    arrays = index_metrics(entries)
    listed = listed_for(entries, kind)
    value = np.array([[_number(found.value(kind, code, e.key, "", p)) for e in entries] for p in (against, period)])
    made = customer_success_index(arrays, value, listed)
    if np.isnan(made.index).any():
        return None
    from_index = type(made)(made.score[:1], made.weight[:1], made.coverage[:1], made.factor[:1], made.index[:1])
    to_index = type(made)(made.score[1:], made.weight[1:], made.coverage[1:], made.factor[1:], made.index[1:])
    moved = index_change(arrays, from_index, to_index)
    return Moved(
        float(moved.total[0]),
        {factor: float(moved.factor[0, i]) for i, factor in enumerate(FACTORS)},
        {e.key: float(moved.metric[0, i]) for i, e in enumerate(entries) if not np.isnan(moved.metric[0, i])},
        {factor: float(moved.floor[0, i]) for i, factor in enumerate(FACTORS)},
    )


def index_range(found: Readings, kind: str, code: str, period: Period) -> tuple[float, float] | None:
    """5th and 95th percentile of the index over 1,000 draws of its weights; None without an index."""
    entries = index_entries()
    arrays = index_metrics(entries)
    value = np.array([[_number(found.value(kind, code, e.key, "", period)) for e in entries]])
    made = customer_success_index(arrays, value, listed_for(entries, kind))
    if np.isnan(made.index[0]):
        return None
    low, high = index_band(arrays, made, SEED)
    return float(low[0]), float(high[0])


def _number(value: float | None) -> float:
    return np.nan if value is None else value
