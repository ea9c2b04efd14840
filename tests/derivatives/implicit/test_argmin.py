"""argmin: the place of a minimum, with derivatives of every order in what the function depends on."""

import sys
from collections import namedtuple

import mpmath
import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, argmin, custom_root, grad, gradients, hessian, jacobian, no_grad
from dezero.derivatives import ConvergenceError
from dezero.derivatives.implicit import linearisation


def partials(y, x, orders):
    found = []
    for _ in range(orders):
        (y,) = gradients(y, x, create_graph=True)
        found.append(float(y))
    return found


def lambert(p):
    """x exp(x) = p, where the slope of (x - 1) exp(x) - p x is zero."""
    return argmin(lambda x, p: (x - 1) * F.exp(x) - p * x, 0.5, p)


@given(st.floats(0.05, 20))
def test_the_logarithm(p):
    x = Variable(np.array(p))
    y = argmin(lambda x, p: F.exp(x) - p * x, 0.0, x)
    assert float(y) == pytest.approx(np.log(p), rel=1e-13, abs=1e-14)
    np.testing.assert_allclose(partials(y, x, 4), [1 / p, -1 / p**2, 2 / p**3, -6 / p**4], rtol=1e-10)


def test_jets_of_lamberts_function_to_order_thirteen():
    p = Variable(np.array(0.8))
    with mpmath.workdps(60):
        exact = [float(c * mpmath.factorial(k)) for k, c in enumerate(mpmath.taylor(mpmath.lambertw, 0.8, 13))]
    y = lambert(p)
    np.testing.assert_allclose([float(c) for c in y.jet(p, 13)], exact, rtol=1e-11)
    np.testing.assert_allclose(partials(y, p, 6), exact[1:7], rtol=1e-10)


def ridge_data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 4)), rng.normal(size=30), rng.normal(size=(20, 4)), rng.normal(size=20)


@pytest.mark.parametrize("linear_solver", ["dense", "cg", "gmres"])
def test_the_hessian_of_a_validation_loss_in_the_penalties(linear_solver):
    """The weights of ridge regression are (A'A + diag(exp t))^-1 A'b; the same by F.solve."""
    a, b, other, target = ridge_data()

    def validation(w):
        return F.sum((other @ w - target) ** 2)

    def by_argmin(t):
        return validation(
            argmin(
                lambda w, t: F.sum((a @ w - b) ** 2) + F.sum(F.exp(t) * w * w),
                np.zeros(4),
                t,
                linear_solver=linear_solver,
            )
        )

    def by_solve(t):
        return validation(F.solve(F.diag(F.exp(t)) + a.T @ a, a.T @ b))

    t = np.array([0.1, -0.5, 1.0, 0.3])
    for derivative in (grad, hessian, lambda f: jacobian(hessian(f))):
        expected = derivative(by_solve)(t).data
        np.testing.assert_allclose(
            derivative(by_argmin)(t).data, expected, rtol=0, atol=1e-11 * np.max(np.abs(expected))
        )


def test_it_is_the_root_of_the_gradient():
    p = Variable(np.array([0.3, 1.1]))

    def f(x, p):
        return F.sum(F.cosh(x - p[0]) + x**2 * p[1]) + x[0] * x[1] * x[2] / 9

    found = []
    for x in (argmin(f, np.zeros(3), p), custom_root(grad(f), np.zeros(3), p)):
        y = F.sum(x**2)
        for _ in range(3):
            (y,) = gradients(F.sum(y * np.arange(1.0, 1 + y.size).reshape(y.shape)), p, create_graph=True)
        found.append(y.data)
    np.testing.assert_allclose(*found, rtol=1e-9)


Pair = namedtuple("Pair", "a b")


def test_trees_and_closures():
    shift, p = Variable(np.array(2.0)), {"scale": Variable(np.array([1.0, 4.0])), "fixed": 3.0}

    def f(x, p):
        return F.sum(p["scale"] * (x.a - shift) ** 2) + (x.b[0] - p["fixed"] * shift) ** 2

    x = argmin(f, Pair(np.zeros(2), [0.0]), p)
    assert isinstance(x, Pair)
    np.testing.assert_allclose(x.a.data, [2, 2])
    assert float(x.b[0]) == pytest.approx(6)
    (g,) = gradients(x.b[0] + F.sum(x.a), shift)
    assert float(g) == pytest.approx(5)
    np.testing.assert_allclose(gradients(F.sum(x.a), p["scale"])[0].data, 0, atol=1e-12)


@pytest.mark.parametrize(
    "solver", ["BFGS", "Newton-CG", "trust-exact", "trust-krylov", "dogleg", "Nelder-Mead", "CG", "TNC", "SLSQP"]
)
def test_methods_of_scipy(solver):
    p = Variable(np.array(2.0))
    x = argmin(lambda x, p: F.sum(F.exp(x) - p * x) + (x[0] - x[1]) ** 2, np.array([0.2, 0.9]), p, solver=solver)
    np.testing.assert_allclose(x.data, np.log(2), rtol=1e-12)
    np.testing.assert_allclose(partials(F.sum(x) / 2, p, 2), [0.5, -0.25], rtol=1e-11)


