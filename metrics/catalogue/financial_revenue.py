"""Formulas of the financial family about recurring revenue: kept, grown, renewed.

Entries: gross_revenue_retention, net_revenue_retention, recurring_revenue, renewal_rate, renewals_on_time_rate
(financial.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metrics.columns import Floats, Mask, Table, choice
from metrics.explained import RowsWeighed, Scaled, cut_share
from metrics.frame import Frame, Periods, Positions
from metrics.owners import OwnerSum, RowsToDate, money_to_date, own_rows, to_date
from metrics.parts import Outcome, Part, Sum, count, divide, is_zero, ratio, total, without_remainder
from metrics.registry import formula

EVENTS = "revenue_events"
RENEWAL_DAYS = 90


@dataclass(frozen=True)
class _Events:
    """Revenue events in base currency; a row whose rate is missing weighs 0 and is counted apart."""

    rows: Table
    amount: Floats
    no_rate: Mask
    before_start: Periods
    before_cut: Periods
    within: Periods


def _events(f: Frame) -> _Events:
    rows = f.table(EVENTS)
    amount = f.in_base(rows.delta_arr, rows.currency, rows.effective_on)
    no_rate = np.isnan(amount)
    days = rows.effective_on
    return _Events(
        rows, np.where(no_rate, 0.0, amount), no_rate, f.before_start(days), f.since(days), f.period_of(days)
    )


@dataclass(frozen=True)
class _Retention:
    """Recurring revenue of each customer at the start and at T, for customers that had some at the start.

    A customer with an event before the start whose rate is missing may have had some, so it is counted as missing.
    """

    customers: Table
    opening: Floats
    closing: Floats
    n: OwnerSum
    has_data: OwnerSum
    missing: OwnerSum
    at_start: RowsToDate
    events: _Events

    def rows_of(self, kept: Floats, of: Floats, since: Periods) -> RowsWeighed:
        """Events from `since` on, cut down (or left out) so that those of a customer add up to what was kept."""
        rows, share = self.events.rows, cut_share(kept, of)

        def weigh(at: Positions, period: Periods) -> Floats:
            return self.events.amount[at] * share[rows.customer[at], period]

        def shown(at: Positions, period: Periods, weight: Floats) -> Mask:
            return (since[at] >= 0) & (since[at] <= period)

        return RowsWeighed(rows, rows.customer, self.n.figures > 0, weigh, shown)

    def moved_rows(self, grown: Floats) -> RowsWeighed:
        """Events of the period, of customers that have grown in it."""
        rows, share = self.events.rows, cut_share(grown, self.closing - self.opening)

        def weigh(at: Positions, period: Periods) -> Floats:
            return self.events.amount[at] * share[rows.customer[at], period]

        def shown(at: Positions, period: Periods, weight: Floats) -> Mask:
            return (self.events.within[at] == period) & (weight != 0)

        return RowsWeighed(rows, rows.customer, self.n.figures > 0, weigh, shown)

    def over_opening(self, component: str, kept: Floats, behind: RowsWeighed) -> Part:
        return ratio(
            component,
            OwnerSum(self.customers, kept, (behind,)),
            OwnerSum(self.customers, self.opening, (self.at_start,)),
            n=self.n,
            has_data=self.has_data,
            missing=self.missing,
        )


def _retention(f: Frame) -> _Retention:
    made, customers = _events(f), own_rows(f, "customers", "customer")
    rows, size = made.rows, len(customers)

    def amounts(since: Periods) -> Floats:
        return money_to_date(rows.customer, since, made.amount, size, f.count)

    def without_rate(since: Periods) -> Floats:
        return to_date(rows.customer, since, made.no_rate, size, f.count)

    opening, closing = amounts(made.before_start), amounts(made.before_cut)
    unknown = without_rate(made.before_start) > 0
    there = unknown | (opening > 0)
    known = there & ~unknown
    every = np.ones(len(rows), dtype=np.bool_)
    return _Retention(
        customers,
        np.where(known, opening, 0.0),
        np.where(known, closing, 0.0),
        OwnerSum(customers, known),
        OwnerSum(customers, there),
        OwnerSum(customers, there & (without_rate(made.before_cut) > 0)),
        RowsToDate(rows, rows.customer, made.amount, made.before_start, known, every),
        made,
    )


@formula("gross_revenue_retention", feeds=(EVENTS, "customers", "fx_rates"))
def gross_revenue_retention(f: Frame) -> Iterator[Part]:
    """Recurring revenue kept of what customers had at the start, growth left out; not annualised.

    Source: SaaS metrics standards. Example: A 100 to 120, B 100 to 60, C new: (100 + 60) / 200 = 0.8.
    """
    made = _retention(f)
    kept = np.minimum(np.maximum(made.closing, 0.0), made.opening)
    yield made.over_opening("", kept, made.rows_of(kept, made.closing, made.events.before_cut))


@formula("net_revenue_retention", feeds=(EVENTS, "customers", "fx_rates"))
def net_revenue_retention(f: Frame) -> Iterator[Part]:
    """Recurring revenue at T over that at the start, of customers who had some at the start.

    Source: SaaS metrics standards. Example: A 100 to 120, B 100 to 60, C new: 180 / 200 = 0.9, expansion share 0.1.
    """
    made = _retention(f)
    kept = np.maximum(made.closing, 0.0)
    yield made.over_opening("", kept, made.rows_of(kept, made.closing, made.events.before_cut))
    grown = np.maximum(without_remainder(made.closing - made.opening, made.closing + made.opening), 0.0)
    yield made.over_opening("expansion_share", grown, made.moved_rows(grown))


@formula("recurring_revenue", feeds=(EVENTS, "customers", "fx_rates"))
def recurring_revenue(f: Frame) -> Iterator[Part]:
    """Annual recurring revenue at T, and what moved it in the period: opening + movements = closing, exactly.

    Each component needs the rates of its own rows only. Source: ARR bridge.
    Example: opening 100, new 50, churn -30: closing 120, net new 20, quick ratio 50 / 30.
    """
    made = _events(f)
    rows, ones = made.rows, np.ones(len(made.rows))
    n = Sum(rows, ones, made.before_cut, to_date=True)

    def amounts(where: Mask) -> tuple[Sum, Sum]:
        """The amounts of the period and the rows whose rate is missing."""
        return Sum(rows, made.amount * where, made.within, where=where), count(rows, made.no_rate & where, made.within)

    def state(component: str, since: Periods) -> Part:
        unknown = Sum(rows, made.no_rate, since, to_date=True)
        return total(component, Sum(rows, made.amount, since, to_date=True), n=n, missing=unknown)

    def movement(component: str, where: Mask) -> Part:
        amount, unknown = amounts(where)
        return total(component, amount, n=n, missing=unknown)

    kinds = {
        name: rows.kind == choice(EVENTS, "kind", name)
        for name in ("new", "expansion", "contraction", "churn", "reactivation")
    }
    yield state("", made.before_cut)
    yield state("opening", made.before_start)
    for name, where in kinds.items():
        yield movement(name, where)
    every = np.ones(len(rows), dtype=np.bool_)
    yield movement("net_new", every)

    lost = kinds["contraction"] | kinds["churn"]
    (won_amount, _), (lost_amount, _), (_, unknown) = amounts(~lost), amounts(lost), amounts(every)

    def quick(won: Floats, lost: Floats, n: Floats, missing: Floats) -> Outcome:
        return Outcome(
            divide(won, -lost), n, won, -lost + 0.0, missing_rate=missing > 0, zero_denominator=is_zero(lost)
        )

    inputs = {"won": won_amount, "lost": lost_amount, "n": n, "missing": unknown}
    yield Part("quick_ratio", inputs, quick, ("won",), (Scaled(lost_amount, -1.0),))


@dataclass(frozen=True)
class _Renewals:
    """Contracts that end in the period: which were renewed, which can still be."""

    rows: Table
    period: Periods
    due: Mask
    renewed: Mask
    undecided: Mask


def _renewals(f: Frame) -> _Renewals:
    rows, as_of = f.table("contracts"), f.grain.as_of_day
    period = f.period_of(rows.ends_on)
    due, limit = period >= 0, rows.ends_on + RENEWAL_DAYS
    renewed = due & (rows.renewed_on <= limit) & (rows.renewed_on < as_of)
    undecided = due & ~renewed & ~(rows.terminated_on < as_of) & (limit >= as_of)
    return _Renewals(rows, period, due, renewed, undecided)


@formula("renewal_rate", feeds=("contracts", "customers", "services", "fx_rates"))
def renewal_rate(f: Frame) -> Iterator[Part]:
    """Contracts due in the period that were renewed no later than 90 days after their end.

    Undecided ones count as not renewed and make the value provisional; a renewal wins over a termination.
    Source: renewal rate on contracts due. Example: 3 due, 2 renewed: 2 / 3.
    """
    made = _renewals(f)
    rows, period = made.rows, made.period
    due, undecided = count(rows, made.due, period), count(rows, made.undecided, period)
    yield ratio("", count(rows, made.renewed, period), due, provisional=undecided)

    amount = f.in_base(rows.annual_value, rows.currency, rows.ends_on)
    known = np.nan_to_num(amount)
    yield ratio(
        "value",
        Sum(rows, known * made.renewed, period, where=made.renewed),
        Sum(rows, known, period, where=made.due),
        n=due,
        missing=count(rows, np.isnan(amount), period),
        provisional=undecided,
    )


@formula("renewals_on_time_rate", feeds=("contracts", "customers", "services"))
def renewals_on_time_rate(f: Frame) -> Iterator[Part]:
    """Renewed contracts whose renewal was signed on or before their last day.

    Source: house rule. Example: 4 due, 3 renewed, 2 of them in time: 2 / 3.
    """
    made = _renewals(f)
    rows, period = made.rows, made.period
    in_time = made.renewed & (rows.renewed_on <= rows.ends_on)
    yield ratio(
        "",
        count(rows, in_time, period),
        count(rows, made.renewed, period),
        provisional=count(rows, made.undecided, period),
    )
