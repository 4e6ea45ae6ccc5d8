"""What a formula sees: facts, the periods of one kind, and ways to put rows into periods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Facts, Floats, Mask, Table
from metrics.periods import EPOCH, FIRST_YEAR, LAST_YEAR, Grain, day_number, instant_number
from metrics.scopes import Scopes

Positions = NDArray[np.int64]
Periods = NDArray[np.int64]
DAY_US = 86_400_000_000.0
_FIRST_DAY = day_number(date(FIRST_YEAR, 1, 1))
_LAST_DAY = day_number(date(LAST_YEAR + 1, 1, 1))


@dataclass(frozen=True)
class Spread:
    """Rows spread over periods: `at` are positions in the table, `period` the period of each."""

    at: Positions
    period: Periods
    length: Floats


@dataclass
class Frame:
    """One computation over consecutive periods of one kind.

    Days are days since 2000-01-01, instants microseconds since then (UTC); a blank is NaN.
    """

    facts: Facts
    grain: Grain
    scopes: Scopes
    base_currency: str
    _memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    def table(self, feed: str) -> Table:
        return self.facts.table(feed)

    @property
    def count(self) -> int:
        """Number of periods P."""
        return len(self.grain)

    def forget(self, kind: str | None = None) -> None:
        """Drop what was worked out for one kind of scope (its keys end with the kind), or for all."""
        if kind is None:
            self._memo.clear()
        for key in [key for key in self._memo if key[-1] == kind]:
            del self._memo[key]

    def kept(self, feed: str, name: str, make: Callable[[], Any]) -> Any:
        """As Facts.derived, for work that all kinds of period share but that depends on the scopes."""
        held = self.facts.derived(feed, name, lambda: [None, None])
        if held[0] is not self.scopes:
            held[:] = [self.scopes, make()]
        return held[1]

    # Rows into periods -------------------------------------------------------------------------

    def period_of(self, days: NDArray[Any]) -> Periods:
        """The period that holds the day and lies before T; -1 for none, for blanks and for days from as-of on."""
        return self._index(days, self.grain.start, self.grain.end, self.grain.as_of_day)

    def period_at(self, instants: NDArray[Any]) -> Periods:
        """As period_of, for instants."""
        return self._index(instants, self.grain.start_at, self.grain.end_at, self.grain.as_of_at)

    def _index(self, values: NDArray[Any], starts: Floats, ends: Floats, as_of: float) -> Periods:
        key = ("index", id(values), id(starts))
        if key not in self._memo:
            place = np.searchsorted(starts, values, side="right") - 1
            good = (place >= 0) & (values < min(ends[-1], as_of))
            # The array is kept beside its answer, so that its id cannot be taken by another.
            self._memo[key] = (values, np.where(good, place, -1))
        return self._memo[key][1]

    def since(self, days: NDArray[Any]) -> Periods:
        """First period at whose T the day is past (day < T): for sums to date; -1 when in none."""
        return self._since(days, self.grain.cut)

    def since_at(self, instants: NDArray[Any]) -> Periods:
        """As since, for instants."""
        return self._since(instants, self.grain.cut_at)

    def before_start(self, days: NDArray[Any]) -> Periods:
        """First period that the day lies before: for sums to date at the start; -1 when in none."""
        return self._since(days, self.grain.start)

    def _since(self, values: NDArray[Any], cuts: Floats) -> Periods:
        key = ("since", id(values), id(cuts))
        if key not in self._memo:
            place = np.searchsorted(cuts, values, side="right")
            good = (place < len(cuts)) & ~np.isnan(values)
            self._memo[key] = (values, np.where(good, place, -1))
        return self._memo[key][1]

    def cut(self, period: Periods) -> Floats:
        """T of each row's period, as a day."""
        return self.grain.cut[period]

    def cut_at(self, period: Periods) -> Floats:
        """T of each row's period, as an instant."""
        return self.grain.cut_at[period]

    def start(self, period: Periods) -> Floats:
        return self.grain.start[period]

    def midnight(self, days: NDArray[Any]) -> Floats:
        """First moment of each day in the enterprise zone, as an instant; a blank stays blank.

        Days outside the years that periods can have count as the first or last of them.
        """
        distinct, place = np.unique(np.clip(days, _FIRST_DAY, _LAST_DAY), return_inverse=True)
        moments = [
            np.nan if np.isnan(day) else instant_number(EPOCH + timedelta(days=day), self.grain.zone)
            for day in distinct.tolist()
        ]
        return np.array(moments, dtype=np.float64)[place]

    def each_period(self, chosen: Callable[[int], Mask]) -> Spread:
        """Rows that hold at each period: `chosen(p)` answers a mask over the rows for period p."""
        found = [np.flatnonzero(chosen(p)) for p in range(self.count)]
        period = np.repeat(np.arange(self.count), [len(rows) for rows in found])
        at = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        return Spread(at, period, np.ones(len(at)))

    def window(self, values: NDArray[Any], starts: Floats, ends: Floats) -> Spread:
        """Rows whose value lies in [starts[p], ends[p]) for each period p (a row may lie in several)."""
        return self.each_period(lambda p: (values >= starts[p]) & (values < ends[p]))

    def spans(self, starts: NDArray[Any], ends: NDArray[Any]) -> Spread:
        """Day intervals [start, end) cut to [start, T) of every period that they touch; length in days.

        A blank end has not come yet. Empty pieces are left out.
        """
        return self._spans(starts, ends, self.grain.start, self.grain.cut)

    def spans_at(self, starts: NDArray[Any], ends: NDArray[Any]) -> Spread:
        """As spans, for instants; length in microseconds."""
        return self._spans(starts, ends, self.grain.start_at, self.grain.cut_at)

    def _spans(self, starts: NDArray[Any], ends: NDArray[Any], borders: Floats, cuts: Floats) -> Spread:
        ends = np.where(np.isnan(ends), np.inf, ends)
        low = np.maximum(starts, borders[0])
        high = np.minimum(ends, cuts[-1])
        good = np.flatnonzero(low < high)
        first = np.searchsorted(borders, low[good], side="right") - 1
        last = np.searchsorted(borders, high[good], side="left") - 1
        times = np.maximum(last - first + 1, 0)
        at = np.repeat(good, times)
        offset = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        period = np.repeat(first, times) + offset
        length = np.minimum(high[at], cuts[period]) - np.maximum(low[at], borders[period])
        kept = length > 0
        return Spread(at[kept], period[kept], length[kept])

    # Money -------------------------------------------------------------------------------------

    @cached_property
    def _rates(self) -> dict[bytes, dict[int, float]]:
        rates: dict[bytes, dict[int, float]] = {}
        table = self.table("fx_rates")
        for currency, month, rate in zip(table.currency, month_number(table.month), table.rate, strict=True):
            rates.setdefault(bytes(currency), {})[int(month)] = float(rate)
        return rates

    def in_base(self, amount: Floats, currency: NDArray[Any], days: NDArray[Any]) -> Floats:
        """Amounts in base currency at the rate of the day's month; NaN where a rate is missing.

        A blank amount stays NaN too: mask it before counting missing rates. A row needs its rate
        even when its amount is 0.
        """
        return amount * self.rate(currency, days)

    def rate(self, currency: NDArray[Any], days: NDArray[Any]) -> Floats:
        """Base currency for one unit in the day's month; 1 for the base currency, NaN where missing."""
        base = self.base_currency.encode()
        result = np.where(currency == base, 1.0, np.nan)
        foreign = np.flatnonzero(currency != base)
        if not len(foreign):
            return result
        months = month_number(days[foreign])
        names = currency[foreign]
        for name in np.unique(names):
            mine = names == name
            known = self._rates.get(bytes(name), {})
            if known and mine.any():
                low, high = min(known), max(known)
                line = np.full(high - low + 1, np.nan)
                for month, rate in known.items():
                    line[month - low] = rate
                asked = months[mine]
                inside = (asked >= low) & (asked <= high)
                result[foreign[mine]] = np.where(inside, line[np.clip(asked - low, 0, high - low)], np.nan)
        return result

    def project_currency(self, rows: Table) -> NDArray[Any]:
        """Currency of the project of each row (every row has one)."""
        return self.table("projects").currency[rows.project]


def month_number(days: NDArray[Any]) -> NDArray[np.int64]:
    """Months since 2000-01 of each day; blanks get a month far in the past."""
    whole = np.where(np.isnan(days), -10_000_000, days).astype(np.int64)
    return (np.datetime64("2000-01-01", "D") + whole).astype("datetime64[M]").astype(np.int64) - 360
