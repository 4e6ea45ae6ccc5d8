"""Workers die in mid-run; others go on; the values are those of a clean run."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.company import Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("where", ["staged.checks", "staged.index", "publish", "published"])
def test_a_worker_is_killed_and_another_goes_on(company: Company, clean: Clean, where: str) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.tell("hold", where)
    run = company.wish()
    with company.holding(where):
        company.start("worker-2", processes=1)
        company.kill("worker-1")

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def test_a_pool_child_is_killed_and_its_parent_goes_on(company: Company, clean: Clean) -> None:
    company.start("beat-1")
    company.start("worker-1")
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks") as child:
        assert child in company.pool("worker-1")
        os.kill(child, signal.SIGKILL)

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def test_a_worker_that_stood_still_finds_its_work_done_by_another(company: Company, clean: Clean) -> None:
    company.start("beat-1")
    company.start("worker-1", processes=1)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks") as child:
        company.stand_still("worker-1")
    company.start("worker-2", processes=1)
    company.until_published(run)

    company.go_on("worker-1")
    company.until(lambda: not Path(f"/proc/{child}").exists() or company.is_quiet(), "the slow one has given up")

    assert differences(company.cells(), clean.facts) == []
    assert company.one("SELECT count(*) FROM metrics_series_staging") == 0
    assert company.shadows() == []
