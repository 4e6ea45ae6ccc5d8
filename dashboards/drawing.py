"""Word-size graphics as SVG text: sparkline, bullet bar, legend signs. Attributes only, so the strict CSP holds."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.parts import Bullet, Spark

WIDTH, HEIGHT, PAD = 92, 24, 3


def spark(line: Spark) -> SafeString:
    """A line of at least two values with a dot on the last; its name says first and last. Nothing for less."""
    known = [v for v in line.values if v is not None]
    if len(known) < 2:
        return mark_safe('<span class="spark-none" aria-hidden="true"></span>')
    span = [*known, line.target] if line.target is not None else known
    low, high = min(span), max(span)
    scale = (HEIGHT - 2 * PAD) / ((high - low) or 1)
    step = (WIDTH - 6) / (len(line.values) - 1)

    def at(value: float) -> float:
        return HEIGHT - PAD - (value - low) * scale if high > low else HEIGHT / 2

    path, pen = [], "M"
    last: tuple[float, float] | None = None
    for i, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        last = (1 + i * step, at(value))
        path.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
        pen = "L"
    assert last is not None
    target: SafeString | str = ""
    if line.target is not None:
        y = f"{at(line.target):.1f}"
        target = format_html('<line class="t" x1="0" x2="{}" y1="{}" y2="{}"/>', WIDTH, y, y)
    first, end = line.first or f.number(known[0], 1), line.last or f.number(known[-1], 1)
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path class="l" d="{}"/>'
        '<circle class="e" cx="{}" cy="{}" r="3"/></svg>',
        line.kind,
        WIDTH,
        HEIGHT,
        _("%(name)s: from %(first)s to %(last)s") % {"name": line.label, "first": first, "last": end},
        target,
        "".join(path),
        f"{last[0]:.1f}",
        f"{last[1]:.1f}",
    )


def bullet(bar: Bullet) -> SafeString:
    """A bar on a grey ground; values outside its ends are drawn at the end."""
    span = (bar.high - bar.low) or 1

    def at(value: float) -> float:
        return max(0.0, min(100.0, (value - bar.low) / span * 100))

    parts: list[SafeString] = []
    zero = at(0.0) if bar.low < 0 else 0.0
    if bar.value is not None:
        end = at(bar.value)
        parts.append(_rect("v", min(zero, end), 2, abs(end - zero), 9))
    if bar.previous is not None:
        end = at(bar.previous)
        parts.append(_rect("p", min(zero, end), 11, abs(end - zero), 3))
    if bar.low < 0:
        parts.append(_rect("z", zero - 0.3, 1, 0.6, 13))
    if bar.target is not None:
        parts.append(_rect("tg", max(0.0, at(bar.target) - 0.7), 0, 1.4, 16))
    return format_html(
        '<svg class="bullet {}" viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="bg" x="0" y="2" width="100" height="9"/>{}</svg>',
        bar.kind,
        bar.label,
        format_html_join("", "{}", ((p,) for p in parts)),
    )


def _rect(css: str, x: float, y: int, width: float, height: int) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', css, f"{x:.1f}", y, f"{width:.1f}", height
    )


_LINE = '<path d="M0 5h18" stroke="var(--{})" stroke-width="{}"/>'
_BOX = '<rect width="18" height="10" fill="var(--{})"/>'
_DIAMOND = '<path d="M9 .5 13.5 5 9 9.5 4.5 5Z" '
SIGNS = {
    "actual": _BOX.format("actual"),
    "previous": _BOX.format("previous"),
    "bad": _BOX.format("bad"),
    "watch": _BOX.format("watch-fill"),
    "ink": _LINE.format("ink", 2),
    "line": _LINE.format("actual", 2.5),
    "line-previous": _LINE.format("previous", 2.5),
    "range": _LINE.format("ink-3", 1.25),
    "limit": '<path d="M0 5h18" stroke="var(--ink-3)" stroke-width="1.25" stroke-dasharray="1 3"/>',
    "plan": '<rect x=".5" y=".5" width="17" height="9" fill="none" stroke="var(--plan)"/>',
    "plan-line": '<path d="M0 5h18" stroke="var(--plan)" stroke-width="1.5" stroke-dasharray="4 3"/>',
    "forecast-line": '<path d="M0 5h18" stroke="var(--forecast)" stroke-width="2" stroke-dasharray="2 3"/>',
    "ink-dots": '<path d="M0 5h18" stroke="var(--ink)" stroke-width="2" stroke-dasharray="2 3"/>',
    "band": '<rect width="18" height="10" fill="var(--accent)" opacity=".2"/>',
    "hatch": '<rect x=".5" y=".5" width="17" height="9" fill="none" stroke="var(--actual)"/>'
    '<path d="M2 10l5-10M7 10l5-10M12 10l5-10" stroke="var(--actual)" stroke-width="1.5"/>',
    "mark": '<rect x="8" width="2" height="10" fill="var(--ink)"/>',
    "dot": '<circle cx="9" cy="5" r="4" fill="var(--actual)"/>',
    "dot-bad": '<circle cx="9" cy="5" r="4" fill="var(--bad)"/>',
    "ring": '<circle cx="9" cy="5" r="3.5" fill="none" stroke="var(--plan)" stroke-width="1.5"/>',
    "diamond": _DIAMOND + 'fill="var(--actual)"/>',
    "diamond-plan": _DIAMOND + 'fill="none" stroke="var(--plan)" stroke-width="1.5"/>',
    "diamond-bad": _DIAMOND + 'fill="none" stroke="var(--bad)" stroke-width="1.75"/>',
    "cell-below": _BOX.format("div-4"),
    "cell": '<rect x=".5" y=".5" width="17" height="9" fill="var(--div-3)" stroke="var(--rule-firm)"/>',
    "cell-above": _BOX.format("div-2"),
    "event": '<path d="M9 0v10" stroke="var(--ink-3)" stroke-width="1" stroke-dasharray="2 2"/>'
    '<circle cx="9" cy="2.5" r="2.5" fill="var(--ink-3)"/>',
    "cat-1": _BOX.format("cat-1"),
    "cat-2": _BOX.format("cat-2"),
    "cat-3": _BOX.format("cat-3"),
    "cat-4": _BOX.format("cat-4"),
}


def sign(name: str) -> SafeString:
    """The sign of a legend entry; an unknown name raises."""
    return format_html('<svg class="key" viewBox="0 0 18 10" aria-hidden="true">{}</svg>', mark_safe(SIGNS[name]))  # noqa: S308 - our own constants
