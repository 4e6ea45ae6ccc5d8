"""Microsoft Project XML: a small made project worked by hand, hostile XML, and the test files of a library."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.registry import connector_get
from connectors.sources.base import SourceFile, SourceRefused, Translation
from connectors.sources.files import source_files
from connectors.sources.mspdi import SOURCE, every_month
from portfolio.models import ProjectMonth
from portfolio.services.facts import facts_write
from tests.connectors.datasets import dataset

PROJECT = """<?xml version="1.0" encoding="UTF-8"?>
<Project xmlns="http://schemas.microsoft.com/project">
  <Title>New quay</Title><Manager>Ines Falk</Manager><CurrencyCode>SEK</CurrencyCode>
  <StatusDate>2026-02-14T17:00:00</StatusDate><FinishDate>2026-03-31T17:00:00</FinishDate>
  <Tasks>
    <Task><UID>0</UID><OutlineLevel>0</OutlineLevel><Summary>1</Summary><Cost>999</Cost></Task>
    <Task><UID>1</UID><Name>Dig</Name><OutlineLevel>1</OutlineLevel><Summary>0</Summary><Milestone>0</Milestone>
      <Start>2026-01-25T08:00:00</Start><Finish>2026-02-14T17:00:00</Finish>
      <ActualStart>2026-01-25T08:00:00</ActualStart><PercentComplete>50</PercentComplete>
      <Cost>250000</Cost><ActualCost>210000</ActualCost>
      <Baseline><Number>0</Number><Start>2026-01-22T08:00:00</Start><Finish>2026-02-10T17:00:00</Finish>
        <Cost>200000</Cost></Baseline>
      <Baseline><Number>1</Number><Start>2026-01-01T08:00:00</Start></Baseline></Task>
    <Task><UID>2</UID><Name>Quay open</Name><OutlineLevel>1</OutlineLevel><Summary>0</Summary><Milestone>1</Milestone>
      <Start>2026-03-31T17:00:00</Start><Finish>2026-03-31T17:00:00</Finish>
      <Baseline><Number>0</Number><Start>2026-03-15T17:00:00</Start><Finish>2026-03-15T17:00:00</Finish></Baseline></Task>
    <Task><UID>3</UID><IsNull>1</IsNull><OutlineLevel>1</OutlineLevel><Summary>0</Summary></Task>
  </Tasks>
</Project>
"""


def translate(text: str = PROJECT, name: str = "quay.xml", **options: str) -> Translation:
    return SOURCE.translate([SourceFile(name, text.encode)], SOURCE.options_read(options))


def rows(done: Translation, feed: str) -> list[dict[str, str]]:
    return [cells for _place, cells in done.rows.get(feed, [])]


def test_a_project_has_its_first_plan_and_its_progress() -> None:
    """Baseline cost 2,000 (200,000 hundredths), half done; the milestone ends the plan."""
    done = translate()
    (project,) = rows(done, "projects")

    assert project == {
        "code": "quay",
        "name": "New quay",
        "portfolio": "MSPROJECT",
        "status": "active",
        "manager": "Ines Falk",
        "currency": "SEK",
        "budget": "2000",
        "planned_start_on": "2026-01-22",
        "planned_finish_on": "2026-03-15",
        "actual_start_on": "2026-01-25",
        "actual_finish_on": "",
    }
    assert rows(done, "status_reports") == [
        {
            "project": "quay",
            "reported_on": "2026-02-14",
            "percent_complete": "50",
            "forecast_finish_on": "2026-03-31",
        }
    ]


def test_plan_progress_and_cost_are_spread_over_days() -> None:
    """Plan: 20 days, 10 of them in January. Done: 7 of 21 days in January, of 1,000 earned and 2,100 spent."""
    months = rows(translate(), "project_months")

    assert [(m["month"], m["planned_value"], m["earned_value"], m["actual_cost"]) for m in months] == [
        ("2026-01", "1000", "333.33", "700"),
        ("2026-02", "1000", "666.67", "1400"),
        ("2026-03", "0", "", ""),
    ]


def test_a_milestone_keeps_its_first_approved_date() -> None:
    assert rows(translate(), "milestones") == [
        {
            "project": "quay",
            "code": "2",
            "name": "Quay open",
            "baseline_on": "2026-03-15",
            "forecast_on": "2026-03-31",
            "actual_on": "",
            "customer_facing": "false",
        }
    ]


def test_blank_rows_and_later_baselines_are_told() -> None:
    drops = translate().drops

    assert drops["quay.xml", "task", "blank or inactive"] == 1
    assert drops["quay.xml", "baseline", "only baseline 0 is the first approved plan"] == 1


def test_a_named_portfolio_must_be_there_and_is_not_made() -> None:
    done = translate(portfolio="PF-OPS")

    assert "portfolios" not in done.rows
    assert rows(done, "projects")[0]["portfolio"] == "PF-OPS"


def test_without_a_currency_the_base_currency_is_taken_or_the_file_refused() -> None:
    nameless = PROJECT.replace("<CurrencyCode>SEK</CurrencyCode>", "")

    assert rows(translate(nameless, base_currency="EUR"), "projects")[0]["currency"] == "EUR"
    with pytest.raises(SourceRefused, match="No currency"):
        translate(nameless)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><p>&b;</p>', "document type"),
        ('<!DOCTYPE p SYSTEM "file:///etc/passwd"><p/>', "document type"),
        ("<p/>", "not Microsoft Project XML"),
        ("no xml", "not XML"),
        ("", "not XML"),
    ],
)
def test_hostile_and_foreign_xml_is_refused(text: str, says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        translate(text)


def test_months_follow_each_other_over_the_turn_of_a_year() -> None:
    assert list(every_month("2025-11", "2026-02")) == ["2025-11", "2025-12", "2026-01", "2026-02"]


def test_the_files_of_the_library_give_what_is_known_of_them() -> None:
    """mspdiresource.xml: a task 100 % complete with Cost = ActualCost = 80000 hundredths; 820,000 in all."""
    folder = dataset("mpxj_schedules")
    done = SOURCE.translate(source_files([folder], SOURCE.accepts), {"base_currency": "GBP", "portfolio": ""})
    months = [row for row in rows(done, "project_months") if row["project"] == "mspdiresource"]

    assert len(rows(done, "projects")) == 5
    assert sum(Decimal(row["planned_value"]) for row in months) == 8_200
    assert sum(Decimal(row["earned_value"] or 0) for row in months) == 800
    assert sum(Decimal(row["actual_cost"] or 0) for row in months) == 800


@pytest.mark.django_db
def test_the_files_of_the_library_are_imported_without_an_error() -> None:
    folder = dataset("mpxj_schedules")
    connector = connector_get("mspdi")
    assert connector is not None

    report = facts_write(delivery=connector.translate([folder], {}))

    assert (report.status, report.problems.errors) == ("imported", 0)
    assert ProjectMonth.objects.count() == report.feeds["project_months"]["created"] > 0
