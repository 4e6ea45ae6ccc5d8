"""One chunk of a run: facts read at one moment, measured, and staged, in one transaction."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from metrics import storage
from metrics.columns import Facts
from metrics.engine import compute_metric
from metrics.frame import Frame
from metrics.groups import INDEX_GROUP
from metrics.index import index_stage
from metrics.layout import CONTRIBUTIONS
from metrics.ledger import METHODS, LedgerStates
from metrics.models import Run
from metrics.periods import SLOTS_IN_YEAR, Calendar, Period
from metrics.planning import ChunkPlan
from metrics.registry import metric
from metrics.scopes import Scopes
from metrics.storage import Target, YearRows


def read_at_one_moment() -> None:
    """Make the open transaction see the facts of one moment. Only at its start; else it is left as it is."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT moment")
        try:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        except Exception:  # a test's outer transaction has queried already
            cursor.execute("ROLLBACK TO SAVEPOINT moment")
        cursor.execute("RELEASE SAVEPOINT moment")


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def frames_of(facts: Facts, plan: ChunkPlan, as_of: date) -> list[Frame]:
    """The frames that a chunk computes over: its scopes, and its calendar by month, quarter and year."""
    scopes = Scopes(facts, plan.scopes)
    until = Period.parse(plan.until).end if plan.until else date.max
    first = min(date.fromisoformat(plan.first), as_of)
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    grains = Calendar(first, as_of, zone).grains
    if plan.until or plan.since:
        grains = tuple(
            cut for grain in grains if (cut := grain.between(date.fromisoformat(plan.first), until)) is not None
        )
    return [Frame(facts, grain, scopes, settings.EPMO_BASE_CURRENCY) for grain in grains]


def chunk_stage(run: Run, number: int, plan: ChunkPlan) -> storage.Tally:
    """Compute a chunk and stage what differs from the stored values. Call inside a transaction.

    Cost: one read of each fact table that the chunk's metrics need, one of the stored values.
    """
    assert run.as_of is not None
    storage.stage_clear(run.pk, number)
    target = Target(run.pk, number, run.as_of, cause=run.cause)
    if plan.name == INDEX_GROUP:
        index_stage(target, plan.scopes)
        return target.tally
    facts = Facts()
    frames = frames_of(facts, plan, run.as_of)
    if not frames:
        return target.tally
    numbers = storage.components()
    for key in plan.keys:
        _stage_metric(target, frames, key, plan, numbers)
    if plan.name == "contribution" and plan.scopes is None and not plan.since and not plan.until:
        _stage_ledger(target, frames)
    return target.tally


def _stage_metric(
    target: Target, frames: list[Frame], key: str, plan: ChunkPlan, numbers: dict[tuple[str, str], int]
) -> None:
    entry = metric(key)
    scopes = frames[0].scopes
    rows: dict[tuple[str, str], YearRows] = {}
    grains = [frame.grain for frame in frames]
    narrow = bool(plan.since or plan.until)
    for block in compute_metric(frames, key):
        at = (block.component, block.scope_kind)
        if at not in rows:
            rows[at] = YearRows(scopes.of(block.scope_kind), grains, narrow)
        rows[at].put(block)
    whole = plan.scopes is None
    for component in entry.component_names:
        for kind in entry.scopes:
            asked = None if whole else plan.scopes.get(kind, [])  # type: ignore[union-attr]
            if asked is not None and not asked:
                continue
            ids = storage.scope_ids(kind, None if asked is None else np.array(asked, dtype=np.int64))
            storage.stage_series(
                target,
                rows.get((component, kind)) or YearRows(scopes.of(kind), grains, narrow),
                kind=kind,
                component_id=numbers[key, component],
                version=entry.version,
                whole_kind=whole,
                ids=ids,
            )


def _stage_ledger(target: Target, frames: Iterable[Frame]) -> None:
    """Lines of the contribution ledger: claims in force on measurable outcomes, and the unattributed rest."""
    keys: list[NDArray[np.int64]] = []
    slots: list[NDArray[np.int64]] = []
    fields: dict[str, list[NDArray[np.float64]]] = {}
    for frame in frames:
        due = [place for place in range(frame.count) if frame.grain.is_due[place]]
        for number, method in enumerate(METHODS):
            states = LedgerStates(frame, method)
            outcome_ids = states.outcomes.ids
            project_ids = frame.table("projects").ids
            for place, after, moved in states.ends():
                if place not in due:
                    continue
                period = frame.grain.periods[place]
                pair = np.flatnonzero(~np.isnan(after.claim))
                outcome = after.outcome[pair]
                rest = np.flatnonzero(after.measurable)
                both = np.concatenate([outcome, rest])
                count = len(both)
                key = np.empty((count, 4), dtype=np.int64)
                key[:, 0] = number
                key[:, 1] = outcome_ids[both]
                key[: len(pair), 2] = project_ids[states.pair_project[pair]]
                key[len(pair) :, 2] = 0
                key[:, 3] = period.year
                keys.append(key)
                slots.append(np.full(count, period.slot))
                blank = np.full(len(rest), np.nan)
                scale = after.scale[outcome] if method == "proportional" else np.full(len(pair), np.nan)
                line = {
                    "attained_progress": after.progress[both],
                    "outcome_points_weight": after.weight[both],
                    "claim_progress": np.concatenate([after.claim[pair], blank]),
                    "credited_progress": np.concatenate([after.credited[pair], after.unattributed[rest]]),
                    "scale": np.concatenate([scale, blank]),
                    "points": np.concatenate([after.points[pair], after.unattributed_points[rest]]),
                    "change": np.concatenate([moved.change[pair], moved.unattributed_change[rest]]),
                    "mix": np.concatenate([moved.mix[pair], moved.unattributed_mix[rest]]),
                }
                for name, values in line.items():
                    fields.setdefault(name, []).append(values)
    if not keys:
        empty = {name: np.zeros(0, dtype=np.int64) for name in ("method", "outcome_id", "project_id", "year")}
        names = CONTRIBUTIONS.arrays
        blank_rows = {name: np.zeros((0, SLOTS_IN_YEAR), dtype=np.dtype(kind)) for name, kind in names}
        storage.stage_contributions(target, empty, blank_rows)
        return
    unique, row = np.unique(np.concatenate(keys), axis=0, return_inverse=True)
    slot = np.concatenate(slots)
    arrays: dict[str, NDArray[np.float64] | NDArray[np.int16]] = {}
    for name, parts in fields.items():
        array = np.full((len(unique), SLOTS_IN_YEAR), np.nan)
        array[row, slot] = np.concatenate(parts)
        arrays[name] = array
    state = np.zeros((len(unique), SLOTS_IN_YEAR), dtype=np.int16)
    state[row, slot] = 1
    arrays["state"] = state
    named = {name: unique[:, place] for place, name in enumerate(CONTRIBUTIONS.key_names)}
    storage.stage_contributions(target, named, arrays)
