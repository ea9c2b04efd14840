"""Elements that are equal, but not to their mean as floats give it: no spread, and no derivative made of rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients, hessian

NUMBERS = (0.1, 0.7, -1e-3, 1e9 / 3, 3.3e-300, 0.0, -0.0)
LENGTHS = (3, 6, 7, 11, 100)


def gradient(f, x):
    x = Variable(x)
    return gradients(F.sum(f(x)), [x])[0].data


@pytest.mark.parametrize("function", [F.std, F.var])
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("number", NUMBERS)
def test_spread_and_its_derivative_are_exactly_zero(function, ddof, number):
    for n in LENGTHS:
        x = np.full(n, number)
        assert function(x, ddof=ddof).data == 0
        np.testing.assert_array_equal(gradient(lambda x: function(x, ddof=ddof), x), np.zeros(n))


@pytest.mark.parametrize("function", [F.std, F.var])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_beside_others_that_are_not_equal(function, dtype):
    x = np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.4]], dtype)
    for keepdims in (False, True):
        y = function(x, axis=1, keepdims=keepdims)
        assert y.data.ravel()[0] == 0
        np.testing.assert_array_equal(y.data[1], getattr(np, function.__name__)(x, axis=1, keepdims=keepdims)[1])
    g = gradient(lambda x: function(x, axis=1), x)
    np.testing.assert_array_equal(g[0], np.zeros(3))
    np.testing.assert_array_equal(g[1], gradient(function, x[1]))
    assert g.dtype == dtype


def test_variance_keeps_its_second_derivative():
    right = 2 / 3 * (np.eye(3) - 1 / 3)
    np.testing.assert_allclose(hessian(F.var)(np.full(3, 0.1)).data, right, rtol=1e-15, atol=1e-16)


@given(st.floats(-1e100, 1e100), st.integers(1, 40))
def test_any_number_any_times(number, n):
    x = np.full(n, number)
    assert F.std(x).data == F.var(x).data == 0
    assert not gradient(F.std, x).any()
    assert not gradient(F.var, x).any()


@pytest.mark.parametrize("number", NUMBERS[:3])
@pytest.mark.parametrize("n", LENGTHS)
def test_normalised_rows_of_equal_elements_are_the_shift(number, n):
    x, scale, shift = np.full((2, n), number), np.full(n, 3.0), np.full(n, 0.25)
    x[1] += np.arange(n)
    y = F.layer_norm(x, scale, shift)
    np.testing.assert_array_equal(y.data[0], shift)
    g = gradient(lambda x: F.layer_norm(x, scale, shift) * np.arange(2.0 * n).reshape(2, n), x)
    right = 3 / np.sqrt(1e-5) * (np.arange(n) - np.arange(n).mean())  # the standardised row is 0
    np.testing.assert_allclose(g[0], right, rtol=1e-12, atol=1e-9)


def test_a_batch_of_equal_elements():
    x = np.full((7, 2), 0.1)
    x[:, 1] = np.arange(7)
    ones, zeros = np.ones(2), np.zeros(2)
    y = F.batch_norm(x, ones, zeros, zeros.copy(), ones.copy())
    np.testing.assert_array_equal(y.data[:, 0], np.zeros(7))
    assert np.abs(y.data[:, 1]).max() > 1
