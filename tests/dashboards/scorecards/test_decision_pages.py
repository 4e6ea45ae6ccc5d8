"""Decision pages and saved views: raise, change, answer, conflict; who sees what; links that stay ours."""

import re
from html import unescape

import pytest
from django.utils import timezone

from metrics.models import Decision, SavedView
from portfolio.models import Portfolio
from portfolio.services.rights import grant_add
from tests.metrics.scorecards.stored import make_portfolio, make_values, put

pytestmark = pytest.mark.django_db
FORM = {
    "question": "Move two testers to billing?", "because": "Six faults wait.", "scope_kind": "enterprise", "scope": "",
    "owner": "Ines", "due_on": "2026-08-01", "measure": "gross_margin", "expected_change": "2,5",
    "effect_period": "2026-Q4",
}  # fmt: skip


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_raise_change_and_answer(client_of):
    make_values()
    lead = client_of("lead")
    made = lead.post("/decisions/new/", FORM)
    decision = Decision.objects.get()
    assert made["Location"] == f"/decisions/{decision.pk}/"
    assert decision.expected_change == pytest.approx(0.025)
    assert (decision.base_period, decision.base_value) == ("2026-Q2", 0.495)
    assert decision.forecast_method == "last_value"

    page = text_of(lead.get(f"/decisions/{decision.pk}/"))
    assert "+2.5 pp" in page.replace("\u00a0", " ")
    assert "Gross margin" in page
    lead.post(f"/decisions/{decision.pk}/edit/", FORM | {"owner": "Mira", "revision": 1})
    lead.post(f"/decisions/{decision.pk}/", {"revision": 2, "state": "decided", "answer": "Yes, from August."})
    decision.refresh_from_db()
    assert (decision.owner, decision.state, decision.revision) == ("Mira", "decided", 3)
    log = text_of(client_of("chief").get(f"/decisions/{decision.pk}/"))
    assert "Owner Ines Mira" in log
    assert "Yes, from August." in log


def test_the_second_editor_sees_both(client_of):
    make_values()
    lead = client_of("lead")
    lead.post("/decisions/new/", FORM)
    url = f"/decisions/{Decision.objects.get().pk}/"
    lead.post(f"{url}edit/", FORM | {"owner": "Mira", "revision": 1})

    late = lead.post(f"{url}edit/", FORM | {"owner": "Johan", "revision": 1})

    assert late.status_code == 409
    assert "Owner: as stored now Mira" in text_of(late)
    assert "Owner: yours Johan" in text_of(late)
    assert lead.post(url, {"revision": 1, "state": "decided", "answer": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": ""}, "Write the question."),
        ({"expected_change": "soon"}, "Write a number."),
        ({"expected_change": "1e400"}, "Write a number."),
        ({"expected_change": ""}, "An expected effect needs a measure, a period and an amount."),
        ({"scope_kind": "portfolio", "scope": "nothing"}, "There is no such scope."),
        ({"measure": "no_such"}, "This measure has no values for this scope."),
        ({"due_on": "31/12"}, "Write a date as YYYY-MM-DD."),
        ({"effect_period": "2040-Q1"}, "This is too far ahead."),
        ({"effect_period": "later"}, "Write a period such as 2026-Q4."),
    ],
)
def test_what_is_wrong_is_named(client_of, change, said):
    make_values()
    page = client_of("lead").post("/decisions/new/", FORM | change)

    assert page.status_code == 422
    assert said in text_of(page)
    assert Decision.objects.count() == 0


def test_executives_and_viewers_only_read(client_of):
    make_values()
    client_of("lead").post("/decisions/new/", FORM)
    url = f"/decisions/{Decision.objects.get().pk}/"
    chief, viewer = client_of("chief"), client_of("viewer")

    assert chief.get(url).status_code == 200
    assert [chief.post(u).status_code for u in (url, f"{url}edit/", "/decisions/new/", "/decisions/signals/")] == [
        403
    ] * 4
    assert [viewer.get(u).status_code for u in (url, f"{url}edit/")] == [404, 404]
    assert viewer.post(url).status_code == 404
    assert "Move two testers" not in text_of(viewer.get("/decisions/"))


