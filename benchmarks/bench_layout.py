"""Ways to store values, written and read in one run: the figures of the decision on the layout.

    DATABASE_URL=... python -m benchmarks.bench_layout [--scopes 10000] [--rounds 3]

Makes a database of its own and drops it again. The same cells (one component with numerator and denominator, 4 years
of 17 slots for each scope, all fields) are stored in an empty table with a primary key and an index by scope, changed
by one in fifty, and read: all periods of one scope, and one period of all scopes.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import connect, django, load, own_database, say, spread

SLOTS: Final = 17
YEARS: Final = (2023, 2024, 2025, 2026)
KEYS: Final = "component_id smallint, version smallint, scope_id integer, year smallint"
PLACE: Final = "component_id, version, scope_id, year"


@dataclass(frozen=True)
class Way:
    """A layout: its columns and key, its rows as a binary COPY, and the two reads ({0} is the table)."""

    columns: str
    key: str
    index: str
    encode: Callable[[dict[str, NDArray[Any]]], bytes]
    one_scope: str
    one_period: str


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scopes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django()
    cells = made(options.scopes)
    changed = {name: array.copy() for name, array in cells.items()}
    changed["value"][::50] += 1.0
    with own_database("layout") as url:
        database = connect(url)
        found: dict[str, dict[str, list[float]]] = {}
        for _ in range(options.rounds):
            for name, way in ways().items():
                figures = measure(database, way, cells, changed)
                for what, seconds in figures.items():
                    found.setdefault(name, {}).setdefault(what, []).append(seconds)
        database.close()
    print(f"\n{options.scopes * len(YEARS) * SLOTS:,} cells, {options.rounds} rounds in turn; {load()}")
    for name, by_figure in found.items():
        print(f" {name}")
        for what, values in by_figure.items():
            unit, digits = ("MB", 0) if what == "size" else ("s", 3)
            say(what, spread(values, unit, digits))


def made(scopes: int) -> dict[str, NDArray[Any]]:
    """Cells of one component: arrays of shape (scopes x years, 17)."""
    rng = np.random.default_rng(20260710)
    shape = (scopes * len(YEARS), SLOTS)
    denominator = rng.integers(1, 5_000, shape).astype(np.float64)
    numerator = np.floor(denominator * rng.random(shape))
    return {
        "value": numerator / denominator,
        "numerator": numerator,
        "denominator": denominator,
        "n": denominator.astype(np.int32),
        "state": np.full(shape, 15, dtype=np.int16),
        "run": np.full(shape, 3, dtype=np.int32),
    }


def keys(cells: dict[str, NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(scope, year) of each row."""
    rows = np.arange(len(cells["value"]))
    return rows // len(YEARS) + 1, np.array(YEARS)[rows % len(YEARS)]


def ways() -> dict[str, Way]:
    """The layouts that are compared."""
    arrays = "value float8[], numerator float8[], denominator float8[], n integer[], state smallint[], run integer[]"
    packed = "value bytea, numerator bytea, denominator bytea, n bytea, state bytea, run bytea"
    narrow = "value float8, numerator float8, denominator float8, n integer, state smallint, run integer"
    slot = "value[7], numerator[7], denominator[7], n[7], state[7], run[7]"
    whole = "value, numerator, denominator, n, state, run"
    own, period = (
        "component_id = 7 AND version = 1 AND scope_id = 77",
        "component_id = 7 AND version = 1 AND year = 2025",
    )
    return {
        "arrays of 17 slots a year": Way(
            f"{KEYS}, {arrays}",
            PLACE,
            "scope_id, year",
            as_arrays,
            f"SELECT year, {whole} FROM {{0}} WHERE {own}",
            f"SELECT scope_id, {slot} FROM {{0}} WHERE {period}",
        ),
        "packed bytes of 17 slots a year": Way(
            f"{KEYS}, {packed}",
            PLACE,
            "scope_id, year",
            as_bytes,
            f"SELECT year, {whole} FROM {{0}} WHERE {own}",
            f"SELECT scope_id, {whole} FROM {{0}} WHERE {period}",
        ),
        "one jsonb a year": Way(
            f"{KEYS}, cells jsonb",
            PLACE,
            "scope_id, year",
            as_json,
            f"SELECT year, cells FROM {{0}} WHERE {own}",
            f"SELECT scope_id, cells->'value'->6, cells->'numerator'->6, cells->'denominator'->6, cells->'n'->6,"
            f" cells->'state'->6, cells->'run'->6 FROM {{0}} WHERE {period}",
        ),
        "narrow rows, one a cell": Way(
            f"{KEYS}, slot smallint, {narrow}",
            f"{PLACE}, slot",
            "scope_id, year",
            as_rows,
            f"SELECT year, slot, {whole} FROM {{0}} WHERE {own}",
            f"SELECT scope_id, {whole} FROM {{0}} WHERE {period} AND slot = 6",
        ),
    }


