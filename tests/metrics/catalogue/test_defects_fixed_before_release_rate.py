"""Worked by hand: release R-1 went out on 10 February 12:00. Valid defects for it opened before: D1 fixed before,
D2 fixed at that very moment, D3 fixed later, D4 open again. So 2 / 4; of severity 1 and 2: D1 and D3, 1 / 2.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

RELEASES = """
    code service released_at
    R-1  S-1     2026-02-10T12:00Z
    R-2  S-1     -
    R-3  S-1     2026-07-10T00:00Z
"""
DEFECTS = """
    code service severity validity  release opened_at         fixed_at
    D1   S-1     1        valid     R-1     2025-11-01T00:00Z 2026-01-01T00:00Z
    D2   S-1     3        valid     R-1     2026-01-01T00:00Z 2026-02-10T12:00Z
    D3   S-2     2        valid     R-1     2026-01-01T00:00Z 2026-02-10T12:01Z
    D4   -       4        valid     R-1     2026-02-01T00:00Z -
    D5   S-1     1        duplicate R-1     2026-01-01T00:00Z 2026-01-02T00:00Z
    D6   S-1     1        valid     R-1     2026-02-10T12:00Z 2026-02-10T12:00Z
    D7   S-1     1        valid     R-2     2026-01-01T00:00Z 2026-01-02T00:00Z
    D8   S-1     1        valid     -       2026-01-01T00:00Z 2026-01-02T00:00Z
    D9   S-1     1        valid     R-3     2026-01-01T00:00Z 2026-01-02T00:00Z
"""


def measured():
    facts = make_facts(releases=RELEASES, defects=DEFECTS, services="code team\nS-1 T-1\nS-2 T-2")
    return measure(facts, "defects_fixed_before_release_rate")


def test_fixed_when_the_release_went_out():
    values = measured()

    assert values.at("2026-02") == ok(2 / 4, 2, 4)
    assert values.at("2026-Q1") == ok(2 / 4, 2, 4)
    assert values.at("2026-02", component="severity_1_2") == ok(1 / 2, 1, 2)


def test_scopes_are_those_of_the_defect():
    values = measured()

    assert values.at("2026-02", "service:S-1") == ok(1, 2, 2)
    assert values.at("2026-02", "team:T-2") == ok(0, 0, 1)
    assert values.at("2026-02", "team:T-1", "severity_1_2") == ok(1, 1, 1)


def test_a_release_not_out_before_the_as_of_day_is_in_no_period():
    values = measured()

    assert values.at("2026-07") == NO_DATA
    assert values.at("2026-01") == NO_DATA


def test_explain_lists_the_defects_due():
    values = measured()

    assert values.rows("numerator", "2026-02") == ["D1", "D2"]
    assert values.rows("denominator", "2026-02") == ["D1", "D2", "D3", "D4"]
