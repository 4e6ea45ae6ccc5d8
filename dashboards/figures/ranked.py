"""Ranked lists: plain bars with a label, dots with ranges around a line, incidents at their dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Dict, month_ticks, name_axis, note, plain, round_steps, short
from dashboards.parts import Cell, Figure, Key, table

HEIGHTS = (120, 160, 200, 240, 280, 320, 360, 420, 480, 560)


@dataclass(frozen=True, slots=True)
class Item:
    """A named amount with the words beside its bar."""

    name: str
    value: float
    beside: str
    tone: str = "actual"  # actual, previous, bad, watch


def ranked_figure(
    items: Sequence[Item], *, key: str, title: str, unit: str, heads: tuple[str, str], source: str = ""
) -> Figure:
    """Bars from zero, in the order given."""
    tones = {"actual": "$actual", "previous": "$previous", "bad": "$bad", "watch": "$watch-fill"}
    places = list(range(len(items)))
    most = max((i.value for i in items), default=1) or 1
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": [i.value for i in items],
                "y": places,
                "marker": {"color": [tones[i.tone] for i in items]},
                "textposition": "none",
                "hovertext": [f"{plain(i.name)}: {plain(i.beside)}" for i in items],
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {"visible": False, "range": [0, most * 1.4]},
            "yaxis": name_axis([i.name for i in items]),
            "annotations": [
                note(plain(i.beside), i.value, p, xanchor="left", xshift=6, font={"color": "$ink"})
                for p, i in zip(places, items, strict=True)
            ],
        },
        table=table(heads, [(Cell(i.name, i.name), Cell(i.beside, i.value)) for i in items]),
        source=source,
        height=min((h for h in HEIGHTS if h >= 36 * len(items) + 16), default=560),
        narrow={"labelsAbove": True},
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its range; `firm` when the range does not cross the line."""

    name: str
    value: float
    low: float
    high: float
    firm: bool = True


def dot_figure(
    estimates: Sequence[Estimate],
    *,
    key: str,
    title: str,
    unit: str,
    words: Callable[[float | None], str],
    line: float | None = 0.0,
    head: str,
    source: str = "",
    firm_word: str = "",
    loose_word: str = "",
    range_word: str = "",
) -> Figure:
    """Dots with ranges, sorted as given, filled when firm; the line they are held against is drawn in ink."""
    places = list(range(len(estimates)))
    reach = [v for e in estimates for v in (e.low, e.high)] + ([line] if line is not None else [])
    marks = round_steps(min(reach), max(reach), 4)
    shapes: list[Dict] = [
        {"type": "line", "x0": e.low, "x1": e.high, "y0": p, "y1": p, "line": {"color": "$ink-3", "width": 1.5}}
        for p, e in zip(places, estimates, strict=True)
    ]
    if line is not None:
        shapes.append(
            {
                "type": "line",
                "yref": "paper",
                "x0": line,
                "x1": line,
                "y0": 0,
                "y1": 1,
                "line": {"color": "$ink", "width": 1.25},
            }
        )
    legend = [Key("dot", firm_word), Key("ring", loose_word), Key("range", range_word or _("Range"))]
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "scatter",
                "mode": "markers",
                "x": [e.value for e in estimates],
                "y": places,
                "marker": {
                    "size": 10,
                    "color": ["$accent" if e.firm else "$page" for e in estimates],
                    "line": {"color": ["$accent" if e.firm else "$plan" for e in estimates], "width": 1.5},
                },
                "hovertext": [
                    f"{plain(e.name)}: {words(e.value)} ({words(e.low)} {f.DASH} {words(e.high)})" for e in estimates
                ],
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {
                "side": "top",
                "range": [marks[0], marks[-1]],
                "tickvals": marks,
                "ticktext": [words(m) for m in marks],
                "showgrid": False,
                "showline": False,
                "ticks": "",
            },
            "yaxis": {**name_axis([e.name for e in estimates]), "showgrid": True},
            "shapes": shapes,
        },
        table=table(
            [head, _("Value"), _("Lowest"), _("Highest")],
            [(Cell(e.name, e.name), *(Cell(words(v), v) for v in (e.value, e.low, e.high))) for e in estimates],
        ),
        legend=tuple(k for k in legend if k.word),
        source=source,
        height=min((h for h in HEIGHTS if h >= 26 * len(estimates) + 40), default=560),
        narrow={"labelsAbove": True},
    )


@dataclass(frozen=True, slots=True)
class Impact:
    """An incident as a customer met it."""

    name: str
    day: dt.date
    minutes: float
    noticed: bool
    beside: str = ""


def impact_figure(
    impacts: Sequence[Impact],
    *,
    first: dt.date,
    last: dt.date,
    key: str,
    title: str,
    unit: str,
    source: str = "",
    named: int = 3,
    words: tuple[str, str] | None = None,
) -> Figure:
    """Minutes lost as bars at their dates; what no user noticed is grey; the worst few are named.

    `words` name the two kinds when they are others than noticed and not noticed.
    """
    strong_word, quiet_word = words or (_("Noticed by this customer’s users"), _("Not noticed"))
    ordered = sorted(impacts, key=lambda i: i.day)
    worst = sorted(ordered, key=lambda i: -i.minutes)[:named]
    top = max((i.minutes for i in ordered), default=1.0)
    marks = round_steps(0, top * 1.25, 4)
    tick_at, tick_words = month_ticks(first, last)
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=[
            {
                "type": "bar",
                "x": [i.day.isoformat() for i in ordered],
                "y": [i.minutes for i in ordered],
                "width": [max(86_400_000, (last - first).days * 86_400_000 / 60)] * len(ordered),
                "marker": {"color": ["$bad" if i.noticed else "$previous" for i in ordered]},
                "textposition": "none",
                "hovertext": [
                    f"{plain(i.name)}, {f.date(i.day)}: {f.number(i.minutes)} {_('minutes')} {plain(i.beside)}"
                    for i in ordered
                ],
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {
                "type": "date",
                "range": [first.isoformat(), (last + dt.timedelta(days=1)).isoformat()],
                "tickvals": tick_at,
                "ticktext": tick_words,
            },
            "yaxis": {"range": [0, marks[-1]], "tickvals": marks, "ticktext": [f.number(m) for m in marks]},
            "annotations": [
                note(
                    f"{short(i.name, 24)}<br>{plain(i.beside)}" if i.beside else short(i.name, 24),
                    i.day.isoformat(),
                    i.minutes,
                    yanchor="bottom",
                    yshift=2,
                    font={"color": "$ink"},
                )
                for i in worst
                if i.noticed
            ],
        },
        table=table(
            [_("Incident"), _("Day"), _("Minutes lost"), strong_word],
            [
                (
                    Cell(i.name, i.name),
                    Cell(f.date(i.day), i.day.isoformat()),
                    Cell(f.number(i.minutes), i.minutes),
                    Cell(_("yes") if i.noticed else _("no"), str(i.noticed).lower()),
                )
                for i in ordered
            ],
        ),
        legend=(Key("bad", strong_word), Key("previous", quiet_word)),
        source=source,
        height=280,
        narrow={"layout": {"annotations": []}},
    )
