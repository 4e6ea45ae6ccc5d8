"""Worked by hand: revenue 150 + 50, cogs 80: (200 - 80) / 200 = 0.6, cogs ratio 0.4."""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

LEDGER = """
    code month   account currency amount customer service
    L1   2026-01 revenue EUR      150    C-1      S-1
    L2   2026-02 revenue EUR      50     C-2      S-1
    L3   2026-02 cogs    EUR      80     C-1      S-2
    L4   2026-01 opex    SEK      999    C-1      S-2
    L5   2026-03 revenue EUR      0      C-1      S-1
    L6   2026-03 cogs    EUR      7      C-1      S-1
"""


def test_revenue_less_cogs_over_revenue():
    values = measure(make_facts(ledger=LEDGER), "gross_margin")

    assert values.at("2026-02") == ok(-30 / 50, -30, 50, 2)
    assert values.at("2026-Q1") == ok(113 / 200, 113, 200, 5)
    assert values.at("2026-Q1", component="cogs_ratio") == ok(87 / 200, 87, 200, 5)
    assert values.at("2026-Q1", "customer:C-1") == ok(63 / 150, 63, 150, 4)


def test_no_row_of_one_account_is_no_data():
    values = measure(make_facts(ledger=LEDGER), "gross_margin")

    assert values.at("2026-01") == NO_DATA
    assert values.at("2026-Q1", "customer:C-2") == NO_DATA
    assert values.at("2026-Q1", "service:S-2", "cogs_ratio") == NO_DATA


def test_no_revenue_is_undefined():
    values = measure(make_facts(ledger=LEDGER), "gross_margin")

    assert values.at("2026-03") == undefined("zero_denominator", -7, 0, 2)
    assert values.at("2026-03", component="cogs_ratio") == undefined("zero_denominator", 7, 0, 2)


def test_a_missing_rate_of_an_account_that_is_not_used_does_not_matter():
    values = measure(make_facts(ledger=LEDGER + "    L7 2026-02 cogs SEK 0 C-2 S-1\n"), "gross_margin")

    assert values.at("2026-02") == MISSING_RATE
    assert values.at("2026-02", "customer:C-2", "cogs_ratio") == MISSING_RATE
    assert values.at("2026-03") == undefined("zero_denominator", -7, 0, 2)


def test_margin_and_cogs_ratio_add_up_to_one():
    values = measure(make_facts(ledger=LEDGER), "gross_margin")

    assert values.at("2026-Q1").value + values.at("2026-Q1", component="cogs_ratio").value == 1


def test_large_amounts_that_cancel_are_no_revenue():
    """Added as floats these four leave 0.00005, more than amounts of everyday size do."""
    ledger = """
        code month   account currency amount
        L1   2026-01 revenue EUR      864197532086.43
        L2   2026-01 revenue EUR      123456789012.3
        L3   2026-01 revenue EUR      -864197532086.43
        L4   2026-01 revenue EUR      -123456789012.3
        L5   2026-01 cogs    EUR      5
    """
    values = measure(make_facts(ledger=ledger), "gross_margin")

    assert values.at("2026-01").reason == "zero_denominator"
    assert values.at("2026-01", component="cogs_ratio") == undefined("zero_denominator", 5, 0, 5)
