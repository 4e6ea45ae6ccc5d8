"""Worked by hand: cost 100 in January, benefits 60 in February and 60 in March: (120 - 100) / 100 = 0.2.

Present value -100 + 60 / 1.08^(1/12) + 60 / 1.08^(2/12) = 18.848; the monthly rate solves
100 x^2 - 60 x - 60 = 0 for x = 1 + r, x = 1.130662, so 1.130662^12 - 1 a year; paid back in month 3.
"""

from math import sqrt

import pytest

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

COSTS = """
    project month   planned_value earned_value actual_cost
    P-1     2026-01 -             -            100
    P-1     2026-02 50            -            -
"""
BENEFITS = """
    project code month   planned realised
    P-1     B1   2026-01 10      -
    P-1     B1   2026-02 10      60
    P-1     B1   2026-03 10      60
    P-1     B1   2026-08 10      900
"""
KEY = "return_on_investment"
MONTHLY = (60 + sqrt(60**2 + 4 * 100 * 60)) / 200 - 1


def test_benefits_less_cost_over_cost_to_date():
    values = measure(make_facts(project_months=COSTS, benefits=BENEFITS), KEY)

    assert values.at("2026-Q1") == ok(0.2, 20, 100, 3)
    assert values.at("2026-02") == ok(-0.4, -40, 100, 2)
    assert values.at("2026-Q1", "project:P-1") == ok(0.2, 20, 100, 3)
    # Figures to date stand in later periods too; what is realised after the as-of day is no fact.
    assert values.at("2026-06", "portfolio:PF") == ok(0.2, 20, 100, 3)
    assert values.at("2026") == ok(0.2, 20, 100, 3, status="partial_period")


def test_present_value_rate_and_payback():
    values = measure(make_facts(project_months=COSTS, benefits=BENEFITS), KEY)

    present = -100 + 60 / 1.08 ** (1 / 12) + 60 / 1.08 ** (2 / 12)
    assert values.at("2026-Q1", component="net_present_value") == ok(present, n=3)
    assert values.at("2026-Q1", component="internal_rate_of_return") == ok((1 + MONTHLY) ** 12 - 1, n=3)
    assert values.at("2026-Q1", component="payback_months") == ok(3, n=3)
    assert values.at("2026-02", component="net_present_value") == ok(-100 + 60 / 1.08 ** (1 / 12), n=2)
    assert values.at("2026-02", component="payback_months") == undefined("not_reached", n=2)
    # 60 after 100: the monthly rate is -0.4.
    assert values.at("2026-02", component="internal_rate_of_return") == ok(0.6**12 - 1, n=2)


def test_a_cost_and_a_realised_row_are_needed():
    values = measure(make_facts(project_months=COSTS, benefits=BENEFITS), KEY)

    assert values.at("2026-01") == NO_DATA
    assert values.at("2025-12", component="payback_months") == NO_DATA
    unpaid = measure(make_facts(benefits=BENEFITS), KEY)
    assert unpaid.at("2026-Q1") == NO_DATA
    assert unpaid.at("2026-Q1", component="net_present_value") == NO_DATA


def test_nothing_spent_is_undefined_but_has_a_present_value():
    costs = "project month actual_cost\nP-1 2026-01 0.3\nP-1 2026-02 -0.1\nP-1 2026-03 -0.2"
    values = measure(make_facts(project_months=costs, benefits=BENEFITS), KEY)

    assert values.at("2026-03") == undefined("zero_denominator", 120, 0, 5)
    assert values.at("2026-03", component="net_present_value").status == "ok"
    negative = measure(make_facts(project_months="project month actual_cost\nP-1 2026-01 -5", benefits=BENEFITS), KEY)
    assert negative.at("2026-02") == undefined("zero_denominator", 65, -5, 2)
    assert negative.at("2026-02", component="internal_rate_of_return") == undefined("no_sign_change", n=2)


