"""`/metrics/`: the catalogue, one entry a metric."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from api.answers import json_answer
from api.columns import OutColumn
from api.paging import is_place, page_of_list, read_cursor
from api.parameters import PAGE_SIZE, choice
from api.problems import not_found
from api.schema import JSON_MEDIA, Operation, list_content, object_schema, shape
from api.view import ApiView, ListView
from metrics.registry import FACTORS, FAMILIES, Metric, metrics
from portfolio.rights import SCOPE_KINDS

TEXTS = (
    "key", "title", "family", "factor", "unit", "direction", "owner_role", "why", "formula", "period_rule", "roll_up",
    "source", "n",
)  # fmt: skip
COLUMNS = (
    *[OutColumn(name) for name in TEXTS],
    OutColumn("version", "integer"),
    OutColumn("minimum_n", "integer"),
    OutColumn("people_metric", "bool"),
    OutColumn("scopes", "list"),
    OutColumn("components", "list"),
    OutColumn("green", "list"),
    OutColumn("amber", "list"),
)
LIMIT = {"type": ["number", "array", "null"], "items": {"type": "number"}}
ENTRY = shape(
    "Metric",
    object_schema(
        {
            **{name: {"type": "string"} for name in TEXTS},
            "url": {"type": "string", "format": "uri"},
            "version": {"type": "integer"},
            "minimum_n": {"type": "integer"},
            "people_metric": {"type": "boolean"},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "components": {"type": "array", "items": {"type": "object"}},
            "target": object_schema({"green": LIMIT, "amber": LIMIT}),
            "numerator": {"type": "object"},
            "denominator": {"type": "object"},
            "edges": {"type": "array", "items": {"type": "string"}},
            "index": {"type": ["object", "null"]},
        }
    ),
)


def limits(value: float | tuple[float, float] | None) -> list[str]:
    """A threshold as the words of a list: none, one or two."""
    if value is None:
        return []
    return [str(limit) for limit in (value if isinstance(value, tuple) else (value,))]


def metric_row(metric: Metric) -> tuple[Any, ...]:
    """A metric as one line of a table."""
    return (
        *[getattr(metric, name) for name in TEXTS],
        metric.version,
        metric.minimum_n,
        metric.people_metric,
        list(metric.scopes),
        list(metric.components),
        limits(metric.green),
        limits(metric.amber),
    )


def metric_json(metric: Metric, request: Request) -> dict[str, Any]:
    """A metric with all that its entry says."""
    index = metric.index
    return {
        "url": request.build_absolute_uri(reverse("api:metric", kwargs={"key": metric.key})),
        **{name: getattr(metric, name) for name in TEXTS},
        "version": metric.version,
        "minimum_n": metric.minimum_n,
        "people_metric": metric.people_metric,
        "scopes": list(metric.scopes),
        "components": [
            {"component": part.name, "formula": part.formula, "unit": part.unit, "direction": part.direction}
            for part in metric.components.values()
        ],
        "target": {"green": metric.green, "amber": metric.amber},
        "numerator": metric.numerator,
        "denominator": metric.denominator,
        "edges": list(metric.edges),
        "index": index and {"weight": index.weight, "worst": index.worst, "best": index.best},
    }


class MetricList(ListView):
    """The catalogue, in its order."""

    name = "metrics"
    tag = "metrics"
    parameters = (
        choice("family", FAMILIES, "Only metrics of this family."),
        choice("factor", FACTORS, "Only metrics of this factor of customer success."),
        choice("scope_kind", SCOPE_KINDS, "Only metrics that have values for scopes of this kind."),
    )

    def get(self, request: Request) -> HttpResponseBase:
        kind = self.query.get("scope_kind")
        found = [
            metric
            for metric in metrics().values()
            if self.query.get("family", metric.family) == metric.family
            and self.query.get("factor", metric.factor) == metric.factor
            and (kind is None or kind in metric.scopes)
        ]
        if not self.is_paged:
            return self.file_answer(map(metric_row, found), COLUMNS)
        page = page_of_list(
            found, cursor=read_cursor(self.query.get("cursor"), is_place), size=self.query.get("page_size", PAGE_SIZE)
        )
        return self.object_page_answer(
            page, lambda metric: metric_json(metric, request), COLUMNS, metric_row, more={"count": len(found)}
        )

    def operations(self) -> Mapping[str, Operation]:
        answers = {200: list_content(ENTRY, {"count": {"type": "integer"}})}
        return {"GET": Operation("metrics_list", _("The catalogue of metrics"), answers)}


class MetricDetail(ApiView):
    """One entry of the catalogue."""

    tag = "metrics"

    def get(self, request: Request, key: str) -> HttpResponseBase:
        metric = metrics().get(key)
        if metric is None:
            raise not_found()
        return json_answer(request, metric_json(metric, request))

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("metrics_retrieve", _("One metric"), {200: {JSON_MEDIA: ENTRY}})}
