"""XLSX of a scorecard with native charts. Numbers are numbers; nothing that people wrote can be a formula."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import units
from dashboards.exports.csv_file import change_of
from dashboards.exports.floating import floating, floor_of
from dashboards.exports.safe_text import is_formula, plain_text
from dashboards.pages.scorecard_sheet import Sheet, SheetRow
from metrics.index import KEY as INDEX
from metrics.periods import Period

ACCENT, BAD, GREY, INK = "#0b6174", "#a32c0a", "#b3bac0", "#15202a"
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
QUARTERS = 8


@dataclass
class Book:
    """A workbook with its formats."""

    book: Any
    formats: dict[tuple[tuple[str, Any], ...], Any]

    def format(self, **properties: Any) -> Any:
        """One format for each set of properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": "Calibri", "font_size": 10, **properties})
        return self.formats[key]

    def words(self, sheet: Any, row: int, column: int, written: str, **properties: Any) -> None:
        """A text cell. One that looks like a formula is marked as text, as a typed apostrophe does."""
        clean = plain_text(written)
        if is_formula(clean):
            properties["quote_prefix"] = True
        sheet.write_string(row, column, clean[:32_000], self.format(**properties))

    def number(self, sheet: Any, row: int, column: int, value: float | None, pattern: str, **properties: Any) -> None:
        """A number cell; blank where there is none."""
        made = self.format(num_format=pattern, align="right", **properties)
        if value is None:
            sheet.write_blank(row, column, None, made)
        else:
            sheet.write_number(row, column, value, made)


def pattern_of(row: SheetRow, *, sign: bool = False) -> str:
    """The number format of a row's values; a difference carries its sign."""
    held = row.row
    kind = units.kind_of(held.metric, held.component, held.unit)
    base = {
        "percent": "0.0%",
        "percent of 100": "0.0",
        "index": "0.00",
        "points": "0.0",
        "money": "#,##0",
        "count": "#,##0",
    }.get(kind, "#,##0.0")
    return f"+{base};-{base};{base}" if sign else base


def sheet_xlsx(sheet: Sheet) -> bytes:
    """The workbook: the scorecard, its lines, contributions, restatements, and the record with the hash."""
    out = io.BytesIO()
    book = Book(xlsxwriter.Workbook(out, OPTIONS), {})
    book.book.set_properties(
        {
            "title": plain_text(f"{sheet.title} {sheet.period}, {sheet.scope}"),
            "subject": plain_text(sheet.sentence),
            "author": "ePMO",
            "keywords": f"sha256 {sheet.sha256}",
        }
    )
    _scorecard(book, sheet)
    _history(book, sheet)
    if sheet.credit_lines:
        _credits(book, sheet)
    if sheet.restated:
        _restated(book, sheet)
    _record(book, sheet)
    book.book.close()
    return out.getvalue()


def _named(book: Book, name: str) -> Any:
    """A sheet of the workbook; the name without what sheets may not hold."""
    made = book.book.add_worksheet("".join(c for c in name if c not in "[]:*?/\\")[:31])
    made.hide_gridlines(2)
    made.set_landscape()
    made.set_paper(9)
    made.fit_to_pages(1, 0)
    return made


