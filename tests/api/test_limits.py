"""How much one sender may ask for: requests a minute, wrong tokens; and that a broken cache closes nothing."""

import pytest
from django.test import Client
from redis.exceptions import ConnectionError as NoRedis

from api import throttles
from portfolio.models import RightsEvent

pytestmark = pytest.mark.django_db
METRICS = "/api/v1/metrics/"


def test_a_person_is_limited_over_all_tokens_and_told_when_to_come_back(client_of, settings):
    settings.API_RATE = 5
    one, other, lead = client_of("executive"), client_of("executive"), client_of("lead")
    answers = [client.get(METRICS).status_code for client in (one, other) * 3]
    assert answers == [200] * 5 + [429]

    closed = one.get(METRICS)
    assert closed["Content-Type"] == "application/problem+json"
    assert 1 <= int(closed["Retry-After"]) <= 60
    assert lead.get(METRICS).status_code == 200


def test_writes_and_whole_files_count_more(client_of, settings):
    settings.API_RATE = 12
    client = client_of("lead")

    assert [client.get("/api/v1/facts/projects/?format=csv").status_code for _time in range(2)] == [200, 429]
    assert client_of("executive").get(METRICS).status_code == 200


def test_wrong_tokens_from_one_address_have_to_wait(client_of):
    wrong = Client(headers={"authorization": "Bearer epmo_aaaaaaaaaa_bbbb"})
    answers = [wrong.get(METRICS, headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code for n in range(22)]

    assert answers == [401] * 20 + [429] * 2
    assert client_of("lead").get(METRICS).status_code == 200


def test_who_took_a_whole_list_is_written_down(client_of):
    client = client_of("executive")
    client.get("/api/v1/facts/projects/?format=csv&status=active")
    client.get("/api/v1/facts/projects/?format=csv&page_size=2")
    client.get("/api/v1/facts/projects/")

    event = RightsEvent.objects.get(kind="exported")
    assert (event.actor, event.subject) == ("executive", "/api/v1/facts/projects/")
    assert event.detail == {"query": {"format": "csv", "status": "active"}}


def test_without_a_cache_the_service_stays_open(client_of, monkeypatch):
    def fail(*_arguments, **_options):
        raise NoRedis

    monkeypatch.setattr(throttles.cache, "add", fail)
    assert client_of("lead").get(METRICS).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "header", "address"),
    [(False, "10.0.0.1", "127.0.0.1"), (True, "6.6.6.6, 10.0.0.1", "10.0.0.1"), (True, "", "127.0.0.1")],
)
def test_the_address_is_a_headers_only_behind_a_trusted_proxy(rf, settings, trusted, header, address):
    settings.TRUSTED_PROXY = trusted

    assert throttles.address_of(rf.get("/", headers={"x-forwarded-for": header})) == address
