"""Annual recurring revenue of each customer, as several metrics need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.columns import Floats
from metrics.frame import Frame

_REMAINDER = 1e-12


@dataclass(frozen=True)
class Recurring:
    """Arrays of shape (customers, periods): revenue at T, and events before T whose rate is missing."""

    amount: Floats
    missing: Floats


def recurring_revenue(f: Frame) -> Recurring:
    """Sum of delta_arr before T for each customer, each event at the rate of its month.

    What is left of amounts that cancel (a customer who left) is exactly 0, not a remainder of floats.
    """
    rows = f.table("revenue_events")
    period = f.since(rows.effective_on)
    shape = (len(f.table("customers")), f.count)
    money = f.in_base(rows.delta_arr, rows.currency, rows.effective_on)
    known = ~np.isnan(money)
    dated = period >= 0
    cell = rows.customer.astype(np.int64) * shape[1] + period

    def to_date(weight: Floats) -> Floats:
        grid = np.bincount(cell[dated], weights=weight[dated], minlength=shape[0] * shape[1])
        return np.cumsum(grid.reshape(shape), axis=1)

    amount = to_date(np.where(known, money, 0.0))
    moved = to_date(np.where(known, np.abs(money), 0.0))
    return Recurring(np.where(np.abs(amount) <= _REMAINDER * moved, 0.0, amount), to_date(~known * 1.0))
