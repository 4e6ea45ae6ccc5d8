"""`/contributions/`: what each project is credited with on each outcome."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.columns import OutColumn
from api.paging import is_place, page_of_list, read_cursor
from api.parameters import PAGE_SIZE, choice, text
from api.periods import newest_finished_quarter, period_parameter
from api.problems import not_found
from api.schema import Operation, columns_schema, list_content, shape
from api.view import ListView, of_one_moment
from metrics.contributions import COLUMNS, FIELDS, ContributionLine, contribution_lines
from metrics.ledger import METHODS
from metrics.selectors import state
from portfolio.rights import Visibility
from portfolio.selectors.fact_rows import scopes_live

OUT = tuple(OutColumn(column, "float" if column in FIELDS else "text") for column in COLUMNS)
HIDDEN = OutColumn("not_visible", "integer")
LINE = shape("ContributionLine", columns_schema((*OUT, HIDDEN)))
SCOPES = ("project", "customer", "initiative")


def line_row(line: ContributionLine) -> tuple[Any, ...]:
    """A line as cells."""
    return tuple(getattr(line, column) for column in COLUMNS)


def require_scopes(asked: Mapping[str, Any], visible: Visibility) -> None:
    """404 for a scope outside the rights, as for one that is not there."""
    for kind in SCOPES:
        if kind in asked and not scopes_live(kind, {asked[kind]}, visible):
            raise not_found(kind)


class ContributionList(ListView):
    """Lines of the ledger for one period. Counterparts outside the rights are folded; sums stay exact."""

    name = "contributions"
    tag = "contributions"
    parameters = (
        period_parameter("period", "At the end of this period; without it the last quarter that has ended."),
        choice("method", METHODS, "How credit is shared; proportional unless named."),
        *[text(kind, f"Only lines of this {kind}.") for kind in SCOPES],
    )

    @of_one_moment
    def get(self, request: Request) -> HttpResponseBase:
        require_scopes(self.query, self.visible)
        lines = contribution_lines(
            self.query.get("period") or newest_finished_quarter(state()),
            visible_to=self.visible,
            method=self.query.get("method", METHODS[0]),
            **{kind: self.query[kind] for kind in SCOPES if kind in self.query},
        )
        if not self.is_paged:
            return self.file_answer(map(line_row, lines), OUT)
        cursor = read_cursor(self.query.get("cursor"), is_place)
        page = page_of_list(lines, cursor=cursor, size=self.query.get("page_size", PAGE_SIZE))
        return self.object_page_answer(
            page,
            lambda line: {**line.plain(), HIDDEN.name: line.hidden},
            OUT,
            line_row,
            more={"count": len(lines), "not_visible": sum(line.hidden for line in lines)},
        )

    def operations(self) -> Mapping[str, Operation]:
        counts = {"count": {"type": "integer"}, "not_visible": {"type": "integer"}}
        return {"GET": Operation("contributions_list", "Contribution lines", {200: list_content(LINE, counts)})}
