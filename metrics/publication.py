"""What happens to staged rows: forgotten, counted, or made the stored values in one step."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, connection, transaction

from metrics.layout import LAYOUTS, Layout, shadow, staging
from metrics.models import Restatement, Run
from metrics.shadows import shadows_drop, shadows_swap, shadows_sweep


def stage_clear(run: Run, chunk: int) -> None:
    """Forget what an earlier attempt at the chunk staged: a crash can take part of it, but never of a logged table."""
    if run.is_shadowed:
        return
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(f"DELETE FROM {staging(layout).table} WHERE run_id = %s AND chunk = %s", [run.pk, chunk])
    Restatement.objects.filter(run=run, chunk=chunk).delete()


def stage_forget(run: Run) -> None:
    """Forget everything that a run staged."""
    if run.is_shadowed:
        shadows_drop(run.pk)
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(f"DELETE FROM {staging(layout).table} WHERE run_id = %s", [run.pk])
    Restatement.objects.filter(run=run).delete()


def stage_sweep() -> None:
    """Forget staged rows of runs that are over."""
    shadows_sweep()
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(
                f"DELETE FROM {staging(layout).table} s USING metrics_run r "
                "WHERE r.id = s.run_id AND r.state IN ('superseded', 'failed', 'published')"
            )


def staged_rows(run: Run) -> dict[int, int] | None:
    """Staged rows by chunk: fewer than a chunk reported means that the database lost them in a crash.

    None where none can be lost, because the tables are logged.
    """
    if run.is_shadowed:
        return None
    counts: dict[int, int] = {}
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            cursor.execute(
                f"SELECT chunk, count(*) FROM {staging(layout).table} WHERE run_id = %s GROUP BY chunk", [run.pk]
            )
            for chunk, rows in cursor.fetchall():
                counts[chunk] = counts.get(chunk, 0) + rows
    return counts


def publish(run: Run) -> None:
    """Make all staged rows of a run stored values. Call inside the publishing transaction."""
    if run.is_shadowed and shadows_swap(run.pk):
        return
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            if run.is_shadowed:
                _insert(cursor, layout, f"{shadow(layout, run.pk).table} s", "true", [])
            else:
                _insert(cursor, layout, f"{staging(layout).table} s", "s.run_id = %s", [run.pk])
                _forget_published(cursor, staging(layout).table, run.pk)
    if run.is_shadowed:
        shadows_drop(run.pk)


def _insert(cursor: Any, layout: Layout, staged: str, mine: str, params: list[Any]) -> None:
    """Copy staged rows (`s`) over what is stored; rows without a cell remove theirs."""
    table, names, keys = layout.table, ", ".join(layout.names), ", ".join(layout.key_names)
    empty = "NOT (0 < ANY(s.state))"
    insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM {staged} WHERE {mine} AND NOT ({empty})"
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
    meets_others = cursor.fetchone()[0]
    if meets_others:
        match = " AND ".join(f"t.{name} = s.{name}" for name in layout.key_names)
        cursor.execute(f"DELETE FROM {table} t USING {staged} WHERE {mine} AND {match} AND {empty}", params)
        # Speculative insertion costs half as much again, so only where there is something to meet.
        updates = ", ".join(f"{name} = excluded.{name}" for name, _ in layout.arrays)
        insert += f" ON CONFLICT ({keys}) DO UPDATE SET {updates}"
    cursor.execute(insert, params)
    if not meets_others:
        # Until the server looks by itself it would plan reads of a table that it takes for empty.
        cursor.execute(f"ANALYZE {table} ({keys})")


def _forget_published(cursor: Any, staged: str, run_id: int) -> None:
    """Empty a staging table: at once where nobody else is at it, else row by row (a straggler holds its lock)."""
    try:
        with transaction.atomic():
            cursor.execute(f"LOCK TABLE {staged} IN ACCESS EXCLUSIVE MODE NOWAIT")
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {staged} WHERE run_id <> %s)", [run_id])
            if not cursor.fetchone()[0]:
                cursor.execute(f"TRUNCATE {staged}")
                return
    except OperationalError:
        pass
    cursor.execute(f"DELETE FROM {staged} WHERE run_id = %s", [run_id])
