"""Normal quantiles against SciPy's and the values that Wichura's paper gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from metrics.formulas.normal import normal_quantile


@pytest.mark.parametrize(
    ("share", "quantile"), [(0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408)]
)
def test_the_values_of_the_paper(share: float, quantile: float) -> None:
    assert float(normal_quantile(share)) == pytest.approx(quantile, rel=1e-15)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=50))
def test_quantiles_are_those_of_scipy(shares: list[float]) -> None:
    np.testing.assert_allclose(normal_quantile(shares), ndtri(shares), rtol=1e-14, atol=0.0)


def test_the_ends_are_infinite_and_what_is_no_share_has_none() -> None:
    assert normal_quantile([0.0, 0.5, 1.0]).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(normal_quantile([np.nan, -0.1, 1.1])).all()
