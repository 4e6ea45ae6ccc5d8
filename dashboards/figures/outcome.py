"""One outcome over time: its measurements between start and goal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Event, by_month, level, month_ticks, months_on, note, round_steps
from dashboards.parts import Cell, Figure, table


def outcome_figure(
    values: Sequence[tuple[dt.date, float]],
    *,
    key: str,
    title: str,
    unit: str,
    baseline: float,
    target: float,
    words: Callable[[float | None], str],
    tone: str = "$accent",
    events: Sequence[Event] = (),
) -> Figure:
    """Measured points joined by a line; the start is a hairline, the goal dashed."""
    x = [day.isoformat() for day, _v in values]
    y = [value for _d, value in values]
    marks = round_steps(min([*y, baseline, target]), max([*y, baseline, target]), 3)
    at, shown = month_ticks(values[0][0], values[-1][0], 4)
    dated = by_month(events, values[0][0], values[-1][0])
    marked = months_on(dated)
    told = _told([event for held in dated.values() for event in held], [day for day, _v in values])
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x,
                "y": y,
                "line": {"color": tone, "width": 2},
                "marker": {"size": [5] * (len(x) - 1) + [9], "color": tone, "line": {"width": 0}},
                "hovertext": [f"{f.date(day)}: {words(value)}" for day, value in values],
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {"type": "date", "tickvals": at, "ticktext": shown},
            "yaxis": {"range": [marks[0], marks[-1]], "tickvals": marks, "ticktext": [words(m) for m in marks]},
            "shapes": [*marked.shapes, level(target), level(baseline, color="$rule-firm", dash="solid", width=1)],
            "annotations": [
                *marked.notes,
                note(_("Goal %(v)s") % {"v": words(target)}, 0, target, xref="paper", xanchor="left", yanchor="bottom"),
                note(
                    _("Start %(v)s") % {"v": words(baseline)},
                    0,
                    baseline,
                    xref="paper",
                    xanchor="left",
                    yanchor="bottom",
                ),
            ],
            "margin": {"t": 22 if marked.notes else 16},
        },
        table=table(
            [_("Day"), _("Measured"), *[_("Events up to it")] * bool(dated)],
            [
                (Cell(f.date(day), day.isoformat()), Cell(words(value), value), *[named] * bool(dated))
                for (day, value), named in zip(values, told, strict=True)
            ],
        ),
        told=marked.told,
        height=200,
    )


def _told(events: Sequence[Event], days: Sequence[dt.date]) -> list[str]:
    """For each measurement the events since the one before it."""
    found, before = [], ""
    for day in days:
        until = day.isoformat()
        found.append("; ".join(event.label for event in events if before < event.at <= until))
        before = until
    return found
