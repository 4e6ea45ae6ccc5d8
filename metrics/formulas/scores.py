"""Scores of surveys and of defects per million; every function takes numbers or arrays and answers in kind."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Bools, Floats

PROMOTER_FROM: Final = 9
DETRACTOR_TO: Final = 6
TOP_BOX_FROM: Final = 0.75
_SLACK: Final = 1e-9


def promoters(score: ArrayLike) -> Bools:
    """Answers of 9 or 10 on the scale from 0 to 10."""
    return np.asarray(np.asarray(score) >= PROMOTER_FROM)


def detractors(score: ArrayLike) -> Bools:
    """Answers of 0 to 6 on the scale from 0 to 10."""
    return np.asarray(np.asarray(score) <= DETRACTOR_TO)


def net_promoter_score(promoter: ArrayLike, detractor: ArrayLike, answers: ArrayLike) -> Floats:
    """100 x (promoters - detractors) / answers, -100 to 100; NaN without answers.

    Source: Reichheld 2003, The One Number You Need to Grow. Example: 30 and 20 of 100 answers give 10.
    """
    return 100.0 * _quotient(np.subtract(promoter, detractor), answers)


def margin_of_error(promoter_share: ArrayLike, detractor_share: ArrayLike, answers: ArrayLike) -> Floats:
    """Half width, in points, of the 95 % interval of a net promoter score: 196 x sqrt(((p + d) - (p - d)^2) / n).

    Source: variance of a variable that is 1, 0 or -1. Example: 0.5 and 0.2 of 100 answers give 15.31 points.
    """
    both, net = np.add(promoter_share, detractor_share), np.subtract(promoter_share, detractor_share)
    return 196.0 * np.sqrt(_quotient(np.maximum(both - net**2, 0.0), answers))


def rescaled(score: ArrayLike, low: ArrayLike, high: ArrayLike) -> Floats:
    """Place of a score on its own scale, 0 to 1; NaN where the scale has no length. Example: 4 on 1 to 5 is 0.75."""
    return _quotient(np.subtract(score, low), np.subtract(high, low))


def satisfied(place: ArrayLike) -> Bools:
    """Rescaled scores of 0.75 or more: 4 and 5 on a scale from 1 to 5 (top-two-box)."""
    return np.asarray(np.asarray(place) >= TOP_BOX_FROM - _SLACK)


def effort_score(place: ArrayLike) -> Floats:
    """Rescaled score on 1 to 7, where 7 is very easy (customer effort score 2.0). Example: 0.75 is 5.5."""
    return 1.0 + 6.0 * np.asarray(place, dtype=np.float64)


def defects_per_million(defects: ArrayLike, opportunities: ArrayLike) -> Floats:
    """Defects per million opportunities; NaN without any. Example: 15 of 999 x 3 are 5005.005."""
    return 1e6 * _quotient(defects, opportunities)


def sigma_level(per_million: ArrayLike) -> Floats:
    """Normal quantile of 1 - dpm / 1e6, plus the customary shift of 1.5; NaN where the share is 0, or 1 and above.

    Source: six sigma practice (Motorola). Example: 3.4 per million is 6.0.
    """
    share = np.asarray(per_million, dtype=np.float64) / 1e6
    usable = (share > 0) & (share < 1)
    from scipy.special import ndtri  # slow to load: only where it is computed with

    return np.asarray(np.where(usable, 1.5 - ndtri(np.where(usable, share, 0.5)), np.nan))


def _quotient(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Quotient, NaN where the denominator is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0))
