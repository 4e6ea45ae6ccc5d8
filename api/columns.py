"""Answers as tables: columns with their type, and how one cell is written as JSON, CSV or Parquet."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import orjson

from metrics.targets import Thresholds

CellKind = Literal["text", "number", "float", "integer", "bool", "date", "month", "instant", "list", "limit"]

# What a spreadsheet would take for a formula, full-width forms among them; a plain negative number is none.
FORMULA = re.compile(r"['\s]*[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

SCHEMA_OF_KIND: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "float": {"type": ["number", "null"]},
    "integer": {"type": ["integer", "null"]},
    "bool": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "month": {"type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "instant": {"type": ["string", "null"], "format": "date-time"},
    "list": {"type": "array", "items": {"type": "string"}},
    # A threshold: a number, or a range as text.
    "limit": {"type": ["number", "string", "null"]},
}


Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class OutColumn:
    """One column of an answer."""

    name: str
    kind: CellKind = "text"


def instant_text(value: datetime) -> str:
    """ISO 8601 in UTC, without a fraction where there is none."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number_text(value: Decimal) -> str:
    """All digits, no exponent, no zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Any, kind: CellKind) -> Any:
    """A cell as text, number, bool or list, as the contract writes it; None stays None."""
    if value is None:
        return None
    if kind == "month":
        return value.strftime("%Y-%m") if isinstance(value, date) else value
    if kind == "date":
        return value.isoformat() if isinstance(value, date) else value
    if kind == "instant":
        return instant_text(value) if isinstance(value, datetime) else value
    return value


def float_text(value: float) -> str:
    """The shortest exact text, without an exponent: what begins with a minus is then a number to everyone."""
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def limit_text(value: Any) -> str:
    """A threshold as text: a range is 0.7 to 0.85."""
    return Thresholds.text(value)


def json_cell(value: Any, kind: CellKind) -> Any:
    """A cell for orjson; decimals keep their digits."""
    if kind == "limit":
        return limit_text(value) if isinstance(value, tuple) else value
    if isinstance(value, Decimal):
        return orjson.Fragment(number_text(value))
    return plain(value, kind)


def json_row(columns: Sequence[OutColumn], row: Row) -> dict[str, Any]:
    """One row as an object."""
    return {column.name: json_cell(cell, column.kind) for column, cell in zip(columns, row, strict=True)}


def csv_plain(value: Any, kind: CellKind) -> Any:
    """A cell as a fact file holds it, formulas and all; for what no spreadsheet opens."""
    return meant(written) if isinstance(written := csv_cell(value, kind), str) and kind == "text" else written


def csv_cell(value: Any, kind: CellKind) -> Any:
    """A cell for CSV; text that a spreadsheet would run is made text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, float):
        return float_text(value)
    if kind == "limit":
        return limit_text(value)
    if kind == "list":
        return harmless(" ".join(str(item) for item in value))
    written = plain(value, kind)
    return harmless(written) if isinstance(written, str) and kind == "text" else written


def harmless(text: str) -> str:
    """Text that no spreadsheet runs. An apostrophe is put before it; `meant` takes it off again."""
    if FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def meant(text: str) -> str:
    """The text that `harmless` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def parquet_cell(kind: CellKind) -> Callable[[Any], Any]:
    """What a cell becomes for its Parquet type."""
    if kind == "number":
        return lambda value: None if value is None else round(Decimal(value), 10)
    if kind == "limit":
        return lambda value: None if value is None else limit_text(value)
    if kind in ("month", "list"):
        return lambda value: None if value is None else csv_cell(value, kind)
    return lambda value: value
