"""Feeds of rules and thresholds: standards, checks against them, targets."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sample.columns import Columns, Ints, blank, codes, only, pick
from connectors.sample.window import MONTHS
from connectors.sample.world import World

STANDARDS = (
    (
        "ST-Q1",
        "review",
        "quality",
        "Every change is reviewed by a second person",
        None,
        None,
        None,
        None,
        None,
        "Agnes Lund",
    ),
    ("ST-Q2", "data entry", "quality", "Orders are free of errors", "ppm", None, None, None, 5, "Jonas Brandt"),
    ("ST-Q3", "testing", "quality", "Test coverage of new code", "percent", 85, 80, 100, None, "Maja Sjöö"),
    ("ST-V1", "onboarding", "value", "Hours saved a month as agreed", "hours", None, None, None, None, "Sara Wik"),
    (
        "ST-V2",
        "delivery",
        "value",
        "Features used by at least a fifth of the users",
        "features",
        None,
        None,
        None,
        None,
        "Per Ahlm",
    ),
    ("ST-C1", "privacy", "compliance", "Access is reviewed each quarter", None, None, None, None, None, "Hedda Krantz"),
    ("ST-C2", "security", "compliance", "Patches are in within 14 days", "days", 14, None, 14, None, "Viktor Dahl"),
    ("ST-C3", "accessibility", "compliance", "Pages meet WCAG 2.2 AA", None, None, None, None, None, "Lea Hofmann"),
    ("ST-S1", "availability", "sla", "Availability of the service", "percent", 99.9, 99.5, 100, None, "Olle Strand"),
    ("ST-S2", "response", "sla", "First answer within four hours", "hours", 4, None, 4, None, "Ines Falk"),
)
BY_KIND = {"quality": (0, 1, 2), "value": (3, 4), "compliance": (5, 6, 7), "sla": (8, 9)}

TARGETS = (
    ("net_promoter_score", "enterprise", "", "35", "15", ""),
    ("customer_satisfaction", "", "", "78", "62", ""),
    ("customer_minutes_lost", "service", "", "45", "150", ""),
    ("recurring_revenue", "enterprise", "", "24000000", "21000000", ""),
    ("time_reporting_rate", "team", "", "0.93", "0.8", ""),
    ("employee_net_promoter_score", "team", "", "15", "-5", ""),
    ("cost_performance_index", "program", "", "0.97", "0.9", ""),
)


def standards(world: World) -> Columns:
    """Standards of the four kinds."""
    names = (
        "code", "process", "kind", "requirement", "unit", "target", "lower_limit", "upper_limit",
        "opportunities_per_unit", "owner",
    )  # fmt: skip
    return {name: pl.Series([row[i] for row in STANDARDS], strict=False) for i, name in enumerate(names)}


def standard_checks(world: World) -> Columns:
    """Checks of each kind for each customer each quarter, on a project that works for it; the demo has more."""
    rng = world.rng("standard_checks")
    customers, window = world.customers, world.window
    order = np.argsort(world.links.customer, kind="stable")
    link_customer = world.links.customer[order]
    first = np.searchsorted(link_customer, np.arange(len(customers.name)))
    links = np.searchsorted(link_customer, np.arange(len(customers.name)), side="right") - first
    repeat = 3 if world.size.name == "demo" else 1
    customer, kind, month, _ = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(len(customers.name)), np.arange(4), np.arange(MONTHS), np.arange(repeat), indexing="ij"
        )
    )
    wanted = (world.size.name == "demo") | ((month + customer) % world.size.check_months == 0)
    here = (customers.acquired[customer] <= month) & (month < customers.left[customer]) & wanted
    customer, kind, month = customer[here], kind[here], month[here]
    n = len(customer)
    drawn = first[customer] + np.floor(rng.random(n) * np.maximum(links[customer], 1)).astype(np.int64)
    project = np.where(links[customer] > 0, world.links.project[order][np.minimum(drawn, len(order) - 1)], -1)
    service = np.where(project >= 0, world.projects.service[project], -1)
    standard = chosen_standard(kind, rng)
    good = np.clip(world.health_at(customer, month) * 0.34 + np.array([0.70, 0.58, 0.76, 0.72])[kind], 0, 0.995)
    passes = rng.random(n) < good
    columns = measured(standard, passes, rng)
    return {
        "code": codes("CH", n, 6),
        "standard": pick(pl.Series([row[0] for row in STANDARDS]), standard),
        "project": pick(world.projects.code, project),
        "service": pick(world.service_code, service),
        "customer": pick(customers.code, customer),
        "checked_on": window.day(window.day_in_month(month, np.minimum(rng.exponential(0.3, n), 0.97))),
        **columns,
    }


def chosen_standard(kind: Ints, rng: np.random.Generator) -> Ints:
    """Return a standard of each kind by chance."""
    first = np.array([places[0] for places in BY_KIND.values()])
    count = np.array([len(places) for places in BY_KIND.values()])
    return first[kind] + np.floor(rng.random(len(kind)) * count[kind]).astype(np.int64)


def measured(standard: Ints, passes: np.ndarray, rng: np.random.Generator) -> Columns:
    """Return how a check was recorded: a verdict where the standard is a rule, a value where it has limits."""
    n = len(standard)
    luck = rng.random(n)
    value = np.select(
        [standard == 2, standard == 6, standard == 8, standard == 9],
        [
            np.where(passes, 80 + 19 * luck, 60 + 19 * luck),
            np.where(passes, 2 + 12 * luck, 15 + 20 * luck),
            np.where(passes, 99.5 + 0.49 * luck, 98.2 + 1.2 * luck),
            np.where(passes, 0.4 + 3.5 * luck, 4.2 + 6 * luck),
        ],
        default=np.nan,
    )
    is_value = (standard == 3) | (standard == 4)
    expected = np.round(np.where(is_value, np.where(standard == 3, 40.0, 8.0), np.nan))
    value = np.where(
        is_value, np.round(expected * np.where(passes, 1 + 0.3 * luck, 0.5 + 0.48 * luck), 1), np.round(value, 2)
    )
    units = rng.integers(80, 400, n)
    flaws = rng.binomial(units, np.where(passes, 0.006, 0.035))
    counted = standard == 1
    return {
        "passed": only(np.isnan(value), passes),
        "value": value,
        "expected_value": expected,
        "units": only(counted, units),
        "defects": only(counted, flaws),
    }


def targets(world: World) -> Columns:
    """A few own thresholds instead of the catalogue's, in force since the start of the window."""
    since = np.full(len(TARGETS), world.window.first_day)
    return {
        "metric": [row[0] for row in TARGETS],
        "component": blank(len(TARGETS)),
        "scope_kind": [row[1] or None for row in TARGETS],
        "scope": [row[2] or None for row in TARGETS],
        "green": [row[3] or None for row in TARGETS],
        "amber": [row[4] or None for row in TARGETS],
        "direction": [row[5] or None for row in TARGETS],
        "valid_from": since,
    }
