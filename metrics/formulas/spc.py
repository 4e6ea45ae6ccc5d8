"""Process behaviour charts: limits and signals of one series of values (XmR)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.segments import Bools, Floats

VALUE_FACTOR: Final = 2.66
RANGE_FACTOR: Final = 3.267
BASELINE: Final = 12
FEWEST: Final = 6
RUN: Final = 8
_SLACK: Final = 1e-9
"""A value this near to a line, relative to it, lies on the line."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Lines of a chart, in the unit of the values."""

    centre: float
    mean_range: float
    low: float
    high: float
    range_limit: float


class Signal(StrEnum):
    """Why a value stands out; the value at which it becomes known carries it."""

    OUTSIDE = "outside"
    RUN_OF_EIGHT = "run_of_eight"
    THREE_OF_FOUR = "three_of_four"


@dataclass(frozen=True, slots=True)
class Chart:
    """Limits, none below 6 values, and the signals of each value in the order of the series."""

    limits: Limits | None
    provisional: bool
    """From 6 to 11 values: the limits still move with each new one."""
    signals: tuple[frozenset[Signal], ...]


def xmr_chart(value: ArrayLike, lowest: float | None = None, highest: float | None = None) -> Chart:
    """Chart of the values of consecutive periods, limits from the first 12.

    `lowest` and `highest` are the natural bounds of the unit (0 and 1 of a ratio that cannot pass them): limits
    are cut there, also for the signals. Periods without a value are not in the series.
    Source: Wheeler and Chambers 1992, Understanding Statistical Process Control.
    Example: 10, 50, 40, 30 have centre 32.5 and mean range 20; as four values they show no limits yet.
    """
    series = np.asarray(value, dtype=np.float64)
    if series.size < FEWEST:
        return Chart(limits=None, provisional=False, signals=(frozenset(),) * series.size)
    limits = xmr_limits(series[:BASELINE], lowest, highest)
    found = signals(series, limits)
    return Chart(
        limits=limits,
        provisional=series.size < BASELINE,
        signals=tuple(frozenset(kind for kind, at in found.items() if at[place]) for place in range(series.size)),
    )


@dataclass(frozen=True, slots=True)
class Charts:
    """Many charts at once: lines per series (NaN below 6 values), signals per series and place."""

    centre: Floats
    low: Floats
    high: Floats
    count: NDArray[np.int64]
    """Values of each series; the limits of fewer than 12 are provisional."""
    signals: dict[Signal, Bools]


def xmr_charts(value: Floats, count: NDArray[np.int64], lowest: Floats, highest: Floats) -> Charts:
    """Charts of many series: row by row the first `count` values of `value`, as xmr_chart makes them one by one.

    `lowest` and `highest` are each series' natural bounds, infinite where there is none. Cost: a few milliseconds
    for a thousand series.
    """
    rows, width = value.shape
    column = np.arange(width)
    there = column < count[:, None]
    baseline = there & (column < BASELINE)
    known = np.where(there, value, 0.0)
    counted = np.maximum(baseline.sum(axis=1), 1)
    centre = np.where(baseline, known, 0.0).sum(axis=1) / counted
    ranges = np.where(baseline[:, 1:], np.abs(np.diff(known, axis=1)), 0.0).sum(axis=1)
    mean_range = ranges / np.maximum(counted - 1, 1)
    enough = count >= FEWEST
    low = np.maximum(centre - VALUE_FACTOR * mean_range, lowest)
    high = np.minimum(centre + VALUE_FACTOR * mean_range, highest)
    slack = (_SLACK * np.maximum(np.abs(centre), np.maximum(np.abs(low), np.abs(high))))[:, None]
    away = known - centre[:, None]
    side = np.where(np.abs(away) <= slack, 0, np.sign(away))
    run, near = np.zeros((rows, width), dtype=bool), np.zeros((rows, width), dtype=bool)
    for direction, limit in ((1, high), (-1, low)):
        here = (side == direction) & there
        run |= _counts_of_last(here, RUN) == RUN
        nearer = here & (np.abs(known - limit[:, None]) + slack < np.abs(away))
        near |= nearer & (_counts_of_last(nearer, 4) >= 3)
    outside = there & ((known > high[:, None] + slack) | (known < low[:, None] - slack))
    found = {Signal.OUTSIDE: outside, Signal.RUN_OF_EIGHT: run, Signal.THREE_OF_FOUR: near}
    blank = np.where(enough, 0.0, np.nan)
    return Charts(
        centre=centre + blank,
        low=low + blank,
        high=high + blank,
        count=count,
        signals={kind: where & enough[:, None] for kind, where in found.items()},
    )


