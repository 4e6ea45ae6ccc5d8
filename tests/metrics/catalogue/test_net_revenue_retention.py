"""Worked by hand: at the start A has 100, B 100; in the quarter A grows to 120, B shrinks to 60, C comes with 50.

Net 180 of 200: 0.9; growth of those who were there 20 of 200: 0.1.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, make_facts, measure, ok

EVENTS = """
    customer code effective_on kind        delta_arr currency
    A        E1   2025-06-01   new         100       EUR
    B        E1   2025-12-31   new         100       EUR
    A        E2   2026-01-01   expansion   20        EUR
    B        E2   2026-02-01   contraction -40       EUR
    C        E1   2026-03-01   new         50        EUR
"""


def test_revenue_now_of_those_who_were_there():
    values = measure(make_facts(revenue_events=EVENTS), "net_revenue_retention")

    assert values.at("2026-Q1") == ok(0.9, 180, 200, 2)
    assert values.at("2026-Q1", component="expansion_share") == ok(0.1, 20, 200, 2)
    assert values.at("2026-Q1", "customer:A") == ok(1.2, 120, 100, 1)
    assert values.at("2026-Q1", "customer:C") == NO_DATA


def test_a_negative_balance_counts_as_nothing():
    events = EVENTS + "    A E3 2026-03-10 churn -500 EUR\n"
    values = measure(make_facts(revenue_events=events), "net_revenue_retention")

    assert values.at("2026-Q1") == ok(60 / 200, 60, 200, 2)
    assert values.at("2026-Q1", component="expansion_share") == ok(0, 0, 200, 2)


def test_each_event_at_the_rate_of_its_month():
    events = """
        customer code effective_on kind  delta_arr currency
        A        E1   2025-06-01   new   100       SEK
        A        E2   2026-01-01   churn -50       SEK
    """
    rates = "currency month rate\nSEK 2025-06 0.1\nSEK 2026-01 0.12"
    values = measure(make_facts(revenue_events=events, fx_rates=rates), "net_revenue_retention")

    assert values.at("2026-Q1") == ok(0.4, 4, 10, 1)
    assert measure(make_facts(revenue_events=events), "net_revenue_retention").at("2026-Q1") == MISSING_RATE


def test_gross_is_never_above_net():
    facts = make_facts(revenue_events=EVENTS)
    net, gross = measure(facts, "net_revenue_retention"), measure(facts, "gross_revenue_retention")

    for period in ("2025-Q3", "2026-01", "2026-02", "2026-Q1", "2026-Q2", "2026"):
        assert gross.at(period).value <= min(1, net.at(period).value)
