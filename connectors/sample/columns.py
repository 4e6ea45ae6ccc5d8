"""Columns of made-up facts: numpy in, Polars series out, CSV written set-wise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Column = pl.Series | npt.NDArray[np.generic] | list[str] | list[str | None]
Columns = dict[str, Column]


def codes(prefix: str, count: int, width: int, start: int = 1) -> pl.Series:
    """Return `count` codes: the prefix and a running number padded to `width`."""
    numbers = pl.Series(np.arange(start, start + count, dtype=np.int64))
    return prefix + numbers.cast(pl.String).str.zfill(width)


def pick(series: pl.Series, index: npt.NDArray[np.integer]) -> pl.Series:
    """Return the entries at `index`; a negative index gives a blank."""
    if not len(index):
        return series.clear()
    taken = series.gather(np.maximum(index, 0).astype(np.uint32))
    return only(index >= 0, taken) if bool((index < 0).any()) else taken


def only(keep: Bools, values: Column) -> pl.Series:
    """Return the values where `keep` holds and blanks elsewhere."""
    series = as_series(values)
    return pl.select(pl.when(pl.Series(keep)).then(series)).to_series()


def as_series(values: Column) -> pl.Series:
    """Return a column as a series; NaN and NaT become blanks."""
    if isinstance(values, pl.Series):
        return values
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return pl.Series(values, nan_to_null=True)
    return pl.Series(values)


def blank(count: int) -> pl.Series:
    """Return a column of blanks."""
    return pl.repeat(None, count, dtype=pl.String, eager=True)


def spread(total: int, parts: int, rng: np.random.Generator) -> Ints:
    """Return `parts` whole numbers as equal as can be that add up to `total`, in random places."""
    base, rest = divmod(total, parts)
    counts = np.full(parts, base, dtype=np.int64)
    counts[rng.permutation(parts)[:rest]] += 1
    return counts


def ranks(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for groups of the given sizes laid end to end, the group and the place in the group of each item."""
    group = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return group, np.arange(len(group)) - first


def facts_file(folder: Path, feed: str, columns: Columns) -> int:
    """Write one feed as CSV and return its number of rows."""
    frame = pl.DataFrame({name: as_series(values) for name, values in columns.items()})
    frame.write_csv(
        folder / f"{feed}.csv",
        datetime_format="%Y-%m-%dT%H:%M:%SZ",
        float_scientific=False,
        quote_style="necessary",
        line_terminator="\n",
    )
    return frame.height
