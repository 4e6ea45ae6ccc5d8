"""An own presentation as template: what may be uploaded, and how its placeholders are filled.

A placeholder is a word in double braces: `{{sentence}}` anywhere in a text, or `{{bridge}}` as the whole text (or the
name) of a shape, which gives its place and size to a native chart or table. `{{rows:tactical}}` is the table of one
family. A layout of the template may hold them too, when the template has no slides.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from dashboards.exports import pptx_parts as parts
from dashboards.exports.safe_text import plain_text
from dashboards.pages.scorecard_sheet import GROUPS, Sheet

LARGEST = 10 * 1024 * 1024
LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_PARTS = 1500
MOST_RATIO = 200
TOKEN = re.compile(r"\{\{\s*([a-z0-9_:]+)\s*\}\}")
TEXTS = (
    "title",
    "period",
    "scope",
    "sentence",
    "seal",
    "happened",
    "doing",
    "unknown",
    "contribution",
    "signed",
    "record",
    "sha256",
)
CHARTS = {"bridge": parts.bridge_chart, "credits": parts.credits_chart, "index": parts.index_chart}
TABLES = ("rows", *(f"rows:{group}" for group in GROUPS))
KNOWN = (*TEXTS, *CHARTS, *TABLES)


class TemplateRefused(ValueError):
    """A file that cannot serve as a template; the message says why and what to do."""


def template_check(data: bytes) -> list[str]:
    """The known placeholders in a template, in the order of KNOWN. Raises TemplateRefused."""
    if len(data) > LARGEST:
        raise TemplateRefused(_("The file is larger than %(n)s MB.") % {"n": LARGEST // 1024 // 1024})
    _check_zip(data)
    presentation = _open(data)
    named = {token for shape in _shapes(presentation) for token in _tokens_of(shape)}
    found = [token for token in KNOWN if token in named]
    if not found:
        known = ", ".join(f"{{{{{token}}}}}" for token in KNOWN)
        raise TemplateRefused(_("The presentation has no placeholder. Write some of: %(known)s.") % {"known": known})
    return found


def _check_zip(data: bytes) -> None:
    refused = TemplateRefused(_("The file is not a PPTX presentation."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries) or 1
            if len(entries) > MOST_PARTS or total > LARGEST_UNPACKED or total / packed > MOST_RATIO:
                raise TemplateRefused(_("The presentation unpacks to more than can be opened safely."))
            names = [entry.filename for entry in entries]
            if "[Content_Types].xml" not in names or not any(name == "ppt/presentation.xml" for name in names):
                raise refused
            if any("vbaproject" in name.lower() or "activex" in name.lower() for name in names):
                raise TemplateRefused(_("The presentation holds macros. Save it as PPTX without them."))
            for name in names:
                if name.endswith(".rels"):
                    for link in re.findall(rb"<Relationship\b[^>]*>", archive.read(name)):
                        if b'"External"' in link and b"/hyperlink" not in link:
                            raise TemplateRefused(_("The presentation links to other files. Embed them instead."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise refused from error


def _open(data: bytes) -> Any:
    from pptx import Presentation

    try:
        return Presentation(io.BytesIO(data))
    except Exception as error:  # a package that is broken inside fails in many ways
        raise TemplateRefused(_("The presentation cannot be opened.")) from error


def _shapes(presentation: Any) -> Iterator[Any]:
    """Shapes of all slides, and of layouts when there are no slides."""
    holders = list(presentation.slides) or list(presentation.slide_layouts)
    for holder in holders:
        yield from _inside(holder.shapes)


def _inside(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _inside(shape.shapes)
        else:
            yield shape


def _tokens_of(shape: Any) -> list[str]:
    words = shape.text_frame.text if shape.has_text_frame else ""
    if getattr(shape, "has_table", False) and shape.has_table:
        words += " ".join(cell.text for row in shape.table.rows for cell in row.cells)
    return TOKEN.findall(f"{words} {shape.name}")


def fill_template(data: bytes, sheet: Sheet) -> Any:
    """The presentation with every known placeholder filled; unknown ones stay as they are."""
    presentation = _open(data)
    if not list(presentation.slides):
        for layout in presentation.slide_layouts:
            if any(_tokens_of(shape) for shape in layout.placeholders):
                _slide_of_layout(presentation, layout)
    words = _texts(sheet)
    said = False
    for slide in presentation.slides:
        for shape in list(_inside(slide.shapes)):
            said |= "sha256" in _tokens_of(shape)
            block = _block_of(shape)
            if block:
                _fill_block(slide, shape, block, sheet)
            elif shape.has_text_frame:
                _fill_text(shape.text_frame, words)
            elif getattr(shape, "has_table", False) and shape.has_table:
                for row in shape.table.rows:
                    for cell in row.cells:
                        _fill_text(cell.text_frame, words)
    slides = list(presentation.slides)
    if slides and not said and sheet.sha256:
        # Every export carries the hash.
        edge = 200_000
        box = slides[-1].shapes.add_textbox(
            edge, presentation.slide_height - 300_000, presentation.slide_width - 2 * edge, 250_000
        )
        parts.write(box.text_frame, f"sha256 {sheet.sha256}", 8, color=parts.INK_2)
    return presentation


def _slide_of_layout(presentation: Any, layout: Any) -> None:
    """A slide of a layout whose placeholders carry the layout's names and prompts."""
    slide = presentation.slides.add_slide(layout)
    prompts = {shape.placeholder_format.idx: shape for shape in layout.placeholders}
    for shape in slide.placeholders:
        prompt = prompts.get(shape.placeholder_format.idx)
        if prompt is None:
            continue
        shape.name = prompt.name
        if shape.has_text_frame and prompt.has_text_frame:
            shape.text_frame.text = prompt.text_frame.text


