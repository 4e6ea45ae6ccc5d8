"""Live rows of a feed as plain tuples inside a reader's rights, in the order of their ids, by filters, or by key.

References come as codes, teams as names; what the reader may not know of a visible row is None and named in `hidden`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from portfolio.feed_types import Column, Feed
from portfolio.feeds import FEEDS
from portfolio.models import Team
from portfolio.rights import Visibility
from portfolio.selectors.visibility import feed_is_open, hidden_columns, references_of, visible_rows

BATCH = 2000


class UnknownReference(LookupError):
    """A filter names what is not there or not visible; `column` is its name."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row: cells in the order of the feed's columns, the key when all of it may be known, hidden columns."""

    pk: int
    cells: tuple[Any, ...]
    key: str | None
    hidden: tuple[str, ...]


def model_of(feed: Feed) -> type[Model]:
    """The table of a feed."""
    return apps.get_model(feed.model_label)


def live_rows(feed: Feed, visible: Visibility) -> QuerySet[Any]:
    """The rows of a feed that are not removed, inside the rights."""
    rows: QuerySet[Any] = model_of(feed)._default_manager.filter(deleted_at__isnull=True)
    return visible_rows(rows, feed.name, visible)


def fact_filter(rows: QuerySet[Any], feed: Feed, conditions: Mapping[str, Any], visible: Visibility) -> QuerySet[Any]:
    """Rows whose columns hold the values; references and teams by code. Raises UnknownReference."""
    for name, value in conditions.items():
        column = feed.column(name)
        if column.kind in ("ref", "team"):
            rows = rows.filter(**{column.attname: reference_id(column, value, visible)})
        else:
            rows = rows.filter(**{name: value})
    return rows


def reference_id(column: Column, code: str, visible: Visibility) -> int:
    """The id of what a filter names. Raises UnknownReference, also where the reader may not know of it."""
    if column.kind == "team":
        found = Team.objects.filter(name=code).values_list("pk", flat=True).first() if visible.reads_all else None
    else:
        referred = live_rows(FEEDS[column.ref], visible) if feed_is_open(column.ref, visible) else None
        found = referred.filter(code=code).values_list("pk", flat=True).first() if referred is not None else None
    if found is None:
        raise UnknownReference(column.name)
    return int(found)


def fact_page(
    rows: QuerySet[Any], feed: Feed, visible: Visibility, *, after: int | None = None, before: int | None = None, n: int
) -> list[FactRow]:
    """At most n rows next to an id, nearest first: one query."""
    if before is not None:
        rows = rows.filter(pk__lt=before).order_by("-pk")
    elif after is not None:
        rows = rows.filter(pk__gt=after).order_by("pk")
    else:
        rows = rows.order_by("pk")
    return list(read(rows[:n], feed, visible))


def fact_all(rows: QuerySet[Any], feed: Feed, visible: Visibility) -> Iterator[FactRow]:
    """All rows, read a batch at a time."""
    last: int | None = None
    while batch := fact_page(rows, feed, visible, after=last, n=BATCH):
        yield from batch
        last = batch[-1].pk


def fact_by_key(feed: Feed, parts: Sequence[Any], visible: Visibility) -> FactRow | None:
    """The live row with this key, or None; also None where a part of the key may not be known."""
    condition = Q()
    for column, part in zip(feed.key_columns, parts, strict=True):
        path = path_of(column)
        condition &= Q(**{f"{path}__isnull": True}) if part is None else Q(**{path: part})
    found = list(read(live_rows(feed, visible).filter(condition)[:1], feed, visible))
    return found[0] if found and found[0].key is not None else None


def not_visible_count(feed: Feed, visible: Visibility) -> int:
    """How many live rows of the feed lie outside the rights, whatever filters were asked for: two queries."""
    everything: QuerySet[Any] = model_of(feed)._default_manager.filter(deleted_at__isnull=True)
    return everything.count() - live_rows(feed, visible).count()


def path_of(column: Column) -> str:
    """Where the contract's value of a column is found from its row."""
    return {"ref": f"{column.name}__code", "team": f"{column.name}__name"}.get(column.kind, column.name)


def read(rows: QuerySet[Any], feed: Feed, visible: Visibility) -> Iterator[FactRow]:
    """Rows of a query as FactRow."""
    columns, references = feed.columns, references_of(feed)
    places = {column.name: place for place, column in enumerate(columns)}
    key_places = [places[name] for name in feed.key]
    ids = [f"{name}_id" for name in references] if not visible.reads_all else []
    found: Iterable[tuple[Any, ...]] = rows.values_list("pk", *[path_of(column) for column in columns], *ids)
    for pk, *values in found:
        cells, known = values[: len(columns)], dict(zip(ids, values[len(columns) :], strict=True))
        hidden = tuple(sorted(hidden_columns(feed.name, known, references if ids else {}, visible)))
        for name in hidden:
            cells[places[name]] = None
        secret = any(name in feed.key for name in hidden)
        key = None if secret else key_text([cells[place] for place in key_places], feed)
        yield FactRow(pk, tuple(cells), key, hidden)


def key_text(parts: Sequence[Any], feed: Feed) -> str:
    """A key as it stands in an address: parts in key order joined by a bar, each percent-encoded."""
    return "|".join(
        quote(part_text(part, column), safe="") for part, column in zip(parts, feed.key_columns, strict=True)
    )


def part_text(part: Any, column: Column) -> str:
    """One part of a key as text; blank for none."""
    if part is None:
        return ""
    if column.kind == "month" and isinstance(part, date):
        return part.strftime("%Y-%m")
    return part.isoformat() if isinstance(part, date | datetime) else str(part)


def scopes_live(kind: str, codes: set[str], visible: Visibility) -> set[str]:
    """Which of the codes are live scopes of a kind inside the rights: one query at most."""
    if not visible.sees_kind(kind):
        return set()
    if kind == "enterprise":
        return codes & {""}
    if kind == "team":
        return set(Team.objects.filter(name__in=codes).values_list("name", flat=True))
    feed = FEEDS["portfolios" if kind in ("portfolio", "program") else f"{kind}s"]
    rows = live_rows(feed, visible).filter(code__in=codes)
    return set((rows.filter(kind=kind) if feed.name == "portfolios" else rows).values_list("code", flat=True))
