"""Kaplan-Meier curves, worked by hand, by exact fractions and against lifelines."""

from fractions import Fraction

import lifelines
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.formulas.survival import grouped_kaplan_meier, survival_curve

ITEM = st.tuples(st.integers(0, 30), st.booleans())
ITEMS = st.lists(ITEM, min_size=1, max_size=40)


def one_group(duration, event):
    return grouped_kaplan_meier(np.zeros(len(duration), dtype=int), duration, event, groups=1)


def survival_by_fractions(items, t):
    """S(t) straight from the definition, without any rounding."""
    left = Fraction(1)
    for moment in sorted({d for d, ended in items if ended and d <= t}):
        at_risk = sum(d >= moment for d, _ in items)
        left *= Fraction(at_risk - sum(d == moment and ended for d, ended in items), at_risk)
    return left


def test_open_items_keep_the_median_honest():
    curve = one_group([2, 4, 9, 10, 20], [1, 1, 1, 0, 0])

    assert curve.median()[0] == 9.0
    assert [float(curve.at(t)[0]) for t in (1, 2, 4, 9, 99)] == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.4])


def test_no_median_while_half_are_still_open():
    assert np.isnan(one_group([5, 9, 9], [1, 0, 0]).median()[0])


def test_an_exact_half_is_the_median_in_spite_of_rounding():
    # 6 of 10 left, then 5 of 6: 0.6 x 5/6 is an exact half, but not in binary
    curve = one_group([1] * 4 + [2] + [9] * 5, [1] * 5 + [0] * 5)

    assert curve.median()[0] == 2.0


def test_an_event_comes_before_censoring_at_a_tie():
    assert one_group([3, 3], [1, 0]).at(3)[0] == 0.5


def test_the_curve_is_exactly_zero_when_the_last_item_ended():
    assert one_group(np.arange(1, 1001), np.ones(1000)).at(5000)[0] == 0.0


def test_an_empty_group_has_no_estimate():
    curve = grouped_kaplan_meier([1, 1], [4.0, 6.0], [True, True], groups=3)

    np.testing.assert_array_equal(curve.median(), [np.nan, 4.0, np.nan])
    np.testing.assert_array_equal(curve.at(5), [np.nan, 0.5, np.nan])
    np.testing.assert_array_equal(curve.longest(), [np.nan, 6.0, np.nan])
    assert curve.n.tolist() == [0, 2, 0]


def test_no_item_at_all_and_only_censored_items():
    nothing = grouped_kaplan_meier([], [], [], groups=1)
    open_only = one_group([3, 8], [0, 0])

    assert np.isnan(nothing.median()[0])
    assert np.isnan(nothing.at(1)[0])
    assert (open_only.at(100)[0], open_only.longest()[0]) == (1.0, 8.0)
    assert np.isnan(open_only.median()[0])


def test_each_group_may_be_asked_at_its_own_time():
    curve = grouped_kaplan_meier([0, 0, 1, 1], [1, 2, 1, 2], [1, 1, 1, 1], groups=2)

    assert curve.at([1, 2]).tolist() == [0.5, 0.0]


def test_a_million_factors_lose_no_digits():
    n = 200_000
    curve = one_group(np.arange(n), np.ones(n, dtype=bool))

    assert curve.at(n - 2)[0] == pytest.approx(1 / n, rel=1e-13)


@given(items=st.lists(st.tuples(st.integers(-1, 3), ITEM), max_size=50), t=st.integers(0, 35))
def test_agrees_with_the_definition_in_fractions_group_by_group(items, t):
    curve = grouped_kaplan_meier(
        [g for g, _ in items], [d for _, (d, _) in items], [e for _, (_, e) in items], groups=4
    )
    for g in range(4):
        mine = [item for at, item in items if at == g]
        assert curve.n[g] == len(mine)
        if mine:
            assert curve.at(t)[g] == pytest.approx(float(survival_by_fractions(mine, t)), abs=1e-14)
            halves = [d for d, _ in sorted(mine) if survival_by_fractions(mine, d) <= Fraction(1, 2)]
            np.testing.assert_array_equal(curve.median()[g], halves[0] if halves else np.nan)
            assert curve.longest()[g] == max(d for d, _ in mine)


@settings(max_examples=40)
@given(items=st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=40))
def test_agrees_with_lifelines(items):
    duration, event = np.array([d for d, _ in items], dtype=float), np.array([e for _, e in items])
    referee = lifelines.KaplanMeierFitter().fit(duration, event)
    curve, mine = survival_curve(duration, event), one_group(duration, event)

    np.testing.assert_allclose(curve.survival, referee.survival_function_at_times(curve.time), atol=1e-12)
    np.testing.assert_allclose(mine.at(12.5)[0], referee.predict(12.5), atol=1e-12)
    median = mine.median()[0]
    if np.abs(curve.survival - 0.5).min() > 1e-9:  # lifelines misses an exact half by a rounding
        assert (np.inf if np.isnan(median) else median) == referee.median_survival_time_
    band = referee.confidence_interval_survival_function_.loc[curve.time].to_numpy()
    inside = (curve.survival > 0) & (curve.survival < 1)
    np.testing.assert_allclose(np.column_stack((curve.low, curve.high))[inside], band[inside], atol=1e-9)


@given(durations=st.lists(st.integers(0, 30), min_size=1, max_size=40), t=st.integers(0, 35))
def test_without_censoring_it_is_the_share_still_open(durations, t):
    share = sum(d > t for d in durations) / len(durations)

    assert one_group(durations, [True] * len(durations)).at(t)[0] == pytest.approx(share, abs=1e-12)


@given(items=ITEMS, extra=st.integers(0, 30), t=st.integers(0, 35))
def test_a_censored_item_never_lowers_the_curve(items, extra, t):
    before = one_group([d for d, _ in items], [e for _, e in items]).at(t)[0]
    more = [*items, (extra, False)]
    after = one_group([d for d, _ in more], [e for _, e in more]).at(t)[0]

    assert after >= before - 1e-12
