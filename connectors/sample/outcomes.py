"""Feeds of what customers want: initiatives, outcomes, measurements, and what projects claim to have changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample import demo
from connectors.sample.columns import Bools, Columns, Floats, Ints, codes, pick, ranks
from connectors.sample.window import MONTHS
from connectors.sample.world import World

EVIDENCE = ("claimed", "correlated", "before_after", "customer_confirmed")
FALL = -1.15
"""The pull of an outcome that gets worse."""
CLAIM_RENEWALS = 3
"""How often a project renews its claim while the outcome runs."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Outcomes as columns; the initiative of an outcome is its place halved."""

    customer: Ints
    """Customer by outcome."""
    idea: Ints
    start: Ints
    due: Ints
    measured: Bools
    pull: Floats
    """How well the outcome does besides the health of its customer."""
    baseline: Floats
    target: Floats
    digits: Ints

    def attained(self, world: World, outcome: Ints, month: Ints) -> Floats:
        """Return the progress of outcomes at months, -1 to 1: it follows the customer's health of a quarter before."""
        start, due = self.start[outcome], self.due[outcome]
        ramp = np.clip((month - start) / np.maximum(due - start, 1), 0, 1) ** 0.8
        health = world.health_at(self.customer[outcome], month - 3)
        return np.clip(ramp * (1.6 * (health - 0.34) + self.pull[outcome]), -1, 1)

    def level(self, outcome: Ints, attained: Floats) -> Floats:
        """Return the measured level that stands for a progress, rounded as the outcome is."""
        value = self.baseline[outcome] + attained * (self.target - self.baseline)[outcome]
        scale = 10.0 ** self.digits[outcome]
        return np.round(value * scale) / scale


