"""Worked by hand: two customers served all April. C-1 is slow (0.5) from 10:00 to 10:30 and down until 11:30:
0.5 x 30 + 60 = 75 minutes over 2 subscriptions = 37.5; one interruption, 0.5 a subscription, 75 minutes each.
"""

from tests.metrics.builders import MISSING_RATE, NO_DATA, FakeFacts, Values, make_facts, measure, ok, undefined

SERVED = "service customer valid_from valid_to\nS-1 C-1 2025-01-01 -\nS-1 C-2 2025-01-01 -"
HEADER = "incident customer started_at ended_at degradation"
INCIDENTS = "code service started_at restored_at planned"


def minutes(incidents: str, impacts: str, served: str = SERVED, **more: str) -> Values:
    """Incidents and impacts as lines of April 2026 written day and time: 10T10:00."""
    facts = april(incidents, impacts, served, **more)
    return measure(facts, "customer_minutes_lost")


def april(incidents: str, impacts: str, served: str = SERVED, **more: str) -> FakeFacts:
    def dated(text: str) -> str:
        return "\n".join(
            " ".join(f"2026-04-{cell}Z" if cell[2:3] == "T" else cell for cell in line.split())
            for line in text.strip().splitlines()
        )

    return make_facts(
        incidents=f"{INCIDENTS}\n{dated(incidents)}",
        incident_impacts=f"{HEADER}\n{dated(impacts)}",
        service_customers=served,
        **more,
    )


def test_minutes_count_by_the_highest_degradation_of_each_instant():
    values = minutes(
        "I1 S-1 10T10:00 10T11:30 false\nI2 S-1 10T10:30 10T11:30 false",
        "I1 C-1 - - 0.5\nI2 C-1 - - -",
        revenue_events="customer code effective_on kind delta_arr currency\nC-1 E 2025-01-01 new 300 EUR",
    )

    assert values.at("2026-04") == ok(37.5, 75, 2)
    assert values.at("2026-04", "customer:C-1") == ok(75, 75, 1)
    assert values.at("2026-04", "customer:C-2") == ok(0, 0, 1)
    assert values.at("2026-04", component="interruptions_per_customer") == ok(0.5, 1, 2)
    assert values.at("2026-04", component="minutes_per_interruption") == ok(75, 75, 1, 2)
    assert values.at("2026-04", component="customer_minutes") == ok(75, n=2)
    assert values.at("2026-04", component="planned_minutes") == ok(0, n=2)
    assert values.at("2026-04", component="customers_hit_share") == ok(0.5, 1, 2)
    assert values.at("2026-04", component="recurring_revenue_hit_share") == ok(1, 300, 300, 2)
    assert values.rows("numerator", "2026-04") == ["I1|C-1", "I2|C-1"]
    assert values.kinds() == {"enterprise", "customer", "service"}


def test_no_incident_in_the_period_is_zero_when_pairs_are_served():
    values = minutes("I1 S-1 10T10:00 10T11:00 false", "I1 C-1 - - -")

    assert values.at("2026-05") == ok(0, 0, 2)
    assert values.at("2026-05", component="minutes_per_interruption") == undefined("zero_denominator", 0, 0, 2)


def test_a_service_that_never_had_an_incident_is_zero_but_an_import_without_incidents_is_no_data():
    both = SERVED + "\nS-2 C-1 2025-01-01 -"
    values = minutes("I1 S-1 10T10:00 10T11:00 false", "I1 C-1 - - -", both)
    without = measure(make_facts(service_customers=SERVED), "customer_minutes_lost")
    later = measure(april("I1 S-1 10T10:00 - false", "I1 C-1 - - -"), "customer_minutes_lost", as_of="2026-04-10")

    assert values.at("2026-04", "service:S-2") == ok(0, 0, 1)
    assert without.at("2026-04") == NO_DATA
    assert without.at("2026-04", component="customers_hit_share") == NO_DATA
    assert later.at("2026-04") == NO_DATA


def test_a_scope_without_a_served_pair_is_no_data():
    values = minutes("I1 S-2 10T10:00 10T11:00 false", "I1 C-1 - - -")

    assert values.at("2026-04", "service:S-2") == NO_DATA
    assert values.at("2026-04") == ok(0, 0, 2)


