"""The numbers beside a decision: where its measure stood, where it was heading, and where it came out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from metrics.bounds import natural_bounds
from metrics.formulas.smoothing import HORIZON, series_forecast
from metrics.index import COMPONENTS as INDEX_COMPONENTS
from metrics.index import KEY as INDEX
from metrics.models import Decision
from metrics.periods import Period
from metrics.registry import metrics
from metrics.scorecards.reading import Place, Stored, described

LOOK_BACK: Final = 36
"""Periods that a forecast is made from."""
SMOOTHING: Final = "smoothing"
LAST_VALUE: Final = "last_value"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a value stood (`base`), and the forecast of it without a decision."""

    base_period: str
    base: float | None
    forecast: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Expected, forecast and actual change of a decision's value; None where it is not known (yet)."""

    metric: str
    component: str
    unit: str
    direction: str
    base_period: str
    period: str
    base: float | None
    expected: float | None
    forecast: float | None
    actual: float | None
    actual_status: str
    method: str

    @property
    def expected_change(self) -> float | None:
        return _difference(self.expected, self.base)

    @property
    def forecast_change(self) -> float | None:
        return _difference(self.forecast, self.base)

    @property
    def actual_change(self) -> float | None:
        return _difference(self.actual, self.base)


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def is_measured(metric: str, component: str, kind: str) -> bool:
    """Whether a component has values for a kind of scope."""
    if metric == INDEX:
        return component in INDEX_COMPONENTS and kind in ("enterprise", "customer", "portfolio", "project")
    entry = metrics().get(metric)
    return entry is not None and component in entry.component_names and kind in entry.scopes


def outlook(place: Place, metric: str, component: str, until: Period, stored: Stored | None = None) -> Outlook:
    """The last value of finished periods of the kind of `until`, and the forecast for `until`.

    Exponential smoothing where it beat the last value in its back-test and reaches so far; else the last value is
    carried on, and the method says so. Cost: seven queries without `stored`.
    """
    read = stored or Stored([place], _before(until))
    last = Period.containing(until.kind, read.as_of).previous
    last = last if last.ordinal < until.ordinal else until.previous
    values = _run_of_values(read, place, metric, component, last)
    if not values:
        return Outlook(last.code, None, None, "")
    ahead = until.ordinal - last.ordinal
    made = series_forecast(values, *natural_bounds(metric, component)) if 1 <= ahead <= HORIZON else None
    if made is not None and made.is_shown:
        return Outlook(last.code, values[-1], made.values[ahead - 1], SMOOTHING)
    return Outlook(last.code, values[-1], values[-1], LAST_VALUE)


def _before(until: Period) -> list[Period]:
    return [until.shift(-back) for back in range(LOOK_BACK)]


def _run_of_values(stored: Stored, place: Place, metric: str, component: str, last: Period) -> list[float]:
    """Values of consecutive finished periods up to the last one, oldest first."""
    found: list[float] = []
    for back in range(LOOK_BACK):
        value = stored.value(place, metric, component, last.shift(-back))
        if value is None:
            break
        found.append(value)
    return found[::-1]


def effects_of(decisions: Sequence[Decision]) -> dict[int, Effect]:
    """Effects of decisions that name a measure, by id. Cost: seven queries, however many decisions."""
    named = [decision for decision in decisions if decision.metric and decision.effect_period]
    if not named:
        return {}
    places = list(dict.fromkeys((decision.scope_kind, decision.scope) for decision in named))
    stored = Stored(places, [Period.parse(decision.effect_period) for decision in named])
    found = {}
    for decision in named:
        unit, direction, _version = described(decision.metric, decision.component)
        cell = stored.cell(
            (decision.scope_kind, decision.scope),
            decision.metric,
            decision.component,
            Period.parse(decision.effect_period),
        )
        expected = None
        if decision.base_value is not None and decision.expected_change is not None:
            expected = decision.base_value + decision.expected_change
        found[decision.pk] = Effect(
            decision.metric,
            decision.component,
            unit,
            direction,
            decision.base_period,
            decision.effect_period,
            decision.base_value,
            expected,
            decision.forecast_value,
            cell.value,
            cell.status,
            decision.forecast_method,
        )
    return found


def known(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions whose measure the catalogue still has."""
    return [d for d in decisions if not d.metric or d.metric == INDEX or d.metric in metrics()]
