"""Matrix functions on their branch and of singular matrices; factorisations at the edge of theirs."""

import numpy as np
import pytest
from scipy import linalg

import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives import grad, jvp

A = np.array([[-2.0, 1.0, 0.3], [0.2, 1.5, 0.1], [0.4, -0.3, 2.0]])  # one eigenvalue is negative
H, K, C = np.random.default_rng(0).normal(size=(3, 3, 3))
ROOT = {"sqrtm": (F.sqrtm, np.sqrt), "logm": (F.logm, np.log)}


def real_and_imaginary(f):
    def total(a):
        y = f(a)
        return F.sum(F.real(y) * C) + F.sum(F.imag(y) * C.T)

    return total


def divided_differences(f, slope, curvature, *w):
    """f[w0, w1, w2] of numbers apart, from the book."""
    a, b, c = w
    if a == b == c:
        return curvature(a) / 2
    if a == c:
        return (slope(a) - (f(a) - f(b)) / (a - b)) / (a - b)
    first = slope(a) if a == b else (f(a) - f(b)) / (a - b)
    second = slope(b) if b == c else (f(b) - f(c)) / (b - c)
    return (first - second) / (a - c)


def second_derivative(name, a, h, k):
    """Along h and k by divided differences of the eigenvalues, on the branch that NumPy has for complex numbers."""
    w, v = np.linalg.eig(a.astype(complex))
    w = np.where(np.abs(w.imag) < 1e-12, w.real + 0j, w)
    f = ROOT[name][1]
    slope, curvature = {
        "sqrtm": (lambda z: 0.5 / np.sqrt(z), lambda z: -0.25 / np.sqrt(z) ** 3),
        "logm": (lambda z: 1 / z, lambda z: -1 / z**2),
    }[name]
    p, q = (np.linalg.solve(v, x @ v) for x in (h, k))
    y = np.zeros((3, 3), complex)
    for i, j, m in np.ndindex(3, 3, 3):
        weight = divided_differences(f, slope, curvature, w[i], w[j], w[m])
        y[i, m] += weight * (p[i, j] * q[j, m] + q[i, j] * p[j, m])
    y = v @ y @ np.linalg.inv(v)
    return (y.real * C).sum() + (y.imag * C.T).sum()


@pytest.mark.parametrize("name", ROOT)
@pytest.mark.parametrize("seed", range(6))
def test_second_derivatives_with_a_negative_eigenvalue(name, seed):
    rng = np.random.default_rng(seed)
    v = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    a = v @ np.diag([-2.0 - seed, 0.5, 1.5]) @ np.linalg.inv(v)
    total = real_and_imaginary(ROOT[name][0])
    right = second_derivative(name, a, H, K)
    of_jvp = np.sum(grad(lambda x: jvp(total, (x,), (H,))[1])(a).data * K)
    hvp = np.sum(grad(lambda x: F.sum(grad(total)(x) * H))(a).data * K)
    twice = jvp(lambda x: jvp(total, (x,), (H,))[1], (a,), (K,))[1].item()
    for found in (of_jvp, hvp, twice):
        assert found == pytest.approx(right, rel=1e-8)


@pytest.mark.parametrize("name", ROOT)
def test_series_with_a_negative_eigenvalue(name):
    t = Variable(np.array(0.0))
    total = real_and_imaginary(ROOT[name][0])
    second = total(t * H + A).jet(t, 2)[2].item()
    assert second == pytest.approx(second_derivative(name, A, H, H), rel=1e-8)


@pytest.mark.parametrize("name", ROOT)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_values_on_both_sides_of_the_cut(name, zero):
    a = np.diag([complex(-1, zero), 2])
    np.testing.assert_allclose(ROOT[name][0](a).data, getattr(linalg, name)(a), atol=1e-15)


SINGULAR = [np.diag([0.0, 1, 2]), np.outer([1.0, 2, 3], [3.0, -1, 1]) + np.outer([1.0, 0, 1], [2.0, 1, 1])]


@pytest.mark.parametrize("a", [*SINGULAR, np.array([[0.0, 1.0], [0.0, 0.0]])])
def test_a_singular_matrix_has_no_logarithm(a):
    with pytest.raises(np.linalg.LinAlgError, match=r"logm.*singular"):
        F.logm(a)


@pytest.mark.parametrize("a", SINGULAR)
def test_a_root_of_a_singular_matrix_has_no_derivative(a):
    x = Variable(a)
    y = F.sqrtm(x)
    np.testing.assert_allclose((y @ y).data, a, atol=1e-7)
    with pytest.raises(np.linalg.LinAlgError, match=r"sqrtm.*singular"):
        F.sum(F.real(y)).backward()


def test_a_nilpotent_matrix_has_no_root():
    with pytest.raises(np.linalg.LinAlgError, match=r"sqrtm.*no square root"):
        F.sqrtm(np.array([[0.0, 1.0], [0.0, 0.0]]))


# -- factorisations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 0), (2, 0, 3), (0, 3, 2), (2, 0, 0)])
def test_lu_of_matrices_without_rows_or_columns(shape):
    x = Variable(np.zeros(shape))
    _, lower, u = F.lu(x)
    k = min(shape[1:])
    assert (lower.shape, u.shape) == ((shape[0], shape[1], k), (shape[0], k, shape[2]))
    (g,) = gradients(F.sum(lower) + F.sum(u), [x])
    assert g.shape == shape


def test_qr_is_nan_where_rounding_alone_makes_columns_independent():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 2)) @ rng.normal(size=(2, 3))

    def product(a):
        q, r = F.qr(a)
        return F.sum(q @ r * C)

    assert np.isnan(grad(product)(a).data).all()
    apart = a + 1e-6 * rng.normal(size=(3, 3))
    np.testing.assert_allclose(grad(product)(apart).data, C, rtol=1e-6)
    stack = np.stack([a, apart])
    found = grad(lambda s: F.sum(F.matmul(*F.qr(s)) * C))(stack).data
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], C, rtol=1e-6)
