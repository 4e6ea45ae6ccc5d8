"""Finds and reads the files of a source: folders, zip archives, gzip files, single files."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from connectors.readers.limits import MB, Limits, archive_problem, limits
from connectors.sources.base import SourceFile, SourceRefused

Lines = list[tuple[int, list[str]]]
"""Records with the number of their last line."""


def source_files(paths: Iterable[Path], accepts: Callable[[str], bool]) -> list[SourceFile]:
    """Return the files that belong to a source, in the order of their names. SourceRefused when there are none."""
    held = limits()
    found: list[SourceFile] = []
    for path in paths:
        if path.is_dir():
            found += [found_file(child, held) for child in sorted(path.iterdir()) if accepts(child.name)]
        elif not path.is_file():
            raise SourceRefused(str(path), _("There is no such file or folder."))
        elif zipfile.is_zipfile(path) and not accepts(path.name):
            found += archive_files(path, accepts, held)
        else:
            found.append(found_file(path, held))
    names = [file.name for file in found]
    for name in names:
        if names.count(name) > 1:
            raise SourceRefused(name, _("The file is named twice."))
    if not found:
        raise SourceRefused("", _("There is no file of this source; its page in docs/connectors.md names them."))
    return sorted(found, key=lambda file: file.name)


def found_file(path: Path, held: Limits) -> SourceFile:
    """Return a file on disk."""
    return SourceFile(path.name, lambda: unpacked(path.name, path.read_bytes(), held))


def archive_files(path: Path, accepts: Callable[[str], bool], held: Limits) -> Iterator[SourceFile]:
    """Yield the entries of an archive that belong to the source; limits are looked up before it is unpacked."""
    with zipfile.ZipFile(path) as archive:
        wrong = archive_problem(path.name, archive, held)
        if wrong is not None:
            raise SourceRefused(wrong.file, wrong.message)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    for entry in entries:
        name = Path(entry.filename).name
        if accepts(name):
            yield SourceFile(name, entry_reader(path, entry, held))


def entry_reader(path: Path, entry: zipfile.ZipInfo, held: Limits) -> Callable[[], bytes]:
    """Return a function that reads one entry of an archive."""

    def read() -> bytes:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(entry) as stream:
                return stream.read(held.unpacked_bytes + 1)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise SourceRefused(entry.filename, str(error)) from None

    return read


def unpacked(name: str, data: bytes, held: Limits) -> bytes:
    """Return the bytes of a file, unpacked when it is gzip."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    most = min(held.unpacked_bytes, max(held.ratio_from_bytes, len(data) * held.ratio))
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            plain = stream.read(most + 1)
    except (OSError, EOFError) as error:
        raise SourceRefused(name, str(error)) from None
    if len(plain) > most:
        raise SourceRefused(name, _("The file would unpack to more than %(size)d MB.") % {"size": most // MB})
    return plain


def text_of(file: SourceFile, *encodings: str) -> str:
    """Return a file as text in the first encoding that fits. SourceRefused when none does."""
    data = file.read()
    for encoding in encodings:
        try:
            return codecs.decode(data, encoding)
        except UnicodeDecodeError:
            continue
    listed = " / ".join(encodings)
    raise SourceRefused(file.name, _("The file is not %(encodings)s.") % {"encodings": listed})


def csv_lines(file: SourceFile, text: str, delimiter: str = ",") -> Lines:
    """Return the records of a CSV text that hold anything, each with the number of its last line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: Lines = []
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                found.append((reader.line_num, record))
    except csv.Error as error:
        raise SourceRefused(file.name, str(error), reader.line_num) from None
    if not found:
        raise SourceRefused(file.name, _("The file is empty."))
    return found


def csv_dicts(
    file: SourceFile, needed: Iterable[str], dropped: Callable[[str, int], None], *encodings: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row by heading) of a CSV file with a header; rows of another length are told to `dropped`.

    SourceRefused when a needed heading is missing, named.
    """
    lines = csv_lines(file, text_of(file, *(encodings or ("utf-8-sig",))))
    header = [name.strip() for name in lines[0][1]]
    missing = [name for name in needed if name not in header]
    if missing:
        raise SourceRefused(file.name, _("The column %(column)s is missing.") % {"column": missing[0]})
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            dropped(_("more or fewer fields than headings"), line)
            continue
        yield line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
