"""The largest root below 1: worked polynomials, double roots, and numpy's eigenvalues as referee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import polynomials
from metrics.formulas.polynomials import largest_root

ROOT = st.one_of(st.floats(0.02, 0.97), st.floats(1.03, 5.0), st.floats(-5.0, -0.02))


def column(coefficients):
    return np.array(coefficients, dtype=float)[:, None]


def from_roots(*roots):
    return np.poly(roots)[::-1]


def test_the_larger_of_two_roots_is_found():
    assert largest_root(column(from_roots(0.5, 0.8)), np.zeros(1))[0] == pytest.approx(0.8, abs=1e-14)


def test_a_root_at_or_below_the_bound_is_none():
    assert np.isnan(largest_root(column(from_roots(0.5, 3)), np.array([0.6]))[0])


def test_roots_above_one_and_complex_ones_are_none():
    assert np.isnan(largest_root(column([2, -2, 1]), np.zeros(1))[0])
    assert np.isnan(largest_root(column(from_roots(2, 3)), np.zeros(1))[0])


def test_a_double_root_is_not_stepped_over():
    assert largest_root(column(from_roots(0.9, 0.9)), np.zeros(1))[0] == pytest.approx(0.9, abs=1e-6)


def test_two_roots_close_together_are_told_apart():
    assert largest_root(column(from_roots(0.7, 0.7001, 5)), np.zeros(1))[0] == pytest.approx(0.7001, abs=1e-9)


def test_many_columns_of_different_degree_at_once():
    padded = [[*from_roots(0.5, 2), 0], from_roots(0.25, 3, 4), [1, 1, 1, 1]]
    found = largest_root(np.array(padded, dtype=float).T, np.zeros(3))

    np.testing.assert_allclose(found, [0.5, 0.25, np.nan], atol=1e-12)


def test_no_column_at_all():
    assert largest_root(np.zeros((3, 0)), np.zeros(0)).size == 0


def test_what_does_not_settle_in_time_is_left_to_eigenvalues(monkeypatch):
    monkeypatch.setattr(polynomials, "_MOST_STEPS", 2)
    roots = np.array([from_roots(0.5, 0.8), from_roots(0.01, 0.02), from_roots(2, 3)]).T

    found = largest_root(roots, np.array([0.0, 0.5, 0.0]))

    np.testing.assert_allclose(found, [0.8, np.nan, np.nan], atol=1e-9)


@given(roots=st.lists(ROOT, min_size=1, max_size=5))
def test_agrees_with_the_roots_it_was_made_from(roots):
    roots = sorted(roots)
    if min(np.diff(roots), default=1) < 0.01:
        return  # roots that nearly meet are only as good as their coefficients
    inside = [root for root in roots if 0 < root < 1]
    expected = max(inside, default=np.nan)
    np.testing.assert_allclose(largest_root(column(from_roots(*roots)), np.zeros(1))[0], expected, rtol=1e-6)


@given(root=st.floats(0.05, 0.97), others=st.lists(st.floats(0.1, 0.9), max_size=25))
def test_a_double_root_is_as_exact_as_a_simple_one(root, others):
    made = from_roots(root, root)
    for tail in others:  # factors without a positive root, so that the double one stays the only one
        made = np.convolve(made, [tail, 1.0])

    assert largest_root(column(made), np.zeros(1))[0] == pytest.approx(root, abs=1e-10)


@pytest.mark.parametrize("apart", [1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
def test_the_larger_of_two_roots_that_nearly_meet_is_found_as_far_as_their_coefficients_say(apart):
    # f dips by (apart / 2)^2 between them; coefficients are known to 1e-16, so roots to 1e-16 / apart.
    found = largest_root(column(from_roots(0.8, 0.8 + apart, 5, -2)), np.zeros(1))[0]

    assert found == pytest.approx(0.8 + apart, abs=max(1e-13 / apart, 1e-12))
