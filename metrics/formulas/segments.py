"""Arithmetic on many groups at once: sorting, counting and running products inside the groups of one flat array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DIGIT_BITS = 16


def stable_by_group(group: NDArray[Any], order: NDArray[Any], groups: int) -> NDArray[np.intp]:
    """Positions in `order`, regrouped by `group` and otherwise kept in that order.

    A radix sort by 16 bits at a time, which numpy does in linear time: about three times
    as fast as lexsort over millions of items.
    """
    shift = 0
    while True:
        digit = (group >> shift).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
        shift += _DIGIT_BITS
        if (groups - 1) >> shift <= 0:
            return order


def sorted_by_group(
    group: ArrayLike, value: ArrayLike, groups: int
) -> tuple[NDArray[np.intp], NDArray[Any], NDArray[Any], Ints]:
    """Positions, groups and values in the order of group, then value, and the number of items per group.

    Items whose group is negative belong to no group and are left out; a group of `groups` or above raises.
    """
    where, what = np.asarray(group), np.asarray(value)
    if not where.size:
        where = where.astype(np.int64)  # an empty list comes as floats
    if where.shape != what.shape or where.ndim != 1:
        raise ValueError("group and value must be flat arrays of one length")
    kept: NDArray[np.intp] | None = None
    if where.size and int(where.min()) < 0:
        kept = np.flatnonzero(where >= 0)
        where, what = where[kept], what[kept]
    if where.size and int(where.max()) >= groups:
        raise ValueError(f"group {int(where.max())} is outside 0..{groups - 1}")
    order = stable_by_group(where, np.argsort(what), groups)
    counts = np.bincount(where, minlength=groups).astype(np.int64)
    positions = order if kept is None else kept[order]
    return positions, where[order], what[order], counts


def starts_of(counts: Ints) -> Ints:
    """First position of each group in an array sorted by group."""
    starts = np.zeros(counts.size, dtype=np.int64)
    np.cumsum(counts[:-1], out=starts[1:])
    return starts


def sums_by(group: NDArray[Any], value: NDArray[Any], groups: int) -> Floats:
    """Sum of the values of each group, 0 where a group is empty."""
    return np.asarray(np.bincount(group, weights=value, minlength=groups), dtype=np.float64)


def running_product(factor: Floats, starts: Ints, counts: Ints) -> Floats:
    """Running product inside each group of a flat array sorted by group.

    Products are taken in a doubling tree: log2 of the largest group passes, an error of that many roundings
    (a sum of logarithms would lose nine digits over a million items), and a factor of zero gives exactly zero.
    """
    product = factor.astype(np.float64, copy=True)
    if not product.size:
        return product
    place = np.arange(product.size) - np.repeat(starts, counts)
    step, live = 1, np.flatnonzero(place >= 1)
    while live.size:
        product[live] *= product[live - step].copy()
        step *= 2
        live = live[place[live] >= step]
    return product
