"""Worked by hand, as of 2026-07-10: due in the first quarter CT-1 (renewed), CT-2 (renewed 91 days late), CT-3
(terminated), CT-4 (terminated, then renewed). 2 of 4; of the money 100 + 400 of 1000.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

CONTRACTS = """
    code customer service ends_on    annual_value renewed_on terminated_on
    CT-1 C-1      S-1     2026-01-31 100          2026-01-15 -
    CT-2 C-1      S-1     2026-01-31 200          2026-05-02 -
    CT-3 C-2      S-1     2026-03-31 300          -          2026-03-01
    CT-4 C-2      S-2     2026-03-31 400          2026-06-29 2026-03-01
    CT-5 C-2      S-2     2026-04-11 500          -          -
    CT-6 C-1      S-2     2026-04-10 600          -          -
    CT-7 C-1      S-2     2026-07-10 600          2026-06-10 -
"""


def test_renewed_no_later_than_ninety_days_after_the_end():
    values = measure(make_facts(contracts=CONTRACTS), "renewal_rate")

    assert values.at("2026-Q1") == ok(2 / 4, 2, 4)
    assert values.at("2026-Q1", component="value") == ok(0.5, 500, 1000, 4)
    assert values.at("2026-Q1", "customer:C-1") == ok(1 / 2, 1, 2)
    assert values.at("2026-Q1", "service:S-2", "value") == ok(1, 400, 400, 1)
    assert values.at("2025-Q4") == NO_DATA


def test_undecided_counts_as_not_renewed_and_makes_it_provisional():
    values = measure(make_facts(contracts=CONTRACTS), "renewal_rate")

    # 11 April and 90 days is 10 July, the as-of day: still open. 10 April and 90 days has passed.
    assert values.at("2026-04", "customer:C-2") == ok(0, 0, 1, status="provisional")
    assert values.at("2026-04", "customer:C-1") == ok(0, 0, 1)
    assert values.at("2026-04") == ok(0, 0, 2, status="provisional")
    assert values.at("2026-04", component="value") == ok(0, 0, 1100, 2, status="provisional")
    assert measure(make_facts(contracts=CONTRACTS), "renewal_rate", as_of="2026-07-11").at("2026-04") == ok(0, 0, 2)


def test_what_is_signed_on_or_after_the_as_of_day_is_no_fact():
    contracts = """
        code ends_on    renewed_on terminated_on
        CT-1 2026-06-01 2026-07-10 -
        CT-2 2026-06-01 -          2026-07-10
        CT-3 2026-06-01 -          2026-07-09
    """
    values = measure(make_facts(contracts=contracts), "renewal_rate")

    assert values.at("2026-06") == ok(0, 0, 3, status="provisional")
    decided = measure(make_facts(contracts=contracts), "renewal_rate", as_of="2026-07-11")
    assert decided.at("2026-06") == ok(1 / 3, 1, 3)


def test_a_contract_that_ends_on_the_as_of_day_is_not_due_yet():
    values = measure(make_facts(contracts=CONTRACTS), "renewal_rate")

    assert values.at("2026-07") == NO_DATA
    assert values.at("2026") == ok(2 / 6, 2, 6, status="partial_period")


def test_money_at_the_rate_of_the_month_of_the_end():
    contracts = """
        code customer ends_on    annual_value currency renewed_on
        CT-1 C-1      2026-01-31 100          SEK      2026-02-15
        CT-2 C-1      2026-01-31 10           EUR      -
        CT-3 C-2      2026-02-01 10           SEK      2026-02-15
        CT-4 C-2      2026-03-01 0            EUR      2026-03-01
    """
    facts = make_facts(contracts=contracts, fx_rates="currency month rate\nSEK 2026-01 0.1")
    values = measure(facts, "renewal_rate")

    assert values.at("2026-01", component="value") == ok(0.5, 10, 20, 2)
    assert values.at("2026-02", component="value") == MISSING_RATE
    assert values.at("2026-02") == ok(1, 1, 1)
    assert values.at("2026-03", component="value") == undefined("zero_denominator", 0, 0, 1)


def test_explain_lists_the_contracts_due():
    values = measure(make_facts(contracts=CONTRACTS), "renewal_rate")

    assert values.rows("numerator", "2026-Q1") == ["CT-1", "CT-4"]
    assert values.rows("denominator", "2026-Q1") == ["CT-1", "CT-2", "CT-3", "CT-4"]
