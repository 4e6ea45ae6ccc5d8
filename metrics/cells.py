"""Cells: settled values with status and reason, as arrays over scopes and periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask
from metrics.parts import Outcome
from metrics.periods import Grain

STATES: Final[tuple[tuple[str, str], ...]] = (
    ("no_data", ""),
    ("no_data", "not_measurable"),
    ("not_due", ""),
    ("suppressed", ""),
    ("undefined", "missing_rate"),
    ("undefined", "zero_denominator"),
    ("insufficient_n", ""),
    ("undefined", "median_not_reached"),
    ("undefined", "beyond_follow_up"),
    ("undefined", "no_sign_change"),
    ("undefined", "not_reached"),
    ("undefined", "not_burning"),
    ("undefined", "no_variation"),
    ("partial_period", ""),
    ("provisional", ""),
    ("ok", ""),
    ("insufficient_coverage", ""),
)
"""Stored state numbers: (status, reason). Only ever append: numbers are stored."""

STATE: Final = {state: number for number, state in enumerate(STATES)}
NO_DATA: Final = 0
NOT_MEASURABLE: Final = 1
NOT_DUE: Final = 2
SUPPRESSED: Final = 3
MISSING_RATE: Final = 4
ZERO_DENOMINATOR: Final = 5
INSUFFICIENT_N: Final = 6
PARTIAL: Final = 13
PROVISIONAL: Final = 14
OK: Final = 15
INSUFFICIENT_COVERAGE: Final = 16
WITH_VALUE: Final = (PARTIAL, PROVISIONAL, OK)
NOT_STORED: Final = (NO_DATA, NOT_MEASURABLE, NOT_DUE)
"""States of cells that need not be stored."""
SMALLEST_GROUP: Final = 5
"""People metrics are suppressed below this many people."""


def among(*numbers: int) -> Mask:
    """For each state number whether it is one of these: `among(...)[state]` is many times as fast as np.isin."""
    return np.isin(np.arange(len(STATES)), numbers)


_BLANK_N: Final = among(NO_DATA, NOT_MEASURABLE, NOT_DUE, SUPPRESSED, MISSING_RATE)
_SHOWN: Final = among(*WITH_VALUE)


@dataclass
class Cells:
    """Values of one component for one kind of scope: arrays of shape (scopes, periods)."""

    value: Floats
    numerator: Floats
    denominator: Floats
    n: NDArray[np.int32]
    state: NDArray[np.int8]


def settle(outcome: Outcome, grain: Grain, *, minimum_n: int, people: bool) -> Cells:
    """Give each cell the first status of the contract's order that applies, and blank what it hides."""
    shape = outcome.value.shape
    n = outcome.n
    has_data = outcome.has_data if outcome.has_data is not None else n > 0
    state = np.full(shape, OK, dtype=np.int8)

    def put(number: int, where: Mask | None) -> None:
        if where is not None:
            state[np.broadcast_to(where, shape)] = number

    # From the last in the order to the first, so that the first that applies stays.
    put(PROVISIONAL, outcome.provisional)
    put(PARTIAL, grain.is_partial[None, :])
    for reason, where in outcome.undefined.items():
        put(STATE["undefined", reason], where)
    if minimum_n > 1:
        put(INSUFFICIENT_N, n < minimum_n)
    put(ZERO_DENOMINATOR, outcome.zero_denominator)
    put(MISSING_RATE, outcome.missing_rate)
    if people:
        put(SUPPRESSED, n < SMALLEST_GROUP)
    put(SUPPRESSED, outcome.suppressed)
    put(NO_DATA, ~has_data)
    if outcome.not_measurable is not None:
        put(NOT_MEASURABLE, ~has_data & outcome.not_measurable)
    put(NOT_DUE, ~grain.is_due[None, :])

    blank_n, shown = _BLANK_N[state], _SHOWN[state]
    parts = np.full(shape, np.nan)
    return Cells(
        value=np.where(shown, outcome.value, np.nan),
        numerator=parts if outcome.numerator is None else np.where(blank_n, np.nan, outcome.numerator),
        denominator=parts if outcome.denominator is None else np.where(blank_n, np.nan, outcome.denominator),
        n=np.where(blank_n, -1, np.rint(n)).astype(np.int32),
        state=state,
    )
