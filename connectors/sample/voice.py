"""Feeds of what is said about us and done with us: surveys, touchpoints, reputation, adoption."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sample.columns import Columns, Floats, Ints, blank, codes, only, pick, ranks, spread
from connectors.sample.staff import Staff, person_codes
from connectors.sample.window import MONTHS
from connectors.sample.world import World

KINDS = ("nps", "csat", "ces", "enps")
SCALE_MIN = np.array([0, 1, 1, 0])
SCALE_MAX = np.array([10, 5, 7, 10])
ENOUGH = 5
"""Answers of customers that a wave has before it asks their customers too."""
PANEL = 60
"""Respondents a customer has; the same person may answer again in a later wave."""


def survey_responses(world: World, staff: Staff) -> Columns:
    """Answers in waves of a project and one of its customers, and of employees each quarter; an exact number."""
    customers = customer_answers(world, world.size.survey_responses - world.size.employee_answers)
    employees = employee_answers(world, staff, world.size.employee_answers)
    parts = [customers, employees]
    total = {name: pl.concat([part[name] for part in parts]) for name in customers}
    return {"code": codes("SR", world.size.survey_responses, 7), **total}


def customer_answers(world: World, count: int) -> dict[str, pl.Series]:
    """Return answers of customers: each wave asks some people of one customer of a project, three kinds of question."""
    rng = world.rng("survey_responses")
    window, projects = world.window, world.projects
    wave_project, wave_month, wave_customer = waves_make(world)
    waves = len(wave_project)
    sizes = spread(count, waves * 3, rng)
    group, place = ranks(sizes)
    wave, kind = group // 3, group % 3
    project, month, customer = wave_project[wave], wave_month[wave], wave_customer[wave]
    health = world.health_at(customer, month) + 0.10 * (projects.diligence[project] - 0.8)
    health += np.where(projects.impact[project] < 0, -0.12, 0.02 * np.minimum(projects.impact[project], 4))
    spare = (place >= ENOUGH) & (sizes[group] >= ENOUGH + 2)
    end_customer = (kind == 0) & ((rng.random(waves * 3) < 0.10)[group] | spare)
    share = np.minimum(rng.exponential(0.12, count), 0.97)
    respondent = (wave * 7 + place) % PANEL
    return {
        "kind": pick(pl.Series(KINDS), kind),
        "customer": pick(world.customers.code, customer),
        "project": pick(projects.code, project),
        "service": pick(world.service_code, projects.service[project]),
        "team": blank(count),
        "audience": pick(pl.Series(["customer", "end_customer"]), end_customer.astype(np.int64)),
        "respondent": pick(world.customers.code, customer) + "-" + pick(codes("", PANEL, 2), respondent),
        "score": pl.Series(score(kind, np.clip(health, 0.02, 0.98), rng)),
        "scale_min": pl.Series(SCALE_MIN[kind]),
        "scale_max": pl.Series(SCALE_MAX[kind]),
        "answered_on": pl.Series(window.day(window.day_in_month(month, share))),
    }


def waves_make(world: World) -> tuple[Ints, Ints, Ints]:
    """Return (project, month, customer) of every survey wave.

    A project asks one of its customers every few months; a customer that no project asks in a quarter is asked in its
    first month about one of the projects that work for it.
    """
    slot_project, slot_month = world.slots(tail=6)
    phase = (slot_month + slot_project) % world.size.wave_months == 0
    project, month = slot_project[phase], slot_month[phase]
    first, count = world.first_link()
    turn = first[project] + (month // world.size.wave_months) % np.maximum(count[project], 1)
    customer = world.links.customer[turn]
    acquired, left = world.customers.acquired, world.customers.left
    here = (acquired[customer] <= month) & (month < left[customer])
    project, month, customer = project[here], month[here], customer[here]
    shift = int(world.window.first_month.astype(int)) % 3
    quarters = (MONTHS + 5) // 3
    asked = np.zeros((len(acquired), quarters), dtype=bool)
    asked[customer, (month + shift) // 3] = True
    silent, quarter = np.nonzero(~asked)
    start = np.maximum(quarter * 3 - shift, 0)
    by_customer = np.argsort(world.links.customer, kind="stable")
    low = np.searchsorted(world.links.customer[by_customer], silent)
    links = np.searchsorted(world.links.customer[by_customer], silent, side="right") - low
    there = (acquired[silent] <= start) & (start < np.minimum(left[silent], MONTHS)) & (links > 0)
    place = low + quarter % np.maximum(links, 1)
    filler = world.links.project[by_customer[np.minimum(place, len(by_customer) - 1)]]
    return (
        np.concatenate([project, filler[there]]),
        np.concatenate([month, start[there]]),
        np.concatenate([customer, silent[there]]),
    )


def employee_answers(world: World, staff: Staff, count: int) -> dict[str, pl.Series]:
    """Return answers of employees in the first month of each quarter of the window, as evenly as can be."""
    rng = world.rng("survey_responses/employees")
    window = world.window
    calendar = window.first_month.astype(int) + np.arange(MONTHS)
    rounds = np.flatnonzero(calendar % 3 == 0)
    person, month = staff.months(window)
    asked = np.flatnonzero(np.isin(month, rounds))
    if count > len(asked):
        raise ValueError(f"{count} answers of employees do not fit {len(asked)} people asked")
    chosen = np.sort(asked[rng.permutation(len(asked))[:count]])
    person, month = person[chosen], month[chosen]
    mood = 0.52 + 0.12 * month / MONTHS + 0.10 * (staff.team[person] % 3 - 1)
    kind = np.full(count, 3)
    share = np.minimum(rng.exponential(0.10, count), 0.97)
    return {
        "kind": pick(pl.Series(KINDS), kind),
        "customer": blank(count),
        "project": blank(count),
        "service": blank(count),
        "team": pick(pl.Series(world.teams), staff.team[person]),
        "audience": pick(pl.Series(["employee"]), np.zeros(count, dtype=np.int64)),
        "respondent": pick(person_codes(world, staff), person),
        "score": pl.Series(score(kind, mood, rng)),
        "scale_min": pl.Series(SCALE_MIN[kind]),
        "scale_max": pl.Series(SCALE_MAX[kind]),
        "answered_on": pl.Series(window.day(window.day_in_month(month, share))),
    }


def score(kind: Ints, health: Floats, rng: np.random.Generator) -> Ints:
    """Return a score on the scale of its kind; better health, better score."""
    n = len(kind)
    luck = rng.random(n)
    promoter, detractor = np.clip(0.10 + 0.68 * health, 0, 1), np.clip(0.52 - 0.56 * health, 0.02, 1)
    recommend = np.select(
        [luck < promoter, luck > 1 - detractor],
        [rng.integers(9, 11, n), 6 - np.minimum(rng.geometric(0.45, n) - 1, 6)],
        default=rng.integers(7, 9, n),
    )
    satisfied = np.clip(np.round(2.1 + 2.9 * health + rng.normal(0, 0.75, n)), 1, 5)
    easy = np.clip(np.round(2.7 + 4.3 * health + rng.normal(0, 1.0, n)), 1, 7)
    return np.select([kind == 1, kind == 2], [satisfied, easy], default=recommend).astype(np.int64)


def touchpoints(world: World) -> Columns:
    """A business review each quarter and a service review each second month; unhappy customers are met less."""
    rng = world.rng("touchpoints")
    window, customers = world.window, world.customers
    n = len(customers.name)
    kinds = ("business review", "service review", "executive meeting")
    every = np.array([3, 2, 6]) if world.size.name == "demo" else np.array([3, 6, 12])
    customer, kind, month = (
        grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(3), np.arange(MONTHS), indexing="ij")
    )
    due = (month + customer) % every[kind] == 0
    here = (customers.acquired[customer] <= month) & (month < customers.left[customer])
    customer, kind, month = customer[due & here], kind[due & here], month[due & here]
    day = window.starts[month] + rng.integers(0, 26, len(month))
    late = rng.normal(0.5, 3, len(month)) + np.where(rng.random(len(month)) < 0.12, 14, 0)
    held = day + np.round(late).astype(np.int64)
    missed = rng.random(len(month)) < 0.30 - 0.26 * world.health_at(customer, month)
    return {
        "customer": pick(customers.code, customer),
        "kind": pick(pl.Series(kinds), kind),
        "due_on": window.day(day),
        "held_on": only((held < window.days) & ~missed, window.day(held)),
    }


def reputation_signals(world: World) -> Columns:
    """Four outside views each month, slowly better after a bad spring."""
    rng = world.rng("reputation_signals")
    sources = ("press", "review site", "analyst", "job site")
    source, month = (grid.ravel() for grid in np.meshgrid(np.arange(4), np.arange(MONTHS), indexing="ij"))
    dip = -14 * np.exp(-(((month - 20) / 3.0) ** 2))
    level = np.array([62, 66, 71, 58])[source] + 0.28 * month + dip * (source < 2) + rng.normal(0, 3, len(month))
    n = np.array([1, 40, 1, 15])[source] + rng.integers(0, 8, len(month))
    return {
        "source": pick(pl.Series(sources), source),
        "observed_on": world.window.day(world.window.day_in_month(month, rng.random(len(month)) * 0.5)),
        "score": np.round(np.clip(level, 0, 100), 1),
        "n": only(source != 2, n),
    }


def adoption(world: World) -> Columns:
    """Users entitled and active by project, customer and month, from the middle of the project on."""
    rng = world.rng("adoption")
    links, projects, window = world.links, world.projects, world.window
    begun = np.flatnonzero(projects.begun[links.project])
    begin = projects.start[links.project[begun]] + projects.plan[links.project[begun]] // 3
    begin = np.maximum(begin, np.maximum(world.customers.acquired[links.customer[begun]], 0))
    until = np.minimum(MONTHS, world.customers.left[links.customer[begun]])
    every = world.size.adoption_months
    link, place = ranks(np.maximum(0, (until - begin + every - 1) // every))
    month = begin[link] + place * every
    project, customer = links.project[begun][link], links.customer[begun][link]
    entitled = np.round(rng.lognormal(5.2, 0.8, len(begun)))[link] + 20
    ceiling = np.clip(0.25 + 0.75 * world.health_at(customer, month) + 0.03 * projects.impact[project], 0.08, 0.97)
    share = ceiling * (1 - np.exp(-(place * every + 3) / 6.0)) + rng.normal(0, 0.02, len(month))
    return {
        "customer": pick(world.customers.code, customer),
        "service": pick(world.service_code, projects.service[project]),
        "project": pick(projects.code, project),
        "month": window.month_label(month),
        "entitled_users": entitled.astype(np.int64),
        "active_users": np.floor(entitled * np.clip(share, 0.02, 1)).astype(np.int64),
    }
