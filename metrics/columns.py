"""Facts as columns: each fact table is read once, set-wise, by binary COPY into numpy arrays.

Per-row Python objects and `numeric` as text are what cost; a binary COPY of fixed-width columns is
one numpy view. Blank numbers, dates and instants are NaN, so that every comparison with a blank is
false; blank references are -1; blank booleans and choices are -1.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from metrics.kept_rows import KEPT, LIVE
from portfolio.feeds import FEEDS, Column

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

ANCHORS: Final = (
    "portfolios",
    "projects",
    "customers",
    "services",
    "people",
    "initiatives",
    "outcomes",
    "releases",
    "deployments",
    "incidents",
    "standards",
)
"""Feeds that others refer to, parents first."""

HASHED: Final = {("survey_responses", "respondent"), ("reputation_signals", "source")}
"""Texts that formulas compare for equality only; they travel as 64-bit hashes."""

UNREAD: Final = {
    ("projects", "status"),
    ("people", "fte"),
    ("status_reports", "percent_complete"),
    ("status_reports", "forecast_finish_on"),
    ("status_reports", "forecast_cost"),
    ("status_reports", "year_budget"),
    ("status_reports", "year_forecast"),
    ("milestones", "forecast_on"),
    ("incidents", "severity"),
    ("incidents", "detected_at"),
}
"""Columns that pages show and no formula reads (never a reference: a removed parent takes its rows along)."""

_OWN_MONTH: Final = "month >= '{first}' AND month < '{last}'"
WITHIN: Final = {
    "person_months": _OWN_MONTH,
    "capacity": _OWN_MONTH,
    "ledger": _OWN_MONTH,
    "survey_responses": "answered_on >= '{first}' AND answered_on < '{last}'",
    # What ends as the first day begins is read too: the next impact may follow it without a break.
    "incident_impacts": (
        "EXISTS (SELECT 1 FROM portfolio_incidents i WHERE i.id = incident_id "
        "AND coalesce(t.started_at, i.started_at) < ('{last}'::timestamp AT TIME ZONE '{zone}') "
        "AND coalesce(t.ended_at, i.restored_at, 'infinity') >= ('{first}'::timestamp AT TIME ZONE '{zone}'))"
    ),
}
"""Condition by which rows `t` of a feed can be read for days [first, last) only."""

NO_TEXT: Final = -(2**63) + 1
"""The hash by which a blank text travels."""
_INSTANT_BLANK: Final = -(2**63)
_INSTANT_FULL: Final = 2**63 - 1
_DAY_BLANK: Final = -(2**31)


@dataclass
class Table:
    """Live rows of one feed (or rows made from them) as equally long arrays.

    `ids` are database ids, in ascending order. Reference columns hold places in the referred
    table's arrays, -1 where blank. Columns are attributes: `milestones.baseline_on`.
    """

    feed: str
    ids: Ints
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("__") or name == "columns":
            raise AttributeError(name)
        try:
            return self.columns[name]
        except KeyError:
            raise AttributeError(f"{self.feed} has no column {name!r} in the computation") from None

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def take(self, rows: NDArray[Any]) -> Table:
        """The chosen rows (mask or positions), as a table."""
        return Table(self.feed, self.ids[rows], {name: column[rows] for name, column in self.columns.items()})

    def plus(self, **columns: NDArray[Any]) -> Table:
        """The same rows with further columns."""
        return Table(self.feed, self.ids, {**self.columns, **columns})


def _expression(column: Column) -> tuple[str, np.dtype[Any]] | None:
    """SQL of fixed width without NULL, and its big-endian dtype; None when a formula cannot use it."""
    name = column.name
    match column.kind:
        case "ref" | "team":
            return f"coalesce({name}_id, -1)::int4", np.dtype(">i4")
        case "date" | "month":
            return f"coalesce({name}, '-infinity'::date)", np.dtype(">i4")
        case "instant":
            return f"coalesce({name}, '-infinity'::timestamptz)", np.dtype(">i8")
        case "number" | "integer":
            return f"coalesce({name}::float8, 'NaN'::float8)", np.dtype(">f8")
        case "bool":
            return f"coalesce({name}::int4, -1)::int2", np.dtype(">i2")
        case "choice":
            cases = " ".join(f"WHEN '{choice}' THEN {place}" for place, choice in enumerate(column.choices))
            return f"(CASE {name} {cases} ELSE -1 END)::int2", np.dtype(">i2")
        case "currency":
            return f"{name}::text", np.dtype("S3")
        case _:
            return None


def _decoded(kind: str, raw: NDArray[Any]) -> NDArray[Any]:
    match kind:
        case "ref" | "team":
            return raw.astype(np.int32)
        case "date" | "month":
            days = raw.astype(np.float64)
            days[raw == _DAY_BLANK] = np.nan
            return days
        case "instant":
            moments = raw.astype(np.float64)
            moments[raw == _INSTANT_BLANK] = np.nan
            return moments
        case "number" | "integer":
            return raw.astype(np.float64)
        case "bool" | "choice":
            return raw.astype(np.int8)
        case "currency":
            return np.ascontiguousarray(raw)
        case _:
            return raw.astype(np.int64)


def copy_columns(sql: str, dtypes: list[np.dtype[Any]]) -> list[NDArray[Any]]:
    """Run a SELECT of fixed-width columns without NULL through binary COPY; one array a column.

    Cost: one query. The whole answer is held once as bytes, then as views of it.
    """
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT binary)", buffer)
    data = buffer.getbuffer()
    header = 19 + int.from_bytes(data[15:19], "big")
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for place, dtype in enumerate(dtypes):
        layout += [(f"w{place}", ">i4"), (f"c{place}", dtype)]
    record = np.dtype(layout)
    count, rest = divmod(len(data) - header - 2, record.itemsize)
    if rest:
        raise RuntimeError("a column of the COPY is blank or of another width than declared")
    rows = np.frombuffer(data, dtype=record, count=count, offset=header)
    return [rows[f"c{place}"] for place in range(len(dtypes))]


class Facts:
    """Live facts of one moment, read on demand and kept until released.

    Rows that refer, over any number of steps, to a removed row are left out.
    Use inside one REPEATABLE READ transaction when several tables must be of one moment.
    `days` names feeds (of WITHIN) of which only rows of [first, last) are wanted; all rows come where none lies
    there, so that a feed with rows is never mistaken for one without.
    `keeps` lets rows of large feeds stay in this process for the next small run (metrics.kept_rows).
    """

    def __init__(self, days: Mapping[str, tuple[date, date]] | None = None, keeps: bool = False) -> None:
        self._days = days or {}
        self._keeps = keeps
        self._tables: dict[str, Table] = {}
        self._places: dict[str, NDArray[np.int32]] = {}
        self._derived: dict[str, dict[str, Any]] = {}

    def table(self, feed: str) -> Table:
        """All live rows of a feed. Cost: one COPY at first use, and one for each feed it refers to."""
        if feed not in self._tables:
            self._tables[feed] = self._team_table() if feed == "teams" else self._read(feed)
        return self._tables[feed]

    def release(self, feeds: Iterable[str]) -> None:
        """Forget the rows of feeds that nothing refers to."""
        for feed in feeds:
            if feed not in ANCHORS:
                self._tables.pop(feed, None)
            self._derived.pop(feed, None)

    def derived(self, feed: str, name: str, make: Callable[[], Any]) -> Any:
        """What `make` answers, made once and kept as long as the rows of the feed: work that all periods share."""
        kept = self._derived.setdefault(feed, {})
        if name not in kept:
            kept[name] = make()
        return kept[name]

    def texts(self, feed: str, ids: Ints, column: str = "code") -> list[str]:
        """Texts of one column of a few rows, in the order of `ids`. Cost: one query."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, {column} FROM portfolio_{feed} WHERE id = ANY(%s)", [ids.tolist()])
            found = dict(cursor.fetchall())
        return [found[key] for key in ids.tolist()]

    def codes(self, feed: str, column: str = "code") -> list[str]:
        """Texts of one column in the order of the table's rows. Cost: one query."""
        table = self.table(feed)
        with connection.cursor() as cursor:
            name = "name" if feed == "teams" else column
            source = "portfolio_team" if feed == "teams" else f"portfolio_{feed}"
            cursor.execute(f"SELECT id, {name} FROM {source}")
            texts = dict(cursor.fetchall())
        return [texts[key] for key in table.ids.tolist()]

    def places(self, feed: str) -> NDArray[np.int32]:
        """Place in the table by database id, -1 for rows that are not there."""
        if feed not in self._places:
            ids = self.table(feed).ids
            lookup = np.full(int(ids.max()) + 2 if len(ids) else 1, -1, dtype=np.int32)
            lookup[ids] = np.arange(len(ids), dtype=np.int32)
            self._places[feed] = lookup
        return self._places[feed]

    def _team_table(self) -> Table:
        (ids,) = copy_columns("SELECT id::int8 FROM portfolio_team", [np.dtype(">i8")])
        return Table("teams", np.sort(ids.astype(np.int64)))

    def _read(self, feed: str) -> Table:
        select = partial(_selected, feed)
        if feed in self._days:
            first, last = self._days[feed]
            within = WITHIN[feed].format(first=first, last=last, zone=settings.EPMO_TIME_ZONE)
            rows = select(f"{LIVE} AND {within}")
            return self._resolved(rows if len(rows) else select(LIVE))
        return self._resolved(KEPT.table(feed, select) if self._keeps else select(LIVE))

    def _resolved(self, table: Table) -> Table:
        """References as places; rows with a removed parent dropped."""
        table = table.plus()
        live = np.ones(len(table), dtype=np.bool_)
        parent_ids: NDArray[np.int32] | None = None
        for column in FEEDS[table.feed].columns:
            if column.name not in table.columns or column.kind not in ("ref", "team"):
                continue
            target = "teams" if column.kind == "team" else str(column.ref)
            given = table.columns[column.name]
            if target == table.feed:
                parent_ids = given
                continue
            places = self.places(target)
            found = np.where(given < 0, -1, places[np.clip(given, -1, len(places) - 1)]).astype(np.int32)
            live &= (given < 0) | (found >= 0)
            table.columns[column.name] = found
        if parent_ids is not None:
            return _tree(table.take(live), "parent")
        return table if live.all() else table.take(live)


