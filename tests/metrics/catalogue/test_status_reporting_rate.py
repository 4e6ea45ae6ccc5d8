"""Worked by hand, as of 2026-07-10.

P-1 runs from 15 January on: January to March are its months of Q1. P-2 runs from 1 February to 1 March: February and
March. Reports: P-1 in January (two) and March, P-2 in February. So 3 of 5 project-months.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

PROJECTS = """
    code portfolio actual_start_on actual_finish_on
    P-1  PF        2026-01-15      -
    P-2  PF        2026-02-01      2026-03-01
    P-3  PF        -               -
    P-4  PF        2026-07-10      -
"""
REPORTS = """
    project reported_on rag
    P-1     2026-01-20  red
    P-1     2026-01-31  green
    P-1     2026-03-01  red
    P-2     2026-02-10  -
    P-2     2026-04-02  red
    P-3     2026-02-10  amber
    P-1     2026-07-05  green
    P-1     2026-07-10  red
"""


def test_months_of_running_projects_with_at_least_one_report():
    values = measure(make_facts(projects=PROJECTS, status_reports=REPORTS), "status_reporting_rate")

    assert values.at("2026-Q1") == ok(3 / 5, 3, 5)
    assert values.at("2026-Q1", "project:P-1") == ok(2 / 3, 2, 3)
    assert values.at("2026-01") == ok(1, 1, 1)
    assert values.at("2026-02") == ok(1 / 2, 1, 2)
    # A report of a project that does not run that month is in neither.
    assert values.at("2026-04") == ok(0, 0, 1)
    assert values.at("2026-Q1", "project:P-3") == NO_DATA


def test_only_whole_months_count():
    values = measure(make_facts(projects=PROJECTS, status_reports=REPORTS), "status_reporting_rate")

    assert values.at("2026-07") == NO_DATA
    assert values.at("2026-Q3") == NO_DATA
    # January to June of P-1, February and March of P-2.
    assert values.at("2026") == ok(3 / 8, 3, 8, status="partial_period")


def test_a_project_that_finished_on_the_first_day_ran_that_month():
    facts = make_facts(
        projects="code portfolio actual_start_on actual_finish_on\nP-1 PF 2024-12-31 2025-02-01",
        status_reports="project reported_on rag\nP-1 2025-02-01 red",
    )
    values = measure(facts, "status_reporting_rate")

    assert values.at("2025-01") == ok(0, 0, 1)
    assert values.at("2025-02") == ok(1, 1, 1)
    assert values.at("2025-03") == NO_DATA


def test_without_any_report_in_the_company_nothing_is_known():
    values = measure(make_facts(projects=PROJECTS), "status_reporting_rate")

    assert values.at("2026-Q1") == NO_DATA


def test_red_share_looks_at_the_latest_report_before_t():
    values = measure(make_facts(projects=PROJECTS, status_reports=REPORTS), "status_reporting_rate")

    # Q1: P-1 red on 1 March, P-2 not rated, P-3 amber.
    assert values.at("2026-Q1", component="red_share") == ok(1 / 3, 1, 3)
    assert values.at("2026-01", component="red_share") == ok(0, 0, 1)
    # The red report of the as-of day is no fact yet.
    assert values.at("2026-07", component="red_share") == ok(0, 0, 1, status="partial_period")


def test_explain_lists_the_reports_that_count():
    values = measure(make_facts(projects=PROJECTS, status_reports=REPORTS), "status_reporting_rate")

    assert values.rows("numerator", "2026-Q1") == [
        "P-1|2026-01-20",
        "P-1|2026-01-31",
        "P-1|2026-03-01",
        "P-2|2026-02-10",
    ]
    assert values.rows("denominator", "2026-Q1") == ["P-1", "P-2"]
