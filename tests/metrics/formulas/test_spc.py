"""XmR charts: limits and each signal by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.spc import Limits, Signal, signals, xmr_chart, xmr_charts, xmr_limits

TEN = Limits(centre=50, mean_range=15, low=10, high=90, range_limit=49)


def where(kind, value, limits=TEN):
    return [place for place, shown in enumerate(signals(value, limits)[kind]) if shown]


def test_the_catalogue_example_before_cutting():
    limits = xmr_limits([10, 50, 40, 30])

    assert (limits.centre, limits.mean_range) == (32.5, 20)
    assert (limits.low, limits.high) == pytest.approx((-20.7, 85.7))
    assert limits.range_limit == pytest.approx(65.34)


def test_limits_are_cut_at_the_natural_bounds():
    limits = xmr_limits([10, 50, 40, 30], lowest=0, highest=60)

    assert (limits.low, limits.high) == (0, 60)


def test_below_six_values_there_are_no_limits_and_below_twelve_they_are_provisional():
    assert xmr_chart([1, 9, 1, 9, 1]).limits is None
    assert xmr_chart([1, 9, 1, 9, 1]).signals == (frozenset(),) * 5
    assert xmr_chart([1, 9] * 3).provisional
    assert not xmr_chart([1, 9] * 6).provisional


def test_the_first_twelve_values_make_the_limits():
    chart = xmr_chart([4, 6] * 6 + [100])

    assert chart.limits.centre == 5
    assert chart.signals[-1] == {Signal.OUTSIDE}


def test_a_value_on_the_limit_is_not_outside():
    assert where(Signal.OUTSIDE, [10, 90, 90.1, 9.9]) == [2, 3]


def test_the_eighth_in_a_row_on_one_side_is_a_signal():
    assert where(Signal.RUN_OF_EIGHT, [51] * 9) == [7, 8]
    assert where(Signal.RUN_OF_EIGHT, [49] * 8 + [51]) == [7]


def test_a_value_on_the_centre_breaks_the_run():
    assert where(Signal.RUN_OF_EIGHT, [51] * 7 + [50] + [51] * 7) == []


def test_three_of_four_nearer_to_the_same_limit():
    assert where(Signal.THREE_OF_FOUR, [71, 71, 50, 71, 50]) == [3]
    assert where(Signal.THREE_OF_FOUR, [70, 70, 70, 70]) == []  # half-way is not nearer
    assert where(Signal.THREE_OF_FOUR, [71, 29, 71, 29]) == []  # not the same limit
    assert where(Signal.THREE_OF_FOUR, [29, 29, 29]) == [2]


def test_a_series_that_never_moves_has_no_signal():
    assert set(xmr_chart([0.1] * 20).signals) == {frozenset()}


@given(values=st.lists(st.floats(-100, 100), min_size=6, max_size=30))
def test_limits_hold_the_centre_and_lie_inside_the_bounds(values):
    chart = xmr_chart(values, lowest=-100, highest=100)

    assert -100 <= chart.limits.low <= chart.limits.centre + 1e-9
    assert chart.limits.centre - 1e-9 <= chart.limits.high <= 100


NUMBER = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 3.0]) | st.integers(-5000, 5000).map(lambda n: n / 1000)


@given(
    st.lists(st.lists(NUMBER, max_size=20), min_size=1, max_size=6),
    st.sampled_from([(None, None), (0.0, 1.0), (0.0, None)]),
)
def test_many_charts_at_once_are_the_charts_one_by_one(series, bounds):
    count = np.array([len(values) for values in series])
    value = np.full((len(series), int(count.max(initial=1)) or 1), np.nan)
    for row, values in enumerate(series):
        value[row, : len(values)] = values
    lowest = np.full(len(series), -np.inf if bounds[0] is None else bounds[0])
    highest = np.full(len(series), np.inf if bounds[1] is None else bounds[1])

    many = xmr_charts(value, count, lowest, highest)

    for row, values in enumerate(series):
        one = xmr_chart(values, *bounds)
        if one.limits is None:
            assert np.isnan([many.centre[row], many.low[row], many.high[row]]).all()
        else:
            lines = (one.limits.centre, one.limits.low, one.limits.high)
            assert (many.centre[row], many.low[row], many.high[row]) == pytest.approx(lines, abs=1e-9)
        for place in range(len(values)):
            found = {kind for kind, where in many.signals.items() if where[row, place]}
            assert found == one.signals[place]
