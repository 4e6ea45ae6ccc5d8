"""Percentiles of groups, worked by hand and against numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.quantiles import grouped_quantile, grouped_quantiles

ITEMS = st.lists(st.tuples(st.integers(-1, 6), st.floats(-1e6, 1e6, allow_nan=False)), max_size=60)


def test_rank_is_interpolated_between_the_two_closest_items():
    found, n = grouped_quantile([0, 0, 0, 0], [10.0, 1.0, 3.0, 2.0], 0.85, groups=1)

    assert found[0] == pytest.approx(6.85)
    assert n.tolist() == [4]


def test_an_empty_group_has_no_quantile_and_no_items():
    found, n = grouped_quantile([2, 2], [1.0, 2.0], 0.5, groups=4)

    np.testing.assert_array_equal(found, [np.nan, np.nan, 1.5, np.nan])
    assert n.tolist() == [0, 0, 2, 0]


def test_items_of_no_group_are_left_out():
    found, n = grouped_quantile([-1, 0, -1], [99.0, 1.0, 98.0], 0.5, groups=1)

    assert (found.tolist(), n.tolist()) == ([1.0], [1])


def test_no_items_at_all_is_an_answer_too():
    found, n = grouped_quantile(np.array([], dtype=int), np.array([]), 0.5, groups=2)

    assert np.isnan(found).all()
    assert n.tolist() == [0, 0]


def test_a_group_outside_the_range_is_refused():
    with pytest.raises(ValueError, match="outside"):
        grouped_quantile([3], [1.0], 0.5, groups=3)


def test_a_quantile_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        grouped_quantile([0], [1.0], 85, groups=1)


def test_more_groups_than_fit_in_sixteen_bits():
    group = np.array([70_000, 4_464, 70_000, 4_464])  # equal in their low 16 bits
    found, n = grouped_quantile(group, [1.0, 10.0, 3.0, 30.0], 0.5, groups=70_001)

    assert (found[70_000], found[4_464]) == (2.0, 20.0)
    assert int(n.sum()) == 4


@given(items=ITEMS, q=st.floats(0, 1))
def test_agrees_with_numpy_group_by_group(items, q):
    group = np.array([g for g, _ in items], dtype=int)
    value = np.array([v for _, v in items], dtype=float)

    found, n = grouped_quantiles(group, value, (q, 0.5), groups=7)

    for g in range(7):
        mine = value[group == g]
        assert n[g] == mine.size
        if mine.size:
            np.testing.assert_allclose(found[0, g], np.quantile(mine, q), rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(found[1, g], np.median(mine), rtol=1e-9, atol=1e-9)
        else:
            assert np.isnan(found[:, g]).all()
