"""Rows by columns with an amount in each cell: a heat map that says number and word; colour only repeats them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from dashboards.figures.marks import plain, short
from dashboards.parts import HEIGHTS, Cell, Figure, Key, table

NARROW_COLUMNS = 4
"""The last so many columns fit a phone; the table has them all."""
FAINTEST = 0.35
"""How deep the colour of a cell is that lies only just outside."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """An amount, how it is written, on which side of its band it lies and how far outside."""

    value: float
    text: str
    side: Literal[-1, 0, 1] = 0
    outside: float = 0.0
    word: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A row with one cell a column; None is an empty cell."""

    name: str
    cells: tuple[HeatCell | None, ...]


def heat_figure(
    rows: Sequence[HeatRow],
    columns: Sequence[str],
    *,
    key: str,
    title: str,
    unit: str,
    row_word: str,
    words: tuple[str, str, str],
    source: str = "",
) -> Figure:
    """Cells coloured by how far they lie below or above their band; `words` name below, within and above it."""
    furthest = max((c.outside for row in rows for c in row.cells if c is not None), default=0.0) or 1.0
    first = max(0, len(columns) - NARROW_COLUMNS)
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": list(range(len(columns))),
        "y": list(range(len(rows))),
        "z": [[None if c is None else _depth(c, furthest) for c in row.cells] for row in rows],
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, "$div-4"], [0.5, "$div-3"], [1, "$div-2"]],
        "text": [["" if c is None else _said(c) for c in row.cells] for row in rows],
        "texttemplate": "%{text}",
        "textfont": {"color": "$ink"},
        "hovertext": [
            [
                "" if c is None else f"{plain(row.name)}, {plain(column)}: {c.text} {c.word}".strip()
                for column, c in zip(columns, row.cells, strict=True)
            ]
            for row in rows
        ],
        "hoverinfo": "text",
        "hoverongaps": False,
        "customdata": [["" if c is None else c.url for c in row.cells] for row in rows],
    }
    wanted = 40 * len(rows) + 36
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
                "range": [-0.5, len(columns) - 0.5],
                "showline": False,
                "showgrid": False,
                "ticks": "",
            },
            "yaxis": {
                "tickvals": list(range(len(rows))),
                "ticktext": [short(row.name, 24) for row in rows],
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
                "ticks": "",
                "ticklabelstandoff": 6,
            },
            "margin": {"t": 26, "b": 4, "r": 4},
        },
        table=_table(rows, columns, row_word),
        source=source,
        legend=tuple(Key(sign, word) for sign, word in zip(("cell-below", "cell", "cell-above"), words, strict=True)),
        height=min((h for h in HEIGHTS if h >= wanted), default=max(HEIGHTS)),
        narrow={
            "layout": {
                "xaxis": {"range": [first - 0.5, len(columns) - 0.5]},
                "yaxis": {"ticktext": [short(row.name, 14) for row in rows]},
            }
        },
        links=any(c is not None and c.url for row in rows for c in row.cells),
    )


def _depth(cell: HeatCell, furthest: float) -> float:
    """From -1, furthest below, to 1, furthest above; what is only just outside is still coloured."""
    return cell.side * (FAINTEST + (1 - FAINTEST) * cell.outside / furthest) if cell.side else 0.0


def _said(cell: HeatCell) -> str:
    return f"{plain(cell.text)}<br>{plain(cell.word)}" if cell.word else plain(cell.text)


def _table(rows: Sequence[HeatRow], columns: Sequence[str], row_word: str) -> Any:
    """One line a cell: so each has its word and its link, and the file can be sorted."""
    return table(
        [row_word, _("Month"), _("Value"), _("Against the band")],
        [
            (Cell(row.name, row.name), Cell(column, column), Cell(c.text, c.value, c.url), Cell(c.word, c.word))
            for row in rows
            for column, c in zip(columns, row.cells, strict=True)
            if c is not None
        ],
    )
