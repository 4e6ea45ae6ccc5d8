"""Worked by hand: operating cash -40 in January and 10 in March, capex 30, so the quarter burns 60, 20 a month.

The newest balance of the quarter is that of February, 250 + 150: 400 / 20 = 20 months.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

LEDGER = """
    code month   account        currency amount
    L1   2026-01 operating_cash EUR      -40
    L2   2026-03 operating_cash EUR      10
    L3   2026-02 capex          EUR      30
    L4   2026-01 cash_balance   EUR      999
    L5   2026-02 cash_balance   EUR      250
    L6   2026-02 cash_balance   SEK      1500
    L7   2026-04 operating_cash EUR      5
    L8   2026-04 cash_balance   EUR      100
    L9   2026-07 operating_cash EUR      -10
    L10  2026-07 cash_balance   EUR      100
"""
RATES = "currency month rate\nSEK 2026-02 0.1"


def test_cash_earned_less_what_was_invested():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "free_cash_flow")

    assert values.at("2026-Q1") == ok(-60, n=3)
    assert values.at("2026-Q1", component="cash_balance") == ok(400, n=2)
    assert values.at("2026-Q1", component="runway_months") == ok(20, 400, 20, 2)
    assert values.at("2026-01") == ok(-40, n=1)
    assert values.at("2026-01", component="runway_months") == ok(999 / 40, 999, 40, 1)


def test_no_operating_cash_is_no_data_but_no_capex_is_none_spent():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "free_cash_flow")

    assert values.at("2026-02") == NO_DATA
    assert values.at("2026-02", component="cash_balance") == ok(400, n=2)
    assert values.at("2026-02", component="runway_months") == NO_DATA
    assert values.at("2026-03") == ok(10, n=1)
    assert values.at("2026-03", component="cash_balance") == NO_DATA
    assert values.at("2026-03", component="runway_months") == NO_DATA


def test_who_does_not_burn_has_no_runway():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "free_cash_flow")

    runway = values.at("2026-04", component="runway_months")
    assert (runway.value, runway.status, runway.reason, runway.n) == (None, "undefined", "not_burning", 1)


def test_months_that_have_not_begun_do_not_stretch_the_runway():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "free_cash_flow")

    # One month of the third quarter has begun.
    assert values.at("2026-Q3", component="runway_months") == ok(10, 100, 10, 1, status="partial_period")


def test_a_missing_rate_of_the_balance_takes_the_runway_not_the_flow():
    values = measure(make_facts(ledger=LEDGER), "free_cash_flow")

    assert values.at("2026-Q1") == ok(-60, n=3)
    assert values.at("2026-Q1", component="cash_balance") == MISSING_RATE
    assert values.at("2026-Q1", component="runway_months") == MISSING_RATE
    assert values.at("2026-02", component="runway_months") == NO_DATA
    # Only the month used needs its rate.
    assert values.at("2026", component="cash_balance") == ok(100, n=1, status="partial_period")


def test_flows_that_cancel_do_not_burn():
    ledger = """
        code month   account        currency amount
        L1   2026-01 operating_cash EUR      0.3
        L2   2026-01 capex          EUR      0.1
        L3   2026-01 capex          EUR      0.2
        L4   2026-01 cash_balance   EUR      5
    """
    values = measure(make_facts(ledger=ledger), "free_cash_flow")

    assert values.at("2026-01", component="runway_months") == undefined("not_burning", 5, 0, 1)
