"""Storing values: compare with what is stored, stage what differs, publish it in one step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from metrics.cells import NOT_STORED, OK
from metrics.engine import Block
from metrics.layout import CONTRIBUTIONS, LAYOUTS, SERIES, Layout, staging
from metrics.models import Component, Restatement, Scope
from metrics.periods import SLOTS_IN_YEAR, Grain, Period
from metrics.scopes import FEED_OF, ScopeSet

PUBLICATION_LOCK: Final = 0x45504D4F
"""Advisory lock that a publication holds, so that two never interleave."""

SAME: Final = 1e-12
"""Relative difference below which a recomputed float is the stored one (order of sums, not facts)."""


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
    tally: Tally = field(default_factory=Tally)

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
            cursor.execute(
                f"INSERT INTO metrics_scope (kind, code, object_id) SELECT %s, {code}, id FROM {source} {where} "
                f"AND NOT EXISTS (SELECT 1 FROM metrics_scope s WHERE s.kind = %s AND s.object_id = {source}.id) "
                "ON CONFLICT DO NOTHING",
                [kind, kind],
            )


def scope_ids(kind: str, objects: NDArray[np.int64] | None = None) -> dict[int, int]:
    """Scope id by object id. Cost: one query."""
    found = Scope.objects.filter(kind=kind)
    if objects is not None and len(objects) < 1000:
        found = found.filter(object_id__in=[int(key) for key in objects])
    return dict(found.values_list("object_id", "id"))


class YearRows:
    """Cells of one component and kind, gathered grain by grain into rows of 17 slots."""

    def __init__(self, scopes: ScopeSet, grains: Iterable[Grain], narrow: bool = False) -> None:
        self.scopes = scopes
        periods = [period for grain in grains for period in grain.periods]
        years = sorted({period.year for period in periods})
        self.years = years
        self.covered = np.zeros((len(years), SLOTS_IN_YEAR), dtype=np.bool_)
        for period in periods:
            self.covered[period.year - years[0], period.slot] = True
        self.is_narrow = narrow
        shape = (len(scopes), len(years), SLOTS_IN_YEAR)
        self.arrays: dict[str, NDArray[Any]] = {
            "value": np.full(shape, np.nan),
            "numerator": np.full(shape, np.nan),
            "denominator": np.full(shape, np.nan),
            "n": np.full(shape, -1, dtype=np.int32),
            "state": np.zeros(shape, dtype=np.int16),
        }

    def put(self, block: Block) -> None:
        year = np.array([period.year - self.years[0] for period in block.grain.periods])
        slot = np.array([period.slot for period in block.grain.periods])
        state = np.where(np.isin(block.cells.state, NOT_STORED), 0, block.cells.state)
        self.arrays["state"][:, year, slot] = state
        for name in ("value", "numerator", "denominator", "n"):
            self.arrays[name][:, year, slot] = getattr(block.cells, name)

    def flat(self) -> dict[str, NDArray[Any]]:
        return {name: array.reshape(-1, SLOTS_IN_YEAR) for name, array in self.arrays.items()}


def same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Equal element by element; floats but for rounding, NaN equal to NaN."""
    if a.dtype.kind != "f":
        return a == b
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= SAME * np.maximum(np.abs(a), np.abs(b))
    return close | (a == b) | (np.isnan(a) & np.isnan(b))


