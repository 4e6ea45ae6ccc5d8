"""What drills measure: one line a fault, printed at the end and kept as Markdown where EPMO_DRILL_FIGURES says."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HEAD = ("fault", "done", "work resumed after", "published after", "differences")


@dataclass(slots=True)
class Figures:
    """Lines of the table, in the order in which drills ended."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, fault: str, done: str, resumed: float | None, published: float | None, differences: int) -> None:
        """One fault: what was done, seconds until work went on and until new values were published."""
        said = ["" if seconds is None else f"{seconds:.1f} s" for seconds in (resumed, published)]
        self.lines.append((fault, done, *said, str(differences)))

    def table(self) -> str:
        """The table as Markdown."""
        rows = [HEAD, tuple("---" for _ in HEAD), *self.lines]
        return "\n".join(["| " + " | ".join(row) + " |" for row in rows] + [""] + self.notes)


FIGURES = Figures()


def show(write: Callable[[str], object]) -> None:
    """Print the table through `write(line)`, and keep it."""
    if not FIGURES.lines:
        return
    if kept := os.environ.get("EPMO_DRILL_FIGURES"):
        Path(kept).write_text(FIGURES.table() + "\n")
    for line in FIGURES.table().splitlines():
        write(line)
