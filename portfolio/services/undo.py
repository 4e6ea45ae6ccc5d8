"""Undo of a change set: rows go back to what they were, as a write of its own through the same checks."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import TextIO

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg2 import sql

from portfolio.feed_types import Feed
from portfolio.feeds import FEEDS
from portfolio.models import ChangeSet
from portfolio.services.fact_rows import as_text
from portfolio.services.facts import FACTS_LOCK, Report, facts_write
from portfolio.services.staging import run
from portfolio.services.tables import BATCH_ROWS, Batch, Delivery, Records, Table


class UndoRefused(Exception):
    """A change set that cannot be undone, with the reason."""


def undo(*, change_set: ChangeSet, actor: User | None, note: str = "") -> Report:
    """Bring the rows of a change set back to what they were before it.

    Refused when a later write changed one of the rows, when it was undone already, or when the rows before no longer
    keep the rules (then the report says why and nothing is stored).
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FACTS_LOCK])
        if ChangeSet.objects.filter(undoes=change_set).exists():
            raise UndoRefused(_("This change was undone already."))
        feeds = [FEEDS[name] for name in change_set.counts if name in FEEDS]
        for feed in feeds:
            if changed := _changed_later(feed, change_set.pk):
                message = _("%(count)d rows of %(feed)s were changed again later; undo the later change first.")
                raise UndoRefused(message % {"count": changed, "feed": feed.name})
        with ExitStack() as stack:
            tables = [
                _table(feed, change_set.pk, stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="")))
                for feed in feeds
            ]
            return facts_write(
                delivery=Delivery(tables=tables),
                kind=ChangeSet.Kind.UNDO,
                actor=actor,
                note=note or _("Undo of change %(id)d.") % {"id": change_set.pk},
                undoes=change_set,
            )


def _changed_later(feed: Feed, change_set: int) -> int:
    """Rows that a later change touched, unless that change was undone."""
    statement = sql.SQL(
        "SELECT count(DISTINCT c.row) FROM portfolio_change c JOIN portfolio_changeset s ON s.id = c.change_set_id"
        " JOIN (SELECT e.id FROM {table} e WHERE e.created_in_id = %(set)s"
        " UNION SELECT c.row FROM portfolio_change c WHERE c.change_set_id = %(set)s AND c.feed = %(feed)s) r"
        " ON r.id = c.row WHERE c.feed = %(feed)s AND c.change_set_id > %(set)s"
        " AND NOT coalesce(s.undoes_id > %(set)s, false)"
        " AND NOT EXISTS (SELECT FROM portfolio_changeset u WHERE u.undoes_id = s.id)"
    )
    with connection.cursor() as cursor:
        run(cursor, statement.format(table=sql.Identifier(feed.table)), {"set": change_set, "feed": feed.name})
        return int(cursor.fetchone()[0])


def _table(feed: Feed, change_set: int, rows: TextIO) -> Table:
    _before(feed, change_set, rows)

    def batches() -> Iterator[Batch]:
        rows.seek(0)
        number = 1
        reader = csv.reader(rows)
        while part := list(itertools.islice(reader, BATCH_ROWS)):
            yield Records(range(number + 1, number + 1 + len(part)), part)
            number += len(part)

    return Table(feed=feed.name, file=f"{feed.name}.csv", header=[*feed.by_name, "deleted"], batches=batches)


def _before(feed: Feed, change_set: int, into: TextIO) -> None:
    """Rows as they were, as CSV: those that did not live before are given as removed."""
    columns = sql.SQL(", ").join(as_text(column, "b") for column in feed.columns)
    statement = sql.SQL(
        "COPY (SELECT {columns}, (b.deleted_at IS NOT NULL)::text FROM portfolio_change c,"
        " jsonb_populate_record(NULL::{table}, c.before) b WHERE c.change_set_id = {set} AND c.feed = {feed}"
        " UNION ALL SELECT {columns}, 'true' FROM {table} b WHERE b.created_in_id = {set}"
        " AND b.deleted_at IS NULL) TO STDOUT (FORMAT csv)"
    ).format(
        columns=columns,
        table=sql.Identifier(feed.table),
        set=sql.Literal(change_set),
        feed=sql.Literal(feed.name),
    )
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(statement.as_string(cursor.cursor), into)
