"""Worked by hand: January hours P-1 60, P-2 40; priorities 3 and 1, so shares 0.75 and 0.25.

min(0.6, 0.75) + min(0.4, 0.25) = 0.85.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, undefined

PORTFOLIOS = """
    code name kind      parent
    PF   x    portfolio -
    PG   x    program   PF
"""
PROJECTS = """
    code portfolio priority actual_start_on actual_finish_on
    P-1  PF        3        2025-01-01      2026-02-28
    P-2  PG        1        2025-01-01      -
    P-3  PG        -        2025-01-01      -
    P-4  PF        5        2026-02-01      -
"""
HOURS = """
    person project month   hours
    W1     P-1     2026-01 50
    W2     P-1     2026-01 10
    W2     P-2     2026-01 40
    W2     -       2026-01 100
    W1     P-3     2026-03 10
    W1     P-2     2026-03 30
    W1     P-2     2026-04 0
"""


def facts(**more):
    return make_facts(portfolios=PORTFOLIOS, projects=PROJECTS, person_months=HOURS, **more)


def test_overlap_of_hours_and_priorities_overhead_left_out():
    values = measure(facts(), "resource_priority_alignment")

    # P-4 has not started by the end of January; P-3 has no priority and no hours.
    assert values.at("2026-01") == ok(0.85, 0.85, 1, 2)
    assert values.at("2026-01", "portfolio:PF") == ok(0.85, 0.85, 1, 2)
    assert values.at("2026-01", "program:PG") == ok(1, 1, 1, 1)


def test_running_projects_without_hours_take_their_share_of_weight():
    values = measure(facts(), "resource_priority_alignment")

    # March: P-1 has finished; weights P-2 1, P-4 5; hours P-2 30, P-3 10 (blank priority).
    assert values.at("2026-03") == ok(1 / 6, 1 / 6, 1, 3)
    assert values.at("2026-03", "program:PG") == ok(0.75, 0.75, 1, 2)
    # The quarter: weights 3, 1, 5 of 9; hours 60, 70, 10 of 140.
    assert values.at("2026-Q1") == ok(3 / 9 + 1 / 9, 4 / 9, 1, 4)


def test_hours_of_zero_are_rows_but_no_distribution():
    values = measure(facts(), "resource_priority_alignment")

    assert values.at("2026-04") == undefined("zero_denominator", n=2)
    assert values.at("2026-04", "program:PG") == undefined("zero_denominator", n=1)
    assert values.at("2026-05") == NO_DATA


def test_no_weight_at_all_is_undefined():
    given = make_facts(
        projects="code portfolio priority actual_start_on\nP-1 PF - 2025-01-01",
        person_months="person project month hours\nW1 P-1 2026-01 10",
    )
    values = measure(given, "resource_priority_alignment")

    assert values.at("2026-01") == undefined("zero_denominator", n=1)
    assert values.at("2026-01", component="hours_without_outcome") == ok(1, 10, 10, 1)


def test_multiplying_all_hours_changes_nothing():
    tenfold = HOURS.replace(" 50\n", " 500\n").replace(" 10\n", " 100\n").replace(" 40\n", " 400\n")
    given = make_facts(portfolios=PORTFOLIOS, projects=PROJECTS, person_months=tenfold)

    assert measure(given, "resource_priority_alignment").at("2026-01") == ok(0.85, 0.85, 1, 2)


def test_hours_without_outcome_look_at_claims_in_force_before_t():
    claims = "project outcome effect valid_from\nP-1 O-1 1 2026-02-01\nP-2 O-1 0 2026-01-31"
    values = measure(facts(contributions=claims), "resource_priority_alignment")

    assert values.at("2026-01", component="hours_without_outcome") == ok(0.6, 60, 100, 2)
    assert values.at("2026-Q1", component="hours_without_outcome") == ok(10 / 140, 10, 140, 3)
    assert values.at("2026-04", component="hours_without_outcome") == undefined("zero_denominator", 0, 0, 0)


def test_only_overhead_is_no_data_even_without_any_project():
    given = make_facts(person_months="person project month hours\nW1 - 2026-01 10")

    assert measure(given, "resource_priority_alignment").at("2026-01") == NO_DATA


def test_explain_lists_the_hours():
    values = measure(facts(), "resource_priority_alignment")

    assert values.rows("numerator", "2026-01") == ["W1|P-1|2026-01", "W2|P-1|2026-01", "W2|P-2|2026-01"]
