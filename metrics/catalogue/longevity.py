"""Formulas of longevity: people who stay, grow and work together, ideas, and customers who stay.

The employee net promoter score is in surveys.py, customer tenure in customer_tenure.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.cells import SMALLEST_GROUP
from metrics.columns import Floats, Mask, choice
from metrics.formulas.sequences import distinct
from metrics.frame import Frame, Spread
from metrics.owners import Shown, own_rows
from metrics.parts import (
    Distinct,
    Items,
    Outcome,
    Part,
    Reducible,
    Sum,
    Survival,
    divide,
    quantile,
    ratio,
    total,
)
from metrics.registry import formula

YEAR_DAYS = 365
MEAN_YEAR_DAYS = 365.25
REVIEW_DAYS = 180
"""Days before T in which a development plan must have been reviewed."""


def employed(f: Frame) -> Spread:
    """People over the periods in which they are employed on any day; length in days up to T."""
    rows = f.table("people")
    return f.spans(rows.hired_on, rows.left_on + 1)


def headcount(f: Frame) -> tuple[Sum, Sum]:
    """Average daily headcount, and the number of people employed on any day."""
    rows, spread = f.table("people"), employed(f)
    return (
        Sum(rows, spread.length / f.grain.days[spread.period], spread.period, spread.at),
        Sum(rows, np.ones(len(spread.at)), spread.period, spread.at),
    )


def employed_on_last_day(f: Frame) -> Spread:
    """People employed on the day before T, for each period."""
    rows, cut = f.table("people"), f.grain.cut
    return f.each_period(lambda p: (rows.hired_on < cut[p]) & ~(rows.left_on < cut[p] - 1))


@formula("voluntary_turnover_rate", feeds=("people",))
def voluntary_turnover_rate(f: Frame) -> Iterator[Part]:
    """Voluntary leavers over average daily headcount (heads, not full-time equivalents).

    The last day employed is left_on. Nothing is shown of fewer than 5 people employed in the period.
    Source: ISO 30414. Example: 10 people all of April (30 days), one of them leaves on the 15th:
    1 / (285 / 30) = 0.10526; annualised x 365 / 30 = 1.2807.
    """
    rows = f.table("people")
    left = f.period_of(rows.left_on)
    average, n = headcount(f)
    voluntary = rows.exit_reason == choice("people", "exit_reason", "voluntary")
    leavers = Sum(rows, voluntary, left)
    yield ratio("", leavers, average, n=n)
    yield ratio("total", Sum(rows, np.ones(len(rows)), left), average, n=n)
    yield ratio("regretted", Sum(rows, voluntary & (rows.regretted == 1), left), average, n=n)
    in_a_year = divide(np.full(f.count, float(YEAR_DAYS)), f.grain.days)
    yield ratio("annualised", leavers, average, n=n, factor=in_a_year)
    yield total("average_headcount", average, n=n)


@formula("tenure_survival", feeds=("people",))
def tenure_survival(f: Frame) -> Iterator[Part]:
    """Share of people who stay at least 365 days, estimated from all spells hired before T.

    Retired and still employed spells are censored at their length; beyond the longest spell there is no estimate
    unless the curve has reached 0.
    Source: Kaplan and Meier 1958. Example: left after 100 and 200 days, employed for 300, 400, 500 days:
    S(365) = 4/5 x 3/4 = 0.6.
    """
    rows, cut = f.table("people"), f.grain.cut
    hired = f.each_period(lambda p: rows.hired_on < cut[p])
    until = cut[hired.period]
    has_left = rows.left_on[hired.at] < until
    lasted = np.where(has_left, rows.left_on[hired.at], until) - rows.hired_on[hired.at]
    ended = has_left & (rows.exit_reason[hired.at] != choice("people", "exit_reason", "retired"))
    spells = Items(rows, lasted, hired.period, hired.at)
    inputs: dict[str, Reducible] = {
        "survival": Survival(spells, ended, lambda curve: curve.at(YEAR_DAYS)),
        "longest": Survival(spells, ended, lambda curve: curve.longest()),
        "median": Survival(spells, ended, lambda curve: curve.median()),
        "n": spells,
    }

    def twelve_months(survival: Floats, longest: Floats, n: Floats, **_: Floats) -> Outcome:
        return Outcome(value=survival, n=n, undefined={"beyond_follow_up": (longest < YEAR_DAYS) & (survival > 0)})

    def median_days(median: Floats, n: Floats, **_: Floats) -> Outcome:
        return Outcome(value=median, n=n, undefined={"median_not_reached": np.isnan(median)})

    yield Part("", inputs, twelve_months, ("n",), rows_are="items")
    yield Part("median_days", inputs, median_days, ("n",), rows_are="items")
    now = employed_on_last_day(f)
    years = (cut[now.period] - rows.hired_on[now.at]) / MEAN_YEAR_DAYS
    yield ratio(
        "mean_current_years",
        Sum(rows, years, now.period, now.at),
        Sum(rows, np.ones(len(now.at)), now.period, now.at),
    )


@formula("development_plan_coverage", feeds=("development_plans", "people"))
def development_plan_coverage(f: Frame) -> Iterator[Part]:
    """Share of people with a plan that is documented, measurable and sustained (all of one plan).

    Counted: people employed on the day before T. A plan never reviewed is as fresh as its documentation.
    Source: documented, measurable, sustainable (source text). Example: of 5 people one has an open plan with a
    measurable goal reviewed 30 days before T, one has a plan without goals: 1 / 5 = 0.2, documented 0.4.
    """
    plans, people, cut = f.table("development_plans"), f.table("people"), f.grain.cut
    now = employed_on_last_day(f)
    heads = Sum(people, np.ones(len(now.at)), now.period, now.at)
    hired, left = people.hired_on[plans.person], people.left_on[plans.person]

    def is_open(p: int) -> Mask:
        employed_then = (hired < cut[p]) & ~(left < cut[p] - 1)
        found: Mask = employed_then & (plans.documented_on < cut[p]) & ~(plans.closed_on < cut[p])
        return found

    in_force = f.each_period(is_open)
    until = cut[in_force.period]
    reviewed = plans.last_reviewed_on[in_force.at]
    reviewed = np.where(reviewed < until, reviewed, plans.documented_on[in_force.at])
    measurable = plans.measurable_goals[in_force.at] >= 1
    sustained = reviewed >= until - REVIEW_DAYS
    always = np.ones(len(in_force.at), dtype=np.bool_)
    has_plans = len(plans) > 0

    def coverage(people: Floats, heads: Floats) -> Outcome:
        return Outcome(
            value=divide(people, heads), n=heads, numerator=people, denominator=heads, has_data=(heads > 0) & has_plans
        )

    for component, met in (
        ("", measurable & sustained),
        ("documented", always),
        ("measurable", measurable),
        ("sustained", sustained),
    ):
        covered = Distinct(plans, plans.person[in_force.at], in_force.period, in_force.at, met)
        yield Part(component, {"people": covered, "heads": heads}, coverage, ("people",), ("heads",))


@formula("idea_implementation_rate", feeds=("ideas", "people"))
def idea_implementation_rate(f: Frame) -> Iterator[Part]:
    """Share of the ideas of the last 365 days that are in use at T; rejected and undecided ones stay counted.

    Source: idea management quotas. Example: 4 ideas in the window, one implemented before T -> 0.25; 2 ideas in the
    period and 10 people on average -> 20 per 100.
    """
    rows, cut = f.table("ideas"), f.grain.cut
    recent = f.window(rows.submitted_on, cut - YEAR_DAYS, cut)
    used = rows.implemented_on[recent.at] < cut[recent.period]
    yield ratio(
        "",
        Sum(rows, used, recent.period, recent.at),
        Sum(rows, np.ones(len(recent.at)), recent.period, recent.at),
    )
    taken = Items(rows, rows.implemented_on - rows.submitted_on, f.period_of(rows.implemented_on))
    yield quantile("days_to_implement_median", taken, 0.5)
    average, n = headcount(f)
    submitted = Sum(rows, np.full(len(rows), 100.0), f.period_of(rows.submitted_on))
    has_ideas = len(rows) > 0

    def per_hundred(ideas: Floats, heads: Floats, n: Floats) -> Outcome:
        return Outcome(
            value=divide(ideas, heads),
            n=n,
            numerator=ideas,
            denominator=heads,
            has_data=(n > 0) & has_ideas,
            suppressed=n < SMALLEST_GROUP,
        )

    inputs = {"ideas": submitted, "heads": average, "n": n}
    yield Part("ideas_per_100_people", inputs, per_hundred, ("ideas",), ("heads",))


@formula("cross_team_project_share", feeds=("person_months", "people", "projects"))
def cross_team_project_share(f: Frame) -> Iterator[Part]:
    """Share of projects with hours from at least two teams, of the projects with hours.

    The team of the hours is that of the person. Source: house rule.
    Example: P-1 with hours of T-1 and T-2, P-2 with hours of T-1 only -> 1 / 2.
    """
    rows, people, projects = f.table("person_months"), f.table("people"), own_rows(f, "projects", "project")
    period = f.period_of(rows.month)
    worked = np.flatnonzero((period >= 0) & (rows.project >= 0) & (rows.hours > 0))
    teams = len(f.table("teams"))
    cell = rows.project[worked].astype(np.int64) * f.count + period[worked]
    pairs = distinct(cell * teams + people.team[rows.person[worked]])
    teams_on = np.bincount(pairs // max(teams, 1), minlength=len(projects) * f.count)
    several = (teams_on >= 2).reshape(len(projects), f.count)
    booked = np.flatnonzero(teams_on)
    at, when = booked // f.count, booked % f.count
    has_hours, shared = np.zeros(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.bool_)
    has_hours[worked] = True
    # Only hours on a project: overhead has no place among the projects, of which there may be none.
    shared[worked] = several[rows.project[worked], period[worked]]

    def projects_with(chosen: Mask, shown: Mask) -> Shown:
        # Counted over projects, of which there are few; explained by the hours of these projects.
        return Shown(Sum(projects, chosen, when, at), (Distinct(rows, rows.project, period, where=shown),))

    yield ratio(
        "",
        projects_with(several[at, when], shared),
        projects_with(np.ones(len(booked), dtype=np.bool_), has_hours),
    )
