"""OpenAPI 3.1: each operation described from what its view declares; shared shapes stand among the components."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from api.columns import SCHEMA_OF_KIND, OutColumn
from api.parameters import Parameter
from api.problems import CONTENT_TYPE

JSON_MEDIA = "application/json"
TABLE_MEDIA = ("text/csv", "application/jsonl")
PARQUET_MEDIA = "application/vnd.apache.parquet"
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """A request header that an operation reads."""

    name: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of a view takes and gives."""

    id: str
    summary: Any
    answers: Mapping[int, Content] = field(default_factory=dict)
    """Bodies by status: JSON schemas by media type; empty for none."""
    body: Content = field(default_factory=dict)
    headers: Sequence[Header] = ()
    description: str = ""
    problems: Sequence[int] = ()
    """Refusals beyond 400, 401, 404, 406 and 429, which every operation knows."""


def ref(name: str) -> dict[str, str]:
    """A reference to a shape among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_schema(properties: Mapping[str, Any], required: Sequence[str] | None = None) -> dict[str, Any]:
    """An object; all of its properties are there unless `required` says otherwise."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if required is None else required),
    }


def columns_schema(columns: Sequence[OutColumn], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The shape of a row."""
    return object_schema({**{column.name: SCHEMA_OF_KIND[column.kind] for column in columns}, **(more or {})})


def page_schema(item: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The shape of a page of a list."""
    link = {"type": ["string", "null"], "format": "uri"}
    return object_schema({"next": link, "previous": link, "results": {"type": "array", "items": item}, **(more or {})})


def list_content(item: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Content:
    """A list in each of its formats."""
    return {
        JSON_MEDIA: page_schema(item, more),
        **{media: {"type": "string"} for media in TABLE_MEDIA},
        PARQUET_MEDIA: {"type": "string", "format": "binary"},
    }


class Schema(AutoSchema):
    """Asks the view for its operations and parameters instead of guessing from serializers."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        view: Any = self.view
        operation: Operation | None = view.operations().get(method)
        if operation is None:
            return None
        described: dict[str, Any] = {
            "operationId": operation.id,
            "summary": str(operation.summary),
            "tags": [view.tag],
            "security": [{"bearer": []}, {"session": []}],
            "parameters": [
                *[path_parameter(name) for name in path_names(path)],
                *[query_parameter(parameter) for parameter in view.accepted(method)],
                *[header_parameter(header) for header in operation.headers],
            ],
            "responses": responses(operation, bool(path_names(path)), method),
        }
        if operation.description:
            described["description"] = operation.description
        if operation.body:
            described["requestBody"] = {"required": True, "content": content(operation.body)}
        return described


def path_names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def query_parameter(parameter: Parameter) -> dict[str, Any]:
    schema: Mapping[str, Any] = parameter.schema
    if parameter.many:
        schema = {"type": "array", "items": schema}
    described = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": str(parameter.description),
        "schema": dict(schema),
    }
    return {**described, "explode": True, "style": "form"} if parameter.many else described


def header_parameter(header: Header) -> dict[str, Any]:
    return {
        "name": header.name,
        "in": "header",
        "required": header.required,
        "description": str(header.description),
        "schema": {"type": "string"},
    }


def content(bodies: Content) -> dict[str, Any]:
    return {media: {"schema": dict(schema)} for media, schema in bodies.items()}


def responses(operation: Operation, has_path: bool, method: str) -> dict[str, Any]:
    """What may come back: the answers, and a problem for each refusal."""
    found: dict[str, Any] = {}
    for status, bodies in operation.answers.items():
        found[str(status)] = {"description": "As asked."} | ({"content": content(bodies)} if bodies else {})
    refusals = {400, 401, 404, 406, 429, *operation.problems} | ({304} if method == "GET" else {403, 415, 413})
    for status in sorted(refusals):
        if status == 304:
            found["304"] = {"description": "Not changed since the ETag."}
        else:
            found[str(status)] = {"description": "Refused.", "content": {CONTENT_TYPE: {"schema": ref("Problem")}}}
    return found


PROBLEM = object_schema(
    {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": object_schema(
                {"field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}}
            ),
        },
        "request_id": {"type": "string"},
    }
)
SHAPES: dict[str, Mapping[str, Any]] = {"Problem": PROBLEM}


def shape(name: str, schema: Mapping[str, Any]) -> dict[str, str]:
    """Puts a shape among the components; returns the reference to it."""
    SHAPES[name] = schema
    return ref(name)


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the shapes that operations refer to, and the two ways to log in."""
    components = result.setdefault("components", {})
    components["schemas"] = {name: dict(SHAPES[name]) for name in sorted(SHAPES)}
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }
    return result


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole description, in English; made once a process."""
    with translation.override("en"):
        generator: Any = SchemaGenerator
        made: dict[str, Any] = generator(urlconf="api.described").get_schema(request=None, public=True)
    return made
