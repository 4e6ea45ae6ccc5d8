"""What every connector shares: foreign files in; rows of feeds, what was dropped and what stays undefined out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portfolio.feed_types import Text
from portfolio.feeds import FEEDS
from portfolio.services.tables import Batch, Delivery, Records, Table, rows_table

LINES_PER_FILE: Final = 1_000_000
"""Rows of one feed may come from several files: the line kept is the file's number times this, plus its own line."""
MAX_TEXT: Final = 10_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class SourceRefused(Exception):
    """The files cannot be translated at all: which file, and one sentence why."""

    def __init__(self, file: str, message: str, line: int = 1) -> None:
        super().__init__(f"{file}: {message}" if file else message)
        self.file = file
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A foreign file, read when asked for."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row comes from: number of the file (from 1) and line in it (a column where projects are columns)."""

    file: int
    line: int

    @property
    def number(self) -> int:
        """Both in one number, as it is stored with the row."""
        return self.file * LINES_PER_FILE + self.line


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that no feed got, by reason."""

    file: str
    what: str
    reason: str
    count: int

    def __str__(self) -> str:
        return f"{self.file}: {self.what}: {self.reason}: {self.count}"


@dataclass
class Translation:
    """What a connector hands over. Cells are texts by column; a column that no row fills is left out."""

    files: list[str]
    rows: dict[str, list[tuple[Place, dict[str, str]]]] = field(default_factory=dict)
    drops: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    undefined: list[str] = field(default_factory=list)
    """What stays without a value, and what to do about it."""
    remarks: list[str] = field(default_factory=list)
    """How the connector read what the source leaves open."""

    def add(self, feed: str, place: Place, **cells: str) -> None:
        """Add a row to a feed. Blank cells are unknown, as everywhere."""
        self.rows.setdefault(feed, []).append((place, cells))

    def drop(self, file: str, what: str, reason: str, count: int = 1) -> None:
        """Count something that is not taken over."""
        if count:
            self.drops[file, what, reason] += count

    @property
    def dropped(self) -> list[Dropped]:
        """What was dropped, in the order of first sight."""
        return [Dropped(*key, count) for key, count in self.drops.items()]

    def source(self, number: int) -> tuple[str, int]:
        """Return file and line of a kept number. Numbers of one-file translations are plain lines."""
        if len(self.files) == 1 or number < LINES_PER_FILE:
            return self.files[0], number
        file, line = divmod(number, LINES_PER_FILE)
        return self.files[file - 1], line

    def header(self, feed: str) -> list[str]:
        """Return the columns of a feed that some row names, in the feed's order."""
        named = {name for _place, cells in self.rows[feed] for name in cells}
        unknown = named - set(FEEDS[feed].by_name)
        if unknown:
            raise ValueError(f"{feed} has no column {', '.join(sorted(unknown))}")
        missing = set(FEEDS[feed].required) - named
        if missing:
            raise ValueError(f"{feed} needs the column {', '.join(sorted(missing))}")
        return [name for name in FEEDS[feed].by_name if name in named]

    def tables(self) -> list[Table]:
        """Return one table a feed, in the order of the contract, each row with its place in the source."""
        tables = []
        single = len(self.files) == 1
        for feed in (name for name in FEEDS if self.rows.get(name)):
            header = self.header(feed)
            cells = [[row.get(name, "") for name in header] for _place, row in self.rows[feed]]
            numbers = [place.line if single else place.number for place, _row in self.rows[feed]]
            used = sorted({place.file for place, _row in self.rows[feed]})
            file = self.files[used[0] - 1] if len(used) == 1 else f"{feed} ({self.files[used[0] - 1]}, \u2026)"
            table = rows_table(feed, header, cells, file=file)
            table.batches = partial(one_batch, Records(numbers, cells))
            tables.append(table)
        return tables

    def notes(self) -> list[str]:
        """Return the report in sentences: how it was read, what was dropped and why, what stays undefined."""
        dropped = [_("Dropped: %(what)s") % {"what": one} for one in self.dropped]
        undefined = [_("Undefined: %(what)s") % {"what": text} for text in self.undefined]
        if len(self.files) > 1:
            numbered = ", ".join(f"{number} {name}" for number, name in enumerate(self.files, start=1))
            kept = _("Lines are kept as file number x %(step)s + line; files: %(files)s") % {
                "step": f"{LINES_PER_FILE:,}",
                "files": numbered,
            }
            return [*self.remarks, kept, *dropped, *undefined]
        return [*self.remarks, *dropped, *undefined]

    def delivery(self) -> Delivery:
        """Return what the write service takes."""
        return Delivery(tables=self.tables(), notes=self.notes())


def one_batch(records: Records) -> Iterator[Batch]:
    """Yield all rows at once."""
    yield records


@dataclass(frozen=True, slots=True)
class Option:
    """A choice a user has, as `--option key=value`."""

    key: str
    help: Text
    check: Callable[[str], bool]
    default: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of source. `translate` is pure: the same files and options give the same rows."""

    name: str
    title: Text
    accepts: Callable[[str], bool]
    """Whether a file of a folder belongs to it, by name."""
    translate: Callable[[Sequence[SourceFile], Mapping[str, str]], Translation]
    options: tuple[Option, ...] = ()

    def options_read(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return all options with their values. SourceRefused on an unknown one or a value out of form."""
        known = {option.key: option for option in self.options}
        for key, value in given.items():
            if key not in known:
                listed = ", ".join(known) or _("none")
                raise SourceRefused(
                    "", _("Unknown option %(key)s; there are: %(listed)s") % {"key": key, "listed": listed}
                )
            if not known[key].check(value):
                raise SourceRefused("", _("Option %(key)s cannot be %(value)s.") % {"key": key, "value": value})
        return {key: given.get(key, option.default) for key, option in known.items()}


def is_currency(text: str) -> bool:
    """Three capital letters."""
    return re.fullmatch("[A-Z]{3}", text) is not None


BASE_CURRENCY: Final = Option(
    "base_currency", gettext_lazy("currency that values are computed in (EPMO_BASE_CURRENCY)"), is_currency
)


def text_clean(text: str) -> str:
    """Return a text without control characters, outer spaces and odd line ends, cut to what a feed takes."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")).strip()
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1] + "\u2026"


def line_clean(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text_clean(text).split())


def currency_note(currency: str, options: Mapping[str, str]) -> list[str]:
    """Return what stays undefined because of the currency; empty when it is the base currency."""
    base = options.get("base_currency", "")
    if base == currency:
        return []
    return [
        _(
            "every value that needs money: amounts are in %(currency)s and the base currency is %(base)s. Import "
            "fx_rates of %(currency)s, or run with %(currency)s as base currency (EPMO_BASE_CURRENCY and "
            "--option base_currency=%(currency)s)."
        )
        % {"currency": currency, "base": base or _("not stated")}
    ]
