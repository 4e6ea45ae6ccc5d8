"""Import runs: claimed, kept alive over a connection of their own, and closed with their report."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from types import TracebackType
from typing import Any

import psycopg2
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portfolio.models import ImportFile, ImportRun
from portfolio.services.facts import Report, facts_write
from portfolio.services.problems import Problem
from portfolio.services.tables import Delivery, Table

RUN_LOCK = 0x494D50
"""First half of the advisory lock that a running import holds on its own connection."""
HEARTBEAT_SECONDS = 1.0
MAX_ATTEMPTS = 3


class Alive:
    """A second connection that says an import is alive: it holds the run's lock and writes its progress.

    When the process dies the server frees the lock, so that a sweeper sees at once that nobody works on the run.
    """

    def __init__(self, run: int) -> None:
        self._run = run
        self._connection: Any = None
        self._next = 0.0
        self.claimed = False

    def __enter__(self) -> Alive:
        with connection.wrap_database_errors:
            self._connection = connection.get_new_connection(connection.get_connection_params())
        self._connection.autocommit = True
        with connection.wrap_database_errors, self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RUN_LOCK, self._run])
            self.claimed = cursor.fetchone()[0]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The server frees the lock of a closed connection a moment later; whoever waits need not.
        with suppress(psycopg2.Error), closing(self._connection), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RUN_LOCK, self._run])

    def progress(self, stage: str, share: float) -> None:
        """Show how far the import is; at most once a second."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + HEARTBEAT_SECONDS
        with connection.wrap_database_errors, self._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE portfolio_importrun SET heartbeat_at = now(), stage = %s, progress = %s WHERE id = %s",
                [stage[:100], share, self._run],
            )


def run_open(
    *,
    actor: User | None,
    connector: str = "",
    options: dict[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    language: str = "",
) -> ImportRun:
    """A new import that waits for its work; its report will be worded in `language`."""
    return ImportRun.objects.create(
        actor=actor,
        connector=connector,
        options=options or {},
        on_error=ImportRun.OnError.SKIP if skip_bad_rows else ImportRun.OnError.REFUSE,
        dry_run=dry_run,
        language=language,
    )


def run_claim(run: int) -> ImportRun | None:
    """Take a run that waits, or whose worker died; None when it is done. Call with its lock held."""
    with transaction.atomic():
        held = ImportRun.objects.select_for_update().filter(pk=run).exclude(status__in=ImportRun.FINAL).first()
        if held is None:
            return None
        if held.attempts >= MAX_ATTEMPTS:
            held.status = ImportRun.Status.FAILED
            held.finished_at = timezone.now()
            held.message = _("The import was tried three times and never came to its end.")
            held.save(update_fields=["status", "finished_at", "message"])
            return None
        held.status = ImportRun.Status.RUNNING
        held.attempts += 1
        held.started_at = held.heartbeat_at = timezone.now()
        held.save(update_fields=["status", "attempts", "started_at", "heartbeat_at"])
        return held


def run_write(*, run: ImportRun, delivery: Delivery, alive: Alive, progress: Any = None, note: str = "") -> Report:
    """Write the delivery of a claimed run. Facts and report are committed together or not at all."""

    def show(stage: str, share: float) -> None:
        alive.progress(stage, share)
        if progress is not None:
            progress(stage, share)

    report = facts_write(
        delivery=delivery,
        actor=run.actor,
        note=note,
        skip_bad_rows=run.on_error == ImportRun.OnError.SKIP,
        dry_run=run.dry_run,
        finish=lambda found: run_close(run, found, delivery),
        progress=show,
    )
    if report.status != ImportRun.Status.IMPORTED:
        with transaction.atomic():
            run_close(run, report, delivery)
    return report


def run_close(run: ImportRun, report: Report, delivery: Delivery) -> None:
    """Keep the report of a run."""
    run.status = report.status
    run.finished_at = timezone.now()
    run.stage, run.progress = "", 1.0
    run.counts = report.feeds
    run.preview = report.preview
    run.error_count, run.warning_count = report.problems.errors, report.problems.warnings
    run.notes = delivery.notes
    run.seconds = round(report.seconds, 3)
    run.change_set = report.change_set
    run.save()
    ImportFile.objects.bulk_create(_files(run, report, delivery.tables))
    problems_keep(run.pk, report.problems)


def _files(run: ImportRun, report: Report, tables: Iterable[Table]) -> Iterator[ImportFile]:
    for table in tables:
        counts = report.feeds.get(table.feed, {})
        yield ImportFile(
            run=run,
            name=table.file[-255:],
            feed=table.feed,
            size=table.size,
            sha256=table.sha256,
            rows=counts.get("rows", 0),
            left_out=not counts.get("rows") and bool(table.rows_expected),
        )


def run_fail(run: int, message: str) -> None:
    """Close a run that ended by accident; nothing of it is stored."""
    ImportRun.objects.filter(pk=run).exclude(status__in=ImportRun.FINAL).update(
        status=ImportRun.Status.FAILED, finished_at=timezone.now(), message=message, stage=""
    )


class _Rows:
    """Problems as the CSV that COPY reads."""

    def __init__(self, run: int, problems: Iterable[Problem]) -> None:
        self._run = run
        self._problems = enumerate(problems)

    def read(self, size: int = -1) -> str:
        """Some thousand lines; empty at the end."""
        out = io.StringIO()
        write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
        for count, (place, one) in enumerate(self._problems, start=1):
            write(
                [
                    self._run,
                    place,
                    one.file[-255:],
                    one.line,
                    one.column,
                    one.value,
                    one.code,
                    one.severity,
                    one.message,
                    one.remedy,
                ]
            )
            if count >= 5_000:
                break
        return out.getvalue()


def problems_keep(run: int, problems: Iterable[Problem]) -> None:
    """Store every line of a report."""
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(
            'COPY portfolio_importproblem (run_id, place, file, line, "column", value, code, severity, message,'
            " remedy) FROM STDIN (FORMAT csv)",
            _Rows(run, problems),
        )


def runs_abandoned() -> list[int]:
    """Imports that wait or were left by a dead worker: nobody holds their lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM portfolio_importrun r WHERE r.status IN ('queued', 'running')"
            " AND r.created_at < now() - interval '10 seconds' AND NOT EXISTS (SELECT FROM pg_locks l"
            " WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = r.id AND l.objsubid = 2"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
            " ORDER BY r.id",
            [RUN_LOCK],
        )
        return [row[0] for row in cursor.fetchall()]
