"""Customer success index: worked cases of coverage, cap and floor, and the identities of its decomposition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.formulas.index import (
    FACTORS,
    IndexMetrics,
    customer_success_index,
    geometric_index,
    goalpost_scores,
    index_band,
    index_change,
    log_mean,
)

NAN = np.nan
QUALITY, PERFORMANCE, VALUE, COMPLIANCE = range(4)


def metrics(*rows):
    """Metrics from (factor, weight, financial), with goalposts 0 and 100 so that a value is its own score."""
    factor, weight, financial = zip(*rows, strict=True)
    places = len(rows)
    return IndexMetrics(
        worst=np.zeros(places),
        best=np.full(places, 100.0),
        weight=np.array(weight, dtype=float),
        factor=np.array(factor),
        financial=np.array(financial),
    )


ONE_EACH = metrics((QUALITY, 1, False), (PERFORMANCE, 1, False), (VALUE, 1, False), (COMPLIANCE, 1, False))
TWO_OF_VALUE = metrics(
    (QUALITY, 1, False), (PERFORMANCE, 1, False), (COMPLIANCE, 1, False), (VALUE, 1, False), (VALUE, 2, True)
)


def test_goalposts_work_in_both_directions_and_are_clamped():
    np.testing.assert_allclose(goalpost_scores([0.5, 1.5, 30, 90, NAN], [0, 0, 60, 60, 0], [1, 1, 0, 0, 1]),
                               [50, 100, 50, 0, NAN])  # fmt: skip


def test_index_is_the_geometric_mean_of_the_factors():
    found = customer_success_index(ONE_EACH, [[80, 60, 40, 90]], True)

    assert found.factor.tolist() == [[80, 60, 40, 90]]
    assert found.index[0] == pytest.approx((80 * 60 * 40 * 90) ** 0.25)


def test_a_factor_counts_as_one_at_least():
    found = customer_success_index(ONE_EACH, [[0, 100, 100, 100]], True)

    assert found.factor[0, QUALITY] == 0
    assert found.index[0] == pytest.approx(100**0.75)


def test_a_factor_below_sixty_percent_coverage_has_no_score_and_the_index_none():
    five = metrics(*[(QUALITY, 1, False)] * 5, (PERFORMANCE, 1, False), (VALUE, 1, False), (COMPLIANCE, 1, False))

    enough = customer_success_index(five, [[50, 50, 50, NAN, NAN, 50, 50, 50]], True)
    too_few = customer_success_index(five, [[50, 50, NAN, NAN, NAN, 50, 50, 50]], True)

    assert (enough.coverage[0, QUALITY], enough.factor[0, QUALITY], enough.index[0]) == pytest.approx((0.6, 50, 50))
    assert too_few.coverage[0, QUALITY] == pytest.approx(0.4)
    assert np.isnan([too_few.factor[0, QUALITY], too_few.index[0]]).all()
    assert too_few.factor[0, PERFORMANCE] == 50


def test_a_metric_that_does_not_list_the_scope_is_in_neither_side_of_coverage():
    found = customer_success_index(TWO_OF_VALUE, [[50, 50, 50, 70, 10]], [True, True, True, True, False])

    assert (found.coverage[0, VALUE], found.factor[0, VALUE]) == (1, 70)


def test_money_carries_forty_percent_of_a_factor_at_most():
    found = customer_success_index(TWO_OF_VALUE, [[50, 50, 50, 100, 0]], True)

    np.testing.assert_allclose(found.weight[0, 3:], [0.6, 0.4])
    assert found.factor[0, VALUE] == pytest.approx(60)


def test_money_below_forty_percent_keeps_its_weight():
    light = metrics((VALUE, 3, False), (VALUE, 1, True))

    np.testing.assert_allclose(customer_success_index(light, [[1, 1]], True).weight, [[0.75, 0.25]])


def test_a_factor_with_only_money_usable_has_no_score():
    found = customer_success_index(TWO_OF_VALUE, [[50, 50, 50, NAN, 80]], True)

    assert found.coverage[0, VALUE] == pytest.approx(2 / 3)
    assert np.isnan([found.factor[0, VALUE], found.index[0]]).all()


def test_a_scope_kind_without_metrics_in_a_factor_has_no_index():
    found = customer_success_index(ONE_EACH, [[50, 50, 50, 50]], [True, True, True, False])

    assert np.isnan(found.coverage[0, COMPLIANCE])
    assert np.isnan(found.index[0])


def test_change_goes_to_the_factor_that_moved():
    before = customer_success_index(ONE_EACH, [[50, 50, 50, 50]], True)
    after = customer_success_index(ONE_EACH, [[60, 50, 50, 50]], True)

    change = index_change(ONE_EACH, before, after)

    assert change.total[0] == pytest.approx(2.3318, abs=5e-5)
    np.testing.assert_allclose(change.factor[0], [change.total[0], 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(change.metric[0], [change.total[0], 0, 0, 0], atol=1e-12)


def test_what_the_floor_adds_is_a_line_of_its_own():
    before = customer_success_index(ONE_EACH, [[0, 50, 50, 50]], True)
    after = customer_success_index(ONE_EACH, [[10, 50, 50, 50]], True)

    change = index_change(ONE_EACH, before, after)

    assert change.floor[0, QUALITY] < 0
    assert change.floor[0, PERFORMANCE:].tolist() == [0, 0, 0]
    assert change.metric[0, QUALITY] + change.floor[0, QUALITY] == pytest.approx(change.factor[0, QUALITY])


def test_a_change_needs_both_indices():
    none = customer_success_index(ONE_EACH, [[NAN, 50, 50, 50]], True)
    some = customer_success_index(ONE_EACH, [[50, 50, 50, 50]], True)

    assert np.isnan(index_change(ONE_EACH, none, some).total[0])
    assert np.isnan(index_change(ONE_EACH, none, some).metric).all()


def test_log_mean_of_equal_numbers_is_the_number():
    np.testing.assert_allclose(log_mean([5, 5 + 1e-13, 10], [5, 5, 5]), [5, 5, 5 / np.log(2)], rtol=1e-12)


def test_band_holds_the_index_between_and_is_the_same_for_the_same_seed():
    found = customer_success_index(TWO_OF_VALUE, [[90, 40, 60, 100, 0], [NAN, 40, 60, 100, 0]], True)

    low, high = index_band(TWO_OF_VALUE, found, seed=7)

    assert low[0] < found.index[0] < high[0]
    assert np.isnan([low[1], high[1]]).all()
    np.testing.assert_array_equal(index_band(TWO_OF_VALUE, found, seed=7), (low, high))
    assert index_band(TWO_OF_VALUE, found, seed=8)[0][0] != low[0]


def test_band_of_a_scope_does_not_depend_on_its_neighbours():
    both = customer_success_index(TWO_OF_VALUE, [[10, 40, 60, 100, 0], [90, 40, 60, 100, 0]], True)
    alone = customer_success_index(TWO_OF_VALUE, [[90, 40, 60, 100, 0]], True)

    assert index_band(TWO_OF_VALUE, both, seed=7)[0][1] == index_band(TWO_OF_VALUE, alone, seed=7)[0][0]


def test_equal_scores_leave_a_band_of_one_point():
    found = customer_success_index(ONE_EACH, [[50, 50, 50, 50]], True)

    np.testing.assert_allclose(index_band(ONE_EACH, found, seed=1), [[50], [50]])


METRIC = st.tuples(st.integers(0, 3), st.sampled_from([1, 2]), st.booleans())
FINITE = st.floats(-20, 120)
SCORE = st.one_of(st.just(NAN), FINITE, FINITE.map(lambda x: x + 1), FINITE.map(round))


@st.composite
def two_periods(draw):
    """Metrics of all factors and their values in two periods, for two scopes."""
    chosen = metrics(*[(f, 1, False) for f in range(4)], *draw(st.lists(METRIC, max_size=8)))
    values = st.lists(SCORE, min_size=chosen.factor.size, max_size=chosen.factor.size)
    return chosen, *(customer_success_index(chosen, [draw(values), draw(values)], True) for _ in range(2))


@settings(max_examples=60)
@given(case=two_periods())
def test_index_lies_between_its_lowest_and_highest_factor(case):
    _, found, _ = case
    has_index = ~np.isnan(found.index)
    floored = np.maximum(1, found.factor[has_index])
    assert (found.index[has_index] >= floored.min(axis=1) - 1e-9).all()
    assert (found.index[has_index] <= floored.max(axis=1) + 1e-9).all()
    np.testing.assert_array_equal(has_index, ~np.isnan(found.factor).any(axis=1))


@settings(max_examples=60)
@given(case=two_periods())
def test_weights_add_to_one_and_money_to_forty_percent_at_most(case):
    chosen, found, _ = case
    for place in range(len(FACTORS)):
        inside = chosen.factor == place
        for scope in range(2):
            if not np.isnan(found.factor[scope, place]):
                assert found.weight[scope, inside].sum() == pytest.approx(1)
                assert found.weight[scope, inside & chosen.financial].sum() <= 0.4 + 1e-9


@settings(max_examples=60)
@given(case=two_periods())
def test_parts_of_a_change_add_up(case):
    chosen, before, after = case
    change = index_change(chosen, before, after)
    inside = np.eye(len(FACTORS))[chosen.factor]

    np.testing.assert_allclose(change.factor.sum(axis=1), change.total, atol=1e-9)
    both = ~np.isnan(change.total)
    np.testing.assert_allclose((change.metric[both] @ inside + change.floor[both]), change.factor[both], atol=1e-9)
    np.testing.assert_allclose(geometric_index(after.factor) - geometric_index(before.factor), change.total)
