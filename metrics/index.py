"""Customer success index of stored values: computed for its scopes, stored as series of its own.

The arithmetic is metrics.formulas.index. Scores come from stored headlines, so that the index and
the figures beside it can never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from metrics import storage
from metrics.cells import INSUFFICIENT_COVERAGE, OK, PARTIAL, WITH_VALUE, among
from metrics.formulas.index import FACTORS, IndexMetrics, customer_success_index
from metrics.layout import SERIES, staging
from metrics.models import Scope
from metrics.periods import SLOTS_IN_YEAR, Period
from metrics.registry import Metric, metrics
from metrics.storage import ScopeNumbers, Target

KEY: Final = "customer_success_index"
VERSION: Final = 1
KINDS: Final = ("enterprise", "customer", "portfolio", "project")
YEARS: Final = 10_000
"""Scope and year travel as one number: scope times this, and the year."""
ROWS_AT_ONCE: Final = 1_000
USABLE: Final = among(*WITH_VALUE)
COMPONENTS: Final = ("", *FACTORS, *(f"coverage_{factor}" for factor in FACTORS))


def index_entries() -> tuple[Metric, ...]:
    """Entries with an index block, in the order of the catalogue."""
    return tuple(entry for entry in metrics().values() if entry.index is not None)


def index_metrics(entries: tuple[Metric, ...]) -> IndexMetrics:
    """The entries' goalposts, weights and factors as arrays."""
    posts = [entry.index for entry in entries if entry.index is not None]
    return IndexMetrics(
        worst=np.array([post.worst for post in posts]),
        best=np.array([post.best for post in posts]),
        weight=np.array([post.weight for post in posts], dtype=np.float64),
        factor=np.array([FACTORS.index(entry.factor) for entry in entries], dtype=np.int64),
        financial=np.array([entry.family == "financial" for entry in entries]),
    )


def listed_for(entries: tuple[Metric, ...], kind: str) -> NDArray[np.bool_]:
    """Which entries list the kind of scope."""
    return np.array([kind in entry.scopes for entry in entries])


@dataclass(frozen=True)
class Headlines:
    """Usable headline values of a kind by scope and year, of the metrics that list the kind.

    `value` has shape (rows, 17, metrics listed), `held` says where anything is stored.
    """

    scope: NDArray[np.int64]
    year: NDArray[np.int64]
    listed: NDArray[np.bool_]
    value: NDArray[np.float64]
    held: NDArray[np.bool_]

    def values(self, rows: slice) -> NDArray[np.float64]:
        """Values of some rows with a place for every metric, shape (rows x 17, metrics)."""
        mine = self.value[rows]
        whole = np.full((len(mine), SLOTS_IN_YEAR, len(self.listed)), np.nan)
        whole[:, :, self.listed] = mine
        return whole.reshape(-1, len(self.listed))


