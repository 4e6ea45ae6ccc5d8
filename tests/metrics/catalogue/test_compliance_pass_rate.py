"""Worked by hand: three compliance checks with a known result in January, two passed: 2 / 3.

Two of the four compliance standards were checked, one of them with an unknown result: 2 / 4.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

STANDARDS = """
    code kind       lower_limit
    C1   compliance 10
    C2   compliance -
    C3   compliance -
    C4   compliance -
    Q1   quality    -
"""
CHECKS = """
    code standard project checked_on passed value
    K1   C1       P-1     2026-01-10 true   -
    K2   C1       P-1     2026-01-11 -      9
    K3   C1       P-2     2026-01-12 -      10
    K4   C2       P-2     2026-01-12 -      10
    K5   Q1       P-2     2026-01-12 false  -
"""


def test_checks_passed_of_those_with_a_known_result():
    values = measure(make_facts(standards=STANDARDS, standard_checks=CHECKS), "compliance_pass_rate")

    assert values.at("2026-01") == ok(2 / 3, 2, 3)
    assert values.at("2026-01", "project:P-1") == ok(1 / 2, 1, 2)
    assert values.at("2026-02") == NO_DATA


def test_standards_checked_are_counted_for_the_enterprise_only():
    values = measure(make_facts(standards=STANDARDS, standard_checks=CHECKS), "compliance_pass_rate")

    assert values.kinds("standards_checked_share") == {"enterprise"}
    assert values.at("2026-01", component="standards_checked_share") == ok(2 / 4, 2, 4)
    assert values.at("2026-02", component="standards_checked_share") == ok(0, 0, 4)


def test_without_checks_or_without_standards_there_is_no_share():
    assert (
        measure(make_facts(standards=STANDARDS), "compliance_pass_rate").at(
            "2026-01", component="standards_checked_share"
        )
        == NO_DATA
    )
    assert measure(make_facts(), "compliance_pass_rate").at("2026-01", component="standards_checked_share") == NO_DATA
