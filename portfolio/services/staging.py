"""Rows on their way in: a temporary table per feed, filled by COPY, freed of repeated keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql
from psycopg2.extras import execute_values

from portfolio.feed_types import Column, Feed, Rule
from portfolio.services.problems import ProblemLog, problem
from portfolio.services.screening import DELETED, Screen
from portfolio.services.tables import Table

COPY_BYTES = 1 << 20
TYPES = {"date": "date", "instant": "timestamptz", "number": "numeric", "integer": "bigint", "bool": "boolean"}


@dataclass
class Staged:
    """A feed's rows in the table `stage`, checked by themselves but not yet against others."""

    feed: Feed
    file: str
    given: tuple[str, ...]
    """Columns of the feed that the file carries."""
    has_deleted: bool
    rows: int
    rejected: int
    late_rules: Sequence[Rule] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """Table of the rows as they came."""
        return f"stage_{self.feed.name}"

    @property
    def facts(self) -> str:
        """Table of the rows with references as ids, beside what is stored under their key."""
        return f"facts_{self.feed.name}"

    @property
    def live(self) -> str:
        """Table of codes and ids that other rows may refer to once this delivery is stored."""
        return f"live_{self.feed.name}"


class Stream:
    """The file that COPY reads, made from chunks as they come."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.error: Exception | None = None
        """What went wrong while reading; the driver only tells that something did."""

    def read(self, size: int = -1) -> bytes:
        """The next chunk, whatever its size; empty at the end."""
        try:
            return next((chunk for chunk in self._chunks if chunk), b"")
        except Exception as error:
            self.error = error
            raise


def stage(feed: Feed, table: Table, log: ProblemLog, heartbeat: Callable[[int], None]) -> Staged:
    """Check the rows of a table by themselves and put the good ones into its temporary table."""
    screen = Screen(feed, table, log)
    names = [
        name if column is not None else f"ignored_{place}"
        for place, (name, column) in enumerate(zip(screen.header, screen.columns, strict=True))
    ]
    held = Staged(
        feed=feed,
        file=table.file,
        given=tuple(name for name in screen.header if name in feed.by_name),
        has_deleted="deleted" in screen.header,
        rows=0,
        rejected=0,
        late_rules=screen.late_rules,
    )
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(stage_type(column)))
        for name, column in zip(names, screen.columns, strict=True)
    )
    into = sql.SQL("{} (line, {})").format(sql.Identifier(held.stage), sql.SQL(", ").join(map(sql.Identifier, names)))
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(held.stage)))
        run(cursor, sql.SQL("CREATE TEMPORARY TABLE {} (line integer, {})").format(sql.Identifier(held.stage), columns))
        copy = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(into)
        raw = cursor.cursor
        stream = Stream(screen.copy_lines(heartbeat))
        try:
            raw.copy_expert(copy.as_string(raw), stream, COPY_BYTES)
        except Exception:
            if stream.error is not None:
                raise stream.error from None
            raise
        if screen.aside:
            execute_values(raw, sql.SQL("INSERT INTO {} VALUES %s").format(into).as_string(raw), screen.aside)
    held.rows, held.rejected = screen.rows, screen.rejected
    return held


def stage_type(column: Column | None) -> str:
    """The type of a column on its way in."""
    return "text" if column is None else TYPES.get(column.kind, "text")


def run(cursor: Any, statement: sql.Composable, params: Any = None) -> None:
    """Execute composed SQL."""
    cursor.execute(statement.as_string(cursor.cursor), params)


def drop_repeated(held: Staged, log: ProblemLog) -> None:
    """Leave out rows whose key a row above has used, and warn of keys that differ only in case or space."""
    keys = [sql.Identifier(name) for name in held.feed.key]
    # A blank part of a key equals a blank part. Only texts may be blank in a key.
    folded = [
        sql.SQL("lower(replace(coalesce({}, ''), ' ', ''))").format(key)
        if stage_type(held.feed.column(name)) == "text"
        else key
        for name, key in zip(held.feed.key, keys, strict=True)
    ]
    places = [sql.SQL(f"k{place}") for place in range(len(folded))]
    same = sql.SQL(" AND ").join(
        sql.SQL("{} = twins.{}").format(fold, place) for fold, place in zip(folded, places, strict=True)
    )
    twins = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(fold, place) for fold, place in zip(folded, places, strict=True)
    )
    with connection.cursor() as cursor:
        run(
            cursor,
            sql.SQL(
                "CREATE TEMPORARY TABLE twins ON COMMIT DROP AS SELECT {} FROM {} GROUP BY {} HAVING count(*) > 1"
            ).format(twins, sql.Identifier(held.stage), sql.SQL(", ").join(folded)),
        )
        cursor.execute("SELECT EXISTS (SELECT FROM twins)")
        rows = []
        if cursor.fetchone()[0]:
            run(
                cursor,
                sql.SQL("SELECT line, {} FROM {} JOIN twins ON {} ORDER BY line").format(
                    sql.SQL(", ").join(sql.SQL("{}::text").format(key) for key in keys),
                    sql.Identifier(held.stage),
                    same,
                ),
            )
            rows = cursor.fetchall()
        cursor.execute("DROP TABLE twins")
        gone = _report_repeated(held, rows, log)
        if gone:
            run(cursor, sql.SQL("DELETE FROM {} WHERE line = ANY(%s)").format(sql.Identifier(held.stage)), [gone])
    held.rejected += len(gone)


def _report_repeated(held: Staged, rows: list[tuple[Any, ...]], log: ProblemLog) -> list[int]:
    first: dict[tuple[str | None, ...], int] = {}
    similar: dict[tuple[str, ...], int] = {}
    gone: list[int] = []
    for line, *parts in rows:
        key = tuple(parts)
        column, value = held.feed.key[0], parts[0] or ""
        fold = tuple((part or "").lower().replace(" ", "") for part in parts)
        if key in first:
            message = _("The key was already used in line %(line)d.") % {"line": first[key]}
            log.add(problem(held.file, line, column, value, "duplicate_key", message))
            gone.append(line)
            continue
        if fold in similar:
            message = _("The key differs from that of line %(line)d only in case or space.") % {"line": similar[fold]}
            log.add(problem(held.file, line, column, value, "similar_key", message, warning=True))
        first[key] = line
        similar.setdefault(fold, line)
    return gone


__all__ = ["DELETED", "Staged", "drop_repeated", "run", "stage", "stage_type"]
