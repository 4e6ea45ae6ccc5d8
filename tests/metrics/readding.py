"""Do the rows behind a value re-add to it? Asked of every component, scope and period of a computation at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from metrics.cells import NO_DATA, NOT_DUE, NOT_MEASURABLE, SUPPRESSED, WITH_VALUE
from metrics.columns import Facts
from metrics.engine import metric_parts, part_cells, part_scopes
from metrics.explained import PerPeriod
from metrics.frame import Frame
from metrics.parts import Part
from metrics.periods import Grain, Period
from metrics.registry import metric
from metrics.scopes import SCOPE_KINDS, Scopes

BLANK = (NO_DATA, NOT_MEASURABLE, NOT_DUE, SUPPRESSED)


def frame_of(facts: Facts, period: str, as_of: date, zone: str = "UTC") -> Frame:
    """A frame of one period, as explain makes it, but over all scopes."""
    return Frame(facts, Grain((Period.parse(period),), as_of, ZoneInfo(zone)), Scopes(facts), "EUR")


def explained(frame: Frame, part: Part, side: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """What the rows of a side and its constants add up to in every scope, and how many rows there are."""
    total = np.zeros(len(frame.scopes.of(kind)))
    rows: list[set[tuple[str, int]]] = [set() for _ in total]
    for each in part.behind(side):
        if isinstance(each, PerPeriod):
            total += each.figure[0]
        for piece in each.pieces(frame, kind):
            np.add.at(total, piece.scope, piece.weight)
            for scope, at in zip(piece.scope.tolist(), piece.at.tolist(), strict=True):
                rows[scope].add((piece.rows.feed, int(piece.rows.ids[at])))
    return total, np.array([len(each) for each in rows])


def differences(frame: Frame, key: str) -> Iterator[str]:
    """Where the rows of a metric do not give the figures that the engine gives, in words."""
    entry = metric(key)
    for part in metric_parts(frame, key):
        for kind in SCOPE_KINDS:
            if kind not in part_scopes(entry, part):
                continue
            cells = part_cells(frame, entry, part, kind)
            state = cells.state[:, 0]
            held = ~np.isin(state, BLANK)
            shown = np.isin(state, WITH_VALUE)
            sums = {side: explained(frame, part, side, kind) for side in ("numerator", "denominator")}
            name = f"{key}:{part.component} {kind} {frame.grain.periods[0].code}"
            if part.rows_are == "items":
                yield from _where(name, "items", sums["numerator"][1], cells.n[:, 0], held)
                continue
            if part.rows_are == "inputs":
                yield from _where(name, "rows", sums["numerator"][1] > 0, np.ones(len(state)), shown)
                continue
            for side, (total, _) in sums.items():
                figure = getattr(cells, side)[:, 0]
                if np.isnan(figure).all() and side == "numerator":
                    yield from _where(name, "value", total, cells.value[:, 0], shown)
                yield from _where(name, side, total, figure, held & ~np.isnan(figure))


def _where(name: str, what: str, found: np.ndarray, wanted: np.ndarray, asked: np.ndarray) -> Iterator[str]:
    slack = np.maximum(1e-6, 1e-9 * np.abs(np.nan_to_num(wanted.astype(float))))
    for place in np.flatnonzero(asked & ~(np.abs(found - wanted) <= slack)).tolist():
        yield f"{name} scope {place}: {what} is {wanted[place]}, its rows give {found[place]}"
