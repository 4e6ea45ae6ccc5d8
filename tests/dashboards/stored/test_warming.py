"""Pages opened last are opened again once facts or a run have changed, by nobody's rights but their reader's."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboards import warming
from dashboards.selectors import remembered
from dashboards.selectors.remembered import forget
from dashboards.warming import MOST, Warmth
from portfolio.models import ChangeSet
from portfolio.rights import Role
from portfolio.services.rights import role_set


@pytest.fixture
def warmth(monkeypatch: pytest.MonkeyPatch, db: None) -> Warmth:
    """The warmth of a process that has just begun to serve."""
    found = Warmth()
    monkeypatch.setattr("dashboards.page_state.WARMTH", found)
    forget()
    assert found.look() == 0
    return found


def facts_change() -> None:
    """Something was written: the newest change set is another one."""
    ChangeSet.objects.create(at=timezone.now(), kind=ChangeSet.Kind.FORM)


def asked(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_first_opening_after_a_change_asks_no_more_than_any_later_one(lead, warmth):
    asked(lead, "/projects/")
    usual = asked(lead, "/projects/")
    facts_change()
    assert asked(lead, "/projects/") > usual, "without the thread the first opening pays"

    facts_change()
    assert warmth.look() == 1

    assert asked(lead, "/projects/") == usual


def test_nothing_is_opened_while_nothing_changes(lead, warmth):
    lead.get("/")
    warmth.look()

    assert warmth.look() == 0


def test_pages_of_readers_with_grants_are_not_opened(client_of, warmth):
    assert client_of("viewer").get("/projects/").status_code == 200
    facts_change()

    assert warmth.look() == 0


def test_a_reader_who_lost_the_right_leaves_nothing_behind(lead, warmth):
    lead.get("/projects/")
    user = User.objects.get(pk=lead.session["_auth_user_id"])
    role_set(user=user, role=Role.VIEWER)
    facts_change()
    forget()
    warmth.look()
    assert {name for name, _key in remembered._answers} <= {"targets"}, "thresholds are no secret, all else is"

    user.is_active = False
    user.save()
    facts_change()
    assert warmth.look() == 0


def test_the_last_opened_are_held_and_a_page_that_fails_stops_no_other(lead, warmth, monkeypatch):
    for code in ("2026-Q2", "2026-Q1", "2025-Q4", "2025-Q3", "2025-Q2", "2025-Q1", "2024-Q4"):
        lead.get(f"/projects/?period={code}")
    lead.get("/")
    facts_change()
    opened = []
    really = warming.open_again

    def failing_for_the_overview(page):
        opened.append(page.address)
        if page.address == "/":
            raise warming.DatabaseError
        return really(page)

    monkeypatch.setattr(warming, "open_again", failing_for_the_overview)

    assert warmth.look() == MOST - 1
    assert opened[:2] == ["/", "/projects/?period=2024-Q4"]
    assert len(opened) == MOST


def test_what_is_opened_again_is_not_taken_for_a_reader(lead, warmth):
    lead.get("/")
    lead.get("/projects/")
    before = list(warmth._opened)
    facts_change()

    warmth.look()

    assert list(warmth._opened) == before