def measure(
    database: Any, way: Way, cells: dict[str, NDArray[Any]], changed: dict[str, NDArray[Any]]
) -> dict[str, float]:
    """Seconds of each use of a layout."""
    found: dict[str, float] = {}
    with database.cursor() as cursor:
        cursor.execute(
            f"DROP TABLE IF EXISTS kept, staged; CREATE TABLE kept ({way.columns}, PRIMARY KEY ({way.key}));"
            f" CREATE INDEX ON kept ({way.index}); CREATE UNLOGGED TABLE staged (LIKE kept)"
        )

        def timed(what: str, statement: str, stream: bytes | None = None) -> None:
            started = time.perf_counter()
            if stream is not None:
                cursor.copy_expert(statement, io.BytesIO(stream), 1 << 20)
            else:
                cursor.execute(statement)
                if cursor.description:
                    cursor.fetchall()
            found[what] = found.get(what, 0.0) + time.perf_counter() - started

        started = time.perf_counter()
        stream = way.encode(cells)
        found["encode"] = time.perf_counter() - started
        timed("store into the empty table", "COPY kept FROM STDIN (FORMAT binary)", stream)
        cursor.execute("SELECT pg_total_relation_size('kept') / 1048576.0")
        found["size"] = float(cursor.fetchone()[0])
        other = way.encode(changed)
        columns = [part.split()[0] for part in way.columns.split(", ")]
        set_all = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in way.key.split(", "))
        upsert = "stage all and store again, all changed"
        timed(upsert, "COPY staged FROM STDIN (FORMAT binary)", other)
        timed(upsert, f"INSERT INTO kept SELECT * FROM staged ON CONFLICT ({way.key}) DO UPDATE SET {set_all}")
        cursor.execute("VACUUM ANALYZE kept")
        timed("read all periods of one scope", way.one_scope.format("kept"))
        timed("read one period of all scopes", way.one_period.format("kept"))
        stream_out = io.BytesIO()
        started = time.perf_counter()
        cursor.copy_expert("COPY kept TO STDOUT (FORMAT binary)", stream_out)
        found["read everything"] = time.perf_counter() - started
    return found


def as_arrays(cells: dict[str, NDArray[Any]]) -> bytes:
    from metrics.layout import SERIES

    scope, year = keys(cells)
    return b"".join(SERIES.encode({"component_id": 7, "version": 1, "scope_id": scope, "year": year}, cells))


def as_bytes(cells: dict[str, NDArray[Any]]) -> bytes:
    packed = {
        name: np.ascontiguousarray(array).view(f"V{array.itemsize * SLOTS}")[:, 0] for name, array in cells.items()
    }
    return _rows(cells, packed, slots=False)


def as_rows(cells: dict[str, NDArray[Any]]) -> bytes:
    return _rows(cells, {name: array.reshape(-1) for name, array in cells.items()}, slots=True)


def _rows(cells: dict[str, NDArray[Any]], columns: dict[str, NDArray[Any]], *, slots: bool) -> bytes:
    """Binary COPY of keys and columns of one width each."""
    from metrics.layout import SIGNATURE, TRAILER

    scope, year = keys(cells)
    count = len(next(iter(columns.values())))
    times = count // len(scope)
    given: dict[str, tuple[str, Any]] = {
        "component_id": (">i2", 7),
        "version": (">i2", 1),
        "scope_id": (">i4", np.repeat(scope, times)),
        "year": (">i2", np.repeat(year, times)),
    }
    if slots:
        given["slot"] = (">i2", np.tile(np.arange(SLOTS), len(scope)))
    for name, array in columns.items():
        given[name] = (array.dtype.newbyteorder(">").str, array)
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, (kind, _) in given.items():
        layout += [(f"{name}__w", ">i4"), (name, kind)]
    rows = np.zeros(count, dtype=np.dtype(layout))
    rows["fields"] = len(given)
    for name, (kind, array) in given.items():
        rows[f"{name}__w"] = np.dtype(kind).itemsize
        rows[name] = array
    return SIGNATURE + rows.tobytes() + TRAILER


def as_json(cells: dict[str, NDArray[Any]]) -> bytes:
    import orjson

    from metrics.layout import SIGNATURE, TRAILER

    scope, year = keys(cells)
    parts = [SIGNATURE]
    for row, (own, when) in enumerate(zip(scope.tolist(), year.tolist(), strict=True)):
        text = b"\x01" + orjson.dumps({name: array[row].tolist() for name, array in cells.items()})
        fields = [pack(">h", 7), pack(">h", 1), pack(">i", own), pack(">h", when), text]
        parts.append(pack(">h", len(fields)))
        parts += [pack(">i", len(field)) + field for field in fields]
    return b"".join([*parts, TRAILER])


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    main()
