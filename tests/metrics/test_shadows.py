"""A run over empty tables becomes the stored values by changing places: nobody sees half of it, nothing else moves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections, transaction

from epmo.backups import backup
from metrics import runs, shadows
from metrics.layout import LAYOUTS
from metrics.models import Contribution, Run, RunChunk, Series
from portfolio.selectors.moments import one_moment
from tests.metrics.written import AS_OF, compute, deliver

pytestmark = pytest.mark.django_db(transaction=True)

STORED = [layout.table for layout in LAYOUTS]
CATALOGUE = {
    "tables": "SELECT relname, relowner, relacl::text, reloptions::text, relpersistence, relreplident, reltablespace, "
    "relhasindex, relhastriggers, relam FROM pg_class WHERE relname = ANY(%s)",
    "columns": "SELECT attrelid::regclass::text, attnum, attname, format_type(atttypid, atttypmod), attnotnull, "
    "atthasdef, attisdropped, attstorage, attcompression, attstattarget, attacl::text FROM pg_attribute "
    "WHERE attrelid::regclass::text = ANY(%s) AND attnum > 0",
    "indexes": "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisprimary, indisunique, indisvalid "
    "FROM pg_index WHERE indrelid::regclass::text = ANY(%s)",
    "constraints": "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid::regclass::text = ANY(%s)",
    "types": "SELECT typname, typrelid::regclass::text FROM pg_type WHERE typrelid::regclass::text = ANY(%s)",
}


@pytest.fixture(autouse=True)
def facts(tmp_path: Path) -> None:
    """Two milestones of a project and one claim of it on an outcome."""
    deliver(
        tmp_path / "facts",
        portfolios="code\nPF",
        projects="code portfolio\nP-1 PF",
        customers="code\nC-1",
        initiatives="code customer\nI-1 C-1",
        outcomes="code initiative baseline target direction weight\nO-1 I-1 0 10 higher 1",
        outcome_measurements="outcome measured_on value\nO-1 2026-02-01 5",
        contributions="project outcome valid_from effect evidence\nP-1 O-1 2026-01-01 3 claimed",
        milestones="""
            project code name baseline_on actual_on  customer_facing
            P-1     M1   Go   2026-01-10  2026-01-09 true
            P-1     M2   Live 2026-02-10  2026-02-20 true
        """,
    )


@pytest.fixture(autouse=True)
def short_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows, "LOCK_SECONDS", 0.1)


def ask(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return list(cursor.fetchall())


def places() -> list[int]:
    """The stored tables' numbers in the catalogue: other ones once shadows took their places."""
    return [row[0] for row in ask("SELECT to_regclass(name)::oid::bigint FROM unnest(%s) name", STORED)]


def shadow_tables() -> list[str]:
    return [row[0] for row in ask("SELECT relname FROM pg_class WHERE relname ~ '^metrics_.*_run[0-9]' ORDER BY 1")]


def begun(chunks: int | None = None) -> Run:
    """A run of which so many chunks are done, or all."""
    run = runs.run_start(runs.run_request(cause="test", as_of=AS_OF).pk)
    assert run is not None
    assert run.is_shadowed
    while (chunks is None or chunks > 0) and (ready := runs.chunks_ready(run.pk)):
        assert runs.chunk_compute(run.pk, ready[0])
        chunks = None if chunks is None else chunks - 1
    return run


