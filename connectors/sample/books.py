"""Feed of the books: monthly amounts by account."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from connectors.sample.columns import Columns, Floats, Ints, codes, pick, ranks, spread
from connectors.sample.money import pair_share, rates, recurring
from connectors.sample.window import MONTHS
from connectors.sample.world import CURRENCIES, World

ACCOUNTS = ("revenue", "cogs", "opex", "operating_cash", "capex", "cash_balance")
REVENUE, COGS, OPEX, OPERATING_CASH, CAPEX, CASH_BALANCE = range(6)
OVERHEAD = 0.14
PROJECT_SHARE = {OPEX: 0.27, CAPEX: 0.07}
"""Enterprise overhead and project money as shares of the month's revenue."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Ledger rows as columns; accounts by their place in `ACCOUNTS`, -1 where a row names no object."""

    month: Ints
    account: Ints
    eur: Floats
    currency: Ints
    customer: Ints
    project: Ints
    service: Ints

    def by_month(self, account: int) -> Floats:
        """Return the sum of an account by month."""
        money = np.where(self.account == account, self.eur, 0.0)
        return np.bincount(self.month, weights=money, minlength=MONTHS).astype(np.float64)


def ledger(world: World) -> Columns:
    """Revenue and cost by customer and service, money of projects, cash of the whole; an exact number of rows."""
    rng = world.rng("ledger")
    sold = customer_entries(world, rng)
    rest = world.size.ledger - len(sold.month) - 3 * MONTHS
    spent = project_entries(world, rng, rest, sold.by_month(REVENUE))
    parts = [sold, spent, enterprise_entries(rng, sold, spent)]
    it = Entries(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Entries)))
    order = np.argsort(it.month, kind="stable")
    month, currency = it.month[order], it.currency[order]
    return {
        "code": codes("L", len(month), 7),
        "month": world.window.month_label(month),
        "account": pick(pl.Series(ACCOUNTS), it.account[order]),
        "amount": np.round(it.eur[order] / rates(world)[currency, month], 2),
        "currency": pick(pl.Series(CURRENCIES), currency),
        "customer": pick(world.customers.code, it.customer[order]),
        "project": pick(world.projects.code, it.project[order]),
        "service": pick(world.service_code, it.service[order]),
    }


def customer_entries(world: World, rng: np.random.Generator) -> Entries:
    """Return revenue and cost of goods of each service of a customer and month."""
    pairs = world.pairs
    _, arr = recurring(world)
    begin = np.maximum(pairs.since, 0)
    pair, place = ranks(np.maximum(0, np.minimum(pairs.until, MONTHS) - begin))
    month = begin[pair] + place
    customer = pairs.customer[pair]
    season = 1 + 0.04 * np.sin(2 * np.pi * month / 12)
    revenue = arr[customer, month] / 12 * pair_share(world)[pair] * season * rng.normal(1, 0.03, len(pair))
    ratio = np.clip(rng.normal(0.45, 0.11, len(pairs.customer)), 0.2, 0.95)[pair] - 0.05 * month / MONTHS
    cogs = revenue * ratio * rng.normal(1, 0.05, len(pair))
    n = len(pair)
    return Entries(
        month=np.concatenate([month, month]),
        account=np.repeat(np.array([REVENUE, COGS]), n),
        eur=np.maximum(np.concatenate([revenue, cogs]), 0),
        currency=np.tile(world.customers.currency[customer], 2),
        customer=np.tile(customer, 2),
        project=np.full(2 * n, -1),
        service=np.tile(pairs.service[pair], 2),
    )


def project_entries(world: World, rng: np.random.Generator, count: int, revenue: Floats) -> Entries:
    """Return `count` rows of opex and capex of running projects, each month a set share of its revenue."""
    project, month = world.slots()
    if count < len(project):
        raise ValueError(f"{count} ledger rows do not fit {len(project)} project months")
    slot, place = ranks(spread(count, len(project), rng))
    account = np.where(place % 3 == 1, CAPEX, OPEX)
    amount = world.projects.budget[project[slot]] / world.projects.rows[project[slot]] * rng.lognormal(0, 0.3, count)
    for kind, share in PROJECT_SHARE.items():
        is_kind = account == kind
        total = np.bincount(month[slot][is_kind], weights=amount[is_kind], minlength=MONTHS)
        wanted = share * revenue * rng.normal(1, 0.05, MONTHS)
        amount[is_kind] *= (wanted / np.maximum(total, 1))[month[slot][is_kind]]
    return Entries(
        month=month[slot],
        account=account,
        eur=amount,
        currency=np.zeros(count, dtype=np.int64),
        customer=np.full(count, -1),
        project=project[slot],
        service=np.full(count, -1),
    )


def enterprise_entries(rng: np.random.Generator, sold: Entries, spent: Entries) -> Entries:
    """Return overhead, operating cash and the cash balance of each month; two bad stretches burn cash."""
    month = np.arange(MONTHS)
    revenue = sold.by_month(REVENUE)
    overhead = revenue * OVERHEAD * rng.normal(1, 0.05, MONTHS)
    earned = revenue - sold.by_month(COGS) - spent.by_month(OPEX) - overhead
    strain = 1 - 1.5 * np.exp(-(((month - 8) / 3.0) ** 2)) - 1.3 * np.exp(-(((month - 22) / 2.0) ** 2))
    cash = earned * strain + revenue * rng.normal(0.02, 0.05, MONTHS)
    balance = np.maximum(revenue[0] * 4 + np.cumsum(cash - spent.by_month(CAPEX)), revenue[0])
    nobody = np.full(3 * MONTHS, -1)
    return Entries(
        month=np.tile(month, 3),
        account=np.repeat(np.array([OPEX, OPERATING_CASH, CASH_BALANCE]), MONTHS),
        eur=np.concatenate([overhead, cash, balance]),
        currency=np.zeros(3 * MONTHS, dtype=np.int64),
        customer=nobody,
        project=nobody,
        service=nobody,
    )
