"""Incomplete gamma and beta functions: where their derivatives are hard to get right, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from dezero import Variable, gradients
from dezero.core import UnsupportedOperation
from dezero.functions.special import incomplete as F
from tests.functions.orders import assert_orders, derivatives, rows


def gammas(a, *points):
    form = lambda t: mp.gammainc(a, 0, t, regularized=True)  # noqa: E731
    return rows(f"gammainc {a:g}", lambda t: F.gammainc(a, t), form, *points)


def betas(a, b, *points):
    form = lambda t: mp.betainc(a, b, 0, t, regularized=True)  # noqa: E731
    return rows(f"betainc {a:g} {b:g}", lambda t: F.betainc(a, b, t), form, *points)


HARD = [
    *gammas(0.5, 1e-3, 30.0),
    *gammas(1, 1e-9, 30.0),
    *gammas(3, 1e-9, 1e-3, 3.0, 30.0),
    *gammas(12, 1e-3, 3.0, 11.0),
    *gammas(80, 40.0, 79.0, 120.0),
    *betas(0.5, 0.5, 1e-3, 0.9),
    *betas(1, 3, 0.2),
    *betas(2, 3, 1e-9, 0.999),
    *betas(40, 25, 0.3, 0.62, 0.9),
    *betas(2, 200, 1e-3, 0.01, 0.1),
    *betas(50, 0.5, 0.9, 0.99),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@pytest.mark.parametrize("a", [1, 2, 5])
def test_at_zero_whole_shapes_have_every_derivative(a):
    found = derivatives(lambda t: F.gammainc(a, t), 0.0, 8)
    series = [0] * a + [(-1) ** (n - a) * mp.binomial(n - 1, a - 1) for n in range(a, 9)]
    np.testing.assert_allclose(found, np.array(series, float), rtol=1e-14)


def test_at_both_ends_the_beta_density_is_a_polynomial():
    # betainc(2, 3, x) = 6 x^2 - 8 x^3 + 3 x^4
    for x, expected in ((0.0, [0, 0, 12, -48, 72, 0]), (1.0, [1, 0, 0, 24, 72, 0])):
        np.testing.assert_allclose(derivatives(lambda t: F.betainc(2, 3, t), x, 5), expected, atol=1e-13)


def test_a_density_that_begins_with_infinity_does_so():
    with np.errstate(divide="ignore"):
        assert derivatives(lambda t: F.gammainc(0.5, t), 0.0, 2).tolist() == [0, np.inf, -np.inf]


@given(st.floats(0.1, 20), st.floats(0.01, 50))
def test_both_tails_make_one(a, x):
    np.testing.assert_allclose(derivatives(lambda t: F.gammainc(a, t) + F.gammaincc(a, t), x, 2), [1, 0, 0], atol=1e-14)


def test_shapes_may_be_arrays():
    a, x = np.array([[1.0], [2.0]]), Variable(np.array([0.5, 1.0, 2.0]))
    (slope,) = gradients(F.gammainc(a, x), x)
    np.testing.assert_allclose(slope.data, (np.exp(-x.data) * (1 + x.data)), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, x: F.gammainc(s, x), r"gammainc: there is no derivative in a"),
        (lambda s, x: F.gammaincc(s, x), r"gammaincc: there is no derivative in a"),
        (lambda s, x: F.betainc(s, 2.0, x), r"betainc: there is no derivative in a"),
        (lambda s, x: F.betainc(2.0, s, x), r"betainc: there is no derivative in b"),
    ],
)
def test_there_is_no_derivative_in_a_shape(call, message):
    shape, x = Variable(np.array(1.5)), Variable(np.array(0.5))
    y = call(shape, x)
    for create_graph in (False, True):
        with pytest.raises(UnsupportedOperation, match=message):
            y.backward(create_graph=create_graph)
    (slope,) = gradients(y, x, create_graph=True)
    assert slope.item() != 0
    with pytest.raises(UnsupportedOperation, match=message.replace("cc", "c")):
        slope.backward()
