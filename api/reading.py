"""The schema as plain values for a page: operations in groups, each with its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ParameterLine:
    name: str
    place: str
    form: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class OperationBlock:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[ParameterLine, ...]
    bodies: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationGroup:
    name: str
    anchor: str
    operations: tuple[OperationBlock, ...]


@dataclass(frozen=True, slots=True)
class ReadingPage:
    title: str
    version: str
    groups: tuple[OperationGroup, ...]


def reading_page(document: Mapping[str, Any]) -> ReadingPage:
    """What the page shows of a schema."""
    groups: dict[str, list[OperationBlock]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(block(method, path, operation))
    info = document["info"]
    return ReadingPage(
        title=info["title"],
        version=info["version"],
        groups=tuple(
            OperationGroup(name, name.replace(": ", "-").replace("_", "-"), tuple(found))
            for name, found in groups.items()
        ),
    )


def block(method: str, path: str, operation: Mapping[str, Any]) -> OperationBlock:
    return OperationBlock(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(map(line, operation["parameters"])),
        bodies=tuple(operation.get("requestBody", {}).get("content", {})),
        answers=tuple(sorted(operation["responses"])),
    )


def line(parameter: Mapping[str, Any]) -> ParameterLine:
    schema = parameter["schema"]
    words = schema.get("items", schema)
    form = " | ".join(words["enum"]) if "enum" in words else str(words.get("format", words.get("type", "")))
    return ParameterLine(
        name=parameter["name"],
        place=parameter["in"],
        form=f"{form}, …" if schema.get("type") == "array" else form,
        required=parameter["required"],
        description=parameter.get("description", ""),
    )
