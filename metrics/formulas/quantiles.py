"""Percentiles of many groups at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.segments import Floats, Ints, sorted_by_group, starts_of


def grouped_quantile(group: ArrayLike, value: ArrayLike, q: float, groups: int) -> tuple[Floats, Ints]:
    """Quantile `q` of the values of each group, NaN where a group is empty, and the items per group.

    Linear interpolation between closest ranks, at rank 1 + q (n - 1); items of a negative group are left out.
    Source: type 7 of Hyndman and Fan 1996, Sample Quantiles in Statistical Packages.
    Example: 1, 2, 3, 10 at q 0.85 has rank 3.55, so 3 + 0.55 x 7 = 6.85.
    """
    found, counts = grouped_quantiles(group, value, (q,), groups)
    return found[0], counts


def grouped_quantiles(group: ArrayLike, value: ArrayLike, qs: tuple[float, ...], groups: int) -> tuple[Floats, Ints]:
    """The same for several quantiles from one sort: one row per quantile, one column per group."""
    _, _, ordered, counts = sorted_by_group(group, value, groups)
    return sorted_quantiles(ordered, counts, qs), counts


def sorted_quantiles(ordered: NDArray[Any], counts: Ints, qs: tuple[float, ...]) -> Floats:
    """The same of values that stand group after group, in order inside each: one row per quantile."""
    if not all(0.0 <= q <= 1.0 for q in qs):
        raise ValueError("a quantile lies between 0 and 1")
    found = np.full((len(qs), counts.size), np.nan)
    filled = np.flatnonzero(counts)
    starts, last = starts_of(counts)[filled], counts[filled] - 1
    for row, q in zip(found, qs, strict=True):
        rank = q * last
        below = np.floor(rank).astype(np.int64)
        low = ordered[starts + below].astype(np.float64)
        high = ordered[starts + np.minimum(below + 1, last)].astype(np.float64)
        row[filled] = low + (rank - below) * (high - low)
    return found
