"""Checks against standards: which have a result, and which passed."""

from __future__ import annotations

import numpy as np

from metrics.columns import Mask, Table, choice
from metrics.frame import Frame

FEED = "standard_checks"


def checks(f: Frame, kind: str) -> tuple[Table, Mask, Mask]:
    """Checks of standards of one kind, whether the result is known, and whether it is a pass.

    A blank `passed` is derived: for value standards value >= expected_value where both are set; else
    lower_limit <= value <= upper_limit where the value and a limit are set (one limit is enough); else unknown.
    """
    made: tuple[Table, Mask, Mask] = f.facts.derived(FEED, kind, lambda: _made(f, kind))
    return made


def _made(f: Frame, kind: str) -> tuple[Table, Mask, Mask]:
    table, standards = f.table(FEED), f.table("standards")
    rows = table.take(standards.kind[table.standard] == choice("standards", "kind", kind))
    lower, upper = standards.lower_limit[rows.standard], standards.upper_limit[rows.standard]
    known = ~np.isnan(rows.value) & ~(np.isnan(lower) & np.isnan(upper))
    passed = ~(rows.value < lower) & ~(rows.value > upper)
    if kind == "value":
        expected = ~np.isnan(rows.value) & ~np.isnan(rows.expected_value)
        known |= expected
        passed = np.where(expected, rows.value >= rows.expected_value, passed)
    known = np.where(rows.passed >= 0, True, known)
    passed = np.where(rows.passed >= 0, rows.passed == 1, passed) & known
    return rows, known, passed
