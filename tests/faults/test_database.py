"""PostgreSQL restarts, crashes, and ends sessions in mid-run."""

import time

import pytest

from tests.faults.company import Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("how", ["fast", "immediate"])
@pytest.mark.parametrize("where", ["staged.checks", "published"])
def test_the_database_restarts_in_mid_run(company: Company, clean: Clean, how: str, where: str) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.tell("hold", where)
    run = company.wish()
    with company.holding(where):
        company.servers.postgres_restart(how)

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def all_chunks_computed(company: Company) -> int:
    """A run of which nothing but the publication is left."""
    return int(
        company.do(
            "from metrics import runs\n"
            "from metrics.models import RunChunk\n"
            "run = runs.run_request(cause='fault test', full=True)\n"
            "runs.run_start(run.pk)\n"
            "while runs.chunks_ready(run.pk):\n"
            "    runs.chunk_compute(run.pk, runs.chunks_ready(run.pk)[0])\n"
            "answer = run.pk\n"
            "from django.db import connection; connection.close()"
        )
    )


def test_staged_rows_that_a_crash_took_are_noticed_and_computed_again(computed: Company, clean: Clean) -> None:
    computed.import_update()
    run = all_chunks_computed(computed)
    staged = computed.one("SELECT count(*) FROM metrics_series_staging")
    done = computed.one("SELECT count(*) FROM metrics_runchunk WHERE state = 'done'")

    computed.servers.postgres_restart("immediate")

    assert staged > 100
    assert computed.one("SELECT count(*) FROM metrics_series_staging") == 0
    assert computed.one("SELECT count(*) FROM metrics_runchunk WHERE state = 'done'") == done
    assert computed.do(f"answer = runs.run_publish({run}) is None")
    mine = f"FROM metrics_runchunk WHERE run_id = {run} AND rows_staged > 0"
    again = computed.one(f"SELECT count(*) {mine} AND state = 'ready'")
    assert again == computed.one(f"SELECT count(*) {mine}") > 3
    assert differences(computed.cells(), clean.facts) == []

    computed.start("beat-1")
    computed.start("worker-1")
    computed.until_published(run)
    assert differences(computed.cells(), clean.update) == []


def test_what_a_first_run_staged_outlives_a_crash(company: Company, clean: Clean) -> None:
    run = all_chunks_computed(company)

    company.servers.postgres_restart("immediate")

    assert company.one("SELECT count(*) FROM metrics_series") == 0
    assert company.do(f"answer = runs.run_publish({run}) is not None")
    assert differences(company.cells(), clean.facts) == []
    assert company.shadows() == []


def test_a_crash_between_the_chunks_and_the_index_leaves_no_index_of_half_the_values(
    company: Company, clean: Clean
) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.tell("hold", "start.index")
    run = company.wish()
    with company.holding("start.index"):
        company.servers.postgres_restart("immediate")

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def test_sessions_of_workers_are_ended_again_and_again(company: Company, clean: Clean) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    run = company.wish()
    for where in ("start.checks", "staged.people", "staged.index"):
        company.tell("hold", where)
        with company.holding(where):
            ended = company.one(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert ended >= 1
            time.sleep(0.2)

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []
