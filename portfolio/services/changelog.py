"""The record of a write: rows as they were before, and what was touched. Runs before the rows are stored."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from psycopg2 import sql

from portfolio.feed_types import Column, Feed
from portfolio.services.staging import Staged, run
from portfolio.services.storing import ROWS, Counts, has_team

MAX_ROWS_LISTED = 20_000
MAX_ATOMS_LISTED = 500

# Rows of these feeds are atoms themselves: a changed project touches itself.
OWN_KINDS = {
    "portfolios": "portfolio",
    "projects": "project",
    "customers": "customer",
    "services": "service",
    "initiatives": "initiative",
    "outcomes": "outcome",
    "people": "person",
    "releases": "release",
    "deployments": "deployment",
    "incidents": "incident",
    "standards": "standard",
}


def log_before(held: Staged, counts: Counts, change_set: int) -> None:
    """Keep the rows that are about to be updated, removed or revived, as they are now."""
    if not counts.updated + counts.removed + counts.revived:
        return
    statement = sql.SQL(
        "INSERT INTO portfolio_change (change_set_id, feed, row, action, before)"
        " SELECT %s, %s, e.id, CASE WHEN f.removes THEN 'remove' WHEN f.was_live THEN 'update' ELSE 'revive' END,"
        " to_jsonb(e) FROM {facts} f JOIN {table} e ON e.id = f.old_id"
        " WHERE {replaced} ORDER BY e.id"
    ).format(facts=sql.Identifier(held.facts), table=sql.Identifier(held.feed.table), replaced=ROWS["replaced"])
    with connection.cursor() as cursor:
        run(cursor, statement, [change_set, held.feed.name])


def log_touched(held: Staged, counts: Counts, change_set: int) -> None:
    """Record which atoms and months the write touches: those of the rows before and those of the rows after.

    Every changed feed gets one line without an atom for the months of all its rows: kind "feed" when the atoms are
    listed beside it, "all" when there are too many or none.
    """
    kinds = atom_kinds(held.feed)
    with connection.cursor() as cursor:
        listed = bool(kinds) and counts.written <= MAX_ROWS_LISTED and _touch_atoms(cursor, held, kinds, change_set)
        statement = sql.SQL(
            "INSERT INTO portfolio_touched (change_set_id, feed, kind, atom, month_from, month_to)"
            " SELECT %s, %s, %s, NULL, {first}, {last} FROM {rows} t"
        ).format(first=_month(held.feed, "first"), last=_month(held.feed, "last"), rows=_rows(held))
        run(cursor, statement, [change_set, held.feed.name, "feed" if listed else "all"])


def _touch_atoms(cursor: Any, held: Staged, kinds: list[tuple[str, sql.Composable]], change_set: int) -> bool:
    parts = [
        sql.SQL(
            "SELECT {kind} AS kind, {atom} AS atom, {first} AS first, {last} AS last FROM {rows} t"
            " WHERE {atom} IS NOT NULL GROUP BY {atom}"
        ).format(
            kind=sql.Literal(kind),
            atom=atom,
            first=_month(held.feed, "first"),
            last=_month(held.feed, "last"),
            rows=_rows(held),
        )
        for kind, atom in kinds
    ]
    statement = sql.SQL(
        "WITH atoms AS (SELECT kind, atom, min(first) AS first, max(last) AS last FROM ({parts}) p"
        " GROUP BY kind, atom)"
        " INSERT INTO portfolio_touched (change_set_id, feed, kind, atom, month_from, month_to)"
        " SELECT %s, %s, kind, atom, first, last FROM atoms WHERE (SELECT count(*) FROM atoms) <= %s"
        " ORDER BY kind, atom"
    ).format(parts=sql.SQL(" UNION ALL ").join(parts))
    run(cursor, statement, [change_set, held.feed.name, MAX_ATOMS_LISTED])
    return bool(cursor.rowcount)


def atom_kinds(feed: Feed) -> list[tuple[str, sql.Composable]]:
    """The atoms that a row of a feed names: its references, its team, and itself where others refer to it."""
    found: list[tuple[str, sql.Composable]] = []
    for column in feed.columns:
        if column.kind in ("ref", "team"):
            name = OWN_KINDS[column.ref] if column.ref else "team"
            found.append((name, sql.SQL("t.{}").format(sql.Identifier(column.attname))))
    if feed.name in OWN_KINDS:
        found.append((OWN_KINDS[feed.name], sql.SQL("t.id")))
    return found


def _rows(held: Staged) -> sql.Composable:
    """Rows after and rows before, with the columns that name atoms and times."""
    columns = [c for c in held.feed.columns if c.kind in ("ref", "team", "date", "month", "instant")]
    own = [sql.SQL("f.id")] if held.feed.name in OWN_KINDS else []
    own_old = [sql.SQL("e.id")] if own else []
    return sql.SQL(
        "(SELECT {new_row} FROM {facts} f {teams}"
        " WHERE {after}"
        " UNION ALL SELECT {old_row} FROM {facts} f JOIN {table} e ON e.id = f.old_id"
        " WHERE {replaced})"
    ).format(
        new_row=sql.SQL(", ").join([*own, *(_after(column) for column in columns)]),
        old_row=sql.SQL(", ").join([*own_old, *(sql.SQL("e.{}").format(sql.Identifier(c.attname)) for c in columns)]),
        facts=sql.Identifier(held.facts),
        table=sql.Identifier(held.feed.table),
        after=ROWS["after"],
        replaced=ROWS["replaced"],
        teams=sql.SQL("LEFT JOIN portfolio_team team ON team.name = f.team" if has_team(held) else ""),
    )


def _after(column: Column) -> sql.Composable:
    if column.kind == "team":
        return sql.SQL("team.id AS team_id")
    return sql.SQL("f.{}").format(sql.Identifier(column.attname))


def _month(feed: Feed, function: str) -> sql.Composable:
    """The first or last month of a group of rows; each column is aggregated before it is turned into a day."""
    aggregate, pick = ("min", "least") if function == "first" else ("max", "greatest")
    days = []
    for column in feed.columns:
        name = sql.SQL("{}(t.{})").format(sql.SQL(aggregate), sql.Identifier(column.attname))
        if column.kind in ("date", "month"):
            days.append(name)
        elif column.kind == "instant":
            days.append(sql.SQL("({} AT TIME ZONE {})::date").format(name, sql.Literal(settings.EPMO_TIME_ZONE)))
    if not days:
        return sql.SQL("NULL::date")
    return sql.SQL("date_trunc('month', {}({}))::date").format(sql.SQL(pick), sql.SQL(", ").join(days))
