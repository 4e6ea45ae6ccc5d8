"""Worked by hand: at the start A has 100, B 100; in the quarter A grows to 120, B shrinks to 60, C comes with 50.

Kept without growth: min(120, 100) + min(60, 100) = 160 of 200: 0.8.
"""

import pytest

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok

EVENTS = """
    customer code effective_on kind        delta_arr currency
    A        E1   2025-06-01   new         100       EUR
    B        E1   2025-12-31   new         100       EUR
    A        E2   2026-01-01   expansion   20        EUR
    B        E2   2026-02-01   contraction -40       EUR
    C        E1   2026-03-01   new         50        EUR
"""
KEY = "gross_revenue_retention"


def test_kept_of_what_was_there_at_the_start():
    values = measure(make_facts(revenue_events=EVENTS), KEY)

    assert values.at("2026-Q1") == ok(0.8, 160, 200, 2)
    assert values.at("2026-Q1", "customer:A") == ok(1, 100, 100, 1)
    assert values.at("2026-Q1", "customer:B") == ok(0.6, 60, 100, 1)
    assert values.at("2026-Q1", "customer:C") == NO_DATA
    assert values.at("2026-Q2") == ok(1, 230, 230, 3)


def test_the_year_starts_at_its_own_start():
    values = measure(make_facts(revenue_events=EVENTS), KEY)

    assert values.at("2025") == NO_DATA
    assert values.at("2026") == ok(0.8, 160, 200, 2, status="partial_period")


def test_a_customer_that_left_is_gone_and_never_below_zero():
    events = EVENTS + "    B E3 2026-04-10 churn -60 EUR\n    A E3 2026-04-10 churn -130 EUR\n"
    values = measure(make_facts(revenue_events=events), KEY)

    assert values.at("2026-Q2") == ok(50 / 230, 50, 230, 3)
    # B has left, A stands at -10: C alone is there at the start of the third quarter.
    assert values.at("2026-Q3") == ok(1, 50, 50, 1, status="partial_period")


def test_amounts_that_cancel_leave_no_customer_behind():
    events = """
        customer code effective_on kind      delta_arr currency
        A        E1   2025-01-01   new       27.1      EUR
        A        E2   2025-02-01   expansion 5.2       EUR
        A        E3   2025-03-01   churn     -32.3     EUR
    """

    assert measure(make_facts(revenue_events=events), KEY).at("2025-Q2") == NO_DATA


def test_events_on_or_after_the_as_of_day_are_no_facts():
    events = EVENTS + "    A E3 2026-07-10 churn -120 EUR\n"

    assert measure(make_facts(revenue_events=events), KEY).at("2026-07", "customer:A") == ok(
        1, 120, 120, 1, status="partial_period"
    )


def test_only_customers_at_the_start_need_a_rate():
    events = EVENTS + "    D E1 2026-01-15 new 10 SEK\n    E E1 2025-01-15 new 10 SEK\n    E E2 2026-05-01 new 1 SEK\n"
    facts = make_facts(revenue_events=events, fx_rates="currency month rate\nSEK 2025-01 0.1")
    values = measure(facts, KEY)

    # D comes in the quarter: no rate needed. E is there with 1 EUR; its event of May has no rate.
    assert values.at("2026-Q1") == ok(161 / 201, 161, 201, 3)
    assert values.at("2026-Q2") == MISSING_RATE
    assert values.at("2026-Q2", "customer:E") == MISSING_RATE
    assert values.at("2026-Q2", "customer:D") == MISSING_RATE
    assert values.at("2026-Q2", "customer:A") == ok(1, 120, 120, 1)
    assert values.at("2026-Q1", "customer:D") == NO_DATA


def test_explain_lists_the_events_of_the_customers_at_the_start():
    values = measure(make_facts(revenue_events=EVENTS), KEY)

    assert values.rows("denominator", "2026-Q1") == ["A|E1", "B|E1"]
    assert values.rows("numerator", "2026-Q1") == ["A|E1", "A|E2", "B|E1", "B|E2"]


def test_a_large_customer_who_left_is_not_there_at_the_start():
    """The four amounts add up to 0, as floats to 0.00005."""
    events = """
        customer code effective_on kind      delta_arr        currency
        A        E1   2025-01-01   new       864197532086.43  EUR
        A        E2   2025-02-01   expansion 123456789012.3   EUR
        A        E3   2025-03-01   churn     -864197532086.43 EUR
        A        E4   2025-04-01   churn     -123456789012.3  EUR
    """
    values = measure(make_facts(revenue_events=events), KEY)

    assert values.at("2026-Q1") == NO_DATA
    assert values.at("2025-03", "customer:A").value == pytest.approx(123456789012.3 / 987654321098.73)
