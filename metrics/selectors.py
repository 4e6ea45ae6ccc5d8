"""Reads of stored values. Every reader sees one published run, and only scopes inside its rights.

How pages and the API use it::

    from metrics.selectors import ValueQuery, values, values_after, value_get, headlines, state

    state()                                             # run, as-of day, periods stored
    value_get("cost_performance_index", "", "project", "P-1", Period.parse("2026-Q2"), visible_to=visible)
    headlines("project", "P-1", [q2, q1], visible_to=visible)       # {(metric, component, period): ValueRecord}
    values(ValueQuery(metrics=("net_promoter_score",), scope_kinds=("customer",), periods=(q2,)), visible_to=visible)

Values never change with the reader: outside the rights there is no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from django.db.models import Subquery
from numpy.typing import NDArray

from metrics import storage
from metrics.cells import NO_DATA, NOT_DUE, NOT_MEASURABLE, SMALLEST_GROUP, STATES, SUPPRESSED, WITH_VALUE
from metrics.index import KEY as INDEX_KEY
from metrics.layout import SERIES
from metrics.live_scopes import MOST_AT_ONCE, Batches, LiveScopes, live_batches, live_scopes
from metrics.models import Run, Scope, Series
from metrics.periods import KINDS, Period
from metrics.planning import today
from metrics.records import ValueRecord
from metrics.registry import Metric, metrics
from metrics.scopes import SCOPE_KINDS
from metrics.targets import Targets, Thresholds
from portfolio.rights import Visibility

FEW_SCOPES: Final = 60
"""Up to so many scopes all their components are read in one query."""

ValueKey = tuple[str, str, str, str, str]
"""(metric, component, scope kind, scope, period)."""


@dataclass(frozen=True)
class ValueQuery:
    """Which values are asked for; None stands for all. `components` default to headlines.

    `all_statuses` also gives cells that need not be stored, for the listed periods (also later than
    the as-of day) and every scope that the entries list. `version` asks for values by another version of the
    definitions than the current ones (metrics.versions.versions_stored).
    """

    metrics: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = ("",)
    scope_kinds: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    periods: tuple[Period, ...] | None = None
    first: Period | None = None
    last: Period | None = None
    grain: str | None = None
    statuses: tuple[str, ...] | None = None
    colours: tuple[str, ...] | None = None
    families: tuple[str, ...] | None = None
    factors: tuple[str, ...] | None = None
    changed_since: datetime | None = None
    all_statuses: bool = False
    version: int | None = None

    def version_of(self, entry: Metric) -> int:
        return entry.version if self.version is None else self.version

    @property
    def lists_unstored(self) -> bool:
        return self.all_statuses or bool({"no_data", "not_due"} & set(self.statuses or ()))

    def entries(self) -> list[Metric]:
        return [
            entry
            for entry in metrics().values()
            if (self.metrics is None or entry.key in self.metrics)
            and (self.families is None or entry.family in self.families)
            and (self.factors is None or entry.factor in self.factors)
        ]

    def takes(self, period: Period) -> bool:
        if self.grain is not None and period.kind != self.grain:
            return False
        if self.periods is not None and period not in self.periods:
            return False
        if self.first is not None and period.start < self.first.start:
            return False
        return self.last is None or period.end <= self.last.end


@dataclass(frozen=True)
class State:
    """What is published: the newest run, its as-of day, and the years that hold values."""

    run: Run | None
    as_of: date
    years: tuple[int, ...]

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Every period with stored values up to the as-of day, months, then quarters, then years."""
        found = [Period.from_slot(year, slot) for year in self.years for slot in range(17)]
        return tuple(sorted((p for p in found if p.start < self.as_of), key=period_order))


def period_order(period: Period) -> tuple[int, int]:
    """Months before quarters before years, each in time."""
    return KINDS.index(period.kind), period.ordinal


def state() -> State:
    """The published state. Cost: two queries."""
    run = Run.objects.filter(state=Run.State.PUBLISHED).order_by("-published_at", "-id").first()
    if run is None or run.as_of is None:
        return State(None, today(), ())
    years = sorted(_years_stored())
    return State(run, run.as_of, tuple(years))


def _years_stored() -> list[int]:
    enterprise = Scope.objects.filter(kind="enterprise").values("id")[:1]
    return [
        int(year)
        for year in Series.objects.filter(scope_id=Subquery(enterprise)).values_list("year", flat=True).distinct()
    ]


