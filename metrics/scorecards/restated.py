"""What of earlier published scorecards is another value now: old, new, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from metrics.models import Component, Restatement, Run, Scorecard
from metrics.periods import Period
from metrics.registry import metrics
from metrics.scorecards.content import Content, Restated, Row, content_load
from metrics.scorecards.reading import Cell, Stored

Key = tuple[str, str, str, str, str]
"""Period, metric, component, scope kind, scope."""

SAME: Final = 1e-9
EARLIER: Final = 8
"""So many published quarters back are compared."""


def earlier_published(period: str, kind: str, code: str) -> list[Content]:
    """Contents published before a quarter for the same scope, oldest first. Cost: one query."""
    found = Scorecard.objects.filter(
        state=Scorecard.State.PUBLISHED, scope_kind=kind, scope=code, period__lt=period
    ).order_by("-period")[:EARLIER]
    return [content_load(card.frozen) for card in reversed(found)]


def said_last(contents: Sequence[Content]) -> dict[Key, tuple[Row, float | None, str]]:
    """What was last said of each row: as frozen, or as a later scorecard restated it."""
    found: dict[Key, tuple[Row, float | None, str]] = {}
    for content in contents:
        for row in content.rows:
            found[(content.period, *row.key)] = (row, row.value, row.status)
        for line in content.restated:
            key = (line.period, line.metric, line.component, line.scope_kind, line.scope)
            if key in found:
                found[key] = (found[key][0], line.new, line.new_status)
    return found


def restated_since(contents: Sequence[Content], stored: Stored) -> tuple[Restated, ...]:
    """Rows of these contents whose stored value is another one now. Cost: two queries when there are any."""
    changed: list[tuple[Key, Row, float | None, str, Cell]] = []
    for key, (row, value, status) in said_last(contents).items():
        if row.metric not in metrics() and not row.metric.startswith("customer_success_index"):
            continue  # the catalogue has dropped it
        now = stored.cell((row.scope_kind, row.scope), row.metric, row.component, Period.parse(key[0]))
        if not _same(value, now.value):
            changed.append((key, row, value, status, now))
    causes = _causes([key for key, *_ in changed])
    return tuple(
        Restated(
            period=key[0],
            metric=row.metric,
            component=row.component,
            scope_kind=row.scope_kind,
            scope=row.scope,
            unit=row.unit,
            old=value,
            old_status=status,
            new=now.value,
            new_status=now.status,
            reason=_reason(row, key, causes),
            at=causes[key][1] if key in causes else "",
        )
        for key, row, value, status, now in changed
    )


def periods_of(contents: Iterable[Content]) -> list[Period]:
    """The quarters of some contents."""
    return [Period.parse(content.period) for content in contents]


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= max(1e-6, SAME * max(abs(a), abs(b)))


def _causes(keys: Sequence[Key]) -> dict[Key, tuple[str, str]]:
    """Cause and day of the newest note of a restatement, by key."""
    if not keys:
        return {}
    wanted = set(keys)
    notes = (
        Restatement.objects.filter(
            period__in={key[0] for key in keys},
            component__in=Component.objects.filter(metric__in={key[1] for key in keys}),
            scope__kind__in={key[3] for key in keys},
            scope__code__in={key[4] for key in keys},
            run__state="published",
        )
        .order_by("run__published_at", "run_id")
        .values_list(
            "period", "component__metric", "component__component", "scope__kind", "scope__code", "cause",
            "run__published_at", "run__changes_upto", "old_run",
        )
    )  # fmt: skip
    rows = list(notes)
    seen = dict(Run.objects.filter(pk__in={row[-1] for row in rows}).values_list("id", "changes_upto"))
    found: dict[Key, tuple[str, str]] = {}
    for *key, cause, at, changes, old_run in rows:
        if tuple(key) in wanted:
            found[tuple(key)] = (_cause(cause, changes, old_run, seen), at.isoformat() if at else "")  # type: ignore[index]
    return found


def _cause(cause: str, changes: int, old_run: int, seen: Mapping[int, int]) -> str:
    """The change of facts behind a run, where it saw one that the run before it had not; else what asked for it."""
    if not cause.startswith("change ") and changes > seen.get(old_run, changes):
        return f"change {changes}"
    return cause


def _reason(row: Row, key: Key, causes: dict[Key, Any]) -> str:
    """The cause of the run that restated it; `version:1:2` when another definition holds now; blank if not known."""
    entry = metrics().get(row.metric)
    if entry is not None and entry.version != row.version:
        return f"version:{row.version}:{entry.version}"
    return causes[key][0] if key in causes else ""
