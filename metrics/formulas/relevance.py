"""Does a metric move with what customers achieve: lagged rank correlation over a panel, with permutation p.

A panel has a row per customer and a column per consecutive quarter, NaN where a value is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Bools, Floats, Ints, starts_of

LAGS: Final = (0, 1, 2)
FEWEST_PAIRS: Final = 8
PAIRS_FOR_VERDICT: Final = 12
RELEVANT_Q: Final = 0.10
RELEVANT_RHO: Final = 0.3
DRAWS: Final = 999
_DECIMALS: Final = 9
"""Differences from the own mean are rounded to this many decimals, so that ties are ties."""
_SLACK: Final = 1e-12
_CELLS_AT_ONCE: Final = 1 << 21


class Verdict(StrEnum):
    """What the panel says about a metric."""

    INSUFFICIENT_N = "insufficient_n"
    NO_VERDICT = "no_verdict"
    RELEVANT = "relevant"
    WEAK = "weak"
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True, slots=True)
class Association:
    """How one metric moves with the outcome; lag, rho and p are NaN or None where no lag has 8 pairs."""

    n: int
    """Pairs at the chosen lag, else the most pairs of any lag."""
    lag: int | None
    rho: float
    p: float
    rho_by_lag: tuple[float, ...]
    """NaN for a lag that was left out."""


def association(metric: ArrayLike, outcome: ArrayLike, seed: int, draws: int = DRAWS) -> Association:
    """Largest rank correlation of a metric with the outcome 0, 1 or 2 quarters later, and its permutation p.

    Pairs (metric at t - lag, outcome at t) of all customers with at least two; each series less its own mean over
    the customer's pairs, so that only moves inside customers count; ranks over the pooled pairs, ties at their mean
    rank; Pearson correlation of the ranks. A lag with fewer than 8 pairs is left out; the earliest lag wins a tie.
    For p the known outcomes are permuted within each customer and the maximum over lags is taken again.
    Cost: draws x pairs x lags, about five seconds for 999 draws of 12,000 pairs.
    Source: Spearman 1904; Westfall and Young 1993 for the maximum under permutation.
    Example: two customers whose outcome follows the metric a quarter later have lag 1 and rho 1.
    """
    if draws < DRAWS:
        raise ValueError(f"p needs at least {DRAWS} draws")
    moves, achieved = np.asarray(metric, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    sides = [_Side.of(moves, achieved, lag) for lag in LAGS]
    rhos = tuple(float(side.rho(achieved[None])[0]) for side in sides)
    sizes = [side.pairs for side in sides]
    strength = np.abs(rhos)
    if np.isnan(strength).all():
        return Association(n=max(sizes), lag=None, rho=np.nan, p=np.nan, rho_by_lag=rhos)
    largest = np.nanmax(strength)
    chosen = int(np.flatnonzero(strength >= largest - _SLACK)[0])
    as_large = 0
    used = [side for side, rho in zip(sides, rhos, strict=True) if not np.isnan(rho)]
    for permuted in _permuted(achieved, seed, draws):
        again = np.max([np.nan_to_num(np.abs(side.rho(permuted))) for side in used], axis=0)
        as_large += int(np.sum(again >= largest - _SLACK))
    p = (1 + as_large) / (1 + draws)
    return Association(n=sizes[chosen], lag=LAGS[chosen], rho=rhos[chosen], p=p, rho_by_lag=rhos)


def q_values(associations: Sequence[Association]) -> list[float]:
    """False discovery rate of each metric over all with at least 12 pairs; NaN for the others.

    Source: Benjamini and Hochberg 1995. Example: p 0.001, 0.1, 0.5, 0.6 give q 0.004, 0.2, 0.6, 0.6.
    """
    from scipy.stats import false_discovery_control  # slow to load: only where it is computed with

    q = np.full(len(associations), np.nan)
    counted = [place for place, found in enumerate(associations) if found.n >= PAIRS_FOR_VERDICT]
    counted = [place for place in counted if not np.isnan(associations[place].p)]
    if counted:
        q[counted] = false_discovery_control([associations[place].p for place in counted], method="bh")
    return q.tolist()


def verdict(found: Association, q: float) -> Verdict:
    """Fewer than 8 pairs, fewer than 12, or relevant (q to 0.10, |rho| from 0.3), weak (q alone) or not shown."""
    if found.lag is None or found.n < FEWEST_PAIRS:
        return Verdict.INSUFFICIENT_N
    if found.n < PAIRS_FOR_VERDICT:
        return Verdict.NO_VERDICT
    if q > RELEVANT_Q:
        return Verdict.NOT_SHOWN
    return Verdict.RELEVANT if abs(found.rho) >= RELEVANT_RHO else Verdict.WEAK


@dataclass(frozen=True, slots=True)
class _Side:
    """The pairs of one lag and the ranks of the metric's side, which permuting the outcome leaves as they are."""

    paired: Bools
    """Customer by quarter of the outcome."""
    counts: Ints
    """Pairs of each customer that has any."""
    ranks: Floats
    pairs: int

    @classmethod
    def of(cls, metric: Floats, outcome: Floats, lag: int) -> _Side:
        """Pairs of the metric `lag` quarters before the outcome, of customers with at least two."""
        earlier = np.full(metric.shape, np.nan)
        earlier[:, lag:] = metric[:, : max(metric.shape[1] - lag, 0)]
        paired = ~np.isnan(earlier) & ~np.isnan(outcome)
        paired &= paired.sum(axis=1, keepdims=True) >= 2
        counts = paired.sum(axis=1)
        counts = counts[counts > 0].astype(np.int64)
        ranks = _centred_ranks(earlier[paired][None], counts)[0]
        return cls(paired=paired, counts=counts, ranks=ranks, pairs=int(paired.sum()))

    def rho(self, outcomes: Floats) -> Floats:
        """Rank correlation for each of many outcomes (draw, customer, quarter); NaN below 8 pairs or without moves."""
        if self.pairs < FEWEST_PAIRS:
            return np.full(outcomes.shape[0], np.nan)
        ranks = _centred_ranks(outcomes[:, self.paired], self.counts)
        size = np.sqrt(np.einsum("dp,dp->d", ranks, ranks) * (self.ranks @ self.ranks))
        return np.asarray(np.divide(ranks @ self.ranks, size, out=np.full(size.size, np.nan), where=size > 0))


