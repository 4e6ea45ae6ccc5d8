"""Calendar periods: months, quarters and years, half-open, and the calendar of one computation.

Days are counted from 2000-01-01 (PostgreSQL's own epoch), instants in microseconds from
2000-01-01T00:00Z, so that columns read in binary need no conversion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Kind = Literal["month", "quarter", "year"]
KINDS: Final[tuple[Kind, ...]] = ("month", "quarter", "year")
MONTHS_IN: Final[dict[Kind, int]] = {"month": 1, "quarter": 3, "year": 12}
SLOTS_IN_YEAR: Final = 17
"""Stored values keep one row a year: 12 months, 4 quarters, the year."""

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
"""Years that periods can have."""

EPOCH: Final = date(2000, 1, 1)
_EPOCH_AT: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FORMS: Final = (
    ("month", re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("year", re.compile(r"(\d{4})")),
)


class PeriodError(ValueError):
    """A text is not a period of the form 2026-07, 2026-Q3 or 2026."""


@dataclass(frozen=True, slots=True)
class Period:
    """One calendar month, quarter or year; `number` counts from 1 inside the year."""

    kind: Kind
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read 2026-07, 2026-Q3 or 2026; anything else raises PeriodError."""
        for kind, form in _FORMS:
            if match := form.fullmatch(text):
                year, *rest = (int(group) for group in match.groups())
                if not FIRST_YEAR <= year <= LAST_YEAR:
                    break
                return cls(kind, year, rest[0] if rest else 1)  # type: ignore[arg-type]
        raise PeriodError(f"{text!r} is not a period; write 2026-07, 2026-Q3 or 2026")

    @classmethod
    def containing(cls, kind: Kind, day: date) -> Period:
        return cls(kind, day.year, (day.month - 1) // MONTHS_IN[kind] + 1)

    @property
    def code(self) -> str:
        match self.kind:
            case "month":
                return f"{self.year}-{self.number:02d}"
            case "quarter":
                return f"{self.year}-Q{self.number}"
            case _:
                return str(self.year)

    def __str__(self) -> str:
        return self.code

    @property
    def slot(self) -> int:
        """Place in the year's row of stored values, 0 to 16."""
        return {"month": 0, "quarter": 12, "year": 16}[self.kind] + self.number - 1

    @property
    def ordinal(self) -> int:
        """Consecutive number among the periods of its kind."""
        return self.year * (12 // MONTHS_IN[self.kind]) + self.number - 1

    @classmethod
    def from_ordinal(cls, kind: Kind, ordinal: int) -> Period:
        year, rest = divmod(ordinal, 12 // MONTHS_IN[kind])
        return cls(kind, year, rest + 1)

    @classmethod
    def from_slot(cls, year: int, slot: int) -> Period:
        if slot < 12:
            return cls("month", year, slot + 1)
        return cls("quarter", year, slot - 11) if slot < 16 else cls("year", year, 1)

    @property
    def start(self) -> date:
        return date(self.year, (self.number - 1) * MONTHS_IN[self.kind] + 1, 1)

    @property
    def end(self) -> date:
        """The first day after the period."""
        return self.shift(1).start

    def shift(self, by: int) -> Period:
        return Period.from_ordinal(self.kind, self.ordinal + by)

    @property
    def previous(self) -> Period:
        return self.shift(-1)

    @property
    def a_year_before(self) -> Period:
        return Period(self.kind, self.year - 1, self.number)

    def months(self) -> Iterator[Period]:
        first = self.year * 12 + (self.number - 1) * MONTHS_IN[self.kind]
        return (Period.from_ordinal("month", first + k) for k in range(MONTHS_IN[self.kind]))

    def covering(self, kind: Kind) -> Period:
        """The period of the wider (or same) kind that holds this one's first day."""
        return Period.containing(kind, self.start)


def period_range(first: Period, last: Period) -> list[Period]:
    """All periods of one kind from first to last, both included."""
    if first.kind != last.kind:
        raise PeriodError(f"{first} and {last} are not of one kind")
    return [Period.from_ordinal(first.kind, k) for k in range(first.ordinal, last.ordinal + 1)]


def day_number(day: date) -> int:
    """Days since 2000-01-01."""
    return (day - EPOCH).days


def instant_number(day: date, zone: ZoneInfo) -> int:
    """Microseconds since 2000-01-01T00:00Z of the day's first moment in the zone."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return (moment - _EPOCH_AT) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Grain:
    """Consecutive periods of one kind with their borders as arrays of length P.

    `start`, `end` and `cut` (T: the earlier of end and as-of day) are days since 2000;
    `start_at`, `cut_at` and so on the same borders as UTC microseconds in the enterprise zone.
    """

    periods: tuple[Period, ...]
    as_of: date
    zone: ZoneInfo

    @property
    def kind(self) -> Kind:
        return self.periods[0].kind

    def __len__(self) -> int:
        return len(self.periods)

    @cached_property
    def start(self) -> NDArray[np.float64]:
        return np.array([day_number(p.start) for p in self.periods], dtype=np.float64)

    @cached_property
    def end(self) -> NDArray[np.float64]:
        return np.array([day_number(p.end) for p in self.periods], dtype=np.float64)

    @cached_property
    def as_of_day(self) -> float:
        return float(day_number(self.as_of))

    @cached_property
    def as_of_at(self) -> float:
        return float(instant_number(self.as_of, self.zone))

    @cached_property
    def cut(self) -> NDArray[np.float64]:
        return np.minimum(self.end, self.as_of_day)

    @cached_property
    def start_at(self) -> NDArray[np.float64]:
        return np.array([instant_number(p.start, self.zone) for p in self.periods], dtype=np.float64)

    @cached_property
    def end_at(self) -> NDArray[np.float64]:
        return np.array([instant_number(p.end, self.zone) for p in self.periods], dtype=np.float64)

    @cached_property
    def cut_at(self) -> NDArray[np.float64]:
        return np.minimum(self.end_at, self.as_of_at)

    @cached_property
    def days(self) -> NDArray[np.float64]:
        """Days of [start, T), 0 when the period has not begun."""
        return np.maximum(self.cut - self.start, 0.0)

    @cached_property
    def is_due(self) -> NDArray[np.bool_]:
        return self.start < self.as_of_day

    @cached_property
    def is_partial(self) -> NDArray[np.bool_]:
        return self.is_due & (self.as_of_day < self.end)

    @cached_property
    def months(self) -> NDArray[np.float64]:
        """Months whose first day lies in [start, T)."""
        counts = [sum(day_number(m.start) < self.as_of_day for m in p.months()) for p in self.periods]
        return np.array(counts, dtype=np.float64)

    def between(self, first: date, last: date) -> Grain | None:
        """The periods that lie within [first, last), or None when there is none."""
        kept = tuple(period for period in self.periods if period.start >= first and period.end <= last)
        return Grain(kept, self.as_of, self.zone) if kept else None


@dataclass(frozen=True)
class Calendar:
    """Every period that one computation covers: from the first month to the as-of day's period."""

    first: date
    as_of: date
    zone: ZoneInfo

    def grain(self, kind: Kind) -> Grain:
        first = Period.containing(kind, self.first)
        last = Period.containing(kind, self.as_of)
        if last.ordinal < first.ordinal:
            last = first
        return Grain(tuple(period_range(first, last)), self.as_of, self.zone)

    @cached_property
    def grains(self) -> tuple[Grain, ...]:
        return tuple(self.grain(kind) for kind in KINDS)

    @property
    def years(self) -> range:
        return range(self.first.year, max(self.first.year, self.as_of.year) + 1)