def _scorecard(book: Book, sheet: Sheet) -> None:
    page = _named(book, _("Scorecard"))
    page.set_column(0, 0, 38)
    page.set_column(1, 5, 13)
    page.set_column(6, 6, 16)
    page.set_column(7, 7, 44)
    book.words(page, 0, 0, f"{sheet.title} · {sheet.period} · {sheet.scope}", bold=True)
    book.words(page, 0, 7, sheet.seal, bold=True, align="right", font_color=ACCENT)
    book.words(page, 1, 0, sheet.sentence, font_size=15, bold=True)
    line = 3
    for note in sheet.notes:
        book.words(page, line, 0, note.name, bold=True, valign="top")
        made = book.format(text_wrap=True, valign="top", quote_prefix=is_formula(note.text))
        page.merge_range(line, 1, line, 7, "", made)
        page.write_string(line, 1, plain_text(note.text)[:32_000], made)
        page.set_row(line, 15 * max(1, min(8, len(note.text) // 95 + 1 + note.text.count("\n"))))
        line += 1
    line += 1
    heads = (_("Measure"), _("Actual"), _("Target"), sheet.against, _("Change"), _("Unit"), _("Status"), _("Comment"))
    for column, head in enumerate(heads):
        book.words(page, line, column, head, bold=True, bottom=1, align="right" if 1 <= column <= 4 else "left")
    page.freeze_panes(line + 1, 1)
    page.repeat_rows(line)
    line += 1
    for group in sheet.groups:
        book.words(page, line, 0, group.name, bold=True, font_color=ACCENT, top=1)
        book.words(page, line, 1, group.question, italic=True, top=1)
        line += 1
        for row in group.rows:
            _line(book, page, line, row)
            line += 1
    if sheet.hidden:
        book.words(page, line, 0, sheet.hidden, italic=True)
        line += 1
    book.words(page, line + 1, 0, sheet.foot, italic=True, font_color="#626d77")
    if sheet.sha256:
        book.words(page, line + 2, 0, f"sha256 {sheet.sha256}", font_color="#626d77")
    if sheet.content.bridge is not None:
        _bridge(book, sheet)


def _line(book: Book, page: Any, line: int, row: SheetRow) -> None:
    held, pattern = row.row, pattern_of(row)
    book.words(page, line, 0, row.name)
    book.number(page, line, 1, held.value, pattern, bold=True)
    if isinstance(held.green, float):
        book.number(page, line, 2, held.green, pattern)
    else:
        book.words(page, line, 2, row.target, align="right")
    book.number(page, line, 3, held.previous, pattern)
    color = {"good": ACCENT, "ill": BAD}.get(row.delta.meaning if row.delta else "", INK)
    book.number(page, line, 4, change_of(held), pattern_of(row, sign=True), font_color=color)
    book.words(page, line, 5, units.unit_line(held.metric, held.component, held.unit) or held.unit)
    color = {"ok": ACCENT, "watch": "#8a5a00", "bad": BAD}.get(row.status.kind, INK)
    book.words(page, line, 6, row.status.word, font_color=color, bold=row.status.kind != "none")
    book.words(page, line, 7, row.comment, text_wrap=True)


def _bridge(book: Book, sheet: Sheet) -> None:
    """Floating columns: the invisible part below, gains and losses in their colours."""
    bridge = sheet.content.bridge
    assert bridge is not None
    name = _("Index bridge")
    page = _named(book, name)
    page.set_column(0, 0, 24)
    for column, head in enumerate((_("Step"), _("Below"), _("Mark"), _("Gain"), _("Loss"), _("Points"))):
        book.words(page, 0, column, head, bold=True, bottom=1)
    steps = sorted(bridge.factors.items(), key=lambda pair: -pair[1])
    names = [sheet.against, *(text.factor(factor) for factor, _points in steps), sheet.period]
    points = [bridge.before, *(value for _factor, value in steps), bridge.after]
    floats = floating(bridge)
    lines = [(step, *parts, value) for step, parts, value in zip(names, floats, points, strict=True)]
    for place, (step, *numbers) in enumerate(lines, start=1):
        book.words(page, place, 0, step)
        for column, value in enumerate(numbers, start=1):
            book.number(page, place, column, value, "0.0")
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    last = len(lines)
    for column, color in ((1, None), (2, GREY), (3, ACCENT), (4, BAD)):
        fill = {"none": True} if color is None else {"color": color}
        chart.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, column, last, column],
                "fill": fill,
                "border": {"none": True},
                "gap": 40,
            }
        )
    chart.set_title({"name": sheet.bridge.title if sheet.bridge else name, "name_font": {"size": 12}, "overlay": False})
    chart.set_y_axis(
        {
            "min": floor_of(floats),
            "major_gridlines": {"visible": True, "line": {"color": "#e2ded5"}},
        }
    )
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 320})
    page.insert_chart("H2", chart, {"description": sheet.bridge.unit if sheet.bridge else name})


