"""The floor of a full computation, in a process of its own: the needed columns read once, grids, the same cells stored.

Prints JSON: seconds of each step, and cells stored. Needs computed values in DATABASE_URL's database. The cells are
stored with all their fields, logged and with the same two indexes, in two ways: `packed`, the fastest that
bench_layout found (the bytes of each field of a year, indexes built afterwards), and `arrays`, as they really lie.
`total` counts the fastest.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import django

django()

from django.db import connection, transaction  # noqa: E402

from metrics.columns import UNREAD, _decoded, _expression, copy_columns  # noqa: E402
from metrics.layout import COPY_BYTES, LAYOUTS, ROWS_AT_ONCE, SIGNATURE, TRAILER, Layout, _Stream  # noqa: E402
from metrics.periods import SLOTS_IN_YEAR  # noqa: E402
from metrics.registry import formulas  # noqa: E402
from portfolio.feeds import FEEDS  # noqa: E402

STEPS = ("read", "grids", "packed")


def main() -> None:
    """Do the three steps and print their seconds."""
    found: dict[str, float] = {"read": 0.0, "grids": 0.0, "packed": 0.0, "arrays": 0.0, "rows": 0, "cells": 0}
    for feed in sorted({feed for entry in formulas().values() for feed in entry.feeds}):
        started = time.perf_counter()
        columns = _columns(feed)
        found["read"] += time.perf_counter() - started
        found["rows"] += len(columns["id"])
        started = time.perf_counter()
        _grids(feed, columns)
        found["grids"] += time.perf_counter() - started
    for layout in LAYOUTS:
        _store(layout, found)
    print(json.dumps({**found, "total": sum(found[step] for step in STEPS)}))


def _columns(feed: str) -> dict[str, NDArray[Any]]:
    """The columns of a feed that formulas can use, as arrays."""
    wanted = [
        (column, *made)
        for column in FEEDS[feed].columns
        if (feed, column.name) not in UNREAD and (made := _expression(column)) is not None
    ]
    select = ", ".join(["id::int8", *(expression for _, expression, _ in wanted)])
    raw = copy_columns(
        f"SELECT {select} FROM portfolio_{feed} WHERE deleted_at IS NULL",
        [np.dtype(">i8"), *(dtype for _, _, dtype in wanted)],
    )
    arrays = {"id": raw[0].astype(np.int64)}
    for (column, _, _), array in zip(wanted, raw[1:], strict=True):
        arrays[column.name] = _decoded(column.kind, array)
    return arrays


def _grids(feed: str, columns: dict[str, NDArray[Any]]) -> None:
    """Rows and every number summed to a grid of month and atom, for each reference of the feed."""
    kinds = {column.name: column.kind for column in FEEDS[feed].columns}
    times = [name for name in columns if kinds.get(name) in ("date", "month", "instant")]
    references = [name for name in columns if kinds.get(name) in ("ref", "team")]
    if not times or not references:
        return
    day = columns[times[0]] / (86_400_000_000.0 if kinds[times[0]] == "instant" else 1.0)
    month = np.clip(np.nan_to_num(day) / 30.44, 0, 400).astype(np.int64)
    for reference in references:
        cell = np.maximum(columns[reference], 0).astype(np.int64) * 401 + month
        np.bincount(cell)
        for name in (name for name in columns if kinds.get(name) in ("number", "integer")):
            np.bincount(cell, weights=np.nan_to_num(columns[name]))


def _store(layout: Layout, found: dict[str, float]) -> None:
    """The stored rows again into empty tables, both ways in turn, one binary COPY a block."""
    table, first = f"floor_{layout.table}", layout.key_names[0]
    packed = ", ".join([f"{name} {SQL_TYPES[dtype]}" for name, dtype in layout.keys] + _bytes(layout))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {first} FROM {layout.table}")
        blocks = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(f"DROP TABLE IF EXISTS {table}, {table}_packed")
        cursor.execute(f"CREATE TABLE {table} (LIKE {layout.table} INCLUDING ALL)")
        cursor.execute(f"CREATE TABLE {table}_packed ({packed})")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [layout.table])
        indexes = [(row[0].split(" INDEX ")[0], row[0].split(" USING ")[1]) for row in cursor.fetchall()]
    with transaction.atomic():
        for block in blocks:
            keys, arrays = layout.read(f"{first} = %s", [block])
            found["cells"] += int((arrays["state"] != 0).sum())
            for name in ("numerator", "denominator"):
                if name in arrays and np.isnan(arrays[name]).all():
                    del arrays[name]
            started = time.perf_counter()
            layout.copy_in(table, keys, arrays)
            middle = time.perf_counter()
            _copy_packed(f"{table}_packed", layout, keys, arrays)
            found["arrays"] += middle - started
            found["packed"] += time.perf_counter() - middle
        started = time.perf_counter()
        with connection.cursor() as cursor:
            for head, index in indexes:
                cursor.execute(f"{head} INDEX ON {table}_packed USING {index}")
        found["packed"] += time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}, {table}_packed")


SQL_TYPES = {"i2": "smallint", "i4": "integer"}


def _bytes(layout: Layout) -> list[str]:
    return [f"{name} bytea" for name, _ in layout.arrays]


def _copy_packed(
    table: str, layout: Layout, keys: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]]
) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(layout.names)}) FROM STDIN (FORMAT binary)",
            _Stream(_packed(layout, keys, arrays)),
            size=COPY_BYTES,
        )


def _packed(layout: Layout, keys: Mapping[str, NDArray[Any]], arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes]:
    """Binary COPY stream in which each field of a year is one run of bytes; arrays that are left out are NULL."""
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, dtype in layout.keys:
        fields += [(f"{name}__w", ">i4"), (name, f">{dtype}")]
    for name, dtype in layout.arrays:
        fields.append((f"{name}__w", ">i4"))
        if name in arrays:
            fields.append((name, np.dtype((f"<{dtype}", (SLOTS_IN_YEAR,)))))
    record, total = np.dtype(fields), len(arrays["state"])
    yield SIGNATURE
    for first in range(0, total, ROWS_AT_ONCE):
        part = slice(first, min(total, first + ROWS_AT_ONCE))
        rows = np.empty(part.stop - part.start, dtype=record)
        rows["fields"] = len(layout.names)
        for name, dtype in layout.keys:
            rows[f"{name}__w"], rows[name] = np.dtype(dtype).itemsize, keys[name][part]
        for name, dtype in layout.arrays:
            if name in arrays:
                rows[f"{name}__w"], rows[name] = SLOTS_IN_YEAR * np.dtype(dtype).itemsize, arrays[name][part]
            else:
                rows[f"{name}__w"] = -1
        yield rows.tobytes()
    yield TRAILER


if __name__ == "__main__":
    main()
