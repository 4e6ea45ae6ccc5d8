"""Feeds of people: employment, hours worked, capacity, development plans, ideas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample.columns import Bools, Columns, Floats, Ints, codes, only, pick, ranks, spread
from connectors.sample.window import MONTHS, Window
from connectors.sample.world import World

ROLES = ("developer", "designer", "tester", "support", "analyst", "project manager", "operations")
REASONS = ("voluntary", "involuntary", "retired", "other")
OLDEST_DAYS = 720
"""In the large sizes nobody was hired much longer before the window, so that benchmarks measure the window."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Employment spells; days are counted from the first day of the window."""

    team: Ints
    hired: Ints
    left: Ints
    """Last day employed; far beyond the window for those who stay."""

    def months(self, window: Window) -> tuple[Ints, Ints]:
        """Return (person, month) of every month in which a person is employed on the first day."""
        first = np.clip(np.searchsorted(window.starts, self.hired), 0, MONTHS)
        until = np.clip(np.searchsorted(window.starts, self.left), first, MONTHS)
        person, place = ranks(until - first)
        return person, first[person] + place

    def employed(self, day: int) -> Ints:
        """Return the persons employed on a day."""
        return np.flatnonzero((self.hired <= day) & (self.left >= day))


def staff_make(world: World) -> Staff:
    """Return spells: one in four was hired inside the window, one in four has left or leaves in it.

    Person months are about a third of the rows of person_months that the size asks for.
    """
    rng = world.rng("people")
    n, days = world.size.people, world.window.days
    team = np.arange(n) % len(world.teams)
    kind = rng.random(n)
    newcomer = kind < 0.32
    hired = np.where(newcomer, rng.integers(0, days - 40, n), -rng.integers(1, 3_200, n))
    leaves = rng.random(n) < np.where(team % 3 == 1, 0.36, 0.22)
    stay = rng.lognormal(6.2, 0.8, n)
    left = np.where(leaves, np.where(newcomer, hired + stay, days * rng.random(n)), 10**7).astype(np.int64)
    if world.size.name != "demo":
        gone_early = ~newcomer & (rng.random(n) < 0.22)
        left = np.where(gone_early, -rng.integers(0, 400, n), left)
        hired = np.where(gone_early, left - rng.integers(60, 2_000, n), hired)
        hired = np.where(gone_early, hired, np.maximum(hired, -OLDEST_DAYS))
        hired = np.where(gone_early, np.maximum(hired, left - OLDEST_DAYS), hired)
    return Staff(team, hired, np.where(left >= days, 10**7, left))


def person_codes(world: World, staff: Staff) -> pl.Series:
    """Return the codes of the people."""
    return codes("W", len(staff.team), 3 if world.size.name == "demo" else 5)


def people(world: World, staff: Staff) -> Columns:
    """Employment spells under pseudonyms."""
    rng = world.rng("people/details")
    n = len(staff.team)
    gone = staff.left < 10**7
    reason = np.searchsorted(np.array([0.62, 0.82, 0.94]), rng.random(n))
    return {
        "code": person_codes(world, staff),
        "team": pick(pl.Series(world.teams), staff.team),
        "role": pick(pl.Series(ROLES), rng.integers(0, len(ROLES), n)),
        "hired_on": world.window.day(staff.hired),
        "left_on": only(gone, world.window.day(np.minimum(staff.left, world.window.days))),
        "exit_reason": only(gone, pick(pl.Series(REASONS), reason)),
        "regretted": only(gone & (reason == 0), rng.random(n) < 0.45),
        "fte": rng.choice(np.array([1.0, 1.0, 1.0, 0.8, 0.5]), n),
    }


@dataclass(frozen=True, slots=True)
class Hours:
    """Person months with the hours available and the share booked on projects and in all."""

    person: Ints
    month: Ints
    capacity: Floats
    on_projects: Floats
    on_overhead: Floats


def hours_make(world: World, staff: Staff) -> Hours:
    """Return hours by person and month; the newest month holds the days so far."""
    rng = world.rng("capacity")
    person, month = staff.months(world.window)
    n = len(person)
    share = np.where(month == MONTHS - 1, world.window.last_share, 1.0)
    holiday = np.where((world.window.first_month + month).astype("datetime64[M]").astype(int) % 12 == 6, 0.55, 1.0)
    capacity = np.round(rng.choice(np.array([152.0, 160.0, 168.0]), n) * holiday * share, 1)
    busy = 0.74 + 0.10 * month / MONTHS + 0.05 * (staff.team[person] % 3 - 1) + rng.normal(0, 0.07, n)
    booked = np.where(
        rng.random(n) < 0.12 - 0.07 * month / MONTHS, rng.uniform(0.4, 0.88, n), rng.normal(0.985, 0.035, n)
    )
    on_projects = np.clip(busy, 0.2, 1.05) * np.minimum(booked + 0.02, 1)
    on_overhead = np.maximum(booked - on_projects, 0.01)
    return Hours(person, month, capacity, on_projects * capacity, on_overhead * capacity)


def capacity(world: World, staff: Staff, hours: Hours) -> Columns:
    """Hours available by person and month."""
    return {
        "person": pick(person_codes(world, staff), hours.person),
        "month": world.window.month_label(hours.month),
        "hours": hours.capacity,
    }


