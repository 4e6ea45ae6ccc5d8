"""One answer is of one moment: what is committed while it is read does not come into it."""

import threading

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError

from portfolio.models import Team
from portfolio.selectors.moments import held, one_moment

pytestmark = pytest.mark.django_db(transaction=True)


def commit_elsewhere(name: str) -> None:
    """Stores a team over another connection."""

    def work() -> None:
        Team.objects.create(name=name)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_is_committed_meanwhile_is_not_seen():
    with one_moment():
        before = Team.objects.count()
        commit_elsewhere("late")
        assert Team.objects.count() == before
    assert Team.objects.count() == before + 1


def test_a_file_is_of_one_moment_from_its_first_to_its_last_line():
    lines = held(Team.objects.count() for _line in range(2))
    first = next(lines)
    commit_elsewhere("late")
    assert next(lines) == first


def test_a_reader_who_goes_away_leaves_no_transaction():
    lines = held(Team.objects.count() for _line in range(2))
    next(lines)
    lines.close()
    assert not connection.in_atomic_block


def test_nothing_is_written_while_reading():
    with pytest.raises(InternalError, match="read-only"), one_moment():
        Team.objects.create(name="x")
    assert not transaction.get_connection().in_atomic_block
