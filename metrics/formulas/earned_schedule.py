"""Earned schedule of many projects at the end of every month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Floats, Ints

_SLACK = 1e-12
"""Sums of the same amounts in another order count as equal within this share of the plan."""


@dataclass(frozen=True, slots=True)
class EarnedSchedule:
    """Per project and end month, in months; NaN where the project does not count."""

    earned: Floats
    """ES: the month of the plan at which what is earned by then was due."""
    actual: Floats
    """AT: calendar months from the first row to the last reported row, both counted."""


def earned_schedule(planned: ArrayLike, earned: ArrayLike, reported: ArrayLike, first: ArrayLike) -> EarnedSchedule:
    """ES and AT of each project at the end of each month; rows are projects, columns consecutive months.

    `planned` and `earned` are amounts per month (0 where there is none) in one currency per project, `reported`
    marks the months with both earned value and actual cost, `first` is the column of the project's first row. The
    columns must reach to the last planned month, else the plan looks complete too soon. A project without any plan
    (total 0) or not yet reported has NaN.
    ES = C + (EV - PV_C) / (PV_{C+1} - PV_C), C the most months with cumulative PV <= EV; once EV reaches the total
    PV, the first month in which PV reaches it.
    Source: Lipke 2003, Schedule is Different; ISO 21508. Example: PV 100 a month for five months, EV 250 after
    three: C = 2, ES = 2 + 50/100 = 2.5, AT = 3.
    """
    plan = np.asarray(planned, dtype=np.float64)
    seen, begins = np.asarray(reported, dtype=bool), np.asarray(first, dtype=np.int64)
    value = np.cumsum(np.where(seen, np.asarray(earned, dtype=np.float64), 0.0), axis=1)
    curve = np.concatenate((np.zeros((plan.shape[0], 1)), np.cumsum(plan, axis=1)), axis=1)
    total = curve[:, -1:]
    slack = _SLACK * np.abs(curve).max(axis=1, keepdims=True, initial=0.0)
    within = _months_within(curve, value, slack, begins)
    months = within + _part_of_next(curve, value, within)
    complete = np.maximum(np.argmax(curve[:, 1:] >= total - slack, axis=1), begins)[:, None] + 1
    months = np.where(value >= total - slack, complete, months) - begins[:, None]
    counted = np.logical_or.accumulate(seen, axis=1) & (np.abs(total) > slack)
    column = np.arange(plan.shape[1])
    last = np.maximum.accumulate(np.where(seen, column, -1), axis=1)
    return EarnedSchedule(
        earned=np.where(counted, months, np.nan),
        actual=np.where(counted, last - begins[:, None] + 1.0, np.nan),
    )


def _months_within(curve: Floats, value: Floats, slack: Floats, begins: Ints) -> Ints:
    """Most columns whose cumulative plan does not pass the value, none before the first row of the project."""
    found = np.repeat(begins[:, None], value.shape[1], axis=1)
    for months in range(1, curve.shape[1]):
        reached = (curve[:, months : months + 1] <= value + slack) & (months > begins)[:, None]
        found[reached] = months
    return found


def _part_of_next(curve: Floats, value: Floats, within: Ints) -> Floats:
    """Share of the month after `within` that the value reaches into."""
    after = np.minimum(within + 1, curve.shape[1] - 1)
    reached = np.take_along_axis(curve, within, axis=1)
    width = np.take_along_axis(curve, after, axis=1) - reached
    return np.divide(value - reached, width, out=np.zeros_like(value), where=width > 0)
