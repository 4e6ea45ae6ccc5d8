"""Rows kept in a process are the rows that reading them anew gives, whatever was written meanwhile; or they go."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from metrics import columns, runs
from metrics.columns import Facts, Table
from metrics.kept_rows import KeptRows
from metrics.models import Run
from portfolio.models import ChangeSet, Defect
from portfolio.services.undo import undo
from tests.metrics.stored.company import AS_OF, Company

FEEDS = ("defects", "ledger", "person_months", "project_months", "survey_responses", "incidents", "incident_impacts")


@pytest.fixture
def kept(company: Company, monkeypatch: Any) -> KeptRows:
    """What this process keeps, of feeds of any size."""
    made = KeptRows(fewest_rows=1)
    monkeypatch.setattr(columns, "KEPT", made)
    return made


def rows_of(company: Company, feed: str) -> list[dict[str, str]]:
    with (company.folder / "facts" / f"{feed}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def deliver(folder: Path, feed: str, rows: list[dict[str, str]]) -> None:
    """Import rows of one feed; empty ones of it would be left as they are."""
    with (folder / f"{feed}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    call_command("import_facts", folder, json=True, stdout=StringIO(), stderr=StringIO())
    (folder / f"{feed}.csv").unlink()


def assert_same(found: Table, fresh: Table) -> None:
    assert np.array_equal(found.ids, fresh.ids)
    assert list(found.columns) == list(fresh.columns)
    for name, array in fresh.columns.items():
        assert found.columns[name].dtype == array.dtype, name
        assert np.array_equal(found.columns[name], array, equal_nan=array.dtype.kind == "f"), name


def read(feed: str = "defects") -> Table:
    """The rows as kept, which must be those read anew."""
    found = Facts(keeps=True).table(feed)
    assert_same(found, Facts().table(feed))
    return found


def test_rows_follow_every_kind_of_write(kept: KeptRows, company: Company, tmp_path: Path) -> None:
    given = rows_of(company, "defects")
    before = len(read())

    deliver(tmp_path, "defects", [{**given[0], "severity": "4" if given[0]["severity"] != "4" else "1"}])
    assert len(read()) == before
    deliver(tmp_path, "defects", [{**given[1], "code": "D-NEW-1"}, {**given[2], "code": "A-NEW-2"}])
    assert len(read()) == before + 2
    undo(change_set=ChangeSet.objects.latest("id"), actor=None)  # removes the new ones
    assert len(read()) == before
    deliver(tmp_path, "defects", [{**given[1], "code": "D-NEW-1"}])  # brings one back
    assert len(read()) == before + 1


def test_rows_of_a_removed_parent_go_though_they_are_kept(kept: KeptRows, company: Company, tmp_path: Path) -> None:
    kept.fewest_rows = 50  # more than there are services
    before = len(read())
    deliver(tmp_path, "services", [{**rows_of(company, "services")[0], "code": "S-NEW"}])
    deliver(tmp_path, "defects", [{**rows_of(company, "defects")[0], "code": "D-NEW", "service": "S-NEW"}])
    assert len(read()) == before + 1
    connection.cursor().execute("UPDATE portfolio_services SET deleted_at = now() WHERE code = 'S-NEW'")

    assert len(read()) == before


def test_an_unrelated_write_reads_no_row_again(
    kept: KeptRows, company: Company, tmp_path: Path, monkeypatch: Any
) -> None:
    read()
    deliver(tmp_path, "touchpoints", [{**rows_of(company, "touchpoints")[0], "held_on": "2026-01-02"}])
    selected: list[str] = []
    monkeypatch.setattr(columns, "_selected", lambda feed, condition: selected.append(feed))

    kept.table("defects", lambda condition: columns._selected("defects", condition))

    assert not selected


def test_another_history_under_the_same_numbers_is_read_anew(kept: KeptRows, company: Company, tmp_path: Path) -> None:
    """As after a backup was restored and written to: the newest change set has the number but not the moment."""
    read()
    newest = ChangeSet.objects.latest("id")
    ChangeSet.objects.filter(pk=newest.pk).update(at=newest.at + timedelta(microseconds=1))
    Defect.objects.filter(pk=Defect.objects.earliest("id").pk).update(severity=1, validity="rejected")

    read()


def test_what_is_kept_stays_within_its_bound(company: Company, monkeypatch: Any) -> None:
    both = KeptRows(fewest_rows=1)
    monkeypatch.setattr(columns, "KEPT", both)
    read("defects")
    one = both.bytes_held
    read("ledger")
    assert both.bytes_held > one
    small = KeptRows(most_bytes=one, fewest_rows=1)
    monkeypatch.setattr(columns, "KEPT", small)

    for feed in ("defects", "ledger", "defects", "project_months"):
        read(feed)
        assert small.bytes_held <= one


def test_no_formula_can_write_to_what_is_kept(kept: KeptRows, company: Company) -> None:
    found = read()

    with pytest.raises(ValueError, match="read-only"):
        found.opened_at[0] = 0.0


def test_rows_of_every_large_feed_one_at_a_time_leave_nothing_for_a_full_computation(
    kept: KeptRows, company: Company, tmp_path: Path
) -> None:
    changes = {
        "defects": ("validity", "duplicate"), "ledger": ("amount", "4321"), "person_months": ("hours", "3"),
        "project_months": ("actual_cost", "77"), "survey_responses": ("score", "1"),
        "incidents": ("planned", "true"), "incident_impacts": ("degradation", "0.25"),
    }  # fmt: skip
    assert set(changes) == set(FEEDS)
    for turn in range(2):
        for feed, (column, value) in changes.items():
            free = [row for row in rows_of(company, feed) if row[column] not in ("", value)]
            deliver(tmp_path, feed, [{**free[11 * turn], column: value}])
            assert compute(full=False).values_written > 0, (turn, feed)

    assert kept.bytes_held
    assert compute(full=True).values_written == 0


def compute(*, full: bool) -> Run:
    return runs.run_compute(runs.run_request(cause="again", full=full, as_of=AS_OF).pk)
