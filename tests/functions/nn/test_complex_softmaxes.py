"""Logarithms of sums of complex exponentials: on the principal branch, as SciPy has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import dezero.functions as F
from dezero import Variable, gradients

POINTS = ([-4.8 - 7.58j], [1 + 2j, 3 - 9j], [800 + 20j, 1j], [0.5 - 40j, 0.4 + 33j, -1 + 7j], [1 + 1j, 1 - 1j])


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_as_scipy_has_them(point, dtype):
    z, rtol = np.array(point, dtype), 3e-6 if dtype is np.complex64 else 1e-14
    y = F.logsumexp(z)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, special.logsumexp(z), rtol=rtol)
    np.testing.assert_allclose(F.log_softmax(z, axis=0).data, special.log_softmax(z), rtol=rtol, atol=rtol)


def test_along_axes():
    z = np.array([[1 + 2j, 3 - 9j], [0.5 - 40j, 0.4 + 33j]])
    for axis, keepdims in ((0, False), (1, True), ((0, 1), False)):
        found = F.logsumexp(z, axis, keepdims).data
        np.testing.assert_allclose(found, special.logsumexp(z, axis, keepdims=keepdims), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("keepdims", [False, True])
def test_of_an_array_without_axes(dtype, keepdims):
    z = Variable(np.array(-4.8 - 7.58j, dtype))
    y = F.logsumexp(z, keepdims=keepdims)
    assert (y.dtype, y.shape) == (dtype, ())
    np.testing.assert_allclose(y.data, -4.8 + (2 * np.pi - 7.58) * 1j, rtol=3e-7)
    (g,) = gradients(y, z, create_graph=True)
    np.testing.assert_allclose([g.data, gradients(g, z)[0].data], [1, 0], atol=3e-7)


@given(st.floats(-20, 20), st.floats(-100, 100))
def test_of_one_number_it_is_the_principal_value(a, b):
    y = F.logsumexp(np.array([complex(a, b)])).data
    assert -np.pi <= y.imag <= np.pi
    np.testing.assert_allclose(np.exp(1j * y.imag), np.exp(1j * b), atol=1e-14)
    assert y.real == a


@pytest.mark.parametrize("point", POINTS)
def test_derivatives_know_no_branch(point):
    """d logsumexp / dz are the shares of the sum, of which gradients are the conjugates."""
    z = Variable(np.array(point))
    (g,) = gradients(F.real(F.logsumexp(z)), [z])
    np.testing.assert_allclose(g.data.conj(), special.softmax(z.data), rtol=1e-12, atol=1e-300)
