"""The engine: runs formulas over facts and settles their values, for all scopes and periods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from metrics import cells as settling
from metrics.cells import Cells
from metrics.frame import Frame
from metrics.parts import Part
from metrics.periods import Grain
from metrics.registry import Metric, formulas, metric
from metrics.scopes import SCOPE_KINDS


@dataclass(frozen=True)
class Block:
    """Settled cells of one component for one kind of scope and one grain."""

    metric: Metric
    component: str
    scope_kind: str
    grain: Grain
    cells: Cells


def part_scopes(entry: Metric, part: Part) -> tuple[str, ...]:
    """Kinds of scope that a component is computed for."""
    return entry.scopes_of(part.component)


def part_cells(frame: Frame, entry: Metric, part: Part, kind: str) -> Cells:
    """Settled cells of one part for one kind of scope."""
    arrays = {name: _reduced(frame, reducible, kind) for name, reducible in part.inputs.items()}
    outcome = part.outcome(**arrays)
    return settling.settle(
        outcome,
        frame.grain,
        minimum_n=1 if part.counts else entry.minimum_n,
        people=entry.people_metric,
    )


def _reduced(frame: Frame, reducible: object, kind: str) -> np.ndarray:
    """Inputs shared by several components are reduced once a kind."""
    key = ("reduced", id(reducible), kind)
    if key not in frame._memo:
        frame._memo[key] = (reducible, reducible.reduce(frame, kind))  # type: ignore[attr-defined]
    return frame._memo[key][1]


def metric_parts(frame: Frame, key: str) -> list[Part]:
    """All components of a metric over a frame; raises when the formula and the entry disagree."""
    entry = metric(key)
    parts = list(formulas()[key].parts(frame))
    made, declared = {part.component for part in parts}, set(entry.component_names)
    if made != declared or len(parts) != len(made):
        raise RuntimeError(f"{key}: the formula makes {sorted(made)}, the entry declares {sorted(declared)}")
    return parts


def compute_metric(frames: Iterable[Frame], key: str) -> Iterator[Block]:
    """Blocks of one metric, one kind of scope after the other, as the entry lists them."""
    entry = metric(key)
    made = [(frame, metric_parts(frame, key)) for frame in frames]
    for kind in SCOPE_KINDS:
        for frame, parts in made:
            for part in parts:
                if kind in part_scopes(entry, part) and len(frame.scopes.of(kind)):
                    yield Block(entry, part.component, kind, frame.grain, part_cells(frame, entry, part, kind))
            frame.forget(kind)
    for frame, _ in made:
        frame.forget()


def compute(frames: Iterable[Frame], keys: Iterable[str]) -> Iterator[Block]:
    """Blocks of the asked metrics."""
    frames = list(frames)
    for key in keys:
        yield from compute_metric(frames, key)
