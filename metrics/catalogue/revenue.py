"""Annual recurring revenue of each customer, as metrics of other families need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.columns import Floats
from metrics.frame import Frame
from metrics.owners import money_to_date, to_date


@dataclass(frozen=True)
class Recurring:
    """Arrays of shape (customers, periods): revenue at T, and the number of events before T without a rate."""

    amount: Floats
    missing: Floats


def recurring_revenue(f: Frame) -> Recurring:
    """Sum of delta_arr before T for each customer, each event at the rate of its month.

    What is left of amounts that cancel (a customer who left) is exactly 0, not a remainder of floats.
    """
    rows = f.table("revenue_events")
    since, customers = f.since(rows.effective_on), len(f.table("customers"))
    money = f.in_base(rows.delta_arr, rows.currency, rows.effective_on)
    known = ~np.isnan(money)
    money = np.where(known, money, 0.0)
    amount = money_to_date(rows.customer, since, money, customers, f.count)
    return Recurring(amount, to_date(rows.customer, since, ~known, customers, f.count))
