"""Stored values of one scope (and the enterprise's longevity beside it) for the quarters of a scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from metrics import storage
from metrics.cells import NO_DATA, NOT_DUE, STATES, WITH_VALUE
from metrics.index import KEY as INDEX
from metrics.index import VERSION as INDEX_VERSION
from metrics.layout import SERIES
from metrics.models import Scope
from metrics.periods import Period
from metrics.registry import metrics
from metrics.selectors import State, state
from metrics.targets import Targets, Thresholds

Place = tuple[str, str]
"""Scope kind and code."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One stored value."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    status: str
    reason: str
    run: int | None


class Stored:
    """Values that were read once and are asked for often. Cost: seven queries at most."""

    def __init__(self, places: Sequence[Place], periods: Iterable[Period], *, known: State | None = None) -> None:
        self.state = known or state()
        self._targets = Targets()
        self._numbers = storage.components()
        wanted = set(places)
        scopes = Scope.objects.filter(kind__in={kind for kind, _ in wanted}, code__in={code for _, code in wanted})
        self._ids = {(s.kind, s.code): s.pk for s in scopes if (s.kind, s.code) in wanted}
        years = sorted({period.year for period in periods})
        keys, self._arrays = SERIES.read("scope_id = ANY(%s) AND year = ANY(%s)", [list(self._ids.values()), years])
        columns = [keys[name].tolist() for name in ("component_id", "version", "scope_id", "year")]
        self._place = {key: place for place, key in enumerate(zip(*columns, strict=True))}

    @property
    def as_of(self) -> date:
        return self.state.as_of

    def cell(self, place: Place, metric: str, component: str, period: Period) -> Cell:
        """One value; what is not stored reads as no data, or as not due."""
        version = INDEX_VERSION if metric == INDEX else metrics()[metric].version
        number = self._numbers.get((metric, component), -1)
        at = self._place.get((number, version, self._ids.get(place, -1), period.year))
        held = int(self._arrays["state"][at, period.slot]) if at is not None else NO_DATA
        if at is None or held == NO_DATA:
            status, reason = STATES[NOT_DUE if period.start >= self.as_of else NO_DATA]
            return Cell(None, None, None, None, status, reason, None)

        def number_of(name: str) -> float | None:
            found = float(self._arrays[name][at, period.slot])
            return None if np.isnan(found) else found

        count = int(self._arrays["n"][at, period.slot])
        status, reason = STATES[held]
        return Cell(
            number_of("value") if held in WITH_VALUE else None,
            number_of("numerator"),
            number_of("denominator"),
            None if count < 0 else count,
            status,
            reason,
            int(self._arrays["run"][at, period.slot]) or None,
        )

    def value(self, place: Place, metric: str, component: str, period: Period) -> float | None:
        """Only the number."""
        return self.cell(place, metric, component, period).value

    def limits(self, place: Place, metric: str, component: str, period: Period) -> Thresholds | None:
        """The thresholds in force at the end of the period (or the as-of day)."""
        return self._targets.thresholds(metric, component, *place, min(period.end, self.as_of))


def described(metric: str, component: str) -> tuple[str, str, int]:
    """Unit, direction and version of a component, the index among them."""
    if metric == INDEX:
        return "points 0..100", "higher", INDEX_VERSION
    entry = metrics()[metric]
    part: Any = entry.component(component)
    return part.unit, part.direction, entry.version
