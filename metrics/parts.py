"""What formulas are made of: sums, distinct counts and pooled items, reduced to scopes and periods.

A formula says which rows count, in which period, and with which weight. The engine reduces the
same declaration for every kind of scope, and explain lists its rows: there is one arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask, Table
from metrics.formulas.quantiles import sorted_quantiles
from metrics.formulas.sequences import distinct
from metrics.formulas.survival import grouped_kaplan_meier
from metrics.frame import Frame, Periods, Positions
from metrics.scopes import Places


class Explained(Protocol):
    """Something with rows behind it."""

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        """The rows behind the numbers, for explain."""
        ...


class Reducible(Explained, Protocol):
    """Something that has one number for every scope and period."""

    def reduce(self, frame: Frame, kind: str) -> Floats:
        """Array of shape (scopes, periods)."""
        ...


@dataclass(frozen=True)
class Piece:
    """Rows with the weight that each adds; `scope` and `period` say where."""

    rows: Table
    at: Positions
    scope: NDArray[Any]
    period: Periods
    weight: Floats


NOISE = 1e-7
"""Sums nearer to 0 than this are 0: exact decimals that cancel leave such remains when added as floats."""

REMAINDER = 1e-12
"""Share of all that was added up which may remain of amounts that cancel: large amounts leave more than NOISE."""

_FLAGS: Final = 4_000_000
_FLAGS_A_PAIR: Final = 32


def is_zero(figures: Floats) -> Mask:
    return np.abs(figures) < NOISE


def without_remainder(figures: Floats, moved: Floats) -> Floats:
    """Sums of amounts with what is left of those that cancel set to 0; `moved` are the sums of their sizes."""
    return np.where(np.abs(figures) <= REMAINDER * moved, 0.0, figures)


def placed_rows(
    frame: Frame, kind: str, rows: Table, at: Positions | None, period: Periods, kept: Mask
) -> list[tuple[Positions, Places, Periods, NDArray[np.int64]]]:
    """(positions in rows, scope, period, positions in the given arrays) for every level of the kind."""
    chosen = np.flatnonzero(kept & (period >= 0))
    positions = chosen if at is None else at[chosen]
    placed = []
    for level in _members(frame, kind, rows):
        scope = level[positions]
        inside = scope >= 0
        if inside.all():
            placed.append((positions, scope, period[chosen], chosen))
        else:
            placed.append((positions[inside], scope[inside], period[chosen][inside], chosen[inside]))
    return placed


def _members(frame: Frame, kind: str, rows: Table) -> list[Places]:
    key = ("members", id(rows), kind)
    if key not in frame._memo:
        # The rows are kept beside their scopes, so that their id cannot be taken by others.
        frame._memo[key] = (rows, frame.scopes.members(rows, kind))
    scopes: list[Places] = frame._memo[key][1]
    return scopes


def _cells(
    frame: Frame, kind: str, rows: Table, at: Positions | None, period: Periods
) -> list[tuple[Positions | None, NDArray[np.int64]]]:
    """Weights of each level with the number of their (scope, period); one past the last where there is none.

    All weights (None), or the positions of those inside a scope where few are: a run over few scopes.
    """
    key = ("cells", id(rows), id(at), id(period), kind)
    if key not in frame._memo:
        size = len(frame.scopes.of(kind)) * frame.count
        levels: list[tuple[Positions | None, NDArray[np.int64]]] = []
        for level in _members(frame, kind, rows):
            scope, when = level if at is None else level[at], period
            held = scope >= 0
            inside = np.flatnonzero(held) if np.count_nonzero(held) * 3 < len(scope) else None
            if inside is not None:
                scope, when, held = scope[inside], period[inside], held[inside]
            cell = np.multiply(scope, frame.count, dtype=np.int64)
            cell += when
            held &= when >= 0
            np.putmask(cell, ~held, size)
            levels.append((inside, cell))
        frame._memo[key] = (rows, at, period, levels)
    cells: list[tuple[Positions | None, NDArray[np.int64]]] = frame._memo[key][3]
    return cells


def _heavy(frame: Frame, weight: NDArray[Any]) -> Positions | slice:
    """Weights that are not 0; all of them where leaving the others out costs more than adding zeros."""
    key = ("heavy", id(weight))
    if key not in frame._memo:
        is_dense = np.count_nonzero(weight) * 3 > len(weight)
        frame._memo[key] = (weight, slice(None) if is_dense else np.flatnonzero(weight))
    heavy: Positions | slice = frame._memo[key][1]
    return heavy


@dataclass(frozen=True, eq=False)
class Sum:
    """Sum of a weight over rows, by scope and period.

    `at` gives the row of each weight where rows are spread over periods, else weights stand beside
    the rows. `to_date` adds up from the first period on: use Frame.since for its periods.
    Explain lists rows whose weight is not 0, or those that hold in `where` (a cost row of 0 is a row).
    """

    rows: Table
    weight: NDArray[Any]
    period: Periods
    at: Positions | None = None
    to_date: bool = False
    where: Mask | None = None

    def reduce(self, frame: Frame, kind: str) -> Floats:
        grid = self._added(frame, kind, self.weight)
        if self.weight.dtype.kind == "f" and self.weight.min(initial=0.0) < 0.0 < self.weight.max(initial=0.0):
            grid = without_remainder(grid, self._added(frame, kind, np.abs(self.weight)))
        return grid

    def _added(self, frame: Frame, kind: str, weights: NDArray[Any]) -> Floats:
        shape = (len(frame.scopes.of(kind)), frame.count)
        size = shape[0] * shape[1]
        total = np.zeros(size)
        for inside, cell in _cells(frame, kind, self.rows, self.at, self.period):
            if inside is not None:
                total += np.bincount(cell, weights=weights[inside], minlength=size + 1)[:size]
                continue
            heavy = _heavy(frame, weights)
            weight = weights[heavy].astype(np.float64, copy=False)
            total += np.bincount(cell[heavy], weights=weight, minlength=size + 1)[:size]
        grid = total.reshape(shape)
        return np.cumsum(grid, axis=1) if self.to_date else grid

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        weight = self.weight.astype(np.float64, copy=False)
        kept = weight != 0 if self.where is None else self.where
        return [
            Piece(self.rows, at, scope, period, weight[chosen])
            for at, scope, period, chosen in placed_rows(frame, kind, self.rows, self.at, self.period, kept)
        ]


@dataclass(frozen=True, eq=False)
class Distinct:
    """Number of distinct keys over rows, by scope and period. Keys are integers >= 0."""

    rows: Table
    key: NDArray[Any]
    period: Periods
    at: Positions | None = None
    where: Mask | None = None
    to_date: bool = False

    def reduce(self, frame: Frame, kind: str) -> Floats:
        shape = (len(frame.scopes.of(kind)), frame.count)
        if not self.to_date:
            cell, _ = self.cells(frame, kind)
            return np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
        pairs = []
        for scope, period, key in self._placed(frame, kind):
            pairs.append(np.stack([scope * np.int64(self.span) + key, period]))
        if not pairs:
            return np.zeros(shape)
        joined = np.concatenate(pairs, axis=1)
        order = np.lexsort((joined[1], joined[0]))
        owner, period = joined[0][order], joined[1][order]
        first = np.ones(len(owner), dtype=np.bool_)
        first[1:] = owner[1:] != owner[:-1]
        cell = owner[first] // self.span * shape[1] + period[first]
        grid = np.bincount(cell, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
        return np.cumsum(grid, axis=1)

    def cells(self, frame: Frame, kind: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Each key once in each cell: (cell, key); a cell is a scope and period. Not for sums to date."""
        memo = ("distinct", id(self), kind)
        if memo not in frame._memo:
            pairs = [
                (scope * np.int64(frame.count) + period) * self.span + key
                for scope, period, key in self._placed(frame, kind)
            ]
            joined = np.concatenate(pairs) if pairs else np.zeros(0, dtype=np.int64)
            places = len(frame.scopes.of(kind)) * frame.count * self.span
            if places <= max(_FLAGS, _FLAGS_A_PAIR * len(joined)):
                # Marking flags is ten times as fast as sorting, as long as they are not many more than the pairs.
                flags = np.zeros(places, dtype=np.bool_)
                flags[joined] = True
                joined = np.flatnonzero(flags)
            else:
                joined = distinct(joined)
            frame._memo[memo] = (self, (joined // self.span, joined % self.span))
        return frame._memo[memo][1]

    @cached_property
    def span(self) -> int:
        """One more than the highest key."""
        return int(self.key.max()) + 1 if len(self.key) else 1

    def _placed(self, frame: Frame, kind: str) -> Iterator[tuple[Places, Periods, NDArray[np.int64]]]:
        kept = np.ones(len(self.period), dtype=np.bool_) if self.where is None else self.where
        for _, scope, period, chosen in placed_rows(frame, kind, self.rows, self.at, self.period, kept):
            yield scope, period, self.key[chosen].astype(np.int64)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        """Each row of a key weighs one over the rows of that key in the cell, so that they add up to the key."""
        kept = np.ones(len(self.period), dtype=np.bool_) if self.where is None else self.where
        placed = placed_rows(frame, kind, self.rows, self.at, self.period, kept)
        if not placed:
            return []
        cells = [
            (scope * np.int64(frame.count) + period) * self.span + self.key[chosen].astype(np.int64)
            for _, scope, period, chosen in placed
        ]
        _, cell, rows = np.unique(np.concatenate(cells), return_inverse=True, return_counts=True)
        weights = np.split(1.0 / rows[cell.reshape(-1)], np.cumsum([len(cell) for cell in cells])[:-1])
        return [
            Piece(self.rows, at, scope, period, weight)
            for (at, scope, period, _), weight in zip(placed, weights, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Items:
    """Pooled items with a value each: what quantiles and survival curves are taken of."""

    rows: Table
    value: NDArray[Any]
    period: Periods
    at: Positions | None = None
    where: Mask | None = None

    def groups(self, frame: Frame, kind: str) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """(group, position in `value`, number of groups); a group is a scope and period."""
        scopes, periods = len(frame.scopes.of(kind)), frame.count
        kept = ~np.isnan(self.value) if self.where is None else self.where & ~np.isnan(self.value)
        placed = placed_rows(frame, kind, self.rows, self.at, self.period, kept)
        if not placed:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), scopes * periods
        group = np.concatenate([scope * np.int64(periods) + period for _, scope, period, _ in placed])
        chosen = np.concatenate([chosen for *_, chosen in placed])
        return group, chosen, scopes * periods

    def ordered(self, frame: Frame, kind: str) -> tuple[Floats, NDArray[np.int64]]:
        """Values group after group, in order inside each, and the number of items per group.

        Values are ranked once for all kinds; whole numbers of group and rank then sort many times faster.
        """
        key = ("ordered", id(self), kind)
        if key not in frame._memo:
            ranks = ("ranks", id(self))
            if ranks not in frame._memo:
                order = np.argsort(self.value)
                rank = np.empty(len(order), dtype=np.int64)
                rank[order] = np.arange(len(order))
                frame._memo[ranks] = (self, self.value[order], rank)
            _, values, rank = frame._memo[ranks]
            group, chosen, groups = self.groups(frame, kind)
            size = max(len(values), 1)
            joined = np.sort(group * size + rank[chosen])
            frame._memo[key] = (self, values[joined % size], np.bincount(group, minlength=groups))
        return frame._memo[key][1:]

    def reduce(self, frame: Frame, kind: str) -> Floats:
        """Number of items."""
        group, _, groups = self.groups(frame, kind)
        return np.bincount(group, minlength=groups).astype(np.float64).reshape(-1, frame.count)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        kept = ~np.isnan(self.value) if self.where is None else self.where & ~np.isnan(self.value)
        return [
            Piece(self.rows, at, scope, period, self.value[chosen])
            for at, scope, period, chosen in placed_rows(frame, kind, self.rows, self.at, self.period, kept)
        ]


@dataclass(frozen=True, eq=False)
class Quantile:
    """Quantile of pooled items, linear between closest ranks; NaN without items."""

    items: Items
    q: float

    def reduce(self, frame: Frame, kind: str) -> Floats:
        ordered, counts = self.items.ordered(frame, kind)
        return sorted_quantiles(ordered, counts, (self.q,))[0].reshape(-1, frame.count)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return self.items.pieces(frame, kind)


@dataclass(frozen=True, eq=False)
class Survival:
    """Kaplan-Meier estimate of pooled spells: `read` takes a figure off the curves of all groups."""

    items: Items
    event: Mask
    read: Callable[[Any], Floats]

    def reduce(self, frame: Frame, kind: str) -> Floats:
        key = ("survival", id(self.items), kind)
        if key not in frame._memo:
            group, chosen, groups = self.items.groups(frame, kind)
            frame._memo[key] = (
                self.items,
                grouped_kaplan_meier(group, self.items.value[chosen], self.event[chosen], groups),
            )
        return np.asarray(self.read(frame._memo[key][1]), dtype=np.float64).reshape(-1, frame.count)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return self.items.pieces(frame, kind)


@dataclass(frozen=True, eq=False)
class Custom:
    """A figure that is no sum over rows: `make(frame, kind)` answers the (scopes, periods) array.

    `shown` are the rows behind it.
    """

    make: Callable[[Frame, str], Floats]
    shown: tuple[Reducible, ...] = ()

    def reduce(self, frame: Frame, kind: str) -> Floats:
        return self.make(frame, kind)

    def pieces(self, frame: Frame, kind: str) -> list[Piece]:
        return [piece for reducible in self.shown for piece in reducible.pieces(frame, kind)]


@dataclass
class Outcome:
    """Figures of one component for all scopes and periods, before its status is settled.

    Arrays of shape (scopes, periods). `undefined` maps a reason to where it holds; `not_measurable`
    says where missing data has that reason.
    """

    value: Floats
    n: Floats
    numerator: Floats | None = None
    denominator: Floats | None = None
    has_data: Mask | None = None
    missing_rate: Mask | None = None
    zero_denominator: Mask | None = None
    undefined: Mapping[str, Mask] = field(default_factory=dict)
    provisional: Mask | None = None
    suppressed: Mask | None = None
    not_measurable: Mask | None = None


@dataclass(frozen=True)
class Part:
    """One component of a metric: reduced inputs, and the arithmetic on them.

    `numerator` and `denominator` name the inputs whose rows explain them (or are what has these rows).
    `rows_are` says what the weights of these rows are: parts of the figure, which re-add to it; items, of which
    it is a quantile or an estimate; or inputs of a formula that is no sum. `counts` components have no minimum n.
    """

    component: str
    inputs: Mapping[str, Reducible]
    outcome: Callable[..., Outcome]
    numerator: tuple[str | Explained, ...] = ()
    denominator: tuple[str | Explained, ...] = ()
    counts: bool = False
    rows_are: Literal["parts", "items", "inputs"] = "parts"

    def behind(self, side: str) -> list[Explained]:
        """What has the rows behind the numerator or the denominator."""
        named: tuple[str | Explained, ...] = getattr(self, side)
        return [self.inputs[each] if isinstance(each, str) else each for each in named]


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, NaN where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=~is_zero(denominator))


def ratio(
    component: str,
    numerator: Reducible,
    denominator: Reducible,
    *,
    n: Reducible | None = None,
    has_data: Reducible | None = None,
    missing: Reducible | None = None,
    provisional: Reducible | None = None,
    factor: float | Floats = 1.0,
) -> Part:
    """Numerator over denominator; n defaults to the denominator (a count of items).

    `has_data` (default n), `missing` and `provisional` hold where their sum is above 0. `factor`
    (one number, or one a period) multiplies the value only: where the contract wants it in the numerator, weigh the
    rows.
    """
    inputs = {"numerator": numerator, "denominator": denominator}
    further = {"n": n, "has_data": has_data, "missing": missing, "provisional": provisional}
    inputs |= {name: reducible for name, reducible in further.items() if reducible is not None}

    def outcome(numerator: Floats, denominator: Floats, **more: Floats) -> Outcome:
        count = more.get("n", denominator)
        return Outcome(
            value=factor * divide(numerator, denominator),
            n=count,
            numerator=numerator,
            denominator=denominator,
            has_data=more.get("has_data", count) > 0,
            missing_rate=more["missing"] > 0 if "missing" in more else None,
            zero_denominator=is_zero(denominator),
            provisional=more["provisional"] > 0 if "provisional" in more else None,
        )

    return Part(component, inputs, outcome, ("numerator",), ("denominator",))


def total(
    component: str,
    value: Reducible,
    *,
    n: Reducible,
    has_data: Reducible | None = None,
    missing: Reducible | None = None,
    counts: bool = False,
) -> Part:
    """A plain sum or count: no numerator, no denominator."""
    inputs = {"value": value, "n": n}
    if has_data is not None:
        inputs["has_data"] = has_data
    if missing is not None:
        inputs["missing"] = missing

    def outcome(value: Floats, n: Floats, **more: Floats) -> Outcome:
        return Outcome(
            value=value,
            n=n,
            has_data=more.get("has_data", n) > 0,
            missing_rate=more["missing"] > 0 if "missing" in more else None,
        )

    return Part(component, inputs, outcome, ("value",), counts=counts)


def quantile(component: str, items: Items, q: float, *, scale: float = 1.0) -> Part:
    """Quantile of pooled items times `scale`; no data without an item."""

    def outcome(value: Floats, n: Floats) -> Outcome:
        return Outcome(value=value * scale, n=n)

    return Part(component, {"value": Quantile(items, q), "n": items}, outcome, ("value",), rows_are="items")


def count(rows: Table, where: Mask, period: Periods, **more: Any) -> Sum:
    """Number of rows that hold, by scope and period."""
    return Sum(rows, where, period, **more)
