"""Writing facts over REST: JSON and CSV become tables of text cells for the one write path, its report an answer."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from api.columns import meant
from api.parsers import NumberText, load_json
from api.problems import FieldError, Problem, refused
from portfolio.feed_types import MAX_CODE, Column, Feed
from portfolio.models import ChangeSet
from portfolio.services.facts import Report, facts_write
from portfolio.services.tables import Delivery, Records, Table

READ_ONLY = frozenset({"key", "url", "not_visible"})
MAX_BULK_ROWS = 50_000
MAX_CELL = 131_072  # characters
MAX_ERRORS = 1000
# Beyond this a number written with an exponent is not written out; the check of the form then refuses it.
MAX_EXPONENT = 40
DELETED = Column("deleted", "bool")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a body: the line it stands on, and its cells by column."""

    number: int
    cells: Mapping[str, str]


def cells_of(feed: Feed, body: Any, *, columns: Mapping[str, Column] | None = None) -> dict[str, str]:
    """The cells of a JSON object by column. Raises Problem 400 that names every field that is not one."""
    if not isinstance(body, dict):
        raise refused("", "bad_type", _("Expected a JSON object with the columns of the row."))
    known = columns or feed.by_name
    errors: list[FieldError] = []
    cells: dict[str, str] = {}
    for name, value in body.items():
        column = known.get(name)
        if column is not None:
            cells[name] = cell_text(column, value, errors)
        elif name not in READ_ONLY:
            message = _("This feed has no such column; it has %(names)s.") % {"names": ", ".join(known)}
            errors.append(FieldError(name[:MAX_CODE], "unknown_column", message))
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The row cannot be read."), errors[:MAX_ERRORS])
    return cells


def cell_text(column: Column, value: Any, errors: list[FieldError]) -> str:
    """A JSON value as the text that a fact file would hold."""
    if value is None:
        return ""
    if isinstance(value, NumberText) and column.is_number:
        return written_out(value)
    if isinstance(value, bool) and column.kind == "bool":
        return "true" if value else "false"
    if isinstance(value, str) and not isinstance(value, NumberText):
        try:
            value.encode()
        except UnicodeEncodeError:
            errors.append(FieldError(column.name, "bad_character", _("The text holds half a character.")))
        return value
    expected = _("a number") if column.is_number else _("true or false") if column.kind == "bool" else _("text")
    message = _("Expected %(expected)s or null.") % {"expected": expected}
    errors.append(FieldError(column.name, "bad_type", message))
    return ""


def written_out(number: NumberText) -> str:
    """A JSON number without an exponent."""
    if "e" not in number.lower():
        return str(number)
    try:
        exact = Decimal(number)
    except InvalidOperation:
        return str(number)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or abs(exact.adjusted()) > MAX_EXPONENT:
        return str(number)
    return format(exact, "f")


def rows_write(
    feed: Feed,
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str] | None]],
    *,
    actor: User,
    note: str = "",
    guard: Callable[[], None] | None = None,
) -> Report:
    """Writes rows (each with its line) through the one write path, all or nothing. Raises Problem 400."""
    held = list(rows)

    def batches() -> Iterator[Records]:
        yield Records(numbers=[number for number, _cells in held], rows=[cells for _number, cells in held])

    table = Table(feed=feed.name, file="body", header=list(header), batches=batches, rows_expected=len(held))
    report = facts_write(
        delivery=Delivery(tables=[table]), kind=ChangeSet.Kind.API, actor=actor, note=note, guard=guard
    )
    if report.status == "refused":
        errors = [found for found in report.problems if found.is_error]
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            _("Nothing was stored: %(n)d errors.") % {"n": len(errors)},
            [
                FieldError(found.column, found.code, f"{found.message} {found.remedy}", found.line, found.value)
                for found in errors[:MAX_ERRORS]
            ],
            more={"error_count": len(errors)},
        )
    return report


def row_write(feed: Feed, cells: Mapping[str, str], *, actor: User, guard: Callable[[], None] | None = None) -> Report:
    """Writes one row; `cells` holds its key and whatever is to change."""
    return rows_write(feed, list(cells), [(1, list(cells.values()))], actor=actor, guard=guard)


def json_lines(feed: Feed, raw: bytes) -> list[Line]:
    """The rows of a body of JSON lines; blank lines are skipped. Raises Problem 400 that names the line."""
    columns = {**feed.by_name, DELETED.name: DELETED}
    found: list[Line] = []
    errors: list[FieldError] = []
    for number, text in enumerate(raw.split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            found.append(Line(number, cells_of(feed, load_json(text), columns=columns)))
        except Problem as problem:
            errors += [FieldError(one.field, one.code, one.message, number) for one in problem.errors]
        limit_rows(len(found), errors)
    errors += uneven(feed, found)
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The rows cannot be read."), errors[:MAX_ERRORS])
    return found


def uneven(feed: Feed, lines: Sequence[Line]) -> Iterator[FieldError]:
    """Fields that some lines have and others lack: cleared or kept would be a guess. Removals need their key only."""
    names = {name for line in lines for name in line.cells}
    for line in lines:
        if line.cells.get(DELETED.name) == "true":
            missing = set(feed.key) - set(line.cells)
        else:
            missing = names - set(line.cells) - {DELETED.name}
        for name in sorted(missing):
            message = _("Other lines have this field; give it, or null to clear it.")
            yield FieldError(name, "missing_field", message, line.number)


def limit_rows(count: int, errors: Sequence[FieldError]) -> None:
    """413 for more rows than one request may hold; stops after enough errors."""
    if count > MAX_BULK_ROWS:
        message = _("More than %(n)d rows. Send them as an import.") % {"n": MAX_BULK_ROWS}
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    if len(errors) >= MAX_ERRORS:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The rows cannot be read."), errors)


def lines_table(feed: Feed, lines: Sequence[Line]) -> tuple[list[str], list[tuple[int, Sequence[str]]]]:
    """Heading and rows of lines; empty without lines. What is required but not given becomes a blank that is named."""
    names = dict.fromkeys(name for line in lines for name in line.cells)
    header = list({**names, **dict.fromkeys(feed.required)}) if names else []
    return header, [(line.number, [line.cells.get(name, "") for name in header]) for line in lines]


def csv_table(raw: bytes) -> tuple[list[str], list[tuple[int, Sequence[str] | None]]]:
    """Heading and rows of a CSV body; a row with too many or too few fields comes as None. Raises Problem 400."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            _("The body is not UTF-8."),
            [FieldError("", "bad_encoding", _("Not UTF-8."), line)],
        ) from error
    csv.field_size_limit(MAX_CELL)  # one number for the whole process: readers of files set it to theirs
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, Sequence[str] | None]] = []
    try:
        header = next((row for row in reader if row), [])
        for row in reader:
            if row:
                rows.append((reader.line_num, [meant(cell) for cell in row] if len(row) == len(header) else None))
                limit_rows(len(rows), ())
    except csv.Error as error:
        message = _("This is not CSV: %(error)s.") % {"error": error}
        raise Problem(HTTPStatus.BAD_REQUEST, message, [FieldError("", "bad_row", message, reader.line_num)]) from error
    return header, rows
