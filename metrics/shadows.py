"""Shadow tables: a run that finds nothing stored stages rows where they can become the stored tables themselves.

Such a run stages into tables of its own, logged, with the stored columns and no index. Publication gives them the
indexes of the stored tables and puts them in their place by name; where that cannot be done at once, their rows are
copied over as from any staging table. Rows of a shadow were committed chunk by chunk, so a snapshot from before the
last chunk must never look into it: see `_swap`.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any, Final

from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction

from metrics.layout import LAYOUTS, Layout, shadow
from metrics.models import Run
from portfolio.lost import is_database_lost

logger = logging.getLogger(__name__)

LOCK_SECONDS: Final = 2
"""How long a publication tries to get tables that others are at before it copies rows instead."""

LOCK_NOT_AVAILABLE: Final = "55P03"
UNDEFINED_TABLE: Final = "42P01"

_OPTION: Final = "autovacuum_enabled"
"""Off while chunks fill a shadow: what autovacuum would do there every minute is done at the end."""


def shadows_make(run_id: int) -> bool:
    """Make the shadow tables of a run when nothing is stored; whether they were made.

    Call inside the transaction that starts the run. None are made where the role may not, nor where tables are
    published to other servers, which would have to know them.
    """
    with connection.cursor() as cursor:
        held = " OR ".join(f"EXISTS (SELECT 1 FROM {layout.table})" for layout in LAYOUTS)
        cursor.execute(f"SELECT {held} OR EXISTS (SELECT 1 FROM pg_publication)")
        if cursor.fetchone()[0]:
            return False
        try:
            with transaction.atomic():
                for layout in LAYOUTS:
                    cursor.execute(
                        f"CREATE TABLE {shadow(layout, run_id).table} "
                        f"(LIKE {layout.table} INCLUDING ALL EXCLUDING INDEXES) WITH ({_OPTION} = false)"
                    )
        except ProgrammingError:
            logger.warning("shadows_not_made", extra={"run": run_id}, exc_info=True)
            return False
    return True


def shadows_hold(run_id: int) -> bool:
    """Keep the shadow tables of a run in their place until the transaction ends; False when they are gone.

    To be called before the transaction's first query. A transaction that answers False must be given up.
    """
    tables = ", ".join(shadow(layout, run_id).table for layout in LAYOUTS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {tables} IN ROW EXCLUSIVE MODE")
    except ProgrammingError as error:
        if _code(error) != UNDEFINED_TABLE:
            raise
        return False
    return True


def shadows_swap(run_id: int) -> bool:
    """Make the shadow tables of a run the stored ones; False when that cannot be done now, with nothing changed.

    Call inside the publishing transaction, near its end: readers wait from here until it ends.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _swap(cursor, run_id)
    except _NotNow as reason:
        logger.info("shadows_not_swapped", extra={"run": run_id, "reason": str(reason)})
        return False
    except DatabaseError as error:
        if is_database_lost(error):
            raise
        logger.warning("shadows_not_swapped", extra={"run": run_id}, exc_info=True)
        return False
    return True


class _NotNow(Exception):
    """Why shadow tables cannot become the stored ones now."""


def _swap(cursor: Any, run_id: int) -> None:
    """Index, analyse, lock, look around, rename.

    Readers of ours lock the stored tables before they take their snapshot (portfolio.selectors.moments), so that none
    of them stands between the two. Somebody else's older snapshot would take some chunks for committed and others
    not: while there is one that is older than the end of the chunks, rows are copied.
    """
    # All chunks are done, and seen to be: a snapshot that is taken from now on sees all their rows.
    cursor.execute("SELECT clock_timestamp()")
    whole_since = cursor.fetchone()[0]
    shadows = [shadow(layout, run_id).table for layout in LAYOUTS]
    _lock(cursor, shadows)
    indexes = [_indexes_build(cursor, layout, table) for layout, table in zip(LAYOUTS, shadows, strict=True)]
    for layout, table in zip(LAYOUTS, shadows, strict=True):
        # Until the server looks by itself it would plan reads of a table that it takes for empty.
        cursor.execute(f"ANALYZE {table} ({', '.join(layout.key_names)})")
        cursor.execute(f"ALTER TABLE {table} RESET ({_OPTION})")
    _lock(cursor, [layout.table for layout in LAYOUTS])
    _look_around(cursor, whole_since)
    for layout, table, names in zip(LAYOUTS, shadows, indexes, strict=True):
        _take_the_place(cursor, layout.table, table, names)


