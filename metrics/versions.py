"""Versions of definitions: a changed formula, goalpost or weight is a new version; old values stay under theirs.

from metrics.versions import version_breaks, versions_stored

version_breaks(["renewal_rate"])          # where a chart must show a break
versions_stored("renewal_rate")           # what ValueQuery(version=...) and value_series(version=...) can read
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from metrics.models import DefinitionVersion, Run
from metrics.registry import metrics


@dataclass(frozen=True, slots=True)
class VersionBreak:
    """A definition was changed: values before and after are not of one series."""

    metric: str
    version: int
    on: date
    run: int


def versions_note(run: Run) -> None:
    """Take down which versions a run is the first to publish. Cost: one query, two when there is something new."""
    if run.request:
        return
    computed = {(key, int(version)) for key, version in run.plan.get("basis", {}).get("versions", {}).items()}
    new = computed - set(DefinitionVersion.objects.values_list("metric", "version"))
    if new:
        DefinitionVersion.objects.bulk_create(
            [
                DefinitionVersion(
                    metric=key,
                    version=version,
                    run_id=run.pk,
                    as_of=run.as_of,
                    since=run.published_at or timezone.now(),
                )
                for key, version in sorted(new)
            ],
            ignore_conflicts=True,
        )


def version_breaks(keys: Iterable[str] | None = None) -> list[VersionBreak]:
    """Where definitions changed, the oldest first; the first version of a metric is no break. Cost: one query."""
    rows = DefinitionVersion.objects.order_by("since", "metric", "version")
    if keys is not None:
        rows = rows.filter(metric__in=list(keys))
    first: dict[str, int] = {}
    found = []
    for row in rows:
        if row.metric in first and row.version != first[row.metric]:
            found.append(VersionBreak(row.metric, row.version, row.as_of or row.since.date(), row.run_id))
        first.setdefault(row.metric, row.version)
    return found


def versions_stored(metric: str) -> list[int]:
    """Versions of a metric that values were published by, the current one last. Cost: one query."""
    stored = set(DefinitionVersion.objects.filter(metric=metric).values_list("version", flat=True))
    current = metrics()[metric].version
    return [*sorted(stored - {current}), current]
