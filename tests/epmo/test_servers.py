"""The suite runs on the servers that the product runs on."""

import os

import pytest
import redis
from django.conf import settings
from django.db import connection

from epmo import env

pytestmark = pytest.mark.served


@pytest.mark.django_db
def test_the_database_is_postgresql_of_at_least_15_on_the_chosen_server():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_database()")
        version, name = cursor.fetchone()

    chosen = env.database("DATABASE_URL")
    assert connection.vendor == "postgresql"
    assert version >= 150000
    assert name.startswith(f"test_{chosen['NAME']}")
    assert settings.DATABASES["default"]["HOST"] == chosen["HOST"]


def test_the_broker_speaks_the_redis_protocol_on_the_chosen_server():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        info = client.info("server")

    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert info.get("server_name", "redis") in {"valkey", "redis"}


@pytest.mark.django_db
def test_the_embedded_database_knows_letters_beyond_ascii():
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ÅÄÖ'), upper('é'), 'Å' ~* 'å'")

        assert cursor.fetchone() == ("åäö", "É", True)
