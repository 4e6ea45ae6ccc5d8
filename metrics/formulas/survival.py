"""Kaplan-Meier estimates for many groups at once, and one curve with its band for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.normal import normal_quantile
from metrics.formulas.segments import Bools, Floats, Ints, running_product, sorted_by_group, starts_of

SLACK = 1e-9
"""S(t) counts as one half when it is within this of it, so that an exact half counts in spite of rounding."""


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """Survival curves of many groups: the steps of all curves in one flat array, sorted by group and time."""

    n: Ints
    """Items per group."""
    steps: Ints
    """Distinct times with an event, per group."""
    group: Ints
    """Group of each step."""
    time: Floats
    """Time of each step."""
    survival: Floats
    """S just after each step."""
    last: Floats
    """Longest duration per group, NaN where the group is empty."""

    def median(self) -> Floats:
        """Smallest t with S(t) <= 0.5 per group; NaN where the curve never falls so far or the group is empty."""
        above = np.bincount(self.group[self.survival > 0.5 + SLACK], minlength=self.n.size)
        found = np.full(self.n.size, np.nan)
        reached = np.flatnonzero(above < self.steps)
        found[reached] = self.time[starts_of(self.steps)[reached] + above[reached]]
        return found

    def at(self, t: ArrayLike) -> Floats:
        """S(t) per group, `t` one number or one per group; flat beyond the last item, NaN where the group is empty."""
        moment = np.broadcast_to(np.asarray(t, dtype=np.float64), self.n.shape)
        passed = np.bincount(self.group[self.time <= moment[self.group]], minlength=self.n.size)
        found = np.where(self.n > 0, 1.0, np.nan)
        fallen = np.flatnonzero(passed)
        found[fallen] = self.survival[starts_of(self.steps)[fallen] + passed[fallen] - 1]
        return found

    def longest(self) -> Floats:
        """Longest duration per group, whether it ended in an event or not; NaN where the group is empty."""
        return self.last


def grouped_kaplan_meier(group: ArrayLike, duration: ArrayLike, event: ArrayLike, groups: int) -> KaplanMeier:
    """Survival curve of each group; `event` is true where the duration ended, false where it was still running.

    At a tie events come before censoring: an item censored at t is still at risk at t. Durations are in any one
    unit, zero is allowed. Items of a negative group are left out. One sort and log2(items) passes, no loop over
    groups.
    Source: Kaplan and Meier 1958, Nonparametric Estimation from Incomplete Observations.
    Example: ended after 2, 4, 9 days, still open after 10 and 20: S is 0.8, 0.6, 0.4, so the median is 9.
    """
    order, where, when, counts = sorted_by_group(group, np.asarray(duration, dtype=np.float64), groups)
    ended = np.asarray(event, dtype=bool)[order]
    first = np.flatnonzero(_changes(where, when))
    events = np.add.reduceat(ended.astype(np.int64), first) if first.size else np.zeros(0, dtype=np.int64)
    at_risk = counts[where[first]] - (first - starts_of(counts)[where[first]])
    stepped = events > 0
    owner = where[first][stepped].astype(np.int64)
    steps = np.bincount(owner, minlength=groups).astype(np.int64)
    factor = (at_risk - events)[stepped] / at_risk[stepped]
    longest = np.full(groups, np.nan)
    filled = np.flatnonzero(counts)
    longest[filled] = when[starts_of(counts)[filled] + counts[filled] - 1]
    return KaplanMeier(
        n=counts,
        steps=steps,
        group=owner,
        time=when[first][stepped],
        survival=running_product(factor, starts_of(steps), steps),
        last=longest,
    )


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """One survival curve as a page draws it: a row for time zero and for each distinct duration."""

    time: Floats
    at_risk: Ints
    events: Ints
    survival: Floats
    low: Floats
    high: Floats


def survival_curve(duration: ArrayLike, event: ArrayLike, confidence: float = 0.95) -> SurvivalCurve:
    """Curve of one group with its pointwise band, which stays inside 0..1.

    Greenwood's variance on the scale of ln(-ln S), the band that R calls log-log; where S is 1 or 0 the band is S
    itself.
    Source: Greenwood 1926; Kalbfleisch and Prentice 1980, section 1.4.
    Example: ended after 1, 2 of 4 items: S(1) = 0.75, sum of d / (r (r - d)) = 1/12, band 0.128 to 0.961.
    """
    lasted, ended = np.asarray(duration, dtype=np.float64), np.asarray(event, dtype=bool)
    times, place = np.unique(lasted, return_inverse=True)
    events = np.bincount(place, weights=ended, minlength=times.size).astype(np.int64)
    items = np.bincount(place, minlength=times.size)
    at_risk = (lasted.size - np.concatenate(([0], np.cumsum(items)[:-1]))).astype(np.int64) if times.size else events
    survival = np.cumprod((at_risk - events) / at_risk)
    remaining = at_risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(remaining > 0, events / (at_risk * remaining), 0.0))
        spread = normal_quantile(0.5 + confidence / 2) * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    inside = (survival > 0) & (survival < 1)
    return SurvivalCurve(
        time=np.concatenate(([0.0], times)),
        at_risk=np.concatenate(([lasted.size], at_risk)).astype(np.int64),
        events=np.concatenate(([0], events)).astype(np.int64),
        survival=np.concatenate(([1.0], survival)),
        low=np.concatenate(([1.0], np.where(inside, low, survival))),
        high=np.concatenate(([1.0], np.where(inside, high, survival))),
    )


def _changes(where: NDArray[Any], when: Floats) -> Bools:
    """True where a new (group, time) begins in arrays sorted by both."""
    begins = np.ones(where.size, dtype=bool)
    if where.size:
        begins[1:] = (where[1:] != where[:-1]) | (when[1:] != when[:-1])
    return begins
