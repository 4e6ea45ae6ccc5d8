"""Worked by hand: value 90 of 100 expected and 120 of 100: one of two passed, yield 210 / 200 = 1.05."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, undefined

STANDARDS = """
    code  kind  lower_limit upper_limit
    VALUE value -           -
    LIMIT value 10          20
    SLA   sla   10          20
"""


def test_values_are_measured_against_what_was_expected():
    facts = make_facts(
        standards=STANDARDS,
        standard_checks="""
            code standard project checked_on value expected_value passed
            K1   VALUE    P-1     2026-05-01 90    100            -
            K2   VALUE    P-1     2026-05-02 120   100            -
            K3   VALUE    P-1     2026-05-02 120   -              -
            K4   SLA      P-1     2026-05-02 5     1              -
        """,
    )
    values = measure(facts, "value_standard_attainment")

    assert values.at("2026-05", "project:P-1") == ok(0.5, 1, 2)
    assert values.at("2026-05", component="value_yield") == ok(1.05, 210, 200, 2)


def test_limits_decide_only_where_no_value_was_expected():
    """15 is inside 10 to 20 but below the 16 expected: failed. 25 is outside, no expectation: failed. 12: passed."""
    facts = make_facts(
        standards=STANDARDS,
        standard_checks="""
            code standard checked_on value expected_value passed
            K1   LIMIT    2026-05-01 15    16             -
            K2   LIMIT    2026-05-02 25    -              -
            K3   LIMIT    2026-05-02 12    -              -
            K4   LIMIT    2026-05-02 -     16             -
            K5   LIMIT    2026-05-02 15    16             true
        """,
    )
    values = measure(facts, "value_standard_attainment")

    assert values.at("2026-05") == ok(0.5, 2, 4)
    assert values.at("2026-05", component="value_yield") == ok(30 / 32, 30, 32, 2)


def test_a_result_without_values_has_no_yield_and_an_expectation_of_zero_none_either():
    facts = make_facts(
        standards=STANDARDS,
        standard_checks="""
            code standard checked_on value expected_value passed
            K1   VALUE    2026-05-01 -     -              true
            K2   VALUE    2026-06-01 3     0              -
        """,
    )
    values = measure(facts, "value_standard_attainment")

    assert values.at("2026-05") == ok(1, 1, 1)
    assert values.at("2026-05", component="value_yield") == NO_DATA
    assert values.at("2026-06", component="value_yield") == undefined("zero_denominator", 3, 0, 1)
