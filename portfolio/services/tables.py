"""What readers and connectors hand over: tables of text cells with line numbers, one per feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from portfolio.services.problems import Problem

BATCH_ROWS = 20_000


class BadCell(str):
    """A cell that its file format could not give a value for (error bad_cell); its text is what to show."""

    __slots__ = ()


class TableFault(Exception):
    """A table cannot be read on: it is left out, or (too_large) the delivery is refused."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.message)
        self.problem = found


@dataclass(frozen=True, slots=True)
class Lines:
    """Physical lines that are one record each: no quotes, no blank ones, no line ends."""

    numbers: Sequence[int]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Records:
    """Split records, each with the number of its last line. A None in place of cells is a malformed record."""

    numbers: Sequence[int]
    rows: Sequence[Sequence[str] | None]


Batch: TypeAlias = Lines | Records


@dataclass
class Table:
    """One file or sheet: the feed it is for, its headings, and its rows in batches, readable once or more."""

    feed: str
    file: str
    header: Sequence[str]
    batches: Callable[[], Iterator[Batch]]
    size: int | None = None
    sha256: str = ""
    header_line: int = 1
    rows_expected: int | None = None
    """For the progress bar; None where it is not known beforehand."""


@dataclass
class Delivery:
    """Everything that is imported as one unit, and what readers found wrong before the first row."""

    tables: list[Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Feeds whose file cannot be read at all."""
    refused: bool = False
    """True when a limit was passed: nothing is imported, whatever the mode."""
    notes: list[str] = field(default_factory=list)
    """What a connector dropped, by reason, and what stays undefined."""


def rows_table(feed: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, file: str = "") -> Table:
    """A table from rows in memory; line numbers count from 2, as if the header were line 1."""
    held = list(rows)

    def batches() -> Iterator[Batch]:
        for start in range(0, len(held), BATCH_ROWS):
            part = held[start : start + BATCH_ROWS]
            yield Records(numbers=range(start + 2, start + 2 + len(part)), rows=part)

    return Table(feed=feed, file=file or f"{feed}.csv", header=list(header), batches=batches, rows_expected=len(held))
