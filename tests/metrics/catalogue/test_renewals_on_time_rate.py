"""Worked by hand: of four contracts due three were renewed, two of them on or before their last day: 2 / 3."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

CONTRACTS = """
    code customer ends_on    renewed_on
    CT-1 C-1      2026-01-31 2026-01-31
    CT-2 C-1      2026-01-31 2026-02-01
    CT-3 C-1      2026-03-31 2026-03-01
    CT-4 C-1      2026-01-31 2026-05-02
    CT-5 C-2      2026-01-31 -
    CT-6 C-1      2026-06-01 2026-06-01
    CT-7 C-2      2026-06-01 -
"""


def test_signed_on_or_before_the_last_day():
    values = measure(make_facts(contracts=CONTRACTS), "renewals_on_time_rate")

    assert values.at("2026-Q1") == ok(2 / 3, 2, 3)
    assert values.at("2026-01") == ok(1 / 2, 1, 2)


def test_none_renewed_is_no_data():
    values = measure(make_facts(contracts=CONTRACTS), "renewals_on_time_rate")

    assert values.at("2026-Q1", "customer:C-2") == NO_DATA
    assert values.at("2026-02") == NO_DATA


def test_an_undecided_contract_makes_it_provisional():
    values = measure(make_facts(contracts=CONTRACTS), "renewals_on_time_rate")

    assert values.at("2026-Q2") == ok(1, 1, 1, status="provisional")
    assert values.at("2026-Q2", "customer:C-1") == ok(1, 1, 1)
    assert values.at("2026-Q2", "customer:C-2") == NO_DATA
