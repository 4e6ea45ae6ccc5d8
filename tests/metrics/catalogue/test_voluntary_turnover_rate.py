"""Worked by hand: ten people all of April (30 days), one of them leaves on the 15th and is paid for 15 days:

average (9 x 30 + 15) / 30 = 9.5, 1 / 9.5 = 0.105263...; annualised x 365 / 30 = 1.280701...
"""

from tests.metrics.builders import NO_DATA, SUPPRESSED, make_facts, measure, ok


def people(leavers: list[dict[str, str]], stay: int) -> list[dict[str, str]]:
    names = [{"code": f"W{k}", "team": "T-1"} for k in range(stay)]
    return names + [{"code": f"L{k}", "team": "T-1", **leaver} for k, leaver in enumerate(leavers)]


def test_leavers_over_average_daily_heads():
    leaver = {"left_on": "2026-04-15", "exit_reason": "voluntary", "regretted": "true"}
    values = measure(make_facts(people=people([leaver], 9)), "voluntary_turnover_rate")

    assert values.at("2026-04") == ok(1 / 9.5, 1, 9.5, 10)
    assert values.at("2026-04", "team:T-1") == ok(1 / 9.5, 1, 9.5, 10)
    assert values.at("2026-04", component="regretted") == ok(1 / 9.5, 1, 9.5, 10)
    assert values.at("2026-04", component="annualised") == ok(365 / 30 / 9.5, 1, 9.5, 10)
    assert values.at("2026-04", component="average_headcount") == ok(9.5, n=10)
    assert values.at("2026-05") == ok(0, 0, 9, 9)


def test_only_voluntary_leavers_count_in_the_headline():
    """A blank reason is other; a regretted retirement is not a regretted voluntary exit."""
    leavers = [
        {"left_on": "2026-04-30", "exit_reason": "involuntary"},
        {"left_on": "2026-04-30", "exit_reason": "retired", "regretted": "true"},
        {"left_on": "2026-04-30"},
        {"left_on": "2026-04-30", "exit_reason": "voluntary", "regretted": "false"},
    ]
    values = measure(make_facts(people=people(leavers, 4)), "voluntary_turnover_rate")

    assert values.at("2026-04") == ok(1 / 8, 1, 8)
    assert values.at("2026-04", component="total") == ok(0.5, 4, 8)
    assert values.at("2026-04", component="regretted") == ok(0, 0, 8)


def test_the_last_day_of_the_period_belongs_to_it_and_a_rehire_is_a_row_of_its_own():
    leavers = [
        {"left_on": "2026-04-30", "exit_reason": "voluntary"},
        {"hired_on": "2026-05-01"},
        {"hired_on": "2026-04-30"},
    ]
    values = measure(make_facts(people=people(leavers, 4)), "voluntary_turnover_rate")

    average = 5 + 1 / 30
    assert values.at("2026-04") == ok(1 / average, 1, average, 6)
    assert values.at("2026-05", component="average_headcount") == ok(6, n=6)


def test_fewer_than_five_people_are_hidden():
    values = measure(make_facts(people=people([], 4)), "voluntary_turnover_rate")

    assert values.at("2026-04") == SUPPRESSED
    assert values.at("2026-04", component="average_headcount") == SUPPRESSED
    assert values.at("2026", component="annualised") == SUPPRESSED


def test_nobody_employed_is_no_data():
    facts = make_facts(people=people([{"left_on": "2025-12-31"}] * 5, 0))

    assert measure(facts, "voluntary_turnover_rate").at("2026-04") == NO_DATA


def test_a_leave_from_the_as_of_day_on_is_no_fact():
    """On 10 July nine days of July have passed; leaving on the 9th counts, on the 10th not yet."""
    leavers = [
        {"left_on": "2026-07-09", "exit_reason": "voluntary"},
        {"left_on": "2026-07-10", "exit_reason": "voluntary"},
        {"hired_on": "2026-07-10"},
    ]
    values = measure(make_facts(people=people(leavers, 4)), "voluntary_turnover_rate")

    assert values.at("2026-07") == ok(1 / 6, 1, 6, status="partial_period")
    assert values.at("2026-07", component="annualised") == ok(365 / 9 / 6, 1, 6, status="partial_period")
