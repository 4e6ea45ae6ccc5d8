"""One row at a time, for the API and for forms: put, patch and remove, through the same checks as an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg2 import sql

from portfolio.feed_types import Column, Feed
from portfolio.feeds import FEEDS
from portfolio.models import ChangeSet
from portfolio.services.facts import Report, facts_write
from portfolio.services.problems import Problem, problem
from portfolio.services.staging import run
from portfolio.services.tables import Delivery, rows_table

Key = Sequence[str | None]


class FactRefused(Exception):
    """A row that breaks the rules of its feed; `problems` say which and how to mend it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message if problems else "")
        self.problems = problems


class FactMissing(LookupError):
    """No live row has that key."""


class FactChanged(Exception):
    """The row was changed since the version that the caller had read; `version` is the one it has now."""

    def __init__(self, version: int) -> None:
        super().__init__(str(version))
        self.version = version


@dataclass(frozen=True, slots=True)
class Written:
    """What a write of one row did. `version` is the row's version afterwards; None once it is removed."""

    created: bool
    changed: bool
    version: int | None
    change_set: int | None


def cell_text(value: Any) -> str:
    """A value of JSON or of a form as the text a file would hold; what has no such text gives text that is refused."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else str(value)
    if isinstance(value, dict | list):
        return f"{value!r}"[:100]
    return str(value)


def fact_put(
    *,
    feed: str,
    key: Key,
    values: Mapping[str, Any],
    actor: User | None,
    version: int | None = None,
    kind: str = ChangeSet.Kind.API,
    note: str = "",
    dry_run: bool = False,
) -> Written:
    """Store a whole row under its key: what `values` leaves out is cleared.

    With `version` the row must still have it; with `dry_run` it is only checked. Raises FactRefused, FactChanged.
    """
    declared = FEEDS[feed]
    cells = _cells(declared, key, values)
    header = [column.name for column in declared.columns]
    return _write(declared, key, header, cells, actor, version, kind, note, dry_run=dry_run)


def fact_patch(
    *,
    feed: str,
    key: Key,
    values: Mapping[str, Any],
    actor: User | None,
    version: int | None,
    kind: str = ChangeSet.Kind.API,
    note: str = "",
) -> Written:
    """Change some columns of a row: what `values` leaves out is kept. Raises FactRefused, FactChanged, FactMissing."""
    declared = FEEDS[feed]
    with transaction.atomic():
        stored = _stored(declared, key)
        if stored is None:
            raise FactMissing
        kept = row_texts(declared, stored["id"])
        cells = {**{name: kept[name] for name in declared.required}, **_cells(declared, key, values)}
        return _write(declared, key, list(cells), cells, actor, version, kind, note, must_exist=True)


def fact_remove(
    *,
    feed: str,
    key: Key,
    actor: User | None,
    version: int | None = None,
    kind: str = ChangeSet.Kind.API,
    note: str = "",
) -> Written:
    """Remove a row. Raises FactMissing, FactChanged."""
    declared = FEEDS[feed]
    cells = {**_cells(declared, key, {}), "deleted": "true"}
    header = [*dict.fromkeys([*declared.required]), "deleted"]
    return _write(declared, key, header, cells, actor, version, kind, note, must_exist=True)


def rows_remove(*, feed: str, keys: Sequence[Key], actor: User | None, kind: str, note: str = "") -> Report:
    """Remove rows by their keys in one write; a key without a row is no error."""
    declared = FEEDS[feed]
    header = [*declared.required, "deleted"]
    cells = [{**dict(zip(declared.key, key, strict=True)), "deleted": "true"} for key in keys]
    table = rows_table(feed, header, [[row.get(name) or "" for name in header] for row in cells])
    return facts_write(delivery=Delivery(tables=[table]), kind=kind, actor=actor, note=note)


def row_id(feed: str, key: Key) -> int | None:
    """The id of a live row. One query."""
    stored = _stored(FEEDS[feed], key)
    return None if stored is None else stored["id"]


def row_version(feed: str, key: Key) -> int | None:
    """The version of a live row: the change set that wrote it last. One query."""
    stored = _stored(FEEDS[feed], key)
    return None if stored is None else stored["changed_in_id"]


def _cells(feed: Feed, key: Key, values: Mapping[str, Any]) -> dict[str, str]:
    unknown = [name for name in values if name not in feed.by_name]
    if unknown:
        message = _("The feed has no such column.")
        raise FactRefused([problem("", 1, name, "", "unknown_column", message) for name in unknown])
    cells = {name: cell_text(value) for name, value in values.items()}
    for name, part in zip(feed.key, key, strict=True):
        given = cells.setdefault(name, part or "")
        if given.strip(" ") != (part or ""):
            message = _("The value differs from the key that the row is addressed by.")
            raise FactRefused([problem("", 1, name, given, "out_of_range", message)])
    return cells


def _write(
    feed: Feed,
    key: Key,
    header: Sequence[str],
    cells: Mapping[str, str],
    actor: User | None,
    version: int | None,
    kind: str,
    note: str,
    *,
    must_exist: bool = False,
    dry_run: bool = False,
) -> Written:
    def guard() -> None:
        stored = _stored(feed, key)
        if stored is None and must_exist:
            raise FactMissing
        if version is not None and (stored is None or stored["changed_in_id"] != version):
            raise FactChanged(0 if stored is None else stored["changed_in_id"])

    table = rows_table(feed.name, header, [[cells.get(name, "") for name in header]])
    report = facts_write(
        delivery=Delivery(tables=[table]), kind=kind, actor=actor, note=note, guard=guard, dry_run=dry_run
    )
    if report.problems.errors:
        raise FactRefused([one for one in report.problems if one.is_error])
    return _written(report, feed, key)


def _written(report: Report, feed: Feed, key: Key) -> Written:
    counts = report.feeds[feed.name]
    return Written(
        created=bool(counts["created"]),
        changed=report.change_set is not None,
        version=row_version(feed.name, key),
        change_set=report.change_set.pk if report.change_set else None,
    )


def _stored(feed: Feed, key: Key) -> dict[str, Any] | None:
    """The id and version of the live row with a key."""
    joins, wheres, params = [], [], []
    for column, part in zip(feed.key_columns, key, strict=True):
        name = sql.Identifier(column.name)
        if part is None or part == "":
            wheres.append(sql.SQL("e.{} IS NULL").format(sql.Identifier(column.attname)))
            continue
        if column.kind == "ref":
            parent = sql.Identifier(FEEDS[column.ref].table)
            joins.append(
                sql.SQL("JOIN {} {} ON {}.id = e.{}").format(parent, name, name, sql.Identifier(column.attname))
            )
            wheres.append(sql.SQL("{}.code = %s").format(name))
        else:
            # Compared as text: a part that is no date finds nothing.
            wheres.append(sql.SQL("{} = %s").format(as_text(column, "e")))
        params.append(part)
    statement = sql.SQL("SELECT e.id, e.changed_in_id FROM {} e {} WHERE e.deleted_at IS NULL AND {}").format(
        sql.Identifier(feed.table), sql.SQL(" ").join(joins), sql.SQL(" AND ").join(wheres)
    )
    if any("\x00" in part for part in params):
        return None
    with connection.cursor() as cursor:
        run(cursor, statement, params)
        found = cursor.fetchone()
    return None if found is None else {"id": found[0], "changed_in_id": found[1]}


def as_text(column: Column, table: str) -> sql.Composable:
    """A stored value as the text that a file would hold."""
    value = sql.SQL("{}.{}").format(sql.Identifier(table), sql.Identifier(column.attname))
    match column.kind:
        case "month":
            return sql.SQL("to_char({}, 'YYYY-MM')").format(value)
        case "date":
            return sql.SQL("to_char({}, 'YYYY-MM-DD')").format(value)
        case "instant":
            return sql.SQL("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')").format(value)
        case "number":
            return sql.SQL("trim_scale({})::text").format(value)
        case "ref":
            return sql.SQL("(SELECT code FROM {} r WHERE r.id = {})").format(
                sql.Identifier(FEEDS[column.ref].table), value
            )
        case "team":
            return sql.SQL("(SELECT name FROM portfolio_team r WHERE r.id = {})").format(value)
        case _:
            return sql.SQL("{}::text").format(value)


def row_texts(feed: Feed, pk: int) -> dict[str, str]:
    """A stored row as the texts that a file would hold."""
    columns = sql.SQL(", ").join(as_text(column, "e") for column in feed.columns)
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("SELECT {} FROM {} e WHERE e.id = %s").format(columns, sql.Identifier(feed.table)), [pk])
        cells = cursor.fetchone()
    return {column.name: cell or "" for column, cell in zip(feed.columns, cells, strict=True)}
