"""Marks and words of a figure as the browser draws them fastest.

Plotly draws each annotation twice and measures it, and each shape for itself; points of a trace it draws in one go. So
straight lines and plain words whose place is known become traces, and look the same. What cannot be said so stays.
"""

from __future__ import annotations

import json
from numbers import Real
from typing import Any

Dict = dict[str, Any]

NOTE = frozenset(
    {"text", "x", "y", "xref", "yref", "showarrow", "xanchor", "yanchor", "xshift", "font", "captureevents"}
)
LINE = frozenset({"type", "x0", "x1", "y0", "y1", "xref", "yref", "line"})
FONT = {"size": 12, "color": "$ink-2", "weight": 400}
"""What words are written in when they do not say; the template's font of annotations."""
BLANK_PX = 3.4
"""Width of a blank in the letters of 12 px: words keep their distance from marks by blanks."""
SIDE = {"left": "right", "right": "left"}
LEVEL = {"bottom": "top", "top": "bottom"}


def light(data: list[Dict], layout: Dict, narrow: Dict) -> tuple[list[Dict], Dict]:
    """Data and layout with lines and words as traces where that changes nothing; neither argument is changed."""
    axes = _axes(data, layout)
    if axes is None or not (layout.get("annotations") or layout.get("shapes")) or _moved(narrow):
        return data, layout
    loose = not narrow  # narrow figures may lengthen an axis: what ends at its ends must follow
    kept_shapes, traces = _lines(layout.get("shapes", ()), axes, loose)
    kept_notes, words = _words(layout.get("annotations", ()), axes, loose)
    return [*data, *traces, *words], {**layout, "shapes": kept_shapes, "annotations": kept_notes}


def _axes(data: list[Dict], layout: Dict) -> dict[str, Any] | None:
    """Range of either axis; None unless both are set, for then a trace moves none, and there is but one pair.

    On an axis of names a range counts places, and a trace at a number would add a name; on a logarithmic axis notes
    count powers of ten, and traces values; an axis with a domain does not fill the paper: None, too.
    """
    if any(name[1:5] == "axis" and name not in {"xaxis", "yaxis"} for name in layout):
        return None
    ranges = {letter: layout.get(f"{letter}axis", {}).get("range") for letter in "xy"}
    if not all(ranges.values()):
        return None
    if any(axis.get("type") == "log" or "domain" in axis for axis in (layout["xaxis"], layout["yaxis"])):
        return None
    for letter, ends in ranges.items():
        named = any(isinstance(v, str) for trace in data for v in trace.get(letter, ()))
        if named and isinstance(ends[0], Real):
            return None
    return ranges


def _moved(narrow: Dict) -> bool:
    """Whether a narrow figure has lines, words or axes of its own."""
    own = narrow.get("layout", {})
    return bool({"shapes", "annotations"} & set(own)) or any("range" in own.get(f"{a}axis", {}) for a in "xy")


def _place(item: Dict, letter: str, key: str, axes: dict[str, Any], loose: bool) -> Any:
    """A place on an axis; None when it cannot be said without the drawing's size."""
    ref, at = item.get(f"{letter}ref", letter), item.get(key)
    if ref == letter:
        return at
    low, high = axes[letter]
    if ref == "paper" and loose and isinstance(at, Real) and isinstance(low, Real) and isinstance(high, Real):
        return float(low) + float(at) * (float(high) - float(low))
    return None


def _lines(shapes: Any, axes: dict[str, Any], loose: bool) -> tuple[list[Dict], list[Dict]]:
    """Shapes that stay, and one trace for all lines of one look."""
    kept: list[Dict] = []
    looks: dict[str, Dict] = {}
    for shape in shapes:
        ends = {key: _place(shape, key[0], key, axes, loose) for key in ("x0", "x1", "y0", "y1")}
        if shape.get("type") != "line" or not LINE.issuperset(shape) or any(v is None for v in ends.values()):
            kept.append(shape)
            continue
        look = json.dumps(shape["line"], sort_keys=True)
        trace = looks.setdefault(
            look,
            {"type": "scatter", "mode": "lines", "x": [], "y": [], "line": shape["line"], "hoverinfo": "skip"},
        )
        for letter in "xy":
            trace[letter] += [None] * bool(trace[letter]) + [ends[f"{letter}0"], ends[f"{letter}1"]]
    return kept, list(looks.values())


def _words(notes: Any, axes: dict[str, Any], loose: bool) -> tuple[list[Dict], list[Dict]]:
    """Annotations that stay, and one trace for all plain words."""
    kept: list[Dict] = []
    taken: list[tuple[Dict, Any, Any]] = []
    for note in notes:
        x, y = _place(note, "x", "x", axes, loose), _place(note, "y", "y", axes, loose)
        # Beside the plot an annotation is never cut, and its default anchor there depends on its place.
        plain = NOTE.issuperset(note) and not note.get("showarrow", True) and set(note.get("font", ())) <= set(FONT)
        anchored = note.get("xref", "x") == "x" or "xanchor" in note
        if x is None or y is None or not plain or not anchored:
            kept.append(note)
        else:
            taken.append((note, x, y))
    if not taken:
        return kept, []
    trace: Dict = {
        "type": "scatter",
        "mode": "text",
        "x": [x for _n, x, _y in taken],
        "y": [y for _n, _x, y in taken],
        "text": [_spaced(note) for note, _x, _y in taken],
        "textposition": _one([_position(note) for note, _x, _y in taken]),
        "textfont": {
            name: _one([note.get("font", {}).get(name, usual) for note, _x, _y in taken])
            for name, usual in FONT.items()
        },
        "hoverinfo": "skip",
    }
    return kept, [trace]


def _spaced(note: Dict) -> str:
    """The word with the blanks that keep it off its mark."""
    shift = note.get("xshift", 0)
    blanks = "\u00a0" * round(abs(shift) / BLANK_PX)
    return f"{blanks}{note['text']}" if shift >= 0 else f"{note['text']}{blanks}"


def _position(note: Dict) -> str:
    """Where the word stands as seen from its place; an annotation says which of its sides is there."""
    anchor, level = note.get("xanchor", "center"), note.get("yanchor", "middle")
    return f"{LEVEL.get(level, 'middle')} {SIDE.get(anchor, 'center')}"


def _one(values: list[Any]) -> Any:
    """The value that all share, or all of them."""
    return values[0] if all(value == values[0] for value in values) else values
