"""The largest root below 1 of many polynomials at once, found without ever stepping over one."""

from __future__ import annotations

from typing import Final

import numpy as np

from metrics.formulas.segments import Bools, Floats, Ints

_ZERO: Final = 1e-14
"""A value this small against the sum of the sizes of its terms is 0: less is rounding."""
_MOST_STEPS: Final = 400
_BLUNT: Final = 1e-9
"""A root that rounding may move by more than this is looked at again as one of two that meet."""
_POLISHING: Final = 8


def largest_root(coefficient: Floats, low: Floats) -> Floats:
    """Largest root in (low, 1) of each polynomial, NaN where there is none.

    `coefficient` has one column per polynomial, lowest power first, with a first one that is not 0 and a value at 1
    that is not 0; `low` is one bound per column, 0 or more.
    From x where f > 0, Taylor with the second derivative bounded from below by its negative terms alone gives a
    step that reaches no further than the root; near a simple root the steps become Newton's. A double root is
    found like any other and then polished as the root of the derivative that it is. Columns whose cumulative
    coefficients never change sign have no root below 1 (Descartes' rule for f / (1 - x)) and are not searched.
    Source: Budan and Descartes in Henrici 1974, Applied and Computational Complex Analysis, section 6.2.
    Example: (x - 0.5)(x - 0.8) has 0.8.
    """
    found = np.full(coefficient.shape[1], np.nan)
    if not coefficient.size:
        return found
    search = np.flatnonzero(_may_have_a_root(coefficient))
    scaled = coefficient[:, search] / np.abs(coefficient[:, search]).max(axis=0, initial=0.0)
    scaled *= np.sign(scaled.sum(axis=0))
    at, bound = np.ones(search.size), low[search]
    floor = _positive_part(scaled, bound)
    going = np.ones(search.size, dtype=bool)
    for _ in range(_MOST_STEPS):
        if not going.any():
            return found
        if going.sum() * 4 < going.size * 3:
            search, scaled, at, bound, floor = search[going], scaled[:, going], at[going], bound[going], floor[going]
            going = np.ones(search.size, dtype=bool)
        step, root, newton, blunt = _step(scaled, at, floor)
        reached = going & root
        found[search[reached]] = (at - newton)[reached]
        meeting = reached & blunt
        if meeting.any():
            found[search[meeting]] = _where_two_meet(scaled[:, meeting], at[meeting], bound[meeting])
        going &= ~root & (at - step > bound)
        at = np.where(going, at - step, at)
    return _by_eigenvalues(found, coefficient, low, search[going])


def _may_have_a_root(coefficient: Floats) -> Bools:
    """Columns whose cumulative sums change sign; sums within rounding of 0 do not count."""
    sums = np.cumsum(coefficient, axis=0)
    rounding = _ZERO * np.cumsum(np.abs(coefficient), axis=0)
    return np.asarray((sums > rounding).any(axis=0) & (sums < -rounding).any(axis=0))


def _powers(at: Floats, count: int) -> Floats:
    """Powers 0 to count - 1 of each number; seven times as fast as raising to a power."""
    powers = np.empty((count, at.size))
    powers[0] = 1.0
    for place in range(1, count):
        np.multiply(powers[place - 1], at, out=powers[place])
    return powers


def _positive_part(coefficient: Floats, at: Floats) -> Floats:
    """Sum of the positive terms, which is least at the lower end."""
    return np.asarray((np.maximum(coefficient, 0.0) * _powers(at, coefficient.shape[0])).sum(axis=0))


def _step(coefficient: Floats, at: Floats, floor: Floats) -> tuple[Floats, Bools, Floats, Bools]:
    """How far to the left of `at` there is certainly no root, whether `at` is one, Newton's correction, and if blunt.

    A root is blunt where the curve is so flat that rounding leaves open where it lies. Where the positive terms at
    the lower end outweigh the negative ones here, there is no root left at all.
    """
    power = np.arange(coefficient.shape[0], dtype=np.float64)
    terms = coefficient * _powers(at, power.size)
    value = terms.sum(axis=0)
    slope = power @ terms / at
    negative = np.maximum(-terms, 0.0)
    bend = (power * (power - 1.0)) @ negative / at**2
    root = value <= _ZERO * (value + 2.0 * negative.sum(axis=0))
    reach = slope + np.sqrt(np.maximum(slope**2 + 2.0 * bend * value, 0.0))
    step = np.divide(2.0 * value, reach, out=np.full(at.size, np.inf), where=reach > 0)
    none_left = floor > negative.sum(axis=0)
    newton = np.divide(value, slope, out=np.zeros(at.size), where=np.abs(slope) > 1e-6 * np.abs(value))
    blunt = _ZERO * np.abs(terms).sum(axis=0) > _BLUNT * np.abs(slope)
    return np.where(none_left & ~root, np.inf, step), root, np.where(np.abs(newton) < 1e-7, newton, 0.0), blunt


def _where_two_meet(coefficient: Floats, start: Floats, low: Floats) -> Floats:
    """The larger of two roots that meet or nearly meet at `start`: the derivative's root, and half their distance.

    A double root of f is a simple one of f', which rounding blurs by 1e-16 and not by its square root. Where f dips
    below 0 there by more than rounding, the two are told apart by the parabola through the dip.
    """
    power = np.arange(coefficient.shape[0], dtype=np.float64)
    at = start
    for _ in range(_POLISHING):
        terms = coefficient * _powers(at, power.size)
        slope, bend = power @ terms / at, (power * (power - 1.0)) @ terms / at**2
        at = at - np.divide(slope, bend, out=np.zeros(at.size), where=bend > 0)
        at = np.where((np.abs(at - start) < 1e-3) & (at > low) & (at < 1.0), at, start)
    terms = coefficient * _powers(at, power.size)
    value, bend = terms.sum(axis=0), (power * (power - 1.0)) @ terms / at**2
    dips = (-value > _ZERO * np.abs(terms).sum(axis=0)) & (bend > 0)
    half = np.sqrt(np.divide(-2.0 * value, bend, out=np.zeros(at.size), where=dips))
    return np.asarray(np.where(at + half < 1.0, at + half, start))


def _by_eigenvalues(found: Floats, coefficient: Floats, low: Floats, columns: Ints) -> Floats:
    """The few that come closer and closer to a root without reaching it, through numpy's companion matrices."""
    for column in columns:
        roots = np.roots(coefficient[::-1, column])
        real = roots.real[np.abs(roots.imag) < 1e-9]
        inside = real[(real > low[column]) & (real < 1.0)]
        found[column] = inside.max() if inside.size else np.nan
    return found
