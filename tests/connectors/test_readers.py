"""Readers: archives, workbooks and hostile files. What cannot be read is named; nothing is unpacked before it fits."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.readers.csv_files import csv_table
from connectors.readers.deliveries import delivery_read
from connectors.readers.limits import Limits
from connectors.readers.workbooks import number_text
from portfolio.services.facts import Report, facts_write
from portfolio.services.tables import Lines, Records
from tests.connectors.deliveries import BASE, found, warned, write

PROJECTS = ["code", "name", "portfolio", "status", "currency", "budget", "planned_start_on"]
ROW = ["P-1", "One", "PF", "active", "EUR", 1.5, date(2026, 1, 31)]


def book(sheets: dict[str, Iterable[Sequence[Any]]], path: Path) -> Path:
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return path


def rezip(path: Path, edit: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> Path:
    """Rewrite entries of an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, edit(name, old.read(name)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    path.write_bytes(out.getvalue())
    return path


def cells(path: Path) -> list[list[str]]:
    """All rows of the first table of a delivery."""
    (table, *_rest) = delivery_read([path]).tables
    return [list(row) for batch in table.batches() for row in (batch.rows if isinstance(batch, Records) else [])]


def codes(path: Path, **options: Any) -> list[tuple[str, int, str]]:
    """Problems that reading alone finds."""
    return [(one.file, one.line, one.code) for one in delivery_read([path], **options).problems]


def test_a_workbook_gives_the_cells_of_the_csv(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW, [], ["P-2", 7, "PF", True, "EUR", 0.1 + 0.2, datetime(2026, 1, 31, 8)]]},
                tmp_path / "facts.xlsx")  # fmt: skip

    assert cells(path) == [
        ["P-1", "One", "PF", "active", "EUR", "1.5", "2026-01-31"],
        ["P-2", "7", "PF", "true", "EUR", "0.3", "2026-01-31T08:00:00"],
    ]


def test_a_first_of_month_in_a_month_column_is_a_month(tmp_path: Path) -> None:
    rows = [
        ["currency", "month", "rate"],
        ["SEK", date(2026, 3, 1), 0.1],
        ["SEK", "2026-04", 0.1],
        ["SEK", date(2026, 5, 2), 1],
    ]
    path = book({"fx_rates": rows}, tmp_path / "facts.xlsx")

    assert [row[1] for row in cells(path)] == ["2026-03", "2026-04", "2026-05-02"]


@pytest.mark.django_db
def test_the_reference_company_as_a_workbook_is_the_same_company(tmp_path: Path) -> None:
    import csv

    folder = Path(__file__).parents[1] / "data" / "reference" / "facts"
    sheets = {file.stem: list(csv.reader(file.open(encoding="utf-8"))) for file in folder.glob("*.csv")}
    facts_write(delivery=delivery_read([folder]))

    report = facts_write(delivery=delivery_read([book(sheets, tmp_path / "facts.xlsx")]))

    assert list(report.problems) == []
    assert sum(held["unchanged"] for held in report.feeds.values()) == 2810
    assert report.change_set is None


@pytest.mark.django_db
def test_formulas_without_value_and_error_values_are_bad_cells(tmp_path: Path) -> None:
    rows = [PROJECTS, ["P-1", '=WEBSERVICE("x")', "PF", "active", "EUR", "=1/0", None],
            ["P-2", "Two", "PF", "active", "EUR", "#DIV/0!", "#N/A"]]  # fmt: skip
    report = imported(tmp_path, book({"projects": rows}, tmp_path / "facts.xlsx"))

    assert found(report) == [
        ("facts.xlsx#projects", 2, "name", "bad_cell"),
        ("facts.xlsx#projects", 2, "budget", "bad_cell"),
        ("facts.xlsx#projects", 3, "budget", "bad_cell"),
        ("facts.xlsx#projects", 3, "planned_start_on", "bad_cell"),
    ]


@pytest.mark.django_db
def test_a_formula_with_a_stored_value_is_that_value(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ["P-1", "One", "PF", "active", "EUR", "=1+1", None]]}, tmp_path / "facts.xlsx")
    rezip(path, lambda name, data: re.sub(rb"(<f>1\+1</f>)<v\s*/>|(<f>1\+1</f>)<v></v>", rb"<f>1+1</f><v>2</v>", data))

    assert cells(path)[0][5] == "2"


