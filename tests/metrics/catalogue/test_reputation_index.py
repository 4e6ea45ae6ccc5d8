"""Worked by hand: press 80 (n 1) and 60 (n 3) has mean 65, the review site (n blank = 1) 75: (65 + 75) / 2 = 70."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

SIGNALS = """
    source observed_on score n
    press  2026-04-05  80    1
    press  2026-06-05  60    3
    site   2026-05-05  75    -
    rating 2026-07-10  0     1
"""


def test_each_source_counts_once_whatever_its_number_of_signals():
    values = measure(make_facts(reputation_signals=SIGNALS), "reputation_index")

    assert values.at("2026-Q2") == ok(70, 140, 2)
    assert values.at("2026-04") == ok(80, 80, 1)
    assert values.kinds() == {"enterprise"}


def test_signals_from_the_as_of_day_on_are_no_facts():
    values = measure(make_facts(reputation_signals=SIGNALS), "reputation_index")

    assert values.at("2026-07") == NO_DATA
    assert values.at("2026") == ok(70, 140, 2, status="partial_period")
