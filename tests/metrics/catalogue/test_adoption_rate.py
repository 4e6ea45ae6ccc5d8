"""Worked by hand: January 17 of 50, February 18 of 50, March not reported: the first quarter is 18 / 50 = 0.36.

With a second project at 1 of 10 in March the quarter is 19 / 60.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, undefined

USERS = """
    customer service project month   entitled_users active_users
    C-1      S-1     P-1     2026-01 50             17
    C-1      S-1     P-1     2026-02 50             18
    C-1      -       P-2     2026-03 10             1
    C-1      S-1     P-1     2026-07 60             60
    C-1      S-1     P-1     2026-08 60             0
"""


def test_the_last_month_reported_inside_the_period():
    values = measure(make_facts(adoption=USERS), "adoption_rate")

    assert values.at("2026-Q1", "project:P-1") == ok(0.36, 18, 50, 1)
    assert values.at("2026-Q1") == ok(19 / 60, 19, 60, 2)
    assert values.at("2026-Q1", "service:S-1") == ok(0.36, 18, 50, 1)
    assert values.at("2026-01", "customer:C-1") == ok(0.34, 17, 50, 1)
    assert values.at("2026-Q2") == NO_DATA


def test_a_month_that_has_not_begun_is_no_fact():
    values = measure(make_facts(adoption=USERS), "adoption_rate")

    assert values.at("2026") == ok(61 / 70, 61, 70, 2, status="partial_period")


def test_nobody_entitled_is_undefined():
    facts = make_facts(adoption="customer month entitled_users active_users\nC-1 2026-01 0 0")

    assert measure(facts, "adoption_rate").at("2026-01") == undefined("zero_denominator", 0, 0, 1)
