"""Formulas of the tactical family about people's time: where it goes, how much, and whether it is reported.

Entries: resource_priority_alignment, resource_utilisation, time_reporting_rate (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Table
from metrics.explained import PerPeriod, SharesOfScope, cut_share
from metrics.frame import Frame
from metrics.owners import OwnerSum, by_owner, own_rows
from metrics.parts import Custom, Distinct, Outcome, Part, Piece, Reducible, Sum, count, divide, ratio
from metrics.registry import formula

SLACK = 1e-9
"""Hours are exact decimals; sums of them as floats are compared with this slack."""
REPORTED_SHARE = 0.9


@formula("resource_priority_alignment", feeds=("person_months", "projects", "portfolios", "contributions"))
def resource_priority_alignment(f: Frame) -> Iterator[Part]:
    """Overlap of where hours went with where priority lies: sum over projects of the smaller of two shares.

    Hours on projects (overhead left out) as shares of their sum; priorities of running projects as shares of theirs.
    A blank priority is 0. Source: overlap of two distributions, 1 less half the L1 distance.
    Example: hours 60, 40; priorities 3, 1, so 0.75, 0.25: min(0.6, 0.75) + min(0.4, 0.25) = 0.85.
    """
    rows, projects = f.table("person_months"), own_rows(f, "projects", "project")
    period = np.where(rows.project >= 0, f.period_of(rows.month), -1)
    hours = by_owner(rows.project, period, rows.hours, len(projects), f.count)
    weights = np.where(_running(f, projects), np.nan_to_num(projects.priority)[:, None], 0.0)

    booked = Sum(rows, rows.hours, period, where=period >= 0)
    lines = count(rows, period >= 0, period)
    weighed = OwnerSum(projects, weights)

    def overlap(frame: Frame, kind: str) -> Floats:
        return _overlap(frame, kind, projects, hours, weights)

    def aligned(value: Floats, both: Floats, n: Floats, lines: Floats) -> Outcome:
        good = ~np.isnan(value)
        denominator = np.where(good, both, np.nan)
        return Outcome(value, n, value, denominator, has_data=lines > 0, zero_denominator=~good)

    # The smaller share of a project lies on its hours, in proportion; each of the two mixes is half of the 1.
    least = SharesOfScope(booked, lambda frame, kind, piece: _least(frame, kind, piece, projects, hours, weights))
    inputs: dict[str, Reducible] = {
        "value": Custom(overlap),
        "both": PerPeriod("whole", np.ones(f.count)),
        "n": OwnerSum(projects, (hours > 0) | (weights > 0)),
        "lines": lines,
    }
    mixes = tuple(SharesOfScope(mix, _half_of_all(mix)) for mix in (booked, weighed))
    yield Part("", inputs, aligned, (least,), mixes)

    # One place more, which rows without a project read.
    claimed_from = np.full(len(projects) + 1, np.inf)
    claims = f.table("contributions")
    np.minimum.at(claimed_from, claims.project, claims.valid_from)
    unclaimed = (period >= 0) & (claimed_from[rows.project] >= f.cut(period))
    yield ratio(
        "hours_without_outcome",
        Sum(rows, rows.hours * unclaimed, period, where=unclaimed),
        booked,
        n=OwnerSum(projects, hours > 0),
        has_data=lines,
    )


def _running(f: Frame, projects: Table) -> NDArray[np.bool_]:
    """Whether each project runs in each period: started before T and not finished before the start."""
    started = projects.actual_start_on[:, None] < f.grain.cut[None, :]
    return started & ~(projects.actual_finish_on[:, None] < f.grain.start[None, :])


def _least(frame: Frame, kind: str, piece: Piece, projects: Table, hours: Floats, weights: Floats) -> Floats:
    """The smaller of a project's two shares of its scope, divided over the rows of its hours."""
    all_hours = OwnerSum(projects, hours).reduce(frame, kind)[piece.scope, piece.period]
    all_weights = OwnerSum(projects, weights).reduce(frame, kind)[piece.scope, piece.period]
    project = piece.rows.project[piece.at]
    booked, weight = hours[project, piece.period], weights[project, piece.period]
    smaller = np.minimum(divide(booked, all_hours), divide(weight, all_weights))
    return np.nan_to_num(smaller * cut_share(piece.weight, booked))


def _half_of_all(mix: Reducible) -> Callable[[Frame, str, Piece], Floats]:
    """Half of each row's share of all rows of its scope."""

    def weigh(frame: Frame, kind: str, piece: Piece) -> Floats:
        return cut_share(piece.weight, 2.0 * mix.reduce(frame, kind)[piece.scope, piece.period])

    return weigh


