"""Verdicts on what is worth collecting, on the data page; constants on the page that explains a number."""

import re

import pytest
from django.utils import timezone

from metrics.models import Relevance
from tests.dashboards.stored.test_pages import text_of

COMMON = {
    "outcome": "outcome_attainment", "customers": 5, "first_quarter": "2024-Q1", "last_quarter": "2026-Q2", "seed": 1,
    "draws": 10, "run_id": 1,
}  # fmt: skip


@pytest.fixture
def verdicts(db):
    Relevance.objects.all().delete()
    for kind, key, advice, reason, more in (
        ("metric", "adoption_rate", "keep", "relevant", {"rho": 0.7, "lag": 1, "n": 80}),
        ("metric", "service_level_met_rate", "stop", "not_shown", {"rho": 0.02, "lag": 0, "n": 80}),
        ("feed", "touchpoints", "fix", "weak", {"rho": 0.3, "lag": 2, "n": 60}),
        ("feed", "targets", "not_enough_data", "insufficient_n", {"n": 3}),
    ):
        Relevance.objects.create(
            kind=kind, key=key, advice=advice, reason=reason, computed_at=timezone.now(), **COMMON, **more
        )


def test_what_to_stop_stands_first_and_what_has_no_verdict_is_folded(lead, verdicts):
    html = text_of(lead.get("/data/"))
    shown, folded = html.split("1 without a verdict")

    order = [shown.index(word) for word in ("Stop collecting", ">Fix<", ">Keep<") if word in shown]
    assert order == sorted(order)
    assert "1 is worth keeping. 1 shows no tie to what customers achieve" in html
    assert ">targets<" in folded
    assert ">targets<" not in shown
    assert re.search(r"\d+ pairs more are needed", folded)


def test_only_readers_of_everything_see_verdicts(client_of, verdicts):
    for name, seen in (("executive", True), ("viewer", False), ("account", False)):
        assert ("Is it worth collecting?" in text_of(client_of(name).get("/data/"))) is seen, name


def test_without_verdicts_the_page_has_no_empty_part(lead):
    Relevance.objects.all().delete()

    assert "Is it worth collecting?" not in text_of(lead.get("/data/"))


def test_numbers_of_the_period_behind_a_figure_are_shown_where_it_is_explained(lead):
    html = text_of(lead.get("/explain/cycle_time/?scope=enterprise:&period=2026-Q2&component=average_work_in_progress"))

    assert re.search(r"<dl><dt>[^<]+</dt><dd>91\.?0?</dd></dl>", html)
    assert "No row stands behind it" in html


def test_values_that_are_no_parts_are_not_said_to_add_up(lead):
    html = text_of(lead.get("/explain/defect_time_to_fix/?scope=project:P-5"))

    assert "No sum: these are" in html
    assert ">Adds<" not in html
