"""Accepted rows go to the tables: new ones inserted, changed ones replaced, removed ones marked; nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.utils import ProgrammingError
from psycopg2 import sql

from portfolio.feed_types import Column
from portfolio.feeds import REFERRED
from portfolio.services.staging import Staged, run

ANALYZE_FROM_ROWS = 20_000
BULK_FROM_ROWS = 2_000
# Its exclusion constraint is deferred, and its check must run at commit.
NEVER_BULK = frozenset({"service_customers"})

NEW = sql.SQL("(f.fault = 0 AND NOT f.removes AND f.old_id IS NULL)")
REVIVED = sql.SQL("(f.fault = 0 AND NOT f.removes AND f.old_id IS NOT NULL AND NOT f.was_live)")
UPDATED = sql.SQL("(f.fault = 0 AND NOT f.removes AND f.was_live AND f.changed)")
REMOVED = sql.SQL("(f.fault = 0 AND f.removes AND f.was_live)")
ROWS = {
    "new": NEW,
    "revived": REVIVED,
    "updated": UPDATED,
    "removed": REMOVED,
    "replaced": sql.SQL("({} OR {} OR {})").format(UPDATED, REMOVED, REVIVED),
    "after": sql.SQL("({} OR {} OR {})").format(NEW, REVIVED, UPDATED),
}
"""Conditions on rows of a `facts` table, by what storing does with them."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a delivery does to one feed. A removal counts as an update; a revived row as created."""

    new: int
    revived: int
    updated: int
    removed: int
    accepted: int

    @property
    def written(self) -> int:
        """Rows that are written at all."""
        return self.new + self.revived + self.updated + self.removed


def count(held: Staged) -> Counts:
    """What storing the accepted rows would do."""
    names = (NEW, REVIVED, UPDATED, REMOVED, sql.SQL("f.fault = 0"))
    filters = sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE {})").format(name) for name in names)
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("SELECT {} FROM {} f").format(filters, sql.Identifier(held.facts)))
        return Counts(*cursor.fetchone())


def store(held: Staged, counts: Counts, change_set: int, at: datetime) -> None:
    """Write the accepted rows of one feed. The rows before were logged already."""
    params = {"change_set": change_set, "at": at}
    names = {
        "table": sql.Identifier(held.feed.table),
        "facts": sql.Identifier(held.facts),
        "teams": sql.SQL("LEFT JOIN portfolio_team team ON team.name = f.team" if has_team(held) else ""),
        **ROWS,
    }
    with connection.cursor() as cursor:
        if counts.removed:
            statement = (
                "UPDATE {table} e SET deleted_at = %(at)s, changed_in_id = %(change_set)s, line = f.line"
                " FROM {facts} f WHERE e.id = f.old_id AND {removed}"
            )
            run(cursor, sql.SQL(statement).format(**names), params)
        if counts.updated or counts.revived:
            statement = (
                "UPDATE {table} e SET {sets}, deleted_at = NULL, changed_in_id = %(change_set)s, line = f.line"
                " FROM {facts} f {teams} WHERE e.id = f.old_id AND ({updated} OR {revived})"
            )
            sets = sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(column.attname), _value(column))
                for column in held.feed.columns
                if column.name not in held.feed.key
            )
            if held.feed.key != tuple(held.feed.by_name):
                run(cursor, sql.SQL(statement).format(sets=sets, **names), params)
        if counts.new:
            _insert(cursor, held, counts, params, names)
        if counts.written >= ANALYZE_FROM_ROWS:
            run(cursor, sql.SQL("ANALYZE {table}").format(**names))


def _insert(cursor: Any, held: Staged, counts: Counts, params: dict[str, Any], names: dict[str, Any]) -> None:
    columns = [sql.Identifier(column.attname) for column in held.feed.columns]
    values = [_value(column) for column in held.feed.columns]
    if held.feed.name in REFERRED:
        columns.insert(0, sql.Identifier("id"))
        values.insert(0, sql.SQL("f.id"))
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}, created_in_id, changed_in_id, line)"
        " SELECT {values}, %(change_set)s, %(change_set)s, f.line FROM {facts} f {teams} WHERE {new}"
    ).format(columns=sql.SQL(", ").join(columns), values=sql.SQL(", ").join(values), **names)
    if counts.new >= BULK_FROM_ROWS and held.feed.name not in NEVER_BULK:
        with ReferencesChecked(cursor):
            run(cursor, statement, params)
    else:
        run(cursor, statement, params)


class ReferencesChecked:
    """Inside, PostgreSQL does not look up every foreign key row by row: the set-wise query that made the ids did.

    A million rows with four references take 23 s longer otherwise. It needs a superuser, or GRANT SET ON PARAMETER
    session_replication_role; without the right the rows are checked one by one. All other constraints stay on.
    """

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def __enter__(self) -> None:
        try:
            with transaction.atomic():
                self.cursor.execute("SET LOCAL session_replication_role = replica")
        except ProgrammingError:
            return

    def __exit__(self, *exc: object) -> None:
        if exc[0] is None:
            self.cursor.execute("SELECT current_setting('session_replication_role') = 'replica'")
            if self.cursor.fetchone()[0]:
                self.cursor.execute("SET LOCAL session_replication_role = origin")


def _value(column: Column) -> sql.Composable:
    if column.kind == "team":
        return sql.SQL("team.id")
    return sql.SQL("f.{}").format(sql.Identifier(column.attname))


def has_team(held: Staged) -> bool:
    """Whether rows of the feed name a team."""
    return any(column.kind == "team" for column in held.feed.columns)


def make_teams(held: Staged) -> None:
    """Make the teams that accepted rows name and that are not there yet."""
    if not has_team(held):
        return
    statement = (
        "INSERT INTO portfolio_team (name) SELECT DISTINCT f.team FROM {facts} f"
        " WHERE f.team IS NOT NULL AND {after}"
        " AND NOT EXISTS (SELECT FROM portfolio_team t WHERE t.name = f.team) ORDER BY 1"
    )
    with connection.cursor() as cursor:
        run(cursor, sql.SQL(statement).format(facts=sql.Identifier(held.facts), after=ROWS["after"]))


def drop_tables(held: Staged) -> None:
    """Free the temporary tables of a feed before the transaction ends."""
    with connection.cursor() as cursor:
        for name in (held.stage, held.facts, held.live):
            run(cursor, sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
