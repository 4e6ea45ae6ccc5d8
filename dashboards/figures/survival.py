"""Time to event: Kaplan-Meier steps with their band and an extended risk table beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Dict, note
from dashboards.parts import Cell, Figure, Key, table


@dataclass(frozen=True, slots=True)
class Survival:
    """The share still there from `at` on, with its range."""

    at: float
    share: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class AtRisk:
    """At a time: how many are still there, how many had the event, how many are not followed that far."""

    at: float
    still: int
    events: int
    censored: int


def survival_figure(
    steps: Sequence[Survival],
    risk: Sequence[AtRisk],
    *,
    key: str,
    title: str,
    unit: str,
    words: tuple[str, str, str],
    mark: tuple[float, str] | None = None,
    floor: float = 0.0,
    source: str = "",
    height: int = 360,
) -> Figure:
    """Steps down from 100 percent; the three rows under the axis are the risk table (`words` names them)."""
    end = max([r.at for r in risk] + [s.at for s in steps])
    line: Dict = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, *(s.at for s in steps), end],
        "y": [1, *(s.share for s in steps), steps[-1].share if steps else 1],
        "line": {"shape": "hv", "width": 2.5, "color": "$accent"},
        "hovertext": ["", *(f"{f.number(s.at)}: {f.percent(s.share)}" for s in steps), ""],
        "hoverinfo": "text",
    }
    data = [line]
    if steps and all(s.low is not None and s.high is not None for s in steps):
        x = [0.0, *(s.at for s in steps), end]
        high = [1.0, *(s.high or 0 for s in steps), steps[-1].high or 0]
        low = [1.0, *(s.low or 0 for s in steps), steps[-1].low or 0]
        shape = {"shape": "hv", "width": 0}
        data = [
            {"type": "scatter", "mode": "lines", "x": x, "y": high, "line": shape, "hoverinfo": "skip"},
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": low,
                "line": shape,
                "fill": "tonexty",
                "fillcolor": "$accent-band",
                "hoverinfo": "skip",
            },
            line,
        ]
    shapes: list[Dict] = []
    notes: list[Dict] = []
    if mark is not None:
        shapes.append(
            {
                "type": "line",
                "x0": mark[0],
                "x1": mark[0],
                "yref": "paper",
                "y0": 0.34,
                "y1": 1,
                "line": {"color": "$rule-firm", "width": 1, "dash": "dot"},
            }
        )
        share = next((s.share for s in reversed(steps) if s.at <= mark[0]), 1.0)
        notes.append(
            note(
                mark[1],
                mark[0],
                share,
                xanchor="left",
                yanchor="bottom",
                xshift=5,
                yshift=6,
                font={"color": "$ink", "weight": 600},
            )
        )
    for row, (name, attribute) in enumerate(zip(words, ("still", "events", "censored"), strict=True)):
        y = 0.2 - row * 0.09
        notes.append(note(name, 0, y, xref="paper", yref="paper", xanchor="right", xshift=-24))
        notes += [note(f.number(getattr(r, attribute)), r.at, y, yref="paper", font={"color": "$ink"}) for r in risk]
    steps_up = 2 if floor else 4
    marks = [floor + (1 - floor) * i / steps_up for i in range(steps_up + 1)]
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout={
            "xaxis": {
                "tickvals": [r.at for r in risk],
                "ticktext": [f.number(r.at) for r in risk],
                "range": [-end * 0.01, end * 1.03],
                "anchor": "y",
            },
            "yaxis": {
                "domain": [0.34, 1],
                "range": [floor, 1.005],
                "tickvals": marks,
                "ticktext": [f.percent(m) for m in marks],
            },
            "shapes": shapes,
            "annotations": notes,
            "margin": {"l": 150, "r": 20},
        },
        table=table(
            [_("Months"), _("Share still there"), _("Lowest"), _("Highest"), *words],
            [
                (
                    Cell(f.number(r.at), r.at),
                    *_share_cells(steps, r.at),
                    Cell(f.number(r.still), r.still),
                    Cell(f.number(r.events), r.events),
                    Cell(f.number(r.censored), r.censored),
                )
                for r in risk
            ],
        ),
        legend=(Key("line", _("Share still there")), Key("band", _("95 percent range"))),
        source=source,
        height=height,
    )


def _share_cells(steps: Sequence[Survival], at: float) -> tuple[Cell, Cell, Cell]:
    step = next((s for s in reversed(steps) if s.at <= at), Survival(0, 1.0, 1.0, 1.0))
    return tuple(Cell(f.percent(v), v) for v in (step.share, step.low, step.high))  # type: ignore[return-value]
