"""What came in against what went out, cumulative: the gap at the end is what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Event, by_month, labels_of, month_ticks, months_on, note, round_steps
from dashboards.parts import Cell, Figure, Key, table


@dataclass(frozen=True, slots=True)
class FlowMonth:
    """Cumulative counts at the end of a month."""

    month: dt.date
    entered: int
    left: int


def flow_figure(
    months: Sequence[FlowMonth],
    *,
    key: str,
    title: str,
    unit: str,
    words: tuple[str, str],
    source: str = "",
    events: Sequence[Event] = (),
) -> Figure:
    """Two lines, named at their ends, and the open rest as a bar between them."""
    x = [m.month.isoformat() for m in months]
    last = months[-1]
    marks = round_steps(min(m.left for m in months), max(m.entered for m in months), 4)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": [getattr(m, name) for m in months],
            "line": {"color": color, "width": 2.25},
            "hovertext": [f"{f.month_year(m.month)}: {word} {f.number(getattr(m, name))}" for m in months],
            "hoverinfo": "text",
        }
        for name, color, word in (("entered", "$ink", words[0]), ("left", "$accent", words[1]))
    ]
    dated = by_month(events, months[0].month, last.month + dt.timedelta(days=30))
    marked = months_on(dated)
    notes = list(marked.notes)
    middle = months[max(0, len(months) // 2 - 1)]
    for name, color, word, side in (("entered", "$ink", words[0], "bottom"), ("left", "$accent", words[1], "top")):
        notes.append(
            note(
                word,
                middle.month.isoformat(),
                getattr(middle, name),
                yanchor=side,
                yshift=4 if side == "bottom" else -4,
                font={"color": color, "weight": 600},
            )
        )
    shapes = list(marked.shapes)
    if last.entered != last.left:
        end = last.month.isoformat()
        shapes.append(
            {
                "type": "line",
                "x0": end,
                "x1": end,
                "y0": last.left,
                "y1": last.entered,
                "line": {"color": "$bad", "width": 4},
            }
        )
        notes.append(
            note(
                _("%(n)s open") % {"n": f.number(last.entered - last.left)},
                end,
                (last.entered + last.left) / 2,
                xanchor="left",
                xshift=7,
                font={"color": "$bad", "weight": 600},
            )
        )
    at, shown = month_ticks(months[0].month, last.month)
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout={
            "xaxis": {"type": "date", "tickvals": at, "ticktext": shown},
            "yaxis": {"range": [marks[0], marks[-1]], "tickvals": marks, "ticktext": [f.number(m) for m in marks]},
            "shapes": shapes,
            "annotations": notes,
            "margin": {"r": 64, "t": 22 if marked.notes else 12},
        },
        table=table(
            [_("Month"), *words, _("Open"), *[_("Events")] * bool(dated)],
            [
                (
                    Cell(f.month_year(m.month), m.month.isoformat()[:7]),
                    Cell(f.number(m.entered), m.entered),
                    Cell(f.number(m.left), m.left),
                    Cell(f.number(m.entered - m.left), m.entered - m.left),
                    *[labels_of(dated, m.month)] * bool(dated),
                )
                for m in months
            ],
        ),
        source=source,
        legend=(Key("event", _("Event")),) if dated else (),
        told=marked.told,
        height=240,
    )
