"""Long drills: production's own timeouts, a company of a size, faults at moments of chance. Run by `make drill`.

EPMO_DRILL_SIZE (S), EPMO_DRILL_SECONDS (180) and EPMO_DRILL_SEED change what is done; the table at the end says what
was measured. Every drill has two beats and two workers, and ends with the stored values compared to a clean run.
"""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
import redis

from tests.faults.company import Company, differences
from tests.faults.conftest import MadeCompany, Sized
from tests.faults.figures import FIGURES
from tests.faults.storm import Reader, Storm, Writer, other_cost

pytestmark = [pytest.mark.fault, pytest.mark.drill]

SEED = int(os.environ.get("EPMO_DRILL_SEED", "20260710"))
SECONDS = float(os.environ.get("EPMO_DRILL_SECONDS", "180"))
LONG = 900.0
RESUME_SECONDS = 60.0


def processes_start(company: Company) -> None:
    """Two beats and two workers of one process each."""
    for name in ("beat-1", "beat-2"):
        company.start(name)
    for name in ("worker-1", "worker-2"):
        company.start(name, processes=1)


def worker_killed(company: Company) -> None:
    """kill -9 of one of two workers while both are at a chunk; nobody starts it again."""
    company.kill("worker-1")


def child_killed(company: Company) -> None:
    """kill -9 of the pool child of a worker."""
    os.kill(company.pool("worker-1")[0], signal.SIGKILL)


def workers_restarted(company: Company) -> None:
    """kill -9 of all workers and both beats; all are started again at once, as a container's restart does."""
    for name in list(company.processes):
        company.kill(name)
    processes_start(company)


def broker_killed(company: Company) -> None:
    """kill -9 of the broker, which comes back five seconds later with what its file kept."""
    company.servers.valkey_kill()
    time.sleep(5)
    company.servers.valkey_start()


def broker_emptied(company: Company) -> None:
    """All messages are lost."""
    company.servers.valkey_empty()


def database_fast(company: Company) -> None:
    """PostgreSQL is restarted: sessions end, a checkpoint is written."""
    company.servers.postgres_restart("fast")


def database_immediate(company: Company) -> None:
    """PostgreSQL crashes and recovers; what was staged is lost with it."""
    company.servers.postgres_restart("immediate")


@pytest.mark.parametrize(
    "fault",
    [
        worker_killed,
        child_killed,
        workers_restarted,
        broker_killed,
        broker_emptied,
        database_fast,
        database_immediate,
    ],
    ids=lambda fault: fault.__name__,
)
def test_one_fault_in_mid_run(make_drilled: MadeCompany, sized: Sized, fault: Callable[[Company], None]) -> None:
    company = make_drilled(sized.facts)
    processes_start(company)
    company.do("pass")
    many = random.Random(SEED + len(fault.__name__)).randrange(2, 8)
    run = company.wish()
    busy = 2 if fault in (worker_killed, child_killed) else 1  # so that whoever dies holds a chunk
    counts = "SELECT count(*) FROM metrics_runchunk WHERE state = %s"
    company.until(
        lambda: company.one(counts, "done") >= many and company.one(counts, "running") >= busy,
        f"{many} chunks done and {busy} at work",
        LONG,
    )
    begun = company.one("SELECT clock_timestamp()")
    at = time.monotonic()
    fault(company)
    held = company.ask("SELECT id, attempts FROM metrics_runchunk WHERE state = 'running' AND claimed_at < %s", begun)
    company.until(
        lambda: is_resumed(company, held, begun), "every chunk that was at work is done or claimed anew", LONG
    )
    resumed = time.monotonic() - at
    company.until_published(run, LONG)
    published = time.monotonic() - at
    differing = differences(company.cells(), sized.cells)
    FIGURES.add(fault.__name__.replace("_", " "), str(fault.__doc__).rstrip("."), resumed, published, len(differing))

    assert differing == []
    assert resumed <= RESUME_SECONDS


def is_resumed(company: Company, held: list[tuple[int, int]], begun: object) -> bool:
    """Whether no chunk is in the hands of the dead, and something was claimed since."""
    waiting = "SELECT count(*) FROM metrics_runchunk WHERE id = %s AND attempts = %s AND state <> 'done'"
    since = (
        "SELECT (SELECT count(*) FROM metrics_runchunk WHERE claimed_at > %s) + "
        "(SELECT count(*) FROM metrics_run WHERE published_at > %s)"
    )
    return all(company.one(waiting, *chunk) == 0 for chunk in held) and company.one(since, begun, begun) > 0


