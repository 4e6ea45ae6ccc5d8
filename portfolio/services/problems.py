"""What can be wrong with a delivery of facts: one problem, with its place, one sentence and one remedy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

ERROR: Final = "error"
WARNING: Final = "warning"
SHOWN_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of a report. `line` counts from 1 (the header); for a record over several lines, its last."""

    file: str
    line: int
    column: str
    value: str
    code: str
    severity: str
    message: str
    remedy: str

    @property
    def is_error(self) -> bool:
        """Errors leave a row or file out; warnings only tell."""
        return self.severity == ERROR


def problem(
    file: str, line: int, column: str, value: str, code: str, message: str, remedy: str = "", *, warning: bool = False
) -> Problem:
    """A problem; without a remedy of its own it gets the usual one of its code."""
    return Problem(
        file=shown(file),
        line=line,
        column=shown(column),
        value=shown(value),
        code=code,
        severity=WARNING if warning else ERROR,
        message=sys.intern(message),
        remedy=sys.intern(remedy or usual_remedy(code)),
    )


def shown(value: str) -> str:
    """A value as a report may carry it: cut, and without characters that a database or terminal cannot bear."""
    cut = value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 1] + "\u2026"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in cut)


def usual_remedy(code: str) -> str:
    """What to do about a problem of that code."""
    match code:
        case "missing_column":
            return _("Add the column to the first line of the file.")
        case "unknown_column":
            return _("Remove the column, or correct its name.")
        case "missing_value":
            return _("Fill the cell.")
        case "bad_date":
            return _("Write a day as 2026-07-31, a month as 2026-07, an instant as 2026-07-31T08:50:00Z.")
        case "bad_number":
            return _("Write digits with a decimal point and nothing else, at most 18 before it and 10 after it.")
        case "bad_enum":
            return _("Use one of the listed values, written exactly so.")
        case "unknown_reference":
            return _("Deliver the row that this code belongs to, or correct the code.")
        case "duplicate_key":
            return _("Keep one row for each key.")
        case "out_of_range":
            return _("Correct the value so that it lies within the stated bounds.")
        case "overlap":
            return _("End the earlier interval on the day the later one begins.")
        case "end_before_start":
            return _("Correct the end or the start.")
        case "bad_encoding":
            return _("Save the file as UTF-8.")
        case "bad_row":
            return _("Give the row as many fields as the first line has; quote a value that holds a comma or a quote.")
        case "duplicate_column":
            return _("Name every column once.")
        case "unknown_file":
            return _("Name the file for its feed, for example projects.csv.")
        case "duplicate_file":
            return _("Deliver each feed in one file.")
        case "too_long":
            return _("Shorten the value.")
        case "bad_character":
            return _("Remove the control character.")
        case "too_large":
            return _("Split the delivery into smaller ones.")
        case "bad_cell":
            return _("Recalculate and save the workbook, or put a plain value into the cell.")
        case "bad_file":
            return _("Send the file again as it was made, or deliver it as CSV.")
        case "similar_key":
            return _("Check that both are meant; keys are case-sensitive.")
        case _:
            return _("Correct the file and import it again.")


class ProblemLog:
    """Problems in the order they were found, with counts."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self.errors = 0
        self.warnings = 0

    def add(self, found: Problem) -> None:
        """Keep one problem."""
        self._found.append(found)
        if found.severity == ERROR:
            self.errors += 1
        else:
            self.warnings += 1

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.sorted())

    def sorted(self) -> list[Problem]:
        """By file and line; within a row as found."""
        return sorted(self._found, key=lambda p: (p.file, p.line))
