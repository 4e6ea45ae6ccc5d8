"""Facts written by hand, and metrics computed over them: no database, no clock.

A feed is a small table of text, columns apart by spaces, `-` for a blank:

    facts = make_facts(
        milestones='''
            project code baseline_on actual_on  customer_facing
            P-1     M1   2026-01-10  2026-01-09 true
            P-1     M2   2026-02-10  -          false
        ''',
    )
    values = measure(facts, "milestones_on_time_rate")
    assert values.at("2026-Q1") == ok(0.5, 1, 2)

Rows that are only named (project P-1 above) are made with the defaults below.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from metrics import columns
from metrics.cells import STATES
from metrics.columns import Facts, Table
from metrics.engine import Block, compute, metric_parts, part_scopes
from metrics.frame import Frame
from metrics.periods import Calendar, Period
from metrics.registry import metric
from metrics.scopes import FEED_OF, Scopes
from portfolio.feeds import FEEDS, Column

AS_OF = "2026-07-10"
FIRST = "2025-01-01"

DEFAULTS: dict[str, dict[str, str]] = {
    "portfolios": {"kind": "portfolio"},
    "projects": {"portfolio": "PF", "currency": "EUR"},
    "initiatives": {"customer": "C-1", "factor": "value"},
    "outcomes": {"initiative": "I-1", "baseline": "0", "target": "100", "audience": "customer"},
    "contributions": {"evidence": "claimed", "valid_from": "2025-01-01"},
    "defects": {"severity": "3", "validity": "valid", "found_phase": "before_release"},
    "releases": {"service": "S-1"},
    "deployments": {"service": "S-1"},
    "incidents": {"service": "S-1", "planned": "false"},
    "people": {"hired_on": "2020-01-01", "team": "T-1"},
    "milestones": {"customer_facing": "false"},
    "contracts": {"customer": "C-1", "starts_on": "2020-01-01", "currency": "EUR", "annual_value": "100"},
    "revenue_events": {"customer": "C-1", "currency": "EUR"},
    "ledger": {"currency": "EUR"},
    "survey_responses": {"scale_min": "0", "scale_max": "10", "audience": "customer", "kind": "nps"},
    "standards": {"kind": "quality"},
}
"""Values of columns that a table leaves out, and of rows that are only named."""


class FakeFacts(Facts):
    """Facts from rows of text cells instead of the database; the first row of a feed has id 1."""

    def __init__(self, rows: Mapping[str, list[dict[str, str]]]) -> None:
        super().__init__()
        self.rows: dict[str, list[dict[str, str]]] = {feed: [] for feed in FEEDS}
        self._ids: dict[str, dict[str, int]] = {feed: {} for feed in (*FEEDS, "teams")}
        for feed, given in rows.items():
            for row in given:
                self._add(feed, row)
        for feed in FEEDS:
            for row in list(self.rows[feed]):
                self._name_parents(feed, row)

    def _add(self, feed: str, row: dict[str, str]) -> None:
        unknown = set(row) - set(FEEDS[feed].by_name)
        if unknown:
            raise ValueError(f"{feed} has no column {sorted(unknown)}")
        filled = {**DEFAULTS.get(feed, {}), **row}
        self.rows[feed].append(filled)
        if "code" in filled:
            self._ids[feed].setdefault(filled["code"], len(self.rows[feed]))

    def _name_parents(self, feed: str, row: dict[str, str]) -> None:
        for column in FEEDS[feed].columns:
            code = row.get(column.name, "")
            if column.kind == "team" and code:
                self._ids["teams"].setdefault(code, len(self._ids["teams"]) + 1)
            elif column.kind == "ref" and code and code not in self._ids[column.ref]:
                self._add(column.ref, {"code": code})
                self._name_parents(column.ref, self.rows[column.ref][-1])

    def codes(self, feed: str, column: str = "code") -> list[str]:
        table = self.table(feed)
        if feed == "teams":
            texts = {number: code for code, number in self._ids["teams"].items()}
        else:
            texts = {number: row.get(column, "") for number, row in enumerate(self.rows[feed], start=1)}
        return [texts[key] for key in table.ids.tolist()]

    def texts(self, feed: str, ids: np.ndarray, column: str = "code") -> list[str]:
        return [self.rows[feed][number - 1].get(column, "") for number in ids.tolist()]

    def id_of(self, feed: str, code: str) -> int:
        return self._ids[feed][code]

    def key_of(self, feed: str, number: int) -> str:
        """Key of a row as explain writes it."""
        return "|".join(self.rows[feed][number - 1].get(name, "") for name in FEEDS[feed].key)

    def _team_table(self) -> Table:
        return Table("teams", np.arange(1, len(self._ids["teams"]) + 1, dtype=np.int64))

    def _read(self, feed: str) -> Table:
        rows = self.rows[feed]
        made = {
            column.name: self._column(feed, column, [row.get(column.name, "") for row in rows])
            for column in FEEDS[feed].columns
            if (feed, column.name) in columns.HASHED
            or (column.kind not in ("code", "text") and (feed, column.name) not in columns.UNREAD)
        }
        return self._resolved(Table(feed, np.arange(1, len(rows) + 1, dtype=np.int64), made))

    def _column(self, feed: str, column: Column, cells: list[str]) -> np.ndarray:
        if (feed, column.name) in columns.HASHED:
            return np.array([_hash(cell) for cell in cells], dtype=np.int64)
        match column.kind:
            case "ref" | "team":
                ids = self._ids["teams" if column.kind == "team" else column.ref]
                return np.array([ids[cell] if cell else -1 for cell in cells], dtype=np.int32)
            case "date" | "month":
                return np.array([_day(cell) for cell in cells], dtype=np.float64)
            case "instant":
                return np.array([_moment(cell) for cell in cells], dtype=np.float64)
            case "number" | "integer":
                return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
            case "bool":
                return np.array([{"": -1, "false": 0, "true": 1}[cell] for cell in cells], dtype=np.int8)
            case "choice":
                return np.array([column.choices.index(cell) if cell else -1 for cell in cells], dtype=np.int8)
            case _:
                return np.array([cell.encode() for cell in cells], dtype="S3")


def _hash(text: str) -> int:
    if not text:
        return int(columns.NO_TEXT)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def _day(text: str) -> float:
    if not text:
        return np.nan
    return float((date.fromisoformat(text if len(text) > 7 else f"{text}-01") - date(2000, 1, 1)).days)


def _moment(text: str) -> float:
    if not text:
        return np.nan
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return float((moment - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def table_rows(text: str) -> list[dict[str, str]]:
    """Rows of a table written as text."""
    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return []
    header, *rest = lines
    for line in rest:
        if len(line) != len(header):
            raise ValueError(f"{line} does not fit the columns {header}")
    return [{name: "" if cell == "-" else cell for name, cell in zip(header, line, strict=True)} for line in rest]


def make_facts(**feeds: str | list[dict[str, str]]) -> FakeFacts:
    """Facts from tables of text (or rows as dictionaries), by feed."""
    return FakeFacts({feed: table_rows(rows) if isinstance(rows, str) else rows for feed, rows in feeds.items()})


def read_facts(folder: Path) -> FakeFacts:
    """Facts of a folder of valid CSV files; nothing is checked."""
    rows = {}
    for feed in FEEDS:
        path = folder / f"{feed}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows[feed] = [
                    {name: cell.strip() for name, cell in row.items() if name != "deleted"}
                    for row in csv.DictReader(file)
                ]
    return FakeFacts(rows)


class Row(NamedTuple):
    """One value record; figures are rounded to nine decimals so that records compare as a whole."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    status: str
    reason: str = ""


