"""Two ranks of one thing as a dumbbell: where it stands by one measure and where by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from dashboards import formatting as f
from dashboards.figures.marks import Dict, name_axis, plain
from dashboards.figures.ranked import HEIGHTS
from dashboards.parts import Cell, Figure, Key, table


@dataclass(frozen=True, slots=True)
class TwoRanks:
    """A named thing, its two ranks, and whether they are far apart."""

    name: str
    first: int
    second: int
    apart: bool
    url: str = ""


def ranks_figure(
    items: Sequence[TwoRanks],
    *,
    key: str,
    title: str,
    unit: str,
    heads: tuple[str, str, str, str],
    words: tuple[str, str, str],
    yes: str,
    no: str,
    source: str = "",
) -> Figure:
    """Filled dot at the first rank, hollow one at the second, the way between in rust where they are far apart.

    Rank 1 stands left; the axis is logarithmic, because the places at the top matter most. `words` name the filled
    dot, the hollow one, and the rust line.
    """
    places = list(range(len(items)))
    most = max(max(i.first, i.second) for i in items)
    marks = [m for m in _marks(most) if m <= most] or [1]
    colour = ["$bad" if i.apart else "$actual" for i in items]
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            _dots([i.second for i in items], places, items, words[1], "$page", ["$plan"] * len(items)),
            _dots([i.first for i in items], places, items, words[0], colour, colour),
        ],
        layout={
            "xaxis": {
                "type": "log",
                "side": "top",
                "range": [-0.06, _log10(most) + 0.06],
                "tickvals": marks,
                "ticktext": [f.number(m) for m in marks],
                "showgrid": True,
                "ticks": "",
            },
            "yaxis": name_axis([i.name for i in items]),
            "shapes": [_between(i, p) for p, i in zip(places, items, strict=True)],
        },
        table=table(
            heads,
            [
                (
                    Cell(i.name, i.name),
                    Cell(f.number(i.first), i.first),
                    Cell(f.number(i.second), i.second),
                    Cell(yes if i.apart else no, str(i.apart).lower()),
                )
                for i in items
            ],
        ),
        legend=(Key("dot", words[0]), Key("ring", words[1]), Key("dot-bad", words[2])),
        source=source,
        height=min((h for h in HEIGHTS if h >= 30 * len(items) + 50), default=560),
        narrow={"labelsAbove": True},
        links=any(i.url for i in items),
    )


def _dots(x: list[int], y: list[int], items: Sequence[TwoRanks], word: str, fill: object, line: object) -> Dict:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {"size": 11, "color": fill, "line": {"color": line, "width": 1.75}},
        "customdata": [i.url for i in items],
        "hovertext": [f"{plain(i.name)}: {plain(word)} {f.number(v)}" for i, v in zip(items, x, strict=True)],
        "hoverinfo": "text",
    }


def _between(item: TwoRanks, place: int) -> Dict:
    line = {"color": "$bad" if item.apart else "$rule-firm", "width": 2}
    return {
        "type": "line",
        "layer": "below",
        "x0": item.first,
        "x1": item.second,
        "y0": place,
        "y1": place,
        "line": line,
    }


def _marks(most: int) -> list[int]:
    if most <= 12:
        return [1, 2, 3, 5, 8, 12]
    if most <= 60:
        return [1, 2, 5, 10, 20, 40]
    return [10**k for k in range(len(str(most)))]


def _log10(value: int) -> float:
    return log10(value) if value > 1 else 0.1
