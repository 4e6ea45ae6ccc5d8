"""Storing values: compare with what is stored, stage what differs; metrics.publication makes it the stored values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from metrics.cells import INSUFFICIENT_COVERAGE, NO_DATA, PARTIAL, PROVISIONAL
from metrics.layout import CONTRIBUTIONS, SERIES, Layout, shadow, staging
from metrics.models import Component, Restatement, Scope
from metrics.periods import SLOTS_IN_YEAR, Period
from metrics.scopes import FEED_OF, ScopeSet
from metrics.year_rows import PARTS, YearRows

PUBLICATION_LOCK: Final = 0x45504D4F
"""Advisory lock that a publication holds, so that two never interleave."""

NOT_FINAL: Final = (NO_DATA, PARTIAL, PROVISIONAL, INSUFFICIENT_COVERAGE)
"""What may become another value without a restatement: nothing stored, a period not over, provisional by rule, and an
index that could not be stated."""

SAME: Final = 1e-12
"""Relative difference below which a recomputed float is the stored one (order of sums, not facts)."""

Rows = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Keys and arrays of rows. An array that is left out is blank in all of them."""


@dataclass
class Tally:
    """What a chunk staged: rows, and cells that changed and that stayed."""

    rows: int = 0
    written: int = 0
    unchanged: int = 0


