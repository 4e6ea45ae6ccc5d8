"""Worked by hand for March: due 1 March held 8 March (in time), due 10 March held 20 March (missed),
due 28 March not held (7 days are not over at the end of March): 1 / 2.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

ROW = "    C-1 review"
MARCH = """
    customer kind   due_on     held_on
    C-1      review 2026-03-01 2026-03-08
    C-1      review 2026-03-10 2026-03-20
    C-1      review 2026-03-28 -
"""


def test_held_no_later_than_a_week_after_it_was_due():
    values = measure(make_facts(touchpoints=MARCH), "touchpoint_adherence")

    assert values.at("2026-03") == ok(0.5, 1, 2)
    assert values.at("2026-03", "customer:C-1") == ok(0.5, 1, 2)
    assert values.kinds() == {"enterprise", "customer"}
    assert values.rows("numerator", "2026-03") == ["C-1|review|2026-03-01"]


def test_an_open_one_is_decided_in_the_year_but_not_in_the_month():
    """The year's T is the as-of day, far behind the 7 days: 28 March counts as missed there."""
    values = measure(make_facts(touchpoints=MARCH), "touchpoint_adherence")

    assert values.at("2026-Q1") == ok(0.5, 1, 2)
    assert values.at("2026") == ok(1 / 3, 1, 3, status="partial_period")


def test_the_seventh_day_itself_is_still_open():
    """Due 24 March + 7 days = 31 March < 1 April: decided. Due 25 March + 7 = 1 April: open."""
    facts = make_facts(touchpoints=f"customer kind due_on held_on\n{ROW} 2026-03-24 -\n{ROW} 2026-03-25 -")

    assert measure(facts, "touchpoint_adherence").at("2026-03") == ok(0, 0, 1)


def test_holding_it_early_counts_where_it_was_due():
    facts = make_facts(touchpoints=f"customer kind due_on held_on\n{ROW} 2026-03-24 2026-02-10")
    values = measure(facts, "touchpoint_adherence")

    assert values.at("2026-03") == ok(1, 1, 1)
    assert values.at("2026-02") == NO_DATA


def test_held_on_or_after_the_as_of_day_is_no_fact():
    facts = make_facts(touchpoints=f"customer kind due_on held_on\n{ROW} 2026-07-08 2026-07-10")

    assert measure(facts, "touchpoint_adherence").at("2026-07") == NO_DATA
