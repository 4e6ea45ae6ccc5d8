"""Runs: from a wish to published values, the same whatever dies on the way.

PostgreSQL holds the truth: a run is rows, its chunks are rows, and whoever finds a chunk ready may
claim it. Messages only say that there may be work. Every step takes the same advisory lock for the
moment in which it decides, so it can be repeated, doubled or left out without harm.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

from django.db import DatabaseError, Error, OperationalError, connection, connections, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from metrics import planning, publication, storage
from metrics.chunks import chunk_stage, peak_rss_mb, read_at_one_moment
from metrics.groups import INDEX_GROUP
from metrics.index import COMPONENTS, KEY
from metrics.models import Heartbeat, Run, RunChunk
from metrics.planning import ChunkPlan
from metrics.registry import metrics
from metrics.shadows import shadows_hold, shadows_make
from metrics.versions import versions_note
from portfolio.lost import is_database_lost

logger = logging.getLogger(__name__)

RUN_LOCK: Final = 0x45504D52
"""Advisory lock of the moment in which runs are started, advanced and published."""

HEARTBEAT_SECONDS: Final = 5
STALE_SECONDS: Final = 25
"""A chunk without a sign of life for this long is given to another worker."""

MAX_ATTEMPTS: Final = 3
"""Tries of a chunk that raises or whose worker dies at it; then its run fails and says why."""

MAX_LOST: Final = 6
"""Tries of a chunk that loses its database: mostly that is no fault of the chunk."""

FAILED_WAIT_SECONDS: Final = 3600
"""Facts over which a run failed are tried again by themselves after this long, or with the next write."""

MAX_SUPERSEDED: Final = 3
"""After so many runs in a row overtaken by writes, one is published all the same; the next catches up."""


SERIALIZATION_FAILURE: Final = "40001"


class RunFailed(RuntimeError):
    """A run ended without publishing; the message says why."""


@contextmanager
def deciding() -> Iterator[None]:
    """A transaction in which no other process decides about runs."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RUN_LOCK])
        yield


# From wish to chunks -------------------------------------------------------------------------------


def run_request(
    *,
    cause: str,
    full: bool = False,
    as_of: date | None = None,
    request: dict[str, Any] | None = None,
    slot: str | None = None,
    by: str = "",
) -> Run:
    """Wish for a run. With a slot (of the schedule) the same slot is only ever one run."""
    fields = {
        "cause": cause[:200],
        "is_full": full,
        "as_of": as_of,
        "as_of_fixed": as_of is not None,
        "request": request or {},
        "requested_by": by[:150],
    }
    if slot is not None:
        run, _ = Run.objects.get_or_create(slot=slot, defaults=fields)
        return run
    return Run.objects.create(**fields)


def facts_changed(cause: str = "facts changed") -> Run | None:
    """Wish for a run over changed facts, unless one that will see them is waiting already."""
    with deciding():
        waiting = Run.objects.filter(state=Run.State.WANTED, request={}).first()
        if waiting is not None:
            return waiting
        running = Run.objects.filter(state=Run.State.RUNNING, request={}).exists()
        if running or not _is_stale(planning.last_whole_run()):
            return None  # a running run looks for newer facts when it is published
        return run_request(cause=cause)


def _is_stale(last: Run | None) -> bool:
    """Whether facts changed since a published run, or what all values rest on beside them."""
    if last is None:
        return planning.last_change() > 0
    return last.changes_upto < planning.last_change() or last.plan.get("basis") != planning.basis()


def _is_given_up() -> bool:
    """Whether the newest whole run failed over these very facts a short while ago: it would only fail again."""
    last = Run.objects.filter(request={}).exclude(state=Run.State.SUPERSEDED).order_by("-id").first()
    if last is None or last.state != Run.State.FAILED or _is_stale(last):
        return False
    return Run.objects.filter(pk=last.pk, started_at__gt=Now() - timedelta(seconds=FAILED_WAIT_SECONDS)).exists()


