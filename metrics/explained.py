"""Rows behind figures that are no plain sums of them: with which weights they re-add to the figure.

Engine and formulas reduce figures the fast way; what stands here is asked for by explain only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask, Table
from metrics.frame import Frame, Periods, Positions
from metrics.parts import Piece, Reducible, placed_rows

Weigh = Callable[[Positions, Periods], Floats]
"""Weights of rows (their positions) in periods."""


@dataclass(frozen=True, eq=False)
class PerPeriod:
    """A number that a period has whatever the scope: no row stands behind it. `kind` is days, weeks or whole."""

    kind: str
    figure: Floats

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return np.tile(self.figure, (len(frame.scopes.of(kind)), 1))

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return []


@dataclass(frozen=True, eq=False)
class Scaled:
    """Another figure times a factor (one number, or one a period), and its rows likewise."""

    figure: Reducible
    factor: float | Floats

    @property
    def to_date(self) -> bool:
        return bool(getattr(self.figure, "to_date", False))

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return self.figure.reduce(frame, kind) * self.factor

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        factor = np.broadcast_to(np.asarray(self.factor, dtype=np.float64), (frame.count,))
        return [
            Piece(piece.rows, piece.at, piece.scope, piece.period, piece.weight * factor[piece.period])
            for piece in self.figure.pieces(frame, kind)
        ]


@dataclass(frozen=True, eq=False)
class RowsWeighed:
    """Rows of owners (a project, a customer) in the periods in which their owner takes part, each with its weight.

    `shown` leaves out rows, period by period; a row may stand in all periods.
    """

    rows: Table
    owner: NDArray[Any]
    takes_part: Mask
    weigh: Weigh
    shown: Callable[[Positions, Periods, Floats], Mask] | None = None

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        kept = np.flatnonzero(self.owner >= 0)
        place, period = np.nonzero(self.takes_part[self.owner[kept]])
        at = kept[place]
        weight = self.weigh(at, period)
        chosen = np.ones(len(at), dtype=np.bool_) if self.shown is None else self.shown(at, period, weight)
        return [
            Piece(self.rows, positions, scope, when, weight[held])
            for positions, scope, when, held in placed_rows(frame, kind, self.rows, at, period, chosen)
        ]

    def reduce(self, frame: Frame, kind: str) -> Floats:
        shape = (len(frame.scopes.of(kind)), frame.count)
        total = np.zeros(shape)
        for piece in self.pieces(frame, kind):
            np.add.at(total, (piece.scope, piece.period), piece.weight)
        return total


@dataclass(frozen=True, eq=False)
class SharesOfScope:
    """Rows whose weight depends on the scope that they are read for: `weigh(frame, kind, piece)`."""

    rows: Reducible
    weigh: Callable[[Frame, str, Piece], Floats]

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return self.rows.reduce(frame, kind)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return [
            Piece(piece.rows, piece.at, piece.scope, piece.period, self.weigh(frame, kind, piece))
            for piece in self.rows.pieces(frame, kind)
        ]


def cut_share(part: Floats, whole: Floats) -> Floats:
    """How much of a whole its part is, 0 where there is no whole: the factor that cuts rows down to a figure."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole != 0)


def month_weights(reached: Floats, first: NDArray[np.int64], last: NDArray[np.int64], ends: Mask) -> Floats:
    """What rows of a plan add to months reached: a row stands for the months after the row before it, to its own.

    `first` and `last` number the months from 0 (before the first) on; the last row of a plan (`ends`) takes what is
    left, and the first whatever lies before it. Example: 2.5 months reached over rows of one month: 1, 1, 0.5, 0.
    """
    low = np.where(first == 0, -np.inf, first)
    high = np.where(ends, np.inf, last)
    return np.where(first == 0, np.minimum(reached, high), np.clip(reached, low, high) - first)
