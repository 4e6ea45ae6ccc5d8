"""How sure figures are: contribution under other readings of the same claims, the index under other weights.

from metrics.ranges import contribution_ranges, index_bands

contribution_ranges(Period.parse("2026-Q2"), visible_to=visible)                   # by project code
contribution_ranges(q2, visible_to=visible, kind="customer", codes=["C-ALFA"])
index_bands(q2, "project", visible_to=visible, codes=["P-1", "P-2"])               # by code
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection

from metrics.columns import Facts, Floats
from metrics.formulas.contribution import Method, contribution_range
from metrics.formulas.index import DRAWS, customer_success_index, index_band
from metrics.frame import Frame
from metrics.index import KINDS as INDEX_KINDS
from metrics.index import index_entries, index_metrics, listed_for
from metrics.index_values import usable_headlines
from metrics.ledger import LedgerStates
from metrics.parts import Sum
from metrics.periods import Grain, Period
from metrics.scopes import FEED_OF, Scopes
from metrics.selectors import state, visible_scopes
from portfolio.rights import Visibility

SEED: Final = 20260710
"""Seed of the drawn weights: the same values have the same band wherever they are shown."""

KINDS: Final = ("enterprise", "portfolio", "program", "project", "customer", "initiative")
READINGS: Final[tuple[tuple[Method, bool], ...]] = (
    ("proportional", False),
    ("shapley", False),
    ("proportional", True),
)
"""Method, and whether claims that nothing but the claim speaks for (evidence claimed) count as 0."""


@dataclass(frozen=True, slots=True)
class Span:
    """Lowest and highest of the readings."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ContributionRange:
    """Points credited to the projects of a scope under three readings of the claims, and their change in the period.

    The first reading (proportional) is the one that pages show; the range holds it.
    """

    proportional: float
    shapley: float
    evidenced: float
    points: Span
    change: Span


@dataclass(frozen=True, slots=True)
class IndexBand:
    """The index, and the 5th and 95th percentile of it under weights drawn around the agreed ones."""

    index: float
    low: float
    high: float
    seed: int
    draws: int


def contribution_ranges(
    period: Period, *, visible_to: Visibility, kind: str = "project", codes: Iterable[str] | None = None
) -> dict[str, ContributionRange]:
    """Ranges of the visible scopes of a kind that have a claim in force on a measurable outcome at the period's end.

    Cost: six queries for one kind, and the claims read once per published run, period and process.
    """
    if kind not in KINDS or not visible_to.sees_kind(kind):
        return {}
    known = state()
    if known.run is None or period.start >= known.as_of:
        return {}
    database = connection.settings_dict["NAME"]
    found = _ranges(database, known.run.pk, known.run.published_at, known.as_of, period, kind)
    shown = set(visible_scopes(kind, visible_to=visible_to, codes=codes)[1])
    return {code: each for code, each in found.items() if code in shown}


@lru_cache(maxsize=24)
def _ranges(
    database: str, run: int, published_at: datetime | None, as_of: date, period: Period, kind: str
) -> dict[str, ContributionRange]:
    facts = Facts()
    grain = Grain((period,), as_of, ZoneInfo(str(settings.EPMO_TIME_ZONE)))
    frame = Frame(facts, grain, Scopes(facts), settings.EPMO_BASE_CURRENCY)
    points, changes, held = [], [], np.zeros(0)
    for method, evidenced_only in READINGS:
        states = LedgerStates(frame, method, evidenced_only)
        claimed = ~np.isnan(states.stacked("claim"))
        points.append(_summed(frame, kind, states, states.stacked("points"), claimed))
        moved = states.moved("change")
        changes.append(_summed(frame, kind, states, moved, moved != 0))
        if not len(held):
            held = _summed(frame, kind, states, np.ones(claimed.shape), claimed)
    low, high = contribution_range(*points)
    change_low, change_high = contribution_range(*changes)
    codes = [""] if kind == "enterprise" else _codes(facts, kind, frame)
    return {
        code: ContributionRange(
            float(points[0][at]),
            float(points[1][at]),
            float(points[2][at]),
            Span(float(low[at]), float(high[at])),
            Span(float(change_low[at]), float(change_high[at])),
        )
        for at, code in enumerate(codes)
        if held[at] > 0
    }


def _summed(frame: Frame, kind: str, states: LedgerStates, values: Floats, kept: np.ndarray) -> Floats:
    """Values of claims added up to the scopes of a kind, for the frame's one period."""
    spread = states.claim_rows(values, kept)
    return Sum(states.claims, spread.length, spread.period, at=spread.at).reduce(frame, kind)[:, 0]


def _codes(facts: Facts, kind: str, frame: Frame) -> list[str]:
    return facts.texts(FEED_OF[kind], frame.scopes.of(kind).ids)


def index_bands(
    period: Period, kind: str, *, visible_to: Visibility, codes: Iterable[str] | None = None, seed: int = SEED
) -> dict[str, IndexBand]:
    """Bands of the visible scopes of a kind that have an index, by code. Cost: five queries, and 1 ms a scope."""
    if kind not in INDEX_KINDS or not visible_to.sees_kind(kind):
        return {}
    ids, found = visible_scopes(kind, visible_to=visible_to, codes=codes)
    if not ids:
        return {}
    entries = index_entries()
    arrays = index_metrics(entries)
    value = usable_headlines(np.array(ids, dtype=np.int64), period)
    made = customer_success_index(arrays, value, listed_for(entries, kind))
    low, high = index_band(arrays, made, seed)
    return {
        code: IndexBand(float(made.index[at]), float(low[at]), float(high[at]), seed, DRAWS)
        for at, code in enumerate(found)
        if not np.isnan(made.index[at])
    }
