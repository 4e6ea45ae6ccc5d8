"""Worked by hand: group 7 at days 3, 1, 2 and group 8 at day 1: day 1 is followed by day 2, that by day 3."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.sequences import distinct, joined_key, next_in_group, tied


def test_the_next_row_of_the_same_group():
    found = next_in_group(np.array([7, 7, 8, 7]), np.array([3.0, 1.0, 1.0, 2.0]))

    assert found.tolist() == [-1, 3, -1, 0]


def test_rows_of_one_moment_follow_their_rank():
    found = next_in_group(np.array([7, 7, 7]), np.array([1.0, 1.0, 1.0]), np.array([2, 0, 1]))

    assert found.tolist() == [-1, 2, 0]


def test_ties_share_group_and_moment():
    found = tied(np.array([1, 1, 2, 1, 1]), np.array([5.0, 6.0, 5.0, 5.0, 7.0]))

    assert found.tolist() == [True, False, False, True, False]


def test_keys_of_wide_columns_stay_exact():
    """Hashes span all 64 bits, so that a product of widths would overflow."""
    wide = np.array([-(2**63) + 1, 2**63 - 1, -(2**63) + 1, 2**63 - 1], dtype=np.int64)
    narrow = np.array([-1, 5, -1, 6], dtype=np.int32)

    key = joined_key([wide, narrow, wide])

    assert key[0] == key[2]
    assert len(set(key.tolist())) == 3


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-(2**62), 2**62)), max_size=30))
def test_keys_are_equal_exactly_where_all_columns_are(rows):
    columns = [np.array([row[k] for row in rows], dtype=np.int64) for k in range(2)]

    key = joined_key(columns).tolist()

    assert [[a == b for b in key] for a in key] == [[a == b for b in rows] for a in rows]


@pytest.mark.parametrize("values", [[], [3], [3, 1, 3, 2, 1]])
def test_distinct_values_in_order(values):
    assert distinct(np.array(values, dtype=np.int64)).tolist() == sorted(set(values))