def _stage(
    layout: Layout,
    target: Target,
    keys: dict[str, NDArray[np.int64]],
    new: dict[str, NDArray[Any]],
    stored: tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]],
) -> tuple[NDArray[np.bool_], NDArray[np.int64], dict[str, NDArray[Any]]]:
    """Stage the rows that differ from the stored ones; answers (changed cells, rows, old arrays).

    Stored rows of the same keys that are not among the new ones must be added by the caller with
    state 0 everywhere: publication removes such rows.
    """
    old_keys, old = stored
    names = [name for name, _ in layout.arrays if name != "run"]
    count = len(new["state"])
    place = _match(keys, old_keys, layout.key_names)
    known = place >= 0
    before = {}
    for name, dtype in layout.arrays:
        blank: Any = np.nan if dtype == "f8" else (-1 if name == "n" else 0)
        array = np.full((count, SLOTS_IN_YEAR), blank, dtype=np.dtype(dtype))
        array[known] = old[name][place[known]]
        before[name] = array
    changed = np.zeros((count, SLOTS_IN_YEAR), dtype=np.bool_)
    for name in names:
        changed |= ~same(new[name], before[name])
    held = new["state"] != 0
    target.tally.written += int((changed & (held | (before["state"] != 0))).sum())
    target.tally.unchanged += int((held & ~changed).sum())
    rows = np.flatnonzero(changed.any(axis=1))
    if len(rows):
        out = {name: np.ascontiguousarray(new[name][rows]) for name in names}
        out["run"] = np.where(changed[rows], target.run_id, before["run"][rows]).astype(np.int32)
        out["run"][out["state"] == 0] = 0
        blanks = {"numerator", "denominator"} if layout is SERIES else set()
        for name in blanks:
            if np.isnan(out[name]).all():
                out[name] = None  # type: ignore[assignment]
        table = staging(layout)
        more = {"run_id": target.run_id, "chunk": target.chunk}
        target.tally.rows += table.copy_in(table.table, {**more, **{k: v[rows] for k, v in keys.items()}}, out)
    return changed, rows, before


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
    target: Target, rows: YearRows, *, kind: str, component_id: int, version: int, whole_kind: bool, ids: dict[int, int]
) -> None:
    """Stage one component of one kind of scope.

    `whole_kind` says that the rows cover every live scope of the kind, so that stored rows of other
    scopes go; else only the scopes in `ids` are looked at. `ids` maps object to scope id.
    """
    scope = np.array([ids[int(key)] for key in rows.scopes.ids], dtype=np.int64)
    years = np.array(rows.years, dtype=np.int64)
    keys = {"scope_id": np.repeat(scope, len(years)), "year": np.tile(years, len(scope))}
    new = rows.flat()
    stored = _stored(component_id, version, kind, None if whole_kind else list(ids.values()))
    place = _match(keys, stored[0], ("scope_id", "year"))
    if rows.is_narrow:
        _keep_uncovered(rows, new, place, stored)
    kept = (new["state"] != 0).any(axis=1) | (place >= 0)
    keys = {name: array[kept] for name, array in keys.items()}
    new = {name: array[kept] for name, array in new.items()}
    _stage_keyed(target, component_id, version, keys, new, stored, np.unique(place[place >= 0]), rows.is_narrow)


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
    keys = {"scope_id": scope, "year": year}
    blank = np.full(value.shape, np.nan)
    new = {
        "value": value,
        "numerator": blank,
        "denominator": blank,
        "n": np.full(value.shape, -1, dtype=np.int32),
        "state": state,
    }
    stored = _stored(component_id, version, kind, wanted)
    place = _match(keys, stored[0], ("scope_id", "year"))
    kept = (state != 0).any(axis=1) | (place >= 0)
    keys = {name: array[kept] for name, array in keys.items()}
    new = {name: array[kept] for name, array in new.items()}
    _stage_keyed(target, component_id, version, keys, new, stored, np.unique(place[place >= 0]), False)


def _stored(
    component_id: int, version: int, kind: str, wanted: list[int] | None
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    where = "component_id = %s AND version = %s AND scope_id = ANY(%s)"
    if wanted is None:
        where = "component_id = %s AND version = %s AND scope_id IN (SELECT id FROM metrics_scope WHERE kind = %s)"
    return SERIES.read(where, [component_id, version, kind if wanted is None else wanted])


def _keep_uncovered(
    rows: YearRows,
    new: dict[str, NDArray[Any]],
    place: NDArray[np.int64],
    stored: tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]],
) -> None:
    """Slots outside the asked periods keep what is stored."""
    outside = np.tile(~rows.covered, (len(rows.scopes), 1))
    known = place >= 0
    for name, array in new.items():
        before = np.zeros_like(array)
        before[known] = stored[1][name][place[known]]
        mask = outside & known[:, None]
        array[mask] = before[mask]


