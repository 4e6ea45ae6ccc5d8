"""Import rules 1 to 5 of the contract: one unit, keys, replacing, keeping, clearing, removing, skipping, repeating."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.readers.deliveries import delivery_read
from portfolio.feeds import FEEDS
from portfolio.models import (
    Adoption,
    Change,
    ChangeSet,
    Customer,
    ImportProblem,
    ImportRun,
    Milestone,
    Portfolio,
    Project,
    ProjectMonth,
    ServiceCustomer,
    Team,
    Touched,
)
from portfolio.services.facts import facts_write
from portfolio.services.undo import UndoRefused, undo
from tests.connectors.deliveries import BASE, counts, deliver, found, rows, write

pytestmark = pytest.mark.django_db

MONTHS = "project,month,planned_value,earned_value,actual_cost\n"
PROJECTS = "code,name,portfolio,status,currency"


def test_a_row_is_replaced_whole_and_a_blank_clears(tmp_path: Path) -> None:
    deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\n"})

    report = deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,,3.5\n"}, base=False)

    assert counts(report, "project_months") == (1, 0, 1, 0, 0)
    assert rows(ProjectMonth, "planned_value", "earned_value", "actual_cost") == [(1, None, 3.5)]


def test_a_column_missing_from_the_file_keeps_its_value(tmp_path: Path) -> None:
    deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\n"})

    deliver(tmp_path, {"project_months.csv": "project,month,actual_cost\nP-1,2025-01,4\nP-1,2025-02,5\n"}, base=False)

    assert rows(ProjectMonth, "planned_value", "earned_value", "actual_cost") == [(1, 2, 4), (None, None, 5)]


def test_numbers_that_are_equal_are_unchanged_however_written(tmp_path: Path) -> None:
    deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,-3\n"})

    report = deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,+1.00,02,-3.0\n"}, base=False)

    assert counts(report, "project_months") == (1, 0, 0, 1, 0)


def test_a_row_that_is_not_in_the_file_stays(tmp_path: Path) -> None:
    deliver(tmp_path, {})

    deliver(tmp_path, {"customers.csv": "code,name\nC-9,New\n"}, base=False)

    assert rows(Customer, "code") == [("C-1",), ("C-2",), ("C-9",)]


def test_a_file_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    deliver(tmp_path, {})
    before = list(Customer.objects.values())

    report = deliver(tmp_path, {})

    assert report.status == "imported"
    assert report.change_set is None
    assert ChangeSet.objects.count() == 1
    assert list(Customer.objects.values()) == before


def test_deleted_removes_the_row_and_needs_only_its_key(tmp_path: Path) -> None:
    deliver(tmp_path, {})

    report = deliver(
        tmp_path, {"customers.csv": "code,name,deleted\nC-1,,true\nC-8,,true\nC-2,Beta,false\n"}, base=False
    )

    assert counts(report, "customers") == (3, 0, 1, 2, 0)
    assert rows(Customer, "code") == [("C-2",)]
    assert Change.objects.get().action == "remove"


def test_the_filled_columns_of_a_removal_are_checked_for_form_and_its_key_counts(tmp_path: Path) -> None:
    text = "code,name,importance,deleted\nC-1,,x,true\nC-2,,,true\nC-2,Beta,,\n"

    report = deliver(tmp_path, {"customers.csv": text})

    assert found(report) == [
        ("customers.csv", 2, "importance", "bad_number"),
        ("customers.csv", 4, "code", "duplicate_key"),
    ]


def test_a_removal_by_a_key_whose_parent_is_unknown_or_removed_is_no_error(tmp_path: Path) -> None:
    deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\n"})
    deliver(tmp_path, {"projects.csv": f"{PROJECTS},deleted\nP-1,,,,,true\n"}, base=False)

    text = "project,month,deleted\nP-1,2025-01,true\nP-77,2025-01,true\n"
    report = deliver(tmp_path, {"project_months.csv": text}, base=False)

    assert found(report) == []
    assert counts(report, "project_months") == (2, 0, 1, 1, 0)
    assert rows(ProjectMonth, "month") == []


def test_rows_that_refer_to_a_removed_row_stay_and_are_unknown_at_the_next_import(tmp_path: Path) -> None:
    months = {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\n"}
    deliver(tmp_path, months)

    removal = deliver(tmp_path, {"projects.csv": f"{PROJECTS},deleted\nP-1,,,,,true\n"}, base=False)
    again = deliver(tmp_path, months, base=False)

    assert removal.status == "imported"
    assert len(rows(ProjectMonth, "id")) == 1
    assert found(again) == [("project_months.csv", 2, "project", "unknown_reference")]


def test_a_row_cannot_refer_to_one_that_the_same_delivery_removes(tmp_path: Path) -> None:
    deliver(tmp_path, {})

    files = {
        "projects.csv": f"{PROJECTS},deleted\nP-1,,,,,true\n",
        "project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\n",
    }
    report = deliver(tmp_path, files, base=False)

    assert found(report) == [("project_months.csv", 2, "project", "unknown_reference")]


def test_a_removed_row_comes_back_as_a_new_one_and_its_rows_with_it(tmp_path: Path) -> None:
    deliver(tmp_path, {"customers.csv": "code,name,segment\nC-1,Alfa,retail\n"})
    pk = Customer.objects.get(code="C-1").pk
    deliver(tmp_path, {"customers.csv": "code,name,deleted\nC-1,,true\n"}, base=False)

    report = deliver(tmp_path, {"customers.csv": "code,name\nC-1,Alfa again\n"}, base=False)

    assert counts(report, "customers") == (1, 1, 0, 0, 0)
    assert rows(Customer, "id", "name", "segment") == [(pk, "Alfa again", None)]


def test_a_blank_part_of_a_key_equals_a_blank_part(tmp_path: Path) -> None:
    text = "customer,service,project,month,entitled_users,active_users\n"
    first = text + "C-1,,,2025-01,10,1\nC-1,S-1,,2025-01,20,2\nC-1,,P-1,2025-01,30,3\n"
    deliver(tmp_path, {"adoption.csv": first})

    report = deliver(tmp_path, {"adoption.csv": text + "C-1,,,2025-01,10,5\nC-1,,,2025-01,10,6\n"}, skip_bad_rows=True)

    assert found(report) == [("adoption.csv", 3, "customer", "duplicate_key")]
    assert counts(report, "adoption") == (2, 0, 1, 0, 1)
    assert rows(Adoption, "active_users") == [(2,), (3,), (5,)]


def test_rows_that_refer_to_left_out_rows_fall_until_nothing_more_falls(tmp_path: Path) -> None:
    report = deliver(
        tmp_path,
        {
            "customers.csv": "code,name,importance\nC-1,Alfa,bad\nC-2,Beta,1\n",
            "initiatives.csv": "code,customer,name,factor\nI-1,C-1,x,quality\nI-2,C-2,x,quality\n",
            "outcomes.csv": "code,initiative,name,unit,baseline,target,audience\n"
            "O-1,I-1,x,percent,1,2,customer\nO-2,I-2,x,percent,2,2,customer\n",
            "outcome_measurements.csv": "outcome,measured_on,value\nO-1,2025-01-01,1\nO-2,2025-01-01,1\n",
        },
        skip_bad_rows=True,
    )

    assert found(report) == [
        ("customers.csv", 2, "importance", "bad_number"),
        ("initiatives.csv", 2, "customer", "unknown_reference"),
        ("outcome_measurements.csv", 2, "outcome", "unknown_reference"),
        ("outcomes.csv", 2, "initiative", "unknown_reference"),
    ]
    assert counts(report, "outcome_measurements") == (2, 1, 0, 0, 1)


def test_a_reference_to_a_left_out_row_that_is_stored_already_holds(tmp_path: Path) -> None:
    deliver(tmp_path, {})

    report = deliver(
        tmp_path,
        {
            "customers.csv": "code,name,importance\nC-1,Alfa,bad\n",
            "initiatives.csv": "code,customer,name,factor\nI-1,C-1,x,quality\n",
        },
        base=False,
        skip_bad_rows=True,
    )

    assert found(report) == [("customers.csv", 2, "importance", "bad_number")]
    assert report.feeds["initiatives"]["created"] == 1


def test_rules_across_columns_hold_for_the_row_as_it_will_stand(tmp_path: Path) -> None:
    header = f"{PROJECTS},actual_start_on"
    deliver(tmp_path, {"projects.csv": f"{header}\nP-1,One,PF,active,EUR,2025-05-01\n"})

    text = f"{PROJECTS},actual_finish_on\nP-1,One,PF,completed,EUR,2025-04-30\nP-3,New,PF,active,EUR,2025-04-30\n"
    report = deliver(tmp_path, {"projects.csv": text}, base=False, skip_bad_rows=True)

    assert found(report) == [("projects.csv", 2, "actual_finish_on", "end_before_start")]
    assert rows(Project, "code", "actual_finish_on") == [("P-1", None), ("P-3", date(2025, 4, 30))]


SERVED = "service,customer,valid_from,valid_to\n"


@pytest.mark.parametrize(
    ("stored", "delivered", "lines"),
    [
        ("", "S-1,C-1,2025-01-01,2025-02-01\nS-1,C-1,2025-02-01,\n", []),
        ("", "S-1,C-1,2025-01-01,\nS-1,C-1,2025-02-01,\nS-1,C-2,2025-02-01,\n", [3]),
        ("", "S-1,C-1,2025-03-01,2025-03-01\nS-1,C-1,2025-01-01,\n", []),
        ("S-1,C-1,2025-01-01,\n", "S-1,C-1,2025-03-01,\n", [2]),
        ("S-1,C-1,2025-01-01,\n", "S-1,C-1,2025-03-01,\nS-1,C-1,2025-01-01,2025-03-01\n", []),
        ("S-1,C-1,2025-01-01,\n", "S-1,C-1,2025-03-01,\nS-1,C-1,2025-01-01,2025-03-02\n", [2, 3]),
        ("S-1,C-1,2025-01-01,2025-02-01\nS-1,C-1,2025-02-01,\n", "S-1,C-1,2025-01-01,2025-03-01\n", [2]),
    ],
)
def test_a_service_serves_a_customer_once_at_a_time(
    stored: str, delivered: str, lines: list[int], tmp_path: Path
) -> None:
    deliver(tmp_path, {"service_customers.csv": SERVED + stored})

    report = deliver(tmp_path, {"service_customers.csv": SERVED + delivered}, base=False, skip_bad_rows=True)

    assert found(report) == [("service_customers.csv", line, "valid_from", "overlap") for line in lines]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_removal_makes_room_for_an_interval(tmp_path: Path) -> None:
    deliver(tmp_path, {"service_customers.csv": f"{SERVED}S-1,C-1,2025-01-01,\n"})

    text = "service,customer,valid_from,valid_to,deleted\nS-1,C-1,2025-02-01,,\nS-1,C-1,2025-01-01,,true\n"
    report = deliver(tmp_path, {"service_customers.csv": text}, base=False)

    assert found(report) == []
    assert rows(ServiceCustomer, "valid_from") == [(date(2025, 2, 1),)]


def test_the_database_itself_refuses_what_the_checks_would(tmp_path: Path) -> None:
    deliver(tmp_path, {"service_customers.csv": f"{SERVED}S-1,C-1,2025-01-01,\n"})
    row = ServiceCustomer.objects.get()

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    row.pk, row.valid_from = None, date(2026, 1, 1)
    with pytest.raises(IntegrityError, match="service_customers_overlap"), transaction.atomic():
        row.save(force_insert=True)
    with pytest.raises(IntegrityError, match="portfolios_kind_form"), transaction.atomic():
        Portfolio.objects.create(code="X", name="X", kind="folder", created_in_id=1, changed_in_id=1)


def test_a_dry_run_stores_nothing_and_says_what_it_would(tmp_path: Path) -> None:
    report = deliver(tmp_path, {}, dry_run=True)

    assert report.status == "valid"
    assert counts(report, "customers") == (2, 2, 0, 0, 0)
    assert Customer.objects.count() == ChangeSet.objects.count() == Team.objects.count() == 0


def test_a_team_exists_as_soon_as_a_row_names_it(tmp_path: Path) -> None:
    deliver(tmp_path, {"ideas.csv": "code,team,submitted_on\nI1,t-web,2025-01-01\nI2,T-WEB,2025-01-01\n"})

    assert rows_of_teams() == ["T-WEB", "t-web"]


def rows_of_teams() -> list[str]:
    return sorted(Team.objects.values_list("name", flat=True))


def test_every_change_keeps_the_row_before_and_what_it_touched(tmp_path: Path) -> None:
    deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,1,2,3\nP-1,2025-03,1,2,3\n"})
    project = Project.objects.get(code="P-1").pk
    first = ChangeSet.objects.get()

    report = deliver(tmp_path, {"project_months.csv": f"{MONTHS}P-1,2025-01,9,2,3\nP-1,2025-02,1,1,1\n"}, base=False)

    change = Change.objects.get()
    assert (change.feed, change.action, change.before["planned_value"]) == ("project_months", "update", 1)
    assert report.change_set is not None
    assert report.change_set.counts == {"project_months": {"created": 1, "updated": 1, "removed": 0}}
    touched = Touched.objects.filter(change_set=report.change_set).order_by("kind")
    assert list(touched.values_list("feed", "kind", "atom", "month_from", "month_to")) == [
        ("project_months", "feed", None, date(2025, 1, 1), date(2025, 2, 1)),
        ("project_months", "project", project, date(2025, 1, 1), date(2025, 2, 1)),
    ]
    january = ProjectMonth.objects.get(month=date(2025, 1, 1))
    assert (january.created_in_id, january.changed_in_id, january.line) == (first.pk, report.change_set.pk, 2)


def test_a_moved_row_touches_where_it_was_and_where_it_is(tmp_path: Path) -> None:
    text = "code,service,starts_on,ends_on,annual_value,currency,customer\n"
    deliver(tmp_path, {"contracts.csv": f"{text}K1,S-1,2025-01-01,2025-12-31,1,EUR,C-1\n"})

    report = deliver(tmp_path, {"contracts.csv": f"{text}K1,S-1,2025-02-01,2026-01-31,1,EUR,C-2\n"}, base=False)

    codes = dict(Customer.objects.values_list("id", "code"))
    touched = Touched.objects.filter(change_set=report.change_set, kind="customer")
    assert sorted((codes[t.atom], t.month_from, t.month_to) for t in touched) == [
        ("C-1", date(2025, 1, 1), date(2025, 12, 1)),
        ("C-2", date(2025, 2, 1), date(2026, 1, 1)),
    ]


def test_undo_brings_back_what_was_and_undoes_once(tmp_path: Path) -> None:
    first = deliver(tmp_path, {"milestones.csv": MILESTONES + "P-1,M1,One,2025-01-01,true,2025-02-01\n"}).change_set
    before = everything()
    second = deliver(
        tmp_path,
        {
            "milestones.csv": MILESTONES + "P-1,M1,Other,2025-01-01,true,\nP-1,M2,Two,2025-01-01,false,\n",
            "customers.csv": "code,name,deleted\nC-1,,true\nC-3,Gamma,\n",
        },
        base=False,
    ).change_set
    assert first is not None
    assert second is not None

    with pytest.raises(UndoRefused, match="later"):
        undo(change_set=first, actor=None)
    report = undo(change_set=second, actor=None)

    assert report.status == "imported"
    assert everything() == before
    assert Milestone.objects.get(code="M1").actual_on == date(2025, 2, 1)
    with pytest.raises(UndoRefused, match="already"):
        undo(change_set=second, actor=None)
    assert undo(change_set=first, actor=None).status == "imported"
    assert rows(Project, "code") == []


MILESTONES = "project,code,name,baseline_on,customer_facing,actual_on\n"

FACTS = {
    "milestones.csv": MILESTONES
    + "".join(f"P-{1 + n % 3},M{n},Name,2025-0{1 + n % 9}-01,true,\n" for n in range(8))
    + "P-1,M1,Again,2025-01-01,true,\n",
    "service_customers.csv": f"{SERVED}S-1,C-1,2025-01-01,\nS-1,C-2,2025-01-01,x\nS-2,C-1,2025-01-01,\n",
    "contributions.csv": "project,outcome,effect,evidence,valid_from\nP-1,O-1,1,claimed,2025-01-01\n",
    "ideas.csv": "code,team,submitted_on,implemented_on\nI1,A,2025-01-01,2024-01-01\nI2,B,2025-01-01,\n",
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), skip=st.booleans())
def test_the_order_of_files_and_rows_does_not_matter(seed: int, skip: bool, tmp_path: Path) -> None:
    """Rows with distinct keys, in any order: the same rows are stored and the same errors found (lines moved along)."""
    rng = random.Random(seed)
    files = {**BASE, **FACTS}
    shuffled = {}
    for name in rng.sample(sorted(files), len(files)):
        header, *lines = files[name].splitlines(keepends=True)
        if name == "milestones.csv":
            lines = [line for line in lines if "Again" not in line]
            files = {**files, name: "".join([header, *lines])}
        shuffled[name] = "".join([header, *rng.sample(lines, len(lines))])
    outcomes = []
    for variant in (files, shuffled):
        with transaction.atomic():
            report = deliver(tmp_path, variant, base=False, skip_bad_rows=skip)
            errors = sorted((one.file, one.column, one.value, one.code) for one in report.problems)
            outcomes.append((report.status, report.feeds, errors, everything()))
            transaction.set_rollback(True)

    assert outcomes[0] == outcomes[1]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_importing_twice_leaves_the_same_rows(data: st.DataObject, tmp_path: Path) -> None:
    number = st.decimals(-1_000_000, 1_000_000, places=4, allow_nan=False) | st.just("")
    months = data.draw(
        st.dictionaries(st.sampled_from([f"2025-{m:02d}" for m in range(1, 13)]), st.tuples(number, number))
    )
    lines = "".join(f"P-1,{month},{one},,{two}\n" for month, (one, two) in months.items())
    with transaction.atomic():
        first = deliver(tmp_path, {"project_months.csv": MONTHS + lines})
        stored = everything()
        second = deliver(tmp_path, {"project_months.csv": MONTHS + lines})

        assert counts(first, "project_months") == (len(months), len(months), 0, 0, 0)
        assert counts(second, "project_months") == (len(months), 0, 0, len(months), 0)
        assert second.change_set is None
        assert everything() == stored
        transaction.set_rollback(True)


def everything() -> dict[str, list[Any]]:
    """All live rows, references by code, without ids and bookkeeping."""
    from django.apps import apps

    held = {}
    for feed in FEEDS.values():
        names = [{"ref": f"{c.name}__code", "team": "team__name"}.get(c.kind, c.name) for c in feed.columns]
        held[feed.name] = rows(apps.get_model(feed.model_label), *names)
    return held


REFERENCE = Path(__file__).parents[1] / "data" / "reference" / "facts"


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference company is not at hand")
def test_the_reference_company_is_imported_without_an_error(tmp_path: Path) -> None:
    report = facts_write(delivery=delivery_read([REFERENCE]))

    lines = {file.stem: len(file.read_text().splitlines()) - 1 for file in REFERENCE.glob("*.csv")}
    assert list(report.problems) == []
    assert {name: held["created"] for name, held in report.feeds.items()} == lines
    assert sum(lines.values()) == 2810


class TestCommand:
    """`import_facts` as the interface states it."""

    def test_json_is_the_only_thing_on_standard_output(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = write(tmp_path, {**BASE, "notes.txt": "x"})

        call_command("import_facts", str(folder), "--json")

        report = json.loads(capsys.readouterr().out)
        assert report["status"] == "imported"
        assert report["feeds"]["customers"] == {
            "rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0,
        }  # fmt: skip
        assert report["errors"] == []
        assert report["error_count"] == 0
        assert [one["code"] for one in report["warnings"]] == ["unknown_file"]
        run = ImportRun.objects.get(pk=report["import_id"])
        assert (run.status, run.change_set_id) == ("imported", ChangeSet.objects.get().pk)

    def test_a_refused_delivery_exits_with_1_and_keeps_its_report(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bad = "".join(f"C-{n},,\n" for n in range(1_500))
        folder = write(tmp_path, {"customers.csv": f"code,name,importance\n{bad}"})

        with pytest.raises(SystemExit) as stopped:
            call_command("import_facts", str(folder), "--json", "--errors", str(tmp_path / "errors.csv"))

        report = json.loads(capsys.readouterr().out)
        assert stopped.value.code == 1
        assert (report["status"], report["error_count"], len(report["errors"])) == ("refused", 1_500, 1_000)
        assert set(report["errors"][0]) == {
            "file", "line", "column", "value", "code", "severity", "message", "remedy",
        }  # fmt: skip
        assert len((tmp_path / "errors.csv").read_text().splitlines()) == 1_501
        assert ImportProblem.objects.filter(run_id=report["import_id"]).count() == 1_500
        assert Customer.objects.count() == 0

    def test_skip_bad_rows_and_dry_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = write(tmp_path, {"customers.csv": "code,name\nC-1,\nC-2,B\n"})

        call_command("import_facts", str(folder), "--json", "--skip-bad-rows", "--dry-run")
        dry = json.loads(capsys.readouterr().out)
        call_command("import_facts", str(folder), "--json", "--skip-bad-rows")
        real = json.loads(capsys.readouterr().out)

        assert (dry["status"], real["status"]) == ("valid", "imported")
        assert dry["feeds"] == real["feeds"]
        assert rows(Customer, "code") == [("C-2",)]

    def test_a_path_that_is_not_there_is_wrong_usage(self) -> None:
        from django.core.management.base import CommandError

        with pytest.raises(CommandError) as stopped:
            call_command("import_facts", "/no/such/folder")
        assert stopped.value.returncode == 2


@pytest.mark.parametrize("superuser", [True, False])
def test_many_rows_are_stored_with_and_without_the_right_to_skip_row_by_row_lookups(
    superuser: bool, tmp_path: Path
) -> None:
    """From 2,000 rows on references are checked set-wise only; without the right for that the import works too."""
    lines = "".join(f"P-1,M{place},Name,2025-01-01,true,\n" for place in range(2_500))
    with transaction.atomic(), connection.cursor() as cursor:
        if not superuser:
            cursor.execute("CREATE ROLE epmo_test_plain NOLOGIN")
            cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO epmo_test_plain")
            cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO epmo_test_plain")
            cursor.execute("SET LOCAL ROLE epmo_test_plain")

        report = deliver(tmp_path, {"milestones.csv": MILESTONES + lines})

        cursor.execute("SELECT current_setting('session_replication_role')")
        assert cursor.fetchone() == ("origin",)
        assert counts(report, "milestones") == (2_500, 2_500, 0, 0, 0)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