def nightly() -> Run | None:
    """Wish for the run of a new day; None when the stored values are of today already.

    Values move with the day: periods begin and close, provisional values become final. A fixed
    EPMO_AS_OF, or a run that named its day, stays until something else asks.
    """
    day = planning.today()
    last = planning.last_whole_run()
    if last is None or last.as_of_fixed or last.as_of == day:
        return None
    slot = f"nightly:{day.isoformat()}"
    failed = Run.objects.filter(slot__startswith=slot, state=Run.State.FAILED).count()
    if failed and _is_given_up():
        return None
    return run_request(cause=f"values as of {day.isoformat()}", slot=slot if not failed else f"{slot}:{failed + 1}")


def run_start(run_id: int | None = None) -> Run | None:
    """Start the oldest wanted run (or the named one) unless another is running; None when it must wait."""
    with deciding():
        others = Run.objects.filter(state=Run.State.RUNNING)
        if (others if run_id is None else others.exclude(pk=run_id)).exists():
            return None
        wanted = Run.objects.filter(state=Run.State.WANTED).order_by("id")
        run = wanted.filter(pk=run_id).first() if run_id is not None else wanted.first()
        if run is None:
            return Run.objects.filter(pk=run_id, state=Run.State.RUNNING).first() if run_id is not None else None
        try:
            with transaction.atomic():
                _plan(run)
        except Exception as error:
            if is_database_lost(error):
                raise
            logger.exception("run_not_planned", extra={"run": run.pk})
            _run_not_planned(run.pk, error)
            return None
        return run


def _run_not_planned(run_id: int, error: Exception) -> None:
    """A run that cannot even be planned fails, so that it does not stand in the way of others."""
    Run.objects.filter(pk=run_id).update(
        state=Run.State.FAILED,
        error=f"planning: {type(error).__name__}: {error}",
        started_at=Now(),
        changes_upto=planning.last_change(),
        plan={"basis": planning.basis(), "chunks": []},
    )


def _plan(run: Run) -> None:
    storage.components_ensure(
        [(key, name) for key, entry in metrics().items() for name in entry.component_names]
        + [(KEY, name) for name in COMPONENTS]
    )
    storage.scopes_ensure()
    run.as_of = run.as_of or planning.today()
    run.changes_upto = planning.last_change()
    run.state = Run.State.RUNNING
    run.started_at = timezone.now()
    chunks = planning.plan(run)
    run.plan = {
        **run.plan,
        "basis": planning.basis(),
        "chunks": [chunk.dump() for chunk in chunks],
        "shadowed": bool(chunks) and shadows_make(run.pk),
    }
    run.save()
    RunChunk.objects.bulk_create(
        [RunChunk(run=run, number=number, name=chunk.name) for number, chunk in enumerate(chunks)]
    )


def chunks_ready(run_id: int) -> list[int]:
    """Numbers of chunks that may be computed now; the index waits for all others."""
    chunks = list(RunChunk.objects.filter(run_id=run_id, run__state=Run.State.RUNNING).order_by("number"))
    others_done = all(chunk.state == RunChunk.State.DONE for chunk in chunks if chunk.name != INDEX_GROUP)
    return [
        chunk.number
        for chunk in chunks
        if chunk.state == RunChunk.State.READY and (chunk.name != INDEX_GROUP or others_done)
    ]


# One chunk -----------------------------------------------------------------------------------------


def chunk_compute(run_id: int, number: int) -> bool:
    """Compute and stage one chunk; False when there was nothing to do (done, taken, or overtaken).

    Safe to call any number of times and from any number of processes.
    """
    claimed = _claim(run_id, number)
    if claimed is None:
        return False
    run, chunk = claimed
    plan = ChunkPlan.load(run.plan["chunks"][number])
    started = time.monotonic()
    try:
        with _beating(chunk.pk):
            _stage(run, chunk, plan, started)
    except _Overtaken:
        return False
    except Exception as error:
        _chunk_failed(chunk, error)
        raise
    return True


