"""Rights are changed in the administration, by administrators only, and every change is written down for good."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from portfolio.models import Grant, Portfolio, Profile, RightsEvent, Token
from portfolio.rights import Role
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import role_set
from portfolio.services.tokens import token_find
from tests.portfolio.world import PASSWORD, make_fact, make_user

pytestmark = pytest.mark.django_db
PAGES = ("auth_user", "portfolio_profile", "portfolio_grant", "portfolio_token", "portfolio_rightsevent")


@pytest.fixture
def administrator():
    user = make_user("root")
    role_set(user=user, role=Role.ADMINISTRATOR)
    return user


@pytest.fixture
def client(administrator):
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def anna():
    return make_user("anna", Role.VIEWER)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_administrators_come_here(role, page):
    user = make_user("other")
    role_set(user=user, role=role)
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)

    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_administrators_see_every_page(client, anna, page):
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200


def test_a_person_is_made_as_a_viewer(client):
    body = {"username": "berit", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(reverse("admin:auth_user_add"), body).status_code == 302

    assert Profile.objects.get(user__username="berit").role == Role.VIEWER
    assert RightsEvent.objects.filter(kind="user_changed", subject="berit", actor="root").exists()


def test_nobody_becomes_a_superuser_by_the_form(client, anna):
    body = {"username": "anna", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    client.post(reverse("admin:auth_user_change", args=[anna.pk]), body)

    anna.refresh_from_db()
    assert (anna.is_superuser, anna.is_staff) == (False, False)


def test_a_role_is_set_and_written_down(client, anna):
    client.post(reverse("admin:portfolio_profile_change", args=[anna.profile.pk]), {"role": "pmo_lead"})

    anna.refresh_from_db()
    assert visibility_of(anna).role == Role.PMO_LEAD
    assert anna.is_staff
    assert RightsEvent.objects.get(kind="role_set", subject="anna").detail == {"before": "viewer", "after": "pmo_lead"}


def test_a_grant_is_given_and_taken_back(client, anna):
    make_fact("portfolios", code="A", name="A", kind="portfolio")
    portfolio = Portfolio.objects.get(code="A")
    url = reverse("admin:portfolio_grant_add")
    assert client.post(url, {"user": anna.pk, "portfolio": "", "customer": ""}).status_code == 200
    client.post(url, {"user": anna.pk, "portfolio": portfolio.pk, "customer": ""})
    assert visibility_of(anna).sees("portfolio", "A")

    client.post(reverse("admin:portfolio_grant_delete", args=[Grant.objects.get().pk]), {"post": "yes"})
    assert not visibility_of(anna).sees("portfolio", "A")
    assert list(RightsEvent.objects.filter(subject="anna").order_by("pk").values_list("kind", flat=True)) == [
        "grant_added", "grant_removed",
    ]  # fmt: skip


def test_a_token_is_shown_once_and_revoked(client, anna):
    body = {"user": anna.pk, "name": "bi", "role": "viewer", "scope": "read", "days": "30"}
    page = client.post(reverse("admin:portfolio_token_add"), body, follow=True).content.decode()
    text = next(word for word in page.replace("<", " ").split() if word.startswith("epmo_"))
    token = token_find(text)
    assert token is not None
    assert text not in client.get(reverse("admin:portfolio_token_changelist")).content.decode()

    client.post(
        reverse("admin:portfolio_token_changelist"), {"action": "revoke", "_selected_action": [Token.objects.get().pk]}
    )
    assert token_find(text) is None


def test_a_token_above_its_owner_is_refused_at_the_form(client, anna):
    body = {"user": anna.pk, "name": "bi", "role": "executive", "scope": "read"}
    page = client.post(reverse("admin:portfolio_token_add"), body)

    assert page.status_code == 200
    assert "above" in page.content.decode()
    assert not Token.objects.exists()


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_keeps_the_record(administrator, change):
    event = RightsEvent.objects.filter(pk=RightsEvent.objects.first().pk)
    act = {"update": lambda: event.update(actor="somebody else"), "delete": event.delete}[change]
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        act()
