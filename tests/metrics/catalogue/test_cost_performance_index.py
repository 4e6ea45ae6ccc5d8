"""Worked by hand: P-1 in EUR, January and February reported, March to come.

PV 100, 100, 100; EV 80, 90; AC 100, 80. Quarter: EV 170, AC 180, PV 200, BAC 300. Index 170 / 180, schedule index
170 / 200, estimate at completion 300 x 180 / 170 = 317.647, to complete (300 - 170) / (300 - 180) = 1.08333.
"""

import pytest

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

MONTHS = """
    project month   planned_value earned_value actual_cost
    P-1     2026-01 100           80           100
    P-1     2026-02 100           90           80
    P-1     2026-03 100           -            -
"""
KEY = "cost_performance_index"


def test_earned_over_spent_to_date_of_projects_that_report_in_the_period():
    values = measure(make_facts(project_months=MONTHS), KEY)

    assert values.at("2026-01") == ok(0.8, 80, 100, 1)
    assert values.at("2026-02") == ok(170 / 180, 170, 180, 1)
    assert values.at("2026-Q1") == ok(170 / 180, 170, 180, 1)
    # March has a plan only: the project does not report in it, nor in the second quarter.
    assert values.at("2026-03") == NO_DATA
    assert values.at("2026-Q2") == NO_DATA


def test_components_of_the_quarter():
    values = measure(make_facts(project_months=MONTHS), KEY)

    def quarter(component):
        return values.at("2026-Q1", component=component)

    assert quarter("schedule_performance_index") == ok(0.85, 170, 200, 1)
    assert quarter("cost_variance") == ok(-10, n=1)
    assert quarter("schedule_variance") == ok(-30, n=1)
    assert quarter("budget_at_completion") == ok(300, n=1)
    assert quarter("estimate_at_completion") == ok(300 * 180 / 170, n=1)
    assert quarter("variance_at_completion") == ok(300 - 300 * 180 / 170, n=1)
    assert quarter("to_complete_index") == ok(130 / 120, 130, 120, 1)
    assert quarter("projects_on_budget_rate") == NO_DATA


def test_a_parent_adds_the_figures_not_the_estimates():
    months = MONTHS + "    P-2 2026-01 50 50 25\n    P-2 2026-02 - 50 -\n"
    values = measure(make_facts(project_months=months), KEY)

    # P-2's February is not a reported row (no cost), so P-2 takes no part in February.
    assert values.at("2026-01") == ok(130 / 125, 130, 125, 2)
    assert values.at("2026-01", component="estimate_at_completion") == ok(350 / (130 / 125), n=2)
    assert values.at("2026-02") == ok(170 / 180, 170, 180, 1)
    # The quarter takes P-2 with its reported rows before T.
    assert values.at("2026-Q1", "portfolio:PF") == ok(220 / 205, 220, 205, 2)


def test_what_is_dated_on_or_after_the_as_of_day_is_plan_only():
    months = "project month planned_value earned_value actual_cost\nP-1 2026-07 10 5 4\nP-1 2026-08 20 99 99"
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-07") == ok(5 / 4, 5, 4, 1, status="partial_period")
    assert values.at("2026", component="budget_at_completion") == ok(30, n=1, status="partial_period")
    assert measure(make_facts(project_months=months), KEY, as_of="2026-07-01").at("2026") == NO_DATA


@pytest.fixture
def in_kronor():
    def made(rates: str, months: str = MONTHS):
        return make_facts(
            projects="code portfolio currency\nP-1 PG SEK\nP-2 PF EUR",
            portfolios="code kind parent\nPF portfolio -\nPG program PF",
            project_months=months + "    P-2 2026-02 10 10 10\n",
            fx_rates="currency month rate\n" + rates,
        )

    return made


def test_each_row_at_the_rate_of_its_month_and_the_plan_to_come_at_that_of_the_day_before_t(in_kronor):
    values = measure(in_kronor("SEK 2026-01 0.1\nSEK 2026-02 0.2\nSEK 2026-03 0.5"), KEY)

    assert values.at("2026-02", "project:P-1") == ok(26 / 26, 8 + 18, 10 + 16, 1)
    # February: 10 + 20 + 100 x 0.2; the quarter: 10 + 20 + 100 x 0.5.
    assert values.at("2026-02", "project:P-1", "budget_at_completion") == ok(50, n=1)
    assert values.at("2026-Q1", "project:P-1", "budget_at_completion") == ok(80, n=1)
    assert values.at("2026-Q1", "project:P-1", "schedule_performance_index") == ok(26 / 30, 26, 30, 1)


def test_a_missing_rate_takes_every_value_that_needs_it_and_no_other(in_kronor):
    values = measure(in_kronor("SEK 2026-01 0.1\nSEK 2026-03 0.1"), KEY)

    assert values.at("2026-02", "project:P-1") == MISSING_RATE
    assert values.at("2026-02") == MISSING_RATE
    assert values.at("2026-02", "program:PG", "budget_at_completion") == MISSING_RATE
    assert values.at("2026-02", "project:P-2") == ok(1, 10, 10, 1)
    # In January the plan of February and March is converted at January's rate.
    assert values.at("2026-01", "project:P-1", "budget_at_completion") == ok(30, n=1)


def test_a_plan_row_whose_rate_is_missing_counts_too(in_kronor):
    # Quarter: March is a plan-only row before T, its rate is missing; all components need it.
    values = measure(in_kronor("SEK 2026-01 0.1\nSEK 2026-02 0.1"), KEY)

    assert values.at("2026-02", "project:P-1") == ok(17 / 18, 17, 18, 1)
    assert values.at("2026-Q1", "project:P-1") == MISSING_RATE
    assert values.at("2026-Q1", component="cost_variance") == MISSING_RATE


