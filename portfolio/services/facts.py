"""The one way in for facts: import, connector, API, form and undo all end in `facts_write`.

A write is checked to the letter of the contract, stored set-wise in one transaction under one lock, and leaves a
change set, the rows before, and what it touched. After the commit whoever computes is told by name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from celery import current_app
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portfolio.feeds import FEEDS, PARENTS_FIRST, REFERRED
from portfolio.models import ChangeSet
from portfolio.services.changelog import log_before, log_touched
from portfolio.services.preview import previews
from portfolio.services.problems import ProblemLog, problem
from portfolio.services.resolving import live_codes, resolve
from portfolio.services.screening import header_problems
from portfolio.services.staging import Staged, drop_repeated, stage
from portfolio.services.storing import Counts, count, drop_tables, make_teams, store
from portfolio.services.structure import check_late_rules, check_overlaps, check_tree
from portfolio.services.tables import Delivery, Table, TableFault

logger = logging.getLogger(__name__)

FACTS_LOCK = 0x65504D4F
"""Advisory lock of every write of facts."""
FACTS_CHANGED = "metrics.facts_changed"

Progress = Callable[[str, float], None]


@dataclass
class Report:
    """What a write did, or why it did nothing."""

    status: str
    """imported, refused or valid (checked only)."""
    feeds: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: ProblemLog = field(default_factory=ProblemLog)
    change_set: ChangeSet | None = None
    preview: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Of a delivery that is only checked: its columns beside what is stored, by feed."""
    seconds: float = 0.0


class _NotStored(Exception):
    """Leaves the transaction of a write without storing it."""


