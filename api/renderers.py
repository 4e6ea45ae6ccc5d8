"""The kinds of answer, chosen by `?format=` or by Accept; the bodies are written in `api.answers`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from api.problems import refused


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Bodies are written before they come here."""
        return data


class CsvRenderer(JsonRenderer):
    media_type = "text/csv"
    format = "csv"


class JsonLinesRenderer(JsonRenderer):
    media_type = "application/jsonl"
    format = "jsonl"


class ParquetRenderer(JsonRenderer):
    media_type = "application/vnd.apache.parquet"
    format = "parquet"


class SchemaRenderer(JsonRenderer):
    media_type = "application/vnd.oai.openapi+json"
    format = "openapi"


LIST_RENDERERS: list[type[BaseRenderer]] = [JsonRenderer, CsvRenderer, JsonLinesRenderer, ParquetRenderer]
LIST_FORMATS = tuple(renderer.format for renderer in LIST_RENDERERS)


class Negotiation(DefaultContentNegotiation):
    """As the framework does it, but an unknown `format` is a 400 that names the parameter."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        chosen = [renderer for renderer in renderers if renderer.format == format]
        if not chosen:
            known = ", ".join(str(renderer.format) for renderer in renderers)
            raise refused("format", "bad_value", _("Expected one of %(known)s.") % {"known": known})
        return chosen
