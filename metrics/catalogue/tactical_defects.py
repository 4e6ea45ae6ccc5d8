"""Formulas of the tactical family about defects: fixed before the release, how long open, what escaped.

Entries: defects_fixed_before_release_rate, defect_time_to_fix, escaped_defect_rate (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from metrics.columns import Facts, Floats, Table, choice
from metrics.formulas.sliding_survival import Figures, SlidingSurvival, Spells
from metrics.frame import DAY_US, Frame, Periods
from metrics.parts import Custom, Outcome, Part, Piece, Sum, count, placed_rows, ratio, total
from metrics.periods import KINDS, Period, instant_number
from metrics.registry import formula

ESCAPE_DAYS = 90
FIXED_WITHIN_DAYS = 30
FEED = "defects"


def _valid(facts: Facts) -> Table:
    """Valid defects, once for all periods."""
    rows = facts.table(FEED)
    made: Table = facts.derived(FEED, "valid", lambda: rows.take(rows.validity == choice(FEED, "validity", "valid")))
    return made


def _of_release(facts: Facts, column: str) -> Table:
    """Valid defects that name a release in `column`, with the moment when that release went out."""

    def make() -> Table:
        rows = _valid(facts)
        rows = rows.take(rows.columns[column] >= 0)
        return rows.plus(released_at=facts.table("releases").released_at[rows.columns[column]])

    made: Table = facts.derived(FEED, column, make)
    return made


@formula("defects_fixed_before_release_rate", feeds=("defects", "releases", "projects", "services"))
def defects_fixed_before_release_rate(f: Frame) -> Iterator[Part]:
    """Valid defects of the period's releases that were fixed when the release went out.

    Counted: opened before the release. Re-opened means not fixed; a release that is not out is in no period.
    Source: fault removal measures of ISO/IEC 25023. Example: 8 defects, 7 fixed in time: 0.875.
    """
    rows = _of_release(f.facts, "release")
    period = f.period_at(rows.released_at)
    due = rows.opened_at < rows.released_at
    fixed = due & (rows.fixed_at <= rows.released_at)
    severe = rows.severity <= 2
    yield ratio("", count(rows, fixed, period), count(rows, due, period))
    yield ratio("severity_1_2", count(rows, fixed & severe, period), count(rows, due & severe, period))


@formula("escaped_defect_rate", feeds=("defects", "releases", "projects", "services"))
def escaped_defect_rate(f: Frame) -> Iterator[Part]:
    """Valid defects found within 90 days after the release that carried them, of all found before and within.

    Looks up to the as-of day, and is provisional while a counted release is younger than 90 days.
    Source: defect escape rate, complement of defect removal efficiency. Example: 9 before, 1 after: 1 / 10.
    """
    rows = _of_release(f.facts, "introduced_release")
    period = f.period_at(rows.released_at)
    limit = rows.released_at + ESCAPE_DAYS * DAY_US
    after = rows.found_phase == choice(FEED, "found_phase", "after_release")
    escaped = after & (rows.opened_at < limit)
    counted = (rows.opened_at < f.grain.as_of_at) & (~after | escaped)
    open_still = counted & (limit > f.grain.as_of_at)
    yield ratio(
        "",
        count(rows, escaped & counted, period),
        count(rows, counted, period),
        provisional=count(rows, open_still, period),
    )


@dataclass(frozen=True, eq=False)
class _Open:
    """Rows from one period on and until another (not included; -1 for never): how many stand open at each T."""

    rows: Table
    since: Periods
    until: Periods

    def reduce(self, frame: Frame, kind: str) -> Floats:
        ones = np.ones(len(self.rows))
        came = Sum(self.rows, ones, self.since, to_date=True).reduce(frame, kind)
        return came - Sum(self.rows, ones, self.until, to_date=True).reduce(frame, kind)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        until = np.where(self.until < 0, frame.count, self.until)
        length = np.where(self.since < 0, 0, np.maximum(until - self.since, 0))
        at = np.repeat(np.arange(len(self.rows)), length)
        offset = np.arange(len(at)) - np.repeat(np.cumsum(length) - length, length)
        period = np.repeat(self.since, length) + offset
        placed = placed_rows(frame, kind, self.rows, at, period, np.ones(len(at), dtype=np.bool_))
        return [Piece(self.rows, where, scope, when, np.ones(len(where))) for where, scope, when, _ in placed]


@dataclass(frozen=True, eq=False)
class _Window:
    """Defects opened in the twelve months up to each period's end, before T."""

    rows: Table

    def borders(self, f: Frame, periods: Iterable[Period]) -> list[tuple[float, float]]:
        """First moment of each period's window, and its T."""
        zone, as_of = f.grain.zone, f.grain.as_of_at
        return [
            (float(instant_number(_a_year_earlier(period), zone)), min(float(instant_number(period.end, zone)), as_of))
            for period in periods
        ]

    def figures(self, frame: Frame, kind: str) -> list[Figures]:
        """Figures of the curves of all scopes of a kind, by period.

        A quarter and its last month have one window, so what one computation of the facts has found is kept.
        """
        known: dict[tuple[float, float], Figures] = frame.kept(FEED, f"curves of {kind}", dict)
        borders = self.borders(frame, frame.grain.periods)
        if any(border not in known for border in borders):
            # The periods that have begun are of all kinds: what is sorted here is not kept for the next kind.
            begun = [Period.containing(each, frame.grain.as_of - timedelta(days=1)) for each in KINDS]
            curves = _curves(frame, self.rows, kind)
            for start, cut in {*borders, *self.borders(frame, begun)} - known.keys():
                known[start, cut] = curves.figures(start, max(start, cut), FIXED_WITHIN_DAYS * DAY_US)
        return [known[border] for border in borders]

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        starts, cuts = (np.array(side) for side in zip(*self.borders(frame, frame.grain.periods), strict=True))
        spread = frame.window(self.rows.opened_at, starts, cuts)
        until = np.fmin(self.rows.fixed_at[spread.at], cuts[spread.period])
        days = (until - self.rows.opened_at[spread.at]) / DAY_US
        placed = placed_rows(frame, kind, self.rows, spread.at, spread.period, np.ones(len(spread.at), dtype=np.bool_))
        return [Piece(self.rows, where, scope, when, days[chosen]) for where, scope, when, chosen in placed]


