"""Feeds of interruptions: incidents and which customers they hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample.columns import Bools, Columns, Floats, Ints, codes, only, pick, ranks
from connectors.sample.flow import Deployments, deployment_codes
from connectors.sample.window import SECONDS
from connectors.sample.world import World

RECENT = (
    (0, 118.0, True), (3, 940.0, False), (0, 64.0, True), (3, 1_260.0, False),
    (5, 32.0, True), (4, 610.0, False), (0, 47.0, True), (2, 26.0, True),
)  # fmt: skip
"""Interruptions of the last weeks of the demo: service, minutes, felt by all. The long ones do little harm."""


@dataclass(frozen=True, slots=True)
class Outages:
    """Incidents in order of time; seconds since the start of the window."""

    service: Ints
    started: Floats
    minutes: Floats
    wide: Bools
    """Short incidents that hit the weightiest customers hard; the other long ones are hardly felt."""
    planned: Bools


def outages_make(world: World) -> Outages:
    """Return incidents: mostly short, some long at night and hardly felt, some short and felt by all."""
    rng = world.rng("incidents")
    n = world.size.incidents
    service = rng.integers(0, len(world.service_name), n)
    started = np.sort(rng.random(n) ** 0.97 * (world.window.end_second - 3_600))
    better = started / world.window.end_second
    planned = rng.random(n) < 0.10
    night = ~planned & (rng.random(n) < 0.08)
    wide = ~night & ~planned & (rng.random(n) < 0.07)
    minutes = rng.lognormal(3.3, 0.8, n) * (1.4 - 0.6 * better) + 3
    minutes = np.where(night, minutes * 9 + 240, np.where(planned, minutes * 2 + 30, minutes))
    if world.size.name == "demo":
        recent = np.flatnonzero(~planned & (started < world.window.end_second - 9 * SECONDS))[-24:]
        for place, (which, length, is_wide) in enumerate(RECENT):
            at = recent[place * 3]
            service[at], minutes[at], wide[at] = which, length, is_wide
    return Outages(service, started, minutes, wide, planned)


def incident_codes(world: World, it: Outages) -> pl.Series:
    """Return the codes of the incidents."""
    return codes("INC", len(it.service), 6)


def incidents(world: World, it: Outages, deployments: Deployments) -> Columns:
    """Interruptions of services; some follow from a failed deployment, the newest may still run."""
    rng = world.rng("incidents/details")
    n, window = len(it.service), world.window
    restored = it.started + it.minutes * 60
    detected = it.started + np.minimum(rng.exponential(5, n), it.minutes * 0.8) * 60
    failed = np.flatnonzero(deployments.failed == 1)
    key = deployments.service[failed] * 1e10 + deployments.at[failed]
    place = np.searchsorted(key, it.service * 1e10 + it.started) - 1
    cause = failed[np.maximum(place, 0)]
    near = (
        (place >= 0) & (deployments.service[cause] == it.service) & (it.started - deployments.at[cause] < 2 * SECONDS)
    )
    severity = np.select([it.wide, it.minutes > 240], [1, 2], default=rng.integers(2, 5, n))
    return {
        "code": incident_codes(world, it),
        "service": pick(world.service_code, it.service),
        "started_at": window.instant(it.started),
        "detected_at": only(detected < window.end_second, window.instant(detected)),
        "restored_at": only(restored < window.end_second, window.instant(restored)),
        "severity": only(rng.random(n) > 0.02, severity),
        "planned": it.planned,
        "deployment": pick(deployment_codes(deployments), np.where(near & ~it.planned, cause, -1)),
    }


def incident_impacts(world: World, it: Outages) -> Columns:
    """Customers hit by each incident: an exact number, no customer twice; unhappy customers wait longer."""
    rng = world.rng("incident_impacts")
    pairs, n = world.pairs, len(it.service)
    first = np.searchsorted(pairs.service, it.service)
    users = np.searchsorted(pairs.service, it.service, side="right") - first
    count = impact_counts(users, world.size.incident_impacts, it.wide, rng)
    incident, place = ranks(count)
    begin = np.floor(rng.random(n) * users).astype(np.int64)
    position = first[incident] + (begin[incident] + place) % users[incident]
    customer = pairs.customer[position]
    month = np.searchsorted(world.window.starts, it.started[incident] / SECONDS, side="right") - 1
    health = world.health_at(customer, month)
    own_times = rng.random(len(incident)) < 0.55
    started = it.started[incident] + rng.random(len(incident)) * 0.2 * it.minutes[incident] * 60
    ended = started + it.minutes[incident] * 60 * (0.3 + 1.0 * (1 - health))
    known = own_times & (ended < world.window.end_second)
    long_night = ~it.wide[incident] & (it.minutes[incident] > 240)
    degradation = np.where(long_night, 0.05, rng.choice(np.array([0.1, 0.25, 0.5, 1.0]), len(incident)))
    return {
        "incident": pick(incident_codes(world, it), incident),
        "customer": pick(world.customers.code, customer),
        "started_at": only(known, world.window.instant(started)),
        "ended_at": only(known, world.window.instant(ended)),
        "degradation": only(~it.wide[incident], degradation),
    }


def impact_counts(users: Ints, total: int, wide: Bools, rng: np.random.Generator) -> Ints:
    """Return how many customers each incident hits: wide ones twice as many, all together `total`."""
    n = len(users)
    count = np.minimum(np.where(wide, 5, rng.integers(1, 4, n)), users)
    while (gap := total - int(count.sum())) != 0:
        room = np.flatnonzero(count < users) if gap > 0 else np.flatnonzero(count > 1)
        if not len(room):
            raise ValueError("the impacts do not fit the customers served")
        chosen = rng.permutation(room)[: abs(gap)]
        count[chosen] += 1 if gap > 0 else -1
    return count
