"""PPTX of a scorecard with native charts: our own deck, or an own template whose placeholders are filled."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from pptx import Presentation
from pptx.enum.text import PP_ALIGN
from pptx.util import Emu, Pt

from dashboards.exports import pptx_parts as parts
from dashboards.exports.pptx_template import fill_template
from dashboards.exports.safe_text import plain_text
from dashboards.pages.scorecard_sheet import Sheet, SheetGroup

WIDE, HIGH, EDGE = 12_192_000, 6_858_000, 560_000
MOST_ROWS = 13
"""Rows that a slide holds."""


def sheet_pptx(sheet: Sheet, template: bytes | None = None) -> bytes:
    """The presentation."""
    if template is not None:
        presentation = fill_template(template, sheet)
    else:
        presentation = Presentation()
        presentation.slide_width, presentation.slide_height = Emu(WIDE), Emu(HIGH)
        _opening(presentation, sheet)
        for groups in _slides_of(sheet.groups):
            _table(presentation, sheet, groups)
        if sheet.credit_lines:
            _credits(presentation, sheet)
        _closing(presentation, sheet)
    properties = presentation.core_properties
    properties.title = plain_text(f"{sheet.title} {sheet.period}, {sheet.scope}")[:255]
    properties.subject = plain_text(sheet.sentence)[:255]
    properties.author = "ePMO"
    properties.keywords = f"sha256 {sheet.sha256}"
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def _slide(presentation: Any, sheet: Sheet, title: str, size: float = 26) -> Any:
    """A slide of the layout `title only`, so that outline and screen readers find its title."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = EDGE, 330_000, WIDE - 2 * EDGE, 900_000
    head.text_frame.word_wrap = True
    head.text_frame.text = ""
    parts.write(head.text_frame, title, size, bold=True, font="Georgia")
    head.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    foot = slide.shapes.add_textbox(EDGE, HIGH - 420_000, WIDE - 2 * EDGE, 300_000)
    foot.name = "footer"
    said = f"{sheet.title} · {sheet.period} · {sheet.scope} · {sheet.seal}"
    if sheet.sha256:
        said = f"{said} · sha256 {sheet.hash_short}"
    parts.write(foot.text_frame, said, 10, color=parts.INK_2)
    foot.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    return slide


def _chart_at(slide: Any, left: int, top: int, width: int, height: int, name: str) -> parts.ADD_CHART:
    def add(kind: Any, data: Any) -> Any:
        frame = slide.shapes.add_chart(kind, left, top, width, height, data)
        frame.name = name
        frame._element.nvGraphicFramePr.cNvPr.set("descr", plain_text(name))
        return frame.chart

    return add


def _opening(presentation: Any, sheet: Sheet) -> None:
    slide = _slide(presentation, sheet, sheet.sentence)
    half = (WIDE - 3 * EDGE) // 2
    title = slide.shapes.add_textbox(EDGE, 1_350_000, half, 420_000)
    title.text_frame.word_wrap = True
    if sheet.bridge is not None:
        parts.write(title.text_frame, sheet.bridge.title, 14, bold=True)
        parts.bridge_chart(_chart_at(slide, EDGE, 1_750_000, half, 4_500_000, sheet.bridge.title), sheet)
    else:
        parts.write(title.text_frame, sheet.bridge_remark, 12, color=parts.INK_2)
    notes = slide.shapes.add_textbox(2 * EDGE + half, 1_350_000, half, 4_900_000)
    frame = notes.text_frame
    frame.word_wrap = True
    first = True
    for note in sheet.notes:
        if not note.text:
            continue
        for words, bold, size, font in ((note.name, True, 12, ""), (note.text, False, 15, "Georgia")):
            paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
            first = False
            run = paragraph.add_run()
            run.text = plain_text(words)
            run.font.size, run.font.bold = Pt(size), bold
            run.font.color.rgb = parts.rgb(parts.INK)
            if font:
                run.font.name = font
            paragraph.space_after = Pt(2 if bold else 10)


def _slides_of(groups: Sequence[SheetGroup]) -> list[list[SheetGroup]]:
    """Groups put together while they fit one slide; money never on a slide of its own."""
    found: list[list[SheetGroup]] = []
    for group in groups:
        for start in range(0, len(group.rows), MOST_ROWS):
            piece = SheetGroup(group.key, group.name, group.question, group.rows[start : start + MOST_ROWS])
            if found and sum(len(g.rows) for g in found[-1]) + len(piece.rows) <= MOST_ROWS:
                found[-1].append(piece)
            else:
                found.append([piece])
    if len(found) > 1 and [group.key for group in found[-1]] == ["financial"] and len(found[-2]) > 1:
        found[-1].insert(0, found[-2].pop())
    return found


def _table(presentation: Any, sheet: Sheet, groups: Sequence[SheetGroup]) -> None:
    slide = _slide(presentation, sheet, ", ".join(group.name for group in groups), 22)
    width = WIDE - 2 * EDGE

    def add(rows: int, columns: int) -> Any:
        frame = slide.shapes.add_table(rows, columns, EDGE, 1_250_000, width, 300_000 * rows)
        frame.name = ", ".join(group.name for group in groups)
        return frame.table

    parts.rows_table(add, groups, sheet, width, 11)


def _credits(presentation: Any, sheet: Sheet) -> None:
    slide = _slide(presentation, sheet, sheet.credits_said, 22)
    if sheet.credits is not None:
        unit = slide.shapes.add_textbox(EDGE, 1_230_000, WIDE - 2 * EDGE, 320_000)
        parts.write(unit.text_frame, sheet.credits.unit, 12, color=parts.INK_2)
        add = _chart_at(slide, EDGE, 1_600_000, WIDE - 2 * EDGE, 4_700_000, sheet.credits.title)
        parts.credits_chart(add, sheet)


def _closing(presentation: Any, sheet: Sheet) -> None:
    slide = _slide(presentation, sheet, _("Sign-off and record"), 22)
    half = (WIDE - 3 * EDGE) // 2
    box = slide.shapes.add_textbox(EDGE, 1_300_000, half, 4_000_000)
    box.text_frame.word_wrap = True
    signed = "\n".join(" · ".join(part for part in (p.title, p.name, p.said) if part) for p in sheet.places)
    record = "\n".join([*sheet.record, sheet.seal, f"sha256 {sheet.sha256}" if sheet.sha256 else ""]).strip()
    parts.write(box.text_frame, f"{signed}\n{record}".strip(), 13)
    if sheet.restated:
        lines = [_("Restated since earlier scorecards")]
        lines += [
            _("%(period)s %(name)s: was %(old)s, is %(new)s. %(reason)s")
            % {"period": r.period, "name": r.name, "old": r.old, "new": r.new, "reason": r.reason}
            for r in sheet.restated[:12]
        ]
        other = slide.shapes.add_textbox(2 * EDGE + half, 1_300_000, half, 4_000_000)
        other.text_frame.word_wrap = True
        parts.write(other.text_frame, "\n".join(lines), 12)
    elif sheet.content.bridge is not None:
        parts.index_chart(
            _chart_at(slide, 2 * EDGE + half, 1_300_000, half, 4_300_000, _("Customer Success Index and its factors")),
            sheet,
        )
