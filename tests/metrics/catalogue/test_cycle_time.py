"""Worked by hand: finished in January after 2, 3, 4, 5 and 16 days: median 4.

85th percentile: rank 1 + 0.85 x 4 = 4.4, so 5 + 0.4 x (16 - 5) = 9.4.
"""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, too_few

ITEMS = """
    code service team started_at       finished_at      cancelled_at
    W1   S-1     -    2026-01-01T00:00 2026-01-03T00:00 -
    W2   S-1     -    2026-01-01T00:00 2026-01-04T00:00 -
    W3   S-1     T-2  2026-01-01T00:00 2026-01-05T00:00 -
    W4   S-1     -    2026-01-01T00:00 2026-01-06T00:00 -
    W5   S-1     -    2026-01-15T00:00 2026-01-31T00:00 -
    W6   S-1     -    2026-01-15T00:00 2026-01-31T00:00 2026-02-02T00:00
    W7   S-1     -    2026-01-30T12:00 -                2026-02-02T00:00
    W8   S-1     -    -                2026-01-20T00:00 -
"""
SERVICES = "code team\nS-1 T-1"


def test_percentiles_of_items_finished_in_the_period():
    values = measure(make_facts(work_items=ITEMS, services=SERVICES), "cycle_time")

    assert values.at("2026-01") == ok(4, n=5)
    assert values.at("2026-01", component="percentile_85") == ok(9.4, n=5)
    assert values.at("2026-02") == NO_DATA


def test_below_five_items_there_is_no_percentile_but_a_count():
    values = measure(make_facts(work_items=ITEMS, services=SERVICES), "cycle_time")

    assert values.at("2026-01", "team:T-1") == too_few(4)
    assert values.at("2026-01", "team:T-1", "percentile_85") == too_few(4)
    assert values.at("2026-01", "team:T-1", "throughput") == ok(4, n=6)
    assert values.at("2026-01", "team:T-2", "throughput") == ok(1, n=1)


def test_throughput_is_a_counted_zero_once_something_was_started():
    values = measure(make_facts(work_items=ITEMS, services=SERVICES), "cycle_time")

    assert values.at("2025-12", component="throughput") == NO_DATA
    assert values.at("2026-02", component="throughput") == ok(0, n=7)


def test_work_in_progress_ends_with_the_first_of_finish_and_cancellation():
    values = measure(make_facts(work_items=ITEMS, services=SERVICES), "cycle_time")

    # 2 + 3 + 4 + 5 + 16 + 16 days and 1.5 of W7 up to 1 February, over the 31 days of January.
    assert values.at("2026-01", component="average_work_in_progress") == ok(47.5 / 31, 47.5, 31, 7)
    assert values.at("2026-02", component="average_work_in_progress") == ok(1 / 28, 1, 28, 7)
    assert values.at("2026-03", component="average_work_in_progress") == ok(0, 0, 31, 7)


def test_the_as_of_day_cuts_the_period():
    facts = make_facts(work_items="code started_at finished_at\nW1 2026-07-01T00:00 2026-07-10T00:00")
    values = measure(facts, "cycle_time", as_of="2026-07-10")

    assert values.at("2026-07", component="throughput") == ok(0, n=1, status="partial_period")
    assert values.at("2026-07", component="average_work_in_progress") == ok(1, 9, 9, 1, status="partial_period")


def test_instants_are_put_into_periods_in_the_zone_of_the_enterprise():
    facts = make_facts(work_items="code started_at finished_at\nW1 2026-01-10T00:00Z 2026-01-31T23:30Z")

    assert measure(facts, "cycle_time").at("2026-01", component="throughput") == ok(1, n=1)
    stockholm = measure(facts, "cycle_time", zone="Europe/Stockholm")
    assert stockholm.at("2026-01", component="throughput") == ok(0, n=1)
    assert stockholm.at("2026-02", component="throughput") == ok(1, n=1)


def test_explain_lists_the_items_in_progress():
    values = measure(make_facts(work_items=ITEMS, services=SERVICES), "cycle_time")

    assert values.rows("numerator", "2026-02", component="average_work_in_progress") == ["W7"]
    assert values.rows("numerator", "2026-01") == ["W1", "W2", "W3", "W4", "W5"]
