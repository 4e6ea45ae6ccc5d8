"""Imports, their reports and runs, for those who may write facts: reports quote cells."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q
from django.http import Http404

from metrics.models import Run, RunChunk
from portfolio.models import ImportProblem, ImportRun
from portfolio.rights import Visibility

PROBLEMS = 100


def import_list(*, visible_to: Visibility, before: int | None = None, limit: int = 20) -> list[ImportRun]:
    """Imports, newest first, with who asked and their files. Cost: two queries; none for roles that do not write."""
    if not visible_to.reads_people:
        return []
    rows = ImportRun.objects.select_related("actor").prefetch_related("files").defer("preview")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def import_get(number: int, *, visible_to: Visibility) -> ImportRun:
    """One import; raises Http404 for roles that do not write, as for none of that number. Cost: two queries."""
    rows = ImportRun.objects.select_related("actor", "change_set").prefetch_related("files")
    run = rows.filter(pk=number).first() if visible_to.reads_people else None
    if run is None:
        raise Http404(str(number))
    return run


def import_problems(run: ImportRun, *, first: int = 0, limit: int = PROBLEMS) -> list[ImportProblem]:
    """Lines of the report of an import already checked, in their order. Cost: one query."""
    return list(ImportProblem.objects.filter(run=run).order_by("place")[first : first + limit])


def problem_rows(run: ImportRun) -> Iterator[tuple[object, ...]]:
    """Every line of a report, for a file."""
    names = ("file", "line", "column", "value", "code", "severity", "message", "remedy")
    return ImportProblem.objects.filter(run=run).order_by("place").values_list(*names).iterator(2000)


def run_list(*, limit: int = 10) -> list[tuple[Run, int, int]]:
    """Computations, newest first, each with its chunks and how many of them are done. Cost: one query."""
    counted = Run.objects.annotate(
        parts=Count("chunks"), parts_done=Count("chunks", filter=Q(chunks__state=RunChunk.State.DONE))
    )
    return [(run, run.parts, run.parts_done) for run in counted.order_by("-id")[:limit]]
