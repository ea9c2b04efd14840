"""Derivatives where eigenvalues or singular values coincide, or nearly: right, or nan, never another number."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.derivatives import grad, hessian, jacfwd, jvp

RNG = np.random.default_rng(0)
Q, R = (np.linalg.qr(RNG.normal(size=(3, 3)))[0] for _ in range(2))
P, C, H = RNG.normal(size=(3, 3, 3))
GAPS = (0, 1e-12, 2e-12, 1e-8, 5e-6, 1e-4, 5e-4)  # near the bounds of each order too


def cubed(a):
    return a + a @ a @ a


def symmetric(a):
    return (a + F.swapaxes(a, -1, -2)) / 2


def by_eigh(a):
    w, v = F.eigh(symmetric(a))
    return F.sum((v * (w + w**3)) @ v.T * C)


def by_eig(a):
    w, v = F.eig(a)
    return F.sum(F.real((v * (w + w**3)) @ F.inv(v)) * C)


def by_svd(a):
    u, s, vh = F.svd(a)
    return F.sum((u * (s + s**3)) @ vh * C)


def by_eigvalsh(a):
    return F.sum(F.eigvalsh(symmetric(a)) ** 3)


def by_eigvals(a):
    return F.sum(F.real(F.eigvals(a)) ** 3)


def by_svdvals(a):
    return F.sum(F.svd(a, compute_uv=False) ** 4)


def trace(a):
    return F.sum(F.diag(a))


# What a function by a factorisation equals, and the matrix at which singular or eigenvalues are a gap apart.
SAME = {
    "eigh": (by_eigh, lambda a: F.sum(cubed(symmetric(a)) * C), lambda gap: Q @ np.diag([1, 1 + gap, 2.5]) @ Q.T),
    "svd": (by_svd, lambda a: F.sum((a + a @ a.T @ a) * C), lambda gap: Q @ np.diag([2.5, 1 + gap, 1]) @ R.T),
    "svd, singular": (by_svd, lambda a: F.sum((a + a @ a.T @ a) * C), lambda gap: Q @ np.diag([2, 1, gap]) @ R.T),
    "eig": (by_eig, lambda a: F.sum(cubed(a) * C), lambda gap: P @ np.diag([1, 1 + gap, 2.5]) @ np.linalg.inv(P)),
    "eig, defective": (
        by_eig,
        lambda a: F.sum(cubed(a) * C),
        lambda gap: P @ np.array([[1, 1, 0], [0, 1 + gap, 0], [0, 0, 2.5]]) @ np.linalg.inv(P),
    ),
    "eigvalsh": (by_eigvalsh, lambda a: trace(symmetric(a) @ symmetric(a) @ symmetric(a)), None),
    "eigvals": (by_eigvals, lambda a: trace(a @ a @ a), None),
    "eigvals, defective": (by_eigvals, lambda a: trace(a @ a @ a), None),
    "svdvals": (by_svdvals, lambda a: trace(a.T @ a @ a.T @ a), None),
}
for name in ("eigvalsh", "eigvals", "svdvals"):
    SAME[name] = (*SAME[name][:2], SAME[{"eigvalsh": "eigh", "eigvals": "eig", "svdvals": "svd"}[name]][2])
SAME["eigvals, defective"] = (*SAME["eigvals, defective"][:2], SAME["eig, defective"][2])


def by_gradients(f, a, order):
    for _ in range(order):
        f = (lambda g: lambda x: F.sum(grad(g)(x) * H))(f)
    return f(Variable(a)).item()


def by_tangents(f, a, order):
    for _ in range(order):
        f = (lambda g: lambda x: jvp(g, (x,), (H,))[1])(f)
    return f(Variable(a)).item()


def by_tangents_of_gradients(f, a, order):
    g = lambda x: F.sum(grad(f)(x) * H)  # noqa: E731
    return by_tangents(g, a, order - 1)


def by_series(f, a, order):
    t = Variable(np.array(0.0))
    return f(t * H + a).jet(t, order)[order].item()


WAYS = by_gradients, by_tangents, by_tangents_of_gradients, by_series


@pytest.mark.parametrize("name", SAME)
def test_right_or_nan_however_near_the_values_are(name):
    by_factors, plainly, matrix = SAME[name]
    for gap in GAPS:
        for order in (1, 2, 3):
            right = by_gradients(plainly, matrix(gap), order)
            for way in WAYS:
                found = way(by_factors, matrix(gap), order)
                assert np.isnan(found) or found == pytest.approx(right, rel=2e-3), (gap, order, way.__name__)


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_right_where_they_are_apart(name, way, order):
    by_factors, plainly, matrix = SAME[name]
    assert way(by_factors, matrix(0.7), order) == pytest.approx(by_gradients(plainly, matrix(0.7), order), rel=1e-8)


# -- at the tie ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [np.zeros((3, 3)), np.eye(3), np.ones((3, 3)), np.diag([0.0, 0, 2])])
@pytest.mark.parametrize("f", [lambda w: w, F.sin, F.relu, lambda w: w**2])
def test_a_function_of_a_matrix_by_its_eigenvectors_is_nan_at_a_tie(a, f):
    def total(a):
        w, v = F.eigh(a)
        return F.sum((v * f(w)) @ v.T)

    for found in (grad(total)(a), hessian(total)(a), jacfwd(jacfwd(total))(a)):
        assert np.isnan(found.data).all()


@pytest.mark.parametrize("a", [np.zeros((3, 3)), np.eye(3), np.diag([0.0, 0, 2]), Q @ np.diag([2.0, 2, 1]) @ Q.T])
def test_symmetric_functions_of_the_values_alone_keep_their_first_derivative_at_a_tie(a):
    def total(a):
        return F.sum(F.exp(F.eigvalsh(symmetric(a))))

    w, v = np.linalg.eigh(a)
    right = (v * np.exp(w)) @ v.T
    for way in (grad, jacfwd):
        np.testing.assert_allclose(way(total)(a).data, right, rtol=1e-14, atol=1e-14)
    assert np.isnan(hessian(total)(a).data).all()


def test_of_a_stack_only_the_matrix_with_a_tie_is_nan():
    a = Variable(np.stack([np.diag([1.0, 2.0]), np.eye(2)]))
    w, v = F.eigh(a)
    F.sum((v * F.expand_dims(w, 1)) @ F.swapaxes(v, 1, 2) * np.array([[1.0, 2.0], [2.0, 5.0]])).backward()
    np.testing.assert_allclose(a.grad.data[0], [[1, 2], [2, 5]], rtol=1e-14)
    assert np.isnan(a.grad.data[1]).all()


def test_an_eigenvector_apart_from_a_tie_has_its_tangent():
    a, change = np.diag([1.0, 1.0, 3.0]), np.arange(9.0).reshape(3, 3)
    tangent = jvp(lambda a: F.eigh(symmetric(a)).eigenvectors, (a,), (change,))[1].data
    assert np.isnan(tangent[:, :2]).any()
    sign = np.linalg.eigh(a)[1][2, 2]
    np.testing.assert_allclose(sign * tangent[:, 2], [2, 3, 0], rtol=1e-14)


def test_float32_asks_for_larger_gaps():
    a = np.diag([1, 1.0001, 3]).astype(np.float32)

    def total(a):
        w, v = F.eigh(a)
        return F.sum((v * w) @ v.T)

    assert np.isnan(grad(total)(a).data).all()
    np.testing.assert_allclose(grad(total)(np.diag([1, 2, 3]).astype(np.float32)).data, 1, rtol=1e-5)


@pytest.mark.parametrize("order", [1, 2])
def test_float32_has_the_derivatives_of_ordinary_matrices(order, monkeypatch):
    """Of ten random matrices whose eigenvalues are further apart than a sixth of the greatest."""
    rng, seen = np.random.default_rng(6), 0
    while seen < 10:
        a = rng.normal(size=(5, 5)).astype(np.float32)
        for name in "CH":
            monkeypatch.setitem(globals(), name, rng.normal(size=(5, 5)).astype(np.float32))
        w = np.linalg.eigvals(a)
        if np.abs(w[:, None] - w + 9 * np.eye(5)).min() > np.abs(w).max() / 6:
            seen += 1
            right = by_gradients(SAME["eig"][1], a.astype(float), order)
            size = np.linalg.norm(C) * np.linalg.norm(H) ** order
            assert by_gradients(by_eig, a, order) == pytest.approx(right, rel=1e-3, abs=1e-4 * float(size))


def test_each_further_order_asks_for_larger_gaps():
    a = np.diag([1.0, 1 + 1e-4, 3])
    found = [by_gradients(by_eigh, a, order) for order in (1, 2, 3)]
    assert np.isfinite(found).tolist() == [True, True, False]


def test_eigenvectors_that_are_dependent_without_any_rounding_raise():
    x = Variable(np.eye(3, k=1))
    with pytest.raises(np.linalg.LinAlgError, match=r"eig.*Singular"):
        F.sum(F.real(F.eigvals(x))).backward()
