"""CSV of a scorecard: one line a measure, every line with the hash; numbers exact, texts never formulas."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from dashboards.exports.safe_text import csv_text
from dashboards.pages.scorecard_sheet import Sheet
from metrics.scorecards.content import Row
from metrics.targets import Limit

COLUMNS = (
    "period",
    "scope_kind",
    "scope",
    "group",
    "metric",
    "component",
    "version",
    "name",
    "unit",
    "actual",
    "previous_period",
    "previous",
    "change",
    "green_from",
    "green_to",
    "amber_from",
    "amber_to",
    "direction",
    "status",
    "colour",
    "judgement",
    "n",
    "comment",
    "state",
    "sha256",
)


def sheet_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM, so that spreadsheets read it rightly."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    content = sheet.content
    for group in sheet.groups:
        for line in group.rows:
            row = line.row
            writer.writerow(
                [
                    content.period,
                    row.scope_kind,
                    csv_text(row.scope),
                    group.key,
                    row.metric,
                    row.component,
                    row.version,
                    csv_text(line.name),
                    row.unit,
                    _number(row.value),
                    content.previous_period,
                    _number(row.previous),
                    _number(change_of(row)),
                    *_limits(row.green, row.direction),
                    *_limits(row.amber, row.direction),
                    row.direction,
                    row.status,
                    row.colour,
                    csv_text(line.status.word),
                    "" if row.n is None else row.n,
                    csv_text(line.comment),
                    csv_text(sheet.seal),
                    sheet.sha256,
                ]
            )
    return ("\ufeff" + out.getvalue()).encode()


def change_of(row: Row) -> float | None:
    """Now less before."""
    return None if row.value is None or row.previous is None else row.value - row.previous


def _number(value: float | None) -> str:
    """All digits, no exponent: a minus stands before digits only."""
    return "" if value is None else format(Decimal(repr(float(value))), "f")


def _limits(limit: Limit | None, direction: str) -> tuple[str, str]:
    """A limit as from and to: one of the two is blank unless it is a range."""
    if limit is None:
        return "", ""
    if isinstance(limit, tuple):
        return _number(limit[0]), _number(limit[1])
    return ("", _number(limit)) if direction == "lower" else (_number(limit), "")
