"""Feeds of plan and progress: project months, status reports, milestones, benefits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample.columns import Bools, Columns, Floats, Ints, codes, only, pick, ranks
from connectors.sample.window import MONTHS
from connectors.sample.world import World

NARRATIVES = {
    "green": ("On plan.", "The last delivery was accepted without remarks.", "On plan; two risks were closed."),
    "amber": (
        "Behind plan, recovery agreed with the sponsor.",
        "A supplier delivers late, the effect is being worked out.",
        "Cost runs ahead of progress; scope is under review.",
    ),
    "red": (
        "The agreed finish cannot be met without more people.",
        "The budget does not carry what is left to do.",
        "Stopped until the test environment is back.",
    ),
}
MILESTONES = ("Scope agreed", "First users", "Half of the users", "Hand-over tested", "All users", "Closed")


@dataclass(frozen=True, slots=True)
class Progress:
    """Project months as columns: one entry a row of the feed."""

    project: Ints
    place: Ints
    month: Ints
    planned: Floats
    earned: Floats
    cost: Floats
    reported: Bools


def progress_make(world: World) -> Progress:
    """Return planned value, earned value and cost of each project month.

    Value grows along an S-curve (3 x^2 - 2 x^3); earned value follows it over the real duration, cost is earned
    value over the project's cost index. Months after the as-of day and after the end are plan only.
    """
    rng = world.rng("project_months")
    it = world.projects
    project, place = ranks(it.rows)
    month = it.start[project] + place
    budget = it.budget[project]
    planned = budget * step(place, it.plan[project])
    share = step(place, it.full[project]) * rng.lognormal(0, 0.16, len(place))
    total = np.bincount(project, weights=share, minlength=len(it.rows))
    earned = budget * share / total[project]
    drift = 1 + 0.10 * (0.5 - place / it.full[project])
    cost = earned / (it.cost_index[project] * drift) * rng.lognormal(0, 0.10, len(place))
    reversal = rng.random(len(place)) < 0.003
    cost = np.where(reversal, -0.15 * cost, cost)
    reported = (month < MONTHS) & (place < it.actual[project]) & (rng.random(len(place)) > 0.01)
    return Progress(project, place, month, np.round(planned), np.round(earned), np.round(cost), reported)


def step(place: Ints, length: Ints) -> Floats:
    """Return the share of an S-curve of `length` months that falls into month `place`, 0 after the last."""
    before = np.minimum(place / length, 1.0)
    after = np.minimum((place + 1) / length, 1.0)
    return after**2 * (3 - 2 * after) - before**2 * (3 - 2 * before)


def project_months(world: World, progress: Progress) -> Columns:
    """Planned value, earned value and cost by project and month; a month not reported has the plan only."""
    return {
        "project": pick(world.projects.code, progress.project),
        "month": world.window.month_label(progress.month),
        "planned_value": progress.planned.astype(np.int64),
        "earned_value": only(progress.reported, progress.earned.astype(np.int64)),
        "actual_cost": only(progress.reported, progress.cost.astype(np.int64)),
    }


def status_reports(world: World, progress: Progress) -> Columns:
    """One report for most months in which a project runs; its colour follows cost and schedule."""
    rng = world.rng("status_reports")
    it, window = world.projects, world.window
    total = len(progress.project)
    runs = (progress.month < MONTHS) & (progress.place < it.actual[progress.project])
    kept = runs & (rng.random(total) < it.diligence[progress.project])
    rows = np.flatnonzero(kept)
    project, month, place = progress.project[rows], progress.month[rows], progress.place[rows]
    earned = np.cumsum(np.where(progress.reported, progress.earned, 0))
    before = np.concatenate([[0], earned])[np.cumsum(it.rows) - it.rows]
    share = np.clip((earned[rows] - before[project]) / it.budget[project], 0, 1)
    late = it.full[project] / it.plan[project]
    trouble = (
        np.maximum(late - 1, 0) * 2.2 + np.maximum(1 - it.cost_index[project], 0) * 1.8 + rng.normal(0, 0.12, len(rows))
    )
    rag = np.select([trouble > 0.55, trouble > 0.25], ["red", "amber"], default="green")
    rag_blank = rng.random(len(rows)) < 0.02
    pickup = rng.integers(0, 3, len(rows))
    words = pl.Series([text for colour in ("green", "amber", "red") for text in NARRATIVES[colour]])
    level = np.select([rag == "red", rag == "amber"], [2, 1], default=0)
    reported = window.day_in_month(month, 0.35 + 0.6 * rng.random(len(rows)))
    finish = it.start[project] + np.round(
        it.plan[project] + (it.full[project] - it.plan[project]) * np.minimum(1, 0.2 + place / it.plan[project])
    ).astype(np.int64)
    year_share = np.minimum(12 / it.plan[project], 1)
    year_budget = np.round(it.budget[project] * year_share, -3)
    return {
        "project": pick(it.code, project),
        "reported_on": window.day(reported),
        "rag": only(~rag_blank, pl.Series(rag.tolist())),
        "rating": only(~rag_blank, pick(pl.Series(["On track", "Needs attention", "Off track"]), level)),
        "percent_complete": np.round(100 * share).astype(np.int64),
        "forecast_finish_on": window.month_start(finish) - np.timedelta64(1, "D"),
        "forecast_cost": np.round(it.budget[project] / it.cost_index[project], -3).astype(np.int64),
        "year_budget": year_budget.astype(np.int64),
        "year_forecast": np.round(year_budget / it.cost_index[project], -3).astype(np.int64),
        "narrative": pick(words, level * 3 + pickup),
    }


def milestones(world: World) -> Columns:
    """Milestones at equal distances over the plan; the lateness of a project grows towards its end."""
    rng = world.rng("milestones")
    it, window = world.projects, world.window
    n, each = len(it.name), world.size.milestones_per_project
    project, place = ranks(np.full(n, each))
    share = (place + 1) / each
    first = (window.month_start(it.start) - window.first_day).astype(np.int64)[project] + 10
    length = it.plan[project] * 30.4 - 16
    baseline = np.floor(first + share * length).astype(np.int64)
    slip = share**1.5 * (it.full[project] - it.plan[project]) * 15 + rng.normal(0, 8, len(project)) - 9
    expected = np.maximum(np.floor(baseline + slip).astype(np.int64), first)
    end_of_work = it.start[project] + it.actual[project]
    stopped = it.cancelled[project] | it.on_hold[project]
    dropped = stopped & (expected > (window.month_start(end_of_work) - window.first_day).astype(np.int64))
    reached = (expected < window.days) & ~dropped & it.begun[project]
    names = pl.Series(MILESTONES)
    cancel = (window.month_start(end_of_work) - window.first_day).astype(np.int64)
    late = (expected > baseline) & (expected >= window.days)
    return {
        "project": pick(it.code, project),
        "code": pick(codes("M", each, 1), place),
        "name": pick(names, place * len(MILESTONES) // each),
        "baseline_on": window.day(baseline),
        "forecast_on": window.day(np.where(late | reached, expected, baseline)),
        "actual_on": only(reached, window.day(expected)),
        "customer_facing": (place % 3 == 1) | (rng.random(len(project)) < 0.25),
        "cancelled_on": only(dropped & it.cancelled[project], window.day(cancel)),
    }


def benefits(world: World) -> Columns:
    """Money benefits from the middle of the plan on, for three projects in four; new months stay open."""
    rng = world.rng("benefits")
    it, window = world.projects, world.window
    n = len(it.name)
    has = (rng.random(n) < 0.75) & it.begun & ~it.cancelled
    begin = it.start + np.maximum(2, it.plan // 2)
    every = 1 if world.size.name == "demo" else 3
    count = np.where(has, np.maximum(0, (np.minimum(begin + 30, MONTHS + 4) - begin + every - 1) // every), 0)
    project, place = ranks(count)
    month = begin[project] + place * every
    worth = rng.lognormal(0.05, 0.45, n)
    planned = np.round(it.budget * worth * every / 16)[project] * np.minimum(1, 0.4 + 0.15 * place)
    kept = np.clip(rng.normal(0.92, 0.22, n), 0.2, 1.5)[project]
    lag = rng.integers(0, 3, n)[project]
    realised = np.round(planned * kept * rng.lognormal(0, 0.12, len(project)))
    known = (month < MONTHS - lag) & (rng.random(len(project)) > 0.02)
    return {
        "project": pick(it.code, project),
        "code": pick(pl.Series(["B1"]), np.zeros(len(project), dtype=np.int64)),
        "month": window.month_label(month),
        "planned": np.round(planned).astype(np.int64),
        "realised": only(known, realised.astype(np.int64)),
        "validated": only(known, rng.random(len(project)) < 0.7),
    }
