"""The array layout of stored values in PostgreSQL's binary COPY format, both ways, by numpy.

Rows of one table have one width, so a block of them is one structured array: encoding costs a few
assignments, whatever the number of rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from metrics.periods import SLOTS_IN_YEAR

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"
OIDS: Final = {"f8": 701, "i4": 23, "i2": 21}
ROWS_AT_ONCE: Final = 1_000
COPY_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Layout:
    """Columns of a table: `keys` are scalars, `arrays` hold 17 slots; dtypes are f8, i4 or i2."""

    table: str
    keys: tuple[tuple[str, str], ...]
    arrays: tuple[tuple[str, str], ...]

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.keys)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.key_names, *(name for name, _ in self.arrays))

    def record(self, blank: frozenset[str] = frozenset()) -> np.dtype[Any]:
        """Binary COPY row; columns named in `blank` are NULL in every row."""
        fields: list[tuple[str, Any]] = [("fields", ">i2")]
        for name, dtype in self.keys:
            fields += [(f"{name}__w", ">i4"), (name, f">{dtype}")]
        for name, dtype in self.arrays:
            fields.append((f"{name}__w", ">i4"))
            if name not in blank:
                slot = np.dtype([("w", ">i4"), ("v", f">{dtype}")])
                fields += [(f"{name}__h", np.dtype((">i4", (5,)))), (name, np.dtype((slot, (SLOTS_IN_YEAR,))))]
        return np.dtype(fields)

    def encode(self, keys: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes]:
        """Binary COPY stream of N rows: keys are scalars or (N,), arrays (N, 17) or None for NULL.

        Rows are filled into copies of one with all that is the same, few enough at once to stay in the
        processor's cache: seven times as fast as all rows at once.
        """
        blank = frozenset(name for name, _ in self.arrays if arrays.get(name) is None)
        same = self._template(keys, blank)
        total = next(len(array) for array in arrays.values() if array is not None)
        block = np.empty(ROWS_AT_ONCE, dtype=same.dtype)
        yield SIGNATURE
        for first in range(0, total, ROWS_AT_ONCE):
            part = slice(first, min(total, first + ROWS_AT_ONCE))
            rows = block[: part.stop - part.start]
            rows.view(np.uint8).reshape(len(rows), -1)[:] = same.view(np.uint8)
            for name in self.key_names:
                if isinstance(keys[name], np.ndarray):
                    rows[name] = keys[name][part]
            for name, _ in self.arrays:
                if name not in blank:
                    rows[name]["v"] = arrays[name][part]
            yield rows.tobytes()
        yield TRAILER

    def _template(self, keys: Mapping[str, Any], blank: frozenset[str]) -> NDArray[Any]:
        """One row with everything that all rows share: widths, headers, and keys given as scalars."""
        row = np.zeros(1, dtype=self.record(blank))
        row["fields"] = len(self.names)
        for name, dtype in self.keys:
            row[f"{name}__w"] = np.dtype(dtype).itemsize
            if not isinstance(keys[name], np.ndarray):
                row[name] = keys[name]
        for name, dtype in self.arrays:
            if name in blank:
                row[f"{name}__w"] = -1
                continue
            width = np.dtype(dtype).itemsize
            row[f"{name}__w"] = 20 + SLOTS_IN_YEAR * (4 + width)
            row[f"{name}__h"] = (1, 0, OIDS[dtype], SLOTS_IN_YEAR, 1)
            row[name]["w"] = width
        return row

    def copy_in(self, table: str, keys: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> int:
        """Append rows to a table with these columns (staging); answers how many."""
        total = next(len(array) for array in arrays.values() if array is not None)
        if total:
            with connection.cursor() as cursor:
                cursor.copy_expert(
                    f"COPY {table} ({', '.join(self.names)}) FROM STDIN (FORMAT binary)",
                    _Stream(self.encode(keys, arrays)),
                    size=COPY_BYTES,
                )
        return total

    def read(
        self, where: str, params: Sequence[Any] = (), names: Sequence[str] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """Rows of the table as (keys, arrays), all or the named ones; NULL arrays read as NaN. Cost: one query."""
        if names is not None:
            return replace(self, arrays=tuple(item for item in self.arrays if item[0] in names)).read(where, params)
        select = ", ".join(
            [name for name, _ in self.keys]
            + [
                f"coalesce({name}, array_fill('NaN'::float8, ARRAY[{SLOTS_IN_YEAR}]))" if dtype == "f8" else name
                for name, dtype in self.arrays
            ]
        )
        buffer = io.BytesIO()
        with connection.cursor() as cursor:
            # copy_expert takes no parameters of its own: mogrify quotes them.
            condition = cursor.mogrify(where, params)
            text = condition.decode() if isinstance(condition, bytes) else condition
            cursor.copy_expert(
                f"COPY (SELECT {select} FROM {self.table} WHERE {text}) TO STDOUT (FORMAT binary)", buffer
            )
        data = buffer.getbuffer()
        record = self.record()
        header = 19 + int.from_bytes(data[15:19], "big")
        count = (len(data) - header - 2) // record.itemsize
        rows = np.frombuffer(data, dtype=record, count=count, offset=header)
        keys = {name: np.empty(count, dtype=np.int64) for name in self.key_names}
        arrays = {name: np.empty((count, SLOTS_IN_YEAR), dtype=np.dtype(dtype)) for name, dtype in self.arrays}
        for first in range(0, count, ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            for name, key in keys.items():
                key[part] = rows[name][part]
            for name, array in arrays.items():
                array[part] = rows[name]["v"][part]
        return keys, arrays

    def nothing(self, names: Sequence[str] | None = None) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """What `read` answers when there are no rows."""
        return {name: np.empty(0, dtype=np.int64) for name in self.key_names}, {
            name: np.empty((0, SLOTS_IN_YEAR), dtype=np.dtype(dtype))
            for name, dtype in self.arrays
            if names is None or name in names
        }


class _Stream(io.RawIOBase):
    """A readable file over an iterator of bytes, for copy_expert."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._piece = memoryview(b"")
        self._at = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        # A cursor into the piece: cutting it off would copy the rest at every read.
        while self._at >= len(self._piece):
            piece = next(self._parts, None)
            if piece is None:
                return b""
            self._piece, self._at = memoryview(piece), 0
        end = len(self._piece) if size < 0 else min(len(self._piece), self._at + size)
        part = self._piece[self._at : end].tobytes()
        self._at = end
        return part


