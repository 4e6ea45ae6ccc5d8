"""Worked by hand: ended after 2, 4, 9 days, running for 10 and 20 at the cut: S is 0.8, 0.6, 0.4; the median is 9."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.formulas.sliding_survival import LONGEST, Spells
from metrics.formulas.survival import grouped_kaplan_meier

DAY = 86_400_000_000


def curves(begin, end, levels, groups):
    spells = Spells(np.array(begin, dtype=np.float64) * DAY, np.array(end, dtype=np.float64) * DAY)
    return spells.grouped([np.array(level) for level in levels], groups)


def test_open_spells_are_censored_at_the_cut():
    made = curves([0, 0, 0, 21, 11], [2, 4, 9, np.nan, np.nan], [[0] * 5], 1)

    found = made.figures(0, 31 * DAY, 5 * DAY)

    assert (found.n[0], found.median[0], found.survival[0]) == (5, 9 * DAY, pytest.approx(0.6))


def test_what_began_before_the_window_or_after_the_cut_is_left_out():
    made = curves([0, 10, 20, 30], [1, 13, 25, 31], [[0] * 4], 1)

    found = made.figures(10 * DAY, 24 * DAY, 3 * DAY)

    # Of day 10 after three days; that of day 20 was still running on day 24.
    assert (found.n[0], found.median[0], found.survival[0]) == (2, 3 * DAY, 0.5)


def test_groups_without_spells_have_no_figures():
    made = curves([0], [1], [[1]], 3)

    found = made.figures(0, 10 * DAY, DAY)

    assert found.n.tolist() == [0, 1, 0]
    assert np.isnan(found.median[[0, 2]]).all()
    assert np.isnan(found.survival[[0, 2]]).all()
    nothing = curves([], [], [], 2).figures(0, 10 * DAY, DAY)
    assert nothing.n.tolist() == [0, 0]


def test_a_window_too_long_for_its_keys_is_refused():
    made = curves([0], [1], [[0]], 1)

    with pytest.raises(ValueError, match="longer"):
        made.figures(0, float(LONGEST), DAY)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 25)), st.integers(-1, 2), st.integers(-1, 2)),
        max_size=40,
    ),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_agrees_with_the_curve_of_each_window_alone(spells, since, length):
    begin = np.array([start for start, *_ in spells], dtype=np.float64)
    end = np.array([np.nan if lasted is None else start + lasted for start, lasted, *_ in spells], dtype=np.float64)
    one = np.array([group for *_, group, _ in spells], dtype=np.int64)
    two = np.array([group for *_, group in spells], dtype=np.int64)
    two[two == one] = -1
    cut = since + length

    found = curves(begin, end, [one, two], 3).figures(since * DAY, cut * DAY, 7 * DAY)

    inside = (begin >= since) & (begin < cut)
    ended = end < cut
    duration = np.where(ended, end - begin, cut - begin)
    alone = grouped_kaplan_meier(
        np.concatenate([one[inside], two[inside]]),
        np.tile(duration[inside], 2),
        np.tile(ended[inside], 2),
        3,
    )
    assert found.n.tolist() == alone.n.tolist()
    np.testing.assert_allclose(found.median / DAY, alone.median())
    np.testing.assert_allclose(found.survival, alone.at(7.0), rtol=1e-12, atol=1e-12)