def _counts_of_last(true: Bools, width: int) -> NDArray[np.int64]:
    """How many of the last `width` places of each row are true, fewer places at the start."""
    counted: NDArray[np.int64] = np.zeros((len(true), true.shape[1] + 1), dtype=np.int64)
    np.cumsum(true, axis=1, out=counted[:, 1:])
    place = np.arange(1, counted.shape[1])
    last: NDArray[np.int64] = counted[:, place] - counted[:, np.maximum(place - width, 0)]
    return last


def xmr_limits(baseline: ArrayLike, lowest: float | None = None, highest: float | None = None) -> Limits:
    """Limits from all the values given: their mean +/- 2.66 mean moving ranges. Example: above, -20.7 and 85.7."""
    series = np.asarray(baseline, dtype=np.float64)
    return limits_around(float(series.mean()), float(moving_ranges(series).mean()), lowest, highest)


def limits_around(
    centre: float, mean_range: float, lowest: float | None = None, highest: float | None = None
) -> Limits:
    """Limits from a centre and a mean moving range, cut at the natural bounds."""
    low, high = centre - VALUE_FACTOR * mean_range, centre + VALUE_FACTOR * mean_range
    return Limits(
        centre=centre,
        mean_range=mean_range,
        low=low if lowest is None else max(low, lowest),
        high=high if highest is None else min(high, highest),
        range_limit=RANGE_FACTOR * mean_range,
    )


def moving_ranges(value: ArrayLike) -> Floats:
    """Absolute differences of neighbours, one fewer than there are values."""
    return np.abs(np.diff(np.asarray(value, dtype=np.float64)))


def signals(value: ArrayLike, limits: Limits) -> dict[Signal, Bools]:
    """Where each signal shows: a value outside the limits; the eighth and every later value in a row on one side of
    the centre (one on the centre breaks the row); a value that, with at least two of the three before it, lies
    nearer to the same limit than to the centre.
    """
    series = np.asarray(value, dtype=np.float64)
    slack = _SLACK * max(abs(limits.centre), abs(limits.low), abs(limits.high))
    away = series - limits.centre
    side = np.where(np.abs(away) <= slack, 0, np.sign(away)).astype(np.int64)
    outside = (series > limits.high + slack) | (series < limits.low - slack)
    run, near = np.zeros(series.size, dtype=bool), np.zeros(series.size, dtype=bool)
    for direction, limit in ((1, limits.high), (-1, limits.low)):
        here = side == direction
        run |= _count_of_last(here, RUN) == RUN
        nearer = here & (np.abs(series - limit) + slack < np.abs(away))
        near |= nearer & (_count_of_last(nearer, 4) >= 3)
    return {Signal.OUTSIDE: outside, Signal.RUN_OF_EIGHT: run, Signal.THREE_OF_FOUR: near}


def _count_of_last(true: Bools, width: int) -> NDArray[np.int64]:
    """How many of the last `width` places are true, fewer places at the start."""
    counted = np.concatenate(([0], np.cumsum(true)))
    place = np.arange(1, counted.size)
    return np.asarray(counted[place] - counted[np.maximum(place - width, 0)], dtype=np.int64)
