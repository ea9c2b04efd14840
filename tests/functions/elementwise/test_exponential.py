"""Exponentials, logarithms and named powers: where their derivatives are hard to get right, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import dezero.functions as F
from dezero import Variable, gradients
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("expm1", F.expm1, mp.expm1, -40.0, 0.0, 1e-9),
    *rows("exp2", F.exp2, lambda t: 2**t, -40.0, 40.0),
    *rows("log1p", F.log1p, lambda t: mp.log(1 + t), 0.0, 1e-9, -1 + 1e-9, 1e9),
    *rows("log2", F.log2, lambda t: mp.log(t, 2), 1e-9, 1e9),
    *rows("log10", F.log10, mp.log10, 1e-9, 1e9),
    *rows("expit", F.expit, lambda t: 1 / (1 + mp.exp(-t)), -700.0, -40.0, 0.0, 40.0),
    *rows("cbrt", F.cbrt, lambda t: mp.sign(t) * mp.cbrt(abs(t)), -1e-6, 1e3, -1e9),
    *rows("reciprocal", F.reciprocal, lambda t: 1 / t, -1e-3, 1e5),
    *rows("logaddexp", lambda t: F.logaddexp(t, 0.0), lambda t: mp.log(mp.exp(t) + 1), 0.0, 1e-9, -40.0, 40.0),
    *rows("logaddexp2", lambda t: F.logaddexp2(t, 0.0), lambda t: mp.log(2**t + 1, 2), 0.0, 1e-9, -40.0, 40.0),
    *rows("float_power", lambda t: F.float_power(t, -1.5), lambda t: t**-1.5, 1e-3, 1e3),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@given(st.floats(-700, 700), st.floats(-700, 700), st.floats(-100, 100))
def test_a_shift_passes_through_logaddexp(a, b, c):
    x, y = Variable(np.array(a)), Variable(np.array(b))
    z = F.logaddexp(x, y)
    gx, gy = gradients(z, (x, y))
    np.testing.assert_allclose(gx.item() + gy.item(), 1, rtol=1e-15)
    shifted = F.logaddexp(Variable(np.array(a + c)), b + c)
    np.testing.assert_allclose(shifted.item() - c, z.item(), rtol=1e-13, atol=1e-12)


@given(st.floats(-30, 30))
def test_expit_and_its_mirror_make_one(x):
    found = derivatives(lambda t: F.expit(t) + F.expit(-t), x, 4)
    np.testing.assert_allclose(found, [1, 0, 0, 0, 0], atol=1e-15)


def test_expit_keeps_the_digits_of_both_tails():
    x = Variable(np.array([-700.0, -40.0, 40.0, 700.0]))
    (slope,) = gradients(F.expit(x), x)
    tails = np.exp(-np.abs(x.data))
    np.testing.assert_allclose(slope.data, tails / (1 + tails) ** 2, rtol=1e-14)


@pytest.mark.parametrize(("value", "expected"), [(True, 0.7310585786300049), (0, 0.5), (-(2**40), 0.0)])
def test_expit_takes_integers_and_booleans(value, expected):
    y = F.expit(Variable(np.array(value)))
    assert y.dtype == np.float64
    assert y.item() == expected


def test_float_power_computes_in_float64_and_hands_gradients_back_in_float32():
    x = Variable(np.array([2.0, 3.0], np.float32))
    y = F.float_power(x, 2)
    assert y.dtype == np.float64
    (slope,) = gradients(y, x)
    assert slope.dtype == np.float32
    np.testing.assert_array_equal(slope.data, [4, 6])


def test_float_power_of_integers_has_negative_powers():
    np.testing.assert_array_equal(F.float_power(np.array([2, 4]), Variable(np.array([-1.0, 0.5]))).data, [0.5, 2])


def test_ldexp_is_exact_where_the_power_alone_would_overflow():
    x = Variable(np.array(2.0**-1000))
    y = F.ldexp(x, 1100)
    assert y.item() == 2.0**100
    assert derivatives(lambda t: F.ldexp(t, 3), 1.5, 2).tolist() == [12, 8, 0]


@pytest.mark.parametrize("exponents", [1.0, np.array([0.5]), Variable(np.array(2.0))])
def test_ldexp_refuses_exponents_that_are_no_integers(exponents):
    with pytest.raises(TypeError, match=r"ldexp: exponents must be integers.*exp2"):
        F.ldexp(Variable(np.ones(1)), exponents)


def test_exponents_changed_afterwards_do_not_change_the_graph():
    exponents = np.array([1, 2])
    x = Variable(np.ones(2))
    y = F.ldexp(x, exponents)
    exponents[:] = 9
    np.testing.assert_array_equal(gradients(y, x)[0].data, [2, 4])


@given(st.floats(1e-300, 1e300))
def test_frexp_and_ldexp_undo_each_other(x):
    mantissa, exponent = F.frexp(Variable(np.array(x)))
    assert 0.5 <= mantissa.item() < 1
    assert F.ldexp(mantissa, exponent).item() == x
