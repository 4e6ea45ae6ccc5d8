"""Whole numbers in sequence: distinct ones, joined keys, and which row of the same group comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.formulas.segments import Bools, Ints

_LARGEST = 2**62


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Distinct values in ascending order: np.unique by sorting, ten times as fast as its hash table on millions."""
    ordered = np.sort(values)
    fresh = np.ones(len(ordered), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return ordered[fresh]


def joined_key(columns: Sequence[NDArray[Any]]) -> Ints:
    """One whole number for each row, equal where all columns are equal.

    Columns hold whole numbers of any size; blanks are numbers like others.
    Example: (1, 5), (1, 5), (2, -1) -> the first two are equal, the third differs.
    """
    key = np.zeros(len(columns[0]), dtype=np.int64)
    span = 1
    for column in columns:
        low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
        width = high - low + 1
        if span * width > _LARGEST:
            key, span = _dense(key)
            column, width = _dense(column)
            low = 0
        key = key * width + (column.astype(np.int64) - low)
        span *= width
    return key


def _dense(values: NDArray[Any]) -> tuple[Ints, int]:
    distinct, place = np.unique(values, return_inverse=True)
    return place.astype(np.int64), max(len(distinct), 1)


def next_in_group(key: Ints, when: NDArray[Any], rank: NDArray[Any] | None = None) -> Ints:
    """For each row the position of the next one of its group in time, -1 for the last.

    Rows of one moment follow each other by `rank`, else in their own order. One sort, no loop over groups.
    Example: group 7 at days 3, 1, 2 -> the row of day 1 is followed by that of day 2, that by day 3.
    """
    order = np.lexsort((when, key) if rank is None else (rank, when, key))
    follower = np.full(len(key), -1, dtype=np.int64)
    same = key[order][1:] == key[order][:-1]
    follower[order[:-1][same]] = order[1:][same]
    return follower


def tied(key: Ints, when: NDArray[Any]) -> Bools:
    """Rows that share group and moment with another row."""
    order = np.lexsort((when, key))
    same = (key[order][1:] == key[order][:-1]) & (when[order][1:] == when[order][:-1])
    found = np.zeros(len(key), dtype=np.bool_)
    found[order[1:][same]] = True
    found[order[:-1][same]] = True
    return found