def _selected(feed: str, condition: str) -> Table:
    """Rows `t` of a feed for which a condition holds, in the order of their ids; references are ids. Cost: one COPY."""
    columns: list[tuple[Column, str, np.dtype[Any], str]] = []
    for column in FEEDS[feed].columns:
        if (feed, column.name) in UNREAD:
            continue
        if (feed, column.name) in HASHED:
            columns.append(
                (column, f"coalesce(hashtextextended({column.name}, 0), {NO_TEXT})", np.dtype(">i8"), "hash")
            )
        elif made := _expression(column):
            columns.append((column, *made, column.kind))
    select = ", ".join(["id::int8", *(expression for _, expression, _, _ in columns)])
    dtypes = [np.dtype(">i8"), *(dtype for _, _, dtype, _ in columns)]
    raw = copy_columns(f"SELECT {select} FROM portfolio_{feed} t WHERE {condition}", dtypes)
    ids = raw[0].astype(np.int64)
    values = {column.name: _decoded(kind, array) for (column, _, _, kind), array in zip(columns, raw[1:], strict=True)}
    del raw
    table = Table(feed, ids, values)
    if len(ids) > 1 and not bool(np.all(ids[1:] > ids[:-1])):
        # Sums of floats depend on their order; a re-run over the same facts must give the same bits.
        table = table.take(np.argsort(ids, kind="stable"))
    return table


def _tree(table: Table, column: str) -> Table:
    """A table that refers to itself: rows under a removed row fall with it."""
    while True:
        given = table.columns[column]
        places = {int(key): place for place, key in enumerate(table.ids)}
        found = np.array([places.get(int(key), -2) if key >= 0 else -1 for key in given], dtype=np.int32)
        if not (found == -2).any():
            return table.plus(**{column: found})
        table = table.take(found != -2)


def choice(feed: str, column: str, value: str) -> int:
    """The number by which a choice travels in columns; KeyError when the feed has no such choice."""
    return FEEDS[feed].column(column).choices.index(value)


def iter_feeds(names: Mapping[str, object] | Iterable[str]) -> Iterator[str]:
    """Names in the order parents come first."""
    wanted = set(names)
    yield from (feed for feed in ANCHORS if feed in wanted)
    yield from sorted(wanted - set(ANCHORS))
