"""Worked by hand at the end of April 2026: left after 100 and 200 days, employed for 300, 400, 500 days.

At day 100 five are at risk: 4/5; at day 200 four: 3/4. S(365) = 0.6; S never falls to one half.
"""

from datetime import date, timedelta

from tests.metrics.builders import NO_DATA, SUPPRESSED, FakeFacts, make_facts, measure, ok, undefined

END = date(2026, 5, 1)


def people(*spells: tuple[int, int | None, str]) -> FakeFacts:
    """Spells: days before May at which one was hired, days until one left (None = still there), reason."""
    rows = []
    for k, (hired, lasted, reason) in enumerate(spells):
        hired_on = END - timedelta(days=hired)
        left_on = "" if lasted is None else (hired_on + timedelta(days=lasted)).isoformat()
        rows.append({"code": f"W{k}", "team": "T-1", "hired_on": hired_on.isoformat(), "left_on": left_on})
        rows[-1]["exit_reason"] = reason
    return make_facts(people=rows)


STAYING = [(300, None, ""), (400, None, ""), (500, None, "")]


def test_people_still_employed_are_censored():
    values = measure(people((700, 100, "voluntary"), (700, 200, ""), *STAYING), "tenure_survival")

    assert values.at("2026-04") == ok(0.6, n=5)
    assert values.at("2026-04", "team:T-1") == ok(0.6, n=5)
    assert values.at("2026-04", component="median_days") == undefined("median_not_reached", n=5)


def test_retired_people_are_censored_too():
    """The retired one leaves at 100 without an event; at day 200 four are at risk: S = 3/4."""
    values = measure(people((700, 100, "retired"), (700, 200, "other"), *STAYING), "tenure_survival")

    assert values.at("2026-04") == ok(0.75, n=5)


def test_an_exact_half_is_the_median():
    """Six spells: events at 10, 20 and 30 leave 3 of 6."""
    spells = [(700, days, "voluntary") for days in (10, 20, 30)]
    values = measure(people(*spells, *STAYING), "tenure_survival")

    assert values.at("2026-04", component="median_days") == ok(30, n=6)


def test_beyond_the_longest_spell_there_is_no_estimate_unless_all_have_left():
    short = [(300, None, "")] * 5
    gone = [(700, days, "voluntary") for days in (10, 20, 30, 40, 364)]

    assert measure(people(*short), "tenure_survival").at("2026-04") == undefined("beyond_follow_up", n=5)
    assert measure(people(*gone), "tenure_survival").at("2026-04") == ok(0, n=5)
    assert measure(people((365, None, ""), *short), "tenure_survival").at("2026-04") == ok(1, n=6)


def test_a_departure_after_the_period_is_still_employment_then():
    """Left on 1 May: the April curve sees 200 days and no event, the May curve the event at 200."""
    values = measure(people((200, 200, "voluntary"), (700, 700, "voluntary"), *STAYING), "tenure_survival")

    assert values.at("2026-04") == ok(1, n=5)
    assert values.at("2026-05") == ok(0.8, n=5)


def test_mean_years_of_those_employed_on_the_last_day():
    """Hired 300, 400, 500, 600 days before May and one who leaves on 30 April after 199 days: 1999+... / 365.25 / 5.

    Leaving on 30 April is employed on the last day; leaving on 29 April is not.
    """
    spells = [*STAYING, (600, None, ""), (200, 199, "voluntary"), (200, 198, "voluntary")]
    values = measure(people(*spells), "tenure_survival")

    years = (300 + 400 + 500 + 600 + 200) / 365.25
    assert values.at("2026-04", component="mean_current_years") == ok(years / 5, years, 5)
    assert values.at("2026-05", component="mean_current_years") == SUPPRESSED


def test_fewer_than_five_spells_are_hidden():
    values = measure(people(*STAYING), "tenure_survival")

    assert values.at("2026-04") == SUPPRESSED
    assert values.at("2026-04", component="median_days") == SUPPRESSED


def test_nobody_left_in_the_team_is_no_data_for_current_years():
    gone = [(700, days, "voluntary") for days in (10, 20, 30, 40, 364)]

    assert measure(people(*gone), "tenure_survival").at("2026-04", component="mean_current_years") == NO_DATA
