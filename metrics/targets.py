"""Targets and colours: which thresholds hold for a value, and what they make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from metrics.registry import metrics
from portfolio.models import Target

Limit = float | tuple[float, float]

GREEN: Final = "green"
AMBER: Final = "amber"
RED: Final = "red"
SLACK: Final = 1e-9
"""Values are sums and quotients of floats: 0.6 + 0.1 + 0.15 may miss 0.85 by the last bit."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Green and amber limits with their direction: higher, lower, or range (limits are pairs)."""

    green: Limit
    amber: Limit
    direction: str

    def colour(self, value: float | None) -> str:
        """green, amber or red; blank without a value. Borders belong to the better colour."""
        if value is None:
            return ""
        if self.holds(value, self.green):
            return GREEN
        return AMBER if self.holds(value, self.amber) else RED

    def holds(self, value: float, limit: Limit) -> bool:
        """Whether the value is on the good side; a value that only rounding keeps off the border is on it."""
        low, high = limit if isinstance(limit, tuple) else (limit, limit)
        slack = SLACK * max(1.0, abs(low), abs(high))
        above, below = value >= low - slack, value <= high + slack
        if isinstance(limit, tuple):
            return above and below
        return below if self.direction == "lower" else above

    @staticmethod
    def text(limit: Limit) -> str:
        """A limit as files write it: a range is 0.7 to 0.85."""
        if isinstance(limit, tuple):
            return f"{limit[0]!r} to {limit[1]!r}"
        return repr(limit)


INDEX_THRESHOLDS: Final = Thresholds(70.0, 50.0, "higher")
"""Index and factors, unless a targets row names customer_success_index."""


@dataclass(frozen=True, slots=True)
class _Own:
    scope_kind: str
    scope: str
    green: float
    amber: float
    direction: str
    valid_from: date

    @property
    def exactness(self) -> int:
        return 2 if self.scope else (1 if self.scope_kind else 0)


class Targets:
    """All thresholds: the catalogue's defaults and the live targets rows over them. Cost: one query."""

    def __init__(self, rows: Iterable[Target] | None = None) -> None:
        self._own: dict[tuple[str, str], list[_Own]] = {}
        for row in Target.objects.filter(deleted_at=None) if rows is None else rows:
            own = _Own(
                row.scope_kind or "",
                row.scope or "",
                float(row.green),
                float(row.amber),
                row.direction or "",
                row.valid_from,
            )
            self._own.setdefault((row.metric, row.component or ""), []).append(own)

    def thresholds(self, metric: str, component: str, scope_kind: str, scope: str, cut: date) -> Thresholds | None:
        """What holds at T (`cut`) for one scope; None when nothing sets a target.

        The most exact row with valid_from < T wins: scope code, then scope kind, then everywhere;
        within the same exactness the latest valid_from.
        """
        best: _Own | None = None
        for own in self._own.get((metric, component), ()):
            if own.valid_from >= cut or own.scope_kind not in ("", scope_kind) or own.scope not in ("", scope):
                continue
            if best is None or (own.exactness, own.valid_from) > (best.exactness, best.valid_from):
                best = own
        return self._default(metric, component) if best is None else self._of_row(metric, component, best)

    def _default(self, metric: str, component: str) -> Thresholds | None:
        if metric not in metrics():
            return INDEX_THRESHOLDS if not component.startswith("coverage_") else None
        entry = metrics()[metric]
        if component or entry.green is None or entry.amber is None:
            return None
        return Thresholds(entry.green, entry.amber, entry.direction)

    def _of_row(self, metric: str, component: str, own: _Own) -> Thresholds:
        direction = own.direction
        if not direction:
            entry = metrics().get(metric)
            direction = entry.component(component).direction if entry else "higher"
        # A row states single limits: without a better word, more is better.
        return Thresholds(own.green, own.amber, direction if direction in ("higher", "lower") else "higher")
