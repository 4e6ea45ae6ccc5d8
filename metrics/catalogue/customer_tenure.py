"""Formula of customer tenure (longevity.yaml)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.catalogue.revenue import recurring_revenue
from metrics.frame import Frame
from metrics.owners import own_rows
from metrics.parts import Part, Sum, ratio
from metrics.registry import formula

MEAN_YEAR_DAYS = 365.25


@formula("customer_tenure", feeds=("customers", "revenue_events", "fx_rates"))
def customer_tenure(f: Frame) -> Iterator[Part]:
    """Mean years as a customer, of customers with recurring revenue at T; also weighted by that revenue.

    Left out: customers without a first day. A missing rate hides the revenue of its customer, so every scope with
    that customer is undefined. Source: relationship length.
    Example: A since 1461 days (4 years) with 300 a year, B since 2922 days (8 years) with 100: mean 6, weighted 5.
    """
    rows, cut = own_rows(f, "customers", "customer"), f.grain.cut
    revenue = recurring_revenue(f)
    acquired = rows.acquired_on[:, None] < cut[None, :]
    unknown = revenue.missing > 0
    at, period = np.nonzero(acquired & (revenue.amount > 0))
    years = (cut[period] - rows.acquired_on[at]) / MEAN_YEAR_DAYS
    weight = revenue.amount[at, period]
    ones = np.ones(len(at))
    n = Sum(rows, ones, period, at)
    hidden, when = np.nonzero(unknown)
    missing = Sum(rows, np.ones(len(hidden)), when, hidden)
    some, then = np.nonzero(acquired & ((revenue.amount > 0) | unknown))
    has_data = Sum(rows, np.ones(len(some)), then, some)
    yield ratio("", Sum(rows, years, period, at), n, has_data=has_data, missing=missing)
    yield ratio(
        "revenue_weighted",
        Sum(rows, years * weight, period, at),
        Sum(rows, weight, period, at),
        n=n,
        has_data=has_data,
        missing=missing,
    )
