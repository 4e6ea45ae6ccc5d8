"""Customer success index: scores, coverage, the cap on money, factors, what moved it, and its band.

All functions take many scopes at once: rows are scopes, columns the metrics that have an index block.
Source: goalposts and geometric mean as in the Human Development Index; coverage and cap are house rules
(catalogue, section customer_success_index).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Bools, Floats, Ints

FACTORS: Final = ("quality", "performance", "value", "compliance")
COVERAGE_NEEDED: Final = 0.60
FINANCIAL_SHARE: Final = 0.4
FLOOR: Final = 1.0
"""A factor counts as at least this in the geometric mean, so that one bad factor cannot make it zero."""
FACTOR_WEIGHT: Final = 1 / len(FACTORS)
CONCENTRATION: Final = 20.0
DRAWS: Final = 1000
_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class IndexMetrics:
    """The metrics with an index block, one place each."""

    worst: Floats
    best: Floats
    weight: Floats
    factor: Ints
    """Place in FACTORS."""
    financial: Bools


@dataclass(frozen=True, slots=True)
class Index:
    """Index of many scopes with all its parts; NaN where a part has no value."""

    score: Floats
    """Scores per scope and metric, 0 to 100, NaN where the metric is not usable."""
    weight: Floats
    """Weight of each metric inside its factor, after the cap, adding to 1; 0 where it does not take part."""
    coverage: Floats
    """Usable share of the listed weight per scope and factor."""
    factor: Floats
    """Factor scores, 0 to 100, NaN below the needed coverage or with nothing but money."""
    index: Floats
    """0 to 100, NaN when a factor has no score (insufficient_coverage)."""


def goalpost_scores(value: ArrayLike, worst: ArrayLike, best: ArrayLike) -> Floats:
    """Score 0 to 100 on the way from worst to best, in either direction; NaN stays NaN.

    Example: life expectancy 55 between 20 and 83.57 scores 55.06.
    """
    low = np.asarray(worst, dtype=np.float64)
    return 100.0 * np.clip((np.asarray(value, dtype=np.float64) - low) / (np.asarray(best) - low), 0.0, 1.0)


def customer_success_index(metrics: IndexMetrics, value: ArrayLike, listed: ArrayLike) -> Index:
    """Index of many scopes from the headline values of their metrics.

    `value` has a row per scope and NaN where the status is not ok, provisional or partial_period; `listed` says
    which metrics list the scope kind (one row for all or a row per scope).
    Example: factor scores 66.755891, 68.298258, 45.426622 and 56.25 give 58.422889.
    """
    usable_value = np.atleast_2d(np.asarray(value, dtype=np.float64))
    entered = np.broadcast_to(np.asarray(listed, dtype=bool), usable_value.shape)
    score = goalpost_scores(np.where(entered, usable_value, np.nan), metrics.worst, metrics.best)
    usable = ~np.isnan(score)
    member = np.eye(len(FACTORS))[metrics.factor]
    weight = np.where(usable, metrics.weight, 0.0)
    coverage = _quotient(weight @ member, np.where(entered, metrics.weight, 0.0) @ member)
    capped = _capped(metrics, weight, member)
    total = capped @ member
    has_score = (coverage >= COVERAGE_NEEDED - _SLACK) & (total > 0)
    shares = _quotient(capped, total[:, metrics.factor])
    shares = np.where(has_score[:, metrics.factor], shares, 0.0)
    factor = np.where(has_score, (shares * np.nan_to_num(score)) @ member, np.nan)
    return Index(score=score, weight=shares, coverage=coverage, factor=factor, index=geometric_index(factor))


def geometric_index(factor: Floats) -> Floats:
    """Geometric mean of the four factor scores, each at least 1; NaN when one is missing."""
    means: Floats = np.exp(FACTOR_WEIGHT * np.log(np.maximum(FLOOR, factor)).sum(axis=-1))
    return means


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What moved the index, in its points: metrics and floor add to the factor, factors add to the total."""

    total: Floats
    factor: Floats
    metric: Floats
    floor: Floats
    """What the floor of 1 under a factor score adds, per factor; exactly 0 when neither score lies below it."""


