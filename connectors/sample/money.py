"""Feeds of money agreed with customers: contracts, revenue events, and the rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample.columns import Columns, Floats, Ints, codes, only, pick, ranks, spread
from connectors.sample.window import MONTHS
from connectors.sample.world import CURRENCIES, EUR_VALUE, World

KINDS = ("new", "expansion", "contraction", "churn", "reactivation")


def rates(world: World) -> Floats:
    """Return EUR for one unit by currency and month."""
    rng = world.rng("fx_rates")
    walk = 1 + np.cumsum(rng.normal(0, 0.008, (len(CURRENCIES), MONTHS)), axis=1)
    table = np.round(EUR_VALUE[:, None] * walk, 6)
    table[0] = 1.0
    return table


def fx_rates(world: World) -> Columns:
    """Average rates by month; the base currency needs none."""
    table = rates(world)
    currency, month = (
        grid.ravel() for grid in np.meshgrid(np.arange(1, len(CURRENCIES)), np.arange(MONTHS), indexing="ij")
    )
    return {
        "currency": pick(pl.Series(CURRENCIES), currency),
        "month": world.window.month_label(month),
        "rate": table[currency, month],
    }


@dataclass(frozen=True, slots=True)
class Events:
    """Revenue events as columns; the money is in EUR a year."""

    customer: Ints
    month: Ints
    kind: Ints
    delta: Floats


def recurring(world: World) -> tuple[Events, Floats]:
    """Return the revenue events as columns, and the recurring revenue by customer and month in EUR.

    Every customer starts with one event (older ones in the first month of the window); then healthy customers buy
    more and unhappy ones less; those who leave end with the whole rest. The number of events is the size's.
    """
    rng = world.rng("revenue_events")
    customers = world.customers
    n = len(customers.name)
    start = np.maximum(customers.acquired, 0)
    last = np.minimum(customers.left, MONTHS) - 1
    gone = customers.left < MONTHS
    changes = spread(world.size.revenue_events - n - int(gone.sum()), n, rng)
    customer, place = ranks(changes)
    room = np.maximum(last - start - 1, 1)[customer]
    month = start[customer] + 1 + np.floor((place + rng.random(len(place))) * room / changes[customer]).astype(np.int64)
    month = np.minimum(month, np.maximum(last[customer] - gone[customer], start[customer]))
    health = world.health_at(customer, month)
    grows = rng.random(len(place)) < 0.15 + 0.85 * health
    size_ = rng.uniform(0.02, 0.09, len(place)) * np.where(grows, 1.0, -0.9)
    factor = np.exp(segment_cumsum(np.log1p(size_), customer))
    after = np.round(customers.arr[customer] * factor, -2)
    before = np.where(place == 0, customers.arr[customer], np.concatenate([[0], after[:-1]]))
    delta = np.where(after == before, np.where(grows, 100.0, -100.0), after - before)
    total = np.zeros(n)
    np.add.at(total, customer, delta)
    leaving = np.flatnonzero(gone)
    events = Events(
        customer=np.concatenate([np.arange(n), customer, leaving]),
        month=np.concatenate([start, month, customers.left[leaving] - 1]),
        kind=np.concatenate([np.zeros(n, dtype=np.int64), np.where(delta > 0, 1, 2), np.full(len(leaving), 3)]),
        delta=np.concatenate([customers.arr, delta, -(customers.arr + total)[leaving]]),
    )
    steps = np.zeros((n, MONTHS))
    np.add.at(steps, (events.customer, events.month), events.delta)
    return events, np.cumsum(steps, axis=1)


def segment_cumsum(values: Floats, group: Ints) -> Floats:
    """Return running sums that begin anew with every group (groups lie together)."""
    running = np.cumsum(values)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    base = np.concatenate([[0.0], running])[first]
    return running - np.repeat(base, np.diff(np.append(first, len(group))))


def revenue_events(world: World) -> Columns:
    """Changes of annual recurring revenue in the currency of the customer."""
    rng = world.rng("revenue_events/days")
    events, _ = recurring(world)
    order = np.lexsort((events.kind, events.month, events.customer))
    customer, month, kind = events.customer[order], events.month[order], events.kind[order]
    place = ranks(np.bincount(customer, minlength=len(world.customers.name)))[1]
    currency = world.customers.currency[customer]
    amount = np.round(events.delta[order] / EUR_VALUE[currency])
    first = (kind == 0).astype(float)
    day = world.window.day_in_month(month, rng.random(len(month)) * 0.6 * (1 - first))
    return {
        "customer": pick(world.customers.code, customer),
        "code": pick(codes("E", int(place.max()) + 1, 2), place),
        "effective_on": world.window.day(day),
        "kind": pick(pl.Series(KINDS), kind),
        "delta_arr": amount.astype(np.int64),
        "currency": pick(pl.Series(CURRENCIES), currency),
    }


def pair_share(world: World) -> Floats:
    """Return the share that each service has in the revenue of its customer."""
    weight = world.rng("ledger/shares").uniform(0.5, 1.5, len(world.pairs.customer))
    total = np.bincount(world.pairs.customer, weights=weight, minlength=len(world.customers.name))
    return weight / total[world.pairs.customer]


def contracts(world: World) -> Columns:
    """A yearly contract after the other for each service of a customer; unhappy customers sign late or not at all."""
    rng = world.rng("contracts")
    pairs, window, customers = world.pairs, world.window, world.customers
    _, arr = recurring(world)
    phase = rng.integers(0, 12, len(pairs.customer))
    begin = np.where(pairs.since > -12, np.maximum(pairs.since, phase - 11), phase - 11)
    last = np.minimum(pairs.until, MONTHS + 11)
    pair, place = ranks(np.maximum(1, (last - begin + 11) // 12))
    start, customer = begin[pair] + place * 12, pairs.customer[pair]
    ends = window.month_start(start + 12) - np.timedelta64(1, "D")
    health = world.health_at(customer, start + 10)
    goes = pairs.until[pair] <= start + 12
    lag = np.round(rng.normal(-30, 22, len(pair)) + np.where(rng.random(len(pair)) < 0.5 - 0.45 * health, 45, 0))
    signed = ends + lag.astype(np.int64).astype("timedelta64[D]")
    today = np.datetime64(window.as_of, "D")
    refused = rng.random(len(pair)) < 0.14 - 0.14 * health
    renewed = ~goes & ~refused & (signed < today)
    ended = (goes | (refused & (rng.random(len(pair)) < 0.5))) & (ends < today)
    month = np.clip(start, 0, MONTHS - 1)
    month = np.maximum(month, np.maximum(customers.acquired[customer], 0))
    currency = customers.currency[customer]
    value = np.maximum(arr[customer, np.minimum(month, MONTHS - 1)], 0) * pair_share(world)[pair] / EUR_VALUE[currency]
    return {
        "code": codes("CT", len(pair), 6),
        "customer": pick(customers.code, customer),
        "service": pick(world.service_code, pairs.service[pair]),
        "starts_on": window.month_start(start),
        "ends_on": ends,
        "annual_value": np.round(value, -2).astype(np.int64),
        "currency": pick(pl.Series(CURRENCIES), currency),
        "renewed_on": only(renewed, signed),
        "terminated_on": only(ended, ends - np.timedelta64(30, "D")),
    }
