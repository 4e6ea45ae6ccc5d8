"""Which incidents hurt customers most, and where that differs from which lasted longest."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.segments import Bools, Floats, Ints, sums_by

DISAGREEMENT: Final = 0.25
"""Ranks that differ by more than this share of the incidents shown disagree."""


def harm(
    incident: NDArray[np.int64], customer_minutes: ArrayLike, recurring_revenue: ArrayLike, incidents: int
) -> Floats:
    """Customer minutes x recurring revenue of the customer, summed per incident; one row per incident and customer.

    A customer without recurring revenue (NaN) adds nothing. Example: 30 minutes of one with 1000 a year and 60 of
    one with 200 are 42,000.
    """
    product = np.nan_to_num(np.asarray(customer_minutes, np.float64) * np.asarray(recurring_revenue, np.float64))
    return sums_by(incident, product, incidents)


def ranks(value: ArrayLike) -> Ints:
    """Rank of each value, 1 the highest; equal ones share the better rank. Example: 5, 9, 9 are 3, 1, 1."""
    fallen = -np.asarray(value, dtype=np.float64)
    return np.searchsorted(np.sort(fallen), fallen) + 1


def ranks_disagree(harm_rank: ArrayLike, duration_rank: ArrayLike) -> Bools:
    """Incidents whose two ranks differ by more than a quarter of the incidents shown.

    Example: of 8 incidents, harm rank 1 and duration rank 4 differ by 3, more than 2.
    """
    apart = np.abs(np.subtract(harm_rank, duration_rank))
    return np.asarray(apart > DISAGREEMENT * apart.size)
