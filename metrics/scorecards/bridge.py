"""Which factor moved the index, between any two sets of headline values, and how firm the index is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from metrics.formulas.index import FACTORS, Index, customer_success_index, index_band, index_change
from metrics.index import index_entries, index_metrics, listed_for
from metrics.scorecards.content import Bridge

SEED = 20260101
Inputs = Mapping[str, float | None]


def _values(inputs: Inputs) -> NDArray[np.float64]:
    found = [inputs.get(entry.key) for entry in index_entries()]
    return np.array([[np.nan if value is None else value for value in found]])


def _index(inputs: Inputs, kind: str) -> Index:
    entries = index_entries()
    return customer_success_index(index_metrics(entries), _values(inputs), listed_for(entries, kind))


def index_bridge(before: Inputs, after: Inputs, kind: str) -> Bridge | None:
    """Points by factor; None when one side has no index."""
    first, last = _index(before, kind), _index(after, kind)
    if np.isnan(first.index[0]) or np.isnan(last.index[0]):
        return None
    moved = index_change(index_metrics(index_entries()), first, last)
    points = {factor: float(moved.factor[0, place]) for place, factor in enumerate(FACTORS)}
    return Bridge(float(first.index[0]), float(last.index[0]), points)


def index_limits(inputs: Inputs, kind: str) -> tuple[float | None, float | None]:
    """5th and 95th percentile of the index over other ways to weigh it; blank without an index."""
    made = _index(inputs, kind)
    if np.isnan(made.index[0]):
        return None, None
    low, high = index_band(index_metrics(index_entries()), made, SEED)
    return float(low[0]), float(high[0])