def _rounded(figure: float | None) -> float | None:
    return None if figure is None or np.isnan(figure) else round(float(figure), 9) + 0.0


def ok(
    value: float,
    numerator: float | None = None,
    denominator: float | None = None,
    n: int | None = None,
    status: str = "ok",
) -> Row:
    """A record with a value; n is the denominator unless given."""
    count = n if n is not None or denominator is None else int(denominator)
    return Row(_rounded(value), _rounded(numerator), _rounded(denominator), count, status)


def undefined(
    reason: str, numerator: float | None = None, denominator: float | None = None, n: int | None = None
) -> Row:
    return Row(None, _rounded(numerator), _rounded(denominator), n, "undefined", reason)


def too_few(n: int, numerator: float | None = None, denominator: float | None = None) -> Row:
    """A record below the minimum n."""
    return Row(None, _rounded(numerator), _rounded(denominator), n, "insufficient_n")


NO_DATA = Row(None, None, None, None, "no_data")
NOT_DUE = Row(None, None, None, None, "not_due")
SUPPRESSED = Row(None, None, None, None, "suppressed")
MISSING_RATE = undefined("missing_rate")


@dataclass
class Values:
    """All records of one metric over given facts."""

    facts: FakeFacts
    key: str
    as_of: date
    first: date
    base: str
    zone: ZoneInfo
    only: Mapping[str, Iterable[int]] | None = None

    @cached_property
    def frames(self) -> dict[str, Frame]:
        calendar = Calendar(self.first, self.as_of, self.zone)
        scopes = Scopes(self.facts, self.only)
        return {
            grain.kind: Frame(facts=self.facts, grain=grain, scopes=scopes, base_currency=self.base)
            for grain in calendar.grains
        }

    @cached_property
    def blocks(self) -> dict[tuple[str, str, str], Block]:
        """By component, kind of scope and kind of period."""
        return {
            (block.component, block.scope_kind, block.grain.kind): block
            for block in compute(self.frames.values(), [self.key])
        }

    def _place(self, scope: str) -> tuple[str, int]:
        kind, _, code = scope.partition(":")
        if kind == "enterprise":
            return kind, 0
        number = self.facts.id_of(FEED_OF[kind], code)
        ids = self.frames["month"].scopes.of(kind).ids.tolist()
        return kind, ids.index(number)

    def at(self, period: str, scope: str = "enterprise", component: str = "") -> Row:
        """The record of a period; scope is written kind:code."""
        when = Period.parse(period)
        kind, place = self._place(scope)
        block = self.blocks[component, kind, when.kind]
        cells = block.cells
        at = (place, block.grain.periods.index(when))
        status, reason = STATES[int(cells.state[at])]
        n = int(cells.n[at])
        return Row(
            _rounded(cells.value[at]),
            _rounded(cells.numerator[at]),
            _rounded(cells.denominator[at]),
            None if n < 0 else n,
            status,
            reason,
        )

    def kinds(self, component: str = "") -> set[str]:
        """Kinds of scope that have records."""
        return {kind for name, kind, _ in self.blocks if name == component}

    def rows(self, side: str, period: str, scope: str = "enterprise", component: str = "") -> list[str]:
        """Keys of the rows behind the numerator or the denominator, in text order."""
        when = Period.parse(period)
        kind, place = self._place(scope)
        frame = self.frames[when.kind]
        column = frame.grain.periods.index(when)
        (part,) = [part for part in metric_parts(frame, self.key) if part.component == component]
        if kind not in part_scopes(metric(self.key), part):
            raise ValueError(f"{self.key} has no scope {kind}")
        found: set[str] = set()
        for reducible in part.behind(side):
            for piece in reducible.pieces(frame, kind):
                to_date = getattr(reducible, "to_date", False)
                period_holds = piece.period <= column if to_date else piece.period == column
                for at in piece.at[(piece.scope == place) & period_holds].tolist():
                    found.add(self.facts.key_of(piece.rows.feed, int(piece.rows.ids[at])))
        return sorted(found)


def measure(
    facts: FakeFacts,
    key: str,
    *,
    as_of: str = AS_OF,
    first: str = FIRST,
    base: str = "EUR",
    zone: str = "UTC",
    **more: Any,
) -> Values:
    """All records of a metric, computed at the first look."""
    return Values(facts, key, date.fromisoformat(as_of), date.fromisoformat(first), base, ZoneInfo(zone), **more)
