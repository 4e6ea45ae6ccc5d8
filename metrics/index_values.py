"""Reads of the customer success index: its value, factors, coverage, and what moved it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from metrics import storage
from metrics.cells import INSUFFICIENT_COVERAGE, STATES, WITH_VALUE
from metrics.formulas.index import FACTORS, Index, customer_success_index, index_change
from metrics.index import COMPONENTS, KEY, KINDS, VERSION, index_entries, index_metrics, listed_for
from metrics.layout import SERIES
from metrics.live_scopes import live_scopes
from metrics.periods import Period
from metrics.selectors import state
from portfolio.rights import Visibility

COLUMNS: Final = (
    "scope_kind",
    "scope",
    "period",
    "index",
    *FACTORS,
    *(f"coverage_{factor}" for factor in FACTORS),
    "status",
)
CHANGE_COLUMNS: Final = ("scope_kind", "scope", "period", "factor", "metric", "points")
FLOOR: Final = "floor"


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """The index of one scope and period, 0 to 100; factors and coverage by name, None where blank."""

    scope_kind: str
    scope: str
    period: str
    index: float | None
    factors: dict[str, float | None]
    coverage: dict[str, float | None]
    status: str
    run: int | None = None

    def plain(self) -> dict[str, Any]:
        return {
            "scope_kind": self.scope_kind,
            "scope": self.scope,
            "period": self.period,
            "index": self.index,
            **self.factors,
            **{f"coverage_{factor}": share for factor, share in self.coverage.items()},
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """Points that a factor or metric added to the index against the period before; blank names are totals."""

    scope_kind: str
    scope: str
    period: str
    factor: str
    metric: str
    points: float

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in CHANGE_COLUMNS}


def index_records(
    periods: Iterable[Period],
    *,
    visible_to: Visibility,
    scope_kinds: Iterable[str] = KINDS,
    scopes: Iterable[str] | None = None,
) -> Iterator[IndexRecord]:
    """Index of the visible scopes of the kinds, period by period in the given order. Cost: two queries a kind."""
    wanted = list(periods)
    as_of = state().as_of
    numbers = storage.components()
    asked = None if scopes is None else tuple(scopes)
    for kind in (kind for kind in KINDS if kind in set(scope_kinds) and visible_to.sees_kind(kind)):
        found = live_scopes(kind, visible_to, asked)
        ids = [numbers[KEY, name] for name in COMPONENTS if (KEY, name) in numbers]
        years = sorted({period.year for period in wanted})
        keys, arrays = SERIES.read(
            "component_id = ANY(%s) AND version = %s AND scope_id = ANY(%s) AND year = ANY(%s)",
            [ids, VERSION, found.ids.tolist(), years],
        )
        place = {
            key: row
            for row, key in enumerate(
                zip(keys["component_id"].tolist(), keys["scope_id"].tolist(), keys["year"].tolist(), strict=True)
            )
        }
        for scope_id, code in zip(found.ids.tolist(), found.codes, strict=True):
            for period in wanted:
                if period.start >= as_of:
                    continue
                rows = {name: place.get((numbers.get((KEY, name), -1), scope_id, period.year)) for name in COMPONENTS}
                yield _record(kind, code, period, rows, arrays)


def _record(kind: str, code: str, period: Period, rows: dict[str, int | None], arrays: dict[str, Any]) -> IndexRecord:
    slot = period.slot
    head = rows[""]
    number = int(arrays["state"][head, slot]) if head is not None else 0

    def value(name: str, missing: float | None = None) -> float | None:
        row = rows[name]
        if row is None or not number:
            return missing
        found = float(arrays["value"][row, slot])
        return None if np.isnan(found) else found

    return IndexRecord(
        kind,
        code,
        period.code,
        value("") if number in WITH_VALUE else None,
        {factor: value(factor) for factor in FACTORS},
        {factor: value(f"coverage_{factor}", 0.0) for factor in FACTORS},
        STATES[number or INSUFFICIENT_COVERAGE][0],
        int(arrays["run"][head, slot]) if head is not None and number else None,
    )


def index_changes(
    periods: Iterable[Period],
    *,
    visible_to: Visibility,
    scope_kinds: Iterable[str] = KINDS,
    scopes: Iterable[str] | None = None,
    against: Period | None = None,
) -> Iterator[ChangeLine]:
    """What moved the index against the period before (or `against`), where both have an index.

    The index line first, then each factor with its metrics, and a floor line where it is not 0.
    Cost: two queries a kind.
    """
    wanted = list(periods)
    entries = index_entries()
    arrays = index_metrics(entries)
    asked = None if scopes is None else tuple(scopes)
    for kind in (kind for kind in KINDS if kind in set(scope_kinds) and visible_to.sees_kind(kind)):
        found = live_scopes(kind, visible_to, asked)
        if not len(found.ids):
            continue
        listed = listed_for(entries, kind)
        made: dict[str, Index] = {}
        for period in dict.fromkeys(p for asked_for in wanted for p in (asked_for, against or asked_for.previous)):
            value = usable_headlines(found.ids, period)
            made[period.code] = customer_success_index(arrays, value, listed)
        for row, code in enumerate(found.codes):
            for period in wanted:
                before, after = made[(against or period.previous).code], made[period.code]
                if np.isnan(before.index[row]) or np.isnan(after.index[row]):
                    continue
                yield from _lines(kind, code, period, arrays, entries, _one(before, row), _one(after, row))


def _one(index: Index, row: int) -> Index:
    part = slice(row, row + 1)
    return Index(index.score[part], index.weight[part], index.coverage[part], index.factor[part], index.index[part])


def usable_headlines(scope_ids: np.ndarray, period: Period) -> np.ndarray:
    """Usable headline values, shape (scopes, metrics with an index block)."""
    numbers = storage.components()
    entries = index_entries()
    place = {
        numbers[entry.key, ""]: (at, entry.version) for at, entry in enumerate(entries) if (entry.key, "") in numbers
    }
    value = np.full((len(scope_ids), len(entries)), np.nan)
    keys, arrays = SERIES.read(
        "component_id = ANY(%s) AND scope_id = ANY(%s) AND year = %s", [list(place), scope_ids.tolist(), period.year]
    )
    row_of = {int(scope): row for row, scope in enumerate(scope_ids)}
    states, values = arrays["state"][:, period.slot], arrays["value"][:, period.slot]
    for component, version, scope, number, found in zip(
        keys["component_id"].tolist(), keys["version"].tolist(), keys["scope_id"].tolist(), states, values, strict=True
    ):
        at, current = place[component]
        if version == current and number in WITH_VALUE:
            value[row_of[scope], at] = found
    return value


def _lines(
    kind: str, code: str, period: Period, arrays: Any, entries: Any, before: Index, after: Index
) -> Iterator[ChangeLine]:
    moved = index_change(arrays, before, after)

    def line(factor: str, metric: str, points: float) -> ChangeLine:
        return ChangeLine(kind, code, period.code, factor, metric, float(points))

    yield line("", "", moved.total[0])
    for place, factor in enumerate(FACTORS):
        yield line(factor, "", moved.factor[0, place])
        for at, entry in enumerate(entries):
            if entry.factor == factor and (before.weight[0, at] > 0 or after.weight[0, at] > 0):
                yield line(factor, entry.key, moved.metric[0, at])
        if moved.floor[0, place] != 0:
            yield line(factor, FLOOR, moved.floor[0, place])