def wishes_make(world: World) -> Wishes:
    """Return two outcomes for each initiative; a few are not measurable, a few fall."""
    rng = world.rng("outcomes")
    customers = len(world.customers.name)
    each = world.size.initiatives_per_customer
    ideas = len(demo.OUTCOMES) // 2
    customer = np.repeat(np.arange(customers), each * 2)
    order = np.tile(np.arange(each * 2) // 2, customers)
    idea = 2 * ((customer * 2 + order * 3) % ideas) + np.tile(np.arange(each * 2) % 2, customers)
    n = len(customer)
    begin = np.maximum(0, world.customers.acquired[customer]) + rng.integers(0, 7, n)
    baseline = np.array([o.baseline for o in demo.OUTCOMES])[idea] * rng.uniform(0.9, 1.1, n)
    target = np.array([o.target for o in demo.OUTCOMES])[idea]
    digits = np.array([o.digits for o in demo.OUTCOMES])[idea]
    baseline = np.round(baseline * 10.0**digits) / 10.0**digits
    kind = rng.random(n)
    pull = np.where(rng.random(n) < 0.12, FALL, rng.normal(0.12, 0.16, n))
    if world.size.name == "demo":
        falling = np.array([c * each * 2 + place for c, place in demo.FALLING])
        pull = np.maximum(pull, -0.2)
        pull[falling], kind[falling] = FALL, 0.5
    return Wishes(
        customer=customer,
        idea=idea,
        start=np.where(kind > 0.97, MONTHS + 2, begin),
        due=begin + rng.integers(30, 46, n),
        measured=kind > 0.04,
        pull=pull,
        baseline=baseline,
        target=np.where((kind > 0.93) & (kind <= 0.955), baseline, target),
        digits=digits,
    )


def outcome_codes(world: World, wishes: Wishes) -> pl.Series:
    """Return the codes of the outcomes."""
    return codes("O", len(wishes.customer), 3 if world.size.name == "demo" else 5)


def initiative_codes(world: World, wishes: Wishes) -> pl.Series:
    """Return the codes of the initiatives."""
    return codes("I", len(wishes.customer) // 2, 3 if world.size.name == "demo" else 5)


def initiatives(world: World, wishes: Wishes) -> Columns:
    """What each customer wants to achieve."""
    first = np.arange(0, len(wishes.customer), 2)
    idea = wishes.idea[first]
    window = world.window
    begin = np.minimum(np.minimum(wishes.start[first], wishes.start[first + 1]), MONTHS - 2)
    due = np.maximum(wishes.due[first], wishes.due[first + 1])
    return {
        "code": initiative_codes(world, wishes),
        "customer": pick(world.customers.code, wishes.customer[first]),
        "name": pick(pl.Series([o.initiative for o in demo.OUTCOMES]), idea),
        "objective": pick(pl.Series([o.objective for o in demo.OUTCOMES]), idea),
        "factor": pick(pl.Series([o.factor for o in demo.OUTCOMES]), idea),
        "weight": 1 + (first // 2) % 3,
        "start_on": window.month_start(begin),
        "due_on": window.month_start(due) - np.timedelta64(1, "D"),
    }


def outcomes(world: World, wishes: Wishes) -> Columns:
    """The measure by which each initiative is judged."""
    n = len(wishes.customer)
    due = np.maximum(wishes.due, wishes.start + 6)
    return {
        "code": outcome_codes(world, wishes),
        "initiative": pick(initiative_codes(world, wishes), np.arange(n) // 2),
        "name": pick(pl.Series([o.name for o in demo.OUTCOMES]), wishes.idea),
        "unit": pick(pl.Series([o.unit for o in demo.OUTCOMES]), wishes.idea),
        "baseline": wishes.baseline,
        "target": wishes.target,
        "start_on": world.window.month_start(wishes.start),
        "due_on": world.window.month_start(due) - np.timedelta64(1, "D"),
        "weight": 1 + np.arange(n) % 3,
        "audience": pick(pl.Series([o.audience for o in demo.OUTCOMES]), wishes.idea),
    }


def outcome_measurements(world: World, wishes: Wishes) -> Columns:
    """A measured level each second month in the demo and each quarter else, from the start of the outcome on."""
    rng = world.rng("outcome_measurements")
    every = 2 if world.size.name == "demo" else 4
    left = np.minimum(world.customers.left[wishes.customer], MONTHS)
    count = np.where(wishes.measured, np.maximum(0, (left - wishes.start + every - 1) // every), 0)
    outcome, place = ranks(count)
    month = wishes.start[outcome] + place * every
    attained = wishes.attained(world, outcome, month) + rng.normal(0, 0.025, len(outcome)) * (place > 0)
    return {
        "outcome": pick(outcome_codes(world, wishes), outcome),
        "measured_on": world.window.day(world.window.starts[month]),
        "value": wishes.level(outcome, attained),
    }


def contributions(world: World, wishes: Wishes) -> Columns:
    """What projects claim on outcomes of their customers, renewed as the outcome moves.

    A project with a strong impact claims more; some outcomes are over-claimed, some are claimed by nobody; a project
    with a negative impact admits harm. The grade of evidence rises with each renewal.
    """
    rng = world.rng("contributions")
    claim_project, claim_outcome = claims_make(world, wishes, rng)
    impact = world.projects.impact[claim_project]
    weight = np.abs(impact) ** 1.3 * rng.uniform(0.6, 1.4, len(impact))
    total = np.bincount(claim_outcome, weights=weight, minlength=len(wishes.customer))
    share = weight / total[claim_outcome]
    boldness = np.where(rng.random(len(wishes.customer)) < 0.3, 1.45, rng.uniform(0.6, 1.0, len(wishes.customer)))
    start = np.maximum(wishes.start[claim_outcome], world.projects.start[claim_project]) + 3
    end = np.minimum(MONTHS - 1, wishes.due[claim_outcome])
    step = np.maximum((end - start) // CLAIM_RENEWALS, 2)
    claim, renewal = ranks(np.where(start < MONTHS, CLAIM_RENEWALS, 0))
    month = start[claim] + renewal * step[claim]
    inside = month < MONTHS
    claim, renewal, month = claim[inside], renewal[inside], month[inside]
    outcome, project = claim_outcome[claim], claim_project[claim]
    attained = wishes.attained(world, outcome, month)
    caused = np.where(impact[claim] < 0, -np.maximum(np.abs(attained) * 0.9, 0.04), np.maximum(np.abs(attained), 0.03))
    part = caused * share[claim] * boldness[outcome]
    effect = part * (wishes.target - wishes.baseline)[outcome]
    grade = np.clip(renewal + rng.integers(0, 2, len(claim)), 0, 3)
    return {
        "project": pick(world.projects.code, project),
        "outcome": pick(outcome_codes(world, wishes), outcome),
        "effect": np.round(effect, 4),
        "evidence": pick(pl.Series(EVIDENCE), grade),
        "valid_from": world.window.day(world.window.starts[month]),
    }


def claims_make(world: World, wishes: Wishes, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return (project, outcome) of every claim, once each.

    A project claims on one or two outcomes of each customer it works for, a strong one on up to three. A project that
    does harm claims on the outcomes that fall, and on one more.
    """
    links, projects = world.links, world.projects
    each = world.size.initiatives_per_customer * 2
    impact = projects.impact[links.project]
    active = (impact != 0) & projects.begun[links.project]
    tries = np.select([~active, impact > 3.5, impact > 1.5], [0, 3, 2], default=1)
    link, place = ranks(tries)
    offset = rng.integers(0, each, len(links.project))[link]
    outcome = links.customer[link] * each + (offset + place) % each
    project = links.project[link]
    hurt, which = ranks(np.where(active & (impact < 0), each, 0))
    hurt_outcome = links.customer[hurt] * each + which
    falls = wishes.pull[hurt_outcome] <= FALL
    outcome = np.concatenate([outcome, hurt_outcome[falls]])
    project = np.concatenate([project, links.project[hurt][falls]])
    unclaimed = (rng.random(len(wishes.customer)) < 0.08) & (wishes.pull > FALL)
    overlap = projects.start[project] < np.minimum(wishes.due[outcome], MONTHS) - 2
    can = ~unclaimed & (wishes.start < MONTHS) & (wishes.target != wishes.baseline)
    keep = can[outcome] & overlap
    key = np.unique(project[keep] * len(wishes.customer) + outcome[keep])
    return key // len(wishes.customer), key % len(wishes.customer)
