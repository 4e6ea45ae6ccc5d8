"""Earned schedule, worked by hand, against the definition project by project, and its bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.earned_schedule import earned_schedule

NAN = np.nan
AMOUNT = st.integers(0, 5).map(lambda n: n * 0.1)
MONTHS = 7


def one_project(planned, earned, first=0):
    """ES and AT per end month; None in `earned` is a month not reported."""
    reported = [value is not None for value in earned]
    found = earned_schedule([planned], [[value or 0.0 for value in earned]], [reported], [first])
    return found.earned[0], found.actual[0]


def by_definition(planned, earned, first, end):
    """ES at the end of one month, as the catalogue puts it, in whole tenths."""
    plan = [round(10 * p) for p in planned[first:]]
    value = sum(round(10 * e) for e in earned[: end + 1] if e is not None)
    total = [sum(plan[:k]) for k in range(len(plan) + 1)]
    if value >= total[-1]:
        return next(k for k in range(1, len(total)) if total[k] == total[-1])
    most = max(k for k in range(len(total)) if total[k] <= value)
    return most + (value - total[most]) / (total[most + 1] - total[most])


def test_a_project_behind_its_plan():
    es, at = one_project([100] * 5, [100, 80, 70, None, None])

    assert (es[2], at[2]) == (2.5, 3)
    assert (es[4], at[4]) == (2.5, 3)  # nothing reported since


def test_earned_value_below_the_first_month_counts_from_zero():
    assert one_project([100, 100, 100], [50, None, None])[0][0] == 0.5


def test_once_the_plan_is_earned_it_is_the_month_that_plan_ended():
    assert one_project([100, 100, 0, 0], [100, 100, 50, None])[0].tolist() == [1, 2, 2, 2]


def test_months_without_plan_are_passed_at_once():
    assert one_project([100, 0, 0, 100], [100, None, None, None])[0][0] == 3


def test_months_count_from_the_first_row():
    es, at = one_project([0, 0, 100, 100], [None, None, 50, 100], first=2)

    np.testing.assert_allclose(es, [NAN, NAN, 0.5, 1.5])
    np.testing.assert_allclose(at, [NAN, NAN, 1, 2])


def test_a_project_without_any_plan_is_left_out():
    for planned in ([0, 0, 0], [0.1, 0.2, -0.3]):
        assert np.isnan(one_project(planned, [10, 10, 10])).all()


def test_amounts_that_do_not_add_up_in_binary_still_meet_the_plan():
    # 0.1 + 0.2 is above 0.3 in binary; without slack the flat months after it would be missed
    es, _ = one_project([0.1, 0.2, 0, 0, 1], [0.3, 0, 0, 0, 0])

    assert es[0] == pytest.approx(4)


def test_reversed_earned_value_does_not_count_before_the_first_row():
    es, _ = one_project([0, 100, 100], [None, -50, 0], first=1)

    assert es[1] == pytest.approx(-0.5)


@given(
    planned=st.lists(AMOUNT, min_size=MONTHS, max_size=MONTHS),
    earned=st.lists(st.one_of(st.none(), AMOUNT), min_size=MONTHS, max_size=MONTHS),
    first=st.integers(0, 3),
)
def test_agrees_with_the_definition_at_every_end(planned, earned, first):
    planned[:first], earned[:first] = [0.0] * first, [None] * first
    es, at = one_project(planned, earned, first)
    for end in range(MONTHS):
        reported = [month for month in range(end + 1) if earned[month] is not None]
        if not reported or not any(planned):
            assert np.isnan([es[end], at[end]]).all()
        else:
            assert es[end] == pytest.approx(by_definition(planned, earned, first, end), abs=1e-9)
            assert at[end] == reported[-1] - first + 1


@given(
    planned=st.lists(AMOUNT, min_size=MONTHS, max_size=MONTHS),
    low=st.integers(0, 40),
    more=st.integers(0, 10),
)
def test_it_never_falls_when_more_is_earned_nor_passes_the_planned_months(planned, low, more):
    (less, *_), (greater, *_) = (one_project(planned, [tenths / 10] * MONTHS)[0] for tenths in (low, low + more))
    if any(planned):
        assert less <= greater + 1e-9
        assert 0 <= greater <= MONTHS


def test_a_plan_whose_total_is_negative_is_reached_in_a_month_of_the_plan():
    assert one_project([-82, 0, 96, 0, -70], [88, None, None, None, None])[0][0] == 3