def test_a_grant_opens_decisions_on_its_scope(client_of, cast):
    run = make_values()
    make_portfolio()
    put({("status_reporting_rate", "", "2026-Q2"): 0.5}, run, kind="portfolio", code="PF-1")
    grant_add(user=cast.viewer.user, portfolio=Portfolio.objects.get(code="PF-1"))
    own = FORM | {"scope_kind": "portfolio", "scope": "PF-1", "measure": "", "expected_change": ""}
    client_of("lead").post("/decisions/new/", own)

    assert "Move two testers" in text_of(client_of("viewer").get("/decisions/"))


def test_signals_are_proposed_once_and_worded(client_of):
    make_values()
    lead = client_of("lead")
    lead.post("/decisions/signals/")
    count = Decision.objects.count()
    lead.post("/decisions/signals/")

    assert Decision.objects.count() == count > 0
    page = text_of(lead.get("/decisions/"))
    assert "Bring development plans in force back to target?" in page
    decision = Decision.objects.get(metric="development_plan_coverage")
    assert lead.get(f"/decisions/{decision.pk}/edit/").status_code == 200
    waits = text_of(lead.get("/scorecards/2026-Q2/"))
    assert "Decisions that wait" in waits


def propose(count, **more):
    for n in range(count):
        Decision.objects.create(
            state="proposed", source="off_target", metric="development_plan_coverage", signal_key=f"made {n}",
            signal={"period": "2026-Q2", "value": 0.4, "green": 0.85, "direction": "higher", "points": n / 10,
                    "stake": n / 10, "severity": 1.0}, raised_at=timezone.now(), **more,
        )  # fmt: skip


def test_the_weightiest_proposals_come_first_and_the_rest_on_demand(client_of):
    make_values()
    propose(12)
    lead = client_of("lead")
    lead.post("/decisions/new/", FORM | {"due_on": "2027-01-01"})
    page = lead.get("/decisions/").content.decode()

    assert "13</b> decisions wait." in page
    assert page.count('<th scope="row">') == 7
    assert page.index("Move two testers") < page.index("About 1.1 points") < page.index("About 1.0 points")
    assert "About 0.4 points" not in page
    assert 'href="?all=1">Show all 13<' in page
    everything = lead.get("/decisions/", {"all": "1"}).content.decode()
    assert everything.count('<th scope="row">') == 13
    assert "Show all" not in everything


def test_what_was_answered_stands_below_what_waits(client_of):
    make_values()
    lead = client_of("lead")
    lead.post("/decisions/new/", FORM)
    decision = Decision.objects.get()
    lead.post(f"/decisions/{decision.pk}/", {"revision": 1, "state": "decided", "answer": "Yes, from August."})
    page = text_of(lead.get("/decisions/"))

    assert "No decision waits." in page
    assert page.index("What came of earlier ones") < page.index("Move two testers")


def test_views_are_saved_per_person(client_of):
    chief = client_of("chief")
    assert chief.post("/views/", {"name": "Late ones", "of": "/decisions/?state=open&page=1"}).status_code == 302
    page = chief.get("/views/").content.decode()
    assert 'href="/decisions/?state=open&amp;page=1"' in page
    assert "Late ones" not in client_of("viewer").get("/views/").content.decode()
    view = SavedView.objects.get()
    client_of("viewer").post(f"/views/{view.pk}/remove/")
    assert SavedView.objects.count() == 1
    chief.post(f"/views/{view.pk}/remove/")
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/admin/",
        "/nothing/here",
        "",
        "/api/v1/values/",
    ],
)
def test_only_our_own_pages_can_be_saved(client_of, address):
    page = client_of("chief").post("/views/", {"name": "x", "of": address})

    assert page.status_code == 422
    assert SavedView.objects.count() == 0
