"""Worked by hand at the end of June 2026: window 1 July 2025 to 30 June 2026.

Four ideas in the window, one implemented before July: 0.25. Two submitted in June by ten people: 20 per 100.
"""

from tests.metrics.builders import NO_DATA, SUPPRESSED, make_facts, measure, ok

PEOPLE = [{"code": f"W{k}", "team": "T-1"} for k in range(10)]
IDEAS = """
    code team submitted_on implemented_on rejected_on
    N1   T-1  2025-06-30   2025-07-10     -
    N2   T-1  2025-07-01   2026-06-01     2026-05-01
    N3   T-1  2026-01-01   -              2026-02-01
    N4   T-1  2026-06-01   2026-07-01     -
    N5   T-1  2026-06-30   -              -
"""


def test_ideas_of_a_year_that_are_in_use():
    values = measure(make_facts(people=PEOPLE, ideas=IDEAS), "idea_implementation_rate")

    assert values.at("2026-06") == ok(0.25, 1, 4)
    assert values.at("2026-Q2", "team:T-1") == ok(0.25, 1, 4)


def test_days_to_implement_belong_to_the_period_of_use():
    """N2 took 335 days and ended in June, N4 30 days and in July, N1 10 days in July 2025."""
    values = measure(make_facts(people=PEOPLE, ideas=IDEAS), "idea_implementation_rate")

    assert values.at("2026-Q2", component="days_to_implement_median") == ok(335, n=1)
    assert values.at("2026", component="days_to_implement_median") == ok(182.5, n=2, status="partial_period")
    assert values.at("2025-07", component="days_to_implement_median") == ok(10, n=1)
    assert values.at("2026-05", component="days_to_implement_median") == NO_DATA


def test_ideas_per_hundred_people():
    values = measure(make_facts(people=PEOPLE, ideas=IDEAS), "idea_implementation_rate")

    assert values.at("2026-06", component="ideas_per_100_people") == ok(20, 200, 10)
    assert values.at("2026-05", component="ideas_per_100_people") == ok(0, 0, 10)


def test_few_people_hide_only_the_figure_that_counts_them():
    values = measure(make_facts(people=PEOPLE[:4], ideas=IDEAS), "idea_implementation_rate")

    assert values.at("2026-06") == ok(0.25, 1, 4)
    assert values.at("2026-06", component="ideas_per_100_people") == SUPPRESSED


def test_without_ideas_or_without_people_there_is_no_quota():
    nobody = measure(make_facts(ideas=IDEAS), "idea_implementation_rate")
    no_ideas = measure(make_facts(people=PEOPLE), "idea_implementation_rate")

    assert nobody.at("2026-06", component="ideas_per_100_people") == NO_DATA
    assert no_ideas.at("2026-06", component="ideas_per_100_people") == NO_DATA
    assert no_ideas.at("2026-06") == NO_DATA
