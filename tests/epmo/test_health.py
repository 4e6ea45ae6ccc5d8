"""Alive, ready, and the guarded figures about the service."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from metrics.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.served]


def test_live_asks_neither_database_nor_broker(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (HTTPStatus.OK, {"status": "ok"})


def test_ready_says_how_old_the_newest_published_run_is(client):
    Run.objects.create(state=Run.State.PUBLISHED, published_at=timezone.now() - timedelta(hours=2))
    Run.objects.create(state=Run.State.RUNNING)

    response = client.get("/readyz")

    answer = response.json()
    assert response.status_code == HTTPStatus.OK
    assert (answer["database"], answer["broker"]) == ("ok", "ok")
    assert answer["newest_run_age_seconds"] == pytest.approx(7200, abs=60)


def test_ready_before_the_first_run_has_no_age(client):
    assert client.get("/readyz").json()["newest_run_age_seconds"] is None


def test_not_ready_when_the_broker_is_away(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["broker"] == "does not answer"
    assert response["Retry-After"] == "5"


def test_figures_about_the_service_need_the_token_or_an_administrator(client, settings):
    settings.METRICS_TOKEN = "a-token-for-scraping"

    anonymous = client.get("/-/metrics")
    wrong = client.get("/-/metrics", headers={"Authorization": "Bearer another"})
    right = client.get("/-/metrics", headers={"Authorization": "Bearer a-token-for-scraping"})
    client.force_login(User.objects.create_superuser("admin"))
    administrator = client.get("/-/metrics")

    assert [each.status_code for each in (anonymous, wrong, right, administrator)] == [404, 404, 200, 200]
    assert b"django_http_requests" in right.content


def test_without_a_token_nobody_reads_figures_by_an_empty_one(client):
    assert client.get("/-/metrics", headers={"Authorization": "Bearer "}).status_code == HTTPStatus.NOT_FOUND
