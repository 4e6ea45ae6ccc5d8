"""A scorecard as a printed sheet: the same HTML is the print page and what the PDF is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from dashboards.exports.drawing import bridge_svg, credits_svg, spark_svg
from dashboards.pages.scorecard_sheet import Sheet, SheetGroup, SheetRow
from metrics.index import KEY as INDEX


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A row with its line drawn."""

    row: SheetRow
    spark: SafeString


@dataclass(frozen=True, slots=True)
class PrintedGroup:
    """A group of such rows."""

    group: SheetGroup
    rows: tuple[PrintedRow, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """The sheet with its drawings."""

    sheet: Sheet
    bridge: SafeString | None
    credits: SafeString | None
    groups: tuple[PrintedGroup, ...]


def printed(sheet: Sheet) -> Printed:
    """Draw what the sheet shows."""
    content = sheet.content
    index = content.row(INDEX)
    target = index.green if index is not None and isinstance(index.green, float) else None
    bridge = None
    if content.bridge is not None:
        bridge = bridge_svg(content.bridge, sheet.against, sheet.period, target)
    credits = None
    if sheet.credit_lines and sheet.credits is not None:
        credits = credits_svg(sheet.credit_lines, sheet.credits.title)
    groups = tuple(
        PrintedGroup(group, tuple(PrintedRow(row, spark_svg(row.spark)) for row in group.rows))
        for group in sheet.groups
    )
    return Printed(sheet, bridge, credits, groups)


def printed_html(sheet: Sheet, *, css: str, tight: bool = False, notes: Sequence[str] = ()) -> str:
    """The document; `css` is the address of static/css/printed.css, `tight` sets it smaller."""
    return render_to_string(
        "dashboards/exports/printed.html",
        {
            "page": printed(sheet),
            "css": css,
            "language": get_language() or "en",
            "tight": tight,
            "notes": notes,
        },
    )
