"""Worked by hand, as of 2026-07-10.

Due in Q1: M1 (10 Jan, reached 9 Jan), M2 (10 Feb, reached 12 Feb), M3 (10 Mar, not reached), M4 (20 Mar, reached
20 Mar); M5 was cancelled before T, M6 after the quarter: still due in it. So 2 / 5 in time.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

MILESTONES = """
    project code baseline_on actual_on  customer_facing cancelled_on
    P-1     M1   2026-01-10  2026-01-09 true            -
    P-1     M2   2026-02-10  2026-02-12 true            -
    P-1     M3   2026-03-10  -          false           -
    P-2     M4   2026-03-20  2026-03-20 false           -
    P-2     M5   2026-03-25  -          false           2026-03-31
    P-2     M6   2026-03-26  -          false           2026-04-01
    P-2     M7   2026-07-09  2026-06-01 true            -
    P-2     M8   2026-07-10  2026-06-01 true            -
"""


def test_reached_on_or_before_the_first_approved_date():
    values = measure(make_facts(milestones=MILESTONES), "milestones_on_time_rate")

    assert values.at("2026-Q1") == ok(2 / 5, 2, 5)
    assert values.at("2026-Q1", "project:P-1") == ok(1 / 3, 1, 3)
    assert values.at("2026-Q1", "project:P-2") == ok(1 / 2, 1, 2)
    assert values.at("2026-Q1", component="customer_facing") == ok(1 / 2, 1, 2)
    assert values.at("2026-Q1", "project:P-2", "customer_facing") == NO_DATA


def test_cancelled_before_t_is_judged_period_by_period():
    values = measure(make_facts(milestones=MILESTONES), "milestones_on_time_rate")

    # M6, cancelled on 1 April, is due in March and in the quarter, but not in the year.
    assert values.at("2026-03") == ok(1 / 3, 1, 3)
    assert values.at("2026") == ok(3 / 5, 3, 5, status="partial_period")


def test_counted_where_it_was_due_not_where_it_was_reached():
    values = measure(make_facts(milestones=MILESTONES), "milestones_on_time_rate")

    assert values.at("2026-06") == NO_DATA
    assert values.at("2026-07") == ok(1, 1, 1, status="partial_period")


def test_slippage_is_the_median_of_milestones_reached_in_the_period_cancelled_ones_too():
    facts = make_facts(
        milestones="""
            project code baseline_on actual_on  cancelled_on
            P-1     M1   2026-01-10  2026-02-09 -
            P-1     M2   2026-02-10  2026-02-05 -
            P-1     M3   2026-02-10  2026-02-14 2026-02-20
            P-1     M4   2026-02-10  2026-07-10 -
        """
    )
    values = measure(facts, "milestones_on_time_rate")

    # +30, -5 and +4 days: 4.
    assert values.at("2026-02", component="slippage_days_median") == ok(4, n=3)
    assert values.at("2026-07", component="slippage_days_median") == NO_DATA


def test_what_is_reached_on_the_as_of_day_is_no_fact_yet():
    facts = make_facts(milestones="project code baseline_on actual_on\nP-1 M1 2026-07-09 2026-07-09")

    on_the_day = measure(facts, "milestones_on_time_rate", as_of="2026-07-09")
    day_after = measure(facts, "milestones_on_time_rate", as_of="2026-07-10")

    assert on_the_day.at("2026-07") == NO_DATA
    assert day_after.at("2026-07") == ok(1, 1, 1, status="partial_period")


def test_explain_lists_the_milestones_due():
    values = measure(make_facts(milestones=MILESTONES), "milestones_on_time_rate")

    assert values.rows("numerator", "2026-Q1") == ["P-1|M1", "P-2|M4"]
    assert values.rows("denominator", "2026-Q1", "project:P-1") == ["P-1|M1", "P-1|M2", "P-1|M3"]
