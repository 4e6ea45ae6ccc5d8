"""Importing twice, in another order, or bit by bit gives the same values as importing once."""

import csv
import random
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from epmo.management.commands.check_reference import check_update
from metrics import runs
from metrics.models import Run
from tests.metrics.stored.company import AS_OF, Company, company_database


def compute(*, full: bool) -> Run:
    return runs.run_compute(runs.run_request(cause="again", full=full, as_of=AS_OF).pk)


def shuffled(source: Path, target: Path) -> Path:
    """The facts with rows and columns in another order, and the result files that they must give."""
    (target / "facts").mkdir(parents=True)
    rng = random.Random(11)
    for path in (source / "facts").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file)
        order = rng.sample(range(len(head)), len(head))
        with (target / "facts" / path.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([head[at] for at in order])
            writer.writerows([[row[at] for at in order] for row in rng.sample(rows, len(rows))])
    for name in ("expected.csv", "contribution.csv", "index.csv", "explain.csv"):
        (target / name).write_bytes((source / name).read_bytes())
    return target


def test_importing_the_same_folder_again_changes_no_row_and_writes_no_value(company: Company) -> None:
    out = StringIO()
    call_command("import_facts", company.folder / "facts", skip_bad_rows=True, json=True, stdout=out, stderr=StringIO())
    again = compute(full=False)
    full = compute(full=True)

    assert '"created":0' in out.getvalue()
    assert not any(f'"{word}":{digit}' in out.getvalue() for word in ("created", "updated") for digit in "123456789")
    assert (again.values_written, full.values_written) == (0, 0)
    assert full.values_unchanged > 20_000


def test_what_is_computed_bit_by_bit_is_what_is_computed_at_once(company: Company) -> None:
    check_update(company.folder, AS_OF)

    assert compute(full=True).values_written == 0


def test_rows_and_columns_in_another_order_give_the_same_values(
    django_db_setup: None, django_db_blocker: Any, company_stored: Company, tmp_path: Path
) -> None:
    with (
        django_db_blocker.unblock(),
        company_database("shuffled", shuffled(company_stored.folder, tmp_path / "other")) as found,
    ):
        assert {each.name: each.differences[:3] for each in found.comparisons} == {
            "expected.csv": [], "contribution.csv": [], "index.csv": [], "explain.csv": [],
        }  # fmt: skip
        assert all(each.total for each in found.comparisons)
