"""Unions of half-open intervals [start, end) in many groups at once, and cuts of them.

Times are whole numbers of any one unit (the engine uses microseconds) or floats. Empty intervals are dropped and
touching ones join. Everything is sorting and running maxima: no loop over groups or intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.segments import Floats, Ints

Times = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Spans:
    """Intervals that do not overlap inside their group, sorted by group and start."""

    group: Ints
    start: Times
    end: Times
    weight: Floats
    """Highest weight of the intervals that cover the span, 1 where none was given."""
    source: Ints
    """Place of the span that this one was cut from; its own place where nothing was cut."""

    def length(self) -> Floats:
        """Length of each span times its weight, in the unit of the times."""
        return (self.end - self.start) * self.weight


def union(group: ArrayLike, start: ArrayLike, end: ArrayLike) -> Spans:
    """Maximal spans covered by the intervals of each group.

    Example: [1, 4), [3, 6) and [6, 7) of one group are one span [1, 7); [2, 2) is none.
    """
    owner, begins, ends, _ = _proper(group, start, end)
    order = np.lexsort((begins, owner))
    owner, begins, ends = owner[order], begins[order], ends[order]
    covered = _running_maximum(owner, ends)
    opens = np.ones(owner.size, dtype=bool)
    opens[1:] = (owner[1:] != owner[:-1]) | (begins[1:] > covered[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], owner.size) - 1 if first.size else first
    return _spans(owner[first], begins[first], covered[last], np.ones(first.size))


def union_with_weight(group: ArrayLike, start: ArrayLike, end: ArrayLike, weight: ArrayLike) -> Spans:
    """Disjoint spans of each group with the highest weight of the intervals that cover them at each instant.

    Neighbouring spans of equal weight are one. Each interval covers a run of elementary spans, which two blocks of
    a power of two in length cover as well; the highest weight per block is pushed down to single spans, so the cost
    is n log n whatever overlaps.
    Example: [0, 10) at 0.5 and [4, 6) at 1 give [0, 4) 0.5, [4, 6) 1 and [6, 10) 0.5.
    """
    owner, begins, ends, kept = _proper(group, start, end)
    heavy = np.asarray(weight, dtype=np.float64)[kept]
    if not owner.size:
        return _spans(owner, begins, ends, heavy)
    point_group, point_time, place = _points(np.concatenate((owner, owner)), np.concatenate((begins, ends)))
    first, beyond = place[: owner.size], place[owner.size :]
    highest = _cover_with_maximum(first, beyond, heavy, point_time.size)
    covered = np.flatnonzero(highest > -np.inf)
    return _joined(point_group[covered], point_time[covered], point_time[covered + 1], highest[covered])


def cut(spans: Spans, borders: ArrayLike) -> tuple[Spans, Ints]:
    """Spans cut at ascending borders, and for each piece the number of the period [border, next border) it lies in.

    What lies before the first or after the last border is dropped; `source` leads back to the span.
    Example: [5, 25) with borders 0, 10, 20, 30 gives [5, 10), [10, 20), [20, 25) in periods 0, 1, 2.
    """
    edges = np.asarray(borders)
    low, high = edges[0], edges[-1]
    inside = np.flatnonzero((spans.end > low) & (spans.start < high))
    first = np.searchsorted(edges, np.maximum(spans.start[inside], low), side="right") - 1
    last = np.searchsorted(edges, np.minimum(spans.end[inside], high), side="left") - 1
    source, period = _repeated(inside, first, last - first + 1)
    return (
        Spans(
            group=spans.group[source],
            start=np.maximum(spans.start[source], edges[period]),
            end=np.minimum(spans.end[source], edges[period + 1]),
            weight=spans.weight[source],
            source=source,
        ),
        period,
    )


def intersect(spans: Spans, within: Spans) -> Spans:
    """Parts of the spans that lie inside those of `within` of the same group; weights and source are those of spans.

    Both must be disjoint inside their groups, as union gives them.
    Example: [0, 10) within [2, 4) and [6, 12) is [2, 4) and [6, 10).
    """
    if not spans.group.size or not within.group.size:
        return _taken(spans, np.zeros(0, dtype=np.int64))
    groups = np.concatenate((spans.group, spans.group, within.group, within.group))
    times = np.concatenate((spans.start, spans.end, within.start, within.end))
    rank = _points(groups, times)[2]
    start, end, opens, closes = np.split(rank, np.cumsum([spans.group.size, spans.group.size, within.group.size]))
    first = np.searchsorted(closes, start, side="right")
    beyond = np.searchsorted(opens, end, side="left")
    source, window = _repeated(np.arange(spans.group.size), first, np.maximum(beyond - first, 0))
    return Spans(
        group=spans.group[source],
        start=np.maximum(spans.start[source], within.start[window]),
        end=np.minimum(spans.end[source], within.end[window]),
        weight=spans.weight[source],
        source=source,
    )


def _proper(group: ArrayLike, start: ArrayLike, end: ArrayLike) -> tuple[Ints, Times, Times, Ints]:
    """The intervals that are not empty, and their places."""
    owner, begins, ends = np.asarray(group), np.asarray(start), np.asarray(end)
    kept = np.flatnonzero(ends > begins)
    return owner[kept].astype(np.int64), begins[kept], ends[kept], kept


def _spans(group: Ints, start: Times, end: Times, weight: Floats) -> Spans:
    return Spans(group=group, start=start, end=end, weight=weight, source=np.arange(group.size))


def _taken(spans: Spans, places: Ints) -> Spans:
    return Spans(spans.group[places], spans.start[places], spans.end[places], spans.weight[places], places)


def _points(group: Ints, time: Times) -> tuple[Ints, Times, Ints]:
    """Distinct (group, time) in order, and the place of each given one among them."""
    order = np.lexsort((time, group))
    where, when = group[order], time[order]
    fresh = np.ones(order.size, dtype=bool)
    fresh[1:] = (where[1:] != where[:-1]) | (when[1:] != when[:-1])
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(fresh) - 1
    return where[fresh], when[fresh], place


def _running_maximum(owner: Ints, value: Times) -> Times:
    """Running maximum inside each group of arrays sorted by group."""
    distinct, rank = np.unique(value, return_inverse=True)
    shifted = np.maximum.accumulate(owner * np.int64(distinct.size) + rank)
    return distinct[shifted - owner * np.int64(distinct.size)] if owner.size else value


def _cover_with_maximum(first: Ints, beyond: Ints, weight: Floats, size: int) -> Floats:
    """Highest weight over each of `size` places, item i covering places first[i] .. beyond[i] - 1; -inf for none."""
    level = np.frexp((beyond - first).astype(np.float64))[1].astype(np.int64) - 1
    highest = np.full(size, -np.inf)
    for block in range(int(level.max()), -1, -1):
        items = level == block
        np.maximum.at(highest, first[items], weight[items])
        np.maximum.at(highest, beyond[items] - (1 << block), weight[items])
        if block:
            half = 1 << (block - 1)
            pushed = highest.copy()
            np.maximum(pushed[half:], highest[:-half], out=pushed[half:])
            highest = pushed
    return highest


def _joined(group: Ints, start: Times, end: Times, weight: Floats) -> Spans:
    """Spans in order with touching ones of equal weight made one."""
    opens = np.ones(group.size, dtype=bool)
    opens[1:] = (group[1:] != group[:-1]) | (start[1:] != end[:-1]) | (weight[1:] != weight[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], group.size) - 1
    return _spans(group[first], start[first], end[last], weight[first])


def _repeated(item: Ints, first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Each item once for each of the places first .. first + count - 1, and those places."""
    repeated = np.repeat(item, count)
    offset = np.arange(repeated.size) - np.repeat(np.cumsum(count) - count, count)
    return repeated, np.repeat(first, count) + offset
