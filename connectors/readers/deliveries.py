"""Paths to one delivery: folders, archives, CSV files and workbooks, recognised by content and by name."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from connectors.readers.csv_files import Opener, csv_table
from connectors.readers.limits import Limits, archive_problem, limits
from connectors.readers.workbooks import workbook_tables
from portfolio.feeds import FEEDS
from portfolio.services.problems import problem, shown
from portfolio.services.tables import Delivery, Table, TableFault

ZIP_MAGIC = b"PK"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"
WORKBOOK_ENTRY = "xl/workbook.xml"


def delivery_read(paths: Sequence[Path], *, held: Limits | None = None) -> Delivery:
    """Everything below the paths as one unit. What cannot be read is a problem of the delivery, never an exception."""
    reader = _Reading(held or limits())
    for path in paths:
        reader.take(path)
    return reader.delivery


class _Reading:
    """Collects tables; the first file of a feed counts."""

    def __init__(self, held: Limits) -> None:
        self.held = held
        self.delivery = Delivery()
        self._feeds: dict[str, str] = {}

    def take(self, path: Path) -> None:
        """Add whatever lies at a path."""
        if path.is_dir():
            for entry in sorted(path.iterdir()):
                if not entry.name.startswith(".") and entry.is_file():
                    self._file(entry, shown(entry.name), inside=True)
        else:
            self._file(path, shown(path.name))

    def _file(self, path: Path, name: str, *, inside: bool = False) -> None:
        with path.open("rb") as stream:
            magic = stream.read(4)
        suffix = Path(name).suffix.lower()
        if magic.startswith(ZIP_MAGIC) and not inside:
            self._archive(path, name)
        elif suffix in (".xlsx", ".xlsm", ".xls", ".zip") and not inside:
            self._bad_file(name, magic)
        elif self._known(name):
            self._csv(name, lambda: path.open("rb"))

    def _known(self, name: str) -> bool:
        path = PurePosixPath(name)
        if path.suffix == ".csv" and path.stem in FEEDS:
            return True
        message = _("The file is not named for a feed and is ignored.")
        self.delivery.problems.append(problem(name, 1, "", "", "unknown_file", message, warning=True))
        return False

    def _bad_file(self, name: str, magic: bytes) -> None:
        if magic.startswith(OLE_MAGIC):
            message = _("The file is protected by a password or in the old Excel format.")
        else:
            message = _("The content of the file does not fit its name.")
        remedy = _("Save it as .xlsx without a password, or as CSV.")
        self.delivery.problems.append(problem(name, 1, "", "", "bad_file", message, remedy))

    def _archive(self, path: Path, name: str) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                found = archive_problem(name, archive, self.held)
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            found, names = problem(name, 1, "", "", "bad_file", _("The archive is damaged.")), []
        if found is not None:
            self.delivery.problems.append(found)
            self.delivery.refused |= found.code == "too_large"
        elif WORKBOOK_ENTRY in names:
            tables, problems = workbook_tables(path, name, self.held)
            for one in problems:
                self.delivery.problems.append(one)
                self.delivery.refused |= one.code == "too_large"
            for table in tables:
                self._add(table)
        else:
            for entry in _members(names):
                self._member(path, entry)

    def _member(self, path: Path, entry: str) -> None:
        if self._known(PurePosixPath(entry).name):
            self._csv(PurePosixPath(entry).name, lambda: _Member(path, entry))

    def _csv(self, name: str, opener: Opener) -> None:
        feed = PurePosixPath(name).stem
        if self._taken(feed, name):
            return
        try:
            self._add(csv_table(feed, name, opener, self.held))
        except TableFault as fault:
            self._feeds[feed] = name
            self.delivery.problems.append(fault.problem)
            self.delivery.left_out.append(feed)
            self.delivery.refused |= fault.problem.code == "too_large"
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            message = _("The file cannot be read: %(error)s.") % {"error": type(error).__name__}
            self.delivery.problems.append(problem(name, 1, "", "", "bad_file", message))

    def _add(self, table: Table) -> None:
        if not self._taken(table.feed, table.file):
            self._feeds[table.feed] = table.file
            self.delivery.tables.append(table)

    def _taken(self, feed: str, name: str) -> bool:
        if feed not in self._feeds:
            return False
        message = _("%(first)s is for the same feed; this file is ignored.") % {"first": self._feeds[feed]}
        self.delivery.problems.append(problem(name, 1, "", "", "duplicate_file", message, warning=True))
        return True


def _members(names: Sequence[str]) -> list[str]:
    """Files of an archive, whatever folder they lie in; only the last part of a name counts. Nothing is unpacked."""
    return sorted(
        name
        for name in names
        if not name.endswith("/") and not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
    )


class _Member:
    """An archive's entry as a file that closes its archive with it."""

    def __init__(self, path: Path, entry: str) -> None:
        self._archive = zipfile.ZipFile(path)
        self._stream = self._archive.open(entry)

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return self._stream.read(size)

    def __enter__(self) -> _Member:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stream.close()
        self._archive.close()