def scopes_of(kind: str, *, visible_to: Visibility, codes: Iterable[str] | None = None) -> list[str]:
    """Codes of live scopes of a kind inside the rights, in order. Cost: one query."""
    return list(live_scopes(kind, visible_to, None if codes is None else tuple(codes)).codes)


def visible_scopes(
    kind: str, *, visible_to: Visibility, codes: Iterable[str] | None = None
) -> tuple[list[int], tuple[str, ...]]:
    """Ids (in the stored values) and codes of live scopes of a kind inside the rights. Cost: one query."""
    found = live_scopes(kind, visible_to, None if codes is None else tuple(codes))
    return found.ids.tolist(), found.codes


class _Rows:
    """Stored rows of some components and scopes, found by (component, version, scope, year)."""

    def __init__(self, component_ids: Sequence[int], scope_ids: NDArray[np.int64], years: Sequence[int] | None) -> None:
        where = "component_id = ANY(%s) AND scope_id = ANY(%s)"
        params: list[Any] = [list(component_ids), scope_ids.tolist()]
        if years is not None:
            where += " AND year = ANY(%s)"
            params.append(list(years))
        keys, self.arrays = SERIES.read(where, params)
        names = ("component_id", "version", "scope_id", "year")
        columns = [keys[name].tolist() for name in names]
        self.place = {key: row for row, key in enumerate(zip(*columns, strict=True))}
        self.years = sorted(set(columns[3]))