def person_months(world: World, staff: Staff, hours: Hours) -> Columns:
    """Hours by person, project and month: exactly as many rows as the size asks for.

    Each person month has one overhead row and one to three project rows; projects of the own team come first,
    weighed by priority, the second and third are their neighbours, now and then of another team.
    """
    rng = world.rng("person_months")
    n, total = len(hours.person), world.size.person_months
    most = 3 * n + np.sum(hours.month < MONTHS)
    if not n < total <= most:
        raise ValueError(f"{total} rows of hours do not fit {n} person months")
    projects_each = np.minimum(spread(total - n, n, rng), 3)
    choice = choices_make(world, staff, hours, rng)
    weight = rng.uniform(0.5, 1.5, (n, 3)) * np.array([2.0, 1.0, 0.6])
    weight *= np.arange(3) < projects_each[:, None]
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    row, place = ranks(projects_each)
    project_hours = np.round(hours.on_projects[row] * weight[row, place], 1)
    person = np.concatenate([hours.person[row], hours.person])
    month = np.concatenate([hours.month[row], hours.month])
    project = np.concatenate([choice[row, place], np.full(n, -1)])
    worked = np.concatenate([project_hours, np.round(hours.on_overhead, 1)])
    order = np.lexsort((-project, month, person))
    return {
        "person": pick(person_codes(world, staff), person[order]),
        "project": pick(world.projects.code, project[order]),
        "month": world.window.month_label(month[order]),
        "hours": worked[order],
    }


def choices_make(world: World, staff: Staff, hours: Hours, rng: np.random.Generator) -> Ints:
    """Return three different running projects for each person month."""
    projects = world.projects
    choice = np.full((len(hours.person), 3), -1, dtype=np.int64)
    order = np.argsort(hours.month, kind="stable")
    bounds = np.searchsorted(hours.month[order], np.arange(MONTHS + 1))
    by_team = np.argsort(projects.team, kind="stable")
    for month in range(MONTHS):
        rows = order[bounds[month] : bounds[month + 1]]
        runs = by_team[is_running(world, month)[by_team]]
        if len(runs) < 3:
            runs = by_team
        team = staff.team[hours.person[rows]]
        weight = np.concatenate([[0.0], np.cumsum(projects.priority[runs] + 1.0)])
        low = np.searchsorted(projects.team[runs], team)
        high = np.searchsorted(projects.team[runs], team, side="right")
        nobody = low == high
        low, high = np.where(nobody, 0, low), np.where(nobody, len(runs), high)
        drawn = weight[low] + rng.random(len(rows)) * (weight[high] - weight[low])
        first = np.clip(np.searchsorted(weight, drawn, side="right") - 1, low, high - 1)
        far = rng.random(len(rows)) < 0.3
        near = 1 + np.minimum(rng.geometric(0.5, len(rows)) - 1, len(runs) - 2)
        second = np.where(far, rng.integers(1, len(runs), len(rows)), near)
        third = 1 + (second - 1 + rng.integers(1, len(runs) - 1, len(rows))) % (len(runs) - 1)
        choice[rows, 0] = runs[first]
        choice[rows, 1] = runs[(first + second) % len(runs)]
        choice[rows, 2] = runs[(first + third) % len(runs)]
    return choice


def is_running(world: World, month: int) -> Bools:
    """Return which projects run in a month."""
    projects = world.projects
    return (projects.start <= month) & (month < projects.start + projects.actual)


def development_plans(world: World, staff: Staff) -> Columns:
    """A plan for four people in five; some have no measurable goal, some were never reviewed again."""
    rng = world.rng("development_plans")
    days = world.window.days
    has = (rng.random(len(staff.team)) < 0.86) & (staff.left > 0)
    person = np.flatnonzero(has)
    n = len(person)
    documented = np.maximum(staff.hired[person] + rng.integers(20, 160, n), rng.integers(0, 300, n))
    documented = np.minimum(documented, days + 200)
    known = documented < np.minimum(days, staff.left[person])
    goals = rng.integers(1, 5, n)
    reviewed = np.where(rng.random(n) < 0.78, days - rng.integers(2, 170, n), documented + rng.integers(0, 200, n))
    was_reviewed = known & (reviewed > documented) & (reviewed < np.minimum(days, staff.left[person]))
    gone = staff.left[person] < 10**7
    return {
        "code": codes("DP", n, 5),
        "person": pick(person_codes(world, staff), person),
        "documented_on": only(known, world.window.day(documented)),
        "goals": goals,
        "measurable_goals": np.minimum(goals, np.where(rng.random(n) < 0.14, 0, rng.integers(1, 5, n))),
        "last_reviewed_on": only(was_reviewed, world.window.day(reviewed)),
        "closed_on": only(gone & known, world.window.day(np.minimum(staff.left[person], days))),
    }


def ideas(world: World) -> Columns:
    """Ideas of teams; more of the newer ones are put to use."""
    rng = world.rng("ideas")
    n, window = world.size.ideas, world.window
    submitted = np.sort(np.floor(rng.random(n) ** 0.9 * window.days).astype(np.int64))
    fate = rng.random(n)
    used = fate < 0.12 + 0.18 * submitted / window.days
    decided = submitted + rng.integers(8, 150, n)
    known = decided < window.days
    return {
        "code": codes("ID", n, 5),
        "team": pick(pl.Series(world.teams), rng.integers(0, len(world.teams), n)),
        "submitted_on": window.day(submitted),
        "implemented_on": only(used & known, window.day(decided)),
        "rejected_on": only(~used & (fate < 0.62) & known, window.day(decided)),
    }
