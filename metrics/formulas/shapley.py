"""Shapley values: of any game, and of many shared outcomes at once."""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Floats

EXACT_UP_TO = 12
"""Claimants up to which every order is counted; above it credit is proportional to the claim."""

_WORTHS_AT_ONCE = 1 << 20


def shapley_values(worth: ArrayLike) -> Floats:
    """Shapley value of each player of one game or of many: shape (..., 2^n) to (..., n).

    `worth` lists v(S) for every coalition S, in the order of the bits of its index: 0 nobody, 1 the first player,
    2 the second, 3 both. Every order of arrival is counted, by weights per coalition size.
    Source: Shapley 1953, A Value for n-Person Games.
    Example: the glove game v({1,3}) = v({2,3}) = v({1,2,3}) = 1 gives 1/6, 1/6, 2/3.
    """
    worths = np.asarray(worth, dtype=np.float64)
    players = worths.shape[-1].bit_length() - 1
    if worths.shape[-1] != 1 << players:
        raise ValueError("a game of n players has 2^n coalitions")
    values: Floats = worths @ _marginal_weights(players)
    return values


def shapley_shares(claim: ArrayLike, attained: ArrayLike) -> Floats:
    """Share of each claimant in what was attained, many outcomes at once: shapes (outcomes, n) and (outcomes).

    The game is v(S) = min(attained, sum of the claims in S); claims and attained are above 0, n at most 12.
    Equal claims get equal shares, the shares add up to min(attained, sum of claims).
    Example: claims 0.3 and 0.45 on 0.5: first and second in turn, 0.175 and 0.325.
    """
    claims, reached = np.asarray(claim, dtype=np.float64), np.asarray(attained, dtype=np.float64)
    outcomes, players = claims.shape
    if players > EXACT_UP_TO:
        raise ValueError(f"more than {EXACT_UP_TO} claimants have no exact share")
    shares = np.empty_like(claims)
    members = _members(players).T
    step = max(1, _WORTHS_AT_ONCE >> players)
    for first in range(0, outcomes, step):
        rows = slice(first, first + step)
        worth = np.minimum(claims[rows] @ members, reached[rows, None])
        shares[rows] = worth @ _marginal_weights(players)
    return shares


@lru_cache(maxsize=EXACT_UP_TO + 1)
def _members(players: int) -> Floats:
    """Membership of each coalition: shape (2^n, n) of 0 and 1."""
    coalitions = np.arange(1 << players)[:, None]
    return ((coalitions >> np.arange(players)) & 1).astype(np.float64)


@lru_cache(maxsize=EXACT_UP_TO + 1)
def _marginal_weights(players: int) -> Floats:
    """What v(S) adds to each player's value: plus its weight for members of S, minus for the others."""
    members = _members(players)
    size = members.sum(axis=1).astype(np.int64)
    joined = np.array([0.0] + [1 / (players * comb(players - 1, s - 1)) for s in range(1, players + 1)])
    absent = np.array([1 / (players * comb(players - 1, s)) for s in range(players)] + [0.0])
    return np.where(members == 1, joined[size, None], -absent[size, None])
