"""Computed cells gathered into the rows in which they are stored: 17 slots a calendar year."""

from __future__ import annotations

from collections.abc import Iterable
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
        year = np.array([period.year - self.years[0] for period in block.grain.periods])
        slot = np.array([period.slot for period in block.grain.periods])
        state = np.where(_NOT_STORED[block.cells.state], 0, block.cells.state)
        self.arrays["state"][:, year, slot] = state
        for name in ("value", *PARTS, "n"):
            cells = getattr(block.cells, name)
            if name in PARTS and name not in self.arrays:
                if np.isnan(cells).all():
                    continue
                self.arrays[name] = np.full(self.arrays["value"].shape, np.nan)
            self.arrays[name][:, year, slot] = cells

    def flat(self) -> dict[str, NDArray[Any]]:
        return {name: array.reshape(-1, SLOTS_IN_YEAR) for name, array in self.arrays.items()}
