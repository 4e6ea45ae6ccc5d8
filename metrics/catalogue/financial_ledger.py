"""Formulas of the financial family over the ledger: growth, margins, cash.

Entries: revenue_growth, gross_margin, operating_margin, free_cash_flow (financial.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metrics.columns import Floats, Mask, Table, choice
from metrics.explained import Scaled
from metrics.frame import Frame, Periods, month_number
from metrics.parts import Outcome, Part, Sum, count, divide, is_zero, total
from metrics.registry import formula

FEED = "ledger"


@dataclass(frozen=True)
class _Lines:
    """Ledger rows of some accounts in base currency; a row whose rate is missing weighs 0 and is counted apart."""

    rows: Table
    amount: Floats
    no_rate: Mask

    def of(self, *accounts: str) -> Mask:
        return np.isin(self.rows.account, [choice(FEED, "account", account) for account in accounts])


def _lines(f: Frame, *accounts: str) -> _Lines:
    """Rows of the accounts, chosen and converted once for all kinds of period."""

    def make() -> _Lines:
        rows = f.table(FEED)
        rows = rows.take(np.isin(rows.account, [choice(FEED, "account", account) for account in accounts]))
        amount = f.in_base(rows.amount, rows.currency, rows.month)
        no_rate = np.isnan(amount)
        return _Lines(rows, np.where(no_rate, 0.0, amount), no_rate)

    lines: _Lines = f.kept(FEED, " ".join(accounts), make)
    return lines


def _a_year_later(months: Floats) -> Floats:
    """First days of the same months of the next year."""
    later = np.datetime64("2000-01", "M") + month_number(months) + 12
    return (later.astype("datetime64[D]") - np.datetime64("2000-01-01", "D")).astype(np.float64)


@formula("revenue_growth", feeds=(FEED, "customers", "services", "fx_rates"))
def revenue_growth(f: Frame) -> Iterator[Part]:
    """Revenue of the period less that of the same months a year before, over the latter.

    Of a period that has begun only the months before T are compared. No value without a row on either side.
    Source: year on year growth. Example: 110 after 100: 0.1.
    """
    lines = _lines(f, "revenue")
    rows, every = lines.rows, np.ones(len(lines.rows), dtype=np.bool_)
    now, then = f.period_of(rows.month), f.period_of(_a_year_later(rows.month))

    def outcome(
        now: Floats, then: Floats, now_rows: Floats, then_rows: Floats, now_missing: Floats, then_missing: Floats
    ) -> Outcome:
        return Outcome(
            divide(now - then, then),
            now_rows + then_rows,
            now - then,
            then,
            has_data=(now_rows > 0) & (then_rows > 0),
            missing_rate=now_missing + then_missing > 0,
            zero_denominator=is_zero(then) | (then < 0),
        )

    inputs = {
        "now": Sum(rows, lines.amount, now, where=every),
        "then": Sum(rows, lines.amount, then, where=every),
        "now_rows": count(rows, every, now),
        "then_rows": count(rows, every, then),
        "now_missing": count(rows, lines.no_rate, now),
        "then_missing": count(rows, lines.no_rate, then),
    }
    yield Part("", inputs, outcome, ("now", Scaled(inputs["then"], -1.0)), ("then",))


def _margin(lines: _Lines, period: Periods, component: str, signs: dict[str, float], needed: tuple[str, ...]) -> Part:
    """Signed sum of accounts over revenue; no value when one of the needed accounts has no row."""
    rows = lines.rows
    sign, used, shown = np.zeros(len(rows)), lines.of(*needed), lines.of(*signs)
    for account, factor in signs.items():
        sign[lines.of(account)] = factor
    revenue = lines.of("revenue")

    def outcome(numerator: Floats, denominator: Floats, missing: Floats, **counts: Floats) -> Outcome:
        there = np.logical_and.reduce([number > 0 for number in counts.values()])
        return Outcome(
            divide(numerator, denominator),
            sum(counts.values(), np.zeros_like(numerator)),
            numerator,
            denominator,
            has_data=there,
            missing_rate=missing > 0,
            zero_denominator=is_zero(denominator),
        )

    inputs = {
        "numerator": Sum(rows, lines.amount * sign, period, where=shown),
        "denominator": Sum(rows, lines.amount * revenue, period, where=revenue),
        "missing": count(rows, lines.no_rate & used, period),
        **{account: count(rows, lines.of(account), period) for account in needed},
    }
    return Part(component, inputs, outcome, ("numerator",), ("denominator",))


@formula("gross_margin", feeds=(FEED, "customers", "services", "fx_rates"))
def gross_margin(f: Frame) -> Iterator[Part]:
    """Revenue less cost of goods sold, over revenue; no value without a row of both.

    Source: income statement. Example: revenue 200, cogs 80: 0.6, cogs ratio 0.4.
    """
    lines = _lines(f, "revenue", "cogs")
    period, needed = f.period_of(lines.rows.month), ("revenue", "cogs")
    yield _margin(lines, period, "", {"revenue": 1.0, "cogs": -1.0}, needed)
    yield _margin(lines, period, "cogs_ratio", {"cogs": 1.0}, needed)


@formula("operating_margin", feeds=(FEED, "fx_rates"))
def operating_margin(f: Frame) -> Iterator[Part]:
    """Revenue less cost of goods sold and operating expense, over revenue; no value without a row of all three.

    Source: income statement. Example: revenue 200, cogs 80, opex 90: 30 / 200 = 0.15.
    """
    lines = _lines(f, "revenue", "cogs", "opex")
    signs = {"revenue": 1.0, "cogs": -1.0, "opex": -1.0}
    yield _margin(lines, f.period_of(lines.rows.month), "", signs, ("revenue", "cogs", "opex"))


@formula("free_cash_flow", feeds=(FEED, "fx_rates"))
def free_cash_flow(f: Frame) -> Iterator[Part]:
    """Operating cash less capital expenditure; none spent when no capex row, no value without an operating_cash row.

    Runway: the newest cash balance of the period over the cash burnt a month. Source: cash flow statement.
    Example: operating cash -30, capex 30 over three months, balance 400: -60, runway 400 / 20 = 20 months.
    """
    lines = _lines(f, "operating_cash", "capex", "cash_balance")
    rows, period = lines.rows, f.period_of(lines.rows.month)
    cash, capex = lines.of("operating_cash"), lines.of("capex")
    flow = Sum(rows, lines.amount * cash - lines.amount * capex, period, where=cash | capex)
    flow_rows, cash_rows = count(rows, cash | capex, period), count(rows, cash, period)
    flow_missing = count(rows, lines.no_rate & (cash | capex), period)
    yield total("", flow, n=flow_rows, has_data=cash_rows, missing=flow_missing)

    newest = lines.of("cash_balance") & _in_newest_month(f, rows, lines.of("cash_balance"), period)
    balance = Sum(rows, lines.amount * newest, period, where=newest)
    balance_rows, balance_missing = count(rows, newest, period), count(rows, lines.no_rate & newest, period)
    yield total("cash_balance", balance, n=balance_rows, missing=balance_missing)

    def runway(
        balance: Floats, flow: Floats, n: Floats, cash_rows: Floats, missing: Floats, flow_missing: Floats
    ) -> Outcome:
        burn = divide(-flow, np.broadcast_to(f.grain.months, flow.shape)) + 0.0
        earning = is_zero(flow) | (flow > 0)
        return Outcome(
            divide(balance, burn),
            n,
            balance,
            burn,
            has_data=(cash_rows > 0) & (n > 0),
            missing_rate=missing + flow_missing > 0,
            undefined={"not_burning": earning},
        )

    inputs = {
        "balance": balance,
        "flow": flow,
        "n": balance_rows,
        "cash_rows": cash_rows,
        "missing": balance_missing,
        "flow_missing": flow_missing,
    }
    a_month = divide(-np.ones(f.count), f.grain.months)
    yield Part("runway_months", inputs, runway, ("balance",), (Scaled(flow, np.nan_to_num(a_month)),))


def _in_newest_month(f: Frame, rows: Table, where: Mask, period: Periods) -> Mask:
    """Rows whose month is the last of their period that has a row which holds."""
    held = np.flatnonzero(where & (period >= 0))
    newest = np.full(f.count, -np.inf)
    np.maximum.at(newest, period[held], rows.month[held])
    return (period >= 0) & (rows.month == newest[period])
