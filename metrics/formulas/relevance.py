"""Does a metric move with what customers achieve: lagged rank correlation over a panel, with permutation p.

A panel has a row per customer and a column per consecutive quarter, NaN where a value is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
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
_RANKED_AT_ONCE: Final = 1 << 17
"""Few enough to stay in the processor's cache."""
_WORD_BITS: Final = 62


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


class Shuffles:
    """An outcome with its known values shuffled inside each customer, over and over: drawn once for all metrics."""

    def __init__(self, outcome: ArrayLike, seed: int, draws: int = DRAWS) -> None:
        if draws < DRAWS:
            raise ValueError(f"p needs at least {DRAWS} draws")
        self.outcome = np.asarray(outcome, dtype=np.float64)
        self.known: Bools = ~np.isnan(self.outcome)
        self.draws = draws
        self._seed = seed

    @cached_property
    def values(self) -> Floats:
        """Shape (draws, known values), these in the order of customers, then quarters."""
        random = np.random.default_rng(self._seed)
        shape, counts = self.outcome.shape, self.known.sum(axis=1)
        first = np.arange(shape[1])[None, :] < counts[:, None]  # as many places as known values, customer by customer
        offset = np.repeat(starts_of(counts), counts)
        given = self.outcome[self.known]
        made = np.empty((self.draws, given.size))
        step = max(1, _CELLS_AT_ONCE // max(1, self.outcome.size))
        for done in range(0, self.draws, step):
            keys = random.random((min(step, self.draws - done), *shape))
            keys[:, ~first] = 2.0  # what is unknown stays last
            made[done : done + len(keys)] = given[np.argsort(keys, axis=2)[:, first] + offset]
        return made


def association(metric: ArrayLike, outcome: ArrayLike, seed: int, draws: int = DRAWS) -> Association:
    """Association of a metric with an outcome that no other metric is asked about; see association_with."""
    return association_with(metric, Shuffles(outcome, seed, draws))


def association_with(metric: ArrayLike, shuffles: Shuffles) -> Association:
    """Largest rank correlation of a metric with the outcome 0, 1 or 2 quarters later, and its permutation p.

    Pairs (metric at t - lag, outcome at t) of all customers with at least two; each series less its own mean over
    the customer's pairs, so that only moves inside customers count; ranks over the pooled pairs, ties at their mean
    rank; Pearson correlation of the ranks. A lag with fewer than 8 pairs is left out; the earliest lag wins a tie.
    For p the known outcomes are permuted within each customer and the maximum over lags is taken again.
    Cost: draws x pairs x lags, about a second for 999 draws of 12,000 pairs.
    Source: Spearman 1904; Westfall and Young 1993 for the maximum under permutation.
    Example: two customers whose outcome follows the metric a quarter later have lag 1 and rho 1.
    """
    moves, achieved = np.asarray(metric, dtype=np.float64), shuffles.outcome
    sides = [_Side.of(moves, achieved, lag) for lag in LAGS]
    rhos = tuple(float(side.rho(achieved[shuffles.known][None], shuffles.known)[0]) for side in sides)
    sizes = [side.pairs for side in sides]
    strength = np.abs(rhos)
    if np.isnan(strength).all():
        return Association(n=max(sizes), lag=None, rho=np.nan, p=np.nan, rho_by_lag=rhos)
    largest = np.nanmax(strength)
    chosen = int(np.flatnonzero(strength >= largest - _SLACK)[0])
    used = [side for side, rho in zip(sides, rhos, strict=True) if not np.isnan(rho)]
    again = np.max([np.nan_to_num(np.abs(side.rho(shuffles.values, shuffles.known))) for side in used], axis=0)
    as_large = int(np.sum(again >= largest - _SLACK))
    p = (1 + as_large) / (1 + shuffles.draws)
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
        ranks = _centred_ranks(_moves(earlier[paired][None], counts))[0]
        return cls(paired=paired, counts=counts, ranks=ranks, pairs=int(paired.sum()))

    def rho(self, outcomes: Floats, known: Bools) -> Floats:
        """Rank correlation for each of many outcomes (draw, known value); NaN below 8 pairs or without moves."""
        found = np.full(len(outcomes), np.nan)
        if self.pairs < FEWEST_PAIRS:
            return found
        chosen = np.flatnonzero(self.paired[known])
        own = self.ranks @ self.ranks
        step = max(1, _RANKED_AT_ONCE // self.pairs)
        for done in range(0, len(outcomes), step):
            part = slice(done, done + step)
            ranks, pair = _ordered_ranks(_moves(outcomes[part, chosen], self.counts))
            size = np.sqrt(np.einsum("dp,dp->d", ranks, ranks) * own)
            together = np.einsum("dp,dp->d", ranks, self.ranks[pair])
            np.divide(together, size, out=found[part], where=size > 0)
        return found


def _moves(values: Floats, counts: Ints) -> Floats:
    """Values less the own mean of each customer, in units of the last decimal that counts; one row per draw."""
    if not counts.size:
        return np.zeros(values.shape)
    means = np.add.reduceat(values, starts_of(counts), axis=1) / counts
    return np.rint((values - np.repeat(means, counts, axis=1)) * 10.0**_DECIMALS)


def _ordered_ranks(moves: Floats) -> tuple[Floats, Ints]:
    """Ranks less their mean in ascending order, ties at their mean rank, and the pair that each is of; a row per draw.

    The pair travels in the low bits of the number that is sorted: sorting whole numbers is many times as fast as
    sorting places by them. Moves too large for that are replaced by their places among all moves.
    """
    draws, pairs = moves.shape
    bits = int(pairs).bit_length()
    if moves.size and np.abs(moves).max() >= 2.0 ** (_WORD_BITS - bits):
        moves = np.unique(moves, return_inverse=True)[1].reshape(moves.shape).astype(np.float64)
    ordered = (moves.astype(np.int64) << bits) | np.arange(pairs)
    ordered.sort(axis=1)
    opens = np.ones((draws, pairs), dtype=bool)
    opens[:, 1:] = (ordered[:, 1:] >> bits) != (ordered[:, :-1] >> bits)
    first = np.flatnonzero(opens)
    tied = np.diff(first, append=draws * pairs)
    middle = first % max(pairs, 1) + (tied - pairs) / 2
    return np.repeat(middle, tied).reshape(draws, pairs), ordered & ((1 << bits) - 1)


def _centred_ranks(values: Floats) -> Floats:
    """Ranks of moves, less their mean, ties at their mean rank; one row per draw."""
    ranks, pair = _ordered_ranks(values)
    made = np.empty_like(ranks)
    np.put_along_axis(made, pair, ranks, axis=1)
    return made
