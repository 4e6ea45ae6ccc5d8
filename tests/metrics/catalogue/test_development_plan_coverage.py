"""Worked by hand at the end of June 2026 (T = 1 July, T - 180 days = 2 January) for six people:

W1 documented, one measurable goal, reviewed 2 January: all three. W2 documented, no measurable goal.
W3 measurable but last looked at on 1 January. W4 documented on 1 July. W5 closed on 30 June. W6 none.
1 / 6; documented 3 / 6 (W1, W2, W3), measurable 2 / 6 (W1, W3), sustained 2 / 6 (W1, W2).
"""

from tests.metrics.builders import NO_DATA, SUPPRESSED, make_facts, measure, ok

PEOPLE = [{"code": f"W{k}", "team": "T-1"} for k in range(1, 7)]
PLANS = """
    code person documented_on measurable_goals last_reviewed_on closed_on
    D1   W1     2025-01-10    1                2026-01-02       2026-07-01
    D2   W2     2026-06-30    0                -                -
    D3   W3     2026-01-01    2                2026-07-01       -
    D4   W4     2026-07-01    2                2026-07-01       -
    D5   W5     2026-02-01    2                2026-06-01       2026-06-30
"""


def test_a_plan_counts_when_it_is_documented_measurable_and_kept_alive():
    values = measure(make_facts(people=PEOPLE, development_plans=PLANS), "development_plan_coverage")

    assert values.at("2026-06") == ok(1 / 6, 1, 6)
    assert values.at("2026-Q2", "team:T-1") == ok(1 / 6, 1, 6)
    assert values.at("2026-06", component="documented") == ok(0.5, 3, 6)
    assert values.at("2026-06", component="measurable") == ok(1 / 3, 2, 6)
    assert values.at("2026-06", component="sustained") == ok(1 / 3, 2, 6)


def test_one_plan_must_meet_all_and_a_person_counts_once():
    """W1 has one measurable and one fresh plan, but no plan that is both."""
    facts = make_facts(
        people=PEOPLE,
        development_plans="""
            code person documented_on measurable_goals last_reviewed_on
            D1   W1     2025-01-10    1                -
            D2   W1     2026-06-01    0                -
            D3   W1     -             3                2026-06-01
        """,
    )
    values = measure(facts, "development_plan_coverage")

    assert values.at("2026-06") == ok(0, 0, 6)
    assert values.at("2026-06", component="documented") == ok(1 / 6, 1, 6)
    assert values.at("2026-06", component="measurable") == ok(1 / 6, 1, 6)
    assert values.at("2026-06", component="sustained") == ok(1 / 6, 1, 6)


def test_people_who_have_left_count_nowhere():
    """W1 leaves on 29 June: not employed on 30 June, the day before T."""
    people = [{**PEOPLE[0], "left_on": "2026-06-29"}, *PEOPLE[1:]]
    values = measure(make_facts(people=people, development_plans=PLANS), "development_plan_coverage")

    assert values.at("2026-06") == ok(0, 0, 5)
    assert values.at("2026-06", component="documented") == ok(0.4, 2, 5)


def test_four_people_are_hidden_and_no_plans_at_all_are_no_data():
    few = measure(
        make_facts(people=PEOPLE[:4], development_plans=PLANS.replace("W5", "W4")), "development_plan_coverage"
    )

    assert few.at("2026-06") == SUPPRESSED
    assert few.at("2026-06", component="documented") == SUPPRESSED
    assert measure(make_facts(people=PEOPLE), "development_plan_coverage").at("2026-06") == NO_DATA
