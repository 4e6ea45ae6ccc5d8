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
from metrics.layout import SERIES
from metrics.models import Scope
from metrics.periods import SLOTS_IN_YEAR, Period
from metrics.registry import Metric, metrics
from metrics.storage import Rows, ScopeNumbers, Target

KEY: Final = "customer_success_index"
VERSION: Final = 1
KINDS: Final = ("enterprise", "customer", "portfolio", "project")
YEARS: Final = 10_000
"""Scope and year travel as one number: scope times this, and the year."""
CELLS_AT_ONCE: Final = 4_000
"""Few enough that the arrays of one step stay in the processor's cache."""
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

    def values(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values of some cells (row x 17 + slot) with a place for every metric, shape (cells, metrics)."""
        whole = np.full((len(cells), len(self.listed)), np.nan)
        whole[:, self.listed] = self.value.reshape(-1, self.value.shape[2])[cells]
        return whole


def _staged(target: Target, numbers: Mapping[tuple[str, str], int]) -> Rows:
    """The run's own headlines, of all kinds: a join would be planned without knowing how many rows are staged.

    Cost: one query, which scans what is staged.
    """
    condition, params = _current(index_entries(), numbers)
    return target.staged(SERIES, condition, params, ("value", "state"))


def _headlines(
    target: Target, kind: str, wanted: list[int] | None, staged: Rows, numbers: Mapping[tuple[str, str], int]
) -> Headlines:
    """Stored headlines of a kind with the run's own staged ones over them. Cost: two queries."""
    entries = index_entries()
    listed = listed_for(entries, kind)
    mine = [entry for entry, is_listed in zip(entries, listed, strict=True) if is_listed]
    ids = [numbers[entry.key, ""] for entry in mine]
    place_of = np.full(max(numbers.values()) + 1, -1, dtype=np.int64)
    place_of[ids] = np.arange(len(ids))
    if wanted is None:
        wanted = list(Scope.objects.filter(kind=kind).values_list("id", flat=True))
    condition, params = _current(mine, numbers)
    own = np.flatnonzero(np.isin(staged[0]["scope_id"], wanted) & (place_of[staged[0]["component_id"]] >= 0))
    parts = [
        target.stored(SERIES, f"{condition} AND scope_id = ANY(%s)", [*params, wanted], ("value", "state")),
        ({name: key[own] for name, key in staged[0].items()}, {name: a[own] for name, a in staged[1].items()}),
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
    staged = _staged(target, numbers)
    changed = _kinds_of(np.unique(staged[0]["scope_id"])) if only_changed else {}
    known = ScopeNumbers(scopes)
    for kind in KINDS:
        wanted = changed.get(kind, []) if only_changed else known.asked(kind)
        if wanted is not None and not wanted:
            continue
        _stage_kind(target, kind, wanted, numbers, _headlines(target, kind, wanted, staged, numbers), arrays)


def _kinds_of(scope_ids: NDArray[np.int64]) -> dict[str, list[int]]:
    """Scope ids by kind. Cost: one query."""
    found: dict[str, list[int]] = {}
    for kind, scope in Scope.objects.filter(id__in=scope_ids.tolist()).values_list("kind", "id"):
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
    shown = found.held & np.isin(found.scope, _live_scopes(kind))[:, None]
    values = {name: np.full(rows * SLOTS_IN_YEAR, np.nan) for name in COMPONENTS}
    held = np.flatnonzero(shown)
    for first in range(0, len(held), CELLS_AT_ONCE):
        cells = held[first : first + CELLS_AT_ONCE]
        index = customer_success_index(arrays, found.values(cells), found.listed)
        values[""][cells] = index.index
        for place, factor in enumerate(FACTORS):
            values[factor][cells] = index.factor[:, place]
            values[f"coverage_{factor}"][cells] = index.coverage[:, place]
    partial = np.zeros((rows, SLOTS_IN_YEAR), dtype=np.bool_)
    for year in np.unique(found.year).tolist():
        for slot in range(SLOTS_IN_YEAR):
            period = Period.from_slot(year, slot)
            partial[found.year == year, slot] = period.start < target.as_of < period.end
    missing = np.isnan(values[""]).reshape(rows, SLOTS_IN_YEAR)
    state = np.where(missing, INSUFFICIENT_COVERAGE, np.where(partial, PARTIAL, OK))
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
            value=values.pop(component).reshape(rows, SLOTS_IN_YEAR),
            state=state,
        )
