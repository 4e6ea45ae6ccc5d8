"""XLSX to tables: sheets named for feeds, read cell by cell as a stream, never as a rectangle.

Numbers and dates become the text that a CSV would hold. A formula without a stored value and an error value are bad
cells. Document type declarations are refused, so no entity is ever expanded.
"""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from connectors.readers.limits import MB, Limits, archive_problem, too_large
from connectors.readers.sheet_xml import Cell, SheetParser, SheetXmlError, shared_strings
from portfolio.feed_types import Feed
from portfolio.feeds import FEEDS
from portfolio.services.problems import Problem, problem
from portfolio.services.tables import BATCH_ROWS, BadCell, Batch, Records, Table, TableFault

RELATIONS: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 a workbook has no zone
EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
SHARED_BYTES: Final = 150 * MB
SMALL_BYTES: Final = 20 * MB


@dataclass(frozen=True, slots=True)
class Book:
    """What all sheets of a workbook share."""

    path: Path
    file: str
    sheets: tuple[tuple[str, str], ...]
    """Name of each sheet and the entry that holds it."""
    strings: list[str]
    dates: frozenset[int]
    """Cell styles that show a number as a date."""
    epoch: datetime


def workbook_tables(path: Path, file: str, held: Limits) -> tuple[list[Table], list[Problem]]:
    """Tables over the sheets of a workbook, and what is wrong before the first row."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive_problem(file, archive, held)
            if found is not None:
                return [], [found]
            book = _book(path, file, archive, held)
    except (zipfile.BadZipFile, KeyError, ParseError, DefusedXmlException, SheetXmlError, OSError, ValueError) as error:
        return [], [_not_a_workbook(file, error)]
    except TableFault as fault:
        return [], [fault.problem]
    tables: list[Table] = []
    problems: list[Problem] = []
    for name, entry in book.sheets:
        feed = FEEDS.get(name.strip())
        if feed is None:
            message = _("The sheet is not named for a feed and is ignored.")
            remedy = _("Name the sheet for its feed, for example projects.")
            problems.append(problem(f"{file}#{name}", 1, "", name, "unknown_file", message, remedy, warning=True))
            continue
        try:
            tables.append(_table(book, feed, f"{file}#{feed.name}", entry, held))
        except TableFault as fault:
            problems.append(fault.problem)
    return tables, problems


def _not_a_workbook(file: str, error: Exception) -> Problem:
    if isinstance(error, DefusedXmlException | SheetXmlError):
        message = _("The workbook holds a document type declaration or broken XML.")
    else:
        message = _("The file is not an XLSX workbook, or it is damaged or protected by a password.")
    return problem(file, 1, "", "", "bad_file", message, _("Save it as .xlsx without a password, or as CSV."))


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > SMALL_BYTES:
        raise ValueError(name)
    return fromstring(archive.read(name), forbid_dtd=True)


def _book(path: Path, file: str, archive: zipfile.ZipFile, held: Limits) -> Book:
    book = _xml(archive, "xl/workbook.xml")
    relations = {
        relation.get("Id", ""): relation.get("Target", "") for relation in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    sheets = []
    for sheet in book.iter(f"{_space(book)}sheet"):
        target = relations.get(sheet.get(RELATIONS, ""), "")
        entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if archive.getinfo(entry).file_size > held.sheet_bytes:
            message = _("A sheet of the workbook is larger than %d MB; deliver it as CSV.")
            raise TableFault(too_large(file, message % (held.sheet_bytes // MB)))
        sheets.append((sheet.get("name", ""), entry))
    properties = book.find(f"{_space(book)}workbookPr")
    since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return Book(
        path=path,
        file=file,
        sheets=tuple(sheets),
        strings=_strings(file, archive),
        dates=_date_styles(archive),
        epoch=EPOCH_1904 if since_1904 else EPOCH_1900,
    )


def _space(root: Element) -> str:
    return root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""


def _strings(file: str, archive: zipfile.ZipFile) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in archive.namelist():
        return []
    if archive.getinfo(name).file_size > SHARED_BYTES:
        raise TableFault(too_large(file, _("The texts of the workbook take more than %d MB.") % (SHARED_BYTES // MB)))
    with archive.open(name) as stream:
        return shared_strings(stream)


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    root = _xml(archive, "xl/styles.xml")
    space = _space(root)
    own = {int(form.get("numFmtId", "0")): form.get("formatCode", "") for form in root.iter(f"{space}numFmt")}
    formats = root.find(f"{space}cellXfs")
    dates = set()
    for place, style in enumerate(formats if formats is not None else ()):
        number = int(style.get("numFmtId", "0"))
        if number in DATE_FORMATS or (number in own and _is_date_format(own[number])):
            dates.add(place)
    return frozenset(dates)


def _is_date_format(code: str) -> bool:
    plain, quoted, bracket = [], False, False
    for character in code.lower():
        if character == '"':
            quoted = not quoted
        elif character == "[":
            bracket = True
        elif character == "]":
            bracket = False
        elif not quoted and not bracket:
            plain.append(character)
    return any(letter in plain for letter in "ymdhs") and "general" not in "".join(plain)


def _table(book: Book, feed: Feed, file: str, entry: str, held: Limits) -> Table:
    rows = _rows(book, file, entry)
    header_line, header = 1, list[str]()
    for number, cells in rows:
        header = _header(book, cells)
        header_line = number
        if any(header):
            break
    rows.close()
    if len(header) > held.columns:
        raise TableFault(too_large(file, _("The sheet has more than %d columns.") % held.columns, line=header_line))

    def batches() -> Iterator[Batch]:
        return _batches(book, feed, file, entry, header, header_line)

    return Table(feed=feed.name, file=file, header=header, batches=batches, header_line=header_line)


def _header(book: Book, cells: dict[int, Cell]) -> list[str]:
    width = max((place for place, cell in cells.items() if cell.filled), default=-1) + 1
    return [_text(book, cells[place], "text") if place in cells else "" for place in range(min(width, 20_000))]


def _rows(book: Book, file: str, entry: str) -> Generator[tuple[int, dict[int, Cell]], None, None]:
    try:
        with zipfile.ZipFile(book.path) as archive, archive.open(entry) as stream:
            yield from SheetParser(book.strings).rows(stream)
    except (SheetXmlError, zipfile.BadZipFile) as error:
        raise TableFault(_not_a_workbook(file, error)) from None


def _batches(book: Book, feed: Feed, file: str, entry: str, header: list[str], header_line: int) -> Iterator[Batch]:
    kinds = [feed.by_name[name.strip()].kind if name.strip() in feed.by_name else "text" for name in header]
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, cells in _rows(book, file, entry):
        if number <= header_line or not any(cell.filled for cell in cells.values()):
            continue
        row = [_text(book, cells[place], kind) if place in cells else "" for place, kind in enumerate(kinds)]
        if any(place >= len(header) and cell.filled for place, cell in cells.items()):
            row.append("")  # a value beside the headings: more fields than the header
        numbers.append(number)
        rows.append(row)
        if len(rows) >= BATCH_ROWS:
            yield Records(numbers, rows)
            numbers, rows = [], []
    yield Records(numbers, rows)


def _text(book: Book, cell: Cell, kind: str) -> str:
    if cell.bad:
        return BadCell(cell.text or "=")
    if not cell.is_number:
        return cell.text
    try:
        value = float(cell.text)
    except ValueError:
        return cell.text
    if cell.style in book.dates:
        return _date_text(book, value, kind)
    return number_text(value)


def number_text(value: float) -> str:
    """A stored number with the 15 digits that spreadsheets keep, without exponent."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    text = format(Decimal(f"{value:.15g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date_text(book: Book, serial: float, kind: str) -> str:
    try:
        moment = book.epoch + timedelta(seconds=round(serial * 86_400))
    except OverflowError:
        return number_text(serial)
    if book.epoch == EPOCH_1900 and serial < 61:
        # Spreadsheets count a 29 February 1900 that never was; days before it are not to be trusted.
        return number_text(serial)
    if moment.time() != datetime.min.time():
        return moment.isoformat()
    if kind == "month" and moment.day == 1:
        return f"{moment:%Y-%m}"
    return moment.date().isoformat()
