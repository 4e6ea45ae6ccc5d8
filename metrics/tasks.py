"""Celery entry points: unpack, call one service, answer. Messages are hints; PostgreSQL knows the work."""

from __future__ import annotations

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from metrics import relevance, runs
from metrics.decisions.services import signals_propose
from metrics.schedule import SWEEP_SECONDS

RETRY = {
    "autoretry_for": (DatabaseError, InterfaceError),  # a server that is gone in mid-query is a plain DatabaseError
    "retry_backoff": True,
    "retry_backoff_max": 30,
    "max_retries": 5,
    "acks_late": True,
    "ignore_result": True,
}


def send_chunk(run_id: int, number: int) -> None:
    """Tell some worker that a chunk is ready. Raises at once when the broker is away: the sweeper sends again."""
    compute_chunk.apply_async((run_id, number), retry=False)


@shared_task(name="metrics.facts_changed", **RETRY)
def facts_changed(change_set_id: int) -> None:
    """Facts were written: wish for a run over them and start it when none is running."""
    runs.facts_changed(cause=f"change {change_set_id}")
    runs.advance(send_chunk)


@shared_task(name="metrics.advance", **RETRY)
def advance() -> None:
    """Start what is wanted (a run that a person or a program asked for)."""
    runs.advance(send_chunk)


@shared_task(name="metrics.compute_chunk", **RETRY)
def compute_chunk(run_id: int, number: int) -> None:
    """Compute one chunk, then publish the run or send what became ready."""
    runs.chunk_compute(run_id, number)
    runs.advance(send_chunk)


@shared_task(name="metrics.sweep", **RETRY)
def sweep() -> None:
    """Find dead chunks, lost messages and unseen facts, and set them going again."""
    runs.sweep(send_chunk)
    if relevance.is_due():
        compute_relevance.apply_async(kwargs={"makes_way": True}, retry=False, expires=SWEEP_SECONDS)


@shared_task(name="metrics.compute_relevance", **RETRY)
def compute_relevance(makes_way: bool = False) -> None:
    """Verdicts on metrics and feeds, when values are newer than they; once, however often it is asked.

    The sweeper's ask makes way for runs and comes again; that of the weekly slot does not, so that steady writes
    cannot put verdicts off for ever.
    """
    relevance.relevance_compute(only_when_due=True, makes_way=makes_way)


@shared_task(name="metrics.nightly", **RETRY)
def nightly() -> None:
    """Values as of the new day, once a day however often beat asks."""
    runs.nightly()
    runs.advance(send_chunk)


@shared_task(name="metrics.propose_decisions", **RETRY)
def propose_decisions() -> None:
    """Propose what the last finished quarter's signals ask for; the same signal is proposed once."""
    signals_propose()
