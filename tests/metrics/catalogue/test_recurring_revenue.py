"""Worked by hand: 100 before the year; in January new 50, expansion 10, contraction -5, churn -30, reactivation 20.

Closing 100 + 45 = 145; quick ratio (50 + 10 + 20) / (5 + 30) = 80 / 35.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok, undefined

EVENTS = """
    customer code effective_on kind         delta_arr currency
    A        E1   2025-06-01   new          100       EUR
    B        E1   2026-01-01   new          50        EUR
    A        E2   2026-01-05   expansion    10        EUR
    A        E3   2026-01-06   contraction  -5        EUR
    A        E4   2026-01-07   churn        -30       EUR
    A        E5   2026-01-31   reactivation 20        EUR
    A        E6   2026-02-01   expansion    1         EUR
    A        E7   2026-07-10   expansion    1000      EUR
"""
MOVEMENTS = {"new": 50, "expansion": 10, "contraction": -5, "churn": -30, "reactivation": 20}


def test_opening_and_movements_make_the_closing():
    values = measure(make_facts(revenue_events=EVENTS), "recurring_revenue")

    assert values.at("2026-01") == ok(145, n=6)
    assert values.at("2026-01", component="opening") == ok(100, n=6)
    for component, amount in MOVEMENTS.items():
        assert values.at("2026-01", component=component) == ok(amount, n=6)
    assert values.at("2026-01", component="net_new") == ok(45, n=6)
    assert values.at("2026-01", component="quick_ratio") == ok(80 / 35, 80, 35, 6)
    assert values.at("2026-01", "customer:B", "opening") == ok(0, n=1)


def test_nothing_lost_leaves_the_quick_ratio_undefined():
    values = measure(make_facts(revenue_events=EVENTS), "recurring_revenue")

    assert values.at("2026-02", component="quick_ratio") == undefined("zero_denominator", 1, 0, 7)
    assert values.at("2026-Q2", component="quick_ratio") == undefined("zero_denominator", 0, 0, 7)
    assert values.at("2026-Q2", component="net_new") == ok(0, n=7)


def test_the_state_runs_on_without_events_and_begins_with_the_first():
    values = measure(make_facts(revenue_events=EVENTS), "recurring_revenue")

    assert values.at("2025-05") == NO_DATA
    assert values.at("2025-Q2", component="opening") == ok(0, n=1)
    assert values.at("2026-Q2") == ok(146, n=7)
    # The event of the as-of day is no fact yet.
    assert values.at("2026-07") == ok(146, n=7, status="partial_period")
    assert values.at("2026-Q2", "customer:B") == ok(50, n=1)


def test_each_component_needs_the_rates_of_its_own_rows_only():
    events = EVENTS + "    B E2 2026-02-10 churn -10 SEK\n"
    values = measure(make_facts(revenue_events=events), "recurring_revenue")

    assert values.at("2026-01") == ok(145, n=6)
    assert values.at("2026-02", component="opening") == ok(145, n=8)
    assert values.at("2026-02", component="expansion") == ok(1, n=8)
    for component in ("", "churn", "net_new", "quick_ratio"):
        assert values.at("2026-02", component=component) == MISSING_RATE
    assert values.at("2026-03", component="opening") == MISSING_RATE
    assert values.at("2026-03", component="churn") == ok(0, n=8)
    assert values.at("2026-03", "customer:A") == ok(96, n=6)


def test_explain_lists_the_events_of_the_kind():
    values = measure(make_facts(revenue_events=EVENTS), "recurring_revenue")

    assert values.rows("numerator", "2026-01", component="churn") == ["A|E4"]
    assert values.rows("numerator", "2026-01", "customer:A", "opening") == ["A|E1"]
