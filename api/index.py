"""`/index/`: the customer success index, its factors, and what moved it."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.columns import OutColumn, Row
from api.paging import Cursor, Page, is_place, read_cursor
from api.parameters import PAGE_SIZE, Parameter, choice, read_flag, text
from api.periods import newest_finished_quarter, period_parameter
from api.problems import not_found
from api.schema import Operation, columns_schema, list_content, shape
from api.view import ListView, of_one_moment
from metrics.index import KINDS
from metrics.index_values import CHANGE_COLUMNS, COLUMNS, IndexRecord, index_changes, index_records
from metrics.periods import Period
from metrics.selectors import state
from portfolio.selectors.fact_rows import scopes_live

TEXTS = ("scope_kind", "scope", "period", "status")
OUT = tuple(OutColumn(column, "text" if column in TEXTS else "float") for column in COLUMNS)
CHANGE_OUT = tuple(OutColumn(column, "float" if column == "points" else "text") for column in CHANGE_COLUMNS)
MOVES = {"type": "array", "items": {"type": "object"}}
RECORD = shape("IndexRecord", columns_schema(OUT, {"run": {"type": ["integer", "null"]}, "change": MOVES}))


def record_row(record: IndexRecord) -> Row:
    """A record as cells."""
    plain = record.plain()
    return [plain[column] for column in COLUMNS]


class IndexList(ListView):
    """The index of visible scopes."""

    name = "index"
    tag = "index"
    parameters = (
        period_parameter("period", "Periods; without one the last quarter that has ended.", many=True),
        choice("scope_kind", KINDS, "Kinds of scope.", many=True),
        text("scope", "Scopes by code.", many=True),
        Parameter("changes", "In files: what moved the index, not the index.", read_flag, {"type": "boolean"}),
    )

    @of_one_moment
    def get(self, request: Request) -> HttpResponseBase:
        kinds, scopes = self.query.get("scope_kind", KINDS), self.query.get("scope")
        self.check_scopes(kinds, scopes)
        periods: list[Period] = list(dict.fromkeys(self.query.get("period") or [newest_finished_quarter(state())]))
        asked: dict[str, Any] = {"visible_to": self.visible, "scope_kinds": kinds, "scopes": scopes}
        if self.form != "json" and self.query.get("changes"):
            rows = ([getattr(line, column) for column in CHANGE_COLUMNS] for line in index_changes(periods, **asked))
            return self.file_answer(rows, CHANGE_OUT)
        records = index_records(periods, **asked)
        if not self.is_paged:
            return self.file_answer(map(record_row, records), OUT)
        cursor = read_cursor(self.query.get("cursor"), is_place)
        size, start = self.query.get("page_size", PAGE_SIZE), cursor.position if cursor else 0
        found = list(islice(records, start, start + size + 1))
        page = Page(
            found[:size],
            Cursor("after", start + size) if len(found) > size else None,
            Cursor("after", max(0, start - size)) if start else None,
        )
        moves = self.moves(page.rows, periods) if self.form == "json" else {}
        return self.object_page_answer(
            page,
            lambda record: {
                **record.plain(),
                "run": record.run,
                "change": moves.get((record.scope_kind, record.scope, record.period), []),
            },
            OUT,
            record_row,
        )

    def check_scopes(self, kinds: Any, scopes: Any) -> None:
        """404 for kinds and scopes outside the rights, as for what is not there."""
        if "scope_kind" in self.query and not all(self.visible.sees_kind(kind) for kind in kinds):
            raise not_found("scope_kind")
        missing = set(scopes or ())
        for kind in kinds:
            missing -= scopes_live(kind, missing, self.visible) if missing else set()
        if missing:
            raise not_found("scope")

    def moves(self, records: Any, periods: list[Period]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
        """What moved the index of each record against the period before it."""
        found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for kind in dict.fromkeys(record.scope_kind for record in records):
            codes = {record.scope for record in records if record.scope_kind == kind}
            for line in index_changes(periods, visible_to=self.visible, scope_kinds=(kind,), scopes=codes):
                moved = {"factor": line.factor, "metric": line.metric, "points": line.points}
                found.setdefault((line.scope_kind, line.scope, line.period), []).append(moved)
        return found

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("index_list", "The customer success index", {200: list_content(RECORD)})}
