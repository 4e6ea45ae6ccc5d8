"""Worked by hand: PV 100 a month for five months, EV 250 after three: C = 2, ES = 2.5, AT = 3, index 0.8333."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

MONTHS = """
    project month   planned_value earned_value actual_cost
    P-1     2026-01 100           90           1
    P-1     2026-02 100           90           1
    P-1     2026-03 100           70           1
    P-1     2026-04 100           -            -
    P-1     2026-05 100           250          1
"""
KEY = "schedule_performance_index_time"


def test_months_earned_over_months_passed():
    values = measure(make_facts(project_months=MONTHS), KEY)

    assert values.at("2026-03") == ok(2.5 / 3, 2.5, 3, 1)
    assert values.at("2026-Q1") == ok(2.5 / 3, 2.5, 3, 1)
    assert values.at("2026-Q1", component="earned_schedule_months") == ok(2.5, n=1)
    assert values.at("2026-Q1", component="actual_months") == ok(3, n=1)
    assert values.at("2026-01") == ok(0.9, 0.9, 1, 1)


def test_a_project_that_does_not_report_in_the_period_takes_no_part():
    values = measure(make_facts(project_months=MONTHS), KEY)

    assert values.at("2026-04") == NO_DATA
    # May: EV 500 reaches the plan of 500, after five months.
    assert values.at("2026-05") == ok(1, 5, 5, 1)


def test_months_without_a_row_have_no_plan_and_time_goes_on():
    months = """
        project month   planned_value earned_value actual_cost
        P-1     2026-01 100           100          1
        P-1     2026-04 100           50           1
    """
    values = measure(make_facts(project_months=months), KEY)

    # February and March plan nothing: 100 earned is on plan up to March (C = 3); 150 is half of April.
    assert values.at("2026-01") == ok(3, 3, 1, 1)
    assert values.at("2026-04") == ok(3.5 / 4, 3.5, 4, 1)


def test_all_earned_is_the_first_month_in_which_the_plan_reaches_its_total():
    months = """
        project month   planned_value earned_value actual_cost
        P-1     2026-01 0.1           0.1          1
        P-1     2026-02 0.2           0.2          1
        P-1     2026-03 0             0            1
    """
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-02") == ok(1, 2, 2, 1)
    assert values.at("2026-03") == ok(2 / 3, 2, 3, 1)


def test_sums_over_projects_each_in_its_own_currency_without_any_rate():
    months = MONTHS + "    P-2 2026-02 10 5 1\n    P-2 2026-12 10 - -\n    P-3 2026-02 - 5 1\n"
    facts = make_facts(projects="code portfolio currency\nP-2 PF SEK", project_months=months)
    values = measure(facts, KEY)

    # P-2: half of its first month; P-3 has no plan at all and is left out. P-1 in February: 180 of 200, 1.8 of 2.
    assert values.at("2026-02") == ok(2.3 / 3, 2.3, 3, 2)
    assert values.at("2026-02", "project:P-3") == NO_DATA


def test_time_runs_from_the_first_row_of_the_project_whatever_it_holds():
    months = """
        project month   planned_value earned_value actual_cost
        P-1     2025-12 -             -            5
        P-1     2026-01 100           50           1
        P-1     2026-02 100           -            -
    """
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-01") == ok(1.5 / 2, 1.5, 2, 1)


def test_a_long_plan_beside_a_short_one_changes_neither():
    months = MONTHS + "    P-2 2020-01 10 5 1\n    P-2 2026-03 10 15 1\n    P-2 2049-12 10 - -\n"
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-03", "project:P-1") == ok(2.5 / 3, 2.5, 3, 1)
    # 20 of 30 earned: on plan from March 2026 (month 75) up to November 2049 (month 359).
    assert values.at("2026-03", "project:P-2") == ok(359 / 75, 359, 75, 1)


def test_explain_lists_the_reported_rows_to_date():
    values = measure(make_facts(project_months=MONTHS), KEY)

    assert values.rows("numerator", "2026-Q1") == ["P-1|2026-01", "P-1|2026-02", "P-1|2026-03"]
    assert values.rows("denominator", "2026-05") == ["P-1|2026-01", "P-1|2026-02", "P-1|2026-03", "P-1|2026-05"]
