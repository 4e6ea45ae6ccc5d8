"""Formula of customer minutes lost (value_creation.yaml): interruptions as each customer lived through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from metrics.catalogue.revenue import recurring_revenue
from metrics.columns import Floats, Mask, Table
from metrics.formulas.intervals import Spans, intersect, union, union_with_weight
from metrics.frame import Frame, Positions, Spread
from metrics.parts import Distinct, Outcome, Part, Piece, Reducible, Sum, divide, is_zero
from metrics.registry import formula

MINUTE_US = 60_000_000.0


@dataclass(frozen=True)
class Interruptions:
    """Disjoint pieces of time in which a served pair of service and customer was hit.

    `row` is the impact with the highest degradation of the piece; `begins` is true where a piece follows no other.
    """

    rows: Table
    row: Positions
    start: Floats
    end: Floats
    degradation: Floats
    begins: Mask


@dataclass(frozen=True, eq=False)
class SumOnce:
    """Sum of a figure of each distinct key: every customer once. `figure` has the shape (keys, periods)."""

    distinct: Distinct
    figure: Floats

    def reduce(self, frame: Frame, kind: str) -> Floats:
        cell, key = self.distinct.cells(frame, kind)
        shape = (len(frame.scopes.of(kind)), frame.count)
        weight = self.figure[key, cell % frame.count]
        total: Floats = np.bincount(cell, weights=weight, minlength=shape[0] * shape[1]).astype(np.float64)
        return total.reshape(shape)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        """All rows of a key; the first of them carries its figure."""
        seen: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        found = []
        for piece in self.distinct.pieces(frame, kind):
            customer = piece.rows.customer[piece.at]
            cell = (piece.scope.astype(np.int64) * frame.count + piece.period) * len(self.figure) + customer
            _, first = np.unique(cell, return_index=True)
            fresh = first[~np.isin(cell[first], seen)]
            weight = np.zeros(len(cell))
            weight[fresh] = self.figure[customer[fresh], piece.period[fresh]]
            seen = np.concatenate((seen, cell[fresh]))
            found.append(Piece(piece.rows, piece.at, piece.scope, piece.period, weight))
        return found


def _pair(f: Frame, service: NDArray[np.int32], customer: NDArray[np.int32]) -> Positions:
    return service.astype(np.int64) * len(f.table("customers")) + customer


def _interruptions(f: Frame, planned: bool) -> Interruptions:
    """Union of the impacts of each pair, the highest degradation at each instant, cut to the time it was served.

    A blank begin or end of an impact is that of its incident; an incident without an end runs on to T.
    """
    impacts, incidents, served = f.table("incident_impacts"), f.table("incidents"), f.table("service_customers")
    # An incident of a later day is no fact yet, even where an impact of it is dated earlier.
    counted = ((incidents.planned == 1) == planned) & (incidents.started_at < f.grain.as_of_at)
    rows = impacts.take(counted[impacts.incident])
    rows = rows.plus(service=incidents.service[rows.incident])
    start = np.where(np.isnan(rows.started_at), incidents.started_at[rows.incident], rows.started_at)
    end = np.where(np.isnan(rows.ended_at), incidents.restored_at[rows.incident], rows.ended_at)
    end = np.fmin(end, f.grain.as_of_at)
    degradation = np.where(np.isnan(rows.degradation), 1.0, rows.degradation)
    # Ranks in place of degradations: the same order, and each piece leads back to the impact that it comes from.
    ranked = np.argsort(degradation, kind="stable")
    rank = np.empty(len(rows))
    rank[ranked] = np.arange(len(rows))
    hit = union_with_weight(_pair(f, rows.service, rows.customer), start, end, rank)
    until = np.where(np.isnan(served.valid_to), np.inf, f.midnight(served.valid_to))
    window = union(_pair(f, served.service, served.customer), f.midnight(served.valid_from), until)
    pieces: Spans = intersect(hit, window)
    begins = np.ones(len(pieces.group), dtype=np.bool_)
    begins[1:] = (pieces.group[1:] != pieces.group[:-1]) | (pieces.start[1:] != pieces.end[:-1])
    row = ranked[pieces.weight.astype(np.int64)]
    return Interruptions(rows, row, pieces.start, pieces.end, degradation[row], begins)


def interruptions(f: Frame, *, planned: bool) -> Interruptions:
    """Interruptions by planned or unplanned incidents up to the as-of day, made once for all periods."""
    name = f"planned {planned} {f.grain.as_of} {f.grain.zone.key}"
    made: Interruptions = f.facts.derived("incident_impacts", name, lambda: _interruptions(f, planned))
    return made


def _minutes(f: Frame, hit: Interruptions) -> tuple[Sum, Spread]:
    spread = f.spans_at(hit.start, hit.end)
    minutes = spread.length / MINUTE_US * hit.degradation[spread.at]
    return Sum(hit.rows, minutes, spread.period, hit.row[spread.at]), spread


def _quotient(
    numerator: Floats, denominator: Floats, n: Floats, *, held: bool, missing: Floats | None = None
) -> Outcome:
    return Outcome(
        value=divide(numerator, denominator),
        n=n,
        numerator=numerator,
        denominator=denominator,
        has_data=(n > 0) & held,
        zero_denominator=is_zero(denominator),
        missing_rate=None if missing is None else missing > 0,
    )


def _plain(value: Floats, n: Floats, *, held: bool) -> Outcome:
    return Outcome(value=value, n=n, has_data=(n > 0) & held)


@formula(
    "customer_minutes_lost",
    feeds=("incidents", "incident_impacts", "service_customers", "services", "customers", "revenue_events", "fx_rates"),
)
def customer_minutes_lost(f: Frame) -> Iterator[Part]:
    """Minutes lost to unplanned incidents, times their degradation, for each subscription.

    A subscription is a served pair of service and customer. Counted for each: the union of its impacts while it was
    served, at each instant the highest degradation.
    An interruption belongs to the period in which it starts, its minutes to the periods in which they pass.
    Source: IEEE 1366 (SAIDI, SAIFI, CAIDI) carried over to services. Example: two customers served all April; one
    is down 60 minutes and slow (0.5) for the 30 before: 75 / 2 = 37.5; one interruption, 0.5 a subscription.
    """
    held = bool(np.any(f.table("incidents").started_at < f.grain.as_of_at))
    quotient, plain = partial(_quotient, held=held), partial(_plain, held=held)
    served = f.table("service_customers")
    spread = f.spans(served.valid_from, served.valid_to)
    average = Sum(served, spread.length / f.grain.days[spread.period], spread.period, spread.at)
    pairs = Distinct(served, _pair(f, served.service, served.customer)[spread.at], spread.period, spread.at)
    customers = Distinct(served, served.customer[spread.at], spread.period, spread.at)
    hit = interruptions(f, planned=False)
    lost, pieces = _minutes(f, hit)
    begun = np.flatnonzero(hit.begins)
    started = Sum(hit.rows, np.ones(len(begun)), f.period_at(hit.start[begun]), hit.row[begun])
    at = hit.row[pieces.at]
    customers_hit = Distinct(hit.rows, hit.rows.customer[at], pieces.period, at)

    def part(component: str, numerator: Reducible, denominator: Reducible, n: Reducible) -> Part:
        inputs = {"numerator": numerator, "denominator": denominator, "n": n}
        return Part(component, inputs, quotient, ("numerator",), ("denominator",))

    yield part("", lost, average, pairs)
    yield part("interruptions_per_customer", started, average, pairs)
    yield part("minutes_per_interruption", lost, started, pairs)
    yield Part("customer_minutes", {"value": lost, "n": pairs}, plain, ("value",))
    yield part("customers_hit_share", customers_hit, customers, customers)
    revenue = recurring_revenue(f)
    inputs: dict[str, Reducible] = {
        "numerator": SumOnce(customers_hit, revenue.amount),
        "denominator": SumOnce(customers, revenue.amount),
        "n": customers,
        "missing": SumOnce(customers, revenue.missing),
    }
    yield Part("recurring_revenue_hit_share", inputs, quotient, ("numerator",), ("denominator",))
    planned, _ = _minutes(f, interruptions(f, planned=True))
    yield Part("planned_minutes", {"value": planned, "n": pairs}, plain, ("value",))