def test_two_services_down_at_once_count_twice_and_two_incidents_of_one_once():
    values = minutes(
        "I1 S-1 10T10:00 10T11:00 false\nI2 S-1 10T10:15 10T10:45 false\nI3 S-2 10T10:00 10T11:00 false",
        "I1 C-1 - - -\nI2 C-1 - - -\nI3 C-1 - - -",
        SERVED + "\nS-2 C-1 2025-01-01 -",
        services="code team\nS-1 T-1\nS-2 T-2",
    )

    assert values.at("2026-04") == ok(40, 120, 3)
    assert values.at("2026-04", "service:S-1") == ok(30, 60, 2)
    assert values.at("2026-04", "team:T-2") == ok(60, 60, 1)
    assert values.at("2026-04", component="interruptions_per_customer") == ok(2 / 3, 2, 3)
    assert values.at("2026-04", "customer:C-1", "customers_hit_share") == ok(1, 1, 1)


def test_touching_impacts_are_one_interruption_and_empty_ones_are_none():
    values = minutes(
        "I1 S-1 10T10:00 10T11:00 false\nI2 S-1 10T11:00 10T11:30 false\nI3 S-1 10T15:00 10T15:00 false",
        "I1 C-1 - - 0.5\nI2 C-1 - - 1\nI3 C-1 - - -",
    )

    assert values.at("2026-04", component="minutes_per_interruption") == ok(60, 60, 1, 2)


def test_blank_ends_are_those_of_the_incident_and_then_of_the_period():
    """I1 runs from 30 April 23:00 on. Its impact on C-2 has an end of its own, later than any incident's."""
    values = minutes(
        "I1 S-1 30T23:00 - false",
        "I1 C-1 - - -\nI1 C-2 30T23:30 2026-05-01T00:30:00Z -",
    )

    assert values.at("2026-04", component="customer_minutes") == ok(90, n=2)
    assert values.at("2026-05", "customer:C-2", "customer_minutes") == ok(30, n=1)
    assert values.at("2026-05", "customer:C-1", "customer_minutes") == ok(31 * 1440, n=1)
    assert values.at("2026-07", "customer:C-1", "customer_minutes") == ok(9 * 1440, n=1, status="partial_period")


def test_an_interruption_belongs_to_the_period_in_which_it_starts():
    values = minutes("I1 S-1 30T23:00 2026-05-01T01:00:00Z false", "I1 C-1 - - -")

    assert values.at("2026-04", component="interruptions_per_customer") == ok(0.5, 1, 2)
    assert values.at("2026-05", component="interruptions_per_customer") == ok(0, 0, 2)
    assert values.at("2026-05", component="minutes_per_interruption") == undefined("zero_denominator", 60, 0, 2)
    assert values.at("2026-Q2", component="minutes_per_interruption") == ok(120, 120, 1, 2)


def test_an_impact_is_not_cut_to_its_incident():
    values = minutes("I1 S-1 10T10:00 10T11:00 false", "I1 C-1 10T09:00 10T12:00 -")

    assert values.at("2026-04") == ok(90, 180, 2)


def test_planned_time_is_counted_apart_and_takes_nothing_away():
    values = minutes(
        "I1 S-1 10T10:00 10T11:00 false\nI2 S-1 10T10:00 10T14:00 true\nI3 S-1 10T13:00 10T15:00 true",
        "I1 C-1 - - -\nI2 C-1 - - 0.5\nI3 C-1 - - -",
    )

    assert values.at("2026-04", component="customer_minutes") == ok(60, n=2)
    assert values.at("2026-04", component="planned_minutes") == ok(180 * 0.5 + 120, n=2)


def test_only_time_inside_a_served_interval_counts():
    """Served until 9 April and again from 11 to 12 April: 30 of 30 days for C-2, 10 of 30 for C-1.

    Down from 8 April 12:00 to 12 April 12:00: half a day on the 8th, one day on the 9th... each piece begins anew.
    """
    served = """
        service customer valid_from valid_to
        S-1     C-2      2025-01-01 -
        S-1     C-1      2025-01-01 2026-04-10
        S-1     C-1      2026-04-11 2026-04-12
        S-1     C-1      2026-04-20 2026-04-20
    """
    values = minutes("I1 S-1 08T12:00 12T12:00 false", "I1 C-1 - - -", served)

    average = 1 + 10 / 30
    lost = 1.5 * 1440 + 1440
    assert values.at("2026-04") == ok(lost / average, lost, average, 2)
    assert values.at("2026-04", component="interruptions_per_customer") == ok(2 / average, 2, average, 2)
    assert values.at("2026-05", "customer:C-1") == NO_DATA
    assert values.at("2026-04", "customer:C-1", "customers_hit_share") == ok(1, 1, 1)