def _lock(cursor: Any, tables: list[str]) -> None:
    """Lock tables against everybody, in tries that make nobody else wait."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with transaction.atomic():
                cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE NOWAIT")
            return
        except OperationalError as error:
            if _code(error) != LOCK_NOT_AVAILABLE:
                raise
            if time.monotonic() > end:
                raise _NotNow(f"somebody is at {' or '.join(tables)}") from error
            time.sleep(0.02)


def _look_around(cursor: Any, whole_since: Any) -> None:
    held = " OR ".join(f"EXISTS (SELECT 1 FROM {layout.table})" for layout in LAYOUTS)
    cursor.execute(f"SELECT {held}")
    if cursor.fetchone()[0]:
        raise _NotNow("there are stored values")
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend' AND backend_xmin IS NOT NULL AND xact_start < %s)",
        [whole_since],
    )
    if cursor.fetchone()[0]:
        raise _NotNow("somebody reads with an older snapshot")


def _indexes_build(cursor: Any, layout: Layout, table: str) -> list[tuple[str, str, bool]]:
    """Build the stored table's indexes on a shadow: (its name there, the stored name, whether it is the key)."""
    cursor.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisunique, i.indisprimary FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass ORDER BY i.indexrelid",
        [layout.table],
    )
    made = []
    for number, (name, definition, unique, primary) in enumerate(cursor.fetchall()):
        own = f"{table}_{number}"
        columns = definition.split(" USING ", 1)[1]
        cursor.execute(f"CREATE {'UNIQUE ' if unique else ''}INDEX {own} ON {table} USING {columns}")
        made.append((own, name, primary))
    return made


def _take_the_place(cursor: Any, stored: str, table: str, indexes: list[tuple[str, str, bool]]) -> None:
    if _kind(cursor, stored) != _kind(cursor, table):
        raise _NotNow(f"somebody set up {stored} in a way of their own")
    cursor.execute(f"DROP TABLE {stored}")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {stored}")
    for own, name, primary in indexes:
        if primary:
            cursor.execute(f'ALTER TABLE {stored} ADD CONSTRAINT "{name}" PRIMARY KEY USING INDEX {own}')
        else:
            cursor.execute(f'ALTER INDEX {own} RENAME TO "{name}"')


def _kind(cursor: Any, table: str) -> tuple[Any, ...]:
    """What an administrator may have set for a table and a new one would not have."""
    cursor.execute(
        "SELECT relowner, relacl::text, reloptions::text, reltablespace, relpersistence, relreplident, relrowsecurity, "
        "relhastriggers, relhasrules, obj_description(oid, 'pg_class'), "
        "(SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = c.oid), "
        "(SELECT array_agg(concat_ws(' ', attname, attstattarget, attacl, "
        "(SELECT string_agg(o, ' ') FROM unnest(attoptions) o WHERE o LIKE 'n\\_distinct%%')) ORDER BY attnum) "
        "FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) FROM pg_class c WHERE oid = %s::regclass",
        [table],
    )
    found: tuple[Any, ...] = cursor.fetchone()
    return found


def shadows_drop(run_id: int) -> None:
    """Drop the shadow tables of a run; what a straggler still holds is left for `shadows_sweep`."""
    _drop([shadow(layout, run_id).table for layout in LAYOUTS])


def shadows_sweep() -> None:
    """Drop the shadow tables of runs that are over. Cost: one query, two where there are any."""
    form = re.compile(rf"(?:{'|'.join(layout.table for layout in LAYOUTS)})_run(\d+)")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'metrics\\_%%\\_run%%' "
            "AND relnamespace = current_schema()::regnamespace"
        )
        found = [match for (name,) in cursor.fetchall() if (match := form.fullmatch(name))]
    if found:
        running = {str(key) for key in Run.objects.filter(state=Run.State.RUNNING).values_list("id", flat=True)}
        _drop([match[0] for match in found if match[1] not in running])


def _drop(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s) name WHERE to_regclass(name) IS NOT NULL", [tables])
        for (table,) in cursor.fetchall():
            try:
                with transaction.atomic():
                    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT")
                    cursor.execute(f"DROP TABLE {table}")
            except OperationalError as error:
                if _code(error) != LOCK_NOT_AVAILABLE:
                    raise


def _code(error: Exception) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""
