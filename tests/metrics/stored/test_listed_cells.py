"""What is listed of the published company: outcomes left out, and the cells of a period, stored or not."""

import csv
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone

from metrics import runs
from metrics.contributions import not_measurable
from metrics.index_values import index_records
from metrics.periods import Period
from metrics.selectors import ValueQuery, values
from portfolio.models import Customer, Idea, Person, Portfolio, Service, SurveyResponse, WorkItem
from portfolio.rights import EVERYTHING
from tests.metrics.stored.company import AS_OF, Company


def test_an_outcome_that_starts_later_is_listed_as_not_measurable(company: Company) -> None:
    """At the end of June 2025 O-5, O-7 and O-8 have no measurement yet; O-9 starts in October."""
    assert not_measurable(Period.parse("2025-Q2"), AS_OF) == ["O-5", "O-7", "O-8", "O-9"]
    assert not_measurable(Period.parse("2025-Q4"), AS_OF) == ["O-5", "O-8"]


def test_nothing_is_left_out_of_a_period_that_has_not_begun(company: Company) -> None:
    assert not_measurable(Period.parse("2026-Q4"), AS_OF) == []


def test_the_cells_of_a_period_are_those_that_the_result_file_lists(company: Company) -> None:
    """Not more either: projects have no unattributed points, and the share of standards is the enterprise's alone."""
    query = ValueQuery(components=None, periods=(Period.parse("2026-Q2"),), all_statuses=True)
    found = [(r.metric, r.component, r.scope_kind, r.scope) for r in values(query, visible_to=EVERYTHING)]
    with (company.folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["period"] == "2026-Q2"]
    expected = [(row["metric"], row["component"], row["scope_kind"], row["scope"]) for row in rows]

    assert len(found) == len(set(found))
    assert set(found) == set(expected)


def test_what_hangs_below_a_removed_row_is_listed_no_more(company: Company) -> None:
    """PG-DIG hangs in PF-CUST, P-1 in PG-DIG; I-1 and I-2 are what C-ALFA wants."""
    Portfolio.objects.filter(code="PF-CUST").update(deleted_at=timezone.now())
    Customer.objects.filter(code="C-ALFA").update(deleted_at=timezone.now())
    period = Period.parse("2026-Q2")

    def listed(metric: str, kind: str) -> set[str]:
        query = ValueQuery(metrics=(metric,), scope_kinds=(kind,), periods=(period,), all_statuses=True)
        return {record.scope for record in values(query, visible_to=EVERYTHING)}

    assert not {"P-1", "P-2"} & listed("project_contribution", "project")
    assert "PG-DIG" not in listed("project_contribution", "program")
    assert not {"I-1", "I-2"} & listed("outcome_attainment", "initiative")
    assert "I-3" in listed("outcome_attainment", "initiative")
    records = index_records([period], visible_to=EVERYTHING, scope_kinds=["project", "portfolio"])
    assert not {"P-1", "P-2", "PF-CUST"} & {record.scope for record in records}


def test_a_program_that_was_made_a_portfolio_is_listed_as_that_alone(company: Company, tmp_path: Path) -> None:
    period = Period.parse("2026-Q2")
    query = ValueQuery(metrics=("milestones_on_time_rate",), periods=(period,), all_statuses=True)
    lines = (company.folder / "facts" / "portfolios.csv").read_text(encoding="utf-8-sig").splitlines()
    changed = [line.replace(",program,", ",portfolio,") for line in lines if line.startswith(("code", "PG-PLAT"))]
    (tmp_path / "portfolios.csv").write_text("\n".join(changed), encoding="utf-8")
    call_command("import_facts", tmp_path, json=True, stdout=StringIO(), stderr=StringIO())
    runs.run_compute(runs.run_request(cause="a program became a portfolio", as_of=AS_OF).pk)

    listed = {r.scope_kind: r.status for r in values(query, visible_to=EVERYTHING) if r.scope == "PG-PLAT"}

    assert set(listed) == {"portfolio"}
    assert [r.scope for r in index_records([period], visible_to=EVERYTHING, scope_kinds=["portfolio"])] == [
        "PF-CUST", "PF-OPS", "PG-PLAT",
    ]  # fmt: skip


def test_a_team_that_no_row_names_any_more_is_listed_no_more(company: Company) -> None:
    """A team exists as soon as a row names it, and as long."""
    query = ValueQuery(scope_kinds=("team",), periods=(Period.parse("2026-Q2"),), all_statuses=True)

    def listed() -> set[str]:
        return {record.scope for record in values(query, visible_to=EVERYTHING)}

    assert "T-WEB" in listed()
    named = [Person, Service, WorkItem, Idea, SurveyResponse]
    for model in named[1:]:
        model.objects.filter(team__name="T-WEB").update(deleted_at=timezone.now())
    assert "T-WEB" in listed()

    Person.objects.filter(team__name="T-WEB").update(deleted_at=timezone.now())

    assert "T-WEB" not in listed()
    assert listed()
