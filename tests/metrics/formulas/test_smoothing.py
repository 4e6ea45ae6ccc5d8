"""Exponential smoothing: statsmodels as referee, and the rule that only a forecast that beat the last value shows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

from metrics.formulas.smoothing import DAMPING, series_forecast, smoothed

SERIES = st.lists(st.floats(1, 100), min_size=4, max_size=12).filter(lambda values: np.ptp(values) > 1e-3)
WEIGHT = st.floats(0.05, 0.95)


def test_worked_level():
    assert smoothed([99, 88, 50, 58, 62, 60, 55, 62, 71, 65], 0.3)[1][-1] == pytest.approx([65.4307, 65.4307], abs=5e-5)


def test_a_trend_dies_down():
    # level 10 and slope 2 hit every value, so the next ones are 0.9 x 2 and 0.81 x 2 further
    errors, ahead = smoothed([10, 11.8], 0.5, 0.5, slope=2)

    assert errors == pytest.approx([0, 0])
    assert ahead[-1] == pytest.approx([11.8 + 0.81 * 2, 11.8 + (0.81 + 0.729) * 2])


@settings(max_examples=25, deadline=None)
@given(values=SERIES, level=WEIGHT)
def test_the_level_agrees_with_statsmodels(values, level):
    referee = SimpleExpSmoothing(np.array(values), initialization_method="known", initial_level=values[0])
    fitted = referee.fit(smoothing_level=level, optimized=False)
    errors, ahead = smoothed(values, level)

    np.testing.assert_allclose(errors, fitted.resid, atol=1e-9)
    np.testing.assert_allclose(ahead[-1], fitted.forecast(2), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(values=SERIES, level=WEIGHT, trend=WEIGHT, slope=st.floats(-5, 5))
def test_the_damped_trend_agrees_with_statsmodels(values, level, trend, slope):
    # statsmodels starts one period earlier: the state from which the first value is met exactly
    referee = ExponentialSmoothing(
        np.array(values),
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=values[0] - slope,
        initial_trend=slope / DAMPING,
    ).fit(smoothing_level=level, smoothing_trend=trend, damping_trend=DAMPING, optimized=False)
    errors, ahead = smoothed(values, level, trend, slope=slope)

    np.testing.assert_allclose(errors, referee.resid, atol=1e-8)
    np.testing.assert_allclose(ahead[-1], referee.forecast(2), atol=1e-8)


def test_below_ten_values_there_is_no_forecast():
    assert series_forecast(np.arange(9.0)) is None
    assert series_forecast(np.arange(10.0)).origins == 3


def test_noise_around_a_level_beats_the_last_value():
    found = series_forecast(50 + np.random.default_rng(3).normal(size=24))

    assert found.is_shown
    assert not found.trend
    assert found.values == pytest.approx([50, 50], abs=0.7)


def test_a_steady_rise_is_carried_on():
    found = series_forecast(np.arange(24) * 2.0 + np.random.default_rng(3).normal(size=24) / 10)

    assert found.is_shown
    assert found.trend
    assert 47 < found.values[0] < found.values[1]


def test_where_the_last_value_is_as_good_nothing_is_shown():
    assert not series_forecast([5.0] * 24).is_shown
    assert not series_forecast(np.where(np.arange(24) < 12, 1.0, 9.0)).is_shown


def test_a_forecast_stays_inside_the_natural_bounds():
    rising = np.linspace(0.5, 0.99, 14)

    assert max(series_forecast(rising).values) > 1
    assert max(series_forecast(rising, lowest=0, highest=1).values) == 1


def test_an_origin_sees_nothing_of_what_came_after():
    values = np.random.default_rng(4).normal(size=20)
    changed = values.copy()
    changed[-1] += 5

    first, second = series_forecast(values), series_forecast(changed)

    assert first.origins == second.origins
    assert abs(second.error - first.error) <= 5 / (2 * first.origins) + 1e-9
