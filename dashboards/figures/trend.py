"""A level over time: line with target, limits, range, forecast and dated events; also its small multiple."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.marks import Dict, Event, band, events_on, level, note, period_axis, round_steps
from dashboards.parts import Cell, Figure, Key, Kind, Table, table

COLOR_OF_KIND = {"ok": "$accent", "watch": "$watch-fill", "bad": "$bad", "none": "$ink-3"}
Words = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One period: its value (None = none), range, number of items behind it, and a remark (status in words)."""

    period: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    remark: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and natural limits of the values (XmR)."""

    centre: float
    low: float
    high: float
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """Forecast periods with their values and ranges; how good the forecast was, and what it is called in the table."""

    periods: tuple[str, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    said: str
    word: str


def trend_figure(
    points: Sequence[Point],
    *,
    key: str,
    title: str,
    unit: str,
    words: Words,
    target: float | None = None,
    target_word: str = "",
    limits: Limits | None = None,
    events: Sequence[Event] = (),
    kind: Kind = "ok",
    breaks: Sequence[str] = (),
    height: int = 240,
    small: bool = False,
    source: str = "",
    value_word: str = "",
    range_word: str = "",
    floor: float | None = None,
    ceiling: float | None = None,
    marks: Sequence[float] = (),
    ahead: Ahead | None = None,
) -> Figure:
    """A line over periods; gaps stay gaps, a partial period is hollow, a version break cuts the line.

    A forecast is dashed, in its own colour and with its range, and never joined to what is stored in table or file.
    """
    color = COLOR_OF_KIND[kind]
    periods = [p.period for p in points]
    periods += [code for code in (ahead.periods if ahead else ()) if code not in periods]
    known = [(i, p) for i, p in enumerate(points) if p.value is not None]
    values = [p.value for _i, p in known if p.value is not None]
    spread = [v for p in points for v in (p.low, p.high) if v is not None]
    spread += [*ahead.low, *ahead.high] if ahead else []
    refs = [v for v in (target, *((limits.low, limits.high) if limits else ())) if v is not None]
    data: list[Dict] = []
    ranged = [(i, p) for i, p in known if p.low is not None and p.high is not None]
    if len(ranged) > 1:
        data.append(band([i for i, _p in ranged], [p.low for _i, p in ranged], [p.high for _i, p in ranged]))  # type: ignore[misc]
    last = known[-1][0] if known else -1
    data += [_line(points, stretch, color, last, words, small) for stretch in _stretches(points, breaks)]
    shapes: list[Dict] = []
    notes: list[Dict] = []
    if target is not None:
        shapes.append(level(target))
        if not small:
            above = not values or target >= values[0]
            notes.append(
                note(
                    target_word or _("Target %(value)s") % {"value": words(target)},
                    0,
                    target,
                    xref="paper",
                    xanchor="left",
                    yanchor="bottom" if above else "top",
                )
            )
    if limits is not None:
        shapes += [
            level(limits.low, color="$ink-3", dash="dot", width=1),
            level(limits.high, color="$ink-3", dash="dot", width=1),
            level(limits.centre, color="$rule-firm", dash="solid", width=1),
        ]
    place = {p: i for i, p in enumerate(periods)}
    if ahead is not None:
        data += _ahead_traces(ahead, points, place, words)
    told = _told(events, place)
    marked = events_on([(place[at], f.period(at), named) for at, named in told.items()], small=small)
    shapes += marked.shapes
    notes += marked.notes
    if known and not small:
        i, p = known[-1]
        notes.append(
            note(
                words(p.value),
                i,
                p.value,
                **({"yanchor": "bottom", "yshift": 8} if ahead else {"xanchor": "left", "xshift": 9}),
                font={"color": color, "size": 13, "weight": 600},
            )
        )
    marks = list(marks) or _marks([*values, *spread, *refs], floor, ceiling, 3 if small else 4)
    layout: Dict = {
        "xaxis": period_axis(periods, most=3 if small else 6, room=0.5),
        "yaxis": {
            "range": [marks[0], marks[-1]] if len(marks) > 1 else [marks[0] - 1, marks[0] + 1],
            "tickvals": marks,
            "ticktext": [words(m) for m in marks],
        },
        "shapes": shapes,
        "annotations": notes,
        "margin": {"t": 22 if marked.notes else 12, "r": 12 if small else 52},
    }
    if not small:
        layout["xaxis"]["range"][1] = len(periods) - 1 + 0.4
    return Figure(
        key=key,
        title=title,
        unit=unit,
        data=data,
        layout=layout,
        table=_table(points, words, value_word, told, ahead),
        source=" ".join(part for part in (source, f"{ahead.said}." if ahead and small else "") if part),
        legend=_legend(target, limits, bool(len(ranged) > 1), bool(told), points, small, range_word, ahead),
        height=height,
        told=marked.told,
    )


def _line(points: Sequence[Point], stretch: Sequence[int], color: str, last: int, words: Words, small: bool) -> Dict:
    dots = 0.1 if small else 5
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(stretch),
        "y": [points[i].value for i in stretch],
        "line": {"color": color, "width": 2 if small else 2.5},
        "marker": {
            "size": [9 if i == last else 5 if len(stretch) == 1 else dots for i in stretch],
            "color": ["$page" if points[i].partial else color for i in stretch],
            "line": {"color": color, "width": [1.5 if points[i].partial or i == last else 0 for i in stretch]},
        },
        "hovertext": [_hover(points[i], words) for i in stretch],
        "hoverinfo": "text",
    }


def _ahead_traces(ahead: Ahead, points: Sequence[Point], place: dict[str, int], words: Words) -> list[Dict]:
    """The range of a forecast and its dashed line from the last whole value on."""
    at = [place[code] for code in ahead.periods]
    start = [(i, p.value) for i, p in enumerate(points) if i < at[0] and p.value is not None][-1:]
    x, y = [i for i, _v in start] + at, [v for _i, v in start] + list(ahead.values)
    return [
        {**band([*[i for i, _v in start], *at], [*y[: len(start)], *ahead.low], [*y[: len(start)], *ahead.high])}
        | {"fillcolor": "$quiet-band"},
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": x,
            "y": y,
            "line": {"color": "$forecast", "width": 2, "dash": "dash"},
            "marker": {
                "size": [0.1] * len(start) + [7] * len(at),
                "color": "$page",
                "line": {"color": "$forecast", "width": 1.5},
            },
            "hovertext": [""] * len(start)
            + [
                f"{f.period(code)}, {ahead.word}: {words(value)} · "
                + _("range %(low)s to %(high)s") % {"low": words(low), "high": words(high)}
                for code, value, low, high in zip(ahead.periods, ahead.values, ahead.low, ahead.high, strict=True)
            ],
            "hoverinfo": "text",
        },
    ]


def _stretches(points: Sequence[Point], breaks: Sequence[str]) -> list[list[int]]:
    """Runs of neighbours with values; a break begins a new run."""
    runs: list[list[int]] = []
    open_run = False
    for i, p in enumerate(points):
        if p.value is None:
            open_run = False
            continue
        if not open_run or p.period in breaks:
            runs.append([])
        runs[-1].append(i)
        open_run = True
    return runs


def _hover(point: Point, words: Words) -> str:
    parts = [f"{f.period(point.period)}: {words(point.value)}"]
    if point.low is not None and point.high is not None:
        parts.append(_("range %(low)s to %(high)s") % {"low": words(point.low), "high": words(point.high)})
    if point.n is not None:
        parts.append(_("n = %(n)s") % {"n": f.number(point.n)})
    if point.remark:
        parts.append(point.remark)
    return " · ".join(parts)


def _marks(values: Sequence[float], floor: float | None, ceiling: float | None, most: int) -> list[float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = (high - low) * 0.08 or abs(high) * 0.05 or 0.5
    low, high = low - pad, high + pad
    if floor is not None:
        low = max(low, floor)
    if ceiling is not None:
        high = min(high, ceiling)
    return round_steps(low, high, most)


def _told(events: Sequence[Event], place: dict[str, int]) -> dict[str, list[str]]:
    """Labels of the events of each period that is drawn, in the order of the periods; the same label once."""
    found: dict[str, list[str]] = {}
    for event in sorted((e for e in events if e.at in place), key=lambda e: place[e.at]):
        named = found.setdefault(event.at, [])
        if event.label not in named:
            named.append(event.label)
    return found


def _table(
    points: Sequence[Point], words: Words, value_word: str, told: dict[str, list[str]], ahead: Ahead | None
) -> Table:
    if ahead is not None:
        points = [
            *points,
            *(
                Point(code, value, low, high, remark=ahead.word)
                for code, value, low, high in zip(ahead.periods, ahead.values, ahead.low, ahead.high, strict=True)
            ),
        ]
    ranged = any(p.low is not None for p in points)
    counted = any(p.n is not None for p in points)
    remarked = any(p.remark for p in points)
    heads = [_("Period"), value_word or _("Value")]
    heads += [_("Lowest"), _("Highest")] * ranged + [_("n")] * counted + [_("Remark")] * remarked
    heads += [_("Events")] * bool(told)
    rows = []
    for p in points:
        row = [Cell(f.period(p.period), p.period), Cell(words(p.value), p.value)]
        if ranged:
            row += [Cell(words(p.low), p.low), Cell(words(p.high), p.high)]
        if counted:
            row.append(Cell(f.number(p.n), p.n))
        if remarked:
            row.append(Cell(p.remark, p.remark))
        if told:
            named = "; ".join(told.get(p.period, ()))
            row.append(Cell(named, named))
        rows.append(row)
    return table(heads, rows)


def _legend(
    target: float | None,
    limits: Limits | None,
    ranged: bool,
    marked: bool,
    points: Sequence[Point],
    small: bool,
    range_word: str,
    ahead: Ahead | None,
) -> tuple[Key, ...]:
    if small:
        return ()
    keys = []
    if ranged:
        keys += [Key("line", _("Value")), Key("band", range_word or _("Range"))]
    if ahead is not None:
        keys.append(Key("forecast-line", ahead.said))
    if limits is not None:
        keys.append(Key("limit", _("Natural limits (provisional)") if limits.provisional else _("Natural limits")))
    if any(p.partial for p in points):
        keys.append(Key("ring", _("Period not over")))
    if marked:
        keys.append(Key("event", _("Event")))
    if target is not None and keys:
        keys.append(Key("plan-line", _("Target")))
    return tuple(keys)
