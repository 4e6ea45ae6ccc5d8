"""The value record: one value with everything that files, API and pages say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from metrics.cells import STATES, WITH_VALUE
from metrics.targets import Limit, Thresholds

COLUMNS: Final = (
    "metric",
    "component",
    "version",
    "scope_kind",
    "scope",
    "period",
    "value",
    "numerator",
    "denominator",
    "n",
    "status",
    "reason",
    "unit",
    "green",
    "amber",
    "colour",
    "run",
    "computed_at",
)
USABLE: Final = tuple(STATES[number][0] for number in WITH_VALUE)
"""Statuses that carry a value."""


@dataclass(frozen=True, slots=True)
class ValueRecord:
    """One cell as the contract lists it. Numbers are None where they are blank."""

    metric: str
    component: str
    version: int
    scope_kind: str
    scope: str
    period: str
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    status: str
    reason: str
    unit: str
    green: Limit | None
    amber: Limit | None
    colour: str
    run: int | None
    computed_at: datetime | None
    direction: str = ""
    """Which way is better by the thresholds in force: higher, lower, range, or none."""

    @property
    def has_value(self) -> bool:
        return self.status in USABLE

    def plain(self) -> dict[str, Any]:
        """By the contract's columns, as JSON values: a range is written as text."""
        record = {name: getattr(self, name) for name in COLUMNS}
        for limit in ("green", "amber"):
            if isinstance(record[limit], tuple):
                record[limit] = Thresholds.text(record[limit])
        if self.computed_at is not None:
            record["computed_at"] = self.computed_at.isoformat().replace("+00:00", "Z")
        return record
