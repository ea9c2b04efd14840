"""The cardinal sine: where its derivatives are hard to get right."""

import numpy as np
import pytest
from mpmath import mp

from dezero import Variable, gradients
from dezero.functions.special.sinc import sinc
from tests.functions.orders import assert_orders, derivatives, rows

HARD = rows("sinc", sinc, mp.sincpi, 0.0, 1e-9, 1e-3, 1.0, 3.0, 6.1, 20.3, -500.5)


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


def test_at_zero_it_has_its_taylor_coefficients():
    found = derivatives(sinc, 0.0)
    expected = [(-1) ** (n // 2) * np.pi**n / (n + 1) if n % 2 == 0 else 0.0 for n in range(11)]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert not found[1::2].any()


def test_large_orders_of_float32_stay_float32():
    x = Variable(np.array([0.0, 0.25, 0.5], np.float32))
    y = sinc(x)
    for _ in range(4):
        assert y.dtype == np.float32
        (y,) = gradients(y, x, create_graph=True)


@pytest.mark.parametrize("x", [1e5 + 0.25, -3e12 - 0.3, 1e20, 1e160])
def test_large_arguments_keep_their_phase(x):
    v = Variable(np.array(x))
    y = sinc(v)
    (g,) = gradients(y, v, create_graph=True)
    with mp.workdps(400):
        exact = mp.mpf(x)
        value, slope = mp.sincpi(exact), (mp.cospi(exact) - mp.sincpi(exact)) / exact
        assert y.item() == pytest.approx(float(value), rel=1e-12, abs=1e-300)
        assert g.item() == pytest.approx(float(slope), rel=1e-12)