def _stage_keyed(
    target: Target,
    component_id: int,
    version: int,
    keys: dict[str, NDArray[np.int64]],
    new: dict[str, NDArray[Any]],
    stored: tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]],
    matched: NDArray[np.int64],
    keep_orphans: bool,
) -> None:
    # Stored rows without a computed counterpart (a removed object, a year without facts): their cells go.
    orphan = np.ones(len(stored[0]["year"]), dtype=np.bool_)
    orphan[matched] = False
    if orphan.any() and not keep_orphans:
        gone = int(orphan.sum())
        keys = {name: np.concatenate([array, stored[0][name][orphan]]) for name, array in keys.items()}
        blank = {"n": -1, "state": 0}
        new = {
            name: np.concatenate([array, np.full((gone, SLOTS_IN_YEAR), blank.get(name, np.nan), dtype=array.dtype)])
            for name, array in new.items()
        }
    count = len(new["state"])
    keys["component_id"] = np.full(count, component_id, dtype=np.int64)
    keys["version"] = np.full(count, version, dtype=np.int64)
    changed, touched, before = _stage(SERIES, target, keys, new, stored)
    if len(touched):
        _restate(target, keys, new, before, changed)


def _restate(
    target: Target,
    keys: dict[str, NDArray[np.int64]],
    new: dict[str, NDArray[Any]],
    before: dict[str, NDArray[Any]],
    changed: NDArray[np.bool_],
) -> None:
    """Note each final value of a closed period that the run changes."""
    candidate = changed & (before["state"] == OK)
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


def stage_contributions(target: Target, keys: dict[str, NDArray[np.int64]], new: dict[str, NDArray[Any]]) -> None:
    """Stage the whole contribution ledger: stored rows that are not among the new ones go."""
    stored = CONTRIBUTIONS.read("true")
    place = _match(keys, stored[0], CONTRIBUTIONS.key_names)
    orphan = np.ones(len(stored[0]["year"]), dtype=np.bool_)
    orphan[place[place >= 0]] = False
    if orphan.any():
        gone = int(orphan.sum())
        keys = {name: np.concatenate([array, stored[0][name][orphan]]) for name, array in keys.items()}
        new = {
            name: np.concatenate(
                [array, np.full((gone, SLOTS_IN_YEAR), 0 if name == "state" else np.nan, dtype=array.dtype)]
            )
            for name, array in new.items()
        }
    _stage(CONTRIBUTIONS, target, keys, new, stored)


def stage_clear(run_id: int, chunk: int) -> None:
    """Forget what an earlier attempt at the chunk staged."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(f"DELETE FROM {layout.table}_staging WHERE run_id = %s AND chunk = %s", [run_id, chunk])
    Restatement.objects.filter(run_id=run_id, chunk=chunk).delete()


def stage_forget(run_id: int) -> None:
    """Forget everything that a run staged."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(f"DELETE FROM {layout.table}_staging WHERE run_id = %s", [run_id])
    Restatement.objects.filter(run_id=run_id).delete()


def stage_sweep() -> None:
    """Forget staged rows of runs that are over."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(
                f"DELETE FROM {layout.table}_staging s USING metrics_run r "
                "WHERE r.id = s.run_id AND r.state IN ('superseded', 'failed', 'published')"
            )


def staged_rows(run_id: int) -> dict[int, int]:
    """Staged rows by chunk: fewer than a chunk reported means that the database lost them in a crash."""
    counts: dict[int, int] = {}
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(
                f"SELECT chunk, count(*) FROM {layout.table}_staging WHERE run_id = %s GROUP BY chunk", [run_id]
            )
            for chunk, rows in cursor.fetchall():
                counts[chunk] = counts.get(chunk, 0) + rows
    return counts


def publish(run_id: int) -> None:
    """Move all staged rows of a run into the stored values. Call inside the publishing transaction."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            names = ", ".join(layout.names)
            keys = ", ".join(layout.key_names)
            match = " AND ".join(f"t.{name} = s.{name}" for name in layout.key_names)
            empty = "NOT (0 < ANY(s.state))"
            updates = ", ".join(f"{name} = excluded.{name}" for name, _ in layout.arrays)
            cursor.execute(
                f"DELETE FROM {layout.table} t USING {layout.table}_staging s "
                f"WHERE s.run_id = %s AND {match} AND {empty}",
                [run_id],
            )
            cursor.execute(
                f"INSERT INTO {layout.table} ({names}) SELECT {names} FROM {layout.table}_staging s "
                f"WHERE s.run_id = %s AND NOT ({empty}) ORDER BY {keys} "
                f"ON CONFLICT ({keys}) DO UPDATE SET {updates}",
                [run_id],
            )
            cursor.execute(f"DELETE FROM {layout.table}_staging WHERE run_id = %s", [run_id])
