"""Names beside points: each where it covers neither another name nor a named point, as far as there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboards.figures.marks import Dict, note, short

LONGEST = 26
WIDTH, HEIGHT = 500.0, 300.0
"""Pixels of the plotting area that room is reckoned in: half a wide page. On a narrow one names come closer."""
LETTER, LINE, GAP = 6.3, 15.0, 8.0
"""Pixels of a letter, of a line, and between a point and its name."""


class Point(Protocol):
    """What has a name and a place."""

    @property
    def name(self) -> str: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two share any room."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def beside(
    points: Sequence[Point], x_range: tuple[float, float], y_range: tuple[float, float], font: Dict | None = None
) -> list[Dict]:
    """An annotation for each point's name. `x_range` and `y_range` are those of the axes."""
    to_x = WIDTH / ((x_range[1] - x_range[0]) or 1)
    to_y = HEIGHT / ((y_range[1] - y_range[0]) or 1)
    places = [((p.x - x_range[0]) * to_x, (y_range[1] - p.y) * to_y) for p in points]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in places]
    notes = []
    for p, (x, y) in zip(points, places, strict=True):
        words = short(p.name, LONGEST)
        choices = list(_choices(x, y, len(words) * LETTER))
        inside = [(box, how) for box, how in choices if box.left >= 0 and box.right <= WIDTH] or choices
        box, how = next((c for c in inside if not any(c[0].meets(other) for other in taken)), inside[0])
        taken.append(box)
        notes.append(note(words, p.x, p.y, **how, **({"font": font} if font else {})))
    return notes


def _choices(x: float, y: float, width: float) -> Iterator[tuple[Box, Dict]]:
    """Where a name may stand: outwards from the middle first, then the other side, above, below."""
    right = Box(x + GAP, y - LINE / 2, x + GAP + width, y + LINE / 2), {"xanchor": "left", "xshift": GAP}
    left = Box(x - GAP - width, y - LINE / 2, x - GAP, y + LINE / 2), {"xanchor": "right", "xshift": -GAP}
    yield from (left, right) if x > WIDTH / 2 else (right, left)
    for shift in (LINE, -LINE):
        box = Box(x - width / 2, y - shift - LINE / 2, x + width / 2, y - shift + LINE / 2)
        yield box, {"xanchor": "center", "yshift": shift}
