"""Worked by hand: revenue 200, cogs 80, opex 900 SEK at 0.1: (200 - 80 - 90) / 200 = 0.15."""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

LEDGER = """
    code month   account currency amount
    L1   2026-01 revenue EUR      200
    L2   2026-01 cogs    EUR      80
    L3   2026-01 opex    SEK      900
    L4   2026-02 revenue EUR      100
    L5   2026-02 cogs    EUR      100
"""
RATES = "currency month rate\nSEK 2026-01 0.1"


def test_profit_of_revenue():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "operating_margin")

    assert values.at("2026-01") == ok(0.15, 30, 200, 3)
    assert values.at("2026-Q1") == ok(30 / 300, 30, 300, 5)
    assert values.kinds() == {"enterprise"}


def test_any_of_the_three_accounts_without_a_row_is_no_data():
    values = measure(make_facts(ledger=LEDGER, fx_rates=RATES), "operating_margin")

    assert values.at("2026-02") == NO_DATA


def test_a_missing_rate_and_no_revenue():
    assert measure(make_facts(ledger=LEDGER), "operating_margin").at("2026-Q1") == MISSING_RATE
    nothing = LEDGER.replace("EUR      200", "EUR      0")
    values = measure(make_facts(ledger=nothing, fx_rates=RATES), "operating_margin")
    assert values.at("2026-01") == undefined("zero_denominator", -170, 0, 3)
