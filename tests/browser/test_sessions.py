"""A browser in the tests' process leaves the database as it found it."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_a_started_browser_leaves_no_session_out_of_reach(browser):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchall() == []