def _centred_ranks(values: Floats, counts: Ints) -> Floats:
    """Ranks, less their mean, of values less the own mean of each customer; one row per draw, pairs by customer."""
    if not counts.size:
        return np.zeros(values.shape)
    means = np.add.reduceat(values, starts_of(counts), axis=1) / counts
    apart = np.round(values - np.repeat(means, counts, axis=1), _DECIMALS)
    from scipy.stats import rankdata  # slow to load: only where it is computed with

    return np.asarray(rankdata(apart, axis=1) - (apart.shape[1] + 1) / 2)


def _permuted(outcome: Floats, seed: int, draws: int) -> Iterator[Floats]:
    """Blocks of outcomes whose known values are shuffled inside each customer."""
    random = np.random.default_rng(seed)
    known = ~np.isnan(outcome)
    place = np.argsort(~known, axis=1, kind="stable")
    packed = np.take_along_axis(outcome, place, axis=1)  # known values first
    step = max(1, _CELLS_AT_ONCE // max(1, outcome.size))
    for done in range(0, draws, step):
        count = min(step, draws - done)
        keys = random.random((count, *outcome.shape))
        keys[:, ~np.take_along_axis(known, place, axis=1)] = 2.0  # unknown ones stay last
        shuffled = np.take_along_axis(packed[None], np.argsort(keys, axis=2), axis=2)
        block = np.full((count, *outcome.shape), np.nan)
        np.put_along_axis(block, np.broadcast_to(place, block.shape), shuffled, axis=2)
        yield block