def _headlines(
    target: Target, kind: str, wanted: list[int] | None, numbers: Mapping[tuple[str, str], int]
) -> Headlines:
    """Stored headlines of a kind with the run's own staged ones over them. Cost: two queries."""
    entries = index_entries()
    listed = listed_for(entries, kind)
    mine = [entry for entry, is_listed in zip(entries, listed, strict=True) if is_listed]
    ids = [numbers[entry.key, ""] for entry in mine]
    place_of = np.zeros(max(ids, default=0) + 1, dtype=np.int64)
    place_of[ids] = np.arange(len(ids))
    condition, params = _current(mine, numbers)
    inside = "scope_id IN (SELECT id FROM metrics_scope WHERE kind = %s)" if wanted is None else "scope_id = ANY(%s)"
    condition, params = f"{condition} AND {inside}", [*params, kind if wanted is None else wanted]
    parts = [
        SERIES.read(condition, params, ("value", "state")),
        staging(SERIES).read(f"run_id = %s AND {condition}", [target.run_id, *params], ("value", "state")),
    ]
    scope = np.concatenate([keys["scope_id"] for keys, _ in parts])
    year = np.concatenate([keys["year"] for keys, _ in parts])
    pair, row = np.unique(scope * YEARS + year, return_inverse=True)
    value = np.full((len(pair), SLOTS_IN_YEAR, len(ids)), np.nan)
    held = np.zeros((len(pair), SLOTS_IN_YEAR, len(ids)), dtype=np.bool_)
    first = 0
    for keys, arrays in parts:
        at = row[first : first + len(keys["year"])]
        first += len(keys["year"])
        place = place_of[keys["component_id"]]
        usable = USABLE[arrays["state"]]
        value[at, :, place] = np.where(usable, arrays["value"], np.nan)
        held[at, :, place] = arrays["state"] != 0
    return Headlines(pair // YEARS, pair % YEARS, listed, value, np.asarray(held.any(axis=2)))


def _current(entries: Sequence[Metric], numbers: Mapping[tuple[str, str], int]) -> tuple[str, list[object]]:
    """Condition for headline rows of the entries' current versions."""
    versions = sorted({entry.version for entry in entries})
    parts = ["(version = %s AND component_id = ANY(%s))"] * len(versions) or ["false"]
    params: list[object] = []
    for version in versions:
        params += [version, [numbers[entry.key, ""] for entry in entries if entry.version == version]]
    return f"({' OR '.join(parts)})", params


def index_stage(target: Target, scopes: Mapping[str, list[int]] | None, only_changed: bool = False) -> None:
    """Compute the index of every scope (or of the asked ones) and stage what differs.

    `only_changed` leaves out scopes of which the run staged no headline: their index is the stored one.
    """
    numbers = storage.components()
    arrays = index_metrics(index_entries())
    changed = _changed_scopes(target, numbers) if only_changed else {}
    known = ScopeNumbers(scopes)
    for kind in KINDS:
        wanted = changed.get(kind, []) if only_changed else known.asked(kind)
        if wanted is not None and not wanted:
            continue
        _stage_kind(target, kind, wanted, numbers, _headlines(target, kind, wanted, numbers), arrays)


def _changed_scopes(target: Target, numbers: Mapping[tuple[str, str], int]) -> dict[str, list[int]]:
    """Scope ids by kind of which the run staged a headline. Cost: one query."""
    headlines = [numbers[entry.key, ""] for entry in index_entries()]
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT k.kind, k.id FROM {SERIES.table}_staging s JOIN metrics_scope k ON k.id = s.scope_id "
            "WHERE s.run_id = %s AND s.component_id = ANY(%s)",
            [target.run_id, headlines],
        )
        for kind, scope in cursor.fetchall():
            found.setdefault(kind, []).append(scope)
    return found


def _live_scopes(kind: str) -> NDArray[np.int64]:
    """Scope ids of the kind whose object still lives. Cost: one query."""
    if kind == "enterprise":
        return np.array(list(Scope.objects.filter(kind=kind).values_list("id", flat=True)), dtype=np.int64)
    feed = {"customer": "customers", "portfolio": "portfolios", "project": "projects"}[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id FROM metrics_scope s JOIN portfolio_{feed} f ON f.id = s.object_id "
            "WHERE s.kind = %s AND f.deleted_at IS NULL",
            [kind],
        )
        return np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)


def _stage_kind(
    target: Target,
    kind: str,
    wanted: list[int] | None,
    numbers: Mapping[tuple[str, str], int],
    found: Headlines,
    arrays: IndexMetrics,
) -> None:
    rows = len(found.scope)
    values = {name: np.full((rows, SLOTS_IN_YEAR), np.nan) for name in COMPONENTS}
    for first in range(0, rows, ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        index = customer_success_index(arrays, found.values(part), found.listed)
        values[""][part] = index.index.reshape(-1, SLOTS_IN_YEAR)
        for place, factor in enumerate(FACTORS):
            values[factor][part] = index.factor[:, place].reshape(-1, SLOTS_IN_YEAR)
            values[f"coverage_{factor}"][part] = index.coverage[:, place].reshape(-1, SLOTS_IN_YEAR)
    partial = np.zeros((rows, SLOTS_IN_YEAR), dtype=np.bool_)
    for year in np.unique(found.year).tolist():
        for slot in range(SLOTS_IN_YEAR):
            period = Period.from_slot(year, slot)
            partial[found.year == year, slot] = period.start < target.as_of < period.end
    shown = found.held & np.isin(found.scope, _live_scopes(kind))[:, None]
    state = np.where(np.isnan(values[""]), INSUFFICIENT_COVERAGE, np.where(partial, PARTIAL, OK))
    state = np.where(shown, state, 0).astype(np.int16)
    for component in COMPONENTS:
        storage.stage_rows(
            target,
            component_id=numbers[KEY, component],
            version=VERSION,
            kind=kind,
            wanted=wanted,
            scope=found.scope,
            year=found.year,
            value=np.where(shown, values.pop(component), np.nan),
            state=state,
        )
