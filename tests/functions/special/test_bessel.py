"""Bessel functions: where their derivatives are hard to get right, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from scipy import special

from dezero import Variable, gradients
from dezero.core import UnsupportedOperation
from dezero.functions.special import bessel as F
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("j0", F.j0, lambda t: mp.besselj(0, t), 0.0, 1e-9, 30.0),
    *rows("j1", F.j1, lambda t: mp.besselj(1, t), 0.0, 1e-9, 100.0),
    *rows("j7", lambda t: F.jv(7, t), lambda t: mp.besselj(7, t), 0.0, 0.01, 30.0),
    *rows("j1/2", lambda t: F.jv(0.5, t), lambda t: mp.besselj(0.5, t), 0.01, 30.0),
    *rows("y1/2", lambda t: F.yv(0.5, t), lambda t: -mp.sqrt(2 / (mp.pi * t)) * mp.cos(t), 0.01, 30.0),
    *rows("i0", F.i0, lambda t: mp.besseli(0, t), 0.0, 1e-9),
    *rows("k1/2", lambda t: F.kv(0.5, t), lambda t: mp.sqrt(mp.pi / (2 * t)) * mp.exp(-t), 0.01, 30.0),
    *rows("i0e", F.i0e, lambda t: mp.besseli(0, t) * mp.exp(-t), 1e-9, 0.5, 5.0, 30.0, 700.0),
    *rows("i1e", F.i1e, lambda t: mp.besseli(1, t) * mp.exp(-t), 1e-9, 0.5, 5.0, 30.0, 700.0),
    *rows("i1e left", F.i1e, lambda t: mp.besseli(1, t) * mp.exp(t), -1e-9, -5.0),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@pytest.mark.parametrize("name", ["j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1", "i0e", "i1e"])
def test_values_of_fixed_order_are_scipys(name):
    x = np.linspace(0.1, 9, 5)
    np.testing.assert_array_equal(getattr(F, name)(Variable(x)).data, getattr(special, name)(x))


@pytest.mark.parametrize("kind", ["jv", "yv", "iv", "kv"])
@pytest.mark.parametrize("order", [-1.5, 0, 1, 3, 2.25, -2])
def test_values_of_any_order_are_scipys(kind, order):
    x = np.linspace(0.1, 9, 5)
    np.testing.assert_allclose(getattr(F, kind)(order, Variable(x)).data, getattr(special, kind)(order, x), rtol=1e-13)


@given(st.floats(0.1, 50), st.integers(0, 5))
def test_the_wronskian_holds_to_second_order(x, n):
    def wronskian(t):
        return t * (F.jv(n + 1, t) * F.yv(n, t) - F.jv(n, t) * F.yv(n + 1, t))

    found = derivatives(wronskian, x, 2)
    size = abs(special.yv(n + 1, x) * special.jv(n, x)) + 1
    np.testing.assert_allclose(found, [2 / np.pi, 0, 0], atol=1e-12 * size * (1 + n / x) ** 2)


def test_the_integer_orders_have_both_names():
    assert (F.jn, F.yn, F.kn) == (F.jv, F.yv, F.kv)
    x = Variable(np.array(2.0))
    assert F.jv(2.0, x).creator.parameters == {"order": 2}


def test_scaled_functions_take_the_middle_where_a_derivative_jumps_and_have_none_after_it():
    np.testing.assert_allclose(derivatives(F.i0e, 0.0, 4), [1, 0, *[np.nan] * 3], rtol=1e-14)
    np.testing.assert_allclose(derivatives(F.i1e, 0.0, 4), [0, 0.5, 0, np.nan, np.nan], rtol=1e-14)


@pytest.mark.parametrize("order", [Variable(np.array(1.0)), np.array([1.0, 2.0]), "one"])
def test_an_order_is_a_number(order):
    with pytest.raises(UnsupportedOperation, match=r"jv: the order must be a number.*no derivative in the order"):
        F.jv(order, Variable(np.array(1.0)))


@pytest.mark.parametrize("f", [F.j0, lambda x: F.yv(1.5, x), F.i0e, lambda x: F.kv(2, x)])
def test_float32_stays_float32(f):
    x = Variable(np.array([0.5, 2.0], np.float32))
    y = f(x)
    for _ in range(3):
        assert y.dtype == np.float32
        (y,) = gradients(y, x, create_graph=True)
