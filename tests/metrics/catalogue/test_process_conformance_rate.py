"""Worked by hand: 9 defects in 276 units of 5 opportunities: 9 / 1380 x 1e6 = 6521.739130 per million.

The normal quantile of 1 - 9 / 1380 is 2.482769, so the sigma level is 3.982769 (statistics.NormalDist).
"""

from statistics import NormalDist

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, undefined

STANDARDS = """
    code kind       lower_limit upper_limit opportunities_per_unit
    Q1   quality    -           -           5
    Q2   quality    1           2           -
    Q3   quality    -           2           -
    C1   compliance -           -           -
"""
CHECKS = """
    code standard service customer checked_on passed value units defects
    K1   Q1       S-1     C-1      2026-01-10 true   -     276   9
    K2   Q1       S-1     C-1      2026-01-10 false  -     10    -
    K3   Q1       S-1     C-2      2026-01-10 -      1.5   -     -
    K4   Q2       S-1     C-2      2026-01-10 -      1     -     -
    K5   Q2       S-2     C-2      2026-01-10 -      2.01  -     -
    K6   Q3       S-2     C-2      2026-01-10 -      -5    -     -
    K7   Q2       S-2     C-2      2026-01-10 true   9     -     -
    K8   Q2       S-2     C-2      2026-01-10 -      -     -     -
    K9   C1       S-2     C-2      2026-01-10 true   -     10    10
"""


def measured(checks: str = CHECKS):
    return measure(make_facts(standards=STANDARDS, standard_checks=checks), "process_conformance_rate")


def test_a_blank_result_is_read_off_the_limits_of_the_standard():
    values = measured()

    # Known: K1, K2, K4 (on the limit), K5 (outside), K6 (one limit is enough), K7 (stated). K3 has no limit.
    assert values.at("2026-01") == ok(4 / 6, 4, 6)
    assert values.at("2026-01", "customer:C-1") == ok(1 / 2, 1, 2)
    assert values.at("2026-01", "service:S-2") == ok(2 / 3, 2, 3)


def test_defects_per_million_count_rows_with_both():
    values = measured()

    assert values.at("2026-01", component="defects_per_million") == ok(9 / 1380 * 1e6, 9, 1380, 1)
    assert values.at("2026-01", component="sigma_level") == ok(NormalDist().inv_cdf(1 - 9 / 1380) + 1.5, n=1)
    assert values.at("2026-01", "service:S-2", "defects_per_million") == NO_DATA


def test_opportunities_left_blank_are_one_a_unit():
    values = measured("code standard checked_on units defects\nK1 Q2 2026-01-10 100 1")

    assert values.at("2026-01", component="defects_per_million") == ok(10_000, 1, 100, 1)
    assert values.at("2026-01") == NO_DATA


def test_a_sigma_level_needs_variation():
    head = "code standard checked_on units defects\n"

    for defects in (0, 100, 101):
        values = measured(head + f"K1 Q2 2026-01-10 100 {defects}")
        assert values.at("2026-01", component="sigma_level") == undefined("no_variation", n=1)
        assert values.at("2026-01", component="defects_per_million") == ok(defects * 1e4, defects, 100, 1)
    nothing = measured(head + "K1 Q2 2026-01-10 0 0")
    assert nothing.at("2026-01", component="sigma_level") == undefined("zero_denominator", n=1)
    assert nothing.at("2026-01", component="defects_per_million") == undefined("zero_denominator", 0, 0, 1)
