"""Scorecards over REST: draft, change, refuse, publish, verify, export."""

import hashlib
import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from metrics.models import Scorecard
from portfolio.rights import TokenScope
from portfolio.services.rights import grant_add
from portfolio.services.tokens import token_create
from tests.metrics.scorecards.people import Cast, make_cast
from tests.metrics.scorecards.stored import make_portfolio, make_run, make_values, put

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/scorecards/"
Q2 = f"{ROOT}2026-Q2/"


@pytest.fixture
def cast(db: Any) -> Cast:
    return make_cast()


@pytest.fixture
def people(cast: Cast) -> dict[str, Client]:
    found = {}
    for name in ("lead", "chief", "viewer"):
        scope = TokenScope.WRITE if name == "lead" else TokenScope.READ
        _token, text = token_create(user=getattr(cast, name).user, name="t", scope=scope)
        found[name] = Client(headers={"authorization": f"Bearer {text}"})
    return found


def post(client: Client, url: str, body: Any = None) -> Any:
    return client.post(url, body or {}, "application/json")


def codes(response: Any) -> list[str]:
    return [error["code"] for error in response.json()["errors"]]


def test_draft_publish_verify(people):
    make_values()
    made = post(people["lead"], Q2, {"notes": {"happened": "It went well."}, "comments": {"gross_margin": "Hosting."}})
    assert made.status_code == 201
    assert made["Location"] == f"http://testserver{Q2}"
    assert made.json()["state"] == "draft"
    assert post(people["lead"], ROOT, {"period": "2026-Q2"}).status_code == 200

    done = post(people["lead"], f"{Q2}publish/").json()

    assert (done["state"], done["rule_360"]) == ("published", {"status": "complete", "missing": []})
    assert done["content"]["notes"]["happened"] == "It went well."
    frozen = Scorecard.objects.get().frozen
    assert done["sha256"] == hashlib.sha256(frozen.encode()).hexdigest()
    put({("gross_margin", "", "2026-Q2"): 0.9}, make_run())
    read = people["chief"].get(Q2).json()
    assert read["content"] == done["content"]
    assert people["chief"].get(f"{Q2}verify/").json()["status"] == "intact"
    verdict = people["chief"].get(f"{Q2}verify/?hash={done['sha256']}").json()
    assert (verdict["status"], verdict["matches"]) == ("same_hash", True)
    assert people["chief"].get(f"{Q2}verify/?hash={'0' * 64}").json()["matches"] is False
    again = post(people["lead"], f"{Q2}publish/")
    assert (again.status_code, again.json()["sha256"]) == (200, done["sha256"])


def test_what_nobody_has_drafted_can_be_read(people):
    make_values(without=("longevity",))
    read = people["chief"].get(Q2).json()

    assert (read["state"], read["sha256"]) == ("none", "")
    assert read["rule_360"] == {"status": "incomplete_360", "missing": ["longevity"]}


def test_incomplete_is_refused_and_says_what_is_missing(people):
    make_values(without=("longevity",))
    post(people["lead"], Q2)

    refused = post(people["lead"], f"{Q2}publish/")

    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    assert codes(refused) == ["incomplete_360"]
    assert refused.json()["rule_360"] == {"status": "incomplete_360", "missing": ["longevity"]}
    assert Scorecard.objects.get().state == "draft"


def test_net_retention_without_gross_is_refused(people):
    make_values()
    made = post(people["lead"], Q2, {"metrics": ["net_revenue_retention", "net_promoter_score"]})

    assert (made.status_code, codes(made)) == (409, ["missing_pair"])
    assert Scorecard.objects.count() == 0


def test_signatures_that_were_asked_for_are_waited_for(people):
    make_values()
    post(people["lead"], Q2, {"sign_off": ["Chief executive"]})

    refused = post(people["lead"], f"{Q2}publish/")

    assert (refused.status_code, codes(refused)) == (409, ["wrong_state"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"period": "2026-07"}, "bad_period"),
        ({"period": 5}, "bad_type"),
        ({}, "missing_value"),
        ({"period": "2026-Q2", "id": 3}, "unknown_field"),
        ({"period": "2026-Q2", "scope_kind": "portfolio", "scope": "nothing"}, "unknown_scope"),
        ({"period": "2026-Q2", "metrics": ["no_such_metric"]}, "unknown_metric"),
        ({"period": "2026-Q2", "notes": {"other": "x"}}, "unknown_field"),
        ({"period": "2026-Q2", "notes": {"happened": "x" * 5000}}, "too_long"),
        ({"period": "2026-Q2", "revision": "one"}, "bad_type"),
    ],
)
def test_bad_bodies_are_refused_by_field(people, body, code):
    make_values()
    refused = post(people["lead"], ROOT, body)

    assert (refused.status_code, codes(refused)) == (400, [code])


