"""Thousands of subjects: binned cells with named outliers, and the cumulative share curve. Never one mark each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Dict, note, plain, round_steps
from dashboards.figures.names import beside
from dashboards.parts import Cell, Figure, table

MOST_CELLS = 290
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Bin:
    """How many subjects lie in one cell, and the address that lists them."""

    x: float
    y: float
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """An outlier that is shown by name."""

    name: str
    x: float
    y: float
    url: str = ""


def cells_figure(
    bins: Sequence[Bin],
    named: Sequence[Named],
    *,
    x_edges: Sequence[float],
    y_edges: Sequence[float],
    x_words: Sequence[tuple[float, str]],
    key: str,
    title: str,
    unit: str,
    heads: tuple[str, str, str],
    source: str = "",
) -> Figure:
    """Counts in cells (darker: more), outliers as named points; cells are counted in the database."""
    if len(bins) > MOST_CELLS:
        raise ValueError(f"{len(bins)} cells: count in coarser ones")
    xs, ys = sorted({b.x for b in bins}), sorted({b.y for b in bins})
    at_x, at_y = {x: i for i, x in enumerate(xs)}, {y: i for i, y in enumerate(ys)}
    counts: list[list[float | None]] = [[None] * len(xs) for _y in ys]
    urls: list[list[str]] = [[""] * len(xs) for _y in ys]
    hover: list[list[str]] = [[""] * len(xs) for _y in ys]
    most = max((b.count for b in bins), default=1)
    for b in bins:
        row, column = at_y[b.y], at_x[b.x]
        # The root keeps a cell of one visible beside a cell of a thousand.
        counts[row][column] = (b.count / most) ** 0.5
        urls[row][column] = b.url
        hover[row][column] = _("%(count)s projects") % {"count": f.number(b.count)}
    data: list[Dict] = [
        {
            "type": "heatmap",
            "x": xs,
            "y": ys,
            "z": counts,
            "zmin": 0,
            "zmax": 1,
            "colorscale": [[0, "$seq-1"], [0.5, "$seq-3"], [1, "$seq-4"]],
            "xgap": 1,
            "ygap": 1,
            "hovertext": hover,
            "hoverinfo": "text",
            "hoverongaps": False,
            "customdata": urls,
        }
    ]
    shown = list(named)[:MOST_NAMED]
    if shown:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [n.x for n in shown],
                "y": [n.y for n in shown],
                "marker": {"size": 9, "color": ["$bad" if n.y < 0 else "$accent" for n in shown]},
                "hovertext": [f"{plain(n.name)}: {f.number(n.y, 2, sign=True)}" for n in shown],
                "hoverinfo": "text",
                "customdata": [n.url for n in shown],
            }
        )
    marks = round_steps(y_edges[0], y_edges[-1], 4)
    places = 0 if max(abs(m) for m in marks) >= 5 else 1 if max(abs(m) for m in marks) >= 0.5 else 2
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout={
            "xaxis": {
                "range": [x_edges[0], x_edges[-1]],
                "tickvals": [x for x, _w in x_words],
                "ticktext": [w for _x, w in x_words],
            },
            "yaxis": {
                "range": [marks[0], marks[-1]],
                "tickvals": marks,
                "ticktext": [f.number(m, places, sign=True) for m in marks],
            },
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 0,
                    "y1": 0,
                    "line": {"color": "$ink", "width": 1.25},
                }
            ],
            "annotations": beside(shown, (x_edges[0], x_edges[-1]), (marks[0], marks[-1]), {"color": "$ink"}),
        },
        table=table(
            heads,
            [
                (Cell(f.number(b.x, 1), b.x), Cell(f.number(b.y, 2, sign=True), b.y), Cell(f.number(b.count), b.count))
                for b in sorted(bins, key=lambda b: -b.count)[:100]
            ],
        ),
        source=source,
        height=360,
        links=True,
    )


def points_figure(
    named: Sequence[Named],
    *,
    labelled: Sequence[Named],
    x_words: Sequence[tuple[float, str]],
    key: str,
    title: str,
    unit: str,
    heads: tuple[str, str, str],
    hover: Sequence[str],
    source: str = "",
    x_cell: Callable[[float], str] | None = None,
) -> Figure:
    """As `cells_figure`, for so few subjects that each can be a point; the outliers are labelled."""
    xs, ys = [n.x for n in named], [n.y for n in named]
    marks = round_steps(min([0.0, *ys]), max([0.0, *ys]), 4)
    places = 0 if max(abs(m) for m in marks) >= 5 else 1 if max(abs(m) for m in marks) >= 0.5 else 2
    ends = [*xs, *(x for x, _w in x_words)]
    pad = (max(ends) - min(ends) or 1) * 0.04
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "scatter",
                "mode": "markers",
                "x": xs,
                "y": ys,
                "marker": {"size": 9, "opacity": 0.75, "color": ["$bad" if y < 0 else "$accent" for y in ys]},
                "hovertext": [plain(h) for h in hover],
                "hoverinfo": "text",
                "customdata": [n.url for n in named],
            }
        ],
        layout={
            "xaxis": {
                "range": [min(ends) - pad, max(ends) + pad],
                "tickvals": [x for x, _w in x_words],
                "ticktext": [w for _x, w in x_words],
            },
            "yaxis": {
                "range": [marks[0], marks[-1]],
                "tickvals": marks,
                "ticktext": [f.number(m, places, sign=True) for m in marks],
            },
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 0,
                    "y1": 0,
                    "line": {"color": "$ink", "width": 1.25},
                }
            ],
            "annotations": beside(
                labelled, (min(ends) - pad, max(ends) + pad), (marks[0], marks[-1]), {"color": "$ink"}
            ),
        },
        table=table(
            heads,
            [
                (
                    Cell(n.name, n.name),
                    Cell(x_cell(n.x), n.x) if x_cell else Cell(f.money(10**n.x), 10**n.x),
                    Cell(f.number(n.y, 2, sign=True), n.y),
                )
                for n in sorted(named, key=lambda n: -n.y)
            ],
        ),
        source=source,
        height=360,
        links=True,
    )


def share_figure(
    shares: Sequence[tuple[float, float]],
    *,
    key: str,
    title: str,
    unit: str,
    mark: tuple[float, float, str] | None = None,
    source: str = "",
) -> Figure:
    """Few against many: share of all (x) against share of the sum (y), ranked from the largest, one labelled point."""
    x, y = [0.0, *(s for s, _v in shares)], [0.0, *(v for _s, v in shares)]
    shapes: list[Dict] = []
    words: list[Dict] = []
    if mark is not None:
        line = {"color": "$plan", "width": 1, "dash": "dot"}
        shapes += [
            {"type": "line", "x0": mark[0], "x1": mark[0], "y0": 0, "y1": mark[1], "line": line},
            {"type": "line", "x0": 0, "x1": mark[0], "y0": mark[1], "y1": mark[1], "line": line},
        ]
        words.append(
            note(
                mark[2],
                mark[0],
                mark[1],
                xanchor="left",
                xshift=8,
                yanchor="top",
                font={"color": "$ink", "weight": 600},
            )
        )
    ticks = [0, 0.25, 0.5, 0.75, 1]
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "fill": "tozeroy",
                "fillcolor": "$accent-band-2",
                "line": {"width": 2.5},
                "hovertext": [
                    f"{f.percent(a, 1)} → {f.percent(b, 1)}".replace("→", f.DASH) for a, b in zip(x, y, strict=True)
                ],
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {"range": [0, 1.02], "tickvals": ticks, "ticktext": [f.percent(t) for t in ticks]},
            "yaxis": {"range": [0, 1.02], "tickvals": [0, 0.5, 1], "ticktext": [f.percent(t) for t in (0, 0.5, 1)]},
            "shapes": shapes,
            "annotations": words,
        },
        table=table(
            [_("Share of projects"), _("Share of the sum")],
            [(Cell(f.percent(a, 1), a), Cell(f.percent(b, 1), b)) for a, b in shares],
        ),
        source=source,
        height=360,
    )
