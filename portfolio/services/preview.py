"""What a delivery holds, column by column, beside what is stored: a wrong scale or currency shows before storing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from psycopg2 import sql

from portfolio.feed_types import Column
from portfolio.services.staging import Staged, run

DAYS: Final = frozenset({"date", "month", "instant"})
CURRENCIES: Final = 20
"""So many currencies of a column are counted apart, the most used first."""
FAR: Final = 10
"""A mean or an extreme this many times that of what is stored has another scale, most likely."""

ENOUGH: Final = 10
"""Fewer cells than this are never called too small."""


@dataclass(frozen=True, slots=True)
class Span:
    """A column's filled cells: how many, least and greatest, and for numbers the exact sum. All as text, None if none.

    Days and instants are ISO 8601. `parts` counts the cells by currency.
    """

    count: int
    least: str | None
    greatest: str | None
    total: str | None = None
    parts: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """A column of a delivery beside all live rows of its feed; `unlike` says what differs: scale, currency or blank."""

    column: str
    kind: str
    delivered: Span
    stored: Span
    unlike: str


def preview(held: Staged) -> list[dict[str, Any]]:
    """Numbers, days and currencies of a feed's accepted rows, as plain values.

    Cost: one pass over the delivered rows and one over the stored ones, each an aggregate in the database.
    """
    columns = [c for c in held.feed.columns if c.name in held.given and (c.is_number or c.kind in DAYS)]
    found = []
    if columns:
        delivered = _spans(columns, sql.Identifier(held.facts), "fault = 0 AND NOT removes")
        stored = _spans(columns, sql.Identifier(held.feed.table), "deleted_at IS NULL")
        for column, new, old in zip(columns, delivered, stored, strict=True):
            found.append(ColumnPreview(column.name, column.kind, new, old, "scale" if _far(column, new, old) else ""))
    found += [_currencies(held, column) for column in held.feed.columns if column.kind == "currency"]
    return [asdict(one) for one in found if one.delivered.count]


def previews(held: Iterable[Staged]) -> dict[str, list[dict[str, Any]]]:
    """The preview of every delivered feed that has something to show."""
    return {one.feed.name: told for one in held if (told := preview(one))}


def _spans(columns: list[Column], table: sql.Composable, where: str) -> list[Span]:
    parts = []
    for column in columns:
        name = sql.Identifier(column.name)
        total = sql.SQL("sum({})").format(name) if column.is_number else sql.SQL("NULL")
        parts.append(sql.SQL("count({0}), min({0}), max({0}), {1}").format(name, total))
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("SELECT {} FROM {} WHERE {}").format(sql.SQL(", ").join(parts), table, sql.SQL(where)))
        row = cursor.fetchone()
    return [
        Span(count, _text(column, least), _text(column, greatest), _text(column, total))
        for column, place in zip(columns, range(0, len(row), 4), strict=True)
        for count, least, greatest, total in [row[place : place + 4]]
    ]


def _text(column: Column, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal | int):
        plain = f"{Decimal(value):f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    text: str = value.isoformat()
    return text[:7] if column.kind == "month" else text


def _far(column: Column, new: Span, old: Span) -> bool:
    """Whether the delivered numbers are of another scale than the stored ones."""
    if not column.is_number or not new.count or not old.count:
        return False
    extremes = [max(abs(Decimal(end or 0)) for end in (one.least, one.greatest)) for one in (new, old)]
    means = [abs(Decimal(one.total or 0)) / one.count for one in (new, old)]
    if extremes[0] >= FAR * extremes[1] > 0:
        return True
    # A few small numbers among large ones are no other scale.
    return new.count >= ENOUGH and 0 < FAR * means[0] <= means[1] and FAR * extremes[0] <= extremes[1]


def _currencies(held: Staged, column: Column) -> ColumnPreview:
    new = _parts(column, sql.Identifier(held.facts), "fault = 0 AND NOT removes")
    old = _parts(column, sql.Identifier(held.feed.table), "deleted_at IS NULL")
    strange = bool(old.count) and bool(set(new.parts or ()) - set(old.parts or ()))
    return ColumnPreview(column.name, column.kind, new, old, "currency" if strange else "")


def _parts(column: Column, table: sql.Composable, where: str) -> Span:
    statement = sql.SQL(
        "SELECT {0}, count(*) FROM {1} WHERE {2} AND {0} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {3}"
    ).format(sql.Identifier(column.name), table, sql.SQL(where), sql.Literal(CURRENCIES))
    with connection.cursor() as cursor:
        run(cursor, statement)
        counts = dict(cursor.fetchall())
    return Span(sum(counts.values()), None, None, parts=counts)
