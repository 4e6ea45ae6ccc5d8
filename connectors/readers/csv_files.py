"""CSV to tables: UTF-8, RFC 4180, with the number of every record's last line. Reads in chunks, memory stays flat.

Chunks without a quote are split by lines, which is all that CSV is then; the others go through the csv module.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from django.utils.translation import gettext as _

from connectors.readers.limits import MB, Limits, too_large
from portfolio.services.problems import Problem, problem
from portfolio.services.tables import Batch, Lines, Records, Table, TableFault

CHUNK_BYTES = MB
BOM = codecs.BOM_UTF8
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Readable(Protocol):
    """Bytes in pieces."""

    def read(self, size: int = -1, /) -> bytes:
        """The next piece; empty at the end."""


Opener = Callable[[], AbstractContextManager[Readable]]


def csv_table(feed: str, file: str, opener: Opener, held: Limits) -> Table:
    """A table over a CSV file that can be opened again. Raises TableFault for what concerns the whole file.

    The file is read once here: for its encoding, its checksum and the number of its lines.
    """
    csv.field_size_limit(held.cell_characters)
    size, lines, checksum = _survey(file, opener, held)
    header_line, header, skip = _header(file, opener, held)

    def batches() -> Iterator[Batch]:
        with opener() as stream:
            yield from _batches(file, Chunks(stream, held, file), skip)

    return Table(
        feed=feed,
        file=file,
        header=header,
        batches=batches,
        size=size,
        sha256=checksum,
        header_line=header_line,
        rows_expected=max(0, lines - header_line),
    )


def _survey(file: str, opener: Opener, held: Limits) -> tuple[int, int, str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    digest = hashlib.sha256()
    size = lines = 0
    last = b""
    with opener() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if size == 0 and chunk.startswith(UTF16_BOMS):
                raise _bad_encoding(file, 1, _("The file is UTF-16, not UTF-8."))
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _bad_encoding(file, _line_of(error, lines), _("The line is not UTF-8.")) from None
            size += len(chunk)
            if size > held.file_bytes:
                raise TableFault(too_large(file, _("The file is larger than %d MB.") % (held.file_bytes // MB)))
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise _bad_encoding(file, lines + 1, _("The line is not UTF-8.")) from None
    if lines > held.rows:
        raise TableFault(too_large(file, _("The file has more than %d lines.") % held.rows))
    return size, lines + (not last.endswith(b"\n")), digest.hexdigest()


def _line_of(error: UnicodeDecodeError, lines_before: int) -> int:
    # The decoder may hold the first bytes of a character from the chunk before; they hold no line end.
    return lines_before + error.object[: error.start].count(b"\n") + 1


def _bad_encoding(file: str, line: int, message: str) -> TableFault:
    return TableFault(problem(file, line, "", "", "bad_encoding", message))


class Chunks:
    """Decoded pieces of a file, each ending at a line end."""

    def __init__(self, stream: Readable, held: Limits, file: str) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._held = held
        self._file = file
        self._rest = ""
        self._ended = False

    def next(self) -> str | None:
        """The next piece; None at the end."""
        parts = [self._rest]
        length = len(self._rest)
        while not self._ended:
            chunk = self._stream.read(CHUNK_BYTES)
            if not chunk:
                self._ended = True
                break
            text = self._decode(chunk)
            cut = text.rfind("\n") + 1
            if cut:
                self._rest = text[cut:]
                return "".join([*parts, text[:cut]])
            parts.append(text)
            length += len(text)
            if length > self._held.cell_characters * 2:
                raise TableFault(too_large(self._file, _("A line is longer than the limit.")))
        self._rest = ""
        last = "".join(parts)
        return last or None


class LineSource:
    """Lines for the csv module, pulling the next chunk only in the middle of a record."""

    def __init__(self, chunks: Chunks, text: str, number: int) -> None:
        self._chunks = chunks
        self._lines = _lines_of(text)
        self._place = 0
        self.number = number
        self.record: list[str] = []
        """Lines of the record that is being read."""

    def at_end(self) -> bool:
        """Whether every line of the chunks pulled so far was given out."""
        return self._place >= len(self._lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at_end():
            text = self._chunks.next()
            if text is None:
                raise StopIteration
            self._lines, self._place = _lines_of(text), 0
        line = self._lines[self._place]
        self._place += 1
        self.number += 1
        self.record.append(line)
        return line


def _lines_of(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    return lines


def _header(file: str, opener: Opener, held: Limits) -> tuple[int, list[str], int]:
    """Line of the header, its names, and how many lines to skip before the rows."""
    with opener() as stream:
        chunks = Chunks(stream, held, file)
        text = chunks.next()
        if text is None:
            return 1, [], 0
        source = LineSource(chunks, text, 0)
        try:
            for record in csv.reader(source):
                if any(cell.strip() for cell in record):
                    if len(record) > held.columns:
                        message = _("The file has %(count)d columns; the limit is %(limit)d.")
                        raise TableFault(too_large(file, message % {"count": len(record), "limit": held.columns}))
                    return source.number, record, source.number
        except csv.Error as error:
            raise TableFault(_unreadable(file, source.number, error)) from None
        return 1, [], source.number


def _batches(file: str, chunks: Chunks, skip: int) -> Iterator[Batch]:
    number = 0
    while (text := chunks.next()) is not None:
        if number < skip:
            text, number = _skipped(text, number, skip)
        if not text:
            continue
        if '"' in text:
            source = LineSource(chunks, text, number)
            yield _records(file, source)
            number = source.number
        else:
            batch, number = _plain(text, number)
            yield batch


def _skipped(text: str, number: int, skip: int) -> tuple[str, int]:
    while number < skip and text:
        text = text.partition("\n")[2]
        number += 1
    return text, number


def _plain(text: str, number: int) -> tuple[Batch, int]:
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        text = text.replace("\r", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    numbers: range | list[int] = range(number + 1, number + 1 + len(lines))
    number += len(lines)
    if any(not line or line.isspace() for line in lines):
        kept = [(at, line) for at, line in zip(numbers, lines, strict=True) if line and not line.isspace()]
        numbers, lines = [at for at, _line in kept], [line for _at, line in kept]
    return Lines(numbers, lines), number


def _records(file: str, source: LineSource) -> Records:
    numbers: list[int] = []
    rows: list[list[str] | None] = []
    reader = csv.reader(source)
    while not source.at_end():
        source.record.clear()
        try:
            record: list[str] | None = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "field larger" in str(error):
                raise TableFault(_unreadable(file, source.number, error)) from None
            record, reader = None, csv.reader(source)
        if record is not None and source.at_end() and _never_closes(source.record):
            record = None
        if record is None or len(record) > 1 or (record and record[0].strip()):
            numbers.append(source.number)
            rows.append(record)
    return Records(numbers, rows)


def _never_closes(lines: list[str]) -> bool:
    """Whether a quote is still open at the end of the file; outside strict mode the module does not say."""
    if sum(line.count('"') for line in lines) % 2 == 0:
        return False
    try:
        list(csv.reader(lines, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _unreadable(file: str, line: int, error: Exception) -> Problem:
    if "field larger" in str(error):
        return too_large(file, _("A cell is larger than the limit."), line=line)
    return problem(file, line, "", "", "bad_row", _("The line cannot be read as CSV."))
