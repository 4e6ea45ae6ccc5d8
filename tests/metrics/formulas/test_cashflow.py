"""Present value, rate of return and payback: by hand, and against numpy-financial and the roots of polynomials."""

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metrics.formulas.cashflow import (
    annual,
    internal_rate_of_return,
    monthly_rate_of_return,
    monthly_rate_to_date,
    net_present_value,
    payback_months,
)

NAN = np.nan
FLOWS = st.lists(st.integers(-9, 9), min_size=1, max_size=15)


def rate_by_eigenvalues(flows):
    """The real root nearest 0 above -0.9 of sum of f_k (1 + r)^-k, by companion matrix."""
    flows = np.trim_zeros(np.array(flows, dtype=float))
    if not flows.size:
        return NAN
    roots = np.roots(flows)
    rates = roots[np.abs(roots.imag) < 1e-7].real - 1
    rates = rates[rates > -0.9]
    return rates[np.argmin(np.abs(rates))] if rates.size else NAN


def well_separated(flows):
    """Whether the referee can be trusted: no roots that nearly meet, none at the very border."""
    roots = np.roots(np.trim_zeros(np.array(flows, dtype=float))) if any(flows) else np.zeros(0)
    gaps = np.abs(roots[:, None] - roots)[~np.eye(roots.size, dtype=bool)]
    nearest = np.sort(np.abs(roots[np.abs(roots.imag) < 1e-7].real - 1))
    return gaps.min(initial=1) > 1e-3 and np.abs(roots - 0.1).min(initial=1) > 1e-6 and (
        nearest.size < 2 or nearest[1] - nearest[0] > 1e-6
    )  # fmt: skip


def test_value_is_discounted_from_the_first_month():
    value = net_present_value([[0, -1000] + [0] * 11 + [1100]], [1])

    assert np.isnan(value[0, 0])
    assert value[0, [1, 13]] == pytest.approx([-1000, -1000 + 1100 / 1.08])


def test_payback_is_the_month_in_which_the_flows_come_back():
    np.testing.assert_array_equal(payback_months([[0, -500, 300, 200, 150]], [1]), [[NAN, NAN, NAN, 3, 3]])


def test_payback_once_reached_stays():
    np.testing.assert_array_equal(payback_months([[-5, 6, -9, 1]], [0]), [[NAN, 2, 2, 2]])


def test_the_first_month_is_never_the_answer():
    np.testing.assert_array_equal(
        payback_months([[5, 1], [0, 0], [0, -1]], [0, 0, 0]), [[NAN, 2], [NAN, 2], [NAN, NAN]]
    )


def test_payback_of_amounts_that_do_not_add_up_in_binary():
    np.testing.assert_array_equal(payback_months([[-0.3, 0.1, 0.2]], [0]), [[NAN, NAN, 3]])


def test_rate_of_return_by_hand():
    assert monthly_rate_of_return([-100, 60, 60])[0] == pytest.approx(0.130662, abs=5e-7)
    assert internal_rate_of_return([-100, 60, 60])[0] == pytest.approx(annual(np.array(0.130662)), abs=5e-5)
    assert annual(np.array(0.01)) == pytest.approx(0.126825, abs=5e-7)


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-1, 0, 0], NAN),
        ([-1, -2, -3], NAN),
        ([0, 0], NAN),
        ([-100, 60, 40], 0.0),
        ([0, 0, -100, 110], 0.1),
        ([-100, 0, 50, 0], 0.5**0.5 - 1),
        ([1, -3, 2], 0.0),  # roots 0 and 1: the nearest
        ([-100, 9], NAN),  # its root -0.91 lies outside
        ([-1000, 100], NAN),  # its root is exactly -0.9, which is not above -0.9
        ([-1000, 100.1], -0.8999),
        ([-100, 11], -0.89),
        ([100, -30], -0.7),  # money first is a rate too
        ([1, -2.2, 1.22], NAN),  # the signs change but no root is real
        ([-1, 2.2, -1.21], 0.1),  # a double root
    ],
)
def test_the_root_nearest_zero_above_minus_nine_tenths(flows, rate):
    np.testing.assert_allclose(monthly_rate_of_return(flows)[0], rate, atol=1e-6)


def test_a_rate_of_any_height_is_found():
    assert monthly_rate_of_return([-1, 1e6])[0] == pytest.approx(1e6 - 1)


def test_to_date_each_month_sees_only_what_has_flown():
    found = monthly_rate_to_date([[0, -100, 0, 50, 60, 0], [0, 0, 0, 0, 0, 0]])

    half, now = 0.5**0.5 - 1, monthly_rate_of_return([-100, 0, 50, 60])[0]
    np.testing.assert_allclose(found, [[NAN, NAN, NAN, half, now, now], [NAN] * 6], atol=1e-12)


def test_three_years_of_many_projects_agree_with_one_at_a_time():
    rng = np.random.default_rng(5)
    flows = np.round(rng.normal(0, 1000, (200, 36)) + np.linspace(-900, 900, 36), 2)
    flows[rng.random(flows.shape) < 0.2] = 0

    found = monthly_rate_to_date(flows)

    for row, end in zip(rng.integers(0, 200, 150), rng.integers(0, 36, 150), strict=True):
        np.testing.assert_allclose(found[row, end], rate_by_eigenvalues(flows[row, : end + 1]), atol=1e-7)


@given(flows=FLOWS)
@example(flows=[-5, 10, 1, -8, 1])
def test_agrees_with_the_roots_of_the_polynomial(flows):
    found = monthly_rate_of_return(flows)[0]
    if well_separated(flows):
        np.testing.assert_allclose(found, rate_by_eigenvalues(flows), atol=1e-6)


@given(outlay=st.integers(1, 99), returns=st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_agrees_with_numpy_financial_where_the_rate_is_the_only_one(outlay, returns):
    expected = npf.irr([-outlay, *returns]) if any(returns) else NAN
    np.testing.assert_allclose(
        monthly_rate_of_return([-outlay, *returns])[0], expected if expected > -0.9 else NAN, atol=1e-8
    )


@given(flows=FLOWS, rate=st.floats(0, 0.5))
def test_value_agrees_with_numpy_financial(flows, rate):
    value = net_present_value([flows], [0], annual_rate=(1 + rate) ** 12 - 1)[0, -1]

    assert value == pytest.approx(npf.npv(rate, flows), abs=1e-8)


@given(flows=FLOWS)
def test_value_at_the_rate_of_return_is_zero(flows):
    rate = monthly_rate_of_return(flows)[0]
    if not np.isnan(rate):
        discounted = np.array(flows) * (1 + rate) ** -np.arange(len(flows))
        assert abs(discounted.sum()) <= 1e-9 * np.abs(discounted).sum()


@given(flows=FLOWS)
def test_payback_agrees_with_counting(flows):
    expected = next((k + 1 for k in range(1, len(flows)) if sum(flows[: k + 1]) >= 0), NAN)

    np.testing.assert_array_equal(payback_months([flows], [0])[0, -1], expected)


def test_a_rate_at_an_exact_double_root_is_exact():
    # 100 (z - 1.02)^2 with z = 1 + r: out, back, out again; the present value touches 0 at 2% a month only.
    flows = [100.0, -204.0, 104.04]

    assert monthly_rate_of_return([flows])[0] == pytest.approx(0.02, abs=1e-12)
    assert internal_rate_of_return([flows])[0] == pytest.approx(1.02**12 - 1, abs=1e-10)
