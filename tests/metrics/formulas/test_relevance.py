"""Relevance to outcomes: the agreed panel, scipy and statsmodels as referees, and the rules on few pairs."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from statsmodels.stats.multitest import multipletests

from metrics.formulas.relevance import (
    Association,
    Shuffles,
    Verdict,
    association,
    association_with,
    q_values,
    verdict,
)

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
NAN = np.nan


def read(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else NAN


def panel(column):
    """Customer by quarter of the agreed panel."""
    rows = read("relevance_panel.csv")
    customers, quarters = (sorted({row[key] for row in rows}) for key in ("customer", "quarter"))
    values = np.full((len(customers), len(quarters)), NAN)
    for row in rows:
        values[customers.index(row["customer"]), quarters.index(row["quarter"])] = number(row[column])
    return values


def found_with(n, p, rho=0.5):
    return Association(n=n, lag=0, rho=rho, p=p, rho_by_lag=(rho, NAN, NAN))


@pytest.mark.parametrize("seed", [1, 20260710])
def test_the_agreed_panel_has_the_agreed_verdicts(seed):
    expected = read("relevance_expected.csv")
    found = [association(panel(row["metric"]), panel("outcome"), seed) for row in expected]

    for row, mine, q in zip(expected, found, q_values(found), strict=True):
        assert (mine.n, mine.lag) == (int(row["n"]), int(row["lag"]))
        assert mine.rho == pytest.approx(float(row["rho"]), abs=1e-6)
        by_lag = [number(row[f"rho_lag{lag}"]) for lag in range(3)]
        np.testing.assert_allclose(mine.rho_by_lag, by_lag, atol=1e-6)
        assert float(row["p_low"]) <= mine.p <= float(row["p_high"])
        assert np.isnan(q) == (row["q"] == "")
        assert verdict(mine, q) == row["verdict"]


def test_the_same_seed_gives_the_same_p():
    first, again = (association(panel("metric_b"), panel("outcome"), seed=3) for _ in range(2))

    assert first == again


def test_an_outcome_that_follows_a_quarter_later_has_lag_one():
    moves = np.random.default_rng(1).normal(size=(3, 8))
    follows = np.column_stack((np.zeros(3), moves[:, :-1]))

    found = association(moves, follows, seed=1)

    assert (found.lag, found.n) == (1, 21)
    assert found.rho == pytest.approx(1)
    assert found.p == pytest.approx(0.001)


def test_only_moves_inside_a_customer_count():
    # each customer's level differs, inside a customer nothing moves together
    level = np.repeat([[0.0], [100.0], [200.0]], 4, axis=1)
    found = association(level + np.array([1, 2, 1, 2]), level + np.array([1, 1, 2, 2]), seed=1)

    assert found.rho_by_lag[0] == pytest.approx(0)


def test_a_customer_with_one_pair_is_left_out():
    metric = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8], [9.0] + [NAN] * 7])

    assert association(metric, metric, seed=1).n == 8


def test_fewer_than_eight_pairs_are_not_enough():
    found = association([[1.0, 2, 3, 4, 5, 6, 7]], [[1.0, 2, 3, 4, 5, 6, 7]], seed=1)

    assert (found.n, found.lag) == (7, None)
    assert np.isnan([found.rho, found.p, *found.rho_by_lag]).all()
    assert verdict(found, NAN) == Verdict.INSUFFICIENT_N


def test_a_metric_that_never_moves_shows_nothing():
    found = association(np.ones((3, 6)), np.random.default_rng(1).normal(size=(3, 6)), seed=1)

    assert found.lag is None
    assert verdict(found, NAN) == Verdict.INSUFFICIENT_N


def test_a_seed_keeps_its_draws():
    """Counted with scipy.stats.rankdata in place of our own ranks: 463 and 474 of 999 draws and the panel itself."""
    random = np.random.default_rng(5)
    x, y = np.round(random.normal(size=(2, 6, 12)), 1)
    y[:, 1:] += 0.25 * x[:, :-1]
    y[random.random(y.shape) < 0.2] = NAN

    assert [association(x, y, seed).p for seed in (1, 2)] == [0.463, 0.474]


def test_moves_too_large_to_be_sorted_as_whole_numbers_rank_as_small_ones_do():
    x, y = np.random.default_rng(3).integers(-9, 9, size=(2, 5, 8)).astype(float)  # means of eight are exact

    assert association(x * 2.0**40, y * 2.0**40, seed=1).rho_by_lag[0] == association(x, y, seed=1).rho_by_lag[0]


def test_draws_shared_by_many_metrics_give_what_own_draws_give():
    random = np.random.default_rng(8)
    outcome, *metrics = np.round(random.normal(size=(4, 5, 9)), 1)
    metrics[0][random.random(outcome.shape) < 0.3] = NAN
    shared = Shuffles(outcome, seed=4)

    for metric in metrics:
        assert association_with(metric, shared) == association(metric, outcome, seed=4)


def test_fewer_draws_than_agreed_are_refused():
    with pytest.raises(ValueError, match="999"):
        association([[1.0]], [[1.0]], seed=1, draws=100)


@pytest.mark.parametrize(
    ("n", "q", "rho", "said"),
    [
        (11, NAN, 0.9, Verdict.NO_VERDICT),
        (12, 0.10, -0.3, Verdict.RELEVANT),
        (12, 0.10, 0.29, Verdict.WEAK),
        (12, 0.11, 0.9, Verdict.NOT_SHOWN),
    ],
)
def test_verdicts(n, q, rho, said):
    assert verdict(found_with(n, 0.05, rho), q) == said


def test_metrics_with_few_pairs_are_not_among_the_many():
    q = q_values([found_with(30, 0.01), found_with(11, 0.001), found_with(30, 0.04)])

    np.testing.assert_allclose(q, [0.02, NAN, 0.04])


def test_no_metric_with_enough_pairs_has_no_q():
    assert np.isnan(q_values([found_with(11, 0.001)])).all()


@given(p=st.lists(st.floats(0.001, 1), min_size=1, max_size=30))
def test_q_agrees_with_statsmodels(p):
    np.testing.assert_allclose(q_values([found_with(20, value) for value in p]), multipletests(p, method="fdr_bh")[1])


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), customers=st.integers(2, 4), missing=st.floats(0, 0.3))
def test_rho_at_lag_zero_agrees_with_scipy(seed, customers, missing):
    random = np.random.default_rng(seed)
    x, y = np.round(random.normal(size=(2, customers, 8)), 1)
    x[random.random(x.shape) < missing] = NAN
    paired = ~np.isnan(x)
    rows = [row for row in range(customers) if paired[row].sum() >= 2]
    apart = [[series[row][paired[row]] - series[row][paired[row]].mean() for row in rows] for series in (x, y)]
    pooled = [np.round(np.concatenate(side), 9) for side in apart] if rows else [np.zeros(0)] * 2

    rho = association(x, y, seed=1).rho_by_lag[0]

    if pooled[0].size >= 8:
        assert rho == pytest.approx(spearmanr(*pooled).statistic, abs=1e-12, nan_ok=True)
    else:
        assert np.isnan(rho)
