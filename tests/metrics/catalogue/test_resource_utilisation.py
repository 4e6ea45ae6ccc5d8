"""Worked by hand: six persons with 100 hours each in January, 450 hours on projects, 60 overhead.

Utilisation 450 / 600 = 0.75, overhead 60 / 510. W1 has booked 90 + 20 > 100: over-allocated, 1 of 6.
"""

from tests.metrics.builders import NO_DATA, SUPPRESSED, make_facts, measure, ok, undefined

PEOPLE = """
    code team hired_on
    W1   T-1  2020-01-01
    W2   T-1  2020-01-01
    W3   T-1  2020-01-01
    W4   T-1  2020-01-01
    W5   T-1  2020-01-01
    W6   T-2  2020-01-01
"""
CAPACITY = """
    person month   hours
    W1     2026-01 100
    W2     2026-01 100
    W3     2026-01 100
    W4     2026-01 100
    W5     2026-01 100
    W6     2026-01 100
"""
HOURS = """
    person project month   hours
    W1     P-1     2026-01 50
    W1     P-2     2026-01 40
    W1     -       2026-01 20
    W2     P-1     2026-01 90
    W2     -       2026-01 10
    W3     P-1     2026-01 90
    W4     P-1     2026-01 90
    W5     P-1     2026-01 90
    W6     -       2026-01 30
    W6     -       2026-02 30
"""


def measured(**more):
    return measure(
        make_facts(**{"people": PEOPLE, "capacity": CAPACITY, "person_months": HOURS, **more}), "resource_utilisation"
    )


def test_hours_on_projects_over_capacity():
    values = measured()

    assert values.at("2026-01") == ok(0.75, 450, 600, 6)
    assert values.at("2026-01", "team:T-1") == ok(0.9, 450, 500, 5)
    assert values.at("2026-Q1") == ok(0.75, 450, 600, 6)
    assert values.at("2026-01", component="overhead_share") == ok(60 / 510, 60, 510, 6)


def test_fewer_than_five_persons_are_suppressed():
    values = measured()

    for component in ("", "overhead_share", "over_allocation_rate"):
        assert values.at("2026-01", "team:T-2", component) == SUPPRESSED
    assert values.at("2026-02", "team:T-2") == NO_DATA


def test_over_allocation_counts_overhead_and_needs_capacity():
    more_capacity = CAPACITY + "    W1 2026-02 0\n    W2 2026-02 10\n"
    more_hours = HOURS + "    W1 P-1 2026-02 10\n    W2 P-1 2026-02 11\n    W3 P-1 2026-02 11\n"
    values = measured(capacity=more_capacity, person_months=more_hours)

    assert values.at("2026-01", component="over_allocation_rate") == ok(1 / 6, 1, 6, 6)
    # February: W1 without hours available and W3 without a row are in neither.
    assert values.at("2026-Q1", component="over_allocation_rate") == ok(2 / 7, 2, 7, 6)


def test_exactly_the_capacity_is_not_over_it_in_spite_of_rounding():
    # 33.1 + 33.2 + 33.7 is 100.00000000000001 as floats.
    hours = "person project month hours\nW1 P-1 2026-01 33.1\nW1 P-2 2026-01 33.2\nW1 - 2026-01 33.7"

    assert measured(person_months=hours).at("2026-01", component="over_allocation_rate") == ok(0, 0, 6, 6)


def test_no_capacity_is_undefined_and_no_hours_in_the_company_is_no_data():
    idle = CAPACITY.replace(" 100\n", " 0\n")

    assert measured(capacity=idle).at("2026-01") == undefined("zero_denominator", 450, 0, 6)
    assert measured(person_months="person month hours").at("2026-01") == NO_DATA


def test_not_cut_at_one():
    values = measured(capacity=CAPACITY.replace(" 100\n", " 50\n"))

    assert values.at("2026-01") == ok(1.5, 450, 300, 6)
