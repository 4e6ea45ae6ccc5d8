"""Contribution: ranked diverging bars with ranges. Sums on screen reconcile: all bars add up to the net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.figures.marks import name_axis, note, plain, round_steps
from dashboards.parts import Cell, Figure, Key, Table, table


@dataclass(frozen=True, slots=True)
class Bar:
    """Points of one project (or customer): value, range, how much of it rests on evidence, where it leads."""

    name: str
    points: float
    low: float | None = None
    high: float | None = None
    claimed_only: bool = False
    url: str = ""
    kind: str = "item"  # item, others, hidden, unattributed


@dataclass(frozen=True, slots=True)
class Sums:
    """Gross gain, gross loss and net of all bars."""

    gain: float
    loss: float

    @property
    def net(self) -> float:
        """Gain and loss together."""
        return self.gain + self.loss


def sums_of(bars: Sequence[Bar]) -> Sums:
    """Gross gain and loss over single bars (before folding)."""
    return Sums(sum(b.points for b in bars if b.points > 0), sum(b.points for b in bars if b.points < 0))


def folded(bars: Sequence[Bar], *, gains: int = 7, losses: int = 5) -> list[Bar]:
    """The largest gains and losses, the rest in one bar 'n other projects', then unattributed and hidden ones.

    Order: gains from the largest, others, what belongs to no project, losses with the largest last. The sum is
    the sum of all. Ranges of folded bars are added, as the ranges of the contract are not independent draws.
    """
    items = [b for b in bars if b.kind == "item"]
    up = sorted((b for b in items if b.points > 0), key=lambda b: (-b.points, b.name))
    down = sorted((b for b in items if b.points < 0), key=lambda b: (b.points, b.name))
    zero = [b for b in items if b.points == 0]
    rest = [*up[gains:], *down[losses:], *zero]
    kept_down = down[:losses]
    middle: list[Bar] = []
    if len(rest) == 1:
        middle.append(rest[0])
    elif rest:
        name = ngettext("%(n)s other project", "%(n)s other projects", len(rest)) % {"n": f.number(len(rest))}
        middle.append(_sum_of(rest, name, "others"))
    middle += [b for b in bars if b.kind != "item" and (b.points or b.kind == "unattributed")]
    return [*up[:gains], *sorted(middle, key=lambda b: -b.points), *reversed(kept_down)]


def _sum_of(bars: Sequence[Bar], name: str, kind: str) -> Bar:
    known = all(b.low is not None and b.high is not None for b in bars)
    return Bar(
        name,
        sum(b.points for b in bars),
        sum(b.low for b in bars if b.low is not None) if known else None,
        sum(b.high for b in bars if b.high is not None) if known else None,
        kind=kind,
    )


def contribution_figure(
    bars: Sequence[Bar],
    *,
    key: str,
    title: str,
    unit: str,
    source: str = "",
    source_url: str = "",
    source_link: str = "",
    decimals: int = 1,
    gains: int = 7,
    losses: int = 5,
) -> Figure:
    """Diverging bars of points, hatched where nothing but a claim stands behind them."""
    shown = [replace(b, low=b.low if b.low != b.high else None) for b in folded(bars, gains=gains, losses=losses)]
    names = [b.name for b in shown]
    places = list(range(len(shown)))
    ends = [v for b in shown for v in (b.points, b.low, b.high) if v is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    pad = (high - low or 1) * 0.16
    colors = [_color(b) for b in shown]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [b.points for b in shown],
        "y": places,
        "marker": {
            "color": colors,
            "pattern": {
                "shape": ["/" if b.claimed_only or b.kind == "unattributed" else "" for b in shown],
                "fgcolor": colors,
                "bgcolor": "$page",
            },
        },
        "customdata": [b.url for b in shown],
        "hovertext": [
            f"{plain(b.name)}: {f.number(b.points, decimals + 1, sign=True)}{_range(b, decimals)}" for b in shown
        ],
        "hoverinfo": "text",
    }
    words = []
    for place, b in zip(places, shown, strict=True):
        end = max(b.points, b.high or b.points) if b.points >= 0 else min(b.points, b.low or b.points)
        words.append(
            note(
                f.number(b.points, decimals, sign=True),
                end,
                place,
                xanchor="left" if b.points >= 0 else "right",
                xshift=6 if b.points >= 0 else -6,
                font={"color": "$ink", "weight": 600},
            )
        )
    ranges = [
        {
            "type": "line",
            "x0": b.low,
            "x1": b.high,
            "y0": place,
            "y1": place,
            "line": {"color": color, "width": width},
        }
        for color, width in (("$page", 3.5), ("$ink-2", 1.25))
        for place, b in zip(places, shown, strict=True)
        if b.low is not None and b.high is not None
    ]
    marks = [m for m in round_steps(low, high) if low - pad <= m <= high + pad]
    places_of_marks = 0 if max(abs(m) for m in marks) >= 5 else 1 if max(abs(m) for m in marks) >= 0.5 else 2
    layout = {
        "xaxis": {
            "side": "top",
            "range": [low - pad, high + pad],
            "tickvals": marks,
            "ticktext": [f.number(m, places_of_marks, sign=True) for m in marks],
            "showgrid": True,
            "showline": False,
            "ticks": "",
        },
        "yaxis": name_axis(names),
        "shapes": [
            *ranges,
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": 0,
                "x1": 0,
                "y0": 0,
                "y1": 1,
                "line": {"color": "$ink", "width": 1.25},
            },
        ],
        "annotations": words,
    }
    legend = [Key("actual", _("Gain")), Key("bad", _("Loss"))]
    if any(b.claimed_only or b.kind == "unattributed" for b in shown):
        legend.append(Key("hatch", _("Only claimed, or claimed by no project")))
    if any(b.low is not None for b in shown):
        legend.append(Key("range", _("Lowest to highest of three methods")))
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[trace],
        layout=layout,
        table=_table(shown, decimals),
        source=source,
        source_url=source_url,
        source_link=source_link,
        legend=tuple(legend),
        height=_height(len(shown)),
        narrow={"labelsAbove": True, "layout": {"xaxis": {"nticks": 3}}},
        links=any(b.url for b in shown),
    )


def _color(bar: Bar) -> str:
    if bar.kind == "hidden":
        return "$previous"
    if bar.points < 0:
        return "$bad"
    return "$forecast" if bar.kind == "others" else "$actual"


def _range(bar: Bar, decimals: int) -> str:
    if bar.low is None or bar.high is None:
        return ""
    low, high = f.number(bar.low, decimals + 1, sign=True), f.number(bar.high, decimals + 1, sign=True)
    return " · " + _("range %(low)s to %(high)s") % {"low": low, "high": high}


def _table(bars: Sequence[Bar], decimals: int) -> Table:
    rows = [
        (
            Cell(b.name, b.name),
            Cell(f.number(b.points, decimals + 1, sign=True), b.points),
            Cell(f.number(b.low, decimals + 1, sign=True), b.low),
            Cell(f.number(b.high, decimals + 1, sign=True), b.high),
        )
        for b in bars
    ]
    total = sum(b.points for b in bars)
    rows.append((Cell(_("All together")), Cell(f.number(total, decimals + 1, sign=True), total), Cell(""), Cell("")))
    return table([_("Project"), _("Points"), _("Lowest"), _("Highest")], rows)


def _height(bars: int) -> int:
    wanted = 34 * bars + 40
    return min((h for h in (160, 200, 240, 280, 320, 360, 420, 480, 560) if h >= wanted), default=560)
