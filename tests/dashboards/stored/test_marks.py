"""Dated events on the charts of pages, and in the tables behind them."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from dashboards.selectors.marks import marks_of
from dashboards.selectors.measured import published
from dashboards.selectors.remembered import forget
from metrics.index import KEY as INDEX
from metrics.models import Component, DefinitionVersion, Restatement, Run, Scope
from metrics.periods import Period, period_range
from portfolio.models import Milestone, Project
from portfolio.rights import EVERYTHING
from portfolio.selectors.visibility import visibility_of
from tests.dashboards.stored.test_pages import text_of

QUARTERS = period_range(Period.parse("2024-Q3"), Period.parse("2026-Q2"))


@pytest.fixture(autouse=True)
def fresh():
    forget()
    yield
    forget()


def reach(project, name, day):
    like = Milestone.objects.filter(project__code=project, deleted_at=None).first()
    like.pk, like.code, like.name, like.customer_facing, like.actual_on = None, name, name, True, day
    like.save(force_insert=True)


def restate(metric, kind, code, period, component=""):
    Restatement.objects.create(
        run=Run.objects.filter(state="published").latest("id"), chunk=0, version=1, period=period, old_run=1,
        component=Component.objects.get(metric=metric, component=component), old_value=1.0, old_state=13,
        scope=Scope.objects.get(kind=kind, code=code), new_value=2.0, new_state=13,
    )  # fmt: skip


def table(client, path, figure):
    return list(csv.DictReader(io.StringIO(client.get(path, {"csv": figure}).content.decode("utf-8-sig"))))


def test_a_launch_stands_on_every_time_chart_of_its_project(lead):
    reach("P-5", "Doors open", date(2026, 5, 4))

    rows = table(lead, "/projects/P-5/", "progress")
    assert "Doors open" in next(row["Events"] for row in rows if row["Month"] == "2026-05")
    rows = table(lead, "/projects/P-5/", "points")
    assert "Doors open" in next(row["Events"] for row in rows if row["Period"] == "2026-Q2")


def test_a_restatement_and_a_new_definition_stand_on_the_line_of_their_own_metric_alone(lead):
    restate("gross_margin", "enterprise", "", "2026-Q1")
    for version, day in ((1, date(2025, 1, 1)), (2, date(2025, 11, 11))):
        DefinitionVersion.objects.update_or_create(
            metric="gross_margin", version=version,
            defaults={"run_id": 1, "as_of": day, "since": datetime(2025, 1, version, tzinfo=UTC)},
        )  # fmt: skip
    rows = {row["Period"]: row["Events"] for row in table(lead, "/metrics/gross_margin/", "trend")}

    assert "Q1 2026 restated" in rows["2026-Q1"].replace("\u00a0", " ")
    assert "Definition 2" in rows["2025-Q4"]
    forget()
    other = text_of(lead.get("/metrics/milestones_on_time_rate/"))
    assert "Definition 2" not in other
    assert "restated" not in other


def test_more_than_two_marks_carry_letters_that_are_told_under_the_chart(lead):
    for month in (1, 3, 5):
        reach("P-5", f"Step {month}", date(2026, month, 10))
    html = text_of(lead.get("/projects/P-5/"))
    told = re.search(r'<ul class="told">(.*?)</ul>', html, re.DOTALL)[1]

    assert "<b>A</b>" in told
    assert "Step 5" in told
    assert "P-5: Step 5" not in told


def test_marks_are_read_in_one_query_and_for_readers_of_everything_once_a_run(users):
    state = published()
    with CaptureQueriesContext(connection) as first:
        marks_of("enterprise", "", [(INDEX, "")], periods=QUARTERS, state=state, visible_to=EVERYTHING)
    with CaptureQueriesContext(connection) as again:
        marks_of("enterprise", "", [(INDEX, "")], periods=QUARTERS, state=state, visible_to=EVERYTHING)

    assert (len(first), len(again)) == (1, 0)


def test_what_is_kept_is_worded_for_each_reader_anew(users):
    state = published()
    restate(INDEX, "enterprise", "", "2026-Q1")
    found = marks_of("enterprise", "", [(INDEX, "")], periods=QUARTERS, state=state, visible_to=EVERYTHING)
    with translation.override("sv"):
        swedish = {event.label for event in found.on_periods("quarter", INDEX)}
    english = {event.label for event in found.on_periods("quarter", INDEX)}

    assert any("rättad" in label for label in swedish)
    assert any("restated" in label for label in english)


def test_nothing_outside_the_rights_is_marked(users):
    reach("P-5", "Hidden step", date(2026, 5, 4))
    assert Project.objects.get(code="P-5").portfolio.code != "PF-CUST"
    visible = visibility_of(users["viewer"])
    for kind, code in (("enterprise", ""), ("project", "P-5"), ("portfolio", "PF-OPS"), ("customer", "C-ALFA")):
        assert marks_of(kind, code, periods=QUARTERS, state=published(), visible_to=visible).found == ()
    labels = [
        e.label for e in marks_of("portfolio", "PF-CUST", periods=QUARTERS, state=published(), visible_to=visible).found
    ]
    assert not any("Hidden" in label for label in labels)
