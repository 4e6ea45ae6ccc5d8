"""The floor of a full computation, in a process of its own: the needed columns read once, grids, the same cells stored.

Prints JSON: seconds of each step, and cells stored. Needs computed values in DATABASE_URL's database.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import django

django()

from django.db import connection, transaction  # noqa: E402

from metrics.columns import UNREAD, _decoded, _expression, copy_columns  # noqa: E402
from metrics.layout import LAYOUTS, Layout  # noqa: E402
from metrics.registry import formulas  # noqa: E402
from portfolio.feeds import FEEDS  # noqa: E402


def main() -> None:
    """Do the three steps and print their seconds."""
    found: dict[str, float] = {"read": 0.0, "grids": 0.0, "store": 0.0, "rows": 0, "cells": 0}
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
    print(json.dumps({**found, "total": found["read"] + found["grids"] + found["store"]}))


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
    """The stored rows again into an empty, logged table with the same indexes, by one binary COPY for each block."""
    first = layout.key_names[0]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {first} FROM {layout.table}")
        blocks = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(f"DROP TABLE IF EXISTS floor_{layout.table}")
        cursor.execute(f"CREATE TABLE floor_{layout.table} (LIKE {layout.table} INCLUDING ALL)")
    with transaction.atomic():
        for block in blocks:
            keys, arrays = layout.read(f"{first} = %s", [block])
            found["cells"] += int((arrays["state"] != 0).sum())
            for name in ("numerator", "denominator"):
                if name in arrays and np.isnan(arrays[name]).all():
                    del arrays[name]
            started = time.perf_counter()
            layout.copy_in(f"floor_{layout.table}", keys, arrays)
            found["store"] += time.perf_counter() - started
        started = time.perf_counter()
    found["store"] += time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE floor_{layout.table}")


if __name__ == "__main__":
    main()
