"""Everything happens twice: messages, beats, workers at one chunk, deliveries of a task that takes too long."""

import json
import time

import pytest
import redis

from tests.faults.company import Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


def test_every_message_is_delivered_twice(company: Company, clean: Clean) -> None:
    run = company.wish()
    with redis.Redis.from_url(company.environment["REDIS_URL"]) as broker:
        # Nothing dies here, so a second attempt would be the doubled message's: no chunk may count as dead.
        company.own = {"EPMO_FAULT_STALE_SECONDS": ""}
        company.start("beat-1")
        company.start("worker-1", processes=1)
        company.start("worker-2", processes=1)
        seen: set[str] = set()
        end = time.monotonic() + 100
        while company.run_state(run) != "published" and time.monotonic() < end:
            for queue in ("interactive", "compute"):
                for message in broker.lrange(f"company-{queue}", 0, -1):
                    number = json.loads(message)["headers"]["id"]
                    if number not in seen:
                        seen.add(number)
                        broker.rpush(f"company-{queue}", message)
            time.sleep(0.005)

    company.until_published(run)

    assert len(seen) > 5
    assert company.one("SELECT max(attempts) FROM metrics_runchunk") == 1
    assert differences(company.cells(), clean.facts) == []


def test_two_beats_wish_for_one_run(company: Company, clean: Clean) -> None:
    company.start("beat-1")
    company.start("beat-2")
    company.start("worker-1")

    company.until_current()
    time.sleep(3)

    assert company.ask("SELECT state, slot FROM metrics_run") == [("published", None)]
    assert differences(company.cells(), clean.facts) == []


def test_two_beats_and_their_sweepers_open_the_slot_of_a_new_day_once(computed: Company, clean: Clean) -> None:
    computed.ask("UPDATE metrics_run SET as_of = as_of - 1, as_of_fixed = false")  # computed yesterday
    for name in ("beat-1", "beat-2"):
        computed.start(name, EPMO_FAULT_NIGHTLY_SECONDS="0.3")
    computed.start("worker-1", processes=1)
    computed.start("worker-2", processes=1)

    nights = "SELECT slot, state FROM metrics_run WHERE id > 1"
    computed.until(lambda: [state for _, state in computed.ask(nights)] == ["published"], "the run of the day")
    time.sleep(3)

    assert computed.ask(nights) == [("nightly:2026-07-10", "published")]
    assert differences(computed.cells(), clean.facts) == []


def test_two_workers_at_one_chunk_end_in_the_values_of_one(company: Company, clean: Clean) -> None:
    company.start("worker-1", processes=1)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks") as first:
        # As after a pause in which nobody heard of the first: another attempt is allowed.
        company.ask("UPDATE metrics_runchunk SET state = 'ready', sent_at = NULL WHERE state = 'running'")
        company.start("worker-2", processes=1)
        company.do("runs.advance(tasks.send_chunk)")
        company.until(lambda: set(company.reached("staged.checks")) - {first}, "a second process at the chunk")

    company.until_published(run)

    assert company.one("SELECT max(attempts) FROM metrics_runchunk") == 2
    assert differences(company.cells(), clean.facts) == []


def test_a_task_longer_than_the_visibility_timeout_takes_effect_once(company: Company, clean: Clean) -> None:
    company.own = {"EPMO_FAULT_STALE_SECONDS": ""}  # a busy machine is no dead worker
    company.start("beat-1")
    company.start("worker-1", processes=1, EPMO_FAULT_VISIBILITY="2")
    company.start("worker-2", processes=1, EPMO_FAULT_VISIBILITY="2")
    company.tell("spend", "staged.checks", "7")
    run = company.wish()

    company.until_published(run)

    assert company.ask("SELECT attempts, state FROM metrics_runchunk WHERE name = 'checks'") == [(1, "done")]
    assert differences(company.cells(), clean.facts) == []