def facts_write(
    *,
    delivery: Delivery,
    kind: str = ChangeSet.Kind.IMPORT,
    actor: User | None = None,
    note: str = "",
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    undoes: ChangeSet | None = None,
    guard: Callable[[], None] | None = None,
    finish: Callable[[Report], None] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check a delivery and store it: the whole of it, or with `skip_bad_rows` every row without an error.

    `guard` runs under the lock before anything is stored; what it raises ends the write. `finish` gets the report
    inside the transaction of a write that is stored. Nothing is written when nothing changed, but `finish` runs.
    """
    write = _Write(delivery, kind, actor, note, undoes, progress or (lambda stage, share: None))
    started = time.monotonic()
    try:
        with transaction.atomic():
            write.prepare()
            write.check(guard)
            refused = delivery.refused or (write.log.errors and not skip_bad_rows)
            report = Report("refused" if refused else "valid" if dry_run else "imported", problems=write.log)
            report.feeds = write.counts()
            if dry_run:
                report.preview = previews(write.staged[name] for name in write.found)
            if refused or dry_run:
                raise _NotStored
            report.change_set = write.store()
            report.seconds = time.monotonic() - started
            write.clean()
            if finish is not None:
                finish(report)
    except _NotStored:
        report.seconds = time.monotonic() - started
    return report


class _Write:
    """One delivery on its way."""

    def __init__(
        self,
        delivery: Delivery,
        kind: str,
        actor: User | None,
        note: str,
        undoes: ChangeSet | None,
        progress: Progress,
    ) -> None:
        self.delivery = delivery
        self.kind = kind
        self.actor = actor
        self.note = note
        self.undoes = undoes
        self.progress = progress
        self.log = ProblemLog()
        self.staged: dict[str, Staged] = {}
        self.found: dict[str, Counts] = {}
        self.left_out = set(delivery.left_out)
        for one in delivery.problems:
            self.log.add(one)

    def prepare(self) -> None:
        """Settings of the transaction: sorting memory for set-wise work, no compiling of queries."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '96MB'")
            cursor.execute("SET LOCAL jit = off")

    def check(self, guard: Callable[[], None] | None) -> None:
        """Rows by themselves, then under the lock against each other and against what is stored."""
        if self.delivery.refused:
            return
        if not self._stage():
            return
        with connection.cursor() as cursor:
            self.progress(_("waiting for another import"), 0.55)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FACTS_LOCK])
        if guard is not None:
            guard()
        feeds = [name for name in PARENTS_FIRST if name in self.staged]
        for place, name in enumerate(feeds):
            self.progress(_("comparing %(feed)s") % {"feed": name}, 0.55 + 0.15 * place / len(feeds))
            held = self.staged[name]
            drop_repeated(held, self.log)
            resolve(held, self.log, self.staged)
            check_late_rules(held, self.log)
            if name == "portfolios":
                check_tree(held, self.log)
            elif name == "service_customers":
                check_overlaps(held, self.log)
            live_codes(held)
            self.found[name] = count(held)

    def _stage(self) -> bool:
        """Take in every table; False when one passed a limit."""
        total = sum(table.rows_expected or 0 for table in self.delivery.tables)
        done = 0
        seen: set[str] = set()
        for table in self.delivery.tables:
            feed = FEEDS[table.feed]
            if feed.name in seen:
                message = _("Another file of this delivery is for the same feed; this one is ignored.")
                self.log.add(problem(table.file, table.header_line, "", "", "duplicate_file", message, warning=True))
                continue
            seen.add(feed.name)
            found, left_out = header_problems(feed, table)
            for one in found:
                self.log.add(one)
            if left_out:
                self.left_out.add(feed.name)
                continue
            try:
                self._stage_one(table, done, total)
            except TableFault as fault:
                self.log.add(fault.problem)
                self.left_out.add(feed.name)
                self.delivery.refused |= fault.problem.code == "too_large"
            done += table.rows_expected or 0
        return not self.delivery.refused

    def _stage_one(self, table: Table, done: int, total: int) -> None:
        label = _("reading %(file)s") % {"file": table.file}

        def heartbeat(rows: int) -> None:
            self.progress(label, 0.55 * min(1.0, (done + rows) / total) if total else 0.0)

        heartbeat(0)
        with transaction.atomic():
            self.staged[table.feed] = stage(FEEDS[table.feed], table, self.log, heartbeat)

    def counts(self) -> dict[str, dict[str, int]]:
        """What each delivered feed comes to, in the order of the contract."""
        found: dict[str, dict[str, int]] = {}
        for name in FEEDS:
            if name in self.found:
                held, counts = self.staged[name], self.found[name]
                updated = counts.updated + counts.removed
                created = counts.new + counts.revived
                found[name] = {
                    "rows": held.rows,
                    "created": created,
                    "updated": updated,
                    "unchanged": counts.accepted - created - updated,
                    "rejected": held.rejected,
                }
            elif name in self.left_out:
                found[name] = dict.fromkeys(("rows", "created", "updated", "unchanged", "rejected"), 0)
        return found

    def store(self) -> ChangeSet | None:
        """Store what was accepted. None when nothing changed."""
        changing = {name: counts for name, counts in self.found.items() if counts.written}
        if not changing:
            return None
        at: datetime = timezone.now()
        change_set = ChangeSet.objects.create(
            at=at,
            kind=self.kind,
            actor=self.actor,
            note=self.note,
            undoes=self.undoes,
            counts={
                name: {"created": c.new + c.revived, "updated": c.updated, "removed": c.removed}
                for name, c in changing.items()
            },
        )
        for place, name in enumerate(name for name in PARENTS_FIRST if name in changing):
            self.progress(_("storing %(feed)s") % {"feed": name}, 0.7 + 0.3 * place / len(changing))
            held, counts = self.staged[name], changing[name]
            make_teams(held)
            log_before(held, counts, change_set.pk)
            log_touched(held, counts, change_set.pk)
            store(held, counts, change_set.pk, at)
        transaction.on_commit(lambda: facts_changed_send(change_set.pk), robust=True)
        return change_set

    def clean(self) -> None:
        """Drop the temporary tables, so that a second write fits into the same transaction."""
        for held in self.staged.values():
            drop_tables(held)


def facts_changed_send(change_set: int) -> None:
    """Tell whoever computes that facts changed. A lost message is found again by a sweeper; no error comes of it."""
    try:
        current_app.send_task(FACTS_CHANGED, args=[change_set], retry=False, ignore_result=True)
    except Exception as error:
        logger.warning("facts_changed_not_sent", extra={"change_set": change_set, "error": type(error).__name__})


__all__ = ["FACTS_CHANGED", "FACTS_LOCK", "REFERRED", "Report", "facts_changed_send", "facts_write"]
