"""The routes that derivatives are held against, against derivatives that are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero.testing.routes import (
    CURVE,
    STEP,
    NotHolomorphic,
    central,
    complex_derivatives,
    gradient,
    mpmath_derivatives,
    s,
    stencil,
    straight,
)

X = np.array([0.3, 1.7, -0.6])


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.integers(0, 4))
def test_stencils_are_exact_for_polynomials(coefficients, order):
    values = [sum(c * x**k for k, c in enumerate(coefficients)) for x in range(-2, 3)]
    exact = math.factorial(order) * coefficients[order] if order < len(coefficients) else 0
    assert sum(w * v for w, v in zip(stencil(2, order), values, strict=True)) == exact


def test_mpmath_route():
    found = mpmath_derivatives("sin", [X], [np.full(3, 2.0)], 11)
    exact = [2.0**n * np.sin(X + n * np.pi / 2) for n in range(12)]
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12 * 2**11)
    assert mpmath_derivatives(lambda mp, x: x**3, [X], [np.ones(3)], 6)[4:].tolist() == [[0.0] * 3] * 3


def test_mpmath_route_beside_a_kink():
    near = np.array([1e-9])
    found = mpmath_derivatives(lambda mp, x: mp.exp(-abs(x)), [near], [np.ones(1)], 10, near / 2)
    np.testing.assert_allclose(found[:, 0], [(-1) ** n * np.exp(-1e-9) for n in range(11)], rtol=1e-14)


def test_mpmath_route_that_leaves_the_real_numbers():
    with pytest.raises(ValueError, match="name the end in avoid="):
        mpmath_derivatives("log", [np.array([1e-9])], [np.ones(1)], 3)


@pytest.mark.parametrize("start", [0.0, 0.1])
def test_complex_route(start):
    found = complex_derivatives(lambda t: np.exp(X * s(t)), np.full(3, start), 10)
    exact = mpmath_derivatives(
        lambda mp, x, t: mp.exp(x * t / (1 + CURVE * t)), [X, np.full(3, start)], [None, np.ones(3)], 10
    )
    size = [math.factorial(n) * CURVE**n for n in range(11)]
    np.testing.assert_allclose(found / np.c_[size], exact / np.c_[size], rtol=0, atol=1e-13)


@pytest.mark.parametrize("path", [np.abs, np.real, np.conj, lambda t: 1 / t, lambda t: math.exp(t)])
def test_what_is_not_holomorphic_is_refused(path):
    with pytest.raises(NotHolomorphic):
        complex_derivatives(path, np.zeros(()), 3)


def test_straight_line_from_the_curve():
    curved = complex_derivatives(lambda t: np.sin(0.3 + s(t)), np.zeros(()), 6)
    np.testing.assert_allclose(straight(curved)[:5], [np.sin(0.3 + n * np.pi / 2) for n in range(5)], atol=1e-10)


def test_central_differences():
    values = [np.exp(X + j * STEP) for j in range(-4, 5)]
    np.testing.assert_allclose(central(values), np.exp(X), rtol=1e-12)


@pytest.mark.parametrize("holomorphic", [True, False])
def test_gradient_element_by_element(holomorphic):
    def f(a, b):
        return np.sum(a * a * b)

    b = np.array([[2.0, 3.0, 4.0]])
    ga, gb = gradient(f, [X, b], [X / 4, b / 4], [0, 1], holomorphic)
    np.testing.assert_allclose(ga, 2 * X * b[0], rtol=1e-11)
    np.testing.assert_allclose(gb, [X**2], rtol=1e-11)
