"""Formula of the financial family about what projects gave back: return on investment (financial.yaml)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from metrics.columns import Floats, Ints, Mask, Table
from metrics.explained import Scaled
from metrics.formulas.cashflow import annual, monthly_rate_to_date, net_present_value, payback_months
from metrics.frame import Frame, month_number
from metrics.owners import own_rows, to_scopes, without_noise
from metrics.parts import Custom, Outcome, Part, Sum, divide, is_zero
from metrics.registry import formula


@dataclass(frozen=True)
class _Side:
    """Rows of one side of the flows: costs or realised benefits, in base currency."""

    rows: Table
    amount: Floats
    there: Mask
    no_rate: Mask
    month: Ints

    @classmethod
    def of(cls, f: Frame, feed: str, column: str) -> _Side:
        rows = f.table(feed)
        given = rows.columns[column]
        there = ~np.isnan(given)
        amount = f.in_base(given, f.project_currency(rows), rows.month)
        no_rate = there & np.isnan(amount)
        return cls(rows, np.nan_to_num(amount), there, no_rate, month_number(rows.month))

    def sums(self, f: Frame) -> tuple[Sum, Sum, Sum]:
        """Sums to date of amounts, of rows and of rows whose rate is missing."""
        since = f.since(self.rows.month)
        return (
            Sum(self.rows, self.amount, since, to_date=True, where=self.there),
            Sum(self.rows, self.there, since, to_date=True),
            Sum(self.rows, self.no_rate, since, to_date=True),
        )


@dataclass(frozen=True)
class _Flows:
    """Net flows of each project by month; column 0 is month `first`, the last the month of the day before as-of."""

    projects: Table
    net: Floats
    rows: Floats
    first: int

    @classmethod
    def of(cls, f: Frame, cost: _Side, benefit: _Side) -> _Flows:
        projects = own_rows(f, "projects", "project")
        last = int(month_number(np.array([f.grain.as_of_day - 1]))[0])
        months = [side.month[side.there & (side.month <= last)] for side in (cost, benefit)]
        first = min((int(month.min()) for month in months if len(month)), default=last)
        width = max(last - first + 1, 1)
        net, rows = np.zeros((len(projects), width)), np.zeros((len(projects), width))
        for side, sign in ((cost, -1.0), (benefit, 1.0)):
            used = np.flatnonzero(side.there & (side.month <= last))
            cell = side.rows.project[used].astype(np.int64) * width + side.month[used] - first
            net += np.bincount(cell, weights=sign * side.amount[used], minlength=net.size).reshape(net.shape)
            rows += np.bincount(cell, minlength=rows.size).reshape(rows.shape)
        return cls(projects, net, rows, first)


@dataclass(frozen=True)
class _Figures:
    """Present value, yearly rate of return and payback of each scope at the end of every month."""

    present_value: Floats
    rate: Floats
    payback: Floats


@formula("return_on_investment", feeds=("benefits", "project_months", "projects", "portfolios", "fx_rates"))
def return_on_investment(f: Frame) -> Iterator[Part]:
    """Realised benefits less actual cost, over actual cost, to date in base currency.

    No value without a cost row and a realised row. Present value at 8 % a year, rate of return and payback are taken
    of the pooled monthly flows. Source: discounted cash flow. Example: cost 100, realised 120: 0.2.
    """
    cost: _Side = f.kept("project_months", "costs", lambda: _Side.of(f, "project_months", "actual_cost"))
    benefit: _Side = f.kept("benefits", "realised", lambda: _Side.of(f, "benefits", "realised"))
    spent, cost_rows, cost_missing = cost.sums(f)
    realised, benefit_rows, benefit_missing = benefit.sums(f)
    flows: _Flows = f.kept("benefits", "flows", lambda: _Flows.of(f, cost, benefit))
    base = {
        "cost_rows": cost_rows,
        "benefit_rows": benefit_rows,
        "cost_missing": cost_missing,
        "benefit_missing": benefit_missing,
    }

    def index(spent: Floats, realised: Floats, **rows: Floats) -> Outcome:
        made = _outcome(divide(realised - spent, spent), **rows)
        made.numerator, made.denominator = realised - spent, spent
        made.zero_denominator = is_zero(spent) | (spent < 0)
        return made

    gained = ("realised", Scaled(spent, -1.0))
    yield Part("", {"spent": spent, "realised": realised, **base}, index, gained, ("spent",))
    column = month_number(f.grain.cut - 1) - flows.first

    def at_cut(name: str) -> Custom:
        def read(frame: Frame, kind: str) -> Floats:
            figures: _Figures = frame.kept("benefits", f"returns of {kind}", lambda: _figures(frame, flows, kind))
            found = getattr(figures, name)[:, np.maximum(column, 0)]
            return np.where(column >= 0, found, np.nan)

        return Custom(read, (realised, Scaled(spent, -1.0)))

    def named(reason: str) -> Callable[..., Outcome]:
        def outcome(value: Floats, **rows: Floats) -> Outcome:
            made = _outcome(value, **rows)
            made.undefined = {reason: np.isnan(value)} if reason else {}
            return made

        return outcome

    for component, name, reason in (
        ("net_present_value", "present_value", ""),
        ("internal_rate_of_return", "rate", "no_sign_change"),
        ("payback_months", "payback", "not_reached"),
    ):
        yield Part(component, {"value": at_cut(name), **base}, named(reason), ("value",), rows_are="inputs")


def _outcome(
    value: Floats, cost_rows: Floats, benefit_rows: Floats, cost_missing: Floats, benefit_missing: Floats
) -> Outcome:
    return Outcome(
        value,
        cost_rows + benefit_rows,
        has_data=(cost_rows > 0) & (benefit_rows > 0),
        missing_rate=cost_missing + benefit_missing > 0,
    )


def _figures(frame: Frame, flows: _Flows, kind: str) -> _Figures:
    net = without_noise(to_scopes(frame, kind, flows.projects, flows.net))
    rows = to_scopes(frame, kind, flows.projects, flows.rows)
    first = np.argmax(rows > 0, axis=1)
    return _Figures(net_present_value(net, first), annual(monthly_rate_to_date(net)), payback_months(net, first))
