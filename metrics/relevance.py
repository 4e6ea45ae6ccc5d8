"""Does what we measure and collect move with what customers achieve? Asked of the stored values, kept as verdicts.

The statistic is metrics.formulas.relevance (catalogue, section relevance). A metric is looked at by its values per
customer and quarter, a feed by how much of it was collected per customer and quarter, and by the metrics made from it.

    from metrics.relevance import relevance_list
    relevance_list(visible_to=visible)                    # verdicts, metrics in the order of the catalogue, then feeds
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from numpy.typing import NDArray

from metrics.activity import OUTCOMES, PATHS, STRUCTURE, feed_activity
from metrics.columns import Floats
from metrics.formulas.relevance import (
    DRAWS,
    PAIRS_FOR_VERDICT,
    Association,
    Shuffles,
    Verdict,
    association_with,
    q_values,
    verdict,
)
from metrics.models import Relevance, Run, Scope
from metrics.periods import Period
from metrics.planning import last_whole_run
from metrics.registry import formulas, metrics
from metrics.selectors import state
from metrics.series import Place, places_of, series_block
from portfolio.feeds import FEEDS
from portfolio.rights import EVERYTHING, Visibility

OUTCOME: Final = "outcome_attainment"
MADE_OF_OUTCOMES: Final = frozenset({"outcome_attainment", "end_customer_success", "project_contribution"})
"""They hold the outcomes themselves: that they move with them says nothing."""

SEED: Final = 20260710
MOST_CUSTOMERS: Final = 400
"""A larger panel is cut to so many customers, drawn by the seed: draws of all would take an hour and say no more."""

LOCK: Final = 0x45504D56
EVERY: Final = timedelta(days=7)

IS_OUTCOME: Final = "is_outcome"
STRUCTURAL: Final = "structure"
NOT_BY_CUSTOMER: Final = "not_by_customer"
AGAINST_DIRECTION: Final = "against_direction"
BY_METRICS: Final = "by_metrics"
"""Reasons beside the verdicts of the panel."""

Advice = Relevance.Advice


@dataclass(frozen=True, slots=True)
class RelevanceRecord:
    """The verdict on one metric or feed, as stored."""

    kind: str
    key: str
    outcome: str
    advice: str
    reason: str
    n: int
    lag: int | None
    rho: float | None
    p: float | None
    q: float | None
    rho_by_lag: tuple[float | None, ...]
    as_expected: bool | None
    by_metrics: tuple[str, ...]
    customers: int
    first_quarter: str
    last_quarter: str
    seed: int
    draws: int
    run_id: int
    computed_at: datetime

    @property
    def pairs_missing(self) -> int:
        """Pairs that are missing for a verdict."""
        return max(PAIRS_FOR_VERDICT - self.n, 0)


def relevance_list(*, visible_to: Visibility, kind: str | None = None) -> list[RelevanceRecord]:
    """Verdicts in the order of the catalogue, then of the feeds; for readers of everything. Cost: one query."""
    if not visible_to.reads_all:
        return []
    rows = Relevance.objects.all() if kind is None else Relevance.objects.filter(kind=kind)
    order = {key: at for at, key in enumerate((*metrics(), *FEEDS))}
    names = RelevanceRecord.__slots__
    found = [
        RelevanceRecord(
            **{name: tuple(value) if isinstance(value := getattr(row, name), list) else value for name in names}  # type: ignore[arg-type]
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.kind != "metric", order.get(each.key, len(order))))


def is_due() -> bool:
    """Whether stored values are newer than the verdicts, and these are missing, a week old, or of before a full run.

    Cost: two queries.
    """
    run = last_whole_run()
    if run is None:
        return False
    last = Relevance.objects.order_by("-computed_at").values_list("run_id", "computed_at").first()
    if last is None:
        return True
    run_id, computed_at = last
    return run.pk > run_id and (run.is_full or timezone.now() - computed_at >= EVERY)


def relevance_compute(
    *, seed: int = SEED, draws: int = DRAWS, only_when_due: bool = False, makes_way: bool = False
) -> list[Relevance] | None:
    """Take the panel of the published values and replace all verdicts.

    None when another process is at it, or (asked so) nothing is due or a run has work for this process; the same
    values and seed give the same verdicts. Cost: a query a feed, and up to three seconds a metric or feed.
    """
    try:
        return _relevance_compute(seed, draws, only_when_due, _make_way if makes_way else lambda: None)
    except _RunWaits:
        return None


def _relevance_compute(
    seed: int, draws: int, only_when_due: bool, between: Callable[[], None]
) -> list[Relevance] | None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return None
        if only_when_due and not is_due():
            return None
        known = state()
        if known.run is None:
            return None
        between()
        panel = Panel.read(known.run, known.periods, seed)
        rows = _verdicts(panel, seed, draws, between)
        Relevance.objects.all().delete()
        return Relevance.objects.bulk_create(rows)


@dataclass(frozen=True)
class Panel:
    """Customers by quarters that are over: the outcome, and every metric that has values of customers."""

    run: Run
    customers: tuple[int, ...]
    quarters: tuple[Period, ...]
    outcome: Floats
    metric: dict[str, Floats]

    @classmethod
    def read(cls, run: Run, periods: Iterable[Period], seed: int) -> Panel:
        """Of more customers than a panel needs those that the seed draws. Cost: two queries a metric."""
        quarters = tuple(p for p in periods if p.kind == "quarter" and run.as_of is not None and p.end <= run.as_of)
        places = places_of(["customer"], visible_to=EVERYTHING)
        chosen = drawn(_grid(OUTCOME, places, quarters), seed)
        places = tuple(places[at] for at in chosen.tolist())
        objects = dict(Scope.objects.filter(kind="customer").values_list("id", "object_id"))
        grids = {key: _grid(key, places, quarters) for key, entry in metrics().items() if "customer" in entry.scopes}
        return cls(run, tuple(objects[place.id] for place in places), quarters, grids[OUTCOME], grids)


def _grid(key: str, places: Sequence[Place], quarters: Sequence[Period]) -> Floats:
    """Headlines of one metric, customers by quarters. Cost: two queries."""
    block = series_block([(key, "")], places, quarters)
    grid = np.full((len(places), len(quarters)), np.nan)
    grid[block.place] = block.value
    return grid


def drawn(outcome: Floats, seed: int) -> NDArray[np.int64]:
    """Places of all customers, or of at most so many among those whose outcomes are known at least twice."""
    usable = np.flatnonzero((~np.isnan(outcome)).sum(axis=1) >= 2)
    if len(usable) <= MOST_CUSTOMERS:
        return np.arange(len(outcome))
    return np.sort(np.random.default_rng(seed).choice(usable, MOST_CUSTOMERS, replace=False))


class _RunWaits(Exception):
    """A run has work for this process: people wait for values, nobody waits for verdicts."""


def _make_way() -> None:
    # Waiting here instead would hold a worker's only process, and so the very run that is waited for.
    if Run.objects.filter(state__in=(Run.State.WANTED, Run.State.RUNNING)).exists():
        raise _RunWaits


def _verdicts(panel: Panel, seed: int, draws: int, between: Callable[[], None]) -> list[Relevance]:
    """Metrics first; feeds then know what the metrics that read them are worth."""

    shuffles = Shuffles(panel.outcome, seed, draws)

    def asked(moves: Floats) -> Association:
        between()
        return association_with(moves, shuffles)

    found = {key: asked(grid) for key, grid in panel.metric.items() if key not in MADE_OF_OUTCOMES}
    collected = {
        feed: asked(feed_activity(feed, panel.customers, panel.quarters))
        for feed in PATHS
        if panel.customers and panel.quarters
    }
    base = _base(panel, seed, draws)
    rows = _metric_rows(found, base)
    advice_of = {row.key: row.advice for row in rows}
    return [*rows, *_feed_rows(collected, advice_of, base)]


def _base(panel: Panel, seed: int, draws: int) -> dict[str, Any]:
    return {
        "outcome": OUTCOME,
        "customers": len(panel.customers),
        "first_quarter": panel.quarters[0].code if panel.quarters else "",
        "last_quarter": panel.quarters[-1].code if panel.quarters else "",
        "seed": seed,
        "draws": draws,
        "run_id": panel.run.pk,
        "computed_at": timezone.now(),
    }


def _metric_rows(found: dict[str, Association], base: dict[str, Any]) -> list[Relevance]:
    q_of = dict(zip(found, q_values(list(found.values())), strict=True))
    rows = []
    for key, entry in metrics().items():
        fields: dict[str, Any] = {"kind": Relevance.Kind.METRIC, "key": key, **base}
        if key in MADE_OF_OUTCOMES:
            rows.append(Relevance(**fields, advice=Advice.KEEP, reason=IS_OUTCOME))
        elif key not in found:
            rows.append(Relevance(**fields, advice=Advice.NOT_ENOUGH_DATA, reason=NOT_BY_CUSTOMER))
        else:
            said = verdict(found[key], q_of[key])
            expected = as_expected(found[key], entry.direction)
            rows.append(Relevance(**fields, **_advice(said, expected), **_numbers(found[key], q_of[key], expected)))
    return rows


def _feed_rows(found: dict[str, Association], advice_of: dict[str, str], base: dict[str, Any]) -> list[Relevance]:
    q_of = dict(zip(found, q_values(list(found.values())), strict=True))
    rows = []
    for feed in FEEDS:
        fields: dict[str, Any] = {"kind": Relevance.Kind.FEED, "key": feed, **base}
        reading = [key for key, formula in formulas().items() if feed in formula.feeds and key not in MADE_OF_OUTCOMES]
        useful = [key for key in reading if advice_of[key] in (Advice.KEEP, Advice.FIX)]
        numbers = _numbers(found[feed], q_of[feed], None) if feed in found else {}
        numbers["by_metrics"] = useful
        if feed in OUTCOMES or feed in STRUCTURE:
            reason = IS_OUTCOME if feed in OUTCOMES else STRUCTURAL
            rows.append(Relevance(**fields, advice=Advice.KEEP, reason=reason, **numbers))
            continue
        own = verdict(found[feed], q_of[feed]) if feed in found else None
        rows.append(Relevance(**fields, **_feed_advice(own, reading, advice_of), **numbers))
    return rows


def as_expected(found: Association, direction: str) -> bool | None:
    """Whether a metric moves with the outcome the way that its direction says; None where it says none."""
    if found.lag is None or direction not in ("higher", "lower"):
        return None
    return (found.rho > 0) == (direction == "higher")


def _advice(said: Verdict, expected: bool | None) -> dict[str, str]:
    """What a verdict of the panel means for a metric: relevant is kept, weak or moving the wrong way is mended."""
    if said == Verdict.RELEVANT:
        if expected is False:
            return {"advice": Advice.FIX, "reason": AGAINST_DIRECTION}
        return {"advice": Advice.KEEP, "reason": said.value}
    if said == Verdict.WEAK:
        return {"advice": Advice.FIX, "reason": said.value}
    if said == Verdict.NOT_SHOWN:
        return {"advice": Advice.STOP, "reason": said.value}
    return {"advice": Advice.NOT_ENOUGH_DATA, "reason": said.value}


def _feed_advice(own: Verdict | None, reading: Sequence[str], advice_of: dict[str, str]) -> dict[str, str]:
    """A feed is worth the most that it or a metric made from it is worth; it is stopped only when all were tried.

    A feed whose metrics cannot be told by customer is never stopped for that.
    """
    kept = {advice_of[key] for key in reading}
    mine = _advice(own, None) if own is not None else None
    for advice in (Advice.KEEP, Advice.FIX):
        if mine is not None and mine["advice"] == advice:
            return mine
        if advice in kept:
            return {"advice": advice, "reason": BY_METRICS}
    if mine is not None and mine["advice"] == Advice.STOP and kept <= {Advice.STOP}:
        return mine
    if mine is not None and mine["advice"] == Advice.NOT_ENOUGH_DATA:
        return mine
    return {"advice": Advice.NOT_ENOUGH_DATA, "reason": NOT_BY_CUSTOMER}


def _numbers(found: Association, q: float, expected: bool | None) -> dict[str, Any]:
    def blank(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        "n": found.n,
        "lag": found.lag,
        "rho": blank(found.rho),
        "p": blank(found.p),
        "q": blank(q),
        "rho_by_lag": [blank(rho) for rho in found.rho_by_lag],
        "as_expected": expected,
    }
