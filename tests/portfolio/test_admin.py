"""Administration: every feed is listed and edited, always through the write service."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from connectors.readers.deliveries import delivery_read
from portfolio.feeds import FEEDS
from portfolio.models import Change, ChangeSet, Customer, Milestone
from portfolio.services.facts import facts_write
from portfolio.services.tables import Delivery, rows_table
from tests.connectors.test_import_rules import REFERENCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client, people: Any) -> Client:
    """A PMO lead, logged in, over a few rows."""
    facts_write(
        delivery=Delivery(
            tables=[
                rows_table("portfolios", ["code", "name", "kind", "parent"], [["PF", "All", "portfolio", ""]]),
                rows_table(
                    "projects",
                    ["code", "name", "portfolio", "status", "currency"],
                    [["P-1", "A", "PF", "active", "EUR"]],
                ),
                rows_table(
                    "customers", ["code", "name", "importance", "country"], [["C-ALFA", "Alfa Retail", "3", "SE"]]
                ),
            ]
        )
    )
    people.owner.is_staff = True
    people.owner.save()
    client.force_login(people.owner)
    return client


def address(model: type, page: str, *args: Any) -> str:
    return reverse(f"admin:portfolio_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def test_every_feed_is_listed_and_opened(lead: Client) -> None:
    facts_write(delivery=delivery_read([REFERENCE]))
    for feed in FEEDS.values():
        model = apps.get_model(feed.model_label)
        listed = lead.get(address(model, "changelist"), {"q": "1"})
        opened = lead.get(address(model, "change", model._default_manager.first().pk))
        added = lead.get(address(model, "add"))

        assert [listed.status_code, opened.status_code, added.status_code] == [200, 200, 200], feed.name


def test_an_edit_goes_through_the_write_service(lead: Client, people: Any) -> None:
    customer = Customer.objects.get(code="C-ALFA")
    url = address(Customer, "change", customer.pk)
    form = {"name": "Alfa Trade", "segment": "retail", "country": "SE", "version": customer.changed_in_id}

    answer = lead.post(url, form)

    assert answer.status_code == 302
    customer.refresh_from_db()
    change = ChangeSet.objects.first()
    assert change is not None
    assert (customer.name, customer.importance, customer.changed_in_id) == ("Alfa Trade", None, change.pk)
    assert (change.kind, change.actor) == ("form", people.owner)
    assert Change.objects.get(change_set=change).before["name"] == "Alfa Retail"


def test_a_refused_edit_shows_the_problem_beside_its_field(lead: Client) -> None:
    customer = Customer.objects.get(code="C-ALFA")

    answer = lead.post(
        address(Customer, "change", customer.pk), {"name": "x", "importance": "-1", "acquired_on": "soon"}
    )

    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"importance", "acquired_on"}
    assert Customer.objects.get(code="C-ALFA").name == "Alfa Retail"


def test_the_second_of_two_editors_is_told(lead: Client) -> None:
    customer = Customer.objects.get(code="C-ALFA")
    url = address(Customer, "change", customer.pk)
    lead.post(url, {"name": "First", "version": customer.changed_in_id})

    answer = lead.post(url, {"name": "Second", "version": customer.changed_in_id})

    assert "meanwhile" in str(answer.context["adminform"].form.non_field_errors())
    assert Customer.objects.get(code="C-ALFA").name == "First"


def test_a_new_row_is_made_and_a_removal_is_soft(lead: Client) -> None:
    form = {"project": "P-1", "code": "M99", "name": "New", "baseline_on": "2026-09-01", "customer_facing": "true"}
    lead.post(address(Milestone, "add"), form)
    made = Milestone.objects.get(code="M99")
    assert made.project.code == "P-1"

    answer = lead.post(address(Milestone, "delete", made.pk), {"post": "yes"})

    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.deleted_at is not None


def test_a_change_is_undone_from_its_list(lead: Client) -> None:
    customer = Customer.objects.get(code="C-ALFA")
    lead.post(address(Customer, "change", customer.pk), {"name": "Wrong", "version": customer.changed_in_id})
    change = ChangeSet.objects.first()
    assert change is not None

    lead.post(address(ChangeSet, "changelist"), {"action": "undo_selected", "_selected_action": change.pk})

    assert Customer.objects.get(code="C-ALFA").name == "Alfa Retail"
    assert ChangeSet.objects.get(undoes=change).kind == "undo"


def test_others_are_kept_out(client: Client, people: Any) -> None:
    people.team_mate.is_staff = True
    people.team_mate.save()
    client.force_login(people.team_mate)

    assert client.get(address(Customer, "changelist")).status_code == 403
    assert client.get(address(ChangeSet, "changelist")).status_code == 403
