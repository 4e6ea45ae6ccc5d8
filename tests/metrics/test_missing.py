"""Each status without a value names the fact that it would take."""

from datetime import date

import pytest

from metrics.engine import metric_parts, part_cells
from metrics.missing import Missing, Question, missing_facts
from metrics.periods import Period
from metrics.records import ValueRecord
from metrics.registry import metric
from tests.metrics.builders import STATES, FakeFacts, make_facts
from tests.metrics.readding import frame_of

AS_OF = date(2026, 7, 10)


def ask(facts: FakeFacts, key: str, component: str = "", period: str = "2026-Q1") -> tuple[str, list[Missing]]:
    """Status and reason of the enterprise's value, and what is missing."""
    entry, frame = metric(key), frame_of(facts, period, AS_OF)
    part = next(part for part in metric_parts(frame, key) if part.component == component)
    cells = part_cells(frame, entry, part, "enterprise")
    status, reason = STATES[int(cells.state[0, 0])]
    n = int(cells.n[0, 0])
    blank = dict.fromkeys(("value", "numerator", "denominator", "green", "amber", "run", "computed_at"))
    record = ValueRecord(
        key, component, 1, "enterprise", "", period, n=n, status=status, reason=reason, unit="", colour="", **blank
    )
    question = Question(entry, part, frame, "enterprise", "", Period.parse(period))
    return f"{status} {reason}".strip(), list(missing_facts(question, record))


def test_a_missing_rate_is_named_by_currency_and_month() -> None:
    facts = make_facts(
        projects="code portfolio currency\nP-1 PF SEK",
        project_months="""
            project month   planned_value earned_value actual_cost
            P-1     2026-01 10            8            9
            P-1     2026-02 10            8            9
            P-1     2026-09 10            -            -
        """,
        fx_rates="currency month rate\nSEK 2026-01 0.1",
    )

    status, found = ask(facts, "cost_performance_index")

    assert status == "undefined missing_rate"
    assert [answer.feed for answer in found] == ["fx_rates", "fx_rates"]
    assert "SEK to EUR in 2026-02" in found[0].text
    assert "SEK to EUR in 2026-03" in found[1].text  # the plan to come counts at the rate of the day before T


def test_a_missing_rate_is_named_where_only_customers_stand_behind_the_value() -> None:
    facts = make_facts(
        customers="code acquired_on\nC-1 2020-01-01",
        revenue_events="customer kind effective_on delta_arr currency\nC-1 new 2025-05-01 100 USD",
    )

    status, found = ask(facts, "customer_tenure")

    assert status == "undefined missing_rate"
    assert [answer.text for answer in found] == ["No rate of USD to EUR in 2025-05. Enter it in fx_rates."]


def test_an_empty_feed_and_a_feed_without_rows_of_the_period_are_told_apart() -> None:
    status, found = ask(make_facts(milestones=""), "milestones_on_time_rate")
    assert status == "no_data"
    assert found[0] == Missing("milestones", "There are no rows in milestones at all. Import the file milestones.csv.")

    later = make_facts(milestones="project code baseline_on\nP-1 M1 2026-05-01")
    _, found = ask(later, "milestones_on_time_rate")
    assert found[0].feed == "milestones"
    assert "belongs to enterprise in 2026-Q1" in found[0].text


def test_the_side_that_is_missing_is_named() -> None:
    facts = make_facts(ledger="month account amount code\n2026-01 revenue 100 L1")

    status, found = ask(facts, "gross_margin")

    assert status == "no_data"
    assert [answer.text for answer in found] == ["By definition: no cogs row or no revenue row: no_data"]


def test_a_customer_whom_no_service_serves_is_asked_for_the_service_not_for_an_impact() -> None:
    facts = make_facts(incidents="code service started_at\nN S 2026-01-05", incident_impacts="incident customer")

    status, found = ask(facts, "customer_minutes_lost")

    assert status == "no_data"
    assert found[0].feed == "service_customers"
    assert all(answer.feed != "incident_impacts" for answer in found)