def _block_of(shape: Any) -> str:
    """The chart or table that takes a shape's place; blank for none."""
    whole = [shape.name.strip()]
    if shape.has_text_frame:
        whole.append(shape.text_frame.text.strip())
    for words in whole:
        match = TOKEN.fullmatch(words)
        if match and (match[1] in CHARTS or match[1] in TABLES):
            return match[1]
    return ""


def _fill_block(slide: Any, shape: Any, block: str, sheet: Sheet) -> None:
    left, top, width, height = shape.left, shape.top, shape.width, shape.height

    if block in CHARTS:

        def add_chart(kind: Any, data: Any) -> Any:
            if hasattr(shape, "insert_chart"):
                return shape.insert_chart(kind, data).chart
            frame = slide.shapes.add_chart(kind, left, top, width, height, data)
            frame.name = block
            return frame.chart

        drawn = CHARTS[block](add_chart, sheet)
        if not drawn and shape.has_text_frame:
            shape.text_frame.text = sheet.bridge_remark if block == "bridge" else _("No data")
            return
    else:
        key = block.partition(":")[2]
        groups = [group for group in sheet.groups if not key or group.key == key]
        if key == "financial":
            # Money is never shown alone: the other families' first rows stand above it.
            groups = [group for group in sheet.groups if group.key != "customer_success"]

        def add_table(rows: int, columns: int) -> Any:
            if hasattr(shape, "insert_table"):
                return shape.insert_table(rows, columns).table
            return slide.shapes.add_table(rows, columns, left, top, width, 240_000 * rows).table

        if not any(group.rows for group in groups):
            if shape.has_text_frame:
                shape.text_frame.text = _("No data")
            return
        parts.rows_table(add_table, groups, sheet, width, 10)
    if shape._element.getparent() is not None and not (
        hasattr(shape, "insert_chart") or hasattr(shape, "insert_table")
    ):
        shape._element.getparent().remove(shape._element)


def _fill_text(frame: Any, words: dict[str, str]) -> None:
    """Replace tokens; a token that the editor cut into several runs keeps the look of the first."""
    for paragraph in frame.paragraphs:
        whole = "".join(run.text for run in paragraph.runs)
        if not TOKEN.search(whole):
            continue
        filled = TOKEN.sub(lambda match: words.get(match[1], match[0]), whole)
        paragraph.runs[0].text = filled.replace("\n", "\v")
        for run in paragraph.runs[1:]:
            run.text = ""


def _texts(sheet: Sheet) -> dict[str, str]:
    notes = dict(zip(("happened", "doing", "unknown"), (note.text for note in sheet.notes), strict=True))
    signed = "\n".join(" · ".join(part for part in (p.title, p.name, p.said) if part) for p in sheet.places)
    found = {
        "title": sheet.title,
        "period": sheet.period,
        "scope": sheet.scope,
        "sentence": sheet.sentence,
        "seal": sheet.seal,
        "contribution": sheet.credits_said,
        "signed": signed,
        "record": " · ".join(sheet.record),
        "sha256": sheet.sha256,
        **notes,
    }
    return {name: plain_text(written) for name, written in found.items()}
