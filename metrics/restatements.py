"""What became of closed values: each restatement with its old and new value, and what caused it.

    from metrics.restatements import restatements

    restatements(visible_to=visible, metric="renewal_rate", scope_kind="enterprise")    # newest first

A provisional value, or one of a period that was not over, is no final word: that it changes is no restatement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from metrics.cells import STATES, WITH_VALUE
from metrics.index import KEY as INDEX
from metrics.models import Restatement, Run
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.models import ChangeSet
from portfolio.rights import GRANTED_KINDS, Visibility

CHANGES_NAMED = 5
"""So many writes are named as the cause of a restatement, the newest first."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write of facts between two runs: what it was, who made it, and how many rows of which feeds it changed."""

    change_set: int
    kind: str
    at: datetime
    by: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class RestatementRecord:
    """One value of a closed period that is another one now. `writes` are what came between the two runs."""

    metric: str
    component: str
    version: int
    scope_kind: str
    scope: str
    period: str
    unit: str
    old_value: float | None
    old_status: str
    old_reason: str
    old_run: int
    new_value: float | None
    new_status: str
    new_reason: str
    run: int
    at: datetime | None
    cause: str
    writes: tuple[Write, ...]

    @property
    def change(self) -> float | None:
        """New less old, where both are numbers."""
        return None if self.old_value is None or self.new_value is None else self.new_value - self.old_value


def restatements(
    *,
    visible_to: Visibility,
    metric: str | None = None,
    component: str | None = None,
    scope_kind: str | None = None,
    scope: str | None = None,
    periods: Iterable[Period] | None = None,
    run: int | None = None,
    since: datetime | None = None,
    most: int = 200,
) -> list[RestatementRecord]:
    """Restatements inside the rights, the newest first. Cost: three queries.

    People values of teams are told only to those who see the people, since a difference may say of whom they were.
    """
    found = Restatement.objects.filter(run__state=Run.State.PUBLISHED)
    wanted: dict[str, Any] = {
        "component__metric": metric,
        "component__component": component,
        "scope__kind": scope_kind,
        "scope__code": scope,
        "run_id": run,
        "run__published_at__gte": since,
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    if periods is not None:
        found = found.filter(period__in=[period.code for period in periods])
    if not visible_to.reads_all:
        inside = Q(pk__in=[])
        for kind in GRANTED_KINDS:
            inside |= Q(scope__kind=kind, scope__code__in=visible_to.codes_of(kind) or ())
        found = found.filter(inside)
    if not visible_to.reads_people:
        people = [key for key, entry in metrics().items() if entry.people_metric]
        found = found.exclude(scope__kind="team", component__metric__in=people)
    notes = list(found.select_related("component", "scope", "run").order_by("-run__published_at", "-id")[:most])
    writes = writes_of({note.run for note in notes})
    return [_record(note, writes.get(note.run_id, ())) for note in notes]


def _record(note: Restatement, writes: tuple[Write, ...]) -> RestatementRecord:
    old_status, old_reason = STATES[note.old_state]
    new_status, new_reason = STATES[note.new_state]
    return RestatementRecord(
        note.component.metric,
        note.component.component,
        note.version,
        note.scope.kind,
        note.scope.code,
        note.period,
        _unit(note.component.metric, note.component.component),
        note.old_value if note.old_state in WITH_VALUE else None,
        old_status,
        old_reason,
        note.old_run,
        note.new_value if note.new_state in WITH_VALUE else None,
        new_status,
        new_reason,
        note.run_id,
        note.run.published_at,
        note.cause,
        writes,
    )


def _unit(metric: str, component: str) -> str:
    if metric == INDEX:
        return "ratio" if component.startswith("coverage_") else "points 0..100"
    entry = metrics().get(metric)
    return entry.component(component).unit if entry is not None and component in entry.component_names else ""


def writes_of(runs: Iterable[Run]) -> dict[int, tuple[Write, ...]]:
    """The newest writes of facts that each run saw first, by run id. Cost: two queries."""
    asked = list(runs)
    if not asked:
        return {}
    whole = Run.objects.filter(state=Run.State.PUBLISHED, request={}, id__lt=max(run.pk for run in asked))
    seen = sorted(whole.values_list("id", "changes_upto"))
    spans = {run.pk: (_before(run.pk, seen), run.changes_upto) for run in asked}
    wanted = Q(pk__in=[])
    for low, high in spans.values():
        wanted |= Q(pk__gt=low, pk__lte=high)
    sets = list(ChangeSet.objects.filter(wanted).select_related("actor").order_by("-id")[: 50 * len(spans)])
    return {
        run: tuple(_write(each) for each in sets if low < each.pk <= high)[:CHANGES_NAMED]
        for run, (low, high) in spans.items()
    }


def _before(run: int, seen: Sequence[tuple[int, int]]) -> int:
    return max((upto for pk, upto in seen if pk < run), default=0)


def _write(each: ChangeSet) -> Write:
    rows = {feed: sum(counts.values()) for feed, counts in each.counts.items()}
    by = each.actor.get_username() if each.actor is not None else ""
    return Write(each.pk, each.kind, each.at, by, rows)