@dataclass
class _Reader:
    """One read of values: caches what every record needs."""

    query: ValueQuery
    visible_to: Visibility
    wanted: int | None = None
    """How many records will be taken; None for all."""
    targets: Targets = field(default_factory=Targets)

    @cached_property
    def state(self) -> State:
        return state()

    @cached_property
    def numbers(self) -> dict[tuple[str, str], int]:
        return storage.components()

    @cached_property
    def computed_at(self) -> dict[int, datetime | None]:
        return dict(Run.objects.filter(state=Run.State.PUBLISHED).values_list("id", "published_at"))

    @cached_property
    def periods(self) -> list[Period]:
        """The asked periods that can hold something, in order."""
        if self.query.periods is not None:
            return sorted((p for p in set(self.query.periods) if self.query.takes(p)), key=period_order)
        found = [p for p in self.state.periods if self.query.takes(p)]
        if self.query.lists_unstored and self.query.first is not None and self.query.last is not None:
            wanted = {p for p in _between(self.query.first, self.query.last) if self.query.takes(p)}
            found = sorted(wanted | set(found), key=period_order)
        return found

    @cached_property
    def since_runs(self) -> set[int] | None:
        moment = self.query.changed_since
        if moment is None:
            return None
        return {run for run, at in self.computed_at.items() if at is not None and at >= moment}

    def kinds(self, entry: Metric) -> list[str]:
        asked = self.query.scope_kinds
        return [
            kind
            for kind in SCOPE_KINDS
            if kind in entry.scopes and (asked is None or kind in asked) and self.visible_to.sees_kind(kind)
        ]

    def components(self, entry: Metric) -> list[str]:
        asked = self.query.components
        return [name for name in entry.component_names if asked is None or name in asked]

    def read(self, after: ValueKey | None) -> Iterator[ValueRecord]:
        entries = self.query.entries()
        kinds = {kind for entry in entries for kind in self.kinds(entry)}
        scopes = {kind: Batches(self._batches(kind)) for kind in kinds}
        heads = [next(iter(batches)) for batches in scopes.values()]
        years = sorted({period.year for period in self.periods})
        whole: _Rows | None = None
        if all(head.is_last for head in heads) and sum(len(head.codes) for head in heads) <= FEW_SCOPES:
            wanted = [
                self.numbers[entry.key, name]
                for entry in entries
                for name in self.components(entry)
                if (entry.key, name) in self.numbers
            ]
            ids = np.concatenate([head.ids for head in heads]) if heads else np.zeros(0, dtype=np.int64)
            whole = _Rows(wanted, ids, years)
        for entry in entries:
            for name in self.components(entry):
                for kind in self.kinds(entry):
                    if kind not in entry.scopes_of(name):
                        continue
                    key = (entry.key, name, kind)
                    if after is not None and self._before(key, after):
                        continue
                    resume = after if after is not None and after[:3] == key else None
                    batches = scopes[kind] if resume is None else self._batches(kind, since=resume[3])
                    yield from self._block(entry, name, kind, batches, years, whole, resume)

    def _batches(self, kind: str, since: str = "") -> Iterator[LiveScopes]:
        """Scopes of a kind, no more at first than the wanted records can need and FEW_SCOPES can tell."""
        at_most = MOST_AT_ONCE
        if self.wanted is not None:
            needed = self.wanted // max(1, len(self.periods))
            at_most = min(MOST_AT_ONCE, max(FEW_SCOPES + 1, needed + needed // 8))
        return live_batches(kind, self.visible_to, self.query.scopes, since=since, at_most=at_most)

    def _before(self, key: tuple[str, str, str], after: ValueKey) -> bool:
        order = list(metrics())
        entry = metrics()[after[0]]
        names = entry.component_names

        def rank(metric: str, component: str, kind: str) -> tuple[int, int, int]:
            place = names.index(component) if metric == after[0] and component in names else -1
            return order.index(metric), place, SCOPE_KINDS.index(kind)

        if key[0] != after[0]:
            return order.index(key[0]) < order.index(after[0])
        return rank(*key) < rank(*after[:3])

    def _block(
        self,
        entry: Metric,
        name: str,
        kind: str,
        batches: Iterable[LiveScopes],
        years: list[int],
        whole: _Rows | None,
        resume: ValueKey | None,
    ) -> Iterator[ValueRecord]:
        number = self.numbers.get((entry.key, name))
        hidden = self._hidden_teams(entry, name, kind, years)
        behind = None if resume is None else (resume[3], period_order(Period.parse(resume[4])))
        for scopes in batches:
            rows = whole if whole is not None else _Rows([number] if number is not None else [], scopes.ids, years)
            for scope_id, code in zip(scopes.ids.tolist(), scopes.codes, strict=True):
                for period in self.periods:
                    # Batches begin with the code that the last record had: only its own periods can lie before.
                    if behind is not None and code == behind[0] and period_order(period) <= behind[1]:
                        continue
                    record = self._record(entry, name, number, kind, scope_id, code, period, rows, hidden)
                    if record is not None:
                        yield record

    def _record(
        self,
        entry: Metric,
        name: str,
        number: int | None,
        kind: str,
        scope_id: int,
        code: str,
        period: Period,
        rows: _Rows,
        hidden: set[tuple[int, str]],
    ) -> ValueRecord | None:
        query = self.query
        place = rows.place.get((number, query.version_of(entry), scope_id, period.year)) if number is not None else None
        state_number, run = NO_DATA, 0
        if place is not None:
            state_number = int(rows.arrays["state"][place, period.slot])
            run = int(rows.arrays["run"][place, period.slot])
        if state_number == NO_DATA:
            if not query.lists_unstored:
                return None
            state_number = self._unstored(entry, name, kind, scope_id, period, rows)
            place = None
        if (scope_id, period.code) in hidden:
            state_number, place = SUPPRESSED, None
        status, reason = STATES[state_number]
        if query.statuses is not None and status not in query.statuses:
            return None
        if self.since_runs is not None and run not in self.since_runs:
            return None

        def number_of(column: str) -> float | None:
            if place is None:
                return None
            found = float(rows.arrays[column][place, period.slot])
            return None if np.isnan(found) else found

        value = number_of("value") if state_number in WITH_VALUE else None
        limits = self.thresholds(entry.key, name, kind, code, period)
        colour = limits.colour(value) if limits is not None else ""
        if query.colours is not None and colour not in query.colours:
            return None
        count = int(rows.arrays["n"][place, period.slot]) if place is not None else -1
        return ValueRecord(
            metric=entry.key,
            component=name,
            version=query.version_of(entry),
            scope_kind=kind,
            scope=code,
            period=period.code,
            value=value,
            numerator=number_of("numerator"),
            denominator=number_of("denominator"),
            n=None if count < 0 else count,
            status=status,
            reason=reason,
            unit=entry.component(name).unit,
            green=limits.green if limits is not None else None,
            amber=limits.amber if limits is not None else None,
            colour=colour,
            run=run or None,
            computed_at=self.computed_at.get(run),
            direction=limits.direction if limits is not None else entry.component(name).direction,
        )

    def thresholds(self, metric: str, component: str, kind: str, code: str, period: Period) -> Thresholds | None:
        return self.targets.thresholds(metric, component, kind, code, min(period.end, self.state.as_of))

    def _unstored(self, entry: Metric, name: str, kind: str, scope_id: int, period: Period, rows: _Rows) -> int:
        if period.start >= self.state.as_of:
            return NOT_DUE
        if entry.key != "project_contribution":
            return NO_DATA
        if name == "evidenced_share":
            # Outcomes that are measurable but that nobody claims: there is nothing to take a share of.
            headline = self.numbers.get((entry.key, ""))
            own = _Rows([headline], np.array([scope_id]), [period.year]) if headline is not None else rows
            place = own.place.get((headline, self.query.version_of(entry), scope_id, period.year))
            if place is not None and int(own.arrays["state"][place, period.slot]) != NO_DATA:
                return NO_DATA
        return NOT_MEASURABLE

    def _hidden_teams(self, entry: Metric, name: str, kind: str, years: list[int]) -> set[tuple[int, str]]:
        """Teams hidden on top of the stored suppression, so that no difference shows fewer than five people.

        When what the enterprise counts less what the shown teams count leaves one to four people,
        the smallest shown team is hidden too. Commands (a reader without user id) show what is stored.
        """
        if kind != "team" or not entry.people_metric or self.visible_to.user_id is None:
            return set()
        number = self.numbers.get((entry.key, name))
        if number is None:
            return set()
        ids = np.array(list(Scope.objects.filter(kind__in=("team", "enterprise")).values_list("id", flat=True)))
        enterprise = set(Scope.objects.filter(kind="enterprise").values_list("id", flat=True))
        rows = _Rows([number], ids, years)
        hidden: set[tuple[int, str]] = set()
        for period in self.periods:
            whole, shown = 0, []
            for (_, version, scope_id, year), place in rows.place.items():
                count = int(rows.arrays["n"][place, period.slot])
                if year != period.year or version != self.query.version_of(entry) or count < 0:
                    continue
                if scope_id in enterprise:
                    whole = count
                else:
                    shown.append((count, scope_id))
            rest = whole - sum(count for count, _ in shown)
            if whole and shown and 0 < rest < SMALLEST_GROUP:
                hidden.add((min(shown)[1], period.code))
        return hidden


def _between(first: Period, last: Period) -> list[Period]:
    found = []
    for kind in KINDS:
        low, high = Period.containing(kind, first.start).ordinal, Period.containing(kind, last.start).ordinal
        if kind != last.kind:
            high = Period.containing(kind, last.end).ordinal
        found += [Period.from_ordinal(kind, ordinal) for ordinal in range(low, high + 1)]
    return found


def values(
    query: ValueQuery, *, visible_to: Visibility, after: ValueKey | None = None, wanted: int | None = None
) -> Iterator[ValueRecord]:
    """Records in a stable order: metric and component of the catalogue, kind, scope code, period.

    `after` resumes behind a record's key; who takes only so many says how many are `wanted`. Cost: a few queries,
    and one for each 500 scopes of a component (all in one when few scopes are asked for).
    """
    yield from _Reader(query, visible_to, wanted).read(after)


def value_get(
    metric: str, component: str, scope_kind: str, scope: str, period: Period, *, visible_to: Visibility
) -> ValueRecord | None:
    """One record, also when it need not be stored; None outside the rights or the catalogue."""
    query = ValueQuery((metric,), (component,), (scope_kind,), (scope,), (period,), all_statuses=True)
    return next(values(query, visible_to=visible_to), None)


def headlines(
    scope_kind: str,
    scope: str,
    periods: Iterable[Period],
    *,
    visible_to: Visibility,
    components: tuple[str, ...] | None = ("",),
    metrics: tuple[str, ...] | None = None,
) -> dict[tuple[str, str, str], ValueRecord]:
    """Stored records of one scope by (metric, component, period code). Cost: about seven queries."""
    query = ValueQuery(metrics, components, (scope_kind,), (scope,), tuple(periods))
    return {(r.metric, r.component, r.period): r for r in values(query, visible_to=visible_to)}


def index_key() -> str:
    """Name under which targets rows and series hold the customer success index."""
    return INDEX_KEY
