"""What all connectors share: finding files, limits, the command and its answers."""

from __future__ import annotations

import gzip
import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from connectors.registry import connector_list
from connectors.sources.base import Place, SourceRefused, Translation, text_clean
from connectors.sources.files import source_files
from portfolio.models import Customer

ACCOUNTS = "account_id,account_name,industry,country,signup_date,churn_flag\nA-1,One,EdTech,US,2023-01-02,False\n"
SUBSCRIPTIONS = (
    "subscription_id,account_id,start_date,end_date,arr_amount,is_trial,churn_flag\n"
    "S-1,A-1,2023-02-01,,12,False,False\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ravenstack_accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "ravenstack_subscriptions.csv.gz").write_bytes(gzip.compress(SUBSCRIPTIONS.encode()))
    (tmp_path / "PROFILE.json").write_text("{}")
    return tmp_path


def command(*args: object) -> tuple[int, str, str]:
    """Exit code, standard output, and what a usage error said."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import_source", *map(str, args), stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    except CommandError as wrong:
        return wrong.returncode, out.getvalue(), str(wrong)
    return 0, out.getvalue(), err.getvalue()


def test_list_names_every_connector_with_its_options() -> None:
    code, out, _err = command("--list")

    assert code == 0
    assert [line.partition(":")[0] for line in out.splitlines()] == [one.name for one in connector_list()]
    assert "[base_currency=]" in out


@pytest.mark.django_db
def test_a_folder_is_imported_and_the_report_is_one_json_object(folder: Path) -> None:
    code, out, _err = command("ravenstack", folder, "--json")

    report = json.loads(out)
    assert (code, report["status"], report["error_count"]) == (0, "imported", 0)
    assert report["feeds"]["revenue_events"]["created"] == 1
    assert any(note.startswith("Dropped: ") for note in report["notes"])
    assert any("fx_rates of USD" in note for note in report["notes"])


@pytest.mark.django_db
def test_a_dry_run_stores_nothing(folder: Path) -> None:
    code, out, _err = command("ravenstack", folder, "--dry-run", "--json")

    assert (code, json.loads(out)["status"], Customer.objects.count()) == (0, "valid", 0)


@pytest.mark.django_db
def test_files_of_another_kind_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "ravenstack_accounts.csv").write_text("a,b\n1,2\n")
    (tmp_path / "ravenstack_subscriptions.csv").write_text(SUBSCRIPTIONS)

    code, out, _err = command("ravenstack", tmp_path, "--json")

    report = json.loads(out)
    assert (code, report["status"]) == (1, "refused")
    assert [(one["file"], one["code"]) for one in report["errors"]] == [("ravenstack_accounts.csv", "bad_file")]


@pytest.mark.parametrize(
    "args",
    [
        ("nobody", "x"),
        ("ravenstack",),
        ("ravenstack", "/does/not/exist"),
        ("ravenstack", "/tmp", "--option", "base_currency"),
        ("ravenstack", "/tmp", "--option", "colour=red"),
    ],
)
def test_wrong_usage_ends_with_two(args: tuple[str, ...]) -> None:
    assert command(*args)[0] == 2


@pytest.mark.django_db
def test_an_option_out_of_form_is_refused_by_name(folder: Path) -> None:
    code, out, _err = command("ravenstack", folder, "--option", "base_currency=dollars", "--json")

    assert code == 1
    assert "base_currency" in json.loads(out)["errors"][0]["message"]


def test_an_archive_is_read_without_unpacking_what_does_not_belong(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("deep/ravenstack_accounts.csv", ACCOUNTS)
        packed.writestr("../ravenstack_subscriptions.csv", SUBSCRIPTIONS)
        packed.writestr("notes.txt", "no")

    files = source_files([archive], lambda name: name.startswith("ravenstack_"))

    assert [(file.name, len(file.read())) for file in files] == [
        ("ravenstack_accounts.csv", len(ACCOUNTS)),
        ("ravenstack_subscriptions.csv", len(SUBSCRIPTIONS)),
    ]


def test_a_packed_file_that_grows_out_of_all_measure_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "ravenstack_accounts.csv.gz"
    bomb.write_bytes(gzip.compress(b"\0" * 40_000_000))

    with pytest.raises(SourceRefused, match="unpack"):
        source_files([bomb], lambda name: True)[0].read()


def test_no_file_and_a_file_named_twice_are_refused(folder: Path) -> None:
    with pytest.raises(SourceRefused, match="no file of this source"):
        source_files([folder], lambda name: False)
    with pytest.raises(SourceRefused, match="named twice"):
        source_files([folder, folder], lambda name: name.endswith(".csv"))


def test_a_row_with_a_column_that_the_feed_has_not_is_a_mistake_of_the_connector() -> None:
    done = Translation(["a.csv"])
    done.add("customers", Place(1, 2), code="C", colour="red")

    with pytest.raises(ValueError, match="customers has no column colour"):
        done.tables()

    done = Translation(["a.csv"])
    done.add("customers", Place(1, 2), code="C")
    with pytest.raises(ValueError, match="customers needs the column name"):
        done.tables()


def test_one_file_keeps_its_own_lines_and_several_keep_file_and_line() -> None:
    one, two = Translation(["a.csv"]), Translation(["a.csv", "b.csv"])
    for done in (one, two):
        done.add("customers", Place(len(done.files), 7), code="C", name="N")

    assert [list(batch.numbers) for batch in one.tables()[0].batches()] == [[7]]
    assert [list(batch.numbers) for batch in two.tables()[0].batches()] == [[2_000_007]]
    assert two.source(2_000_007) == ("b.csv", 7)


def test_texts_lose_control_characters_and_what_is_too_long() -> None:
    assert text_clean(" a\x00b\r\nc\u00a0d ") == "ab\nc d"
    assert len(text_clean("x" * 20_000)) == 10_000


@pytest.mark.parametrize("connector", [one.name for one in connector_list()])
def test_every_connector_has_its_page(connector: str) -> None:
    assert f"## {connector}" in Path("docs/connectors.md").read_text(encoding="utf-8")
