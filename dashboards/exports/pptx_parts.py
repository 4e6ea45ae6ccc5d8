"""Native charts and tables on slides: what the own deck and filled templates share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.exports.floating import floating, floor_of
from dashboards.exports.safe_text import category_text, plain_text
from dashboards.pages.scorecard_sheet import Sheet, SheetGroup
from metrics.index import KEY as INDEX
from metrics.periods import Period

INK, INK_2, ACCENT, BAD, WATCH, GREY = "15202A", "47535E", "0B6174", "A32C0A", "8A5A00", "B3BAC0"
LINES = (INK, ACCENT, "BB6AA4", "A86400", "2F3A78")
STATUS = {"ok": ACCENT, "watch": WATCH, "bad": BAD, "none": INK_2}
ADD_CHART = Callable[[Any, Any], Any]
"""Takes a chart type and its data, answers the chart: a place on a slide, or a placeholder."""


def rgb(code: str) -> Any:
    """A colour."""
    maker: Any = RGBColor
    return maker.from_string(code)


def _data(number_format: str) -> Any:
    maker: Any = CategoryChartData  # the library is not typed
    return maker(number_format=number_format)


def bridge_chart(add: ADD_CHART, sheet: Sheet) -> bool:
    """Floating columns by factor; False where there is no bridge."""
    bridge = sheet.content.bridge
    if bridge is None:
        return False
    steps = sorted(bridge.factors.items(), key=lambda pair: -pair[1])
    data = _data("0.0")
    data.categories = [sheet.against, *(text.factor(factor) for factor, _points in steps), sheet.period]
    # Two thin marks for the quarters: a column cut off at the foot would mislead.
    floats = floating(bridge)
    for name, place in ((_("Below"), 0), (_("Mark"), 1), (_("Gain"), 2), (_("Loss"), 3)):
        data.add_series(name, [line[place] for line in floats])
    chart = add(XL_CHART_TYPE.COLUMN_STACKED, data)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 40, 100
    for place, (series, color) in enumerate(zip(plot.series, (None, GREY, ACCENT, BAD), strict=True)):
        _fill(series.format.fill, color)
        _label_points(series, place, [line[place] for line in floats], (bridge.before, bridge.after))
    _plain(chart)
    chart.value_axis.minimum_scale = float(floor_of(floats))
    return True


def _label_points(series: Any, place: int, values: Sequence[float], ends: tuple[float, float]) -> None:
    if place == 0:
        return
    for at, value in enumerate(values):
        if not value:
            continue
        if place == 1:
            words, ink = f.number(ends[0] if at == 0 else ends[1], 1), INK
        else:
            words, ink = f.number(value if place == 2 else -value, 1, sign=True), "FFFFFF"
        label = series.points[at].data_label
        frame = label.text_frame
        frame.text = words
        run = frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = Pt(11), True
        run.font.color.rgb = rgb(ink)
        label.position = XL_LABEL_POSITION.INSIDE_BASE if place == 1 else XL_LABEL_POSITION.CENTER


def _fill(fill: Any, color: str | None) -> None:
    if color is None:
        fill.background()
    else:
        fill.solid()
        fill.fore_color.rgb = rgb(color)


def _plain(chart: Any) -> None:
    """No legend, hairlines, small letters."""
    chart.has_legend = False
    chart.has_title = False
    chart.font.size = Pt(11)
    chart.font.color.rgb = rgb(INK_2)
    axis = chart.value_axis
    axis.has_major_gridlines = True
    axis.major_gridlines.format.line.color.rgb = rgb("E2DED5")
    axis.format.line.fill.background()
    chart.category_axis.format.line.color.rgb = rgb("C5BFB3")


def credits_chart(add: ADD_CHART, sheet: Sheet) -> bool:
    """Ranked bars of what projects added; False without a ledger."""
    if not sheet.credit_lines:
        return False
    data = _data("+0.0;-0.0;0.0")
    data.categories = [category_text(line.name) for line in sheet.credit_lines]
    data.add_series(_("Points"), [line.points for line in sheet.credit_lines])
    chart = add(XL_CHART_TYPE.BAR_CLUSTERED, data)
    _plain(chart)
    plot = chart.plots[0]
    plot.gap_width = 35
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "+0.0;-0.0;0.0", False
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    plot.data_labels.font.size = Pt(10)
    series = plot.series[0]
    series.invert_if_negative = False
    for place, line in enumerate(sheet.credit_lines):
        color = BAD if line.points < 0 else ACCENT if line.kind == "item" else GREY
        _fill(series.points[place].format.fill, color)
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.value_axis.visible = False
    return True


def index_chart(add: ADD_CHART, sheet: Sheet) -> bool:
    """Eight quarters of the index and its factors; False without values."""
    rows = [row for group in sheet.groups for row in group.rows if row.row.metric == INDEX]
    if not any(value is not None for row in rows for value in row.row.history):
        return False
    period = Period.parse(sheet.content.period)
    data = _data("0.0")
    data.categories = [f.period(period.shift(-back).code, short=True) for back in range(7, -1, -1)]
    for row in rows:
        data.add_series(row.name, list(row.row.history))
    chart = add(XL_CHART_TYPE.LINE_MARKERS, data)
    _plain(chart)
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.BOTTOM
    chart.legend.include_in_layout = False
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, 100
    for place, series in enumerate(chart.plots[0].series):
        series.smooth = False
        series.format.line.color.rgb = rgb(LINES[place % len(LINES)])
        series.format.line.width = Pt(2.5 if place == 0 else 1.25)
        _fill(series.marker.format.fill, LINES[place % len(LINES)])
        series.marker.format.line.fill.background()
    return True


WIDTHS = (27, 10, 14, 10, 10, 11, 26)


def rows_table(
    add: Callable[[int, int], Any], groups: Sequence[SheetGroup], sheet: Sheet, width: int, size: float
) -> None:
    """A native table of the rows of some groups."""
    lines = [(group, row) for group in groups for row in group.rows]
    heads = (_("Measure"), _("Actual"), _("Target"), sheet.against, _("Change"), _("Status"), _("Comment"))
    table = add(len(lines) + 1, len(heads))
    table.first_row = True
    table.horz_banding = False
    for column, share in enumerate(WIDTHS):
        table.columns[column].width = Emu(int(width * share / sum(WIDTHS)))
    for column, head in enumerate(heads):
        _cell(table.cell(0, column), head, size, bold=True, color=INK_2, right=1 <= column <= 4)
    for line, (_group, row) in enumerate(lines, start=1):
        name = f"{row.name} ({row.note})" if row.note else row.name
        color = {"good": ACCENT, "ill": BAD}.get(row.delta.meaning if row.delta else "", INK)
        cells = (
            (name, INK, False),
            (row.actual, INK, True),
            (row.target, INK_2, False),
            (row.previous, INK_2, False),
            (row.delta.text if row.delta else "", color, True),
            (row.status.word, STATUS[row.status.kind], row.status.kind != "none"),
            (row.comment, INK, False),
        )
        for column, (words, ink, bold) in enumerate(cells):
            _cell(table.cell(line, column), words, size, bold=bold, color=ink, right=1 <= column <= 4)


def _cell(cell: Any, words: str, size: float, *, bold: bool, color: str, right: bool) -> None:
    cell.fill.background()
    cell.margin_top = cell.margin_bottom = Emu(18_000)
    cell.margin_left = cell.margin_right = Emu(45_000)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame = cell.text_frame
    frame.word_wrap = True
    write(frame, words, size, bold=bold, color=color)
    frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    # A hairline below, as on the sheet.
    properties = cell._tc.get_or_add_tcPr()
    for old in properties.findall(qn("a:lnB")):
        properties.remove(old)
    line = properties.makeelement(qn("a:lnB"), {"w": "6350"})
    solid = line.makeelement(qn("a:solidFill"), {})
    solid.append(solid.makeelement(qn("a:srgbClr"), {"val": "D8D3C8"}))
    line.append(solid)
    properties.insert(0, line)


def write(frame: Any, words: str, size: float, *, bold: bool = False, color: str = INK, font: str = "") -> None:
    """The text of a frame, a paragraph for each line."""
    lines = plain_text(words).split("\n")
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = rgb(color)
        if font:
            run.font.name = font
