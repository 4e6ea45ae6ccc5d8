"""Worked by hand: of four checks of service levels one is unknown, two of the three known ones passed: 2 / 3."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

STANDARDS = """
    code kind    lower_limit upper_limit
    SLA  sla     99          -
    BOTH sla     10          20
    NONE sla     -           -
    OTHER quality -          -
"""
CHECKS = """
    code standard service customer checked_on passed value expected_value
    K1   SLA      S-1     C-1      2026-05-01 true   -     -
    K2   SLA      S-1     C-1      2026-05-02 false  100   -
    K3   SLA      S-1     C-1      2026-05-03 -      99    -
    K4   SLA      S-1     C-1      2026-05-04 -      -     -
    K5   OTHER    S-1     C-1      2026-05-04 false  -     -
"""


def test_checks_passed_of_those_with_a_known_result():
    """K2 is a fail although its value would pass: what is stated wins."""
    values = measure(make_facts(standards=STANDARDS, standard_checks=CHECKS), "sla_compliance_rate")

    assert values.at("2026-05") == ok(2 / 3, 2, 3)
    assert values.at("2026-05", "service:S-1") == ok(2 / 3, 2, 3)
    assert values.at("2026-Q2", "customer:C-1") == ok(2 / 3, 2, 3)
    assert values.kinds() == {"enterprise", "customer", "service"}


def test_limits_are_inside_and_an_expected_value_alone_tells_nothing():
    """10 and 20 pass, 20.5 and 9 fail; without a limit the result is unknown."""
    rows = [
        {"code": f"K{k}", "standard": standard, "checked_on": "2026-05-01", "value": value, "expected_value": "5"}
        for k, (standard, value) in enumerate(
            [("BOTH", "10"), ("BOTH", "20"), ("BOTH", "20.5"), ("BOTH", "9"), ("NONE", "9")]
        )
    ]
    values = measure(make_facts(standards=STANDARDS, standard_checks=rows), "sla_compliance_rate")

    assert values.at("2026-05") == ok(0.5, 2, 4)


def test_no_known_result_is_no_data():
    facts = make_facts(standards=STANDARDS, standard_checks="code standard checked_on\nK1 SLA 2026-05-01")

    assert measure(facts, "sla_compliance_rate").at("2026-05") == NO_DATA
