"""Survey scores and sigma levels by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from metrics.formulas.scores import (
    defects_per_million,
    detractors,
    effort_score,
    margin_of_error,
    net_promoter_score,
    promoters,
    rescaled,
    satisfied,
    sigma_level,
)


def test_nine_and_ten_promote_and_six_detracts():
    answers = [10, 9, 8, 7, 6, 0]

    assert promoters(answers).tolist() == [True, True, False, False, False, False]
    assert detractors(answers).tolist() == [False, False, False, False, True, True]


def test_net_promoter_score_of_many_scopes_at_once():
    np.testing.assert_array_equal(net_promoter_score([30, 0, 0], [20, 5, 0], [100, 5, 0]), [10, -100, np.nan])


def test_margin_of_error():
    assert margin_of_error(0.5, 0.2, 100) == pytest.approx(15.3081, abs=5e-5)
    assert margin_of_error(1.0, 0.0, 10) == 0


def test_four_of_five_is_satisfied_and_a_scale_needs_a_length():
    places = rescaled([4, 3, 7.5, 5], [1, 1, 0, 5], [5, 5, 10, 5])

    np.testing.assert_array_equal(places, [0.75, 0.5, 0.75, np.nan])
    assert satisfied(places).tolist() == [True, False, True, False]
    np.testing.assert_array_equal(effort_score(places[:2]), [5.5, 4.0])


def test_defects_per_million():
    np.testing.assert_allclose(defects_per_million([15, 1], [2997, 0]), [5005.005005, np.nan])


def test_sigma_level_has_no_value_at_the_ends():
    np.testing.assert_allclose(sigma_level([3.4, 0, 1e6, 2e6, 5e5]), [6.0, np.nan, np.nan, np.nan, 1.5], atol=1e-3)


@given(promoting=st.integers(0, 50), neutral=st.integers(0, 50), detracting=st.integers(0, 50))
def test_the_score_is_the_difference_of_the_shares(promoting, neutral, detracting):
    answers = promoting + neutral + detracting
    if answers:
        expected = 100 * (promoting / answers - detracting / answers)
        assert net_promoter_score(promoting, detracting, answers) == pytest.approx(expected, abs=1e-9)


@given(per_million=st.floats(1e-3, 1e6 - 1))
def test_sigma_level_agrees_with_scipy(per_million):
    assert sigma_level(per_million) == pytest.approx(norm.isf(per_million / 1e6) + 1.5, abs=1e-9)
