"""Shapley values by hand, over all orders, and their axioms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.shapley import EXACT_UP_TO, shapley_shares, shapley_values

CLAIMS = st.lists(st.floats(0.001, 2.0), min_size=1, max_size=6)


def over_all_orders(claims, attained):
    """The definition: what each claimant adds when it arrives, averaged over every order."""
    orders = list(permutations(range(len(claims))))
    shares = np.zeros(len(claims))
    for order in orders:
        so_far = 0.0
        for player in order:
            shares[player] += min(attained, so_far + claims[player]) - min(attained, so_far)
            so_far += claims[player]
    return shares / len(orders)


def test_the_worked_outcome_of_the_catalogue():
    np.testing.assert_allclose(shapley_shares([[0.3, 0.45]], [0.5]), [[0.175, 0.325]], atol=1e-15)


def test_the_glove_game():
    worth = np.zeros(8)
    worth[[0b101, 0b110, 0b111]] = 1

    np.testing.assert_allclose(shapley_values(worth), [1 / 6, 1 / 6, 2 / 3], atol=1e-15)


def test_a_worth_for_every_coalition_is_needed():
    with pytest.raises(ValueError, match="2\\^n"):
        shapley_values([0, 1, 2])


def test_thirteen_claimants_have_no_exact_share():
    with pytest.raises(ValueError, match="12"):
        shapley_shares(np.full((1, EXACT_UP_TO + 1), 0.1), [1.0])


def test_a_player_that_adds_nothing_gets_nothing():
    assert shapley_shares([[0.0, 0.4, 0.9]], [0.5])[0, 0] == pytest.approx(0.0, abs=1e-16)


def test_many_outcomes_of_twelve_claimants_are_shared_in_blocks():
    rng = np.random.default_rng(7)
    claims, attained = rng.uniform(0.01, 0.5, (600, 12)), rng.uniform(0.1, 1.0, 600)

    shares = shapley_shares(claims, attained)

    np.testing.assert_allclose(shares.sum(axis=1), np.minimum(attained, claims.sum(axis=1)), rtol=1e-12)
    np.testing.assert_allclose(shares[-1], shapley_shares(claims[-1:], attained[-1:])[0], rtol=1e-12)


@given(claims=CLAIMS, attained=st.floats(0.001, 3.0))
def test_agrees_with_every_order_of_arrival(claims, attained):
    np.testing.assert_allclose(shapley_shares([claims], [attained])[0], over_all_orders(claims, attained), atol=1e-12)


@given(claims=CLAIMS, attained=st.floats(0.001, 3.0))
def test_equal_claims_get_equal_shares(claims, attained):
    shares = shapley_shares([[*claims, claims[0]]], [attained])[0]

    assert shares[-1] == pytest.approx(shares[0], abs=1e-12)
