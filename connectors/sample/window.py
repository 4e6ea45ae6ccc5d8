"""The 36 months that the made-up company is seen in, counted back from the as-of day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from connectors.sample.columns import Floats, Ints, pick

MONTHS = 36
LABELS_BEFORE = 240
"""Month labels reach this many months before the first month of the window."""
LABELS_AFTER = 120

SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Window:
    """Months 0 to 35, the last of them holding the day before `as_of`; all facts lie before `as_of`."""

    as_of: date
    first_month: np.datetime64 = field(init=False)
    elapsed: Ints = field(init=False)
    """Days of each month that lie before `as_of`."""
    starts: Ints = field(init=False)
    """First day of each month as days since the first day of the window."""
    labels: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        end = np.datetime64(self.as_of, "D")
        last = (end - np.timedelta64(1, "D")).astype("datetime64[M]")
        first = last - np.timedelta64(MONTHS - 1, "M")
        months = first + np.arange(MONTHS + 1)
        days = months.astype("datetime64[D]")
        lengths = np.minimum(days[1:], end) - days[:-1]
        every = first + np.arange(-LABELS_BEFORE, LABELS_AFTER)
        object.__setattr__(self, "first_month", first)
        object.__setattr__(self, "elapsed", lengths.astype(np.int64))
        object.__setattr__(self, "starts", (days[:-1] - days[0]).astype(np.int64))
        object.__setattr__(self, "labels", pl.Series(np.datetime_as_string(every).tolist()))

    @property
    def first_day(self) -> np.datetime64:
        """The first day of month 0."""
        return self.first_month.astype("datetime64[D]")

    @property
    def days(self) -> int:
        """Days from the first day of the window to the day before `as_of`."""
        return int((np.datetime64(self.as_of, "D") - self.first_day).astype(int))

    @property
    def last_share(self) -> float:
        """The share of the last month that lies before `as_of`."""
        length = (self.first_month + MONTHS).astype("datetime64[D]") - (self.first_month + MONTHS - 1).astype(
            "datetime64[D]"
        )
        return float(self.elapsed[-1] / length.astype(int))

    def month_label(self, month: Ints) -> pl.Series:
        """Return YYYY-MM of months counted from the first of the window (may lie outside it)."""
        return pick(self.labels, np.asarray(month) + LABELS_BEFORE)

    def month_start(self, month: Ints) -> np.ndarray:
        """Return the first day of months counted from the first of the window (may lie outside it)."""
        return (self.first_month + np.asarray(month).astype("timedelta64[M]")).astype("datetime64[D]")

    def day(self, offset: Ints | Floats) -> np.ndarray:
        """Return the day that lies so many days after the first day of the window."""
        return self.first_day + np.floor(offset).astype(np.int64).astype("timedelta64[D]")

    def instant(self, seconds: Ints | Floats) -> np.ndarray:
        """Return the instant that lies so many seconds after the start of the window; NaN and infinity are NaT."""
        seconds = np.asarray(seconds, dtype=np.float64)
        known = np.isfinite(seconds)
        whole = np.where(known, seconds, 0).astype(np.int64) // 60 * 60_000
        instants = self.first_day.astype("datetime64[ms]") + whole.astype("timedelta64[ms]")
        instants[~known] = np.datetime64("NaT")
        return instants

    @property
    def end_second(self) -> float:
        """Seconds from the start of the window to the start of `as_of`."""
        return float(self.days * SECONDS)

    def day_in_month(self, month: Ints, share: Floats) -> Ints:
        """Return days since the start of the window: the day that lies at `share` (0 to 1) of the elapsed month."""
        return self.starts[month] + np.floor(share * self.elapsed[month]).astype(np.int64)

    def second_in_month(self, month: Ints, share: Floats) -> Floats:
        """Return seconds since the start of the window, in working hours of a day of the elapsed month."""
        days = share * self.elapsed[month]
        whole = np.floor(days)
        return (self.starts[month] + whole) * SECONDS + (7 + (days - whole) * 11) * 3_600