class _Overtaken(Exception):
    """Another attempt took the chunk, or the run is over: what was staged must not stay."""


def _claim(run_id: int, number: int) -> tuple[Run, RunChunk] | None:
    with transaction.atomic():
        chunk = (
            RunChunk.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("run")
            .filter(run_id=run_id, number=number, state=RunChunk.State.READY, run__state=Run.State.RUNNING)
            .first()
        )
        if chunk is None or (chunk.name == INDEX_GROUP and _are_others_due(chunk)):
            return None
        chunk.state = RunChunk.State.RUNNING
        chunk.claim = uuid.uuid4()
        chunk.attempts += 1
        chunk.claimed_at = timezone.now()
        chunk.save(update_fields=["state", "claim", "attempts", "claimed_at"])
        Heartbeat.objects.update_or_create(chunk=chunk, defaults={"at": Now()})
        return chunk.run, chunk


def _are_others_due(index: RunChunk) -> bool:
    """Whether the index would read half of what it needs: an old message may name it again after a crash."""
    return RunChunk.objects.filter(run_id=index.run_id).exclude(pk=index.pk).exclude(state=RunChunk.State.DONE).exists()


def _stage(run: Run, chunk: RunChunk, plan: ChunkPlan, started: float) -> None:
    with transaction.atomic():
        read_at_one_moment()
        if run.is_shadowed and not shadows_hold(run.pk):
            raise _Overtaken
        seen = planning.last_change()
        tally = chunk_stage(run, chunk.number, plan)
        mine = RunChunk.objects.filter(
            pk=chunk.pk, claim=chunk.claim, state=RunChunk.State.RUNNING, run__state=Run.State.RUNNING
        )
        try:
            updated = mine.update(
                state=RunChunk.State.DONE,
                changes_seen=seen,
                rows_staged=tally.rows,
                values_written=tally.written,
                values_unchanged=tally.unchanged,
                finished_at=timezone.now(),
                seconds=time.monotonic() - started,
                peak_rss_mb=peak_rss_mb(),
                error="",
            )
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != SERIALIZATION_FAILURE:
                raise
            raise _Overtaken from error
        if not updated:
            raise _Overtaken


def _chunk_failed(chunk: RunChunk, error: Exception) -> None:
    """Back to ready for another try; after the last one the run fails and says why."""
    message = f"{type(error).__name__}: {error}"
    lost = is_database_lost(error)
    if lost:
        connection.close_if_unusable_or_obsolete()  # another one may reach the server
    with deciding():
        mine = RunChunk.objects.filter(pk=chunk.pk, claim=chunk.claim, state=RunChunk.State.RUNNING)
        if chunk.attempts < (MAX_LOST if lost else MAX_ATTEMPTS):
            mine.update(state=RunChunk.State.READY, error=message, sent_at=None)
        elif mine.update(state=RunChunk.State.FAILED, error=message):
            _run_failed(chunk.run_id, f"{chunk.name}: {message}")


def _run_failed(run_id: int, error: str) -> None:
    Run.objects.filter(pk=run_id, state=Run.State.RUNNING).update(state=Run.State.FAILED, error=error)
    _tidy(lambda: publication.stage_forget(Run.objects.get(pk=run_id)))


def _tidy(forget: Callable[[], None]) -> None:
    """Forget what was staged; where that fails the sweeper tries again, and no run is kept from its end by it."""
    try:
        with transaction.atomic():
            forget()
    except DatabaseError:
        logger.exception("staging_not_tidied")


