"""Publishing over a real run: the quarter is closed at once, later facts restate it, and the sheet stays as signed."""

import csv

import pytest
from django.contrib.auth.models import User
from django.db import connection

from epmo.management.commands.check_reference import _import
from metrics import runs
from metrics.models import Restatement, Scorecard
from metrics.periods import Period
from metrics.scorecards.building import Texts, content_build
from metrics.scorecards.content import Notes, content_load
from metrics.scorecards.reading import Stored
from metrics.scorecards.restated import restated_since
from metrics.scorecards.selection import KINDS, metrics_default
from metrics.scorecards.selectors import scorecard_shown
from metrics.scorecards.services import scorecard_draft, scorecard_publish
from portfolio.rights import Role
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import role_set
from tests.metrics.stored.company import AS_OF, FOLDER


@pytest.fixture
def lead(company):
    user = User.objects.create_user("scorecard-lead", first_name="Ines", last_name="Falk")
    role_set(user=user, role=Role.PMO_LEAD)
    return {"by": user, "visible": visibility_of(user)}


def test_later_facts_restate_a_published_quarter_and_leave_its_sheet_alone(company, lead):
    card, _new = scorecard_draft(period="2026-Q2", **lead)
    card = scorecard_publish(card_id=card.pk, **lead)
    frozen = card.frozen
    # The twenty days are not over: only publishing closes the quarter.
    assert Restatement.objects.filter(period="2026-Q2").count() == 0

    _import(FOLDER / "update" / "facts")
    runs.run_compute(runs.run_request(cause="update", as_of=AS_OF).pk)

    assert Restatement.objects.filter(period="2026-Q2", scope__kind="enterprise").exists()
    assert Restatement.objects.filter(period="2026-05", scope__kind="enterprise").exists()
    card = Scorecard.objects.get(pk=card.pk)
    assert card.frozen == frozen
    shown = scorecard_shown(card, visible_to=lead["visible"]).content
    assert shown == content_load(frozen)

    told = restated_since([shown], Stored([("enterprise", "")], [Period.parse("2026-Q2")]))
    now = {
        (row["metric"], row["component"]): row
        for row in csv.DictReader((FOLDER / "update" / "expected_changed.csv").open(encoding="utf-8-sig", newline=""))
        if row["scope_kind"] == "enterprise" and row["period"] == "2026-Q2"
    }
    by_metric = {line.metric: line for line in told if not line.component}
    for line in by_metric.values():
        if (line.metric, "") in now:
            assert line.new == pytest.approx(float(now[line.metric, ""]["value"]))
        assert line.reason.startswith("change ")
    assert "outcome_attainment" in by_metric
    draft, _new = scorecard_draft(period="2026-Q3", **lead)
    assert scorecard_shown(draft, visible_to=lead["visible"]).content.restated == told


def test_the_rule_on_scorecards_is_that_of_the_published_file(company):
    wrong = []
    with (FOLDER / "rule360.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            period = Period.parse(row["period"])
            if period.kind != "quarter" or row["scope_kind"] not in KINDS:
                continue
            kind, code = row["scope_kind"], row["scope"]
            content = content_build(period, kind, code, metrics_default(kind), Texts(Notes("", "", ""), {}))
            found = (content.rule_360["status"], "|".join(content.rule_360["missing"]))
            if found != (row["status"], row["missing"]):
                wrong.append((row, found))
    assert wrong == []


def test_without_longevity_facts_every_scorecard_with_money_is_incomplete(company):
    with connection.cursor() as cursor:
        for feed in ("people", "person_months", "development_plans", "ideas", "survey_responses", "revenue_events"):
            cursor.execute(f"UPDATE portfolio_{feed} SET deleted_at = now()")
    runs.run_compute(runs.run_request(cause="test", full=True, as_of=AS_OF).pk)

    content = content_build(
        Period.parse("2026-Q2"), "enterprise", "", metrics_default("enterprise"), Texts(Notes("", "", ""), {})
    )

    assert content.rule_360["status"] == "incomplete_360"
    assert "longevity" in content.rule_360["missing"]
