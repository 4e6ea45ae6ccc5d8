"""`/facts/{feed}/`: the stored rows of every feed, in lists and by key."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.request import Request

from api.answers import digest, dumps
from api.columns import SCHEMA_OF_KIND, CellKind, OutColumn, json_row
from api.keys import key_in_address
from api.paging import Direction, is_place, page_of, read_cursor
from api.parameters import PAGE_SIZE, Parameter, choice, read_day, read_flag, read_instant, read_month, text
from api.problems import not_found
from api.schema import Operation, list_content, object_schema, shape
from api.view import ListView, of_one_moment
from portfolio.feed_types import Column, Feed
from portfolio.feeds import FEEDS
from portfolio.selectors.fact_rows import (
    FactRow,
    UnknownReference,
    fact_all,
    fact_filter,
    fact_page,
    live_rows,
    not_visible_count,
)
from portfolio.selectors.visibility import PEOPLE_FEEDS, feed_is_open

KINDS: Mapping[str, CellKind] = {
    "number": "number", "integer": "integer", "bool": "bool", "date": "date", "month": "month", "instant": "instant",
}  # fmt: skip
# Columns that tell a row's time, read by `<column>_from` (inclusive) and `<column>_before`.
TIME_READERS = {"date": read_day, "month": read_month, "instant": read_instant}


TIME_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$", "examples": ["2026-06"]},
    "instant": {"type": "string", "format": "date-time"},
}


def out_columns(feed: Feed) -> tuple[OutColumn, ...]:
    """The columns of a feed as columns of an answer."""
    return tuple(OutColumn(column.name, KINDS.get(column.kind, "text")) for column in feed.columns)


COLUMNS: Mapping[str, tuple[OutColumn, ...]] = {name: out_columns(feed) for name, feed in FEEDS.items()}


def column_parameters(column: Column) -> Sequence[Parameter]:
    """The filters on one column."""
    if column.kind in ("ref", "team", "code", "currency"):
        return [text(column.name, f"Only rows whose {column.name} is this code.")]
    if column.kind == "choice":
        return [choice(column.name, column.choices, f"Only rows whose {column.name} is this.")]
    if column.kind == "bool":
        flag = {"type": "boolean"}
        return [Parameter(column.name, f"Only rows whose {column.name} is this.", read_flag, flag)]
    if column.kind in TIME_READERS:
        read, schema = TIME_READERS[column.kind], TIME_SCHEMAS[column.kind]
        return [
            Parameter(f"{column.name}_from", f"Only rows whose {column.name} is this or later.", read, schema),
            Parameter(f"{column.name}_before", f"Only rows whose {column.name} is before this.", read, schema),
        ]
    return []


CHANGED_SINCE = Parameter(
    "changed_since",
    "Only rows written at or after this instant.",
    read_instant,
    {"type": "string", "format": "date-time"},
)
PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    name: (*[found for column in feed.columns for found in column_parameters(column)], CHANGED_SINCE)
    for name, feed in FEEDS.items()
}


def row_schema(feed: Feed) -> dict[str, Any]:
    """The shape of a row of a feed."""
    cells = {column.name: SCHEMA_OF_KIND[column.kind] for column in COLUMNS[feed.name]}
    return object_schema(
        {
            "key": {"type": ["string", "null"]},
            "url": {"type": ["string", "null"], "format": "uri"},
            **cells,
            "not_visible": {"type": "array", "items": {"type": "string"}},
        }
    )


def body_schema(column: Column) -> Mapping[str, Any]:
    """The shape of a cell that is sent."""
    shape = SCHEMA_OF_KIND[KINDS.get(column.kind, "text")]
    return {**shape, "enum": [*column.choices, None]} if column.choices else shape


ROWS: Mapping[str, Mapping[str, Any]] = {name: shape(f"Fact_{name}", row_schema(feed)) for name, feed in FEEDS.items()}
BODIES: Mapping[str, Mapping[str, Any]] = {
    name: {
        "type": "object",
        "properties": {c.name: body_schema(c) for c in feed.columns},
        "additionalProperties": False,
    }
    for name, feed in FEEDS.items()
}
BULK = shape(
    "BulkReport",
    object_schema(
        {
            "status": {"type": "string"},
            "change_set": {"type": ["integer", "null"]},
            "feeds": {"type": "object"},
            "warnings": {"type": "array", "items": {"type": "object"}},
            "seconds": {"type": "number"},
        }
    ),
)
COUNTS = {"count": {"type": ["integer", "null"]}, "not_visible": {"type": ["integer", "null"]}}


def row_url(request: Request, feed: Feed, key: str | None) -> str | None:
    """Where a row is read on its own."""
    if key is None:
        return None
    return request.build_absolute_uri(reverse("api:facts-" + feed.name) + key_in_address(key) + "/")


def row_json(request: Request, feed: Feed, row: FactRow) -> dict[str, Any]:
    """A row with its key, its address, and the columns that its reader may not see."""
    return {
        "key": row.key,
        "url": row_url(request, feed, row.key),
        **json_row(COLUMNS[feed.name], row.cells),
        "not_visible": list(row.hidden),
    }


def row_etag(feed: Feed, row: FactRow) -> str:
    """The version of a row: changes with any cell."""
    return digest(dumps([row.pk, json_row(COLUMNS[feed.name], row.cells)]))


class FactList(ListView):
    """Live rows of a feed inside the rights."""

    feed: Feed = next(iter(FEEDS.values()))

    @of_one_moment
    def get(self, request: Request) -> HttpResponseBase:
        if not feed_is_open(self.feed.name, self.visible):
            raise not_found()
        rows = self.chosen()
        if not self.is_paged:
            return self.file_answer((row.cells for row in fact_all(rows, self.feed, self.visible)), self.columns)

        def fetch(direction: Direction, place: Any, n: int) -> Sequence[FactRow]:
            at = {direction: place} if place is not None else {}
            return fact_page(rows, self.feed, self.visible, n=n, **at)

        cursor = read_cursor(self.query.get("cursor"), is_place)
        size = self.query.get("page_size", PAGE_SIZE)
        page = page_of(fetch, cursor=cursor, size=size, position=lambda row: row.pk)
        counts: dict[str, int | None] = {"count": None, "not_visible": None}
        if cursor is None and self.form == "json":
            counts["count"] = len(page.rows) if page.next is None else rows.count()
            counts["not_visible"] = self.left_out()
        return self.object_page_answer(
            page, lambda row: row_json(request, self.feed, row), self.columns, lambda row: row.cells, more=counts
        )

    @property
    def columns(self) -> Sequence[OutColumn]:
        return COLUMNS[self.feed.name]

    def chosen(self) -> QuerySet[Any]:
        """The rows that the filters leave."""
        rows = live_rows(self.feed, self.visible)
        equal: dict[str, Any] = {}
        for name, value in self.query.items():
            if name in self.feed.by_name:
                equal[name] = value
            elif name == "changed_since":
                rows = rows.filter(changed_in__at__gte=value)
            elif name.endswith("_from") and name.removesuffix("_from") in self.feed.by_name:
                rows = rows.filter(**{f"{name.removesuffix('_from')}__gte": value})
            elif name.endswith("_before") and name.removesuffix("_before") in self.feed.by_name:
                rows = rows.filter(**{f"{name.removesuffix('_before')}__lt": value})
        try:
            return fact_filter(rows, self.feed, equal, self.visible)
        except UnknownReference as unknown:
            raise not_found(unknown.column) from unknown

    def left_out(self) -> int:
        """Rows of the whole feed outside the rights; none for who sees all of them."""
        sees_all = self.visible.reads_people or (
            self.visible.reads_all and self.feed.name not in {*PEOPLE_FEEDS, "survey_responses"}
        )
        return 0 if sees_all else not_visible_count(self.feed, self.visible)

    def operations(self) -> Mapping[str, Operation]:
        answers = {200: list_content(ROWS[self.feed.name], COUNTS)}
        return {"GET": Operation(f"facts_{self.feed.name}_list", str(self.feed.purpose), answers)}