def test_every_message_comes_twice(make_drilled: MadeCompany, sized: Sized) -> None:
    company = make_drilled(sized.facts)
    run = company.wish()
    at = time.monotonic()
    processes_start(company)
    seen: set[str] = set()
    with redis.Redis.from_url(company.environment["REDIS_URL"]) as broker:
        while company.run_state(run) != "published" and time.monotonic() - at < LONG:
            for queue in ("interactive", "compute"):
                for message in broker.lrange(f"company-{queue}", 0, -1):
                    number = json.loads(message)["headers"]["id"]
                    if number not in seen:
                        seen.add(number)
                        broker.rpush(f"company-{queue}", message)
            time.sleep(0.01)
    company.until_published(run, LONG)
    published = time.monotonic() - at
    differing = differences(company.cells(), sized.cells)
    most = company.one("SELECT max(attempts) FROM metrics_runchunk")
    FIGURES.add("doubled messages", f"{len(seen)} messages sent twice", None, published, len(differing))

    assert differing == []
    assert most == 1


def test_a_chunk_that_kills_its_process_each_time_is_given_up(make_drilled: MadeCompany, sized: Sized) -> None:
    company = make_drilled(sized.computed)
    processes_start(company)
    company.tell("kill", "start.people")
    at = time.monotonic()
    run = company.wish()
    given_up = company.until(lambda: company.run_state(run) == "failed", "the run is given up", LONG)
    company.untell("kill", "start.people")
    company.until_published(company.wish(), LONG)
    published = time.monotonic() - at
    differing = differences(company.cells(), sized.cells)
    done = (
        f"a chunk kills its process three times: its run failed after {given_up:.0f} s, said why, was asked for again"
    )
    FIGURES.add("poison chunk", done, None, published, len(differing))

    assert differing == []


def test_writes_during_runs_supersede_them_and_end_in_the_values_of_a_clean_run(
    make_drilled: MadeCompany, sized: Sized
) -> None:
    company = make_drilled(sized.computed)
    processes_start(company)
    head, row, other = other_cost(sized.files)
    end, written, publications = time.monotonic() + SECONDS / 3, 0, "SELECT count(*) FROM metrics_run WHERE state = %s"
    before, longest, last = company.one(publications, "published"), 0.0, time.monotonic()
    known = before
    while time.monotonic() < end or written % 2:
        company.write("project_months", head, row if written % 2 else other)
        written += 1
        if (now := company.one(publications, "published")) > known:
            known, longest, last = now, max(longest, time.monotonic() - last), time.monotonic()
    published = company.until_current(LONG)
    overtaken = company.one(publications, "superseded")
    differing = differences(company.cells(), sized.cells)
    done = (
        f"{written} writes one after another: {known - before} runs published meanwhile, "
        f"at most {longest:.1f} s apart, {overtaken} superseded"
    )
    FIGURES.add("steady writes", done, None, published, len(differing))

    assert differing == []
    assert known > before


def test_a_storm_of_faults_while_people_write_and_read(make_drilled: MadeCompany, sized: Sized) -> None:
    company = make_drilled(sized.computed)
    processes_start(company)
    rows = other_cost(sized.files)
    writer, reader = Writer(company, rows), Reader(company)
    for written in (rows[2], rows[1]):
        writer.write(written)
        company.until_current(LONG)
        reader.learn()
    assert len(reader.known) == 2
    storm = Storm(company, random.Random(SEED), lambda: processes_start(company))
    reading = threading.Thread(target=reader.read)
    writing = threading.Thread(target=writer.keep_writing)
    reading.start()
    writing.start()
    try:
        storm.rage(SECONDS)
    finally:
        writer.stop.set()
        reader.stop()
        writing.join()
        reading.join()
    at = time.monotonic()
    writer.write(rows[1])
    company.until_current(LONG)
    published = time.monotonic() - at
    differing = differences(company.cells(), sized.cells)
    runs = Counter(state for (state,) in company.ask("SELECT state FROM metrics_run"))
    told = ", ".join(f"{number} x {name}" for name, number in sorted(storm.done.items()))
    done = (
        f"{SECONDS:.0f} s: {told}; {writer.written} writes, {runs['published']} runs published, {runs['failed']} failed"
    )
    FIGURES.add("storm", done, max(storm.waits, default=None), published, len(differing))
    FIGURES.notes.append(
        f"The reader looked {sum(reader.seen.values())} times during the storm ({reader.refused} times the database "
        f"was away); {sum(n for mark, n in reader.seen.items() if mark not in reader.known)} answers were of two runs."
    )

    assert differing == []
    assert set(reader.seen) <= reader.known
    assert max(storm.waits) <= RESUME_SECONDS
