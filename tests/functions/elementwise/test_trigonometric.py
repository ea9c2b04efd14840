"""Inverse trigonometric and hyperbolic functions, triangles: where their derivatives are hard to get right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import dezero.functions as F
from dezero import Variable, gradients
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("arcsin", F.arcsin, mp.asin, 0.0, 1e-9, 0.999999, -0.999999),
    *rows("arccos", F.arccos, mp.acos, 1e-9, 0.999999),
    *rows("arctan", F.arctan, mp.atan, 0.0, 1e-9, 1e3, -1e8),
    *rows("arcsinh", F.arcsinh, mp.asinh, 0.0, 1e-9, -1e3, 1e8),
    *rows("arccosh", F.arccosh, mp.acosh, 1 + 1e-9, 1e3, 1e8),
    *rows("arctanh", F.arctanh, mp.atanh, 0.0, 1e-9, 0.999999),
    *rows("hypot with 1", lambda t: F.hypot(t, 1.0), lambda t: mp.sqrt(t * t + 1), 0.0, 1e-9, -1e3, 1e6),
    *rows("hypot with 0", lambda t: F.hypot(0.0, t), lambda t: mp.sign(t) * t, 2.0, -3.0),
    *rows("arctan2 above", lambda t: F.arctan2(2.0, t), lambda t: mp.atan2(2, t), 0.0, 3.0, -1.0),
    *rows("arctan2 below", lambda t: F.arctan2(-2.0, t), lambda t: mp.atan2(-2, t), 0.0, 3.0, -1.0),
    *rows("arctan2 right", lambda t: F.arctan2(t, 2.0), lambda t: mp.atan2(t, 2), 0.0, 1e-9, 1e4),
    *rows("arctan2 left", lambda t: F.arctan2(t, -2.0), lambda t: mp.atan2(t, -2), 1e-9, -1e-9, 3.0),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@pytest.mark.parametrize("tiny", [1e-200, 1e200])
def test_triangles_neither_overflow_nor_underflow(tiny):
    a, b = Variable(np.array(3 * tiny)), Variable(np.array(4 * tiny))
    np.testing.assert_allclose([g.item() for g in gradients(F.hypot(a, b), (a, b))], [0.6, 0.8], rtol=1e-15)
    slopes = np.array([g.item() for g in gradients(F.arctan2(a, b), (a, b))])
    np.testing.assert_allclose(slopes * tiny, [0.16, -0.12], rtol=1e-15)


def test_the_first_derivative_is_smooth_across_the_cut_of_arctan2():
    above, below = (derivatives(lambda t: F.arctan2(t, -1.0), y, 3) for y in (1e-300, -1e-300))
    assert above[0] == -below[0] == np.pi
    np.testing.assert_array_equal(above[1:2], below[1:2])


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_hypot_is_homogeneous(a, b):
    x, y = Variable(np.array(a)), Variable(np.array(b))
    r = F.hypot(x, y)
    gx, gy = gradients(r, (x, y))
    np.testing.assert_allclose(a * gx.item() + b * gy.item(), r.item(), rtol=1e-14, atol=1e-300)


@given(st.floats(-3, 3))
def test_inverses_undo(x):
    up_and_back = derivatives(lambda t: F.arcsinh(F.sinh(t)), x, 3)
    np.testing.assert_allclose(up_and_back, [x, 1, 0, 0], atol=1e-12)
    around = derivatives(lambda t: F.degrees(F.radians(t)), x, 2)
    np.testing.assert_allclose(around, [x, 1, 0], atol=1e-15)


@pytest.mark.parametrize("f", [F.arcsin, F.hypot])
def test_large_orders_of_float32_stay_float32(f):
    x = Variable(np.array([0.0, 0.25, 0.5], np.float32))
    y = f(x, 1) if f is F.hypot else f(x)
    for _ in range(4):
        assert y.dtype == np.float32
        (y,) = gradients(y, x, create_graph=True)