def _overlap(frame: Frame, kind: str, projects: Table, hours: Floats, weights: Floats) -> Floats:
    """Sum over the projects of each scope of min(share of hours, share of weight); NaN where a sum is 0."""
    all_hours = OwnerSum(projects, hours).reduce(frame, kind)
    all_weights = OwnerSum(projects, weights).reduce(frame, kind)
    found = np.zeros(all_hours.size)
    column = np.arange(frame.count)
    for scope in frame.scopes.members(projects, kind):
        inside = np.flatnonzero(scope >= 0)
        place = scope[inside]
        shares = np.minimum(divide(hours[inside], all_hours[place]), divide(weights[inside], all_weights[place]))
        cell = place.astype(np.int64)[:, None] * frame.count + column
        found += np.bincount(cell.ravel(), weights=shares.ravel(), minlength=found.size)
    value = found.reshape(all_hours.shape)
    return np.where((all_hours > 0) & (all_weights > 0), value, np.nan)


def _hours_beside_capacity(f: Frame) -> tuple[Table, Floats]:
    """Capacity rows (one a person and month) and all hours of that person and month, overhead included."""
    capacity, booked = f.table("capacity"), f.table("person_months")
    months = np.unique(capacity.month)
    column = np.searchsorted(months, booked.month)
    beside = np.append(months, np.nan)[column] == booked.month
    cell = booked.person[beside].astype(np.int64) * len(months) + column[beside]
    size = len(f.table("people")) * len(months)
    hours = np.bincount(cell, weights=booked.hours[beside], minlength=size).astype(np.float64)
    return capacity, hours[capacity.person.astype(np.int64) * len(months) + np.searchsorted(months, capacity.month)]


def _beside(f: Frame) -> tuple[Table, Floats]:
    made: tuple[Table, Floats] = f.facts.derived("capacity", "hours", lambda: _hours_beside_capacity(f))
    return made


@formula("resource_utilisation", feeds=("person_months", "capacity", "people"))
def resource_utilisation(f: Frame) -> Iterator[Part]:
    """Hours on projects over hours available, not cut at 1; n counts persons with a capacity row.

    Without a single booked hour in the company nothing is known, so there is no value.
    Source: utilisation with fixed denominator. Example: 5 people of 160 hours each, 600 on projects: 600 / 800.
    """
    rows = f.table("person_months")
    capacity, hours = _beside(f)
    booked_in, available_in = f.period_of(rows.month), f.period_of(capacity.month)
    persons = Distinct(capacity, capacity.person, available_in)
    known = persons if len(rows) else Sum(capacity, np.zeros(len(capacity)), available_in)
    on_projects = rows.project >= 0
    yield ratio(
        "",
        Sum(rows, rows.hours * on_projects, booked_in, where=on_projects),
        Sum(capacity, capacity.hours, available_in, where=available_in >= 0),
        n=persons,
        has_data=known,
    )
    counted = (available_in >= 0) & (capacity.hours > 0)
    over = counted & (hours > capacity.hours + SLACK)
    yield ratio(
        "over_allocation_rate",
        count(capacity, over, available_in),
        count(capacity, counted, available_in),
        n=persons,
        has_data=known,
    )
    yield ratio(
        "overhead_share",
        Sum(rows, rows.hours * ~on_projects, booked_in, where=~on_projects),
        Sum(rows, rows.hours, booked_in, where=booked_in >= 0),
        n=persons,
        has_data=known,
    )


@formula("time_reporting_rate", feeds=("person_months", "capacity", "people"))
def time_reporting_rate(f: Frame) -> Iterator[Part]:
    """Person-months with at least 0.9 of their capacity booked (overhead included) over person-months with capacity.

    n counts distinct persons, on whom the limit of five people is tested. Source: house rule.
    Example: 5 people, 10 person-months of 100 hours, 9 of them with 90 hours or more: 9 / 10.
    """
    capacity, hours = _beside(f)
    period = f.period_of(capacity.month)
    counted = (period >= 0) & (capacity.hours > 0)
    reported = counted & (hours >= REPORTED_SHARE * capacity.hours - SLACK)
    persons = Distinct(capacity, capacity.person, period, where=counted)
    known = persons if len(f.table("person_months")) else Sum(capacity, np.zeros(len(capacity)), period)
    yield ratio("", count(capacity, reported, period), count(capacity, counted, period), n=persons, has_data=known)