def test_sheets_that_are_no_feeds_are_warned_of(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW], "Notes": [["x"]]}, tmp_path / "facts.xlsx")

    assert codes(path) == [("facts.xlsx#Notes", 1, "unknown_file")]


@pytest.mark.django_db
def test_a_value_beside_the_headings_is_a_bad_row(tmp_path: Path) -> None:
    report = imported(tmp_path, book({"projects": [PROJECTS, [*ROW, None, "x"]]}, tmp_path / "facts.xlsx"))

    assert found(report) == [("facts.xlsx#projects", 2, "", "bad_row")]


def test_a_far_cell_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "facts.xlsx"
    made = openpyxl.Workbook()
    made.active.title = "projects"
    made.active.append(PROJECTS)
    made.active["XFD1048576"] = "x"
    made.save(path)

    (table,) = delivery_read([path]).tables
    (batch,) = table.batches()

    assert (list(batch.numbers), [len(row) for row in batch.rows]) == ([1_048_576], [8])


def test_a_lying_dimension_is_ignored(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW]}, tmp_path / "facts.xlsx")
    rezip(path, lambda name, data: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', data))

    assert len(cells(path)) == 1


DECLARED = re.compile(rb"^<\?xml[^>]*\?>")
SHARED = (
    b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si>'
    b"<si><r><t>Rich</t></r><r><t> text</t></r><rPh><t>hint</t></rPh></si></sst>"
)
DECLARATIONS = {
    "external": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "laughs": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>',
    "remote": b'<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("kind", DECLARATIONS)
@pytest.mark.parametrize(
    "entry", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
)
def test_document_type_declarations_are_refused(kind: str, entry: str, tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW]}, tmp_path / "facts.xlsx")
    rezip(path, lambda name, data: data, {"xl/sharedStrings.xml": SHARED})
    rezip(path, lambda name, data: DECLARATIONS[kind] + DECLARED.sub(b"", data) if name == entry else data)

    assert [code for *_place, code in codes(path)] == ["bad_file"]


def test_shared_texts_are_looked_up_without_phonetic_hints(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW]}, tmp_path / "facts.xlsx")
    cell = re.compile(rb'<c r="B2"[^>]*>.*?</c>')
    rezip(
        path,
        lambda name, data: cell.sub(b'<c r="B2" t="s"><v>1</v></c>', data) if name.endswith("sheet1.xml") else data,
        {"xl/sharedStrings.xml": SHARED},
    )

    assert cells(path)[0][1] == "Rich text"


def test_a_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW]}, tmp_path / "facts.xlsx")
    rezip(path, lambda name, data: data, {"xl/junk.xml": b"A" * 20_000_000})

    delivery = delivery_read([path])

    assert [one.code for one in delivery.problems] == ["too_large"]
    assert delivery.refused
    assert "to 1" in delivery.problems[0].message


def test_an_archive_with_too_many_entries_or_too_much_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.zip"
    with zipfile.ZipFile(path, "w") as made:
        for place in range(30):
            made.writestr(f"{place}.txt", "x" * 10)

    assert codes(path, held=Limits(entries=20)) == [("facts.zip", 1, "too_large")]
    assert codes(path, held=Limits(unpacked_bytes=200)) == [("facts.zip", 1, "too_large")]


