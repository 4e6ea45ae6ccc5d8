"""Two categories by an amount: a heat map with the number in each cell; colour only repeats it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboards.figures.marks import plain, short
from dashboards.parts import Cell, Figure, Key, table


def heat_figure(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    key: str,
    title: str,
    unit: str,
    words: Callable[[float], str],
    row_word: str,
    gaps_below: float | None = None,
    source: str = "",
    legend: tuple[Key, ...] = (),
) -> Figure:
    """Numbers in cells; with `gaps_below` only what falls short is coloured, the deeper the further. None is empty."""
    known = [v for row in values for v in row if v is not None]
    high = max(known, default=1.0)
    if gaps_below is None:
        shade: list[list[float | None]] = [list(row) for row in values]
        scale: list[list[Any]] = [[0, "$sunken"], [0.5, "$seq-1"], [1, "$seq-2"]]
        ends = (min(0.0, min(known, default=0.0)), high or 1.0)
    else:
        shade = [[None if v is None else max(0.0, gaps_below - v) for v in row] for row in values]
        scale = [[0, "$sunken"], [0.001, "$div-3"], [1, "$div-2"]]
        ends = (0.0, max([v for row in shade for v in row if v is not None] + [gaps_below * 0.1]))
    texts = [["" if v is None else words(v) for v in row] for row in values]
    trace = {
        "type": "heatmap",
        "x": list(range(len(columns))),
        "y": list(range(len(rows))),
        "z": shade,
        "zmin": ends[0],
        "zmax": ends[1],
        "colorscale": scale,
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"color": "$ink"},
        "hovertext": [
            [f"{plain(r)}, {plain(c)}: {t}" for c, t in zip(columns, row, strict=True)]
            for r, row in zip(rows, texts, strict=True)
        ],
        "hoverinfo": "text",
        "hoverongaps": False,
    }
    wanted = 34 * len(rows) + 40
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[trace],
        layout={
            "xaxis": {
                "side": "top",
                "tickvals": list(range(len(columns))),
                "ticktext": [short(c, 12) for c in columns],
                "showline": False,
                "ticks": "",
            },
            "yaxis": {
                "tickvals": list(range(len(rows))),
                "ticktext": [short(r, 24) for r in rows],
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
            },
        },
        table=table(
            [row_word, *columns],
            [
                (Cell(r, r), *(Cell(t, v) for t, v in zip(tr, vr, strict=True)))
                for r, tr, vr in zip(rows, texts, values, strict=True)
            ],
        ),
        source=source,
        legend=legend,
        height=min((h for h in (120, 160, 200, 240, 280, 320, 360, 420, 480, 560) if h >= wanted), default=560),
    )
