"""Charts of printed sheets as SVG, drawn by the server: attributes only, so that they also stand on pages under CSP."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.figures.marks import round_steps
from dashboards.pages.scorecard_sheet import Line
from dashboards.parts import Spark
from metrics.scorecards.content import Bridge

# The light theme of static/css/tokens.css: paper is light.
INK, INK_2, INK_3, RULE = "#15202a", "#47535e", "#626d77", "#e2ded5"
ACTUAL, BAD, WATCH, PREVIOUS, PLAN = "#0b6174", "#a32c0a", "#bf8200", "#b3bac0", "#47535e"
DOT = {"ok": ACTUAL, "watch": WATCH, "bad": BAD, "none": INK_3}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 190, 30, 22, 14


def _text(
    x: float, y: float, words: str, *, anchor: str = "middle", size: float = 10, weight: int = 400, fill: str = INK
) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-size="{}" font-weight="{}" text-anchor="{}" fill="{}" '
        'font-family="Inter, sans-serif">{}</text>',
        f"{x:.1f}",
        f"{y:.1f}",
        f"{size:g}",
        weight,
        anchor,
        fill,
        words,
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, stroke: str, width: float = 1, dash: str = "") -> SafeString:
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}/>',
        f"{x1:.1f}",
        f"{y1:.1f}",
        f"{x2:.1f}",
        f"{y2:.1f}",
        stroke,
        f"{width:g}",
        format_html(' stroke-dasharray="{}"', dash) if dash else "",
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>',
        f"{x:.1f}",
        f"{y:.1f}",
        f"{width:.1f}",
        f"{max(height, 0.6):.1f}",
        fill,
    )


def _svg(width: float, height: float, label: str, parts: Sequence[SafeString]) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        f"{width:g}",
        f"{height:g}",
        label,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def bridge_svg(bridge: Bridge, before: str, after: str, target: float | None) -> SafeString:
    """Floating bars between the two quarters' marks, factors from the largest gain to the largest loss."""
    steps = sorted(bridge.factors.items(), key=lambda pair: -pair[1])
    reach, level = [bridge.before, bridge.after], bridge.before
    for _factor, points in steps:
        level += points
        reach.append(level)
    if target is not None:
        reach.append(target)
    pad = (max(reach) - min(reach) or 1) * 0.14
    marks = round_steps(min(reach) - pad / 2, max(reach) + pad, 4)
    low, high = marks[0], marks[-1]
    scale = (HEIGHT - TOP - BOTTOM) / ((high - low) or 1)
    step = (WIDTH - LEFT) / (len(steps) + 2)
    parts: list[SafeString] = []

    def y(value: float) -> float:
        return TOP + (high - value) * scale

    def x(place: int) -> float:
        return LEFT + (place + 0.5) * step

    for mark in marks:
        parts += [
            _line(LEFT, y(mark), WIDTH, y(mark), stroke=RULE),
            _text(
                LEFT - 6, y(mark) + 3.5, f.number(mark, 0 if float(mark).is_integer() else 1), anchor="end", fill=INK_2
            ),
        ]
    if target is not None:
        words = _("Target %(value)s") % {"value": f.number(target)}
        parts += [
            _line(LEFT, y(target), WIDTH, y(target), stroke=PLAN, width=1.25, dash="5 4"),
            _text(LEFT + 2, y(target) - 3, words, anchor="start", fill=INK_2),
        ]
    half, level = step * 0.35, bridge.before
    for place, (factor, points) in enumerate(steps, start=1):
        top, bottom = max(level, level + points), min(level, level + points)
        parts += [
            _line(x(place - 1) + half, y(level), x(place) + half, y(level), stroke=INK_3, width=0.6),
            _rect(x(place) - half, y(top), 2 * half, (top - bottom) * scale, BAD if points < 0 else ACTUAL),
            _text(x(place), y(top) - 4, f.number(points, 1, sign=True), weight=600),
            _text(x(place), HEIGHT - 6, text.factor(factor), size=9.5, fill=INK_2),
        ]
        level += points
    for place, name, value, color in ((0, before, bridge.before, PREVIOUS), (len(steps) + 1, after, bridge.after, INK)):
        parts += [
            _line(x(place) - half, y(value), x(place) + half, y(value), stroke=color, width=3),
            _text(x(place), y(value) - 6, f.number(value, 1), size=11.5, weight=600),
            _text(x(place), HEIGHT - 6, name, size=9.5, fill=INK_2),
        ]
    label = _("%(name)s: from %(first)s to %(last)s") % {
        "name": _("Customer Success Index"),
        "first": f.number(bridge.before, 1),
        "last": f.number(bridge.after, 1),
    }
    return _svg(WIDTH, HEIGHT, label, parts)


def spark_svg(line: Spark) -> SafeString:
    """A word-size line of at least two values with a dot on the last; nothing for fewer."""
    known = [value for value in line.values if value is not None]
    if len(known) < 2:
        return mark_safe("")
    low, high = min(known), max(known)
    scale = 12 / ((high - low) or 1)
    step = 66 / (len(line.values) - 1)
    path, pen, last = [], "M", (0.0, 0.0)
    for place, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        last = (2 + place * step, 14 - (value - low) * scale if high > low else 8.0)
        path.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
        pen = "L"
    parts = [
        format_html('<path d="{}" fill="none" stroke="{}" stroke-width="1.2"/>', "".join(path), INK_3),
        format_html('<circle cx="{}" cy="{}" r="2.2" fill="{}"/>', f"{last[0]:.1f}", f"{last[1]:.1f}", DOT[line.kind]),
    ]
    label = _("%(name)s: from %(first)s to %(last)s") % {"name": line.label, "first": line.first, "last": line.last}
    return _svg(72, 16, label, parts)


def credits_svg(lines: Sequence[Line], label: str) -> SafeString:
    """Ranked diverging bars, what no project claims in grey."""
    row, width, names = 13.0, 420.0, 150.0
    ends = [0.0, *(line.points for line in lines)]
    low, high = min(ends), max(ends)
    scale = (width - names - 70) / ((high - low) or 1)
    zero = names + 34 - low * scale
    parts: list[SafeString] = []
    for place, line in enumerate(lines):
        top = place * row + 1
        end = zero + line.points * scale
        fill = BAD if line.points < 0 else ACTUAL if line.kind == "item" else PREVIOUS
        name = line.name if len(line.name) <= 30 else f"{line.name[:29]}…"
        parts += [
            _text(names, top + 9, name, anchor="end", size=9, fill=INK),
            _rect(min(zero, end), top + 1, abs(end - zero), row - 4, fill),
            _text(
                end + (4 if line.points >= 0 else -4),
                top + 9,
                line.text,
                anchor="start" if line.points >= 0 else "end",
                size=9,
                weight=600,
            ),
        ]
    parts.append(_line(zero, 0, zero, len(lines) * row + 2, stroke=INK))
    return _svg(width, len(lines) * row + 4, label, parts)