def test_a_row_that_is_not_used_needs_no_rate(in_kronor):
    # December has a cost but no earned value and no plan: it is neither reported nor planned.
    months = MONTHS + "    P-1 2025-12 - - 5\n"
    values = measure(in_kronor("SEK 2026-01 0.1\nSEK 2026-02 0.1\nSEK 2026-03 0.1", months), KEY)

    assert values.at("2026-Q1", "project:P-1") == ok(17 / 18, 17, 18, 1)


def test_nothing_spent_or_nothing_earned_is_undefined():
    months = "project month planned_value earned_value actual_cost\nP-1 2026-01 10 5 0.3\nP-1 2026-02 10 0 -0.1\n"
    values = measure(make_facts(project_months=months + "P-1 2026-03 - 0 -0.2"), KEY)

    # 0.3 - 0.1 - 0.2 is 0, as floats 5.6e-17.
    assert values.at("2026-03") == undefined("zero_denominator", 5, 0, 1)
    assert values.at("2026-03", component="estimate_at_completion") == undefined("zero_denominator", n=1)
    unearned = "project month planned_value earned_value actual_cost\nP-1 2026-01 10 0 5"
    values = measure(make_facts(project_months=unearned), KEY)
    assert values.at("2026-01") == ok(0, 0, 5, 1)
    assert values.at("2026-01", component="variance_at_completion") == undefined("zero_denominator", n=1)
    assert values.at("2026-01", component="cost_variance") == ok(-5, n=1)


def test_without_plan_the_schedule_index_is_undefined():
    months = "project month planned_value earned_value actual_cost\nP-1 2026-01 - 5 5"
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-01", component="schedule_performance_index") == undefined("zero_denominator", 5, 0, 1)
    assert values.at("2026-01", component="budget_at_completion") == ok(0, n=1)


def test_to_complete_is_undefined_once_the_budget_is_spent_but_keeps_its_parts():
    months = "project month planned_value earned_value actual_cost\nP-1 2026-01 100 60 100\nP-1 2026-02 - 10 20"
    values = measure(make_facts(project_months=months), KEY)

    assert values.at("2026-01", component="to_complete_index") == undefined("zero_denominator", 40, 0, 1)
    assert values.at("2026-02", component="to_complete_index") == undefined("zero_denominator", 30, -20, 1)


def test_projects_on_budget_compare_all_costs_with_the_budget_at_the_finish():
    facts = make_facts(
        projects="""
            code portfolio currency budget actual_finish_on
            P-1  PF        EUR      30.3   2026-03-31
            P-2  PF        SEK      100    2026-03-15
            P-3  PF        EUR      10     2026-03-15
            P-4  PF        EUR      -      2026-03-15
            P-5  PF        EUR      10     2026-07-10
        """,
        project_months="""
            project month   planned_value earned_value actual_cost
            P-1     2026-01 -             -            10.1
            P-1     2026-02 -             -            20.2
            P-1     2026-04 -             -            50
            P-2     2026-01 -             -            60
            P-2     2026-03 -             -            60
            P-4     2026-03 -             -            60
            P-5     2026-07 -             -            1
        """,
        fx_rates="currency month rate\nSEK 2026-01 0.1\nSEK 2026-03 0.2",
    )
    values = measure(facts, KEY)

    # P-1 spent its budget exactly; P-2 6 + 12 = 18 of 100 x 0.2 = 20; P-3 has no cost row, P-4 no budget.
    assert values.at("2026-03", component="projects_on_budget_rate") == ok(1, 2, 2)
    assert values.at("2026-03") == NO_DATA
    # In the year the costs of April count too, as T is later.
    assert values.at("2026", component="projects_on_budget_rate") == ok(0.5, 1, 2, status="partial_period")


def test_projects_on_budget_need_the_rates_of_their_own_rows_and_of_the_index():
    facts = make_facts(
        projects="""
            code portfolio currency budget actual_finish_on
            P-1  PF        EUR      30     2026-03-31
            P-2  PG        SEK      100    2026-04-15
        """,
        project_months="""
            project month   planned_value earned_value actual_cost
            P-1     2026-03 10            10           10
            P-2     2026-03 10            10           10
            P-2     2026-04 -             -            10
        """,
        fx_rates="currency month rate\nSEK 2026-04 0.2",
    )
    values = measure(facts, KEY)

    assert values.at("2026-03", component="projects_on_budget_rate") == MISSING_RATE
    assert values.at("2026-03", "project:P-1", "projects_on_budget_rate") == ok(1, 1, 1)
    # April: P-2 does not report, but its cost of March cannot be converted.
    assert values.at("2026-04", "project:P-2", "projects_on_budget_rate") == MISSING_RATE
    assert values.at("2026-05", component="projects_on_budget_rate") == NO_DATA


def test_explain_lists_the_reported_rows_to_date_also_those_of_zero():
    months = MONTHS.replace("90           80", "0            80")
    values = measure(make_facts(project_months=months), KEY)

    assert values.rows("numerator", "2026-01") == ["P-1|2026-01"]
    assert values.rows("numerator", "2026-Q1") == ["P-1|2026-01", "P-1|2026-02"]
    assert values.rows("denominator", "2026-Q1") == ["P-1|2026-01", "P-1|2026-02"]


def test_identities_of_the_catalogue():
    values = measure(make_facts(project_months=MONTHS), KEY)
    index, budget = values.at("2026-Q1"), values.at("2026-Q1", component="budget_at_completion")
    estimate = values.at("2026-Q1", component="estimate_at_completion")
    variance = values.at("2026-Q1", component="variance_at_completion")

    assert index.value * index.denominator == pytest.approx(index.numerator)
    assert variance.value == pytest.approx(budget.value - estimate.value)