def test_touching_served_rows_join():
    served = "service customer valid_from valid_to\nS-1 C-1 2026-04-10 -\nS-1 C-1 2025-01-01 2026-04-10"
    values = minutes("I1 S-1 09T23:00 10T01:00 false", "I1 C-1 - - -", served)

    assert values.at("2026-04") == ok(120, 120, 1)
    assert values.at("2026-04", component="interruptions_per_customer") == ok(1, 1, 1)


def test_what_starts_before_it_is_served_starts_with_the_service():
    """Down since March, served from 10 April on: the interruption starts in April."""
    served = "service customer valid_from valid_to\nS-1 C-1 2026-04-10 -"
    values = minutes("I1 S-1 2026-03-20T00:00:00Z 10T01:00 false", "I1 C-1 - - -", served)

    average = 21 / 30
    assert values.at("2026-03") == NO_DATA
    assert values.at("2026-04", component="interruptions_per_customer") == ok(1 / average, 1, average, 1)
    assert values.at("2026-04", component="minutes_per_interruption") == ok(60, 60, 1)


def test_days_served_are_days_of_the_enterprise_zone():
    """In Stockholm 10 April begins on the 9th at 22:00 UTC, so one hour and a half of the two are served."""
    served = "service customer valid_from valid_to\nS-1 C-1 2026-04-10 -"
    facts = april("I1 S-1 09T21:30 09T23:30 false", "I1 C-1 - - -", served)
    values = measure(facts, "customer_minutes_lost", zone="Europe/Stockholm")

    assert values.at("2026-04", component="customer_minutes") == ok(90, n=1)
    assert measure(facts, "customer_minutes_lost").at("2026-04", component="customer_minutes") == ok(0, n=1)


def test_revenue_of_customers_hit_counts_each_customer_once():
    """C-1 (300 at T) is served twice and hit, C-2 (100, of which 50 from May on) is not, C-3 has no events."""
    events = """
        customer code effective_on kind delta_arr currency
        C-1      E    2025-01-01   new  300       EUR
        C-2      E    2025-01-01   new  50        EUR
        C-2      F    2026-05-01   new  50        EUR
    """
    served = SERVED + "\nS-2 C-1 2025-01-01 -\nS-2 C-3 2025-01-01 -"
    values = minutes("I1 S-1 10T10:00 10T11:00 false", "I1 C-1 - - -", served, revenue_events=events)
    share = "recurring_revenue_hit_share"

    assert values.at("2026-04", component=share) == ok(300 / 350, 300, 350, 3)
    assert values.at("2026-Q2", component=share) == ok(300 / 400, 300, 400, 3)
    assert values.at("2026-04", "service:S-2", share) == ok(0, 0, 300, 2)
    assert values.at("2026-04", "customer:C-3", share) == undefined("zero_denominator", 0, 0, 1)


def test_a_missing_rate_hides_the_revenue_share_of_scopes_that_serve_the_customer():
    events = "customer code effective_on kind delta_arr currency"
    values = minutes(
        "I1 S-1 10T10:00 10T11:00 false",
        "I1 C-1 - - -",
        SERVED + "\nS-2 C-3 2025-01-01 -",
        revenue_events=f"{events}\nC-1 E 2025-01-01 new 300 EUR\nC-3 E 2026-04-30 new 1 SEK",
    )
    share = "recurring_revenue_hit_share"

    assert values.at("2026-04", component=share) == MISSING_RATE
    assert values.at("2026-03", component=share) == ok(0, 0, 300, 3)
    assert values.at("2026-04", "service:S-1", share) == ok(1, 300, 300, 2)
    assert values.at("2026-04", "service:S-2", share) == MISSING_RATE
    assert values.at("2026-04") == ok(20, 60, 3)


def test_an_incident_dated_from_the_as_of_day_on_costs_nothing_yet_even_where_its_impact_is_dated_earlier():
    facts = april("I1 S-1 05T10:00 05T10:10 false\nI2 S-1 20T10:00 - false", "I1 C-1 - - -\nI2 C-2 08T10:00 08T11:00 -")

    assert measure(facts, "customer_minutes_lost", as_of="2026-04-20").at("2026-04", "customer:C-2").numerator == 0
    assert measure(facts, "customer_minutes_lost", as_of="2026-04-21").at("2026-04", "customer:C-2").numerator == 60
