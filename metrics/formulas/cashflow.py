"""Discounted cash flow of many projects: present value, rate of return and payback at the end of every month.

Rows are projects, columns consecutive months; `first` is the column of a project's first month with a cost or
realised row (also of amount 0). What lies before it is NaN.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.polynomials import largest_root
from metrics.formulas.segments import Bools, Floats, Ints

ANNUAL_RATE: Final = 0.08
LOWEST_MONTHLY_RATE: Final = -0.9
_SLACK: Final = 1e-12
"""A sum of flows this small against the sum of their sizes is 0."""
_CELLS_AT_ONCE: Final = 1 << 17


def net_present_value(flow: ArrayLike, first: ArrayLike, annual_rate: float = ANNUAL_RATE) -> Floats:
    """Net present value to date, discounted by (1 + annual rate)^(k / 12), k = 0 in the first month.

    Source: discounted cash flow. Example: -1000 then 1100 a year later at 8 %: -1000 + 1100 / 1.08 = 18.52.
    """
    flows, begins = np.asarray(flow, dtype=np.float64), np.asarray(first, dtype=np.int64)
    age = np.arange(flows.shape[1]) - begins[:, None]
    value = np.cumsum(flows * (1.0 + annual_rate) ** (-np.maximum(age, 0) / 12.0), axis=1)
    return np.where(age >= 0, value, np.nan)


def payback_months(flow: ArrayLike, first: ArrayLike) -> Floats:
    """First month to date whose cumulative flow is 0 or more, counted 1, 2, ... from the first; NaN while not reached.

    The first month itself is never the answer: nothing was put in before it.
    Example: -500, 300, 200, 150: the cumulative flow is 0 in month 3.
    """
    flows, begins = np.asarray(flow, dtype=np.float64), np.asarray(first, dtype=np.int64)
    month = np.arange(flows.shape[1]) - begins[:, None] + 1
    cumulative = np.cumsum(flows, axis=1)
    paid = (cumulative >= -_SLACK * np.cumsum(np.abs(flows), axis=1)) & (month > 1)
    reached = np.logical_or.accumulate(paid, axis=1)
    return np.where(reached, np.take_along_axis(month, np.argmax(paid, axis=1)[:, None], axis=1), np.nan)


def internal_rate_of_return(flow: ArrayLike) -> Floats:
    """Internal rate of return a year of each row of monthly flows; NaN where there is no monthly rate (no_sign_change).

    (1 + r)^12 - 1, r the real monthly root nearest 0 among those above -0.9.
    Source: discounted cash flow. Example: -100, 60, 60 has r = 0.130662, 336.6 % a year.
    """
    return annual(monthly_rate_of_return(flow))


def monthly_rate_of_return(flow: ArrayLike) -> Floats:
    """Rate per period of each row of flows: the real root nearest 0 above -0.9, NaN where there is none."""
    flows = np.atleast_2d(np.asarray(flow, dtype=np.float64))
    rows = np.flatnonzero((flows != 0).any(axis=1))
    found = np.full(flows.shape[0], np.nan)
    last = flows.shape[1] - 1 - np.argmax(flows[rows, ::-1] != 0, axis=1)
    found[rows] = _rates(flows, rows, last)
    return found


def monthly_rate_to_date(flow: ArrayLike) -> Floats:
    """The same for the flows up to the end of each month: one row per project, one column per end month."""
    flows = np.asarray(flow, dtype=np.float64)
    moving = flows != 0
    rows, ends = np.nonzero(moving)
    found = np.full(flows.shape, np.nan)
    found[rows, ends] = _rates(flows, rows, ends)
    column = np.maximum.accumulate(np.where(moving, np.arange(flows.shape[1]), 0), axis=1)
    return np.take_along_axis(found, column, axis=1)  # a month without flows leaves the rate as it was


def annual(monthly: Floats) -> Floats:
    """Rate a year of a rate a month. Example: 0.01 a month is 0.126825 a year."""
    yearly: Floats = (1.0 + monthly) ** 12 - 1.0
    return yearly


def _rates(flow: Floats, row: Ints, end: Ints) -> Floats:
    """Monthly rate of the flows of each given row up to each given end, where the last flow is not 0."""
    found = np.empty(row.size)
    first = np.argmax(flow != 0, axis=1)
    step = max(1, _CELLS_AT_ONCE // max(1, flow.shape[1]))
    for start in range(0, row.size, step):
        some = slice(start, start + step)
        found[some] = _rates_of_block(flow, row[some], first[row[some]], end[some])
    return found


def _rates_of_block(flow: Floats, row: Ints, first: Ints, end: Ints) -> Floats:
    """Rates by two searches outwards from 0: upwards in x = 1 / (1 + r), downwards in z = 1 + r.

    In x the flows are the coefficients in the order of the months, in z in reverse; in both the wanted root is the
    largest below 1, and the second search goes no further than the first found.
    """
    place = np.arange(int((end - first).max()) + 1)[:, None]
    within = place <= end - first
    forward = np.where(within, flow[row, np.minimum(first + place, end)], 0.0)
    backward = np.where(within, flow[row, np.maximum(end - place, first)], 0.0)
    total, size = forward.sum(axis=0), np.abs(forward).sum(axis=0)
    nothing = np.abs(total) <= _SLACK * size
    rate = np.full(row.size, np.inf)
    rate[nothing] = np.where(_both_signs(forward[:, nothing]), 0.0, np.inf)
    open_ = np.flatnonzero(~nothing)
    above = 1.0 / largest_root(forward[:, open_], np.zeros(open_.size)) - 1.0
    rate[open_] = np.where(np.isnan(above), np.inf, above)
    below = largest_root(backward[:, open_], np.maximum(1.0 + LOWEST_MONTHLY_RATE, 1.0 - rate[open_])) - 1.0
    # A rate of exactly -0.9 (1 back of 10) is not above it, whatever rounding makes of it.
    rate[open_] = np.where(below > LOWEST_MONTHLY_RATE + _SLACK, below, rate[open_])
    return np.where(np.isinf(rate), np.nan, rate)


def _both_signs(flow: Floats) -> Bools:
    return np.asarray((flow > 0).any(axis=0) & (flow < 0).any(axis=0))
