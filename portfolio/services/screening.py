"""Rows of one table: the good ones become lines for COPY, the others problems. Memory stays flat."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext as _

from portfolio.feed_types import Column, Feed, Rule
from portfolio.services.forms import Cell, Fault, Value, blank, cell_read
from portfolio.services.problems import Problem, ProblemLog, problem
from portfolio.services.rules import rule_check
from portfolio.services.sieve import UNIT, Sieve
from portfolio.services.tables import BadCell, Lines, Records, Table

DELETED = Column("deleted", "bool")

Stored = tuple[str | None, ...]


class Screen:
    """Checks the rows of a table: forms, then ends, then rules across columns. Counts what it saw."""

    def __init__(self, feed: Feed, table: Table, log: ProblemLog) -> None:
        self.feed = feed
        self.table = table
        self.log = log
        self.header = [name.strip() for name in table.header]
        self.columns: list[Column | None] = [
            DELETED if name == "deleted" else feed.by_name.get(name) for name in self.header
        ]
        given = set(self.header)
        # A rule that reads a column the file does not carry is checked later, on the row as it will be stored.
        self.rules = [rule for rule in feed.rules if {rule.column, *rule.others} <= given]
        self.late_rules = [
            rule for rule in feed.rules if rule not in self.rules and {rule.column, *rule.others} & given
        ]
        self.groups = [[rule for rule in group if rule in self.rules] for group in (feed.end_rules, feed.cross_rules)]
        self.sieve = Sieve(feed, self.header, self.rules)
        self.rows = 0
        self.rejected = 0
        self.aside: list[tuple[int | str | None, ...]] = []
        """Good rows that COPY cannot carry."""

    def copy_lines(self, heartbeat: Callable[[int], None]) -> Iterator[bytes]:
        """The good rows as CSV lines for COPY: the line number, then the cells in the order of the header."""
        for batch in self.table.batches():
            yield (self._lines(batch) if isinstance(batch, Lines) else self._records(batch)).encode()
            heartbeat(self.rows)

    def _lines(self, batch: Lines) -> str:
        out: list[str] = []
        match, passes = self.sieve.line.fullmatch, self.sieve.passes
        for number, line in zip(batch.numbers, batch.lines, strict=True):
            found = match(line)
            if found is not None and passes(found):
                out.append(f"{number},{line}\n")
            else:
                self._exact(number, next(csv.reader([line]), []), out)
        self.rows += len(batch.lines)
        return "".join(out)

    def _records(self, batch: Records) -> str:
        out: list[str] = []
        good: list[list[object]] = []
        match, passes = self.sieve.record.fullmatch, self.sieve.passes
        width = len(self.header)
        for number, cells in zip(batch.numbers, batch.rows, strict=True):
            if cells is not None and len(cells) == width:
                trimmed = [cell.strip(" ") for cell in cells]
                found = match(UNIT.join(trimmed))
                if found is not None and passes(found) and BadCell not in map(type, cells):
                    good.append([number, *trimmed])
                    continue
            self._exact(number, cells, out)
        self.rows += len(batch.rows)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(good)
        return text.getvalue() + "".join(out)

    def _exact(self, number: int, cells: Sequence[str] | None, out: list[str]) -> None:
        found = self.row_problems(number, cells)
        if isinstance(found, list):
            self.rejected += 1
            for one in found:
                self.log.add(one)
        elif any(cell and "\n\\." in cell for cell in found):
            # COPY would take a line with nothing but \. as its end, even inside quotes.
            self.aside.append((number, *found))
        else:
            out.append(copy_line(number, found))

    def row_problems(self, number: int, cells: Sequence[str] | None) -> list[Problem] | Stored:
        """The problems of a row's first failing group of checks, or its cells as stored when there are none."""
        if cells is None or len(cells) != len(self.header):
            return [self._bad_row(number, cells)]
        problems: list[Problem] = []
        values: dict[str, Value | None] = {}
        stored: list[str | None] = []
        removes = self._removes(cells)
        for name, column, raw in zip(self.header, self.columns, cells, strict=True):
            cell = self._cell(column, raw, needed=not removes or name in self.feed.key)
            if isinstance(cell, Fault):
                problems.append(problem(self.table.file, number, name, raw, cell.code, cell.message))
                continue
            values[name] = cell.value if cell else None
            stored.append(cell.stored if cell else None)
        if problems or removes:
            return problems or tuple(stored)
        by_name = dict(zip(self.header, cells, strict=True))
        for group in self.groups:
            problems = self._broken(group, values, by_name, number)
            if problems:
                return problems
        return tuple(stored)

    def _removes(self, cells: Sequence[str]) -> bool:
        return any(
            column is DELETED and cell.strip(" ") == "true" for column, cell in zip(self.columns, cells, strict=True)
        )

    @staticmethod
    def _cell(column: Column | None, raw: str, *, needed: bool) -> Cell | Fault | None:
        if column is None:
            return None
        if isinstance(raw, BadCell):
            return Fault("bad_cell", _("The cell holds an error or a formula without a stored value."))
        text = raw.strip(" ")
        if not blank(text):
            return cell_read(column, text)
        if column.required and needed:
            return Fault("missing_value", _("The value is required and the cell is blank."))
        return None

    def _broken(
        self, rules: Sequence[Rule], values: dict[str, Value | None], cells: dict[str, str], number: int
    ) -> list[Problem]:
        found: dict[str, Problem] = {}
        for rule in rules:
            fault = rule_check(rule, values)
            if fault is not None and rule.column not in found:
                found[rule.column] = problem(
                    self.table.file, number, rule.column, cells[rule.column], fault.code, fault.message
                )
        return list(found.values())

    def _bad_row(self, number: int, cells: Sequence[str] | None) -> Problem:
        if cells is None:
            message = _("The quotes of this record do not close.")
        else:
            message = _("The row has %(found)d fields and the first line has %(expected)d.") % {
                "found": len(cells),
                "expected": len(self.header),
            }
        return problem(self.table.file, number, "", "", "bad_row", message)


def copy_line(number: int, cells: Sequence[str | None]) -> str:
    """One line of CSV as COPY reads it, every value quoted; None is NULL."""
    quoted = ['"' + cell.replace('"', '""') + '"' if cell is not None else "" for cell in cells]
    return f"{number},{','.join(quoted)}\n"


def repeated(names: Sequence[str]) -> list[str]:
    """Headings that stand twice; blank ones are none."""
    return [name for name, times in Counter(names).items() if name and times > 1]


def header_problems(feed: Feed, table: Table) -> tuple[list[Problem], bool]:
    """What is wrong with the first line, and whether the table is left out for it."""
    names = [name.strip() for name in table.header]
    found: list[Problem] = []
    line = table.header_line
    for name in repeated(names):
        message = _("The heading stands twice in the first line.")
        found.append(problem(table.file, line, name, name, "duplicate_column", message))
    remedy = ""
    if len(names) == 1 and ";" in names[0]:
        remedy = _("The file seems to be separated by semicolons; save it with commas and a decimal point.")
    for name in feed.required:
        if name not in names:
            message = _("The column is required and not in the first line.")
            found.append(problem(table.file, line, name, "", "missing_column", message, remedy))
    left_out = bool(found)
    for name in dict.fromkeys(names):
        if name != "deleted" and name not in feed.by_name:
            message = _("The column is not part of this feed and is ignored.")
            found.append(problem(table.file, line, name, name, "unknown_column", message, warning=True))
    return found, left_out