@dataclass
class Target:
    """The run and chunk that staged rows belong to, and what closed periods need."""

    run_id: int
    chunk: int
    as_of: date
    cause: str = ""
    closed_quarters: frozenset[str] = frozenset()
    is_shadowed: bool = False
    """Nothing is stored, and the run has tables of its own (metrics.shadows)."""
    tally: Tally = field(default_factory=Tally)

    def stage(self, layout: Layout, keys: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Append rows to what the run has staged."""
        own = self._table(layout)
        more = {} if self.is_shadowed else {"run_id": self.run_id, "chunk": self.chunk}
        self.tally.rows += own.copy_in(own.table, {**more, **keys}, arrays)

    def staged(self, layout: Layout, where: str, params: Sequence[Any], names: Sequence[str]) -> Rows:
        """Rows that the run has staged, all chunks together. Cost: one query, which scans what is staged."""
        if self.is_shadowed:
            return self._table(layout).read(where, params, names)
        return self._table(layout).read(f"run_id = %s AND {where}", [self.run_id, *params], names)

    def stored(self, layout: Layout, where: str, params: Sequence[Any], names: Sequence[str] | None = None) -> Rows:
        """Rows that are stored. Cost: one query, none where nothing can be stored."""
        return layout.nothing(names) if self.is_shadowed else layout.read(where, params, names)

    def _table(self, layout: Layout) -> Layout:
        return shadow(layout, self.run_id) if self.is_shadowed else staging(layout)

    def is_closed(self, period: Period) -> bool:
        """A period closes EPMO_CLOSE_DAYS after its end, or when its scorecard is published."""
        if period.code in self.closed_quarters:
            return True
        return period.end + timedelta(days=settings.EPMO_CLOSE_DAYS) <= self.as_of


def components() -> dict[tuple[str, str], int]:
    """Number of every (metric, component) that has one. Cost: one query."""
    return {(metric, name): key for key, metric, name in Component.objects.values_list("id", "metric", "component")}


def components_ensure(wanted: Iterable[tuple[str, str]]) -> None:
    """Give a number to each (metric, component) that has none."""
    known = components()
    Component.objects.bulk_create(
        [Component(metric=metric, component=name) for metric, name in wanted if (metric, name) not in known],
        ignore_conflicts=True,
    )


def scopes_ensure() -> None:
    """Give a scope to every live object that has none. Cost: one statement a kind."""
    Scope.objects.get_or_create(kind="enterprise", code="", defaults={"object_id": 0})
    with connection.cursor() as cursor:
        for kind, feed in FEED_OF.items():
            code, source, where = "code", f"portfolio_{feed}", "WHERE deleted_at IS NULL"
            if kind == "team":
                code, source, where = "name", "portfolio_team", "WHERE true"
            elif feed == "portfolios":
                where += f" AND kind = '{kind}'"
            # NOT IN is looked up in a hash. An anti-join meets every pair while the server takes the tables for empty.
            cursor.execute(
                f"INSERT INTO metrics_scope (kind, code, object_id) SELECT %s, {code}, id FROM {source} {where} "
                f"AND id NOT IN (SELECT object_id FROM metrics_scope WHERE kind = %s) "
                "ON CONFLICT DO NOTHING",
                [kind, kind],
            )


def scope_ids(kind: str, objects: NDArray[np.int64] | None = None) -> dict[int, int]:
    """Scope id by object id. Cost: one query."""
    found = Scope.objects.filter(kind=kind)
    if objects is not None and len(objects) < 1000:
        found = found.filter(object_id__in=[int(key) for key in objects])
    return dict(found.values_list("object_id", "id"))


class ScopeNumbers:
    """Scope ids of one chunk: all of a kind, or those of the asked objects; read once a kind."""

    def __init__(self, only: Mapping[str, list[int]] | None) -> None:
        self._only = only
        self._ids: dict[str, dict[int, int]] = {}
        self._of_sets: dict[str, tuple[ScopeSet, NDArray[np.int64]]] = {}

    def asked(self, kind: str) -> list[int] | None:
        """Scope ids to look at; None for the whole kind. Cost: one query at first use."""
        return None if self._only is None else list(self._known(kind).values())

    def of(self, scopes: ScopeSet) -> NDArray[np.int64]:
        """Scope id of each scope of the set; KeyError when one has none yet."""
        held = self._of_sets.get(scopes.kind)
        if held is None or held[0] is not scopes:
            known = self._known(scopes.kind)
            made = np.array([known[key] for key in scopes.ids.tolist()], dtype=np.int64)
            held = self._of_sets[scopes.kind] = (scopes, made)
        return held[1]

    def _known(self, kind: str) -> dict[int, int]:
        if kind not in self._ids:
            asked = None if self._only is None else np.array(self._only.get(kind, []), dtype=np.int64)
            self._ids[kind] = scope_ids(kind, asked)
        return self._ids[kind]


def same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Equal element by element; floats but for rounding, NaN equal to NaN."""
    if a.dtype.kind != "f":
        return a == b
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    if equal.all():
        return equal
    with np.errstate(invalid="ignore"):
        return equal | (np.abs(a - b) <= SAME * np.maximum(np.abs(a), np.abs(b)))


def _stage(
    layout: Layout, target: Target, keys: dict[str, NDArray[np.int64]], new: dict[str, NDArray[Any]], stored: Rows
) -> tuple[NDArray[np.bool_], NDArray[np.int64], dict[str, NDArray[Any]]]:
    """Stage the rows that differ from the stored ones; answers (changed cells, rows, old arrays).

    Stored rows of the same keys that are not among the new ones must be added by the caller with
    state 0 everywhere: publication removes such rows.
    """
    old_keys, old = stored
    held = new["state"] != 0
    place = _match(keys, old_keys, layout.key_names)
    known = place >= 0
    before: dict[str, NDArray[Any]] = {}
    if not known.any():
        # Nothing is stored: every held cell is new, and a cell without state holds nothing.
        changed, was_held, run = held, np.zeros((), dtype=np.bool_), None
    else:
        for name, array in old.items():
            before[name] = array if _in_place(place, array) else _gathered(array, place, known, _blank(name, array))
        changed = np.zeros(held.shape, dtype=np.bool_)
        for name in {*new, *old} - {"run"}:
            fresh = new.get(name)
            changed |= ~same(
                np.full(held.shape, np.nan) if fresh is None else fresh,
                before[name] if name in before else np.full(held.shape, np.nan),
            )
        was_held, run = before["state"] != 0, before["run"]
    target.tally.written += int((changed & (held | was_held)).sum())
    target.tally.unchanged += int((held & ~changed).sum())
    rows = np.flatnonzero(changed.any(axis=1))
    if len(rows):
        whole = len(rows) == len(held)
        out = {name: array if whole else array[rows] for name, array in new.items()}
        kept = 0 if run is None else run[rows]
        out["run"] = np.where(changed[rows], target.run_id, kept).astype(np.int32)
        out["run"][out["state"] == 0] = 0
        target.stage(layout, keys if whole else {name: key[rows] for name, key in keys.items()}, out)
    return changed, rows, before


def _blank(name: str, array: NDArray[Any]) -> Any:
    if array.dtype.kind == "f":
        return np.nan
    return -1 if name == "n" else 0


def _in_place(place: NDArray[np.int64], array: NDArray[Any]) -> bool:
    return len(place) == len(array) and bool((place == np.arange(len(place))).all())


def _gathered(array: NDArray[Any], place: NDArray[np.int64], known: NDArray[np.bool_], blank: Any) -> NDArray[Any]:
    """Rows of an array at their new places; rows that are not known are blank."""
    made = np.full((len(place), SLOTS_IN_YEAR), blank, dtype=array.dtype)
    made[known] = array[place[known]]
    return made


def _match(
    keys: Mapping[str, NDArray[np.int64]], old: Mapping[str, NDArray[np.int64]], names: tuple[str, ...]
) -> NDArray[np.int64]:
    """Place of each key among the old ones, -1 where it is new."""
    if not len(old[names[0]]):
        return np.full(len(keys[names[0]]), -1, dtype=np.int64)
    joined, joined_old = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for name in names:
        span = int(max(keys[name].max(initial=0), old[name].max(initial=0))) + 1
        joined, joined_old = joined * span + keys[name], joined_old * span + old[name]
    order = np.argsort(joined_old, kind="stable")
    at = np.clip(np.searchsorted(joined_old[order], joined), 0, len(order) - 1)
    place = order[at]
    return np.where(joined_old[place] == joined, place, -1)


def stage_series(
    target: Target,
    rows: YearRows,
    *,
    kind: str,
    component_id: int,
    version: int,
    scope: NDArray[np.int64],
    wanted: list[int] | None,
) -> None:
    """Stage one component of one kind of scope; `scope` are the scope ids of the rows' scopes.

    `wanted` lists the scope ids to look at: stored rows of others among them go. None says that the
    rows cover every live scope of the kind.
    """
    years = np.array(rows.years, dtype=np.int64)
    keys = {"scope_id": np.repeat(scope, len(years)), "year": np.tile(years, len(scope))}
    new = rows.flat()
    stored = _stored(target, component_id, version, kind, wanted, tuple(new))
    place = _match(keys, stored[0], ("scope_id", "year"))
    if rows.is_narrow:
        _keep_uncovered(rows, new, place, stored)
    _stage_keyed(target, component_id, version, keys, new, stored, place, rows.is_narrow)


def stage_rows(
    target: Target,
    *,
    component_id: int,
    version: int,
    kind: str,
    wanted: list[int] | None,
    scope: NDArray[np.int64],
    year: NDArray[np.int64],
    value: NDArray[np.float64],
    state: NDArray[np.int16],
) -> None:
    """Stage rows that have only value and state, over all scopes of the kind or the wanted ones."""
    new: dict[str, NDArray[Any]] = {"value": value, "n": np.full(value.shape, -1, dtype=np.int32), "state": state}
    stored = _stored(target, component_id, version, kind, wanted, tuple(new))
    keys = {"scope_id": scope, "year": year}
    place = _match(keys, stored[0], ("scope_id", "year"))
    _stage_keyed(target, component_id, version, keys, new, stored, place, False)


def _stored(
    target: Target, component_id: int, version: int, kind: str, wanted: list[int] | None, names: tuple[str, ...]
) -> Rows:
    """Stored rows with the named arrays, and with others that hold something. Cost: up to two queries."""
    where = "component_id = %s AND version = %s AND scope_id = ANY(%s)"
    if wanted is None:
        where = "component_id = %s AND version = %s AND scope_id IN (SELECT id FROM metrics_scope WHERE kind = %s)"
    params = [component_id, version, kind if wanted is None else wanted]
    asked: tuple[str, ...] | None = (*names, "run")
    if not target.is_shadowed and not set(PARTS) <= set(names) and _has_parts(where, params):
        asked = None
    return target.stored(SERIES, where, params, asked)


def _has_parts(where: str, params: list[Any]) -> bool:
    held = " OR ".join(f"{name} IS NOT NULL" for name in PARTS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {SERIES.table} WHERE {where} AND ({held}))", params)
        return bool(cursor.fetchone()[0])


def _keep_uncovered(rows: YearRows, new: dict[str, NDArray[Any]], place: NDArray[np.int64], stored: Rows) -> None:
    """Slots outside the asked periods keep what is stored."""
    outside = np.tile(~rows.covered, (len(rows.scopes), 1))
    known = place >= 0
    mask = outside & known[:, None]
    for name, old in stored[1].items():
        if name == "run":
            continue
        if name not in new:
            new[name] = np.full(outside.shape, np.nan)
        before = np.zeros_like(new[name])
        before[known] = old[place[known]]
        new[name] = np.where(mask, before, new[name])


def _stage_keyed(
    target: Target,
    component_id: int,
    version: int,
    keys: dict[str, NDArray[np.int64]],
    new: dict[str, NDArray[Any]],
    stored: Rows,
    place: NDArray[np.int64],
    keep_orphans: bool,
) -> None:
    kept = (new["state"] != 0).any(axis=1) | (place >= 0)
    if not kept.all():
        keys = {name: array[kept] for name, array in keys.items()}
        new = {name: array[kept] for name, array in new.items()}
    if not keep_orphans:
        keys, new = _with_orphans(keys, new, stored, place)
    count = len(new["state"])
    keys["component_id"] = np.full(count, component_id, dtype=np.int64)
    keys["version"] = np.full(count, version, dtype=np.int64)
    changed, touched, before = _stage(SERIES, target, keys, new, stored)
    if len(touched) and before:
        _restate(target, keys, new, before, changed)


def _with_orphans(
    keys: dict[str, NDArray[np.int64]], new: dict[str, NDArray[Any]], stored: Rows, place: NDArray[np.int64]
) -> Rows:
    """Stored rows without a computed counterpart (a removed object, a year without facts): their cells go."""
    orphan = np.ones(len(stored[0]["year"]), dtype=np.bool_)
    orphan[place[place >= 0]] = False
    gone = int(orphan.sum())
    if not gone:
        return keys, new
    return (
        {name: np.concatenate([array, stored[0][name][orphan]]) for name, array in keys.items()},
        {
            name: np.concatenate([array, np.full((gone, SLOTS_IN_YEAR), _blank(name, array), dtype=array.dtype)])
            for name, array in new.items()
        },
    )


def _restate(
    target: Target,
    keys: dict[str, NDArray[np.int64]],
    new: dict[str, NDArray[Any]],
    before: dict[str, NDArray[Any]],
    changed: NDArray[np.bool_],
) -> None:
    """Note each final answer of a closed period that the run changes; one that was still open by rule is none."""
    candidate = changed & ~np.isin(before["state"], NOT_FINAL)
    row, slot = np.nonzero(candidate)
    if not len(row):
        return
    years = keys["year"][row]
    closed = {
        (int(year), int(s)): target.is_closed(Period.from_slot(int(year), int(s)))
        for year, s in set(zip(years.tolist(), slot.tolist(), strict=True))
    }
    notes = []
    for r, s, year in zip(row.tolist(), slot.tolist(), years.tolist(), strict=True):
        if not closed[year, s] or (
            new["state"][r, s] == before["state"][r, s] and same(new["value"][r, s], before["value"][r, s])
        ):
            continue
        old_value, new_value = before["value"][r, s], new["value"][r, s]
        notes.append(
            Restatement(
                run_id=target.run_id,
                chunk=target.chunk,
                component_id=int(keys["component_id"][r]),
                version=int(keys["version"][r]),
                scope_id=int(keys["scope_id"][r]),
                period=Period.from_slot(year, s).code,
                old_value=None if np.isnan(old_value) else float(old_value),
                old_state=int(before["state"][r, s]),
                old_run=int(before["run"][r, s]),
                new_value=None if np.isnan(new_value) else float(new_value),
                new_state=int(new["state"][r, s]),
                cause=target.cause[:200],
            )
        )
    Restatement.objects.bulk_create(notes, batch_size=2000)


def stage_contributions(
    target: Target, method: int, keys: dict[str, NDArray[np.int64]], new: dict[str, NDArray[Any]]
) -> None:
    """Stage all lines of one method of the contribution ledger: stored rows that are not among the new ones go."""
    stored = target.stored(CONTRIBUTIONS, "method = %s", [method])
    keys = {"method": np.full(len(new["state"]), method, dtype=np.int64), **keys}
    place = _match(keys, stored[0], CONTRIBUTIONS.key_names)
    _stage(CONTRIBUTIONS, target, *_with_orphans(keys, new, stored, place), stored)
