"""Computed cells gathered into the rows in which they are stored: 17 slots a calendar year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metrics.cells import NOT_STORED, among
from metrics.engine import Block
from metrics.periods import SLOTS_IN_YEAR, Grain
from metrics.scopes import ScopeSet

PARTS: Final = ("numerator", "denominator")
"""Arrays that a component without a numerator and denominator does not have."""

_NOT_STORED: Final = among(*NOT_STORED)


class YearRows:
    """Cells of one component and kind, gathered grain by grain into rows of 17 slots."""

    def __init__(self, scopes: ScopeSet, grains: Iterable[Grain], narrow: bool = False) -> None:
        self.scopes = scopes
        periods = [period for grain in grains for period in grain.periods]
        years = sorted({period.year for period in periods})
        self.years = years
        self.covered = np.zeros((len(years), SLOTS_IN_YEAR), dtype=np.bool_)
        for period in periods:
            self.covered[period.year - years[0], period.slot] = True
        self.is_narrow = narrow
        shape = (len(scopes), len(years), SLOTS_IN_YEAR)
        self.arrays: dict[str, NDArray[Any]] = {
            "value": np.full(shape, np.nan),
            "n": np.full(shape, -1, dtype=np.int32),
            "state": np.zeros(shape, dtype=np.int16),
        }

    def put(self, block: Block) -> None:
        columns = [(period.year - self.years[0]) * SLOTS_IN_YEAR + period.slot for period in block.grain.periods]
        runs = list(_runs(columns))
        _put(self.arrays["state"], runs, np.where(_NOT_STORED[block.cells.state], 0, block.cells.state))
        for name in ("value", *PARTS, "n"):
            cells = getattr(block.cells, name)
            if name in PARTS and name not in self.arrays:
                if np.isnan(cells).all():
                    continue
                self.arrays[name] = np.full(self.arrays["value"].shape, np.nan)
            _put(self.arrays[name], runs, cells)

    def flat(self) -> dict[str, NDArray[Any]]:
        return {name: array.reshape(-1, SLOTS_IN_YEAR) for name, array in self.arrays.items()}


def _runs(columns: list[int]) -> Iterator[tuple[int, int, int]]:
    """Where the columns go up one by one: (first place, place after the last, first column)."""
    first = 0
    for place in range(1, len(columns) + 1):
        if place == len(columns) or columns[place] != columns[place - 1] + 1:
            yield first, place, columns[first]
            first = place


def _put(array: NDArray[Any], runs: list[tuple[int, int, int]], cells: NDArray[Any]) -> None:
    """Cells to their columns, a run of them at a time: several times as fast as one by one."""
    flat = array.reshape(len(array), -1)
    for first, last, column in runs:
        flat[:, column : column + last - first] = cells[:, first:last]
