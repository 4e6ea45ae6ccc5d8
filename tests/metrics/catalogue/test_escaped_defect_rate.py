"""Worked by hand: R-1 went out on 1 February. Of the valid defects that it carried, two were found before, one after
10 days, one after 90 days (too late to count), so 1 / 3.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

RELEASES = """
    code service released_at
    R-1  S-1     2026-02-01T00:00Z
    R-2  S-1     2026-04-12T00:00Z
    R-3  S-1     2026-07-01T00:00Z
"""
DEFECTS = """
    code service validity  found_phase    introduced_release opened_at
    D1   S-1     valid     before_release R-1                2025-12-01T00:00Z
    D2   S-1     valid     before_release R-1                2026-06-01T00:00Z
    D3   S-1     valid     after_release  R-1                2026-02-11T00:00Z
    D4   S-1     valid     after_release  R-1                2026-05-02T00:00Z
    D5   S-1     duplicate after_release  R-1                2026-02-11T00:00Z
    D6   S-1     valid     after_release  -                  2026-02-11T00:00Z
"""


def measured(more: str = "", **options):
    return measure(make_facts(releases=RELEASES, defects=DEFECTS + more), "escaped_defect_rate", **options)


def test_found_within_ninety_days_of_the_release_that_carried_it():
    values = measured()

    assert values.at("2026-02") == ok(1 / 3, 1, 3)
    assert values.at("2026-Q1") == ok(1 / 3, 1, 3)
    assert values.at("2026-03") == NO_DATA


def test_looks_up_to_the_as_of_day_not_only_to_the_end_of_the_period():
    more = "    D7 S-1 valid after_release R-2 2026-06-30T00:00Z\n"

    assert measured(more).at("2026-04") == ok(1, 1, 1, status="provisional")
    assert measured(more, as_of="2026-06-30").at("2026-04") == NO_DATA


def test_provisional_until_ninety_days_have_passed():
    more = "    D7 S-1 valid before_release R-2 2026-04-01T00:00Z\n"

    # 12 April and 90 days is 11 July.
    assert measured(more, as_of="2026-07-10").at("2026-04") == ok(0, 0, 1, status="provisional")
    assert measured(more, as_of="2026-07-11").at("2026-04") == ok(0, 0, 1)


def test_a_young_release_without_a_counted_defect_does_not_make_it_provisional():
    more = "    D7 S-2 rejected before_release R-2 2026-04-01T00:00Z\n"

    assert measured(more).at("2026-Q2") == NO_DATA
    assert measured(more).at("2025-Q4") == NO_DATA


def test_in_a_period_that_has_begun_partial_takes_the_place_of_provisional():
    more = "    D7 S-1 valid before_release R-3 2026-04-01T00:00Z\n"

    assert measured(more).at("2026-07") == ok(0, 0, 1, status="partial_period")
    assert measured(more).at("2026") == ok(1 / 4, 1, 4, status="partial_period")
