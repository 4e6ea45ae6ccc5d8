"""`/values/explain/`: why one number is what it is, down to the rows behind it."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.answers import json_answer
from api.columns import CellKind, json_cell, plain
from api.facts import COLUMNS
from api.metrics import metric_json
from api.money import MONEY, context_records, rule_answer
from api.parameters import Parameter, choice, read_integer, text
from api.periods import period_parameter
from api.problems import not_found
from api.schema import JSON_MEDIA, Operation, object_schema, ref, shape
from api.values import RULE
from api.view import ApiView, of_one_moment
from metrics.explain import ROWS_SHOWN, ExplainedRow, Explanation, NoSuchValue, Side, explain
from metrics.registry import metrics
from portfolio.rights import SCOPE_KINDS

MAX_ROWS = 1000
SIDE = object_schema(
    {
        "description": {"type": "string"},
        "feed": {"type": "string"},
        "total": {"type": ["number", "null"]},
        "count": {"type": "integer"},
        "not_visible": {"type": "integer"},
        "rows_are": {"type": "string", "enum": ["parts", "items", "inputs"]},
        "rows_are_private": {"type": "boolean"},
        "constants": {
            "type": "array",
            "items": {"type": "object", "properties": {"text": {"type": "string"}, "amount": {"type": "number"}}},
        },
        "rows": {"type": "array", "items": {"type": "object"}},
    }
)
EXPLANATION = shape(
    "Explanation",
    object_schema(
        {
            "record": ref("ValueRecord"),
            "metric": ref("Metric"),
            "formula": {"type": "string"},
            "symbols": {"type": "string"},
            "numerator": SIDE,
            "denominator": SIDE,
            "feeds": {"type": "array", "items": {"type": "object"}},
            "missing": {"type": "array", "items": {"type": "object"}},
            "run": {"type": ["integer", "null"]},
            "as_of": {"type": "string", "format": "date"},
            "rule_360": RULE,
        }
    ),
)


def row_json(row: ExplainedRow) -> dict[str, Any]:
    """A row with what it adds."""
    kinds: dict[str, CellKind] = {column.name: column.kind for column in COLUMNS[row.feed]}
    return {
        "feed": row.feed,
        "key": row.key,
        "weight": row.weight,
        "cells": {name: json_cell(cell, kinds[name]) for name, cell in row.cells.items()},
        "file": row.file,
        "line": row.line,
        "import": row.import_id,
    }


def side_json(side: Side) -> dict[str, Any]:
    """One side of the quotient with its rows."""
    return {
        "description": side.description,
        "feed": side.feed,
        "total": side.total,
        "count": side.count,
        "not_visible": side.hidden,
        "rows_are": side.rows_are,
        "rows_are_private": side.rows_are_private,
        "constants": [{"text": line.text, "amount": line.amount} for line in side.constants],
        "rows": [row_json(row) for row in side.rows],
    }


def explanation_json(found: Explanation, request: Request, rule: Any) -> dict[str, Any]:
    """The whole explanation."""
    return {
        "record": found.record.plain(),
        "metric": metric_json(found.metric, request),
        "formula": found.words,
        "symbols": found.symbols,
        "numerator": side_json(found.numerator),
        "denominator": side_json(found.denominator),
        "feeds": [
            {"feed": one.feed, "rows": one.rows, "changed_at": plain(one.changed_at, "instant")} for one in found.feeds
        ],
        "missing": [{"feed": one.feed, "text": one.text} for one in found.missing],
        "run": found.run and found.run.pk,
        "as_of": found.as_of.isoformat(),
        "rule_360": rule,
    }


class ValueExplain(ApiView):
    """One value explained. What the reader may not see of its rows is counted, not shown."""

    tag = "values"
    parameters = (
        choice("metric", metrics(), "The metric.", required=True),
        text("component", "The component; without it the headline."),
        choice("scope_kind", SCOPE_KINDS, "The kind of scope.", required=True),
        text("scope", "The scope's code; blank for the enterprise."),
        period_parameter("period", "The period.", required=True),
        Parameter("first", "First row of each side to list, from 0.", read_integer, {"type": "integer", "minimum": 0}),
        Parameter(
            "rows", "How many rows of each side to list.", read_integer,
            {"type": "integer", "minimum": 0, "maximum": MAX_ROWS, "default": ROWS_SHOWN},
        ),
    )  # fmt: skip

    @of_one_moment
    def get(self, request: Request) -> HttpResponseBase:
        asked = self.query
        try:
            found = explain(
                asked["metric"],
                asked.get("component", ""),
                asked["scope_kind"],
                asked.get("scope", ""),
                asked["period"],
                visible_to=self.visible,
                first=max(0, asked.get("first", 0)),
                limit=min(max(0, asked.get("rows", ROWS_SHOWN)), MAX_ROWS),
            )
        except NoSuchValue as error:
            raise not_found() from error
        answer = explanation_json(found, request, rule_answer([found.record], self.visible))
        if found.metric.family == MONEY:
            answer["context"] = [record.plain() for record in context_records([found.record], self.visible)]
        return json_answer(request, answer)

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("values_explain", "One value explained", {200: {JSON_MEDIA: EXPLANATION}})}