def index_change(metrics: IndexMetrics, before: Index, after: Index) -> IndexChange:
    """Decomposition of the change between two periods, NaN in scopes where one of them has no index.

    Logarithmic means make the parts of a geometric mean add up exactly: points of factor f are
    L(I1, I0) x 0.25 x ln(F1 / F0), and inside it each metric moves by its weighted score.
    Source: Montgomery 1929 and Vartia 1976, logarithmic mean decomposition.
    Example: factors 50, 50, 50, 50 to 60, 50, 50, 50: the index moves by 2.3318, all of it from the first.
    """
    scale = log_mean(after.index, before.index)[:, None] * FACTOR_WEIGHT
    floored1, floored0 = np.maximum(FLOOR, after.factor), np.maximum(FLOOR, before.factor)
    per_point = scale / log_mean(floored1, floored0)
    weighted1 = after.weight * np.nan_to_num(after.score)
    weighted0 = before.weight * np.nan_to_num(before.score)
    lifted = (floored1 - after.factor) - (floored0 - before.factor)
    return IndexChange(
        total=after.index - before.index,
        factor=scale * np.log(floored1 / floored0),
        metric=per_point[:, metrics.factor] * (weighted1 - weighted0),
        floor=per_point * lifted,
    )


def log_mean(a: ArrayLike, b: ArrayLike) -> Floats:
    """Logarithmic mean (a - b) / (ln a - ln b) of numbers above 0, and a where the two are equal."""
    base = np.asarray(b, dtype=np.float64)
    apart = np.asarray(a, dtype=np.float64) / base - 1.0
    same = np.abs(apart) < 1e-12
    safe = np.where(same, 1.0, apart)
    return base * np.where(same, 1.0 + apart / 2, safe / np.log1p(safe))


def index_band(
    metrics: IndexMetrics, index: Index, seed: int, draws: int = DRAWS, percentiles: tuple[float, float] = (5, 95)
) -> tuple[Floats, Floats]:
    """Lowest and highest index of each scope when the weights are drawn at random around the agreed ones.

    Factor weights come from a Dirichlet distribution of concentration 20 x factor weight, the metric weights inside
    a factor from one of 20 x their weight after the cap. Every scope starts from the same seed, so its band does
    not depend on which others are asked for. NaN where there is no index.
    """
    low, high = np.full(index.index.size, np.nan), np.full(index.index.size, np.nan)
    for scope in np.flatnonzero(~np.isnan(index.index)):
        random = np.random.default_rng(seed)
        factor_weight = random.dirichlet(np.full(len(FACTORS), CONCENTRATION * FACTOR_WEIGHT), draws)
        factor = np.empty((draws, len(FACTORS)))
        for place in range(len(FACTORS)):
            inside = np.flatnonzero((metrics.factor == place) & (index.weight[scope] > 0))
            drawn = random.dirichlet(CONCENTRATION * index.weight[scope, inside], draws)
            factor[:, place] = drawn @ index.score[scope, inside]
        drawn_index = np.exp((factor_weight * np.log(np.maximum(FLOOR, factor))).sum(axis=1))
        low[scope], high[scope] = np.percentile(drawn_index, percentiles)
    return low, high


def _capped(metrics: IndexMetrics, weight: Floats, member: Floats) -> Floats:
    """Weights with the financial ones cut so that they carry at most 40 % of their factor; none with only money."""
    financial = (weight * metrics.financial) @ member
    other = weight @ member - financial
    too_much = financial > FINANCIAL_SHARE * (financial + other) + _SLACK
    cut = np.where(too_much, FINANCIAL_SHARE / (1 - FINANCIAL_SHARE) * _quotient(other, financial), 1.0)
    return weight * np.where(metrics.financial, cut[:, metrics.factor], 1.0)


def _quotient(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, NaN where the denominator is 0."""
    found: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator != 0)
    return found
