"""`/facts/{feed}/{key}/` and `/facts/{feed}/bulk/`: one row by its key, or many at once, read and written."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api.answers import etag_matches, json_answer
from api.columns import csv_plain
from api.facts import BODIES, BULK, KINDS, PARAMETERS, ROWS, FactList, row_etag, row_json, row_url
from api.idempotency import HEADER, once
from api.keys import key_candidates, read_key, sent_parts
from api.parsers import CsvParser, JsonAsLinesParser, JsonLinesParser, NewlineJsonParser
from api.problems import FieldError, Problem, not_found, refused
from api.schema import JSON_MEDIA, Header, Operation
from api.view import ApiView, of_one_moment, person
from api.writing import cells_of, csv_table, json_lines, lines_table, row_write, rows_write
from portfolio.feed_types import Column, Feed
from portfolio.feeds import FEEDS
from portfolio.selectors.fact_rows import (
    FactRow,
    fact_by_key,
)
from portfolio.selectors.visibility import feed_is_open


class FactDetail(ApiView):
    """One row of a feed by its key."""

    feed: Feed = next(iter(FEEDS.values()))

    @of_one_moment
    def get(self, request: Request, key: str) -> HttpResponseBase:
        row = self.row(key)
        return json_answer(request, row_json(request, self.feed, row), etag=row_etag(self.feed, row))

    def put(self, request: Request, key: str) -> HttpResponseBase:
        """Stores the row whole: what the body leaves out is cleared."""
        held = self.find(key)
        parts = self.key_to_write(key, held)
        cells = self.body_cells(request, parts)
        whole = {column.name: cells.get(column.name, "") for column in self.feed.columns}
        report = row_write(self.feed, whole, actor=person(request), guard=self.guard(parts))
        created = bool(report.feeds[self.feed.name]["created"])
        return self.written(request, parts, HTTPStatus.CREATED if created else HTTPStatus.OK)

    def patch(self, request: Request, key: str) -> HttpResponseBase:
        """Changes columns of a row that is there: what the body leaves out is kept. Needs If-Match."""
        held = self.row(key)
        if "If-Match" not in request.headers:
            message = _("Read the row first and send its ETag as If-Match.")
            raise Problem(HTTPStatus.PRECONDITION_REQUIRED, message, [FieldError("If-Match", "missing_value", message)])
        parts = self.key_to_write(key, held)
        cells = self.body_cells(request, parts)
        # The write path wants every required column; the guard makes sure that these are still what is stored.
        stored = {
            column.name: self.text_of(column, cell) for column, cell in zip(self.feed.columns, held.cells, strict=True)
        }
        kept = {name: stored[name] for name in self.feed.required}
        row_write(self.feed, {**kept, **cells}, actor=person(request), guard=self.guard(parts))
        return self.written(request, parts, HTTPStatus.OK)

    def delete(self, request: Request, key: str) -> HttpResponseBase:
        """Removes the row; it keeps its place in the change log."""
        held = self.row(key)
        parts = self.key_to_write(key, held)
        cells = dict(zip(self.feed.key, map(self.text_of, self.feed.key_columns, parts), strict=True))
        row_write(
            self.feed,
            {**dict.fromkeys(self.feed.required, ""), **cells, "deleted": "true"},
            actor=person(request),
            guard=self.guard(parts),
        )
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def key_to_write(self, key: str, held: FactRow | None) -> list[Any]:
        """The values of the key: of the row that is there, else of the one way to read the address."""
        if held is not None:
            places = [self.feed.columns.index(column) for column in self.feed.key_columns]
            return [held.cells[place] for place in places]
        candidates = list(key_candidates(self.request, self.feed, key))
        if not candidates:
            raise not_found()
        if (
            len(candidates) > 1
            and sent_parts(self.request, len(self.feed.key)) is None
            and key.count("|") >= len(self.feed.key)
        ):
            raise refused(
                "key", "ambiguous_key", _("Send bars between the parts as they are, those inside as %7C; or use bulk.")
            )
        return read_key(self.feed, candidates[0])

    @staticmethod
    def text_of(column: Column, cell: Any) -> str:
        """A stored cell as a fact file would hold it."""
        return str(csv_plain(cell, KINDS.get(column.kind, "text")))

    def body_cells(self, request: Request, parts: Sequence[Any]) -> dict[str, str]:
        """The cells of the body with those of the key, which the body may repeat but not change."""
        key_cells = dict(zip(self.feed.key, map(self.text_of, self.feed.key_columns, parts), strict=True))
        cells = cells_of(self.feed, request.data)
        other = [name for name, value in key_cells.items() if cells.get(name, value).strip(" ") != value]
        if other:
            message = _("The address names another key.")
            raise Problem(
                HTTPStatus.BAD_REQUEST, message, [FieldError(name, "key_mismatch", message) for name in other]
            )
        return {**cells, **key_cells}

    def guard(self, parts: Sequence[Any]) -> Callable[[], None]:
        """Checks the preconditions of the request under the lock of the write."""
        wanted, unwanted = (self.request.headers.get(name) for name in ("If-Match", "If-None-Match"))

        def check() -> None:
            row = fact_by_key(self.feed, parts, self.visible) if wanted or unwanted else None
            etag = f'"{row_etag(self.feed, row)}"' if row else ""
            if (wanted and not (etag and etag_matches(wanted, etag))) or (
                unwanted and etag and etag_matches(unwanted, etag)
            ):
                message = _("The row has changed since it was read. Read it again.")
                raise Problem(HTTPStatus.PRECONDITION_FAILED, message)

        return check

    def written(self, request: Request, parts: Sequence[Any], status: HTTPStatus) -> HttpResponseBase:
        """The row as it now is, with its new ETag."""
        row = fact_by_key(self.feed, parts, self.visible)
        if row is None:
            raise not_found()
        headers = {"ETag": f'"{row_etag(self.feed, row)}"'}
        url = row_url(request, self.feed, row.key)
        if status == HTTPStatus.CREATED and url:
            headers["Location"] = url
        return json_answer(request, row_json(request, self.feed, row), status=status, headers=headers)

    def row(self, key: str) -> FactRow:
        """The row that the address names, or 404."""
        found = self.find(key) if feed_is_open(self.feed.name, self.visible) else None
        if found is None:
            raise not_found()
        return found

    def find(self, key: str) -> FactRow | None:
        """The row that the address names."""
        for parts in key_candidates(self.request, self.feed, key):
            try:
                values = read_key(self.feed, parts)
            except Problem:
                continue
            found = fact_by_key(self.feed, values, self.visible)
            if found is not None:
                return found
        return None

    def operations(self) -> Mapping[str, Operation]:
        name, one = self.feed.name, {JSON_MEDIA: ROWS[self.feed.name]}
        body = {JSON_MEDIA: BODIES[name]}
        if_match = Header("If-Match", "The ETag that the row was read with.")
        return {
            "GET": Operation(f"facts_{name}_retrieve", "One row", {200: one}),
            "PUT": Operation(
                f"facts_{name}_put", "Store a row; what is left out is cleared", {200: one, 201: one}, body,
                (if_match, Header("If-None-Match", "`*`: only when there is no such row.")), problems=(412,),
            ),
            "PATCH": Operation(
                f"facts_{name}_patch", "Change a row; what is left out is kept", {200: one}, body,
                (Header("If-Match", "The ETag that the row was read with.", required=True),), problems=(412, 428),
            ),
            "DELETE": Operation(f"facts_{name}_delete", "Remove a row", {204: {}}, {}, (if_match,), problems=(412,)),
        }  # fmt: skip


class FactBulk(FactDetail):
    """Many rows at once, all or nothing. The row whose key is `bulk` is still read and written here."""

    def get_parsers(self) -> list[BaseParser]:
        if self.request and self.request.method == "POST":
            return [JsonLinesParser(), NewlineJsonParser(), JsonAsLinesParser(), CsvParser()]
        return super().get_parsers()

    def post(self, request: Request, key: str) -> HttpResponseBase:
        data: Any = request.data
        raw = data if isinstance(data, bytes) else b""
        is_csv = request.content_type.partition(";")[0].strip() == CsvParser.media_type

        def work() -> tuple[HTTPStatus, dict[str, object]]:
            header, rows = csv_table(raw) if is_csv else lines_table(self.feed, json_lines(self.feed, raw))
            if not header:
                raise refused("", "missing_value", _("The body holds no rows."))
            report = rows_write(self.feed, header, rows, actor=person(request))
            return HTTPStatus.OK, {
                "status": report.status,
                "change_set": report.change_set and report.change_set.pk,
                "feeds": report.feeds,
                "warnings": [
                    FieldError(p.column, p.code, p.message, p.line, p.value).as_json() for p in report.problems
                ],
                "seconds": round(report.seconds, 3),
            }

        return once(request, raw, work)

    def operations(self) -> Mapping[str, Operation]:
        body = {CsvParser.media_type: {"type": "string"}, JsonLinesParser.media_type: {"type": "string"}}
        return {
            "POST": Operation(
                f"facts_{self.feed.name}_bulk",
                "Store many rows, all or nothing, from JSON lines or CSV",
                {200: {JSON_MEDIA: BULK}},
                body,
                (HEADER,),
                problems=(409, 422),
            )
        }


def fact_patterns(feed: Feed) -> list[URLPattern]:
    """The addresses of one feed."""
    name, tag = feed.name, f"facts: {feed.name}"
    listing = FactList.as_view(feed=feed, name=name, tag=tag, parameters=PARAMETERS[name])
    return [
        path(f"facts/{name}/", listing, name=f"facts-{name}"),
        path(f"facts/{name}/bulk/", FactBulk.as_view(feed=feed, tag=tag), {"key": "bulk"}, name=f"bulk-{name}"),
        path(f"facts/{name}/<path:key>/", FactDetail.as_view(feed=feed, tag=tag), name=f"fact-{name}"),
    ]
