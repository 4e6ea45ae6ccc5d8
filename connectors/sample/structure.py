"""Feeds of who and what there is: portfolios, projects, customers, services, who uses what."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sample import demo
from connectors.sample.columns import Columns, only, pick
from connectors.sample.window import MONTHS
from connectors.sample.world import CURRENCIES, World


def portfolios(world: World) -> Columns:
    """Portfolios and, below them, programs."""
    parent = world.portfolio_parent
    return {
        "code": world.portfolio_code,
        "name": world.portfolio_name,
        "kind": ["program" if up >= 0 else "portfolio" for up in parent],
        "parent": pick(world.portfolio_code, parent),
    }


def projects(world: World) -> Columns:
    """Projects with the first approved plan and what has become of them."""
    rng = world.rng("projects")
    window, it = world.window, world.projects
    n = len(it.name)
    day = rng.integers(0, 12, n)
    planned_start = window.month_start(it.start) + day.astype("timedelta64[D]")
    planned_finish = window.month_start(it.start + it.plan) - rng.integers(1, 9, n).astype("timedelta64[D]")
    actual_start = np.where(it.start == MONTHS - 1, window.month_start(it.start), planned_start)
    finish = window.month_start(it.start + it.actual) - rng.integers(1, 12, n).astype("timedelta64[D]")
    finished = it.finished & ~it.on_hold
    status = np.select(
        [~it.begun, it.cancelled & finished, it.on_hold & it.finished, finished],
        ["proposed", "cancelled", "on_hold", "completed"],
        default="active",
    )
    approved = np.round(it.budget * rng.choice([0.96, 1.0, 1.05, 1.12], n), -3)
    return {
        "code": it.code,
        "name": it.name,
        "portfolio": pick(world.portfolio_code, it.program),
        "status": status.tolist(),
        "priority": it.priority,
        "manager": [demo.MANAGERS[i % len(demo.MANAGERS)] for i in range(n)],
        "sponsor": [demo.SPONSORS[i % len(demo.SPONSORS)] for i in it.program],
        "currency": pick(pl.Series(CURRENCIES), it.currency),
        "budget": approved.astype(np.int64),
        "planned_start_on": planned_start,
        "planned_finish_on": planned_finish,
        "actual_start_on": only(it.begun, actual_start),
        "actual_finish_on": only(finished & it.begun, np.maximum(finish, actual_start)),
        "description": pl.select(
            pl.format("Work on the service {}", pl.Series(pick(pl.Series(world.service_name), it.service)))
        ).to_series(),
    }


def customers(world: World) -> Columns:
    """Customers with segment, country and first day."""
    it = world.customers
    return {
        "code": it.code,
        "name": it.name,
        "segment": it.segment,
        "country": it.country,
        "acquired_on": world.window.month_start(it.acquired) + np.timedelta64(4, "D"),
        "importance": it.importance,
    }


def services(world: World) -> Columns:
    """Services and the team that runs each."""
    return {
        "code": world.service_code,
        "name": world.service_name,
        "team": pick(pl.Series(world.teams), world.service_team),
    }


def service_customers(world: World) -> Columns:
    """Who is served by what since when; those who left have a last day."""
    pairs, window = world.pairs, world.window
    return {
        "service": pick(world.service_code, pairs.service),
        "customer": pick(world.customers.code, pairs.customer),
        "valid_from": window.month_start(pairs.since) + np.timedelta64(4, "D"),
        "valid_to": only(pairs.until < MONTHS, window.month_start(np.minimum(pairs.until, MONTHS))),
    }
