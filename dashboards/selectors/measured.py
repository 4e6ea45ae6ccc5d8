"""Stored values for pages: a whole page's values in two queries, within the reader's rights.

The same cells as `metrics.selectors`, which answers record by record; a test compares the two. Team values are not
read here: their suppression by difference belongs to `metrics.selectors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from metrics import storage
from metrics.cells import NO_DATA, NOT_DUE, STATES, WITH_VALUE
from metrics.index import COMPONENTS as INDEX_COMPONENTS
from metrics.index import KEY as INDEX
from metrics.index import VERSION as INDEX_VERSION
from metrics.layout import SERIES
from metrics.periods import Period
from metrics.registry import metrics
from metrics.scopes import FEED_OF
from metrics.targets import Targets, Thresholds
from portfolio.rights import Visibility

__all__ = ["INDEX", "INDEX_COMPONENTS", "Published", "Reading", "Readings", "Want", "published", "readings"]


@dataclass(frozen=True, slots=True)
class Published:
    """The newest published run: what every value of a page comes from."""

    run: int
    as_of: date
    computed_at: datetime
    years: tuple[int, ...]
    facts: int = 0
    """The newest change set: facts are written under a lock, so its number tells whether any has changed."""
    failed: int | None = None
    """The newest computation that was wanted later and broke off: these values are the last good ones."""

    def periods(self) -> list[str]:
        """Codes of every period that has begun and can hold values, newest first, quarters, years, months mixed."""
        found = [Period.from_slot(year, slot) for year in self.years for slot in range(17)]
        begun = sorted((p for p in found if p.start < self.as_of), key=lambda p: (p.start, p.slot), reverse=True)
        return [p.code for p in begun]

    @property
    def current(self) -> Period:
        """The period a page shows when none is asked for: the last quarter that is over, else the running one."""
        running = Period.containing("quarter", self.as_of)
        last = running.previous
        return last if last.year in self.years or running.year not in self.years else running


def published() -> Published | None:
    """The published state, or None before the first run. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, r.as_of, r.published_at, (SELECT array_agg(DISTINCT s.year) FROM metrics_series s "
            "WHERE s.scope_id = (SELECT k.id FROM metrics_scope k WHERE k.kind = 'enterprise' LIMIT 1)), "
            "(SELECT coalesce(max(c.id), 0) FROM portfolio_changeset c), "
            "(SELECT max(l.id) FROM metrics_run l WHERE l.state = 'failed' AND l.id > r.id) "
            "FROM metrics_run r WHERE r.state = 'published' AND r.as_of IS NOT NULL "
            "ORDER BY r.published_at DESC, r.id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Published(row[0], row[1], row[2], tuple(sorted(row[3] or ())), row[4], row[5])


@lru_cache(maxsize=4)
def component_numbers(run: int) -> dict[tuple[str, str], int]:
    """Number of every component as of a run; numbers never change, new ones come with a run."""
    return storage.components()


@dataclass(frozen=True, slots=True)
class Want:
    """Values of one kind of scope: which codes (None = every visible one), components and periods."""

    kind: str
    codes: tuple[str, ...] | None
    components: tuple[tuple[str, str], ...]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with its status and what holds it; numbers are None where they are blank."""

    metric: str
    component: str
    kind: str
    code: str
    period: Period
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    status: str
    reason: str
    limits: Thresholds | None
    colour: str
    unit: str
    direction: str

    @property
    def partial(self) -> bool:
        """Whether the period is not over."""
        return self.status == "partial_period"


class Readings:
    """Values that were read, found by scope, component and period; what is not stored reads as no data."""

    def __init__(self, as_of: date, targets: Targets, numbers: dict[tuple[str, str], int]) -> None:
        self._as_of = as_of
        self._targets = targets
        self._numbers = numbers
        self._place: dict[tuple[int, int, int, int], int] = {}
        self._arrays: dict[str, NDArray] = {}
        self._scope: dict[tuple[str, str], int] = {}

    def codes(self, kind: str) -> list[str]:
        """Codes of the scopes of a kind that were read, in order."""
        return [code for k, code in self._scope if k == kind]

    def get(self, kind: str, code: str, metric: str, component: str, period: Period) -> Reading:
        """One value; status `no_data` when nothing is stored, `not_due` when the period has not begun."""
        unit, direction, version = described(metric, component)
        number, scope = self._numbers.get((metric, component), -1), self._scope.get((kind, code), -1)
        place = self._place.get((number, version, scope, period.year))
        slot = period.slot
        state = int(self._arrays["state"][place, slot]) if place is not None else NO_DATA
        if state == NO_DATA and period.start >= self._as_of:
            state = NOT_DUE

        def blank_or(name: str) -> float | None:
            found = float(self._arrays[name][place, slot])
            return None if np.isnan(found) else found

        stored = place is not None and state != NO_DATA
        value = blank_or("value") if stored and state in WITH_VALUE else None
        count = int(self._arrays["n"][place, slot]) if stored else -1
        limits = self._targets.thresholds(metric, component, kind, code, min(period.end, self._as_of))
        status, reason = STATES[state]
        return Reading(
            metric,
            component,
            kind,
            code,
            period,
            value,
            blank_or("numerator") if stored else None,
            blank_or("denominator") if stored else None,
            None if count < 0 else count,
            status,
            reason,
            limits,
            limits.colour(value) if limits is not None else "",
            unit,
            direction,
        )

    def value(self, kind: str, code: str, metric: str, component: str, period: Period) -> float | None:
        """Only the number."""
        return self.get(kind, code, metric, component, period).value

    def line(
        self, kind: str, code: str, metric: str, component: str, periods: Sequence[Period]
    ) -> tuple[float | None, ...]:
        """The numbers of several periods."""
        return tuple(self.value(kind, code, metric, component, p) for p in periods)


def described(metric: str, component: str) -> tuple[str, str, int]:
    """Unit, direction and version of a component, the index among them."""
    if metric == INDEX:
        return ("ratio" if component.startswith("coverage_") else "points 0..100"), "higher", INDEX_VERSION
    entry = metrics()[metric]
    part = entry.component(component)
    return part.unit, part.direction, entry.version


def headlines_of(kind: str) -> tuple[tuple[str, str], ...]:
    """The headline of every metric that lists a kind of scope, in the order of the catalogue."""
    return tuple((key, "") for key, entry in metrics().items() if kind in entry.scopes)


def index_components() -> tuple[tuple[str, str], ...]:
    """The index, its factors and their coverage."""
    return tuple((INDEX, name) for name in INDEX_COMPONENTS)


def readings(
    wants: Iterable[Want], *, state: Published, visible_to: Visibility, targets: Targets | None = None
) -> Readings:
    """All wanted values inside the rights. Cost: three queries (scopes, series, targets), however many are wanted."""
    numbers = component_numbers(state.run)
    found = Readings(state.as_of, targets if targets is not None else Targets(), numbers)
    wanted = [want for want in wants if visible_to.sees_kind(want.kind)]
    scopes = _scopes(wanted, visible_to)
    conditions: list[str] = []
    params: list[object] = []
    for want in wanted:
        allowed = visible_to.codes_of(want.kind)
        ids = [
            number
            for (kind, code), number in scopes.items()
            if kind == want.kind and (want.codes is None or code in want.codes) and (allowed is None or code in allowed)
        ]
        components = [numbers[key] for key in want.components if key in numbers]
        years = sorted({period.year for period in want.periods})
        if ids and components and years:
            conditions.append("(scope_id = ANY(%s) AND component_id = ANY(%s) AND year = ANY(%s))")
            params += [ids, components, years]
    found._scope = scopes
    if not conditions:
        return found
    keys, arrays = SERIES.read(" OR ".join(conditions), params)
    names = ("component_id", "version", "scope_id", "year")
    columns = [keys[name].tolist() for name in names]
    found._place = {key: place for place, key in enumerate(zip(*columns, strict=True))}
    found._arrays = arrays
    return found


def _scopes(wanted: Sequence[Want], visible_to: Visibility) -> dict[tuple[str, str], int]:
    """Scope ids by kind and code: live and visible ones, in the order of their codes. Cost: one query."""
    parts: list[str] = []
    params: list[Any] = []
    for kind in dict.fromkeys(want.kind for want in wanted):
        asked = [want.codes for want in wanted if want.kind == kind]
        codes = None if any(c is None for c in asked) else {c for cs in asked for c in cs or ()}
        allowed = visible_to.codes_of(kind)
        if allowed is not None:
            codes = set(allowed) if codes is None else codes & set(allowed)
        where = "k.kind = %s"
        params.append(kind)
        if codes is not None:
            where += " AND k.code = ANY(%s)"
            params.append(sorted(codes))
        if kind not in {"enterprise", "team"}:
            table = f"portfolio_{FEED_OF[kind]}"
            where += f" AND EXISTS (SELECT 1 FROM {table} f WHERE f.id = k.object_id AND f.deleted_at IS NULL)"  # noqa: S608 - names of ours
        parts.append(f"SELECT k.kind, k.code, k.id FROM metrics_scope k WHERE {where}")  # noqa: S608
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return {(kind, code): number for kind, code, number in sorted(cursor.fetchall())}
