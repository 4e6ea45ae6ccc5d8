"""Imports whose worker, command or database dies: nothing partial is seen, they resume or say why they ended."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from portfolio.services.facts import FACTS_LOCK
from tests.faults.company import REFERENCE, Company, differences
from tests.faults.conftest import Clean
from tests.stack import ROOT

pytestmark = pytest.mark.fault

UPDATE = REFERENCE / "update" / "facts"
POINTS = [
    "import.begin",
    "import.read",
    "import.waiting_for_another_import",
    "import.comparing_milestones",
    "import.storing_defects",
    "import.storing_milestones",
]


def upload(company: Company, folder: Path = UPDATE) -> int:
    """Upload the files of a folder, as the data page does."""
    return int(
        company.do(
            "from pathlib import Path\n"
            "from django.core.files.uploadedfile import SimpleUploadedFile\n"
            "from connectors.services import import_start\n"
            f"files = [SimpleUploadedFile(p.name, p.read_bytes()) for p in Path({str(folder)!r}).iterdir()]\n"
            "answer = import_start(files=files, actor=None).pk"
        )
    )


def facts(company: Company) -> list[object]:
    """Marks of tables that the second delivery changes, and the number of change sets."""
    return [
        company.ask(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM portfolio_{feed} t")
        for feed in ("customers", "defects", "milestones", "outcome_measurements", "changeset", "touched")
    ]


def state(company: Company, number: int) -> tuple[str, str]:
    """Status and message of an import."""
    return company.ask("SELECT status, message FROM portfolio_importrun WHERE id = %s", number)[0]  # type: ignore[return-value]


def kept(company: Company, number: int) -> bool:
    """Whether the upload of an import is still there."""
    return (company.folder / "uploads" / "imports" / str(number)).is_dir()


def age(company: Company) -> None:
    """Make imports older than the sweeper's patience with new ones."""
    company.ask("UPDATE portfolio_importrun SET created_at = created_at - interval '1 minute'")


def test_an_import_that_is_killed_at_any_point_shows_nothing_partial_and_resumes(
    company: Company, clean: Clean
) -> None:
    before = facts(company)
    company.start("beat-1")
    number = upload(company)
    for point in POINTS:
        company.tell("hold", point)
        company.forget(point)
        # It is old enough to be looked for, and this is not the attempt at which it is given up.
        company.ask("UPDATE portfolio_importrun SET created_at = created_at - interval '1 minute', attempts = 0")
        company.start("worker-1", processes=1)
        company.until(lambda point=point: company.reached(point), f"an import at {point}")
        company.kill("worker-1")
        company.untell("hold", point)
        assert facts(company) == before
        assert state(company, number)[0] == "running"
        assert kept(company, number)

    company.start("worker-1")
    company.until(lambda: state(company, number)[0] == "imported", "the import resumes")
    company.until_current()
    assert differences(company.cells(), clean.update) == []


def test_an_import_whose_worker_dies_behind_the_commit_is_not_done_again(company: Company) -> None:
    company.tell("hold", "import.committed")
    company.start("worker-1", processes=1)
    number = upload(company)
    with company.holding("import.committed"):
        after = facts(company)
        company.kill("worker-1")
    assert state(company, number)[0] == "imported"
    assert kept(company, number)

    # Its message comes again, as the broker hands out what was never acknowledged.
    company.do(f"from connectors.services import import_send; import_send({number})")
    company.start("worker-2", processes=1)
    company.until(lambda: not kept(company, number), "the upload is forgotten")

    assert facts(company) == after


def test_an_import_that_kills_its_worker_each_time_is_given_up_and_its_upload_kept(company: Company) -> None:
    before = facts(company)
    company.tell("kill", "import.storing_defects")
    company.start("beat-1")
    company.start("worker-1", processes=1)
    number = upload(company)
    age(company)

    company.until(lambda: state(company, number)[0] == "failed", "the import is given up")

    assert "three times" in state(company, number)[1]
    assert kept(company, number)
    assert facts(company) == before
    assert len(company.reached("import.storing_defects")) == 3


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_an_import_whose_database_restarts_is_done_again_by_itself(company: Company, clean: Clean, how: str) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.tell("hold", "import.storing_defects")
    number = upload(company)
    with company.holding("import.storing_defects"):
        age(company)
        company.servers.postgres_restart(how)

    company.until(lambda: state(company, number)[0] == "imported", "the import is done")
    company.until_current()

    assert company.one("SELECT attempts FROM portfolio_importrun WHERE id = %s", number) == 2
    assert differences(company.cells(), clean.update) == []


def test_a_command_that_is_killed_leaves_nothing_and_its_import_says_so(company: Company) -> None:
    other = upload(company)  # waits: no worker runs
    before = facts(company)
    number = other + 1
    writing = psycopg2.connect(company.database_url)
    with contextlib.closing(writing), writing.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [FACTS_LOCK])  # so that the command waits where it is killed
        command = subprocess.Popen(
            [sys.executable, "manage.py", "import_facts", str(UPDATE)],
            cwd=ROOT,
            env=company.environment,
            stdout=(company.folder / "command.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        company.until(
            lambda: company.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
            "the command waits to store",
        )
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    assert facts(company) == before
    assert state(company, number)[0] == "running"
    age(company)

    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.until(lambda: state(company, number)[0] == "failed", "the sweeper finds it")
    company.until(lambda: state(company, other)[0] == "imported", "the other import is done")

    assert "nothing was stored" in state(company, number)[1]


def test_an_upload_without_a_broker_is_kept_and_imported_later(company: Company) -> None:
    company.do("pass")
    company.servers.valkey_kill()
    number = upload(company)
    assert state(company, number)[0] == "queued"
    company.servers.valkey_start()
    age(company)

    company.start("beat-1")
    company.start("worker-1", processes=1)

    company.until(lambda: state(company, number)[0] == "imported", "the import is done")
    company.until(lambda: not kept(company, number), "the upload is forgotten")
