"""What figures share: safe texts, colours by meaning, lines, notes, events, axes over months and periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboards import formatting as f

Dict = dict[str, Any]


def plain(text: str) -> str:
    """A text as Plotly shows it letter by letter: no tags, no links, and no `$token` of ours."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


def short(text: str, length: int = 32) -> str:
    """At most `length` letters for an axis; the whole name stands in the hover text and in the table."""
    text = " ".join(text.split())
    return plain(text if len(text) <= length else text[: length - 1].rstrip() + "…")


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated that a reader must know to read the line: launch, incident, restatement, version break.

    `at` is the code of a period on an axis of periods, an ISO date on an axis of days.
    """

    at: str
    label: str


def upright(x: Any, *, color: str = "$rule-firm", dash: str = "solid", y0: float = 0, y1: float = 1) -> Dict:
    """A line from bottom to top at `x`."""
    line = {"color": color, "width": 1, "dash": dash}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": y0, "y1": y1, "line": line}


def level(y: float, *, color: str = "$plan", dash: str = "dash", width: float = 1.25) -> Dict:
    """A line from left to right at `y`."""
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def note(text: str, x: Any, y: Any, **more: Any) -> Dict:
    """A word beside a mark. `text` is ours or already `plain`."""
    return {"text": text, "x": x, "y": y, "showarrow": False, **more}


def band(x: Sequence[Any], low: Sequence[float], high: Sequence[float], color: str = "$accent-band") -> Dict:
    """A filled range along a line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": color,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


@dataclass(frozen=True, slots=True)
class Marked:
    """Events as a figure draws them: lines, words over them, and what each letter stands for."""

    shapes: tuple[Dict, ...] = ()
    notes: tuple[Dict, ...] = ()
    told: tuple[tuple[str, str], ...] = ()


FEW = 2
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def events_on(groups: Sequence[tuple[Any, str, Sequence[str]]], *, small: bool = False) -> Marked:
    """Groups of events: where on the axis, when in words, and the labels of all that happened there.

    One or two marks carry their label; more carry letters, told under the figure. A small multiple has lines alone.
    """
    shapes = tuple(upright(x, color="$ink-3", dash="dot") for x, _when, _labels in groups)
    if small:
        return Marked(shapes)
    font = {"color": "$ink-3", "size": 11}
    if len(groups) <= FEW:
        words = [
            labels[0] if len(labels) == 1 else _("%(n)s events") % {"n": f.number(len(labels))}
            for _x, _w, labels in groups
        ]
        told: tuple[tuple[str, str], ...] = ()
    else:
        groups = groups[-len(LETTERS) :]
        words = list(LETTERS[: len(groups)])
        told = tuple(
            (letter, f"{when}: {', '.join(labels)}") for letter, (_x, when, labels) in zip(words, groups, strict=True)
        )
    notes = tuple(
        note(short(word, 26), x, 1, yref="paper", yanchor="bottom", font=font)
        for word, (x, _when, _labels) in zip(words, groups, strict=True)
    )
    return Marked(shapes, notes, told)


def by_month(events: Sequence[Event], first: dt.date, last: dt.date) -> dict[str, list[Event]]:
    """Events of days from `first` to `last` (ISO dates in `at`) by their month, oldest first, each label once."""
    found: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda e: e.at):
        if first.isoformat() <= event.at <= last.isoformat():
            held = found.setdefault(event.at[:7], [])
            if event.label not in {each.label for each in held}:
                held.append(event)
    return found


def months_on(found: dict[str, list[Event]]) -> Marked:
    """Marks of events on an axis of days: one a month, at the day of its first event."""
    return events_on(
        [
            (held[0].at, f.month_year(dt.date.fromisoformat(f"{month}-01")), [e.label for e in held])
            for month, held in found.items()
        ]
    )


def labels_of(found: dict[str, list[Event]], month: dt.date) -> str:
    """The events of a month as the cell of a table."""
    return "; ".join(event.label for event in found.get(month.isoformat()[:7], ()))


def name_axis(names: Sequence[str], length: int = 32) -> Dict:
    """A y axis of names, first on top. Places are numbers, so that two things may have one name."""
    count = len(names)
    return {
        "tickvals": list(range(count)),
        "ticktext": [short(name, length) for name in names],
        "range": [count - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
        "ticklabelstandoff": 6,
    }


def money_marks(marks: Sequence[float], currency: str) -> list[str]:
    """Marks of an axis of money, all with the fewest decimals that tell them apart."""
    for decimals in (0, 1, 2):
        words = [f.money(m, currency, decimals=decimals) if m else "0" for m in marks]
        if len(set(words)) == len(set(marks)):
            return words
    return [f.money(m, currency) if m else "0" for m in marks]


def thin(labels: Sequence[str], most: int = 6) -> list[int]:
    """Places of the labels that an axis writes: the last always, the others evenly before it."""
    if not labels:
        return []
    step = max(1, -(-len(labels) // most))
    return sorted({len(labels) - 1 - i for i in range(0, len(labels), step)})


def period_axis(periods: Sequence[str], *, most: int = 6, room: float = 0.4) -> Dict:
    """An x axis of periods at places 0, 1, 2 ... with a few of them written."""
    at = thin(periods, most)
    return {
        "tickvals": at,
        "ticktext": [f.period(periods[i], short=True) for i in at],
        "range": [-room, len(periods) - 1 + room],
    }


def month_ticks(first: dt.date, last: dt.date, most: int = 7) -> tuple[list[str], list[str]]:
    """Firsts of months between two days, thinned, worded in the reader's language; the year where it begins."""
    months = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        months.append(dt.date(year, month, 1))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    step = max(1, -(-len(months) // most))
    chosen = months[::step]
    shown = [
        f.month_name(d.month) + (f" ’{d.year % 100:02d}" if i == 0 or d.year != chosen[i - 1].year else "")
        for i, d in enumerate(chosen)
    ]
    return [d.isoformat() for d in chosen], shown


def round_steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that cover `low` to `high` in at most `most` + 1 marks."""
    span = (high - low) or abs(high) or 1.0
    raw = span / most
    power = 10.0 ** _floor_log10(raw)
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = int(low // step)
    marks = [first * step]
    while marks[-1] < high - step * 1e-9:
        marks.append((first + len(marks)) * step)
    return [round(m, 10) for m in marks]


def _floor_log10(value: float) -> int:
    exponent = 0
    while value >= 10:
        value /= 10
        exponent += 1
    while value < 1:
        value *= 10
        exponent -= 1
    return exponent
