"""Forecast cost and finish of a project, with the range that like projects came out in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Floats

NEAREST: Final = 20
FEWEST: Final = 8
PERCENTILES: Final = (10.0, 90.0)


@dataclass(frozen=True, slots=True)
class FinishedProjects:
    """How finished projects stood month by month, and how they came out; rows are projects, columns months."""

    share_complete: Floats
    """Earned value to date / budget at completion; NaN where not reported."""
    cost_index: Floats
    time_index: Floats
    cost_forecast: Floats
    """Estimate at completion as of the month."""
    finish_forecast: Floats
    """Forecast duration in months as of the month."""
    actual_cost: Floats
    actual_months: Floats


@dataclass(frozen=True, slots=True)
class Range:
    """A forecast with the 10th and 90th percentile of what came of like ones, None when there are too few."""

    value: float
    low: float | None
    high: float | None
    peers: int


def finish_months(planned_months: ArrayLike, time_index: ArrayLike) -> Floats:
    """Forecast duration in months from the first planned month: planned duration / schedule index in time.

    NaN while nothing is earned. Source: Lipke 2003, IEAC(t). Example: 20 months at 0.8867 take 22.56.
    """
    planned, index = np.broadcast_arrays(np.asarray(planned_months, np.float64), np.asarray(time_index, np.float64))
    return np.asarray(np.divide(planned, index, out=np.full(planned.shape, np.nan), where=index > 0))


def project_forecast(
    *,
    cost_forecast: float,
    finish_forecast: float,
    share_complete: float,
    cost_index: float,
    time_index: float,
    finished: FinishedProjects,
) -> tuple[Range, Range]:
    """Cost and duration of one project, each with the range of actual / forecast among like finished projects.

    Like ones are the 20 nearest in cost index and time index, each taken at the first month in which it was at
    least as complete; below 8 there is no range.
    Example: forecast 100 where nine like projects came out at 0.9 to 1.3 of theirs: about 94 to 126.
    """
    months = _first_month_at(finished.share_complete, share_complete)
    known = np.flatnonzero(months >= 0)
    then = (known, months[known])
    apart = np.hypot(finished.cost_index[then] - cost_index, finished.time_index[then] - time_index)
    return (
        _range(cost_forecast, finished.actual_cost[known], finished.cost_forecast[then], apart),
        _range(finish_forecast, finished.actual_months[known], finished.finish_forecast[then], apart),
    )


def _range(forecast: float, actual: Floats, forecast_then: Floats, apart: Floats) -> Range:
    """Range of a forecast from the ratios of the nearest projects that have one."""
    ratio = np.divide(actual, forecast_then, out=np.full(actual.shape, np.nan), where=forecast_then > 0)
    usable = np.flatnonzero(~np.isnan(ratio) & ~np.isnan(apart))
    nearest = usable[np.argsort(apart[usable], kind="stable")[:NEAREST]]
    if nearest.size < FEWEST or np.isnan(forecast):
        return Range(value=forecast, low=None, high=None, peers=int(nearest.size))
    low, high = forecast * np.percentile(ratio[nearest], PERCENTILES)
    return Range(value=forecast, low=float(low), high=float(high), peers=int(nearest.size))


def _first_month_at(share: Floats, complete: float) -> Floats:
    """First column in which each project was at least as complete, -1 where it never was."""
    reached = share >= complete - 1e-9
    if not reached.size:
        return np.full(len(reached), -1)
    return np.where(reached.any(axis=1), np.argmax(reached, axis=1), -1)