def test_the_second_editor_is_told(people):
    make_values()
    first = post(people["lead"], Q2, {"notes": {"happened": "a"}}).json()
    ok = post(people["lead"], Q2, {"notes": {"happened": "b"}, "revision": first["revision"]})
    late = post(people["lead"], Q2, {"notes": {"happened": "c"}, "revision": first["revision"]})

    assert ok.status_code == 200
    assert (late.status_code, late.json()["theirs"]) == (409, {"happened": "b"})


def test_a_published_quarter_takes_no_change(people):
    make_values()
    post(people["lead"], Q2)
    post(people["lead"], f"{Q2}publish/")

    refused = post(people["lead"], Q2, {"notes": {"happened": "later"}})

    assert (refused.status_code, codes(refused)) == (409, ["wrong_state"])


def test_only_who_may_write_drafts_and_publishes(people):
    make_values()
    for person in ("chief", "viewer"):
        for url in (ROOT, Q2, f"{Q2}publish/"):
            assert post(people[person], url, {"period": "nonsense"}).status_code == 403
    assert Scorecard.objects.count() == 0


@pytest.mark.parametrize("form", ["csv", "xlsx", "pptx", "pdf", "json"])
def test_every_file_is_known_again(people, form):
    make_values()
    post(people["lead"], Q2)
    sha256 = post(people["lead"], f"{Q2}publish/").json()["sha256"]

    response = people["chief"].get(f"{Q2}export/?format={form}")

    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="scorecard-2026-Q2.{form}"'
    assert response["Cache-Control"] == "private, no-store"
    own = hashlib.sha256(response.content).hexdigest()
    status = people["chief"].get(f"{Q2}verify/?hash={own}").json()
    assert status["matches"] is True
    if form in ("xlsx", "pptx"):
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert any(sha256.encode() in archive.read(name) for name in archive.namelist())
    elif form != "json":
        assert sha256.encode() in response.content
    else:
        assert own == sha256


def test_a_draft_has_no_frozen_text(people):
    make_values()
    post(people["lead"], Q2)

    assert people["lead"].get(f"{Q2}export/?format=json").status_code == 409
    assert people["lead"].get(f"{Q2}export/?format=csv").status_code == 200
    assert people["lead"].get(f"{Q2}verify/").status_code == 404
    assert people["lead"].get(f"{Q2}export/?format=docx").status_code == 400


def test_a_viewer_gets_own_scopes_only(people, cast):
    run = make_values()
    make_portfolio()
    put({("status_reporting_rate", "", "2026-Q2"): 0.9}, run, kind="portfolio", code="PF-1")
    own = "?scope_kind=portfolio&scope=PF-1"
    post(people["lead"], Q2)
    post(people["lead"], f"{Q2}publish/")
    viewer = people["viewer"]
    assert viewer.get(Q2).status_code == viewer.get(Q2 + own).status_code == 404

    _grant(cast)
    post(people["lead"], Q2 + own, {"metrics": ["status_reporting_rate", "voluntary_turnover_rate"]})
    assert viewer.get(f"{Q2}export/{own}&format=csv").status_code == 404  # a draft
    post(people["lead"], f"{Q2}publish/{own}")

    shown = viewer.get(Q2 + own).json()
    assert [row["metric"] for row in shown["content"]["rows"] if row["group"] != "customer_success"] == [
        "status_reporting_rate"
    ]
    assert shown["not_visible"] == 1
    assert b"voluntary_turnover" not in viewer.get(f"{Q2}export/{own}&format=csv").content
    assert viewer.get(f"{Q2}export/{own}&format=json").status_code == 409
    assert [card["scope"] for card in viewer.get(ROOT).json()["results"]] == ["PF-1"]
    assert viewer.get(f"{Q2}verify/").status_code == 404


def _grant(cast: Any) -> None:
    from portfolio.models import Portfolio

    grant_add(user=cast.viewer.user, portfolio=Portfolio.objects.get(code="PF-1"))
