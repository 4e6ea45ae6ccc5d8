"""Feeds of work that flows: work items, releases, defects, deployments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample.columns import Columns, Floats, Ints, codes, only, pick, ranks
from connectors.sample.window import MONTHS, SECONDS
from connectors.sample.world import World

RELEASE_DAYS = 35


@dataclass(frozen=True, slots=True)
class Releases:
    """Releases sorted by service and time; the last of each service is not out yet (time is infinite)."""

    service: Ints
    at: Floats
    """Seconds since the start of the window."""
    key: Floats
    """Service and time in one sortable number."""

    def next(self, service: Ints, second: Floats) -> Ints:
        """Return the first release of the service after the instant."""
        return np.searchsorted(self.key, service * 1e10 + second, side="right")


def releases_make(world: World) -> Releases:
    """Return a release of each service about each fifth week, and one to come."""
    rng = world.rng("releases")
    n = len(world.service_name)
    count = np.full(n, world.window.days // RELEASE_DAYS + 1)
    service, place = ranks(count)
    day = place * RELEASE_DAYS + 12 + rng.integers(-5, 6, len(place))
    at = day * SECONDS + rng.integers(8, 18, len(place)) * 3_600.0
    coming = place == count[0] - 1
    at = np.where(coming | (at >= world.window.end_second), np.inf, at)
    return Releases(service, at, service * 1e10 + np.minimum(at, 9e9))


def release_codes(world: World, it: Releases) -> pl.Series:
    """Return the codes of the releases."""
    return codes("R", len(it.service), 4 if world.size.name == "demo" else 5)


def releases(world: World, it: Releases) -> Columns:
    """Releases with the project that filled them."""
    rng = world.rng("releases/project")
    order = np.argsort(world.projects.service, kind="stable")
    sorted_service = world.projects.service[order]
    first = np.searchsorted(sorted_service, it.service)
    count = np.searchsorted(sorted_service, it.service, side="right") - first
    place = first + np.floor(rng.random(len(count)) * np.maximum(count, 1)).astype(np.int64)
    project = np.where(count > 0, order[np.minimum(place, len(order) - 1)], -1)
    return {
        "code": release_codes(world, it),
        "service": pick(world.service_code, it.service),
        "project": pick(world.projects.code, project),
        "released_at": world.window.instant(it.at),
    }


def defects(world: World, releases_: Releases) -> Columns:
    """Defects of projects while they run and half a year after; they are fixed faster and escape less over time."""
    rng = world.rng("defects")
    window, n = world.window, world.size.defects
    slot_project, slot_month = world.slots(tail=6)
    slot = rng.integers(0, len(slot_project), n)
    project, month = slot_project[slot], slot_month[slot]
    service = world.projects.service[project]
    opened = window.second_in_month(month, rng.random(n))
    following = releases_.next(service, opened)
    before = following - 1
    has_before = (before >= 0) & (releases_.service[np.maximum(before, 0)] == service)
    better = month / MONTHS
    care = world.projects.diligence[project]
    escaped = has_before & (rng.random(n) < 0.26 - 0.14 * better + 0.25 * (0.9 - care))
    severity = 1 + np.searchsorted(np.array([0.06, 0.27, 0.72]), rng.random(n))
    typical = np.array([1.5, 4.0, 7.0, 14.0])[severity - 1] * (1.5 - 0.75 * better) * (1.6 - 0.6 * care)
    fixed = opened + rng.lognormal(0, 0.8, n) * typical * SECONDS
    fixed = np.where((fixed < window.end_second) & (rng.random(n) > 0.03), fixed, np.nan)
    validity = np.searchsorted(np.array([0.90, 0.96]), rng.random(n))
    code = release_codes(world, releases_)
    return {
        "code": codes("D", n, 7),
        "project": pick(world.projects.code, project),
        "service": pick(world.service_code, service),
        "severity": severity,
        "validity": pick(pl.Series(["valid", "duplicate", "rejected"]), validity),
        "opened_at": window.instant(opened),
        "fixed_at": window.instant(fixed),
        "found_phase": pick(pl.Series(["before_release", "after_release"]), escaped.astype(np.int64)),
        "release": pick(code, following),
        "introduced_release": pick(code, np.where(escaped, before, following)),
    }


@dataclass(frozen=True, slots=True)
class Deployments:
    """Deployments sorted by service and time."""

    service: Ints
    at: Floats
    failed: Ints
    """1 failed, 0 did not, -1 not known."""


def deployments_make(world: World) -> Deployments:
    """Return deployments of every service over the window; fewer fail as time goes."""
    rng = world.rng("deployments")
    n = len(world.service_name) * world.size.deployments_per_service
    service = np.repeat(np.arange(len(world.service_name)), world.size.deployments_per_service)
    days = np.floor(rng.random(n) ** 0.85 * world.window.days)
    at = np.minimum(days * SECONDS + (8 + 9 * rng.random(n)) * 3_600, world.window.end_second - 7_200)
    order = np.lexsort((at, service))
    service, at = service[order], at[order]
    chance = 0.24 - 0.13 * at / world.window.end_second + 0.05 * (service % 3 == 0)
    failed = (rng.random(n) < chance).astype(np.int64)
    return Deployments(service, at, np.where(rng.random(n) < 0.03, -1, failed))


def deployment_codes(it: Deployments) -> pl.Series:
    """Return the codes of the deployments."""
    return codes("DE", len(it.service), 5)


def deployments(world: World, it: Deployments) -> Columns:
    """Changes put into production, with how long they took and whether they failed."""
    rng = world.rng("deployments/details")
    n, window = len(it.service), world.window
    better = it.at / window.end_second
    committed = it.at - rng.lognormal(0, 0.7, n) * (96 - 55 * better) * 3_600
    restored = it.at + rng.lognormal(0, 0.9, n) * (5 - 3 * better) * 3_600
    has_restored = (it.failed == 1) & (restored < window.end_second)
    return {
        "code": deployment_codes(it),
        "service": pick(world.service_code, it.service),
        "deployed_at": window.instant(it.at),
        "first_committed_at": only(rng.random(n) > 0.05, window.instant(committed)),
        "failed": only(it.failed >= 0, it.failed == 1),
        "restored_at": only(has_restored, window.instant(restored)),
        "rework": only(it.failed >= 0, rng.random(n) < 0.12 - 0.05 * better),
    }


def work_items(world: World) -> Columns:
    """Pieces of work of the projects, shorter as time goes; one in thirty is given up."""
    rng = world.rng("work_items")
    window = world.window
    slot_project, slot_month = world.slots()
    n = world.size.work_items_per_project * len(world.projects.name)
    slot = rng.integers(0, len(slot_project), n)
    project, month = slot_project[slot], slot_month[slot]
    started = window.second_in_month(month, rng.random(n))
    typical = (13 - 6 * month / MONTHS) * (1.5 - 0.6 * world.projects.diligence[project])
    finished = started + rng.lognormal(0, 0.75, n) * typical * SECONDS
    given_up = rng.random(n) < 0.03
    over = finished < window.end_second
    return {
        "code": codes("WI", n, 6),
        "project": pick(world.projects.code, project),
        "service": pick(world.service_code, world.projects.service[project]),
        "team": pick(pl.Series(world.teams), world.projects.team[project]),
        "started_at": window.instant(started),
        "finished_at": only(over & ~given_up, window.instant(finished)),
        "cancelled_at": only(over & given_up, window.instant(finished)),
    }
