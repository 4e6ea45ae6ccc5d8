"""Worked by hand: revenue of January 110 after 100 a year before: 0.1. Quarter: 110 + 90 after 100 + 60: 40 / 160."""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

LEDGER = """
    code month   account amount customer service
    L1   2025-01 revenue 60     C-1      S-1
    L2   2025-01 revenue 40     C-2      S-1
    L3   2025-03 revenue 60     C-1      S-1
    L4   2026-01 revenue 110    C-1      S-1
    L5   2026-02 revenue 90     C-1      S-2
    L6   2026-01 cogs    999    C-1      S-2
    L7   2025-07 revenue 10     C-1      S-1
    L8   2025-08 revenue 10     C-1      S-1
    L9   2026-07 revenue 30     C-1      S-1
"""


def test_against_the_same_months_a_year_before():
    values = measure(make_facts(ledger=LEDGER), "revenue_growth")

    assert values.at("2026-01") == ok(0.1, 10, 100, 3)
    assert values.at("2026-Q1") == ok(40 / 160, 40, 160, 5)
    assert values.at("2026-Q1", "customer:C-1") == ok(80 / 120, 80, 120, 4)


def test_no_row_on_either_side_is_no_data():
    values = measure(make_facts(ledger=LEDGER), "revenue_growth")

    assert values.at("2026-02") == NO_DATA
    assert values.at("2026-03") == NO_DATA
    assert values.at("2025-Q1") == NO_DATA
    assert values.at("2026-Q1", "customer:C-2") == NO_DATA
    assert values.at("2026-Q1", "service:S-2") == NO_DATA


def test_of_a_period_that_has_begun_only_the_months_before_t_are_compared():
    values = measure(make_facts(ledger=LEDGER), "revenue_growth")

    assert values.at("2026-Q3") == ok(2, 20, 10, 2, status="partial_period")


def test_the_year_before_may_lie_before_the_first_period():
    values = measure(make_facts(ledger=LEDGER), "revenue_growth", first="2026-01-01")

    assert values.at("2026-01") == ok(0.1, 10, 100, 3)


def test_nothing_to_grow_from_is_undefined():
    ledger = """
        code month   account amount customer
        L1   2025-01 revenue 0.3    C-1
        L2   2025-01 revenue -0.1   C-1
        L3   2025-01 revenue -0.2   C-1
        L4   2026-01 revenue 5      C-1
        L5   2025-02 revenue -5     C-1
        L6   2026-02 revenue 5      C-1
    """
    values = measure(make_facts(ledger=ledger), "revenue_growth")

    assert values.at("2026-01") == undefined("zero_denominator", 5, 0, 4)
    assert values.at("2026-02") == undefined("zero_denominator", 10, -5, 2)


def test_a_missing_rate_on_either_side():
    ledger = (
        LEDGER.replace("amount", "currency amount").replace("revenue ", "revenue EUR ").replace("cogs ", "cogs EUR ")
    )
    ledger = ledger.replace("L2   2025-01 revenue EUR", "L2   2025-01 revenue SEK")
    values = measure(make_facts(ledger=ledger), "revenue_growth")

    assert values.at("2026-01") == MISSING_RATE
    assert values.at("2026-01", "customer:C-1") == ok(50 / 60, 50, 60, 2)
    # Without a row of the period itself it is no data by its own edge.
    assert values.at("2026-01", "customer:C-2") == NO_DATA


def test_explain_lists_both_years():
    values = measure(make_facts(ledger=LEDGER), "revenue_growth")

    assert values.rows("numerator", "2026-01") == ["L1", "L2", "L4"]
    assert values.rows("denominator", "2026-01") == ["L1", "L2"]