def _history(book: Book, sheet: Sheet) -> None:
    """Eight quarters of every measure, and a line for each factor and the index."""
    name = _("8 quarters")
    page = _named(book, name)
    page.set_column(0, 0, 38)
    period = Period.parse(sheet.content.period)
    quarters = [f.period(period.shift(-back).code) for back in range(QUARTERS - 1, -1, -1)]
    for column, head in enumerate((_("Measure"), *quarters)):
        book.words(page, 0, column, head, bold=True, bottom=1)
    line = 1
    shown = []
    for group in sheet.groups:
        for row in group.rows:
            book.words(page, line, 0, row.name)
            for column, value in enumerate(row.row.history, start=1):
                book.number(page, line, column, value, pattern_of(row))
            if row.row.metric == INDEX:
                shown.append(line)
            line += 1
    if not shown:
        return
    chart = book.book.add_chart({"type": "line"})
    for place, at in enumerate(shown):
        color = (INK, "#0b6174", "#bb6aa4", "#a86400", "#2f3a78")[place % 5]
        chart.add_series(
            {
                "name": [name, at, 0],
                "categories": [name, 0, 1, 0, QUARTERS],
                "values": [name, at, 1, at, QUARTERS],
                "line": {"color": color, "width": 2.5 if place == 0 else 1.25},
                "marker": {"type": "circle", "size": 4, "fill": {"color": color}, "border": {"color": color}},
            }
        )
    chart.set_title({"name": _("Customer Success Index and its factors"), "name_font": {"size": 12}})
    chart.set_y_axis({"min": 0, "max": 100, "major_gridlines": {"visible": True, "line": {"color": "#e2ded5"}}})
    chart.set_legend({"position": "bottom"})
    chart.show_blanks_as("gap")
    chart.set_size({"width": 720, "height": 340})
    page.insert_chart(line + 1, 0, chart, {"description": _("Customer Success Index and its factors")})


def _credits(book: Book, sheet: Sheet) -> None:
    name = _("Contribution")
    page = _named(book, name)
    page.set_column(0, 0, 40)
    for column, head in enumerate((_("Project"), _("Points"))):
        book.words(page, 0, column, head, bold=True, bottom=1)
    for place, line in enumerate(sheet.credit_lines, start=1):
        book.words(page, place, 0, line.name)
        book.number(page, place, 1, line.points, "+0.00;-0.00;0.00")
    last = len(sheet.credit_lines)
    chart = book.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [name, 0, 1],
            "categories": [name, 1, 0, last, 0],
            "values": [name, 1, 1, last, 1],
            "fill": {"color": ACCENT},
            "invert_if_negative": True,
            "invert_if_negative_color": BAD,
            "gap": 40,
        }
    )
    chart.set_title({"name": sheet.credits.title if sheet.credits else name, "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 90 + 26 * last})
    page.insert_chart("D2", chart, {"description": sheet.credits.unit if sheet.credits else name})


def _restated(book: Book, sheet: Sheet) -> None:
    page = _named(book, _("Restated"))
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 38)
    page.set_column(2, 3, 16)
    page.set_column(4, 4, 60)
    for column, head in enumerate((_("Quarter"), _("Measure"), _("Was"), _("Is now"), _("Reason"))):
        book.words(page, 0, column, head, bold=True, bottom=1)
    for place, line in enumerate(sheet.restated, start=1):
        for column, written in enumerate((line.period, line.name, line.old, line.new, line.reason)):
            book.words(page, place, column, written)


def _record(book: Book, sheet: Sheet) -> None:
    page = _named(book, _("Record"))
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 72)
    lines = [(place.title, ", ".join(part for part in (place.name, place.said) if part)) for place in sheet.places]
    lines += [(_("Record"), line) for line in sheet.record]
    lines += [(_("State"), sheet.seal), ("SHA-256", sheet.sha256)]
    for place, (name, written) in enumerate(lines):
        book.words(page, place, 0, name, bold=True)
        book.words(page, place, 1, written)
    line = len(lines) + 1
    for column, head in enumerate((_("Measure"), _("Definition version"))):
        book.words(page, line, column, head, bold=True, bottom=1)
    for place, (metric, version) in enumerate(sorted(sheet.content.definitions.items()), start=line + 1):
        book.words(page, place, 0, metric)
        book.number(page, place, 1, float(version), "0")