def test_an_archive_is_read_whatever_its_folders_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "facts.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../../../../tmp/slipped/projects.csv", "code\nP-1\n")
        made.writestr("export/customers.csv", "code,name\nC-1,Alfa\n")
        made.writestr("__MACOSX/._customers.csv", "x")
        made.writestr("../../../../tmp/slipped.txt", "x")

    delivery = delivery_read([path])

    assert sorted(table.file for table in delivery.tables) == ["customers.csv", "projects.csv"]
    assert [(one.file, one.code) for one in delivery.problems] == [("slipped.txt", "unknown_file")]
    assert not Path("/tmp/slipped.txt").exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("facts.xlsx", b"code,name\nC-1,Alfa\n", "bad_file"),
        ("facts.xls", b"<html><table></table></html>", "bad_file"),
        ("facts.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "bad_file"),
        ("facts.zip", b"PK\x03\x04 broken", "bad_file"),
        ("customers.csv", b"MZ\x90\x00" + bytes(range(256)), "bad_encoding"),
        ("customers.csv", "code,name\nC-1,a\ud800b\n".encode("utf-8", "surrogatepass"), "bad_encoding"),
        ("customers.csv", b"code,name\nC-1,a\xc3", "bad_encoding"),
    ],
)
def test_content_that_does_not_fit_its_name_is_refused(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    assert [found for *_place, found in codes(tmp_path / name)] == [code]


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    path = book({"projects": [PROJECTS, ROW]}, tmp_path / "facts.xlsx")
    path.write_bytes(path.read_bytes()[:-400])

    assert [code for *_place, code in codes(path)] == ["bad_file"]


def test_a_million_columns_are_too_large(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(",".join(f"c{i}" for i in range(1_000_000)) + "\n")

    assert codes(tmp_path / "customers.csv") == [("customers.csv", 1, "too_large")]


@pytest.mark.django_db
def test_a_cell_of_five_megabytes_is_too_long(tmp_path: Path) -> None:
    path = write(tmp_path, {"customers.csv": f"code,name\nC-1,{'A' * 5_000_000}\nC-2,B\n"})

    report = facts_write(delivery=delivery_read([path]), skip_bad_rows=True)

    assert found(report) == [("customers.csv", 2, "name", "too_long")]
    assert report.feeds["customers"]["created"] == 1


def test_a_line_beyond_every_limit_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(f"code,name\nC-1,{'A' * 50_000}\n")
    opened: Callable[[], Any] = lambda: path.open("rb")  # noqa: E731
    table = csv_table("customers", "customers.csv", opened, Limits(cell_characters=40_000))

    assert (
        sum(len(batch.lines) for batch in table.batches() if isinstance(batch, Lines)) == 1
    )  # not yet twice the limit


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_records_keep_their_line_numbers_across_chunks(
    newline: str, bom: str, tmp_path: Path, monkeypatch: Any
) -> None:
    import connectors.readers.csv_files as reader

    monkeypatch.setattr(reader, "CHUNK_BYTES", 64)
    lines = ["code,name"]
    expected = []
    for place in range(200):
        if place % 7 == 3:
            lines.append(f'C-{place},"a{newline}b ""q"" å"')
            expected.append((len(newline.join(lines).split(newline)), f"C-{place}"))
        elif place % 11 == 5:
            lines += ["", f"C-{place},x"]
            expected.append((len(newline.join(lines).split(newline)), f"C-{place}"))
        else:
            lines.append(f"C-{place},Å{place}")
            expected.append((len(newline.join(lines).split(newline)), f"C-{place}"))
    (tmp_path / "customers.csv").write_bytes((bom + newline.join(lines)).encode())

    (table,) = delivery_read([tmp_path / "customers.csv"]).tables
    seen = [
        (number, (row.split(",") if isinstance(row, str) else row)[0])
        for batch in table.batches()
        for number, row in zip(batch.numbers, batch.lines if isinstance(batch, Lines) else batch.rows, strict=True)
    ]

    assert table.header == ["code", "name"]
    assert seen == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1, "0.1"),
        (0.30000000000000004, "0.3"),
        (1e17, "100000000000000000"),
        (1e-7, "0.0000001"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_of_a_sheet_have_no_exponent(value: float, text: str) -> None:
    assert number_text(value) == text


def imported(folder: Path, path: Path) -> Report:
    """Import a file on top of the base portfolio."""
    facts_write(delivery=delivery_read([write(folder, {"portfolios.csv": BASE["portfolios.csv"]})]))
    return facts_write(delivery=delivery_read([path]))


@pytest.mark.django_db
def test_warnings_do_not_refuse(tmp_path: Path) -> None:
    report = imported(tmp_path, book({"projects": [PROJECTS, ROW], "Notes": [["x"]]}, tmp_path / "facts.xlsx"))

    assert report.status == "imported"
    assert [code for *_place, code in warned(report)] == ["unknown_file"]
