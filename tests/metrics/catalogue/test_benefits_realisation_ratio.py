"""Worked by hand: planned 100, 200, 50, realised 90, blank, 60: rows 1 and 3 count, 150 / 150 = 1 from March on."""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

LINES = """
    project code month   planned realised validated
    P-1     B1   2026-01 100     90       true
    P-1     B1   2026-02 200     -        -
    P-1     B1   2026-03 50      60       -
    P-1     B1   2026-07 50      60       false
    P-1     B1   2026-08 50      600      true
"""


def test_realised_to_date_over_planned_to_date_of_the_same_rows():
    values = measure(make_facts(benefits=LINES), "benefits_realisation_ratio")

    assert values.at("2025-12") == NO_DATA
    assert values.at("2026-01") == ok(0.9, 90, 100, 1)
    assert values.at("2026-02") == ok(0.9, 90, 100, 1)
    assert values.at("2026-Q1") == ok(1, 150, 150, 2)
    assert values.at("2026-Q2", "project:P-1") == ok(1, 150, 150, 2)
    assert values.at("2026-Q2", component="validated_share") == ok(0.6, 90, 150, 2)


def test_a_month_that_has_begun_counts_and_later_ones_do_not():
    values = measure(make_facts(benefits=LINES), "benefits_realisation_ratio")

    assert values.at("2026") == ok(210 / 200, 210, 200, 3, status="partial_period")


def test_months_before_the_first_period_count():
    values = measure(make_facts(benefits=LINES), "benefits_realisation_ratio", first="2026-06-01")

    assert values.at("2026-06") == ok(1, 150, 150, 2)


def test_a_plan_of_zero_is_undefined():
    facts = make_facts(
        benefits="project code month planned realised\nP-1 B 2026-01 0.3 5\nP-1 C 2026-01 -0.1 0\nP-1 D 2026-01 -0.2 0"
    )

    assert measure(facts, "benefits_realisation_ratio").at("2026-01") == undefined("zero_denominator", 5, 0, 3)


def test_each_month_has_its_own_rate_and_a_missing_one_hides_what_needs_it():
    """SEK 1000 of 2000 at 0.1 in January; February has no rate, so every later sum over P-2 is undefined."""
    facts = make_facts(
        projects="code currency portfolio\nP-1 EUR PF\nP-2 SEK PF",
        fx_rates="currency month rate\nSEK 2026-01 0.1",
        benefits="""
            project code month   planned realised
            P-1     B1   2026-01 100     100
            P-2     B1   2026-01 2000    1000
            P-2     B1   2026-02 0       0
            P-2     B1   2026-03 1       -
        """,
    )
    values = measure(facts, "benefits_realisation_ratio")

    assert values.at("2026-01") == ok(200 / 300, 200, 300, 2)
    assert values.at("2026-02") == MISSING_RATE
    assert values.at("2026-03", "project:P-2") == MISSING_RATE
    assert values.at("2026-03", "portfolio:PF", "validated_share") == MISSING_RATE
    assert values.at("2026-03", "project:P-1") == ok(1, 100, 100, 1)