SERIES: Final = Layout(
    "metrics_series",
    (("component_id", "i2"), ("version", "i2"), ("scope_id", "i4"), ("year", "i2")),
    (("value", "f8"), ("numerator", "f8"), ("denominator", "f8"), ("n", "i4"), ("state", "i2"), ("run", "i4")),
)
CONTRIBUTIONS: Final = Layout(
    "metrics_contribution",
    (("method", "i2"), ("outcome_id", "i4"), ("project_id", "i4"), ("year", "i2")),
    (
        ("attained_progress", "f8"),
        ("outcome_points_weight", "f8"),
        ("claim_progress", "f8"),
        ("credited_progress", "f8"),
        ("scale", "f8"),
        ("points", "f8"),
        ("change", "f8"),
        ("mix", "f8"),
        ("state", "i2"),
        ("run", "i4"),
    ),
)
LAYOUTS: Final = (SERIES, CONTRIBUTIONS)


def staging(layout: Layout) -> Layout:
    """The staging table of a layout: the same columns after run and chunk."""
    return Layout(f"{layout.table}_staging", (("run_id", "i4"), ("chunk", "i2"), *layout.keys), layout.arrays)


def shadow(layout: Layout, run_id: int) -> Layout:
    """The shadow table of a layout for one run: the same columns (metrics.shadows)."""
    return replace(layout, table=f"{layout.table}_run{run_id}")
