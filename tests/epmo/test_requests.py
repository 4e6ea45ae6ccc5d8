"""What every request passes: id, headers, caching, the end of a session, errors for both kinds of reader."""

from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from epmo import health

pytestmark = pytest.mark.django_db
HOUR = 3600


def test_the_content_security_policy_is_the_agreed_one(client):
    policy = dict(
        part.strip().split(" ", 1) for part in client.get("/accounts/login/")["Content-Security-Policy"].split(";")
    )

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }


def test_answers_are_private_unless_the_view_says_otherwise(client):
    assert client.get("/readyz")["Cache-Control"] == "private, no-store"


def test_a_request_id_is_taken_over_when_it_is_harmless(client):
    good = client.get("/healthz", headers={"X-Request-ID": "abc-12345678"})
    bad = client.get("/healthz", headers={"X-Request-ID": "abc\r\nlevel=error"})

    assert good["X-Request-ID"] == "abc-12345678"
    assert len(bad["X-Request-ID"]) == 32


@pytest.fixture
def session_at(client, monkeypatch):
    """Log in at second 0 and answer a function that asks for the log-in at a later second."""
    now = [1_000_000]
    monkeypatch.setattr("epmo.middleware.time.time", lambda: now[0])
    client.force_login(User.objects.create_user("someone"))
    start = now[0]

    def is_logged_in(second: int) -> bool:
        now[0] = start + second
        client.get("/healthz")
        return "_auth_user_id" in client.session

    assert is_logged_in(0)
    return is_logged_in


def test_a_session_ends_after_three_hours_without_a_request(session_at):
    assert session_at(3 * HOUR - 60)
    assert session_at(6 * HOUR - 180)
    assert not session_at(9 * HOUR)


def test_a_session_ends_twelve_hours_after_log_in_however_busy(session_at):
    assert all(session_at(hour * 2 * HOUR) for hour in range(1, 7))
    assert not session_at(12 * HOUR + 1)


def test_nobody_can_sign_up(client):
    page = client.get("/accounts/signup/")
    client.post(
        "/accounts/signup/", {"username": "me", "password1": "a long enough one", "password2": "a long enough one"}
    )

    assert b"<form" not in page.content or b"password1" not in page.content
    assert not User.objects.filter(username="me").exists()


def test_a_program_gets_errors_as_problem_json(client):
    response = client.get("/api/v1/nothing-here/")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response["Content-Type"].startswith("application/problem+json")
    assert response.json()["request_id"] == response["X-Request-ID"]
    assert set(response.json()) == {"type", "title", "status", "detail", "errors", "request_id"}


def test_a_database_that_is_away_is_answered_by_503_and_retry_after(client, monkeypatch):
    def fail() -> str:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(health, "_database", fail)
    client.raise_request_exception = False

    response = client.get("/readyz")

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response["Retry-After"] == "5"
    assert b"server closed" not in response.content
    assert b"Traceback" not in response.content
