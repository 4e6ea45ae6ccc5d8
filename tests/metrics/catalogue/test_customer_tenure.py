"""Worked by hand at the end of June 2026 (T = 1 July): C-1 acquired 1461 days before (4 years) with 300 a year,
C-2 acquired 2922 days before (8 years) with 100 a year: mean 6, weighted (4 x 300 + 8 x 100) / 400 = 5.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok

CUSTOMERS = "code acquired_on\nC-1 2022-07-01\nC-2 2018-07-01\nC-3 -\nC-4 2026-07-01"
EVENTS = """
    customer code effective_on kind      delta_arr currency
    C-1      E1   2025-01-01   new       200.1     EUR
    C-1      E2   2025-02-01   expansion 99.9      EUR
    C-2      E1   2025-01-01   new       100       EUR
    C-3      E1   2025-01-01   new       900       EUR
    C-4      E1   2025-01-01   new       900       EUR
"""
HEADER = "customer code effective_on kind delta_arr currency"


def test_mean_years_and_years_weighted_by_revenue():
    """C-3 has no first day, C-4 begins on the day of T: both are left out."""
    values = measure(make_facts(customers=CUSTOMERS, revenue_events=EVENTS), "customer_tenure")

    assert values.at("2026-06") == ok(6, 12, 2)
    assert values.at("2026-06", component="revenue_weighted") == ok(5, 2000, 400, 2)
    assert values.at("2026-06", "customer:C-1") == ok(4, 4, 1)
    assert values.at("2026-06", "customer:C-3") == NO_DATA
    assert values.rows("denominator", "2026-06") == ["C-1", "C-2"]


def test_a_customer_who_left_does_not_count_whatever_floats_leave_over():
    """0.1 + 0.2 - 0.3 is not 0 in floats."""
    gone = """
        customer code effective_on kind      delta_arr currency
        C-1      E1   2025-01-01   new       0.1       EUR
        C-1      E2   2025-02-01   expansion 0.2       EUR
        C-1      E3   2025-03-01   churn     -0.3      EUR
    """
    values = measure(make_facts(customers=CUSTOMERS, revenue_events=gone), "customer_tenure")

    assert values.at("2025-02", "customer:C-1").status == "ok"
    assert values.at("2025-03", "customer:C-1") == NO_DATA
    assert values.at("2026-06") == NO_DATA


def test_a_missing_rate_hides_its_customer_and_the_enterprise_from_then_on():
    events = f"{EVENTS}    C-2 E9 2026-06-30 contraction -1 SEK"
    values = measure(make_facts(customers=CUSTOMERS, revenue_events=events), "customer_tenure")

    assert values.at("2026-05").status == "ok"
    assert values.at("2026-06") == MISSING_RATE
    assert values.at("2026-06", "customer:C-2", "revenue_weighted") == MISSING_RATE
    assert values.at("2026-06", "customer:C-1") == ok(4, 4, 1)


def test_a_customer_left_out_by_its_own_edge_is_no_data_even_with_a_missing_rate():
    events = f"{HEADER}\nC-3 E1 2026-01-01 new 5 SEK"
    values = measure(make_facts(customers=CUSTOMERS, revenue_events=events), "customer_tenure")

    assert values.at("2026-06", "customer:C-3") == NO_DATA
