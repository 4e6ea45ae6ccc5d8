"""Formulas of the tactical family about earned value: cost and schedule of what was planned, earned and spent.

Entries: cost_performance_index, schedule_performance_index_time (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask, Table
from metrics.explained import RowsWeighed, Scaled, month_weights
from metrics.formulas.earned_schedule import earned_schedule
from metrics.frame import Frame, Periods, Positions, month_number
from metrics.owners import OwnerSum, RowsToDate, by_owner, own_rows, to_date
from metrics.parts import Outcome, Part, divide, is_zero, ratio, total
from metrics.registry import formula


@dataclass(frozen=True)
class _Reported:
    """Rows of project_months with their project's part in each period.

    A row is reported when earned value and actual cost are set. A project takes part in a period in which it has a
    reported row.
    """

    rows: Table
    projects: Table
    where: Mask
    since: Periods
    takes_part: Mask

    def to_date(self, weight: Floats, periods: int) -> Floats:
        """Running sums by project and period, in the periods in which the project takes part."""
        return to_date(self.rows.project, self.since, weight, len(self.projects), periods) * self.takes_part

    def shown(self, weight: Floats, where: Mask) -> tuple[RowsToDate]:
        return (RowsToDate(self.rows, self.rows.project, weight, self.since, self.takes_part, where),)


def _reported(f: Frame) -> _Reported:
    rows, projects = f.table("project_months"), own_rows(f, "projects", "project")
    where = ~np.isnan(rows.earned_value) & ~np.isnan(rows.actual_cost)
    takes_part = by_owner(rows.project, f.period_of(rows.month), where, len(projects), f.count) > 0
    return _Reported(rows, projects, where, f.since(rows.month), takes_part)


@formula("cost_performance_index", feeds=("project_months", "projects", "portfolios", "fx_rates"))
def cost_performance_index(f: Frame) -> Iterator[Part]:
    """Earned value over actual cost, to date, of the projects that report in the period, in base currency.

    Plan that lies in or after T enters the budget at completion at the rate of the day before T. A rate that is
    missing for any row used leaves all components without a value.
    Source: earned value management (ISO 21508, PMI). Example: EV 80, AC 100, BAC 200: index 0.8, estimate at
    completion 200 / 0.8 = 250.
    """
    made = _reported(f)
    rows, projects, where = made.rows, made.projects, made.where
    rate = f.rate(f.project_currency(rows), rows.month)
    known_rate, planned = np.nan_to_num(rate), ~np.isnan(rows.planned_value)
    plan = np.where(planned, rows.planned_value, 0.0)
    earned = np.where(where, rows.earned_value, 0.0) * known_rate
    spent = np.where(where, rows.actual_cost, 0.0) * known_rate
    plan_past = plan * known_rate

    def so_far(weight: Floats) -> Floats:
        return made.to_date(weight, f.count)

    later_rate = _rate_before_cut(f, projects)
    later_rows = _to_come(f, made, planned.astype(np.float64))
    later_plan = np.where(later_rows > 0, _to_come(f, made, plan), 0.0)
    no_rate = so_far((where | planned) & np.isnan(rate)) + np.where(np.isnan(later_rate), later_rows, 0.0)

    ev = OwnerSum(projects, so_far(earned), made.shown(earned, where))
    ac = OwnerSum(projects, so_far(spent), made.shown(spent, where))
    pv = OwnerSum(projects, so_far(plan_past * where), made.shown(plan_past, where))
    budget = so_far(plan_past) + later_plan * np.nan_to_num(later_rate)

    def budgeted(at: Positions, period: Periods) -> Floats:
        past = (made.since[at] >= 0) & (made.since[at] <= period)
        return np.where(past, plan_past[at], plan[at] * np.nan_to_num(later_rate)[rows.project[at], period])

    all_plan = RowsWeighed(rows, rows.project, made.takes_part, budgeted, lambda at, period, weight: planned[at])
    bac = OwnerSum(projects, budget, (all_plan,))
    n, missing = OwnerSum(projects, made.takes_part), OwnerSum(projects, no_rate)

    yield ratio("", ev, ac, n=n, missing=missing)
    yield ratio("schedule_performance_index", ev, pv, n=n, missing=missing)
    for name, other, weight in (("cost_variance", ac, spent), ("schedule_variance", pv, plan_past)):
        varied = OwnerSum(projects, ev.figures - other.figures, made.shown(earned - weight, where))
        yield total(name, varied, n=n, missing=missing)
    yield total("budget_at_completion", bac, n=n, missing=missing)

    inputs = {"ev": ev, "ac": ac, "bac": bac, "n": n, "missing": missing}
    yield Part("estimate_at_completion", inputs, _estimate, ("bac",), rows_are="inputs")
    yield Part("variance_at_completion", inputs, _variance, ("bac",), rows_are="inputs")
    yield Part("to_complete_index", inputs, _to_complete, ("bac", Scaled(ev, -1.0)), ("bac", Scaled(ac, -1.0)))
    yield _on_budget(f, made, rate, missing)


def _rate_before_cut(f: Frame, projects: Table) -> Floats:
    """Rate of each project's currency in the month of the day before T, by project and period."""
    days = np.tile(f.grain.cut - 1, len(projects))
    return f.rate(np.repeat(projects.currency, f.count), days).reshape(len(projects), f.count)


