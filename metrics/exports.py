"""Records as files: CSV, JSON lines and Parquet, streamed row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import IO, Any, Final

import orjson

FORMATS: Final = ("csv", "jsonl", "parquet")
ROWS_AT_ONCE: Final = 5_000


def cell_text(value: Any) -> str:
    """A value as a CSV cell: blank for None, floats as their shortest exact text."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def csv_lines(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """CSV with a heading line, in pieces."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell_text(row[column]) for column in columns])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def jsonl_lines(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One JSON object a line."""
    for row in rows:
        yield orjson.dumps({column: row[column] for column in columns}).decode() + "\n"


def write_parquet(columns: tuple[str, ...], rows: Iterable[dict[str, Any]], file: IO[bytes]) -> None:
    """Parquet with typed columns: the types of the value record."""
    import pyarrow
    import pyarrow.parquet

    numbers = {"value", "numerator", "denominator"}
    whole = {"version", "n", "run"}
    schema = pyarrow.schema(
        [
            (name, pyarrow.float64() if name in numbers else pyarrow.int64() if name in whole else pyarrow.string())
            for name in columns
        ]
    )
    source = iter(rows)
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(source, ROWS_AT_ONCE)):
            texts = {
                name: [row[name] if name in numbers | whole else _text(row[name]) for row in batch] for name in columns
            }
            writer.write_table(pyarrow.table(texts, schema=schema))


def _text(value: Any) -> str | None:
    return None if value is None else cell_text(value)


def write_rows(
    columns: tuple[str, ...],
    rows: Iterable[dict[str, Any]],
    form: str,
    *,
    text: Callable[[str], Any],
    binary: IO[bytes] | None = None,
) -> None:
    """Write rows in a format; Parquet goes to `binary`, the others to `text`."""
    if form == "parquet":
        if binary is None:
            raise ValueError("Parquet needs a file")
        write_parquet(columns, rows, binary)
        return
    for piece in csv_lines(columns, rows) if form == "csv" else jsonl_lines(columns, rows):
        text(piece)
