"""Two periods ahead of a series of values by exponential smoothing, shown only where it beat the last value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Bools, Floats

HORIZON: Final = 2
SHORTEST_FIT: Final = 6
FEWEST_VALUES: Final = 10
"""Two periods at each of at least three origins in the back-test."""
DAMPING: Final = 0.9
_LEVEL_WEIGHTS: Final = np.linspace(0.0, 1.0, 21)
_TREND_WEIGHTS: Final = np.linspace(0.0, 1.0, 11)
_TREND_PENALTY: Final = 4.0
"""Akaike's price of the two more numbers that a trend takes."""


@dataclass(frozen=True, slots=True)
class SeriesForecast:
    """A forecast and how it did where the answer is known."""

    values: tuple[float, ...]
    trend: bool
    """Whether a damped trend or the level alone was carried forward."""
    error: float
    """Mean absolute error in the back-test, in the unit of the values."""
    naive_error: float
    """The same of repeating the last value."""
    origins: int

    @property
    def is_shown(self) -> bool:
        """Only a forecast that beat the last value is shown."""
        return self.error < self.naive_error * (1 - 1e-9)


def series_forecast(
    value: ArrayLike, lowest: float | None = None, highest: float | None = None
) -> SeriesForecast | None:
    """Two periods ahead of the values of consecutive periods, None below 10 values.

    Rolling back-test: from the sixth value on, each origin is fitted on what was known then and compared, one and
    two periods ahead, with what came. `lowest` and `highest` are the natural bounds of the unit.
    Cost: about 5 ms for 36 values.
    Source: Brown 1959; Gardner and McKenzie 1985 for the damped trend; rolling origins as in Tashman 2000.
    Example: a steady rise with noise is carried on by a damped trend, a random walk is not shown.
    """
    series = np.asarray(value, dtype=np.float64)
    if series.size < FEWEST_VALUES:
        return None
    ahead, trend = _fitted_ahead(series)
    ahead = np.clip(ahead, -np.inf if lowest is None else lowest, np.inf if highest is None else highest)
    origins = np.arange(SHORTEST_FIT - 1, series.size - HORIZON)
    came = series[origins[:, None] + np.arange(1, HORIZON + 1)]
    return SeriesForecast(
        values=tuple(ahead[-1].tolist()),
        trend=bool(trend[-1]),
        error=float(np.abs(came - ahead[origins]).mean()),
        naive_error=float(np.abs(came - series[origins, None]).mean()),
        origins=origins.size,
    )


def smoothed(
    value: ArrayLike, level: float, trend: float = 0.0, damping: float = DAMPING, slope: float = 0.0
) -> tuple[Floats, Floats]:
    """Error of the forecast of each value, and the forecasts one and two periods after each; the first error is 0.

    `level` and `trend` are the smoothing weights alpha and beta, `slope` the trend at the first value, which is
    also the first level. With trend and slope 0 it is simple exponential smoothing. In error-correction form the
    whole is one linear filter (scipy's), imported when a forecast is asked for.
    Example: 99, 88, 50, 58, 62, 60, 55, 62, 71, 65 at level 0.3 end with 65.43 ahead.
    """
    from scipy.signal import lfilter

    series = np.asarray(value, dtype=np.float64)
    moving = np.array([1.0, -(1.0 + damping - level - damping * level * trend), damping * (1.0 - level)])
    earlier = series[0] - slope
    past = np.array([-(1.0 + damping) * series[0] + damping * earlier, damping * series[0]])
    errors = np.concatenate(([0.0], lfilter([1.0, -(1.0 + damping), damping], moving, series[1:], zi=past)[0]))
    before = np.concatenate(([earlier], series[:-1]))
    error_before = np.concatenate(([0.0], errors[:-1]))
    first = (1 + damping) * series - damping * before + moving[1] * errors + moving[2] * error_before
    second = (1 + damping) * first - damping * series + moving[2] * errors
    return errors, np.column_stack((first, second))


def _fitted_ahead(series: Floats) -> tuple[Floats, Bools]:
    """Forecasts after each value, by the weights that fitted the values up to it best, and whether with a trend.

    One pass per pair of weights fits every origin, because the first level and slope do not depend on it. The trend
    is taken where Akaike's criterion prefers it.
    """
    slope = float(series[1] - series[0])
    level = [smoothed(series, weight) for weight in _LEVEL_WEIGHTS]
    both = [smoothed(series, weight, other, slope=slope) for weight in _LEVEL_WEIGHTS for other in _TREND_WEIGHTS]
    level_squares, level_ahead = _best(level)
    both_squares, both_ahead = _best(both)
    count = np.maximum(np.arange(series.size), 1)
    gain = count * (np.log(np.maximum(level_squares, 1e-300)) - np.log(np.maximum(both_squares, 1e-300)))
    trend = gain > _TREND_PENALTY
    return np.where(trend[:, None], both_ahead, level_ahead), trend


def _best(fits: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Least sum of squared errors up to each value, and the forecasts of the fit that has it."""
    squares = np.cumsum(np.array([errors for errors, _ in fits]) ** 2, axis=1)
    best = np.argmin(squares, axis=0)
    place = np.arange(best.size)
    return squares[best, place], np.array([ahead for _, ahead in fits])[best, place]