def _to_come(f: Frame, made: _Reported, weight: Floats) -> Floats:
    """Sums over the rows of a project whose month has not begun before T, where the project takes part."""
    every = np.bincount(made.rows.project, weights=weight, minlength=len(made.projects))[:, None]
    return every * made.takes_part - made.to_date(weight, f.count)


def _estimate(ev: Floats, ac: Floats, bac: Floats, n: Floats, missing: Floats) -> Outcome:
    none = is_zero(ev) | is_zero(ac)
    return Outcome(divide(bac * ac, ev), n, missing_rate=missing > 0, zero_denominator=none)


def _variance(ev: Floats, ac: Floats, bac: Floats, n: Floats, missing: Floats) -> Outcome:
    found = _estimate(ev, ac, bac, n, missing)
    return Outcome(bac - found.value, n, missing_rate=found.missing_rate, zero_denominator=found.zero_denominator)


def _to_complete(ev: Floats, ac: Floats, bac: Floats, n: Floats, missing: Floats) -> Outcome:
    left, money = bac - ev, bac - ac
    none = is_zero(money) | (money < 0)
    return Outcome(divide(left, money), n, left, money, missing_rate=missing > 0, zero_denominator=none)


def _on_budget(f: Frame, made: _Reported, rate: Floats, missing: OwnerSum) -> Part:
    """Projects finished in the period within their budget, of those with a budget and costs."""
    rows, projects, size = made.rows, made.projects, len(made.projects)
    finish = f.period_of(projects.actual_finish_on)
    place = np.arange(size), np.maximum(finish, 0)

    def at_finish(weight: Floats | Mask) -> Floats:
        return to_date(rows.project, made.since, weight, size, f.count)[place]

    paid = ~np.isnan(rows.actual_cost)
    cost = at_finish(np.where(paid, rows.actual_cost, 0.0) * np.nan_to_num(rate))
    counted = (finish >= 0) & ~np.isnan(projects.budget) & (at_finish(paid) > 0)
    budget = projects.budget * f.rate(projects.currency, projects.actual_finish_on)
    no_rate = counted & (np.isnan(budget) | (at_finish(paid & np.isnan(rate)) > 0))
    spare = np.where(counted & ~no_rate, budget - cost, -1.0)
    within = counted & ~no_rate & (is_zero(spare) | (spare > 0))

    figures = np.zeros((3, size, f.count))
    for figure, chosen in zip(figures, (within, counted, no_rate), strict=True):
        figure[place] = chosen
    done, due, unknown = (OwnerSum(projects, figure) for figure in figures)
    return ratio("projects_on_budget_rate", done, due, missing=OwnerSum(projects, missing.figures + unknown.figures))


@dataclass(frozen=True)
class _Schedules:
    """Earned schedule and actual time of every project at the end of each of its months, one project after another."""

    earned: Floats
    actual: Floats
    start: NDArray[np.int64]
    """Place of each project's first month in the two arrays."""
    first: NDArray[np.int64]
    """That month, counted from 2000-01."""
    length: NDArray[np.int64]


