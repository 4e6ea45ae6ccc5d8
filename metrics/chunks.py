"""One chunk of a run: facts read at one moment, measured, and staged, in one transaction."""

from __future__ import annotations

import resource
import sys
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from metrics import storage
from metrics.columns import Facts
from metrics.effects import row_windows
from metrics.engine import compute_metric
from metrics.formulas.contribution import Method
from metrics.frame import Frame
from metrics.groups import INDEX_GROUP
from metrics.index import index_stage
from metrics.layout import CONTRIBUTIONS
from metrics.ledger import METHODS, LedgerStates
from metrics.models import Run
from metrics.periods import SLOTS_IN_YEAR, Calendar, Kind, Period
from metrics.planning import ChunkPlan
from metrics.publication import stage_clear
from metrics.registry import Metric, metric
from metrics.scopes import Scopes
from metrics.scorecards.closed import closed_quarters
from metrics.storage import ScopeNumbers, Target
from metrics.year_rows import YearRows


def read_at_one_moment() -> None:
    """Make the transaction that was just begun see the facts of one moment.

    Inside another one (a test's) it is left as it is: the level is the outermost transaction's.
    """
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def frames_of(facts: Facts, plan: ChunkPlan, as_of: date) -> list[Frame]:
    """The frames that a chunk computes over: its scopes, and its calendar by month, quarter and year."""
    scopes = Scopes(facts, plan.scopes)
    first = min(date.fromisoformat(plan.first), as_of)
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    grains = Calendar(first, as_of, zone).grains
    if plan.until or plan.since:
        grains = tuple(cut for grain in grains if (cut := grain.between(*plan_days(plan, grain.kind))) is not None)
    return [Frame(facts, grain, scopes, settings.EPMO_BASE_CURRENCY) for grain in grains]


def plan_days(plan: ChunkPlan, kind: Kind) -> tuple[date, date]:
    """First day, and first day after, of the periods of a kind that a chunk may change."""
    since = Period.parse(plan.since) if plan.since else None
    until = Period.parse(plan.until) if plan.until else None
    if plan.own_periods:
        since = since and Period.containing(kind, since.start)
        until = until and Period.containing(kind, until.end - timedelta(days=1))
    return since.start if since else date.min, until.end if until else date.max


def chunk_stage(run: Run, number: int, plan: ChunkPlan) -> storage.Tally:
    """Compute a chunk and stage what differs from the stored values. Call inside a transaction.

    Cost: one read of each fact table that the chunk's metrics need, one of the stored values.
    """
    assert run.as_of is not None
    stage_clear(run, number)
    target = Target(run.pk, number, run.as_of, run.cause, closed_quarters(), run.is_shadowed)
    if plan.name == INDEX_GROUP:
        index_stage(target, plan.scopes, plan.only_changed)
        return target.tally
    windows = row_windows(plan.name, *plan_days(plan, "year")) if plan.own_periods else {}
    facts = Facts(windows, keeps=plan.scopes is not None and not run.is_full)
    frames = frames_of(facts, plan, run.as_of)
    if not frames:
        return target.tally
    numbers = storage.components()
    scopes = ScopeNumbers(plan.scopes)
    for key in plan.keys:
        _stage_metric(target, frames, key, plan, numbers, scopes)
    if plan.name == "contribution" and plan.scopes is None and not plan.since and not plan.until:
        _stage_ledger(target, frames)
    return target.tally


def _stage_metric(
    target: Target,
    frames: list[Frame],
    key: str,
    plan: ChunkPlan,
    numbers: dict[tuple[str, str], int],
    known: ScopeNumbers,
) -> None:
    """Stage a metric, one kind of scope at a time: what is held grows with one kind, not with all."""
    entry = metric(key)
    scopes = frames[0].scopes
    grains = [frame.grain for frame in frames]
    narrow = bool(plan.since or plan.until)
    left = set(entry.scopes)
    for kind, blocks in groupby(compute_metric(frames, key), lambda block: block.scope_kind):
        left.discard(kind)
        rows: dict[str, YearRows] = {}
        for block in blocks:
            if block.component not in rows:
                rows[block.component] = YearRows(scopes.of(kind), grains, narrow)
            rows[block.component].put(block)
        _stage_kind(target, entry, kind, rows, YearRows(scopes.of(kind), grains, narrow), numbers, known)
    for kind in left:
        # No live scope of the kind: what is stored of it goes.
        _stage_kind(target, entry, kind, {}, YearRows(scopes.of(kind), grains, narrow), numbers, known)


