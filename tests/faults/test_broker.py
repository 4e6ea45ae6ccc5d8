"""The broker dies, stands still, or forgets everything: messages are hints, the work is found again."""

import signal
import time

import pytest

from tests.faults.company import REFERENCE, Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


def start(company: Company) -> None:
    """A worker with one child, so that chunks wait in the broker while one is held, and beat."""
    company.start("beat-1")
    company.start("worker-1", processes=1)


def test_a_broker_that_is_killed_and_comes_back_loses_no_work(company: Company, clean: Clean) -> None:
    start(company)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks"):
        company.servers.valkey_kill()
    time.sleep(1)
    company.servers.valkey_start()

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def test_a_broker_that_stands_still_for_a_while_loses_no_work(company: Company, clean: Clean) -> None:
    start(company)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks"):
        company.servers.valkey_signal(signal.SIGSTOP)
    time.sleep(3)
    company.servers.valkey_signal(signal.SIGCONT)

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


def test_work_whose_messages_are_all_lost_is_found_by_the_sweeper(company: Company, clean: Clean) -> None:
    start(company)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks"):
        company.servers.valkey_empty()

    company.until_published(run)

    assert differences(company.cells(), clean.facts) == []


@pytest.mark.parametrize("fault", ["dead", "still"])
def test_a_write_without_a_broker_is_stored_at_once_and_computed_later(
    computed: Company, clean: Clean, fault: str
) -> None:
    computed.do("pass")
    if fault == "dead":
        computed.servers.valkey_kill()
    else:
        computed.servers.valkey_signal(signal.SIGSTOP)
    begun = time.monotonic()
    computed.manage("import_facts", str(REFERENCE / "update" / "facts"), "--json")
    assert time.monotonic() - begun < 120  # mostly the start of Python, on a machine that may be busy
    assert computed.one("SELECT count(*) FROM portfolio_changeset") == 2
    if fault == "dead":
        computed.servers.valkey_start()
    else:
        computed.servers.valkey_signal(signal.SIGCONT)
    computed.servers.valkey_empty()

    start(computed)
    computed.until_current()

    assert differences(computed.cells(), clean.update) == []
