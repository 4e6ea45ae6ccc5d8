"""RavenStack: small made files for the edges, the real ones against their own profile."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.registry import connector_get
from connectors.sources.base import SourceFile, SourceRefused, Translation
from connectors.sources.files import source_files
from connectors.sources.ravenstack import SOURCE
from portfolio.models import Contract, Customer, RevenueEvent, SurveyResponse
from portfolio.services.facts import facts_write
from tests.connectors.datasets import dataset, profile

ACCOUNTS = (
    "account_id,account_name,industry,country,signup_date,referral_source,plan_tier,seats,is_trial,churn_flag\n"
    "A-1,One,EdTech,UK,2023-01-02,other,Basic,9,False,True\n"
    "A-2,Two,FinTech,US,soon,other,Pro,9,False,False\n"
)
SUBSCRIPTIONS_HEAD = "subscription_id,account_id,start_date,end_date,mrr_amount,arr_amount,is_trial,churn_flag\n"
SUBSCRIPTIONS = SUBSCRIPTIONS_HEAD + (
    "S-1,A-1,2023-02-01,2023-06-30,100,1200,False,True\n"
    "S-2,A-1,2023-06-30,2023-09-30,200,2400,False,True\n"
    "S-3,A-1,2024-01-01,,50,600,False,False\n"
    "S-4,A-2,2023-02-01,2023-03-01,0,0,True,True\n"
)
TICKETS = (
    "ticket_id,account_id,submitted_at,closed_at,satisfaction_score\n"
    "T-1,A-1,2023-07-27,2023-07-28 03:00:00,4.0\n"
    "T-2,A-1,2023-07-27,,\n"
    "T-3,A-9,2023-07-27,2023-07-26 03:00:00,3.0\n"
)
CHURN = "churn_event_id,account_id,churn_date,reason_code\nC-1,A-2,2024-10-27,pricing\n"


def translate(subscriptions: str = SUBSCRIPTIONS, **options: str) -> Translation:
    texts = {
        "ravenstack_accounts.csv": ACCOUNTS,
        "ravenstack_churn_events.csv": CHURN,
        "ravenstack_subscriptions.csv": subscriptions,
        "ravenstack_support_tickets.csv": TICKETS,
    }
    files = [SourceFile(name, text.encode) for name, text in texts.items()]
    return SOURCE.translate(files, SOURCE.options_read(options))


def rows(done: Translation, feed: str) -> list[dict[str, str]]:
    return [cells for _place, cells in done.rows.get(feed, [])]


def test_subscriptions_become_a_bridge_of_recurring_revenue() -> None:
    events = [row for row in rows(translate(), "revenue_events") if row["customer"] == "A-1"]

    assert [(row["code"], row["effective_on"], row["kind"], row["delta_arr"]) for row in events] == [
        ("S-1-start", "2023-02-01", "new", "1200"),
        ("S-2-start", "2023-06-30", "expansion", "2400"),
        ("S-1-end", "2023-06-30", "contraction", "-1200"),
        ("S-2-end", "2023-09-30", "churn", "-2400"),
        ("S-3-start", "2024-01-01", "reactivation", "600"),
    ]
    assert {row["currency"] for row in events} == {"USD"}


def test_a_trial_carries_no_revenue_and_is_told() -> None:
    done = translate()

    assert not [row for row in rows(done, "revenue_events") if row["customer"] == "A-2"]
    assert done.drops["ravenstack_subscriptions.csv", "revenue of a subscription", "trial or without money"] == 1


def test_only_ended_subscriptions_are_contracts() -> None:
    contracts = rows(translate(), "contracts")

    assert [(row["code"], row["ends_on"], row["annual_value"], row["terminated_on"]) for row in contracts] == [
        ("S-1", "2023-06-30", "1200", "2023-06-30"),
        ("S-2", "2023-09-30", "2400", "2023-09-30"),
        ("S-4", "2023-03-01", "0", "2023-03-01"),
    ]


def test_an_unrated_ticket_is_work_but_no_answer() -> None:
    done = translate()

    assert rows(done, "work_items") == [
        {"code": "T-1", "started_at": "2023-07-27T00:00:00Z", "finished_at": "2023-07-28T03:00:00Z"},
        {"code": "T-2", "started_at": "2023-07-27T00:00:00Z", "finished_at": ""},
    ]
    assert [(row["code"], row["score"], row["answered_on"]) for row in rows(done, "survey_responses")] == [
        ("T-1", "4", "2023-07-28")
    ]
    assert done.drops["ravenstack_support_tickets.csv", "satisfaction", "not rated"] == 1
    assert done.drops["ravenstack_support_tickets.csv", "ticket", "closed before it was submitted"] == 1


def test_customers_keep_what_is_known() -> None:
    one, two = rows(translate(), "customers")

    assert (one["country"], one["acquired_on"], one["segment"]) == ("GB", "2023-01-02", "EdTech")
    assert two["acquired_on"] == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("S-9,A-9,2023-02-01,,1,12,False,False", "of an unknown account"),
        ("S-9,A-1,2023-02-31,,1,12,False,False", "date not readable"),
        ("S-9,A-1,2023-02-01,2023-01-01,1,12,False,False", "ends before it starts"),
        ("S-9,A-1,2023-02-01,,1,much,False,False", "amount not readable"),
        (",A-1,2023-02-01,,1,12,False,False", "subscription without an id or named twice"),
    ],
)
def test_a_subscription_that_cannot_be_is_told_by_reason(line: str, reason: str) -> None:
    done = translate(SUBSCRIPTIONS_HEAD + line + "\n")

    assert done.drops["ravenstack_subscriptions.csv", "subscription", reason] == 1
    assert not rows(done, "revenue_events")


def test_contradictions_and_missing_rates_are_said() -> None:
    done = translate()

    assert any(
        "1 accounts are flagged as gone, 1 have a churn event, 1 of the flagged" in text for text in done.remarks
    )
    assert any("fx_rates of USD" in text for text in done.undefined)
    assert not any("fx_rates" in text for text in translate(base_currency="USD").undefined)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SourceRefused, match="arr_amount is missing"):
        translate("subscription_id,account_id,start_date,end_date\n")


def test_the_real_files_come_out_as_their_profile_says() -> None:
    folder = dataset("ravenstack_saas")
    stated = profile(folder)
    done = SOURCE.translate(source_files([folder], SOURCE.accepts), {"base_currency": "USD"})
    events, answers = rows(done, "revenue_events"), rows(done, "survey_responses")
    starts = [row for row in events if row["code"].endswith("-start")]

    assert len(rows(done, "customers")) == stated["accounts"]
    assert len(starts) == stated["subscriptions"] - stated["trial_rows"]
    assert len(rows(done, "contracts")) == stated["ended_subscriptions"]
    assert sum(Decimal(row["delta_arr"]) for row in events) == Decimal(stated["mrr_sum_open"]) * 12
    assert [min(r["effective_on"] for r in starts), max(r["effective_on"] for r in starts)] == stated["sub_start_range"]
    assert len(rows(done, "work_items")) == stated["tickets"]
    assert len(answers) == stated["tickets"] - stated["tickets_without_score"]
    for score in ("3", "4", "5"):
        assert sum(1 for row in answers if row["score"] == score) == stated["scores"][f"{score}.0"]
    contradiction = (
        f"{stated['account_churn_flag_true']} accounts are flagged as gone, {stated['accounts_with_churn_event']}"
    )
    assert any(contradiction in text for text in done.remarks)


@pytest.mark.django_db
def test_the_real_files_are_imported_whole_and_twice_changes_nothing() -> None:
    folder = dataset("ravenstack_saas")
    connector = connector_get("ravenstack")
    assert connector is not None

    first = facts_write(delivery=connector.translate([folder], {}))
    second = facts_write(delivery=connector.translate([folder], {}))

    assert (first.status, first.problems.errors) == ("imported", 0)
    assert (Customer.objects.count(), Contract.objects.count()) == (500, 486)
    assert (RevenueEvent.objects.count(), SurveyResponse.objects.count()) == (4_630, 1_175)
    assert second.change_set is None
