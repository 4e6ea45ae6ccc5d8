"""Figures per owner and period (a project, a customer) that are worked out before scopes add them up.

Earned value, retention and returns are decided owner by owner; the scopes then add the owners'
figures. Explain still lists the rows of facts behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask, Table
from metrics.frame import Frame, Periods
from metrics.parts import Piece, Reducible, is_zero, placed_rows, without_remainder


def without_noise(figures: Floats) -> Floats:
    """Figures with remains of float addition set to 0."""
    return np.where(is_zero(figures), 0.0, figures)


def own_rows(f: Frame, feed: str, column: str) -> Table:
    """Rows of a feed that refer to themselves in `column`, so that they are placed in scopes as their facts are."""
    table = f.table(feed)
    return table.plus(**{column: np.arange(len(table), dtype=np.int32)})


def by_owner(owner: NDArray[Any], period: Periods, weight: NDArray[Any], owners: int, periods: int) -> Floats:
    """Sums of weights by owner and period; rows without owner or period are left out."""
    kept = (owner >= 0) & (period >= 0) & (weight != 0)
    cell = owner[kept].astype(np.int64) * periods + period[kept]
    total = np.bincount(cell, weights=weight[kept].astype(np.float64, copy=False), minlength=owners * periods)
    return total.astype(np.float64, copy=False).reshape(owners, periods)


def to_date(owner: NDArray[Any], since: Periods, weight: NDArray[Any], owners: int, periods: int) -> Floats:
    """Running sums of weights by owner: each row counts from the period `since` on."""
    return np.cumsum(by_owner(owner, since, weight, owners, periods), axis=1)


def money_to_date(owner: NDArray[Any], since: Periods, money: Floats, owners: int, periods: int) -> Floats:
    """The same of amounts; what is left of amounts that cancel (a customer who left) is exactly 0."""
    moved = to_date(owner, since, np.abs(money), owners, periods)
    return without_noise(without_remainder(to_date(owner, since, money, owners, periods), moved))


def to_scopes(frame: Frame, kind: str, owners: Table, figures: Floats) -> Floats:
    """Figures of owners (owners, columns) added up to the scopes of a kind."""
    scopes, width = len(frame.scopes.of(kind)), figures.shape[1]
    total = np.zeros(scopes * width)
    column = np.arange(width)
    for scope in frame.scopes.members(owners, kind):
        inside = np.flatnonzero(scope >= 0)
        cell = scope[inside].astype(np.int64)[:, None] * width + column
        total += np.bincount(cell.ravel(), weights=figures[inside].ravel(), minlength=len(total))
    return total.reshape(scopes, width)


@dataclass(frozen=True, eq=False)
class OwnerSum:
    """Figures of owners (owners, periods) added up by scope; `shown` are the rows behind them."""

    owners: Table
    figures: NDArray[Any]
    shown: tuple[Reducible | RowsToDate, ...] = ()

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return without_noise(to_scopes(frame, kind, self.owners, self.figures.astype(np.float64, copy=False)))

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        if self.shown:
            return [piece for shown in self.shown for piece in shown.pieces(frame, kind)]
        owner, period = np.nonzero(self.figures)
        weight = self.figures[owner, period].astype(np.float64)
        return [
            Piece(self.owners, at, scope, when, weight[chosen])
            for at, scope, when, chosen in placed_rows(frame, kind, self.owners, owner, period, weight != 0)
        ]


@dataclass(frozen=True, eq=False)
class RowsToDate:
    """Rows behind a figure to date, in each period from `since` on in which their owner takes part.

    Spread over periods only when asked for: a row may stand in all of them.
    """

    rows: Table
    owner: NDArray[Any]
    weight: Floats
    since: Periods
    takes_part: Mask
    where: Mask

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        kept = np.flatnonzero(self.where & (self.since >= 0) & (self.owner >= 0))
        column = np.arange(frame.count)
        cells = self.takes_part[self.owner[kept]] & (column[None, :] >= self.since[kept][:, None])
        place, period = np.nonzero(cells)
        at = kept[place]
        return [
            Piece(self.rows, positions, scope, when, self.weight[positions])
            for positions, scope, when, _ in placed_rows(
                frame, kind, self.rows, at, period, np.ones(len(at), dtype=np.bool_)
            )
        ]


@dataclass(frozen=True, eq=False)
class Shown:
    """The number of one reducible, explained by the rows of others."""

    figure: Reducible
    shown: tuple[Reducible | RowsToDate, ...]

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return self.figure.reduce(frame, kind)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return [piece for shown in self.shown for piece in shown.pieces(frame, kind)]
