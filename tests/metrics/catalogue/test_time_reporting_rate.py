"""Worked by hand: five persons, capacity 100 each in January; booked 90, 89.9, 100, 30 + 60 overhead, none.

90 or more: three of five, 3 / 5 = 0.6.
"""

from tests.metrics.builders import NO_DATA, SUPPRESSED, make_facts, measure, ok

CAPACITY = """
    person month   hours
    W1     2026-01 100
    W2     2026-01 100
    W3     2026-01 100
    W4     2026-01 100
    W5     2026-01 100
    W6     2026-01 0
    W1     2026-02 100
"""
HOURS = """
    person project month   hours
    W1     P-1     2026-01 90
    W2     P-1     2026-01 89.9
    W3     P-1     2026-01 100
    W4     P-1     2026-01 30
    W4     -       2026-01 60
    W6     -       2026-01 60
    W7     -       2026-01 60
    W1     -       2026-02 90
"""


def test_person_months_with_nine_tenths_of_their_capacity():
    values = measure(make_facts(capacity=CAPACITY, person_months=HOURS), "time_reporting_rate")

    assert values.at("2026-01") == ok(3 / 5, 3, 5)
    # Six person-months of five persons.
    assert values.at("2026-Q1") == ok(4 / 6, 4, 6, 5)


def test_the_limit_of_five_is_tested_on_persons_not_on_person_months():
    capacity = "person month hours\n" + "\n".join(f"W{w} 2026-0{m} 100" for w in (1, 2, 3, 4) for m in (1, 2))
    values = measure(make_facts(capacity=capacity, person_months=HOURS), "time_reporting_rate")

    assert values.at("2026-Q1") == SUPPRESSED


def test_nine_tenths_exactly_counts_in_spite_of_rounding():
    # 0.9 x 147.7 = 132.93, which is 132.93000000000001 as floats.
    capacity = "person month hours\n" + "\n".join(f"W{w} 2026-01 147.7" for w in range(1, 6))
    hours = "person project month hours\n" + "\n".join(f"W{w} P-1 2026-01 132.93" for w in range(1, 6))

    values = measure(make_facts(capacity=capacity, person_months=hours), "time_reporting_rate")

    assert values.at("2026-01") == ok(1, 5, 5)


def test_without_any_hours_in_the_company_nothing_is_known():
    assert measure(make_facts(capacity=CAPACITY), "time_reporting_rate").at("2026-01") == NO_DATA
    assert measure(make_facts(person_months=HOURS), "time_reporting_rate").at("2026-01") == NO_DATA
