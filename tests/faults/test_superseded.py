"""Facts change while a run computes: it is superseded, and small writes without end never keep values from people."""

import csv
import time

import pytest

from tests.faults.company import REFERENCE, Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


def project_months() -> tuple[list[str], list[str], list[str]]:
    """The head of a file of facts, one of its rows, and that row with another cost."""
    with (REFERENCE / "facts" / "project_months.csv").open(newline="") as file:
        head, row = list(csv.reader(file))[:2]
    return head, row, [*row[:-1], str(float(row[-1]) + 1000)]


def test_a_run_in_which_facts_change_is_superseded_by_one_that_sees_them(company: Company, clean: Clean) -> None:
    company.start("worker-1", processes=1)
    company.tell("hold", "staged.checks")
    run = company.wish()
    with company.holding("staged.checks"):
        company.import_update()

    company.until_current()

    later = company.one("SELECT id FROM metrics_run WHERE plan->>'instead_of' = %s", str(run))
    assert (company.run_state(run), company.run_state(later)) == ("superseded", "published")
    assert company.one("SELECT count(*) FROM metrics_restatement WHERE run_id = %s", run) == 0
    assert differences(company.cells(), clean.update) == []


def test_facts_that_come_after_the_chunks_have_read_are_computed_by_the_next_run(
    company: Company, clean: Clean
) -> None:
    company.start("worker-1", processes=1)
    company.tell("hold", "publish")
    run = company.wish()
    with company.holding("publish"):
        company.import_update()

    # Without beat: nobody sweeps, so the run that is published must look for itself.
    company.until_current()

    assert company.run_state(run) == "published"
    assert differences(company.cells(), clean.update) == []


def test_small_writes_without_end_never_keep_values_from_being_published(computed: Company, clean: Clean) -> None:
    head, row, other = project_months()
    computed.start("beat-1")
    computed.start("worker-1")
    written = 0
    published = "SELECT count(*) FROM metrics_run WHERE state = 'published'"
    before, end = computed.one(published), time.monotonic() + 120

    while computed.one(published) < before + 2 and time.monotonic() < end:
        computed.write("project_months", head, other if written % 2 == 0 else row)
        written += 1
    computed.write("project_months", head, row)

    assert computed.one(published) >= before + 2
    assert written > 5
    computed.until_current()
    assert differences(computed.cells(), clean.facts) == []