def test_tenure_asks_for_the_first_day_and_for_the_revenue() -> None:
    events = "customer kind effective_on delta_arr currency\nC-1 new 2025-05-01 100 USD"
    never_acquired = make_facts(customers="code acquired_on\nC-1 -", revenue_events=events)

    for facts in (make_facts(customers="code acquired_on\nC-1 2020-01-01"), never_acquired):
        status, found = ask(facts, "customer_tenure", "revenue_weighted")
        assert status == "no_data"
        assert [answer.feed for answer in found] == ["customers", "revenue_events"]


REASONS = {
    "insufficient_n": (
        "net_promoter_score",
        "",
        make_facts(survey_responses="code answered_on score\nA 2026-01-05 9"),
        "survey_responses",
        "1 of at least 5 items",
    ),
    "suppressed": (
        "voluntary_turnover_rate",
        "",
        make_facts(people="code\nA\nB"),
        "",
        "Fewer than 5 people",
    ),
    "undefined zero_denominator": (
        "process_conformance_rate",
        "defects_per_million",
        make_facts(standard_checks="code standard checked_on units defects\nC S 2026-01-05 0 0"),
        "standard_checks",
        "is 0 or less",
    ),
    "undefined median_not_reached": (
        "defect_time_to_fix",
        "",
        make_facts(defects="code project opened_at\n" + "\n".join(f"D{k} P-1 2026-01-0{k + 1}" for k in range(6))),
        "defects",
        "still open",
    ),
    "undefined beyond_follow_up": (
        "tenure_survival",
        "",
        make_facts(people="code hired_on\n" + "\n".join(f"A{k} 2026-01-01" for k in range(6))),
        "",
        "comes with time",
    ),
    "undefined no_sign_change": (
        "return_on_investment",
        "internal_rate_of_return",
        make_facts(
            project_months="project month actual_cost\nP-1 2026-01 0",
            benefits="code project month realised\nB P-1 2026-02 5",
        ),
        "benefits",
        "never turn",
    ),
    "undefined not_reached": (
        "return_on_investment",
        "payback_months",
        make_facts(
            project_months="project month actual_cost\nP-1 2026-01 9",
            benefits="code project month realised\nB P-1 2026-02 5",
        ),
        "benefits",
        "not made up for the cost",
    ),
    "undefined not_burning": (
        "free_cash_flow",
        "runway_months",
        make_facts(ledger="month account amount code\n2026-01 operating_cash 9 A\n2026-01 cash_balance 9 B"),
        "",
        "No cash is burnt",
    ),
    "undefined no_variation": (
        "process_conformance_rate",
        "sigma_level",
        make_facts(standard_checks="code standard checked_on units defects\nC S 2026-01-05 10 0"),
        "standard_checks",
        "all are bad",
    ),
    "no_data not_measurable": (
        "project_contribution",
        "",
        make_facts(outcomes=""),
        "contributions",
        "No claim of enterprise",
    ),
}


@pytest.mark.parametrize("status", REASONS)
def test_each_reason_has_its_own_answer(status: str) -> None:
    key, component, facts, feed, words = REASONS[status]

    got, found = ask(facts, key, component)

    assert got == status
    assert found[0].feed == feed
    assert words in found[0].text


def test_a_period_to_come_misses_only_time() -> None:
    status, found = ask(make_facts(milestones=""), "milestones_on_time_rate", period="2026-Q4")

    assert status == "not_due"
    assert found == [Missing("", "The period has not begun yet.")]


def test_a_value_that_is_there_misses_nothing() -> None:
    facts = make_facts(milestones="project code baseline_on actual_on\nP-1 M1 2026-01-10 2026-01-09")

    assert ask(facts, "milestones_on_time_rate") == ("ok", [])
