"""Error functions: where their derivatives are hard to get right."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from dezero import Variable, gradients
from dezero.functions import _scipy
from dezero.functions.special import error_functions as F
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("erf", F.erf, mp.erf, 0.0, 1e-9, -6.0),
    *rows("erfc", F.erfc, mp.erfc, 10.0, 25.0),
    *rows("erfcx", F.erfcx, lambda t: mp.exp(t * t) * mp.erfc(t), -3.0, 0.0, 1e-9, 1.0, 5.0, 30.0, 1e3, 1e6),
    *rows("erfinv", F.erfinv, mp.erfinv, 1e-9, -1 + 1e-9),
    *rows("ndtr", F.ndtr, mp.ncdf, -20.0, 9.0),
    *rows("ndtri", F.ndtri, lambda t: mp.sqrt(2) * mp.erfinv(2 * t - 1), 1e-4, 0.5),
    *rows("log_ndtr", F.log_ndtr, lambda t: mp.log(mp.erfc(-t / mp.sqrt(2)) / 2), -30.0, -8.0, -2.0, 0.0, 3.0, 8.0),
    *rows("dawsn", F.dawsn, lambda t: mp.sqrt(mp.pi) / 2 * mp.exp(-t * t) * mp.erfi(t),
          0.0, 1e-9, 0.5, -2.0, 4.0, 6.0, 8.0, 12.0, 20.0),
]  # fmt: skip


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


def test_erfcx_far_out_falls_as_its_asymptotic_series():
    x = 1e30
    expected = [(-1) ** n * mp.factorial(n) / (mp.sqrt(mp.pi) * mp.mpf(x) ** (n + 1)) for n in range(10)]
    np.testing.assert_allclose(derivatives(F.erfcx, x, 9), np.array(expected, float), rtol=1e-12)


def test_order_twenty_of_erfcx_keeps_its_digits():
    f = lambda t: mp.exp(t * t) * mp.erfc(t)  # noqa: E731
    assert_orders(F.erfcx, f, 4.0, orders=20)


def test_odd_functions_have_odd_derivatives():
    x = np.array([0.0, 0.5, 3.0, 9.0])
    for order in range(1, 5):
        left, right = (F.dawsn(Variable(s * x)) for s in (-1, 1))
        for _ in range(order):
            left, right = (gradients(y, _leaf(y), create_graph=True)[0] for y in (left, right))
        np.testing.assert_array_equal(left.data, right.data * (-1) ** (order + 1))


def _leaf(y):
    while y.creator is not None:
        y = y.creator.inputs[0]
    return y


@given(st.floats(-3, 3))
def test_inverses_undo(x):
    expected = [x, 1, 0, 0]
    np.testing.assert_allclose(derivatives(lambda t: F.ndtri(F.ndtr(t)), x, 3), expected, atol=1e-9)
    np.testing.assert_allclose(derivatives(lambda t: F.erfcinv(F.erfc(t)), x, 3), expected, atol=1e-6)


@given(st.floats(-5, 5))
def test_erf_and_erfc_make_one(x):
    np.testing.assert_allclose(derivatives(lambda t: F.erf(t) + F.erfc(t), x, 3), [1, 0, 0, 0], atol=1e-15)


@pytest.mark.parametrize("f", [F.erf, F.erfcx, F.log_ndtr, F.dawsn])
def test_nan_stays_nan(f):
    found = derivatives(f, np.nan, 2)
    assert np.isnan(found).all()


@pytest.fixture
def no_scipy(monkeypatch):
    _scipy._load.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    yield
    _scipy._load.cache_clear()


@pytest.mark.usefixtures("no_scipy")
def test_without_scipy_the_error_says_what_to_install():
    with pytest.raises(ImportError, match=r'scipy\.special is needed.*pip install "dezero-nth\[optimize\]"'):
        F.erf(Variable(np.array(0.0)))
