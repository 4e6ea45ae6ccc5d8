"""Kaplan-Meier figures of many groups over a window that slides along the calendar.

A month's window shares eleven twelfths of its items with the next one, so nothing is sorted again: events are kept in
the order of group and duration, and a window only picks from them. Between two censored items the product of a
Kaplan-Meier curve telescopes to (at risk after) / (at risk before), so only censored items are multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.formulas.segments import Floats, Ints, running_product, stable_by_group
from metrics.formulas.survival import SLACK

_SPAN_BITS = 45
LONGEST: int = 1 << _SPAN_BITS
"""Durations are below this many units: 407 days of microseconds."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is read off the curves of one window, by group."""

    n: Ints
    median: Floats
    """Smallest t with S(t) <= 0.5, in the unit of the instants; NaN where there is none."""
    survival: Floats
    """S at the asked duration, the curve carried flat beyond its last item; NaN without items."""


class Spells:
    """Spells with their begin and their end (NaN while one lasts), in whole units such as microseconds.

    Sorted once; every kind of group uses the two orders.
    """

    def __init__(self, begin: Floats, end: Floats) -> None:
        self.by_begin = np.argsort(begin)
        self.begin, self.end = begin[self.by_begin], end[self.by_begin]
        lasted = self.end - self.begin
        ended = np.flatnonzero(lasted < LONGEST)
        self.by_length = ended[np.argsort(lasted[ended])]
        """Positions in the order of begin."""

    def grouped(self, levels: list[NDArray[Any]], groups: int) -> SlidingSurvival:
        """Curves of groups; each level gives every spell a group, -1 for none."""
        if not levels:
            levels = [np.full(len(self.begin), -1)]
        group = np.stack(levels, axis=1)[self.by_begin]
        at, level = np.nonzero(group >= 0) if len(levels) > 1 else (np.flatnonzero(group[:, 0] >= 0), 0)
        event_group = group[self.by_length]
        event_at, event_level = (
            np.nonzero(event_group >= 0) if len(levels) > 1 else (np.flatnonzero(event_group[:, 0] >= 0), 0)
        )
        return SlidingSurvival(
            self, at, group[at, level], self.by_length[event_at], event_group[event_at, event_level], groups
        )


class SlidingSurvival:
    """Spells of many groups; a spell of several groups stands once for each."""

    def __init__(
        self, spells: Spells, at: Ints, group: NDArray[Any], event_at: Ints, event_group: NDArray[Any], groups: int
    ) -> None:
        self.groups = groups
        self._group = group.astype(np.int64)
        self._begin, self._end = spells.begin[at], spells.end[at]
        if groups > 1:
            order = stable_by_group(event_group, np.arange(len(event_at)), groups)
            event_at, event_group = event_at[order], event_group[order]
        self._event_begin, self._event_end = spells.begin[event_at], spells.end[event_at]
        self._event_key = self._key(event_group, self._event_end - self._event_begin)

    @staticmethod
    def _key(group: NDArray[Any], duration: Floats | float) -> Ints:
        return (group.astype(np.int64) << _SPAN_BITS) + np.asarray(duration).astype(np.int64)

    def figures(self, since: float, cut: float, duration: float) -> Figures:
        """Figures at `cut` of the spells begun in [since, cut): ended before `cut` is the event, else censored there.

        `cut` - `since` and `duration` are below LONGEST. `duration` is where S is read.
        Example: ended after 2, 4, 9 days, running for 10 and 20: the median is 9 days, S(5) = 0.6.
        """
        if cut - since >= LONGEST or duration >= LONGEST:
            raise ValueError("the window is longer than 407 days of microseconds")
        picked = (self._event_begin >= since) & (self._event_end < cut)
        events = self._event_key[np.flatnonzero(picked)]
        low, high = np.searchsorted(self._begin, [since, cut])
        # A spell that had not ended before the cut, blank ends among them.
        running = low + np.flatnonzero(~(self._end[low:high] < cut))
        censored = np.sort(self._key(self._group[running], cut - self._begin[running]))

        groups = np.arange(self.groups + 1, dtype=np.int64) << _SPAN_BITS
        first_event = np.searchsorted(events, groups)
        first_censored = np.searchsorted(censored, groups)
        event_count, censored_count = np.diff(first_event), np.diff(first_censored)
        n = event_count + censored_count

        owner = censored >> _SPAN_BITS
        place = np.arange(len(censored)) - first_censored[owner]
        gone = np.searchsorted(events, censored, side="right") - first_event[owner]
        at_risk = n[owner] - gone - place
        opening = np.empty_like(at_risk)
        head = place == 0
        opening[head] = n[owner[head]]
        opening[1:][~head[1:]] = at_risk[:-1][~head[1:]] - 1
        factor = np.divide(at_risk, opening, out=np.ones(len(censored)), where=opening > 0)
        product = running_product(factor, first_censored[:-1], censored_count)

        def opened(passed: Ints) -> tuple[Floats, Ints, Ints]:
            """S, events gone and at risk just after `passed` censored items of each group."""
            survival, before = np.ones(self.groups), np.zeros(self.groups, dtype=np.int64)
            some = np.flatnonzero(passed)
            last = first_censored[some] + passed[some] - 1
            survival[some], before[some] = product[last], gone[last]
            return survival, before, n - before - passed

        above = np.bincount(owner[product > 0.5 + SLACK], minlength=self.groups)
        survival, before, at_risk_then = opened(above)
        needed = _events_to_half(survival, at_risk_then)
        median = np.full(self.groups, np.nan)
        reached = np.flatnonzero((at_risk_then > 0) & (before + needed <= event_count))
        chosen = first_event[reached] + before[reached] + needed[reached] - 1
        median[reached] = (events[chosen] & (LONGEST - 1)).astype(np.float64)

        asked = groups[:-1] + int(duration)
        passed = np.searchsorted(censored, asked) - first_censored[:-1]
        survival, before, at_risk_then = opened(passed)
        fallen = np.searchsorted(events, asked, side="right") - first_event[:-1] - before
        share = np.divide(at_risk_then - fallen, at_risk_then, out=np.ones(self.groups), where=at_risk_then > 0)
        return Figures(n, median, np.where(n > 0, survival * share, np.nan))


def _events_to_half(survival: Floats, at_risk: Ints) -> Ints:
    """Fewest events after which survival x (at_risk - events) / at_risk is at most one half, at least 1."""
    half = 0.5 + SLACK
    wanted = np.ceil(at_risk * (1.0 - half / survival)).astype(np.int64)
    wanted = np.maximum(wanted, 1)
    # The ceiling of a rounded quotient may be one off on either side.
    fewer = (wanted > 1) & (survival * (at_risk - wanted + 1) <= half * at_risk)
    more = survival * (at_risk - wanted) > half * at_risk
    return wanted - fewer + more
