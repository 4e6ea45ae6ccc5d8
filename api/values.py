"""`/values/`: the stored value records, filtered, paged by cursor or whole as a file."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.answers import json_answer, table_answer, table_page_answer
from api.columns import SCHEMA_OF_KIND, CellKind, OutColumn
from api.money import context_records, only_money, rule_answer
from api.paging import Cursor, Page, link, link_header, read_cursor
from api.parameters import PAGE_SIZE, Parameter, choice, read_instant, read_text, text
from api.periods import period_parameter
from api.problems import not_found, refused
from api.schema import Operation, list_content, object_schema, shape
from api.view import ListView, of_one_moment
from metrics.cells import STATES
from metrics.periods import KINDS as GRAINS
from metrics.records import COLUMNS, ValueRecord
from metrics.registry import FACTORS, FAMILIES, metrics
from metrics.selectors import ValueKey, ValueQuery, values
from metrics.targets import AMBER, GREEN, RED
from portfolio.rights import SCOPE_KINDS
from portfolio.selectors.fact_rows import scopes_live

STATUSES = tuple(dict.fromkeys(status for status, _reason in STATES))
FLOATS, INTEGERS = {"value", "numerator", "denominator"}, {"version", "n", "run"}
# How many pages back `previous` leads in one step each; from there it leads to the first page.
TRAIL = 20


def kind_of(column: str) -> CellKind:
    """The type of a column of the value record."""
    if column in FLOATS:
        return "float"
    if column in INTEGERS:
        return "integer"
    return {"green": "limit", "amber": "limit", "computed_at": "instant"}.get(column, "text")  # type: ignore[return-value]


OUT = tuple(OutColumn(column, kind_of(column)) for column in COLUMNS)
CONTEXT = OutColumn("context")
RECORD = shape("ValueRecord", object_schema({column.name: SCHEMA_OF_KIND[column.kind] for column in OUT}))
RULE = shape(
    "Rule360",
    {
        "type": ["object", "null"],
        "properties": {
            "status": {"type": "string", "enum": ["complete", "incomplete_360"]},
            "missing": {"type": "array", "items": {"type": "string"}},
            "scopes": {"type": "array", "items": {"type": "object"}},
        },
    },
)
PARAMETERS: tuple[Parameter, ...] = (
    choice("metric", metrics(), "Metrics by key.", many=True),
    Parameter(
        "component",
        "Components by name; `*` for all; without it the headlines.",
        read_text,
        {"type": "string", "maxLength": 100},
        many=True,
    ),
    choice("scope_kind", SCOPE_KINDS, "Kinds of scope.", many=True),
    text("scope", "Scopes by code.", many=True),
    period_parameter("period", "Periods.", many=True),
    period_parameter("from", "Periods that begin with this one or later."),
    period_parameter("to", "Periods that end with this one or earlier."),
    choice("grain", GRAINS, "Only months, quarters or years."),
    choice("status", STATUSES, "Statuses; `no_data` and `not_due` list the cells that need not be stored.", many=True),
    choice("colour", (GREEN, AMBER, RED), "Colours.", many=True),
    choice("family", FAMILIES, "Families of metrics.", many=True),
    choice("factor", FACTORS, "Factors of customer success.", many=True),
    Parameter(
        "changed_since",
        "Values that a run published at or after this instant changed.",
        read_instant,
        {"type": "string", "format": "date-time"},
    ),
)


def record_row(record: ValueRecord) -> tuple[Any, ...]:
    """A record as the cells of a line."""
    return tuple(getattr(record, column) for column in COLUMNS)


def key_of(record: ValueRecord) -> list[str]:
    """The place of a record in the order of values."""
    return [record.metric, record.component, record.scope_kind, record.scope, record.period]


class ValueList(ListView):
    """Value records inside the rights, in a stable order."""

    name = "values"
    tag = "values"
    parameters = PARAMETERS

    @of_one_moment
    def get(self, request: Request) -> HttpResponseBase:
        query = self.value_query()
        self.check_scopes()
        if not self.is_paged:
            return self.whole(query)
        trail = self.trail()
        size = self.query.get("page_size", PAGE_SIZE)
        start: ValueKey | None = tuple(trail[-1]) if trail else None  # type: ignore[assignment]
        found = list(islice(values(query, visible_to=self.visible, after=start, wanted=size + 1), size + 1))
        records = found[:size]
        page = Page(
            records,
            Cursor("after", [*trail, key_of(records[-1])][-TRAIL:]) if len(found) > size else None,
            None if not trail else Cursor("after", trail[:-1]),
        )
        context = context_records(records, self.visible) if only_money(query) else None
        if self.form != "json":
            return self.page_file(page, context)
        more: dict[str, Any] = {"rule_360": rule_answer(records, self.visible)}
        if context is not None:
            more["context"] = [record.plain() for record in context]
        envelope = {
            "next": link(request, page.next),
            "previous": link(request, page.previous),
            "results": [record.plain() for record in records],
            **more,
        }
        return json_answer(request, envelope)

    def value_query(self) -> ValueQuery:
        """What the filters ask for."""
        given = self.query
        first, last = given.get("from"), given.get("to")
        if first is not None and last is not None and first.start >= last.end:
            raise refused("to", "bad_value", _("This lies before `from`."))

        def many(name: str) -> tuple[Any, ...] | None:
            return tuple(given[name]) if name in given else None

        query = ValueQuery(
            metrics=many("metric"),
            components=self.components(),
            scope_kinds=many("scope_kind"),
            scopes=many("scope"),
            periods=many("period"),
            first=first,
            last=last,
            grain=given.get("grain"),
            statuses=many("status"),
            colours=many("colour"),
            families=many("family"),
            factors=many("factor"),
            changed_since=given.get("changed_since"),
        )
        known = {name for entry in query.entries() for name in entry.component_names}
        unknown = [name for name in query.components or () if name not in known and known]
        if unknown:
            raise refused("component", "bad_value", _("None of these metrics has a component of this name."))
        return query

    def components(self) -> tuple[str, ...] | None:
        """The components asked for; None for all."""
        names = self.query.get("component", [""])
        return None if "*" in names else tuple(names)

    def check_scopes(self) -> None:
        """404 for kinds and scopes outside the rights, worded as for what is not there."""
        kinds = self.query.get("scope_kind")
        if kinds and not all(self.visible.sees_kind(kind) for kind in kinds):
            raise not_found("scope_kind")
        asked = set(self.query.get("scope", ()))
        for kind in kinds or SCOPE_KINDS:
            if asked:
                asked -= scopes_live(kind, asked, self.visible)
        if asked:
            raise not_found("scope")

    def trail(self) -> list[list[str]]:
        """Where the pages before this one ended, from the cursor."""
        cursor = read_cursor(self.query.get("cursor"), is_trail)
        return cursor.position if cursor else []

    def page_file(self, page: Page[ValueRecord], context: Sequence[ValueRecord] | None) -> HttpResponseBase:
        """One page in a format other than JSON."""
        columns, rows = self.table(iter(page.rows), context)
        return table_page_answer(
            self.request, name=self.name, form=self.form, columns=columns, rows=rows,
            headers=link_header(self.request, page),
        )  # fmt: skip

    def whole(self, query: ValueQuery) -> HttpResponseBase:
        """All records; those of only money are followed by their context."""
        if only_money(query):
            records = list(values(query, visible_to=self.visible))
            columns, rows = self.table(iter(records), context_records(records, self.visible))
        else:
            columns, rows = self.table(values(query, visible_to=self.visible), None)
        return table_answer(self.request, name=self.name, form=self.form, columns=columns, rows=rows)

    @staticmethod
    def table(
        records: Iterator[ValueRecord], context: Sequence[ValueRecord] | None
    ) -> tuple[Sequence[OutColumn], Iterator[tuple[Any, ...]]]:
        """Columns and lines; with a context, a column that marks its lines."""
        if context is None:
            return OUT, map(record_row, records)

        def lines() -> Iterator[tuple[Any, ...]]:
            yield from ((*record_row(record), "") for record in records)
            yield from ((*record_row(record), "context") for record in context)

        return (*OUT, CONTEXT), lines()

    def operations(self) -> Mapping[str, Operation]:
        content = list_content(RECORD, {"rule_360": RULE})
        return {"GET": Operation("values_list", "Value records", {200: content})}


def is_trail(position: Any) -> bool:
    """Whether a cursor's position is a list of keys of records that can be."""
    if not isinstance(position, list) or len(position) > TRAIL:
        return False
    return all(isinstance(key, list) and len(key) == 5 and is_key(key) for key in position)


def is_key(key: Sequence[Any]) -> bool:
    """Whether five texts can be the key of a record."""
    if not all(isinstance(part, str) and len(part) <= 200 and part.isprintable() for part in key):
        return False
    metric, component, kind, _scope, period = key
    entry = metrics().get(metric)
    if entry is None or component not in entry.component_names or kind not in SCOPE_KINDS:
        return False
    try:
        period_parameter("", "").read(period)
    except ValueError:
        return False
    return True
