"""What built a change: floating bars between two marks, at most a handful of steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import level, note, round_steps
from dashboards.figures.marks import short as short_text
from dashboards.parts import Cell, Figure, table


@dataclass(frozen=True, slots=True)
class Step:
    """A named difference between start and end."""

    name: str
    value: float
    short: str = ""
    quiet: bool = False  # what is neither gain nor loss, such as re-weighting


class UnevenBridge(ValueError):
    """The steps do not add up to the end: never drawn."""


def bridge_figure(
    start: tuple[str, float],
    steps: Sequence[Step],
    end: tuple[str, float],
    *,
    key: str,
    title: str,
    unit: str,
    target: tuple[str, float] | None = None,
    decimals: int = 1,
    source: str = "",
    height: int = 240,
) -> Figure:
    """Two marks and the steps between them; raises `UnevenBridge` unless start + steps = end (1e-6)."""
    if abs(start[1] + sum(s.value for s in steps) - end[1]) > 1e-6:
        raise UnevenBridge(f"{start[1]} + {sum(s.value for s in steps)} is not {end[1]}")
    names = [start[0], *(s.short or s.name for s in steps), end[0]]
    tops, bases, heights, colors, words, hover = [], [], [], [], [], []
    level_now = start[1]
    shapes = []
    for place, s in enumerate(steps, start=1):
        low, high = sorted((level_now, level_now + s.value))
        bases.append(low)
        heights.append(high - low)
        tops.append(high)
        colors.append("$previous" if s.quiet else "$bad" if s.value < 0 else "$actual")
        words.append(
            note(
                f.number(s.value, decimals, sign=True),
                place,
                high,
                yanchor="bottom",
                yshift=2,
                font={"color": "$ink", "weight": 600},
            )
        )
        hover.append(f"{s.name}: {f.number(s.value, decimals + 1, sign=True)}")
        shapes.append(
            {
                "type": "line",
                "x0": place - 1 + 0.35,
                "x1": place + 0.35,
                "y0": level_now,
                "y1": level_now,
                "line": {"color": "$rule-firm", "width": 1},
            }
        )
        level_now += s.value
    for place, (value, color) in ((0, (start[1], "$previous")), (len(steps) + 1, (end[1], "$ink"))):
        shapes.append(
            {
                "type": "line",
                "x0": place - 0.35,
                "x1": place + 0.35,
                "y0": value,
                "y1": value,
                "line": {"color": color, "width": 3},
            }
        )
        words.append(
            note(
                f.number(value, decimals),
                place,
                value,
                yanchor="bottom",
                yshift=4,
                font={"color": "$ink", "size": 14, "weight": 600},
            )
        )
    reach = [start[1], end[1], *tops, *bases]
    if target is not None:
        reach.append(target[1])
        shapes.append(level(target[1]))
        words.append(note(target[0], 0, target[1], xref="paper", xanchor="left", yanchor="bottom"))
    pad = (max(reach) - min(reach) or 1) * 0.14
    marks = round_steps(min(reach) - pad / 2, max(reach) + pad, 4)
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "bar",
                "x": list(range(1, len(steps) + 1)),
                "y": heights,
                "base": bases,
                "marker": {"color": colors},
                "textposition": "none",
                "hovertext": hover,
                "hoverinfo": "text",
                "width": 0.7,
            }
        ],
        layout={
            "xaxis": {
                "tickvals": list(range(len(names))),
                "ticktext": [short_text(n, 14) for n in names],
                "range": [-0.6, len(names) - 0.4],
                "ticks": "",
            },
            "yaxis": {
                "range": [marks[0], marks[-1]],
                "tickvals": marks,
                "ticktext": [f.number(m, 0 if float(m).is_integer() else 1) for m in marks],
            },
            "shapes": shapes,
            "annotations": words,
        },
        table=table(
            [_("Step"), _("Points")],
            [
                (Cell(start[0], start[0]), Cell(f.number(start[1], decimals), start[1])),
                *((Cell(s.name, s.name), Cell(f.number(s.value, decimals + 1, sign=True), s.value)) for s in steps),
                (Cell(end[0], end[0]), Cell(f.number(end[1], decimals), end[1])),
            ],
        ),
        source=source,
        height=height,
    )
