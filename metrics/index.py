"""Customer success index of stored values: computed for its scopes, stored as series of its own.

The arithmetic is metrics.formulas.index. Scores come from stored headlines, so that the index and
the figures beside it can never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from metrics import storage
from metrics.cells import INSUFFICIENT_COVERAGE, OK, PARTIAL, WITH_VALUE
from metrics.formulas.index import FACTORS, Index, IndexMetrics, customer_success_index
from metrics.layout import SERIES, staging
from metrics.models import Scope
from metrics.periods import SLOTS_IN_YEAR, Period
from metrics.registry import Metric, metrics
from metrics.storage import Target

KEY: Final = "customer_success_index"
VERSION: Final = 1
KINDS: Final = ("enterprise", "customer", "portfolio", "project")
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
    """Usable headline values by scope and year: `value` has shape (rows, 17, metrics)."""

    scope: NDArray[np.int64]
    year: NDArray[np.int64]
    value: NDArray[np.float64]
    any_stored: NDArray[np.bool_]


def _headlines(
    target: Target, kind: str, wanted: list[int] | None, numbers: Mapping[tuple[str, str], int]
) -> Headlines:
    """Stored headlines of a kind with the run's own staged ones over them. Cost: two queries."""
    entries = index_entries()
    ids = [numbers[entry.key, ""] for entry in entries]
    place_of = {number: place for place, number in enumerate(ids)}
    version_of = {numbers[entry.key, ""]: entry.version for entry in entries}
    inside = "scope_id IN (SELECT id FROM metrics_scope WHERE kind = %s)" if wanted is None else "scope_id = ANY(%s)"
    condition = kind if wanted is None else wanted
    parts = [
        SERIES.read(f"component_id = ANY(%s) AND {inside}", [ids, condition]),
        staging(SERIES).read(f"run_id = %s AND component_id = ANY(%s) AND {inside}", [target.run_id, ids, condition]),
    ]
    scope = np.concatenate([keys["scope_id"] for keys, _ in parts])
    year = np.concatenate([keys["year"] for keys, _ in parts])
    pair, row = np.unique(np.stack([scope, year], axis=1), axis=0, return_inverse=True)
    value = np.full((len(pair), SLOTS_IN_YEAR, len(entries)), np.nan)
    stored = np.zeros((len(pair), SLOTS_IN_YEAR), dtype=np.bool_)
    first = 0
    for keys, arrays in parts:
        count = len(keys["year"])
        mine = row.reshape(-1)[first : first + count]
        first += count
        place = np.array([place_of[int(key)] for key in keys["component_id"]], dtype=np.int64)
        current = np.array(
            [
                version_of[int(key)] == version
                for key, version in zip(keys["component_id"], keys["version"], strict=True)
            ],
            dtype=np.bool_,
        )
        usable = np.isin(arrays["state"], WITH_VALUE)
        numbers_only = np.where(usable, arrays["value"], np.nan)
        value[mine[current], :, place[current]] = numbers_only[current]
        np.logical_or.at(stored, mine, arrays["state"] != 0)
    return Headlines(pair[:, 0], pair[:, 1], value, stored)


def index_stage(target: Target, scopes: Mapping[str, list[int]] | None) -> None:
    """Compute the index of every scope (or of the asked ones) and stage what differs."""
    numbers = storage.components()
    entries = index_entries()
    arrays = index_metrics(entries)
    for kind in KINDS:
        wanted: list[int] | None = None
        if scopes is not None:
            asked = np.array(scopes.get(kind, []), dtype=np.int64)
            if not len(asked):
                continue
            wanted = list(storage.scope_ids(kind, asked).values())
        live = set(_live_scopes(kind, wanted))
        found = _headlines(target, kind, wanted, numbers)
        kept = np.array([int(key) in live for key in found.scope], dtype=np.bool_)
        _stage_kind(
            target, kind, wanted, numbers, found, kept, customer_index(arrays, found, listed_for(entries, kind))
        )


def _live_scopes(kind: str, wanted: list[int] | None) -> list[int]:
    """Scope ids of the kind (or among the wanted) whose object still lives. Cost: one query."""
    if kind == "enterprise":
        return list(Scope.objects.filter(kind=kind).values_list("id", flat=True))
    feed = {"customer": "customers", "portfolio": "portfolios", "project": "projects"}[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id FROM metrics_scope s JOIN portfolio_{feed} f ON f.id = s.object_id "
            "WHERE s.kind = %s AND f.deleted_at IS NULL",
            [kind],
        )
        found = [row[0] for row in cursor.fetchall()]
    return found if wanted is None else [key for key in found if key in set(wanted)]


def customer_index(arrays: IndexMetrics, found: Headlines, listed: NDArray[np.bool_]) -> Index:
    """The index of every (scope, year, slot) of the headlines, rows in that order."""
    return customer_success_index(arrays, found.value.reshape(-1, found.value.shape[2]), listed)


def _stage_kind(
    target: Target,
    kind: str,
    wanted: list[int] | None,
    numbers: Mapping[tuple[str, str], int],
    found: Headlines,
    kept: NDArray[np.bool_],
    index: Index,
) -> None:
    rows = len(found.scope)
    years = sorted(set(found.year.tolist()))
    partial = np.zeros((rows, SLOTS_IN_YEAR), dtype=np.bool_)
    for year in years:
        mine = found.year == year
        for slot in range(SLOTS_IN_YEAR):
            period = Period.from_slot(year, slot)
            partial[mine, slot] = period.start < target.as_of < period.end
    has_index = ~np.isnan(index.index).reshape(rows, SLOTS_IN_YEAR)
    shown = found.any_stored & kept[:, None]
    state = np.where(has_index, np.where(partial, PARTIAL, OK), INSUFFICIENT_COVERAGE)
    state = np.where(shown, state, 0).astype(np.int16)
    values = {"": index.index}
    for place, factor in enumerate(FACTORS):
        values[factor] = index.factor[:, place]
        values[f"coverage_{factor}"] = index.coverage[:, place]
    for component, value in values.items():
        storage.stage_rows(
            target,
            component_id=numbers[KEY, component],
            version=VERSION,
            kind=kind,
            wanted=wanted,
            scope=found.scope,
            year=found.year,
            value=np.where(shown, value.reshape(rows, SLOTS_IN_YEAR), np.nan),
            state=state,
        )