@contextmanager
def somebody_else() -> Iterator[Any]:
    """A cursor of a client that knows nothing of us."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    other = psycopg2.connect(**{name: given[name] for name in names if given.get(name)})
    try:
        yield other.cursor()
    finally:
        other.close()


def test_shadows_take_the_places_and_the_catalogue_is_as_the_migrations_made_it() -> None:
    before = {name: sorted(map(repr, ask(query, STORED))) for name, query in CATALOGUE.items()}
    places_before = places()

    compute()

    assert Series.objects.count() > 20
    assert Contribution.objects.count() > 1
    assert not set(places()) & set(places_before)
    assert {name: sorted(map(repr, ask(query, STORED))) for name, query in CATALOGUE.items()} == before
    assert shadow_tables() == []


def test_a_backup_of_tables_that_changed_places_is_whole(tmp_path: Path) -> None:
    compute()

    states = backup(tmp_path / "backup.tar")

    assert states["metrics_series"].rows == Series.objects.count() > 20
    assert states["metrics_contribution"].rows == Contribution.objects.count() > 1


def test_a_run_that_finds_values_leaves_the_tables_in_their_places() -> None:
    compute()
    known = places()

    again = compute(full=True)

    assert (again.values_written, again.is_shadowed) == (0, False)
    assert places() == known


def test_both_ways_store_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    every = "SELECT component_id, version, scope_id, year, value, n, state FROM metrics_series ORDER BY 1, 2, 3, 4"
    monkeypatch.setattr(runs, "shadows_make", lambda _run: False)
    assert not compute().is_shadowed
    copied = ask(every)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE metrics_series, metrics_contribution")
    monkeypatch.undo()

    assert compute(full=True).is_shadowed
    assert repr(ask(every)) == repr(copied)


def test_an_older_snapshot_sees_no_part_of_the_run() -> None:
    """Some chunks were committed before it, others after: looking into the shadow it would see half of the run."""
    run = begun(chunks=10)
    with somebody_else() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        while ready := runs.chunks_ready(run.pk):
            runs.chunk_compute(run.pk, ready[0])

        assert runs.run_publish(run.pk) is not None

        reader.execute("SELECT (SELECT count(*) FROM metrics_series), (SELECT count(*) FROM metrics_contribution)")
        assert reader.fetchone() == (0, 0)
        reader.execute("COMMIT; SELECT count(*) FROM metrics_series")
        assert reader.fetchone()[0] == Series.objects.count() > 20
    assert shadow_tables() == []


def test_a_reader_who_comes_while_tables_change_places_sees_run_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, int]] = []
    look_around: Callable[..., None] = shadows._look_around

    def read() -> None:
        try:
            with one_moment():
                published = Run.objects.filter(state=Run.State.PUBLISHED).exists()
                seen.append((published, Series.objects.count()))
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)

    def with_a_reader(*given: Any) -> None:
        reader.start()
        while not ask("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'metrics_series'::regclass"):
            pass
        look_around(*given)

    monkeypatch.setattr(shadows, "_look_around", with_a_reader)
    known = places()
    compute()
    reader.join()

    assert not set(places()) & set(known)
    assert seen == [(True, Series.objects.count())]


def test_a_reader_who_is_there_already_goes_on_seeing_nothing() -> None:
    known, done, ready = places(), threading.Event(), threading.Event()
    seen: list[int] = []

    def read() -> None:
        try:
            with one_moment():
                seen.append(Series.objects.count())
                ready.set()
                done.wait(60)
                seen.append(Series.objects.count())
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    ready.wait(60)
    compute()
    done.set()
    reader.join()

    assert seen == [0, 0]
    assert places() == known
    assert Series.objects.count() > 20


def test_a_straggler_in_the_shadow_costs_the_change_of_places_and_adds_nothing() -> None:
    run = begun()
    known, table = places(), f"metrics_series_run{run.pk}"
    with somebody_else() as straggler:
        straggler.execute(f"INSERT INTO {table} SELECT * FROM {table} LIMIT 3")
        assert runs.run_publish(run.pk) is not None
        assert places() == known
        assert shadow_tables()
    runs.recover()
    assert shadow_tables() == []
    assert Series.objects.count() > 20


@pytest.mark.parametrize(
    "setting",
    [
        "GRANT SELECT ON metrics_series TO pg_monitor",
        "ALTER TABLE metrics_contribution SET (fillfactor = 70)",
        "CREATE VIEW somebodys AS SELECT * FROM metrics_series",
        "ALTER TABLE metrics_series ALTER COLUMN year SET STATISTICS 500",
    ],
)
def test_what_somebody_set_up_at_a_table_stays(setting: str) -> None:
    undo = {
        "GRANT": "REVOKE ALL ON metrics_series FROM pg_monitor; UPDATE pg_class SET relacl = NULL "
        "WHERE oid = 'metrics_series'::regclass",
        "CREATE": "DROP VIEW somebodys",
        "ALTER": "ALTER TABLE metrics_contribution RESET (fillfactor); "
        "ALTER TABLE metrics_series ALTER COLUMN year SET STATISTICS -1",
    }
    with connection.cursor() as cursor:
        cursor.execute(setting)
        try:
            known = {name: sorted(map(repr, ask(query, STORED))) for name, query in CATALOGUE.items()}
            found = places()
            compute()
            assert places() == found
            assert {name: sorted(map(repr, ask(query, STORED))) for name, query in CATALOGUE.items()} == known
            assert Series.objects.count() > 20
        finally:
            cursor.execute(undo[setting.split(maxsplit=1)[0]])


def test_a_run_that_fails_leaves_no_shadow() -> None:
    run = begun(chunks=2)
    assert len(shadow_tables()) == len(STORED)

    chunk = RunChunk.objects.filter(run=run, state=RunChunk.State.READY).first()
    assert chunk is not None
    RunChunk.objects.filter(pk=chunk.pk).update(state=RunChunk.State.RUNNING, attempts=runs.MAX_ATTEMPTS)
    chunk.refresh_from_db()
    runs._chunk_failed(chunk, RuntimeError("stuck"))

    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert shadow_tables() == []
    assert Series.objects.count() == 0


def test_a_superseded_run_leaves_no_shadow_and_the_next_one_is_stored(tmp_path: Path) -> None:
    run = begun()
    late = "project code name baseline_on actual_on customer_facing\nP-1 M3 Late 2026-03-10 - false"
    begun_again = "SELECT count(*) FROM metrics_run WHERE plan->>'instead_of' = %s"
    RunChunk.objects.filter(run=run).update(changes_seen=run.changes_upto + 1)
    deliver(tmp_path / "facts", milestones=late)

    assert runs.run_publish(run.pk) is None

    assert shadow_tables() == []
    assert ask(begun_again, str(run.pk)) == [(1,)]
    assert runs.run_compute(run.pk).state == Run.State.PUBLISHED
    assert Series.objects.count() > 20
    assert shadow_tables() == []


def test_a_chunk_of_a_run_that_lost_its_shadow_gives_up() -> None:
    run = begun(chunks=1)
    shadows.shadows_drop(run.pk)

    assert not runs.chunk_compute(run.pk, runs.chunks_ready(run.pk)[0])


def test_a_publication_that_dies_leaves_nothing_published_and_can_be_repeated() -> None:
    run = begun()
    known = places()
    with transaction.atomic():
        assert shadows.shadows_swap(run.pk)
        transaction.set_rollback(True)

    assert places() == known
    assert Series.objects.count() == 0
    assert runs.run_publish(run.pk) is not None
    assert not set(places()) & set(known)
    assert Series.objects.count() > 20