def _a_year_earlier(period: Period) -> date:
    end = period.end
    return end.replace(year=end.year - 1)


def _curves(f: Frame, rows: Table, kind: str) -> SlidingSurvival:
    spells: Spells = f.facts.derived(FEED, "spells", lambda: Spells(rows.opened_at, rows.fixed_at))
    return spells.grouped(f.scopes.members(rows, kind), len(f.scopes.of(kind)))


@formula("defect_time_to_fix", feeds=("defects", "projects", "services"))
def defect_time_to_fix(f: Frame) -> Iterator[Part]:
    """Median days until a defect is fixed; those still open count as censored at T.

    Valid defects opened in the twelve months up to the period's end. No median while more than half stay open.
    Source: Kaplan and Meier 1958. Example: fixed after 2, 4, 9 days, open for 10 and 20: S falls to 0.4 at day 9.
    """
    rows = _valid(f.facts)
    window = _Window(rows)

    def read(name: str) -> Custom:
        def figure(frame: Frame, kind: str) -> Floats:
            return np.stack([getattr(each, name) for each in window.figures(frame, kind)], axis=1).astype(np.float64)

        return Custom(figure, (window,))  # type: ignore[arg-type]

    n = read("n")

    def median(value: Floats, n: Floats) -> Outcome:
        return Outcome(value / DAY_US, n, undefined={"median_not_reached": np.isnan(value)})

    def fixed(value: Floats, n: Floats) -> Outcome:
        return Outcome(1.0 - value, n)

    yield Part("", {"value": read("median"), "n": n}, median, ("value",), rows_are="items")
    yield Part("fixed_within_30_days", {"value": read("survival"), "n": n}, fixed, ("value",), rows_are="items")
    since = f.since_at(rows.opened_at)
    opened = Sum(rows, np.ones(len(rows)), since, to_date=True)
    yield total("open_defects", _Open(rows, since, f.since_at(rows.fixed_at)), n=opened, counts=True)
