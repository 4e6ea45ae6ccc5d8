"""Log-in: limited by user and by address, never for good, and written down."""

import pytest
from django.core.cache import cache
from django.test import Client

from portfolio.models import RightsEvent
from portfolio.rights import Role
from tests.portfolio.world import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user():
    return make_user("anna", Role.VIEWER)


def log_in(name: str, password: str, **headers: str):
    return Client().post(LOGIN, {"login": name, "password": password}, **headers)


def test_the_right_password_logs_in_and_is_written_down(user):
    response = log_in("anna", PASSWORD)

    assert response.status_code == 302
    event = RightsEvent.objects.get()
    assert (event.kind, event.actor, event.address) == ("login", "anna", "127.0.0.1")


def test_a_log_out_is_written_down(user):
    client = Client()
    client.force_login(user)
    client.post("/accounts/logout/")

    assert RightsEvent.objects.get().kind == "logout"


def test_scripts_may_call_the_field_username(user):
    assert Client().post(LOGIN, {"username": "anna", "password": PASSWORD}).status_code == 302


def test_a_wrong_password_is_written_down_without_the_password(user):
    log_in("anna\nforged line", "secret-canary")

    event = RightsEvent.objects.get()
    assert event.kind == "login_failed"
    assert "\n" not in event.subject
    assert "secret-canary" not in str(vars(event))


def test_five_wrong_passwords_close_one_user_for_minutes_and_not_the_others(user):
    make_user("bertil", Role.VIEWER)
    answers = [log_in("anna", f"wrong {n}").status_code for n in range(7)]
    assert answers == [200] * 5 + [429] * 2

    closed = log_in("anna", PASSWORD)
    assert closed.status_code == 429
    assert 1 <= int(closed["Retry-After"]) <= 600
    assert log_in("bertil", PASSWORD).status_code == 302


def test_another_address_in_a_header_does_not_open_it_again(user):
    answers = [log_in("anna", f"wrong {n}", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code for n in range(7)]

    assert answers[-1] == 429


def test_one_address_cannot_try_many_users():
    answers = [log_in(f"user-{n}", "wrong").status_code for n in range(25)]

    assert answers[19] == 200
    assert answers[20] == 429


def test_unknown_users_look_like_wrong_passwords(user):
    known, unknown = log_in("anna", "wrong"), log_in("anne", "wrong")

    assert known.status_code == unknown.status_code == 200
    assert known.content.decode().count("anna") == unknown.content.decode().count("anne")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        " //evil.example",
    ],
)
def test_no_log_in_leads_elsewhere(user, target):
    response = Client().post(LOGIN, {"login": "anna", "password": PASSWORD, "next": target})

    assert "evil" not in response.get("Location", "")
    assert "javascript" not in response.get("Location", "")