def test_the_first_month_is_one_with_a_row_also_of_amount_zero_and_never_pays_back():
    costs = "project month actual_cost\nP-1 2025-11 0\nP-1 2026-01 100"
    benefits = "project code month realised\nP-1 B1 2026-02 50\nP-1 B1 2026-03 50"
    values = measure(make_facts(project_months=costs, benefits=benefits), KEY)

    # November is month 1 with flow 0, December month 2 without a row: nothing is owed, so it is paid back.
    assert values.at("2026-Q1", component="payback_months") == ok(2, n=4)
    present = -100 / 1.08 ** (2 / 12) + 50 / 1.08 ** (3 / 12) + 50 / 1.08 ** (4 / 12)
    assert values.at("2026-Q1", component="net_present_value") == ok(present, n=4)
    assert values.at("2026-Q1", component="internal_rate_of_return") == ok(0, n=4)


def test_flows_are_pooled_at_a_parent():
    costs = COSTS + "    P-2 2025-12 - - 100\n"
    facts = make_facts(
        projects="code portfolio\nP-1 PG\nP-2 PF",
        portfolios="code kind parent\nPF portfolio -\nPG program PF",
        project_months=costs,
        benefits=BENEFITS,
    )
    values = measure(facts, KEY)

    assert values.at("2026-Q1", "portfolio:PF") == ok(-80 / 200, -80, 200, 4)
    assert values.at("2026-Q1", "program:PG") == ok(0.2, 20, 100, 3)
    assert values.at("2026-Q1", "project:P-2") == NO_DATA
    rate = 1.08 ** (1 / 12)
    assert values.at("2026-Q1", component="net_present_value") == ok(
        -100 - 100 / rate + 60 / rate**2 + 60 / rate**3, n=4
    )
    assert values.at("2026-Q1", component="payback_months") == undefined("not_reached", n=4)


def test_each_row_at_the_rate_of_its_month_and_a_missing_one_takes_all():
    kronor = "code portfolio currency\nP-1 PF SEK"
    rates = "currency month rate\nSEK 2026-01 0.1\nSEK 2026-02 0.2"
    values = measure(make_facts(projects=kronor, project_months=COSTS, benefits=BENEFITS, fx_rates=rates), KEY)

    # The plan-only row and the blank benefit need no rate.
    assert values.at("2026-02") == ok(0.2, 2, 10, 2)
    for component in ("", "net_present_value", "internal_rate_of_return", "payback_months"):
        assert values.at("2026-03", component=component) == MISSING_RATE
    assert values.at("2026-01") == NO_DATA


def test_the_present_value_at_the_rate_of_return_is_nothing():
    values = measure(make_facts(project_months=COSTS, benefits=BENEFITS), KEY)
    yearly = values.at("2026-Q1", component="internal_rate_of_return").value

    flows = [-100, 60, 60]
    assert sum(flow / (1 + yearly) ** (k / 12) for k, flow in enumerate(flows)) == pytest.approx(0, abs=1e-6)


def test_explain_lists_costs_and_benefits():
    values = measure(make_facts(project_months=COSTS, benefits=BENEFITS), KEY)

    assert values.rows("numerator", "2026-Q1") == ["P-1|2026-01", "P-1|B1|2026-02", "P-1|B1|2026-03"]
    assert values.rows("denominator", "2026-Q1") == ["P-1|2026-01"]


def test_large_costs_that_are_reversed_are_no_cost():
    """The four amounts add up to 0, as floats to 0.00005."""
    costs = """
        project month   actual_cost
        P-1     2026-01 864197532086.43
        P-1     2026-02 123456789012.3
        P-1     2026-03 -864197532086.43
        P-1     2026-04 -123456789012.3
    """
    values = measure(make_facts(project_months=costs, benefits="project code month realised\nP-1 B1 2026-01 7"), KEY)

    assert values.at("2026-04") == undefined("zero_denominator", 7, 0, 5)


def test_what_is_paid_back_in_the_first_month_counts_from_the_second():
    """50 more than it cost at once, and nothing after: the first month is never the answer."""
    costs = "project month actual_cost\nP-1 2026-01 100"
    values = measure(make_facts(project_months=costs, benefits="project code month realised\nP-1 B1 2026-01 150"), KEY)

    assert values.at("2026-01", component="payback_months") == undefined("not_reached", n=2)
    assert values.at("2026-02", component="payback_months") == ok(2, n=2)