def test_a_solver_of_the_users_own():
    p, seen = Variable(np.array(2.0)), []

    def solver(f, x0):
        seen.append((f(x0), f(Variable(np.array(1.0)))))
        return scipy.optimize.minimize_scalar(lambda x: f(np.array(x))).x

    x = argmin(lambda x, p: F.exp(x) - p * x, 0.0, p, solver=solver)
    assert seen[0][0] == 1.0
    assert isinstance(seen[0][1], Variable)
    assert float(x) == pytest.approx(np.log(2), rel=1e-13)  # after Newton's steps
    rough = argmin(lambda x, p: F.exp(x) - p * x, 0.0, p, solver=solver, maxiter=0)
    assert float(rough) == pytest.approx(np.log(2), rel=1e-6)
    with pytest.raises(ConvergenceError, match=r"argmin: solver returned a point with a gradient of .*; it is no"):
        argmin(lambda x, p: F.exp(x) - p * x, 0.0, p, solver=lambda f, x0: 3.0, maxiter=0, tol=1e-3)


def test_many_unknowns():
    """By conjugate gradients: the least of sum cosh(x) - p . x is arsinh(p)."""
    n = linearisation._DENSE + 100
    p = Variable(np.linspace(-2, 2, n))
    x = argmin(lambda x, p: F.sum(F.cosh(x) - p * x) + F.sum(x[1:] - x[:-1]) ** 2 * 0, np.zeros(n), p)
    np.testing.assert_allclose(x.data, np.arcsinh(p.data), rtol=1e-12, atol=1e-14)
    (g,) = gradients(F.sum(x), p, create_graph=True)
    np.testing.assert_allclose(g.data, 1 / np.sqrt(1 + p.data**2), rtol=1e-12)
    (h,) = gradients(F.sum(g), p)
    np.testing.assert_allclose(h.data, -p.data * (1 + p.data**2) ** -1.5, rtol=1e-11, atol=1e-13)


def test_a_function_with_branches_is_called_at_each_point():
    def f(x, p):
        return (x - p) ** 2 if x > 1 else (x - 2 * p) ** 2 + 1

    p = Variable(np.array(3.0))
    x = argmin(f, 0.0, p)
    assert float(x) == pytest.approx(3)
    assert partials(x, p, 1) == [pytest.approx(1)]


def test_f_is_called_once_where_it_reads_no_values():
    calls = []

    def f(x, p):
        calls.append(1)
        return F.exp(x) - p * x

    p = Variable(np.array(2.0))
    x = argmin(f, 0.0, p)
    partials(x, p, 3)
    assert len(calls) == 1


def test_without_a_graph():
    with no_grad():
        x = argmin(lambda x: (x - 1) ** 2, 0.0)
    assert x.creator is None
    assert float(x) == pytest.approx(1)
    assert argmin(lambda x: (x - 1) ** 2, np.array(0.0, np.float32)).dtype == np.float32


# -- bad input ---------------------------------------------------------------------------------------------------


def test_no_minimum():
    with pytest.raises(ConvergenceError, match=r"argmin: .*stationary point that is no minimum .* eigenvalue of -2"):
        argmin(lambda x: -(x**2), 0.0)
    with pytest.raises(ConvergenceError, match=r"argmin: .* give another x0, .*no lowest value, bound it"):
        argmin(lambda x: F.exp(x) * -1.0, 1.0)
    p = Variable(np.array(1.0))
    with pytest.raises(np.linalg.LinAlgError, match=r"argmin: the Jacobian .* singular"):
        gradients(F.sum(argmin(lambda x, p: (x[0] + x[1] - p) ** 2, np.zeros(2), p)), p)


def test_what_f_returns():
    with pytest.raises(ValueError, match=r"argmin: f returned a float64 array of shape \(2,\); it must return one"):
        argmin(lambda x: x * x, np.ones(2))
    with pytest.raises(TypeError, match=r"argmin: the function returned number 1.0; compute"):
        argmin(lambda x: 1.0, np.ones(2))
    with pytest.raises(ValueError, match=r"argmin: f returned a complex128"):
        argmin(lambda x: x * 1j, 1.0)
    with pytest.raises(TypeError, match=r"argmin: x0 holds a complex128 array"):
        argmin(lambda x: x, 1j)
    with pytest.raises(TypeError, match=r"argmin: f is number 3"):
        argmin(3, 1.0)


def test_options_out_of_range():
    with pytest.raises(ValueError, match=r"argmin: maxiter is -1; give a whole number from 0 on"):
        argmin(lambda x: x * x, 1.0, maxiter=-1)
    with pytest.raises(ValueError, match=r"argmin: tol is -1"):
        argmin(lambda x: x * x, 1.0, tol=-1)
    with pytest.raises(TypeError, match=r"argmin: solver is number 3; give a method of scipy.optimize.minimize, or a"):
        argmin(lambda x: x * x, 1.0, solver=3)
    with pytest.raises(ValueError, match=r"Unknown solver nothing"):
        argmin(lambda x: x * x, 1.0, solver="nothing")


def test_without_scipy(monkeypatch):
    from dezero.functions import _scipy

    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    _scipy._load.cache_clear()
    try:
        with pytest.raises(ImportError, match=r"scipy\.optimize is needed .* pip install \"dezero-nth\[optimize\]\""):
            argmin(lambda x: (x - 1) ** 2, 0.0)
        assert float(argmin(lambda x: (x - 1) ** 2, 0.0, solver=lambda f, x0: 0.5)) == pytest.approx(1)
    finally:
        _scipy._load.cache_clear()
