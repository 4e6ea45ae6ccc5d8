"""One changed row computed for its scopes and periods only gives what a full computation gives."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from metrics import runs
from metrics.models import Run
from tests.metrics.stored.company import AS_OF, Company

CHANGES = [
    ("survey_responses", "score", "0"),
    ("survey_responses", "answered_on", "2024-12-31"),
    ("person_months", "hours", "1"),
    ("project_months", "actual_cost", "1"),
    ("defects", "validity", "duplicate"),
    ("touchpoints", "due_on", "2023-02-03"),
    ("defects", "fixed_at", "2026-06-30T10:00:00Z"),
    ("releases", "released_at", "2025-03-03T10:00:00Z"),
    ("ledger", "amount", "12345"),
    ("incidents", "restored_at", ""),
    ("incidents", "planned", "true"),
    ("incidents", "started_at", "2025-02-28T23:30:00Z"),
    ("incident_impacts", "degradation", "0.25"),
    ("deployments", "failed", "true"),
    ("revenue_events", "delta_arr", "777"),
    ("work_items", "finished_at", "2026-06-30T10:00:00Z"),
    ("contracts", "annual_value", "777"),
    ("capacity", "hours", "1"),
    ("status_reports", "rag", "red"),
    ("milestones", "actual_on", "2026-06-30"),
    ("standard_checks", "passed", "false"),
    ("adoption", "active_users", "1"),
    ("benefits", "realised", "1"),
    ("contributions", "effect", "1"),
    ("outcome_measurements", "value", "1"),
    ("customers", "importance", "7"),
    ("people", "hired_on", "2024-02-03"),
    ("fx_rates", "rate", "0.5"),
]


def compute(*, full: bool) -> Run:
    return runs.run_compute(runs.run_request(cause="again", full=full, as_of=AS_OF).pk)


def changed_file(source: Path, folder: Path, column: str, value: str) -> None:
    """A file of one row: the first that says something else in the column, with the value."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        row = next(row for row in reader if row[column] not in ("", value))
        names = list(reader.fieldnames or ())
    with (folder / source.name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerow({**row, column: value})


@pytest.mark.parametrize(("feed", "column", "value"), CHANGES)
def test_a_changed_row_gives_what_a_full_computation_gives(
    company: Company, tmp_path: Path, feed: str, column: str, value: str
) -> None:
    changed_file(company.folder / "facts" / f"{feed}.csv", tmp_path, column, value)
    call_command("import_facts", tmp_path, json=True, stdout=StringIO(), stderr=StringIO())

    again = compute(full=False)
    full = compute(full=True)

    assert again.values_written > 0
    assert full.values_written == 0


def test_standards_count_from_the_first_fact_of_the_company_on_not_from_the_first_check(
    company: Company, tmp_path: Path
) -> None:
    changed_file(company.folder / "facts" / "touchpoints.csv", tmp_path, "due_on", "2023-02-03")
    call_command("import_facts", tmp_path, json=True, stdout=StringIO(), stderr=StringIO())
    compute(full=False)
    out = StringIO()
    call_command(
        "export_values",
        *("--metric", "compliance_pass_rate", "--scope-kind", "enterprise", "--period", "2023-02", "--components"),
        *("--format", "csv"),
        stdout=out,
    )

    (row,) = csv.DictReader(StringIO(out.getvalue()))
    assert (row["component"], row["value"], row["status"]) == ("standards_checked_share", "0.0", "ok")