@contextmanager
def _beating(chunk_pk: int) -> Iterator[None]:
    """Write a sign of life every few seconds over a connection of its own."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(HEARTBEAT_SECONDS):
                try:
                    Heartbeat.objects.filter(chunk_id=chunk_pk).update(at=Now())
                except Error:
                    connection.close()
        finally:
            connections.close_all()

    thread = threading.Thread(target=beat, name=f"heartbeat-{chunk_pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=HEARTBEAT_SECONDS)


# Publication ---------------------------------------------------------------------------------------


def run_publish(run_id: int) -> Run | None:
    """Publish a run whose chunks are all done, in one step; None when it cannot be yet.

    A run during which facts changed is superseded by a new one, so that published values are of one
    moment; chunks whose staged rows a database crash took are computed again.
    """
    try:
        return _publish_if_done(run_id)
    except Exception as error:
        if is_database_lost(error):
            raise
        logger.exception("run_not_published", extra={"run": run_id})
        with deciding():
            _run_failed(run_id, f"publication: {type(error).__name__}: {error}")
        return None


def _publish_if_done(run_id: int) -> Run | None:
    with deciding():
        run = Run.objects.select_for_update().filter(pk=run_id, state=Run.State.RUNNING).first()
        if run is None:
            return None
        chunks = list(run.chunks.all())
        if any(chunk.state != RunChunk.State.DONE for chunk in chunks):
            return None
        if _rows_lost(run, chunks):
            return None
        if _is_overtaken(run, chunks):
            _supersede(run)
            return None
        _publish(run, chunks)
        return run


def _rows_lost(run: Run, chunks: list[RunChunk]) -> bool:
    staged = publication.staged_rows(run)
    if staged is None:
        return False
    lost = [chunk.pk for chunk in chunks if staged.get(chunk.number, 0) != chunk.rows_staged]
    if lost:
        # The index read what other chunks had staged, so it is computed again with them.
        again = Q(pk__in=lost) | Q(name=INDEX_GROUP)
        run.chunks.filter(again).update(state=RunChunk.State.READY, sent_at=None, attempts=0)
    return bool(lost)


def _is_overtaken(run: Run, chunks: list[RunChunk]) -> bool:
    if run.request:
        return False
    mixed = any(chunk.changes_seen != run.changes_upto for chunk in chunks if chunk.name != INDEX_GROUP)
    return mixed and run.plan.get("superseded", 0) < MAX_SUPERSEDED


def _supersede(run: Run) -> None:
    times = run.plan.get("superseded", 0) + 1
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUPERSEDED)
    publication.stage_forget(run)
    again = run_request(
        cause=run.cause,
        full=run.is_full,
        as_of=run.as_of if run.as_of_fixed else None,
        by=run.requested_by,
    )
    again.plan = {"superseded": times, "instead_of": run.pk}
    again.save(update_fields=["plan"])


def _publish(run: Run, chunks: list[RunChunk]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [storage.PUBLICATION_LOCK])
    publication.publish(run)
    now = timezone.now()
    run.state = Run.State.PUBLISHED
    run.published_at = now
    run.values_written = sum(chunk.values_written for chunk in chunks)
    run.values_unchanged = sum(chunk.values_unchanged for chunk in chunks)
    run.peak_rss_mb = max([peak_rss_mb(), *(chunk.peak_rss_mb or 0 for chunk in chunks)])
    run.seconds = (now - run.started_at).total_seconds() if run.started_at else None
    run.save()
    versions_note(run)


# In one process, and keeping things going ----------------------------------------------------------


def run_compute(run_id: int, progress: Callable[[Run], None] | None = None) -> Run:
    """Compute a run to its end in this process; answers the published run (or the one that took its place).

    RunFailed when it failed. Other workers may take part.
    """
    while True:
        run = Run.objects.get(pk=run_id)
        match run.state:
            case Run.State.PUBLISHED:
                return run
            case Run.State.FAILED:
                raise RunFailed(run.error)
            case Run.State.SUPERSEDED:
                later = Run.objects.filter(plan__instead_of=run_id).first()
                if later is None:
                    raise RunFailed(f"run {run_id} was superseded and nothing took its place")
                run_id = later.pk
                continue
            case Run.State.WANTED if run_start(run_id) is not None:
                continue
        # A run that another process began comes first: its work is done here too.
        if _work_once():
            if progress:
                progress(run)
        else:
            recover()
            time.sleep(0.1)


def _work_once() -> bool:
    """Compute one ready chunk of a running run, or publish one; False when there is nothing to do."""
    for run_id in list(Run.objects.filter(state=Run.State.RUNNING).order_by("id").values_list("id", flat=True)):
        if any(chunk_compute(run_id, number) for number in chunks_ready(run_id)):
            return True
        if run_publish(run_id) is not None:
            return True
    return False


def advance(send: Callable[[int, int], None]) -> None:
    """Publish what is done, start what is wanted, send what is ready. Repeatable at any time."""
    running = list(Run.objects.filter(state=Run.State.RUNNING).values_list("id", flat=True))
    published = [run_id for run_id in running if run_publish(run_id) is not None]
    if published and _is_stale(planning.last_whole_run()):
        facts_changed("facts changed during the last run")
    started = run_start()
    for run_id in list(Run.objects.filter(state=Run.State.RUNNING).values_list("id", flat=True)):
        _send_ready(run_id, send)
    if started is not None and not started.chunks.exists() and run_publish(started.pk):
        advance(send)


def _send_ready(run_id: int, send: Callable[[int, int], None]) -> None:
    """Send each ready chunk once; the sweeper sends again what nobody took, or what could not be sent."""
    for number in chunks_ready(run_id):
        mine = RunChunk.objects.filter(run_id=run_id, number=number, state=RunChunk.State.READY)
        if not mine.filter(sent_at=None).update(sent_at=Now()):
            continue
        try:
            send(run_id, number)
        except Exception as error:
            mine.update(sent_at=None)
            logger.warning("chunk_not_sent", extra={"run": run_id, "chunk": number, "error": type(error).__name__})
            return


def recover() -> None:
    """Give chunks of dead workers and lost messages back, and forget what ended runs staged."""
    stale = Now() - timedelta(seconds=STALE_SECONDS)  # the database's clock: those of workers may differ
    with deciding():
        running = RunChunk.objects.filter(run__state=Run.State.RUNNING)
        for chunk in running.filter(state=RunChunk.State.RUNNING, heartbeat__at__lt=stale):
            mine = RunChunk.objects.filter(pk=chunk.pk, state=RunChunk.State.RUNNING, claim=chunk.claim)
            if chunk.attempts < MAX_ATTEMPTS:
                mine.update(state=RunChunk.State.READY, sent_at=None, claim=None)
            elif mine.update(state=RunChunk.State.FAILED, error="its worker died at every attempt"):
                _run_failed(chunk.run_id, f"{chunk.name}: its worker died at every attempt")
        running.filter(state=RunChunk.State.READY, sent_at__lt=stale).update(sent_at=None)
        _tidy(publication.stage_sweep)


def sweep(send: Callable[[int, int], None]) -> None:
    """Find what fell through: dead chunks, lost messages, unseen facts, a new day, unpublished runs."""
    recover()
    if _is_stale(planning.last_whole_run()) and not _is_given_up():
        facts_changed()
    nightly()
    advance(send)


def run_progress(run: Run) -> dict[str, Any]:
    """How far a run is: chunks done and in all, and what each does now. Cost: one query."""
    chunks = list(run.chunks.all())
    done = sum(chunk.state == RunChunk.State.DONE for chunk in chunks)
    return {
        "done": done,
        "total": len(chunks),
        "share": done / len(chunks) if chunks else float(run.state == Run.State.PUBLISHED),
        "now": [chunk.name for chunk in chunks if chunk.state == RunChunk.State.RUNNING],
    }


def runs_waiting() -> int:
    """Runs that are wanted and not begun. Cost: one query."""
    return Run.objects.filter(state=Run.State.WANTED).count()
