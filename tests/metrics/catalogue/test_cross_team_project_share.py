"""Worked by hand for May: P-1 has hours of T-1 and T-2, P-2 of two people of T-1 only: 1 / 2."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

PEOPLE = "code team\nW1 T-1\nW2 T-2\nW3 T-1"
HOURS = """
    person project month   hours
    W1     P-1     2026-05 10
    W2     P-1     2026-05 1
    W1     P-2     2026-05 10
    W3     P-2     2026-05 10
    W2     P-2     2026-05 0
    W2     -       2026-05 9
    W2     P-2     2026-06 5
    W2     P-3     2026-08 5
"""
TREE = "code portfolio\nP-1 A\nP-2 B\nP-3 B"


def test_projects_with_hours_of_two_teams():
    facts = make_facts(people=PEOPLE, person_months=HOURS, projects=TREE)
    values = measure(facts, "cross_team_project_share")

    assert values.at("2026-05") == ok(0.5, 1, 2)
    assert values.at("2026-05", "portfolio:A") == ok(1, 1, 1)
    assert values.at("2026-05", "portfolio:B") == ok(0, 0, 1)
    assert values.at("2026-04") == NO_DATA
    assert values.rows("numerator", "2026-05") == ["W1|P-1|2026-05", "W2|P-1|2026-05"]
    assert values.rows("denominator", "2026-05", "portfolio:B") == ["W1|P-2|2026-05", "W3|P-2|2026-05"]


def test_the_quarter_sees_teams_that_no_month_saw_together():
    """T-2 joins P-2 in June only, so the quarter has two cross-team projects although each month has one or none."""
    facts = make_facts(people=PEOPLE, person_months=HOURS, projects=TREE)
    values = measure(facts, "cross_team_project_share")

    assert values.at("2026-06") == ok(0, 0, 1)
    assert values.at("2026-Q2") == ok(1, 2, 2)
    assert values.at("2026") == ok(1, 2, 2, status="partial_period")


def test_a_company_of_overhead_hours_alone_has_no_project_to_share():
    facts = make_facts(people=PEOPLE, person_months="person project month hours\nW1 - 2026-05 10")

    assert measure(facts, "cross_team_project_share").at("2026-05") == NO_DATA