def _stage_kind(
    target: Target,
    entry: Metric,
    kind: str,
    rows: dict[str, YearRows],
    nothing: YearRows,
    numbers: dict[tuple[str, str], int],
    known: ScopeNumbers,
) -> None:
    wanted = known.asked(kind)
    if wanted is not None and not wanted:
        return
    for component in entry.component_names:
        storage.stage_series(
            target,
            rows.pop(component, nothing),
            kind=kind,
            component_id=numbers[entry.key, component],
            version=entry.version,
            scope=known.of(nothing.scopes),
            wanted=wanted,
        )


def _stage_ledger(target: Target, frames: list[Frame]) -> None:
    """Lines of the contribution ledger: claims in force on measurable outcomes, and the unattributed rest."""
    years = sorted({period.year for frame in frames for period in frame.grain.periods})
    for number, method in enumerate(METHODS):
        keys: dict[str, list[NDArray[np.int64]]] = {name: [] for name in ("outcome_id", "project_id", "year")}
        arrays: dict[str, list[NDArray[Any]]] = {name: [] for name, _ in CONTRIBUTIONS.arrays if name != "run"}
        states = LedgerStates.of(frames[0], method)
        project_ids = frames[0].table("projects").ids
        for year in years:
            claims, rest = _ledger_lines(frames, method, year)
            for lines, outcome, project in (
                (claims, states.outcomes.ids[states.pair_outcome], project_ids[states.pair_project]),
                (rest, states.outcomes.ids, np.zeros(len(states.outcomes), dtype=np.int64)),
            ):
                held = np.flatnonzero(lines["state"].any(axis=1))
                keys["outcome_id"].append(outcome[held].astype(np.int64))
                keys["project_id"].append(project[held].astype(np.int64))
                keys["year"].append(np.full(len(held), year, dtype=np.int64))
                for name, made in lines.items():
                    arrays[name].append(made[held])
        storage.stage_contributions(
            target,
            number,
            {name: np.concatenate(parts) for name, parts in keys.items()},
            {name: np.concatenate(arrays.pop(name)) for name in list(arrays)},
        )
        for frame in frames:
            frame.forget()


def _ledger_lines(
    frames: list[Frame], method: Method, year: int
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Lines of a year by (pair, slot) and unattributed lines by (outcome, slot)."""
    first = LedgerStates.of(frames[0], method)
    names = [name for name, _ in CONTRIBUTIONS.arrays if name not in ("state", "run")]

    def blank(rows: int) -> dict[str, NDArray[Any]]:
        shape = (rows, SLOTS_IN_YEAR)
        made: dict[str, NDArray[Any]] = {name: np.full(shape, np.nan) for name in names}
        return {**made, "state": np.zeros(shape, dtype=np.int16)}

    claims, rest = blank(len(first.pairs)), blank(len(first.outcomes))
    for frame in frames:
        due = [
            place
            for place, period in enumerate(frame.grain.periods)
            if period.year == year and frame.grain.is_due[place]
        ]
        for place, after, moved in LedgerStates.of(frame, method).ends(due):
            slot = frame.grain.periods[place].slot
            pair = np.flatnonzero(~np.isnan(after.claim))
            outcome = after.outcome[pair]
            line = {
                "attained_progress": after.progress[outcome],
                "outcome_points_weight": after.weight[outcome],
                "claim_progress": after.claim[pair],
                "credited_progress": after.credited[pair],
                "points": after.points[pair],
                "change": moved.change[pair],
                "mix": moved.mix[pair],
                "state": 1,
            }
            if method == "proportional":
                line["scale"] = after.scale[outcome]
            for name, values in line.items():
                claims[name][pair, slot] = values
            at = np.flatnonzero(after.measurable)
            unattributed = {
                "attained_progress": after.progress[at],
                "outcome_points_weight": after.weight[at],
                "credited_progress": after.unattributed[at],
                "points": after.unattributed_points[at],
                "change": moved.unattributed_change[at],
                "mix": moved.unattributed_mix[at],
                "state": 1,
            }
            for name, values in unattributed.items():
                rest[name][at, slot] = values
    return claims, rest
