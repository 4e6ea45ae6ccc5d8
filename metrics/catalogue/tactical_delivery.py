"""Formulas of the tactical family about plans kept: milestones, status reports, flow of work.

Entries: milestones_on_time_rate, status_reporting_rate, cycle_time (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.columns import Floats, choice
from metrics.explained import PerPeriod
from metrics.frame import DAY_US, Frame, month_number
from metrics.owners import Shown, own_rows
from metrics.parts import Distinct, Items, Outcome, Part, Reducible, Sum, count, quantile, ratio, total
from metrics.registry import formula


@formula("milestones_on_time_rate", feeds=("milestones", "projects"))
def milestones_on_time_rate(f: Frame) -> Iterator[Part]:
    """Milestones due in the period that were reached on or before their first approved date.

    Counted where they were due, not where they were reached; not reached is late; cancelled before T is not due.
    Source: first-baseline adherence. Example: 4 due, 3 reached by their date, 1 a day later: 3 / 4 = 0.75.
    """
    rows = f.table("milestones")
    period = f.period_of(rows.baseline_on)
    due = (period >= 0) & ~(rows.cancelled_on < f.cut(period))
    on_time = due & (rows.actual_on <= rows.baseline_on) & (rows.actual_on < f.cut(period))
    facing = rows.customer_facing == 1
    yield ratio("", count(rows, on_time, period), count(rows, due, period))
    yield ratio("customer_facing", count(rows, on_time & facing, period), count(rows, due & facing, period))
    reached = Items(rows, rows.actual_on - rows.baseline_on, f.period_of(rows.actual_on))
    yield quantile("slippage_days_median", reached, 0.5)


@formula("status_reporting_rate", feeds=("status_reports", "projects"))
def status_reporting_rate(f: Frame) -> Iterator[Part]:
    """Months of running projects in which at least one status report was made.

    Only months that lie wholly before T. A project runs in a month when it started before the month's end and did
    not finish before its start. Source: house rule. Example: 3 projects over a quarter, 8 of 9 months reported: 8/9.
    """
    projects, reports = own_rows(f, "projects", "project"), f.table("status_reports")
    edges = _whole_months(f)
    months = len(edges) - 1
    # Positions of each project's first and last running month among the whole months.
    first = np.searchsorted(edges, projects.actual_start_on, side="right") - 1
    first = np.where(projects.actual_start_on < edges[0], 0, first)
    never = np.isnan(projects.actual_start_on) | (projects.actual_finish_on < edges[0])
    finish = np.where(np.isnan(projects.actual_finish_on), np.inf, projects.actual_finish_on)
    last = np.minimum(np.searchsorted(edges, finish, side="right") - 1, months - 1)
    length = np.where(never, 0, np.maximum(last - first + 1, 0))
    at = np.repeat(np.arange(len(projects)), length)
    month = np.repeat(first, length) + np.arange(len(at)) - np.repeat(np.cumsum(length) - length, length)
    period = f.period_of(edges[:-1])[month] if months else np.zeros(0, dtype=np.int64)

    reported_in = np.searchsorted(edges, reports.reported_on, side="right") - 1
    inside = (reported_in >= 0) & (reported_in < months)
    reported = np.zeros((len(projects), max(months, 1)), dtype=np.bool_)
    reported[reports.project[inside], reported_in[inside]] = True
    running = np.zeros_like(reported)
    running[at, month] = True
    counted = np.zeros(len(reports), dtype=np.bool_)
    counted[inside] = running[reports.project[inside], reported_in[inside]]

    report_period = f.period_of(reports.reported_on)
    due = Sum(projects, np.ones(len(at)), period, at)
    known = due if len(reports) else Sum(projects, np.zeros(len(at)), period, at)
    # Of several reports on one project in one month each is a part of that month.
    months_of = Distinct(reports, reports.project * np.int64(months + 1) + reported_in, report_period, where=counted)
    done = Shown(Sum(projects, reported[at, month], period, at), (months_of,))
    yield ratio("", done, due, has_data=known)

    latest = _latest_of_project(f, reports.project, reports.reported_on, report_period)
    red = latest & (reports.rag == choice("status_reports", "rag", "red"))
    yield ratio("red_share", count(reports, red, report_period), count(reports, latest, report_period))


def _whole_months(f: Frame) -> Floats:
    """First days of the months wholly before T of the last period, and the day after them."""
    low, high = f.grain.start[0], f.grain.cut[-1]
    first, last = (int(month_number(np.array([day]))[0]) for day in (low, max(low, high)))
    months = np.datetime64("2000-01", "M") + np.arange(first, last + 1)
    return (months.astype("datetime64[D]") - np.datetime64("2000-01-01", "D")).astype(np.float64)


def _latest_of_project(f: Frame, project: np.ndarray, day: Floats, period: np.ndarray) -> np.ndarray:
    """Rows that are the last of their project in their period; days of one project differ."""
    cell = project.astype(np.int64) * f.count + period
    newest = np.full(len(f.table("projects")) * f.count, -np.inf)
    held = period >= 0
    np.maximum.at(newest, cell[held], day[held])
    latest = np.zeros(len(day), dtype=np.bool_)
    latest[held] = day[held] == newest[cell[held]]
    return latest


@formula("cycle_time", feeds=("work_items", "projects", "services"))
def cycle_time(f: Frame) -> Iterator[Part]:
    """Days from first start to last finish of work finished in the period: median and 85th percentile.

    A cancelled item is never finished; work in progress is item-days between the start and the first of finish and
    cancellation. Source: Kanban flow measures; percentile type 7 of Hyndman and Fan.
    Example: 2, 3, 4, 5 and 16 days: the median is 4; rank 4.4 of 0.85 gives 5 + 0.4 x 11 = 9.4.
    """
    rows = f.table("work_items")
    cancelled = rows.cancelled_at < f.grain.as_of_at
    finished_in = f.period_at(rows.finished_at)
    done = (finished_in >= 0) & ~cancelled & ~np.isnan(rows.started_at)
    items = Items(rows, (rows.finished_at - rows.started_at) / DAY_US, finished_in, where=done)
    yield quantile("", items, 0.5)
    yield quantile("percentile_85", items, 0.85)

    begun = count(rows, ~np.isnan(rows.started_at), f.since_at(rows.started_at), to_date=True)
    yield total("throughput", count(rows, done, finished_in), n=begun, counts=True)

    span = f.spans_at(rows.started_at, np.fmin(rows.finished_at, rows.cancelled_at))
    item_days = Sum(rows, span.length / DAY_US, span.period, span.at)
    days = PerPeriod("days", f.grain.days)

    def outcome(item_days: Floats, days: Floats, n: Floats) -> Outcome:
        value = np.divide(item_days, days, out=np.full(item_days.shape, np.nan), where=days > 0)
        return Outcome(value, n, item_days, days)

    inputs: dict[str, Reducible] = {"item_days": item_days, "days": days, "n": begun}
    yield Part("average_work_in_progress", inputs, outcome, ("item_days",), ("days",), counts=True)
