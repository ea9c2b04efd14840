"""Rounding and remainders."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients

NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("f", [F.floor, F.ceil, F.trunc, F.rint, F.round])
def test_the_derivative_of_rounding_is_zero_to_every_order(f):
    x = Variable(np.array([-1.5, -1.0, 0.0, 0.5, 2.0]))
    y = f(x)
    for _ in range(3):
        (y,) = gradients(y, x, create_graph=True)
        np.testing.assert_array_equal(y.data, 0)


def test_a_rounded_factor_is_a_constant():
    x = Variable(np.array(2.7))
    (slope,) = gradients(F.floor(x) * x, x)
    assert slope.item() == 2


@given(NUMBERS, NUMBERS)
def test_quotient_and_remainder_make_the_number_and_so_do_their_derivatives(a, b):
    assume(abs(b) > 1e-6)
    x, y = Variable(np.array(a)), Variable(np.array(b))
    for rest, quotient in ((F.remainder(x, y), np.floor_divide(a, b)), (F.fmod(x, y), np.trunc(a / b))):
        in_a, in_b = gradients(rest, (x, y))
        assert in_a.item() == 1
        assert abs(in_b.item() + quotient) <= 1  # a / b, rounded, may be the next whole number
        np.testing.assert_allclose(rest.item() - in_b.item() * b, a, rtol=1e-12, atol=1e-9)


def test_the_quotient_is_that_of_the_remainder_where_rounding_misleads():
    a, b = Variable(np.array(6.0)), Variable(np.array(0.1))
    assert 6.0 / 0.1 == 60.0  # although 0.1 is a little more than a tenth
    assert gradients(F.fmod(a, b), b)[0].item() == -59
    assert F.floor_divide(a, b).item() == 59


@given(NUMBERS)
def test_modf_splits_a_number_and_its_derivative(x):
    leaf = Variable(np.array(x))
    fraction, whole = F.modf(leaf)
    assert fraction.item() + whole.item() == x
    assert [gradients(part, leaf)[0].item() for part in (fraction, whole)] == [1, 0]


def test_divmod_is_pythons():
    found = F.divmod(Variable(np.array([-7.0, 7.0])), np.array([3.0, -3.0]))
    np.testing.assert_array_equal([y.data for y in found], [[-3, -3], [2, -2]])


def test_round_takes_decimals_on_both_sides_of_the_point():
    x = Variable(np.array(1234.5678))
    assert [F.round(x, d).item() for d in (-2, 0, 2)] == [1200, 1235, 1234.57]
    with pytest.raises(TypeError, match=r"round: decimals must be an integer, got number 0.5"):
        F.round(x, 0.5)
