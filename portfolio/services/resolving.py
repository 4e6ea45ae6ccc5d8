"""References become ids, and each row stands beside what is stored under its key: one set-wise query per feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql

from portfolio.feed_types import Column
from portfolio.feeds import FEEDS, REFERRED
from portfolio.services.problems import ProblemLog, problem
from portfolio.services.staging import Staged, run
from portfolio.vocabulary import metric_names

ACCEPTED = "fault = 0"
LEFT_OUT = -1


def resolve(held: Staged, log: ProblemLog, staged: Mapping[str, Staged]) -> None:
    """Fill the table `facts` of a feed whose referred feeds are resolved already.

    Its columns: line, removes, old_id, was_live, id (referred feeds only: the id the row has or will have), every
    column of the feed (references as ids, a team by its name, a column the file does not carry as stored), fault (0
    when nothing is wrong, else the place of the first offending column from 1, or -1), fault_value, changed.
    """
    feed = held.feed
    joins: list[sql.Composable] = []
    missing: list[tuple[int, sql.Composable, sql.Composable]] = []
    for place, column in enumerate(feed.columns, start=1):
        if column.name not in held.given:
            continue
        value = sql.SQL("s.{}").format(sql.Identifier(column.name))
        if column.kind == "ref" and column.ref != feed.name:
            joins.append(
                sql.SQL("LEFT JOIN {} AS {} ON {}.code = {}").format(
                    _referred(column.ref, staged), _alias(column), _alias(column), value
                )
            )
            gone = sql.SQL("{} IS NOT NULL AND {}.live IS NOT TRUE").format(value, _alias(column))
            missing.append((place, gone, value))
        names = metric_names() if column.vocabulary == "metrics" else None
        if names is not None:
            unknown = sql.SQL("NOT {} = ANY({})").format(value, sql.Literal(sorted(names)))
            missing.append((place, unknown, value))
    removes = sql.SQL("coalesce(s.deleted, false)") if held.has_deleted else sql.SQL("false")
    statement = sql.SQL(
        "CREATE TEMPORARY TABLE {facts} AS SELECT s.line, {removes} AS removes, e.id AS old_id,"
        " (e.id IS NOT NULL AND e.deleted_at IS NULL) AS was_live, {columns},"
        " (CASE WHEN {removes} THEN 0 {fault} ELSE 0 END)::smallint AS fault,"
        " {fault_value} AS fault_value, {changed} AS changed"
        " FROM {stage} s {joins} LEFT JOIN {table} e ON {key} {team}"
    ).format(
        facts=sql.Identifier(held.facts),
        removes=removes,
        columns=sql.SQL(", ").join(_columns(held, removes)),
        fault=sql.SQL(" ").join(
            sql.SQL("WHEN {} THEN {}").format(when, sql.Literal(place)) for place, when, _value in missing
        ),
        fault_value=_case([(when, value) for _place, when, value in missing]),
        changed=_changed(held),
        stage=sql.Identifier(held.stage),
        joins=sql.SQL(" ").join(joins),
        table=sql.Identifier(feed.table),
        key=sql.SQL(" AND ").join(_same_key(column) for column in feed.key_columns),
        team=sql.SQL("LEFT JOIN portfolio_team old_team ON old_team.id = e.team_id" if _team(held) else ""),
    )
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(held.facts)))
        run(cursor, statement)
        run(cursor, sql.SQL("DROP TABLE {}").format(sql.Identifier(held.stage)))
    if missing:
        _report_missing(held, log)


def _alias(column: Column) -> sql.Identifier:
    return sql.Identifier(f"ref_{column.name}")


def _team(held: Staged) -> bool:
    return any(column.kind == "team" for column in held.feed.columns)


def _referred(name: str, staged: Mapping[str, Staged]) -> sql.Composable:
    if name in staged:
        return sql.Identifier(staged[name].live)
    return sql.SQL("(SELECT code, id, deleted_at IS NULL AS live FROM {})").format(sql.Identifier(FEEDS[name].table))


def staged_value(column: Column) -> sql.Composable:
    """The value of a column that the file carries, in the type of the table."""
    value = sql.SQL("s.{}").format(sql.Identifier(column.name))
    if column.kind == "ref":
        return sql.SQL("{}.id").format(_alias(column))
    if column.kind == "month":
        return sql.SQL("({} || '-01')::date").format(value)
    return value


def _columns(held: Staged, removes: sql.Composable) -> list[sql.Composable]:
    feed, found = held.feed, []
    if feed.name in REFERRED:
        sequence = sql.Literal(f"{feed.table}_id_seq")
        found.append(sql.SQL("coalesce(e.id, CASE WHEN NOT {} THEN nextval({}) END) AS id").format(removes, sequence))
    for column in feed.columns:
        name = sql.Identifier(column.name if column.kind == "team" else column.attname)
        if column.name in held.given:
            value = (
                sql.SQL("s.{}").format(sql.Identifier(column.name)) if column.ref == feed.name else staged_value(column)
            )
            name = sql.Identifier("parent") if column.ref == feed.name else name
        elif column.kind == "team":
            value = sql.SQL("CASE WHEN e.deleted_at IS NULL THEN old_team.name END")
        else:
            # A column the file does not carry keeps what is stored; a row that was removed comes back without it.
            value = sql.SQL("CASE WHEN e.deleted_at IS NULL THEN e.{} END").format(sql.Identifier(column.attname))
        found.append(sql.SQL("{} AS {}").format(value, name))
    return found


def _changed(held: Staged) -> sql.Composable:
    new, old = [], []
    for column in held.feed.columns:
        if column.name not in held.given or column.name in held.feed.key or column.ref == held.feed.name:
            continue
        new.append(sql.SQL("s.team") if column.kind == "team" else staged_value(column))
        old.append(
            sql.SQL("old_team.name")
            if column.kind == "team"
            else sql.SQL("e.{}").format(sql.Identifier(column.attname))
        )
    if not new:
        return sql.SQL("false")
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(
        sql.SQL("ROW(") + sql.SQL(", ").join(new) + sql.SQL(")"),
        sql.SQL("ROW(") + sql.SQL(", ").join(old) + sql.SQL(")"),
    )


def _same_key(column: Column) -> sql.Composable:
    stored = sql.SQL("e.{}").format(sql.Identifier(column.attname))
    value = staged_value(column)
    if column.required:
        return sql.SQL("{} = {}").format(stored, value)
    if column.kind != "ref":
        return sql.SQL("coalesce({}, '') = coalesce({}, '')").format(stored, value)
    # Blank equals blank; a code that is not known equals nothing. No id is 0 or -1.
    given = sql.SQL("s.{}").format(sql.Identifier(column.name))
    return sql.SQL("coalesce({}, 0) = coalesce({}, CASE WHEN {} IS NULL THEN 0 ELSE -1 END)").format(
        stored, value, given
    )


def _case(branches: list[tuple[sql.Composable, sql.Composable]]) -> sql.Composable:
    if not branches:
        return sql.SQL("NULL::text")
    whens = sql.SQL(" ").join(sql.SQL("WHEN {} THEN {}").format(when, value) for when, value in branches)
    return sql.SQL("CASE {} END").format(whens)


def _report_missing(held: Staged, log: ProblemLog) -> None:
    with connection.cursor() as cursor:
        run(
            cursor,
            sql.SQL("SELECT line, fault, fault_value FROM {} WHERE fault > 0 ORDER BY line").format(
                sql.Identifier(held.facts)
            ),
        )
        for line, place, value in cursor.fetchall():
            add_unknown(held, log, line, held.feed.columns[place - 1], value)


def add_unknown(held: Staged, log: ProblemLog, line: int, column: Column, value: str) -> None:
    """Report a reference to a row that is not there."""
    if column.vocabulary:
        message = _("The catalogue has no metric of that name.")
    else:
        message = _("%(feed)s has no row with that code.") % {"feed": column.ref}
    log.add(problem(held.file, line, column.name, value, "unknown_reference", message))
    held.rejected += 1


def leave_out(held: Staged, lines: list[int]) -> None:
    """Mark rows as left out."""
    if lines:
        with connection.cursor() as cursor:
            statement = sql.SQL("UPDATE {} SET fault = {} WHERE line = ANY(%s)")
            run(cursor, statement.format(sql.Identifier(held.facts), sql.Literal(LEFT_OUT)), [lines])


def live_codes(held: Staged) -> None:
    """Fill the table `live`: codes and ids of a referred feed as they will stand once this delivery is stored."""
    feed = held.feed
    if feed.name not in REFERRED:
        return
    statement = sql.SQL(
        "CREATE TEMPORARY TABLE {live} AS"
        " SELECT code::text, id, true AS live FROM {facts} WHERE fault = 0 AND NOT removes"
        " UNION ALL SELECT e.code, e.id, e.deleted_at IS NULL AND f.line IS NULL FROM {table} e"
        " LEFT JOIN {facts} f ON f.old_id = e.id AND f.fault = 0 WHERE f.line IS NULL OR f.removes"
    ).format(live=sql.Identifier(held.live), facts=sql.Identifier(held.facts), table=sql.Identifier(feed.table))
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(held.live)))
        run(cursor, statement)
        run(cursor, sql.SQL("ANALYZE {}").format(sql.Identifier(held.live)))


def fetch(held: Staged, columns: str, where: str = ACCEPTED, params: Any = None) -> list[tuple[Any, ...]]:
    """Some columns of the `facts` rows of a feed, in file order."""
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY line")
        run(cursor, statement.format(sql.SQL(columns), sql.Identifier(held.facts), sql.SQL(where)), params)
        return cursor.fetchall()
