"""Stored values as rows of consecutive periods: what charts, signals, forecasts and relevance look at.

One query gives the series of many components and scopes at once, as arrays; the values are those of the current
definition (or of an asked version) of each component.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metrics import storage
from metrics.cells import OK, WITH_VALUE, among
from metrics.columns import Floats
from metrics.index import COMPONENTS as INDEX_COMPONENTS
from metrics.index import KEY as INDEX
from metrics.index import KINDS as INDEX_KINDS
from metrics.index import VERSION as INDEX_VERSION
from metrics.layout import SERIES
from metrics.periods import Period
from metrics.registry import metrics
from metrics.scopes import SCOPE_KINDS
from metrics.selectors import visible_scopes
from portfolio.rights import Visibility

Component = tuple[str, str]
"""Metric and component; the headline is blank."""

_SHOWN: Final = among(*WITH_VALUE)


@dataclass(frozen=True, slots=True)
class Place:
    """A scope with its id in the stored values."""

    id: int
    kind: str
    code: str


@dataclass(frozen=True)
class ValueSeries:
    """Values of one component and scope over consecutive periods of one kind; None where there is none."""

    metric: str
    component: str
    version: int
    scope_kind: str
    scope: str
    periods: tuple[Period, ...]
    values: tuple[float | None, ...]
    final: tuple[bool, ...]
    """Whether the status is ok: neither provisional nor of a period that is not over."""


@dataclass(frozen=True)
class SeriesBlock:
    """Series side by side: `value` and `state` have the shape (series, periods)."""

    components: tuple[Component, ...]
    places: tuple[Place, ...]
    periods: tuple[Period, ...]
    component: NDArray[np.int64]
    """Place in `components` of each series."""
    place: NDArray[np.int64]
    value: Floats
    state: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.component)

    @cached_property
    def final(self) -> Floats:
        """Values whose status is ok, NaN elsewhere."""
        return np.where(self.state == OK, self.value, np.nan)

    def one(self, row: int) -> ValueSeries:
        metric, component = self.components[int(self.component[row])]
        place = self.places[int(self.place[row])]
        values = self.value[row].tolist()
        return ValueSeries(
            metric,
            component,
            version_of(metric),
            place.kind,
            place.code,
            self.periods,
            tuple(None if value != value else value for value in values),
            tuple((self.state[row] == OK).tolist()),
        )


def version_of(metric: str) -> int:
    """Current version of a metric's definition, or of the index."""
    return INDEX_VERSION if metric == INDEX else metrics()[metric].version


def is_listed(component: Component, kind: str) -> bool:
    """Whether a component has values for a kind of scope."""
    metric, name = component
    if metric == INDEX:
        return name in INDEX_COMPONENTS and kind in INDEX_KINDS
    entry = metrics().get(metric)
    return entry is not None and name in entry.component_names and kind in entry.scopes


def headline_components() -> tuple[Component, ...]:
    """Every headline of the catalogue."""
    return tuple((key, "") for key in metrics())


def places_of(kinds: Iterable[str], *, visible_to: Visibility, codes: Iterable[str] | None = None) -> tuple[Place, ...]:
    """Live scopes of the kinds inside the rights. Cost: one query a kind."""
    asked = None if codes is None else tuple(codes)
    wanted = set(kinds)
    return tuple(
        Place(int(key), kind, code)
        for kind in SCOPE_KINDS
        if kind in wanted and visible_to.sees_kind(kind)
        for key, code in zip(*visible_scopes(kind, visible_to=visible_to, codes=asked), strict=True)
    )


def series_block(
    components: Sequence[Component],
    places: Sequence[Place],
    periods: Sequence[Period],
    versions: dict[str, int] | None = None,
) -> SeriesBlock:
    """Series of the components and scopes that have anything stored in the periods' years. Cost: two queries.

    `versions` names the definition version per metric where it is not the current one.
    """
    numbers = storage.components()
    known = {numbers[each]: at for at, each in enumerate(components) if each in numbers}
    wanted = {
        number: (versions or {}).get(components[at][0], version_of(components[at][0])) for number, at in known.items()
    }
    place_of = {place.id: at for at, place in enumerate(places)}
    years = sorted({period.year for period in periods})
    keys, arrays = SERIES.read(
        "component_id = ANY(%s) AND scope_id = ANY(%s) AND year = ANY(%s)",
        [list(known), list(place_of), years],
        names=("value", "state"),
    )
    held = _looked_up(keys["component_id"], wanted) == keys["version"]
    component = _looked_up(keys["component_id"], known)[held]
    place = _looked_up(keys["scope_id"], place_of)[held]
    year, values, states = keys["year"][held], arrays["value"][held], arrays["state"][held]
    pair, row = np.unique(component * max(len(places), 1) + place, return_inverse=True)
    component, place = pair // max(len(places), 1), pair % max(len(places), 1)
    value = np.full((len(pair), len(periods)), np.nan)
    state = np.zeros((len(pair), len(periods)), dtype=np.int16)
    of_year = {each: np.flatnonzero(year == each) for each in years}
    for at, period in enumerate(periods):
        mine = of_year[period.year]
        value[row[mine], at] = values[mine, period.slot]
        state[row[mine], at] = states[mine, period.slot]
    value[~_SHOWN[state]] = np.nan
    return SeriesBlock(tuple(components), tuple(places), tuple(periods), component, place, value, state)


def _looked_up(keys: NDArray[np.int64], known: Mapping[int, int]) -> NDArray[np.int64]:
    """What is known by each key; every key is known."""
    distinct, at = np.unique(keys, return_inverse=True)
    return np.array([known[key] for key in distinct.tolist()], dtype=np.int64)[at.reshape(-1)]


def value_series(
    metric: str,
    component: str,
    scope_kind: str,
    scope: str,
    periods: Sequence[Period],
    *,
    visible_to: Visibility,
    version: int | None = None,
) -> ValueSeries | None:
    """One series, None outside the rights or the catalogue. Cost: three queries."""
    if not is_listed((metric, component), scope_kind):
        return None
    places = places_of([scope_kind], visible_to=visible_to, codes=[scope])
    if not places:
        return None
    asked = version_of(metric) if version is None else version
    block = series_block([(metric, component)], places, periods, {metric: asked})
    if not len(block):
        blank = (None,) * len(periods)
        none = (False,) * len(periods)
        return ValueSeries(metric, component, asked, scope_kind, scope, tuple(periods), blank, none)
    found = block.one(0)
    return ValueSeries(metric, component, asked, scope_kind, scope, found.periods, found.values, found.final)


def last_runs(final: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each series the last unbroken run of values: (first place, place after the last); equal where none."""
    known = ~np.isnan(final)
    count = known.shape[1]
    column = np.arange(count)
    end = np.where(known.any(axis=1), count - np.argmax(known[:, ::-1], axis=1), 0)
    gap = np.where(~known & (column < end[:, None]), column, -1)
    return np.where(end > 0, gap.max(axis=1, initial=-1) + 1, 0), end