def _schedules(rows: Table, projects: int) -> _Schedules:
    """Worked out in groups of projects of similar length, so that one endless plan does not widen all."""
    month, project = month_number(rows.month), rows.project.astype(np.int64)
    first = np.full(projects, np.iinfo(np.int64).max)
    np.minimum.at(first, project, month)
    last = np.full(projects, np.iinfo(np.int64).min)
    np.maximum.at(last, project, month)
    length = np.where(last >= first, last - first + 1, 0)
    start = np.cumsum(length) - length
    planned, earned = np.zeros(length.sum()), np.zeros(length.sum())
    reported = np.zeros(length.sum(), dtype=np.bool_)
    cell = start[project] + month - first[project]
    planned[cell] = np.nan_to_num(rows.planned_value)
    reported[cell] = ~np.isnan(rows.earned_value) & ~np.isnan(rows.actual_cost)
    earned[cell] = np.nan_to_num(rows.earned_value)
    schedules = _Schedules(np.full(length.sum(), np.nan), np.full(length.sum(), np.nan), start, first, length)
    sizes = np.ceil(np.log2(np.maximum(length, 1))).astype(np.int64)
    for size in np.unique(sizes[length > 0]).tolist():
        mine = np.flatnonzero((sizes == size) & (length > 0))
        column = np.arange(int(length[mine].max()))
        place = start[mine][:, None] + np.minimum(column, length[mine][:, None] - 1)
        inside = column < length[mine][:, None]
        found = earned_schedule(
            np.where(inside, planned[place], 0.0),
            earned[place],
            reported[place] & inside,
            np.zeros(len(mine), dtype=np.int64),
        )
        schedules.earned[place[inside]] = found.earned[inside]
        schedules.actual[place[inside]] = found.actual[inside]
    return schedules


def _rows_of_months(
    rows: Table, schedules: _Schedules, figures: Floats, counted: Mask, where: Mask | None = None
) -> RowsWeighed:
    """Months of projects, spread over the rows of their plan (or those that hold): one a month passed, a fraction
    of the next. A row stands for the months since the row before it."""

    @cache  # sorted late: only explain asks
    def months() -> tuple[NDArray[np.int64], NDArray[np.int64], Mask]:
        """Of each row the months up to the row before it and up to its own, and whether it is the last."""
        held = np.arange(len(rows)) if where is None else np.flatnonzero(where)
        at_month = month_number(rows.month) - schedules.first[rows.project]
        order = held[np.lexsort((at_month[held], rows.project[held]))]
        same = rows.project[order][1:] == rows.project[order][:-1]
        before, ends = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=np.bool_)
        before[order[1:][same]] = at_month[order[:-1][same]] + 1
        ends[order[:-1][same]] = False
        return before, at_month + 1, ends

    def weigh(at: Positions, period: Periods) -> Floats:
        before, own, ends = months()
        return month_weights(figures[rows.project[at], period], before[at], own[at], ends[at])

    def shown(at: Positions, period: Periods, weight: Floats) -> Mask:
        chosen: Mask = weight != 0 if where is None else (weight != 0) & where[at]
        return chosen

    return RowsWeighed(rows, rows.project, counted, weigh, shown)


@formula("schedule_performance_index_time", feeds=("project_months", "projects", "portfolios"))
def schedule_performance_index_time(f: Frame) -> Iterator[Part]:
    """Months of plan that have been earned over months that have passed, summed over the projects that report.

    Own currency, no conversion; a project without any plan is left out.
    Source: Lipke, earned schedule. Example: PV 100 a month, EV 250 after three months: ES 2.5, AT 3, index 0.833.
    """
    made = _reported(f)
    rows, projects = made.rows, made.projects
    schedules: _Schedules = f.facts.derived("project_months", "schedules", lambda: _schedules(rows, len(projects)))
    column = month_number(f.grain.cut - 1)[None, :] - schedules.first[:, None]
    reached = np.clip(column, 0, np.maximum(schedules.length - 1, 0)[:, None])
    owner, period = np.nonzero(made.takes_part)
    place = schedules.start[owner] + reached[owner, period]
    counted = np.zeros_like(made.takes_part)
    counted[owner, period] = ~np.isnan(schedules.earned[place])
    figures = np.zeros((2, *counted.shape))
    figures[0, owner, period], figures[1, owner, period] = schedules.earned[place], schedules.actual[place]
    figures[:, ~counted] = 0.0

    earned, actual = (
        OwnerSum(projects, figure, (_rows_of_months(rows, schedules, figure, counted, where),))
        for figure, where in zip(figures, (None, made.where), strict=True)
    )
    n = OwnerSum(projects, counted)
    yield ratio("", earned, actual, n=n)
    yield total("earned_schedule_months", earned, n=n)
    yield total("actual_months", actual, n=n)
