"""SciPy's solvers take functions and transforms of dezero as they are: what comes of plain arrays is an array to it."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

import dezero
import dezero.functions as F
from dezero import GraphError, Variable

A = np.array([[4.0, 1.0], [1.0, 3.0]])
B = np.array([1.0, 2.0])
START = np.array([-1.2, 1.0])

# f, in functions of dezero or of NumPy, has its minimum where A x = B; the constants are operands of operations.
MINIMUM = np.linalg.solve(A, B)
MINIMA = {
    "dezero": lambda x: F.sum((F.matmul(A, x) - B) ** 2) + 0.5 * F.sum((F.matmul(A, x) - B) ** 4),
    "NumPy": lambda x: np.sum((A @ x - B) ** 2) + 0.5 * np.sum((A @ x - B) ** 4),
}
FIRST = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
SECOND = ["Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr"]
kinds = pytest.mark.parametrize("kind", MINIMA)


@kinds
@pytest.mark.parametrize("method", FIRST + SECOND)
def test_minimize(method, kind):
    f = MINIMA[kind]
    hess = dezero.hessian(f) if method in SECOND else None
    found = scipy.optimize.minimize(f, START, jac=dezero.grad(f), hess=hess, method=method, tol=1e-9)
    np.testing.assert_allclose(np.asarray(found.x), MINIMUM, rtol=1e-4)


@kinds
def test_minimize_with_the_value_beside_the_gradient_and_products(kind):
    f = MINIMA[kind]
    found = scipy.optimize.minimize(dezero.value_and_grad(f), START, jac=True, tol=1e-9)
    np.testing.assert_allclose(found.x, MINIMUM, rtol=1e-4)
    found = scipy.optimize.minimize(
        f,
        START,
        jac=dezero.grad(f),
        hessp=lambda x, p: dezero.hvp(f, (x,), (p,)),
        method="trust-ncg",
    )
    np.testing.assert_allclose(np.asarray(found.x), MINIMUM, rtol=1e-4)
    assert scipy.optimize.check_grad(f, dezero.grad(f), START) < 1e-4


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints(method):
    def on_circle(x):
        return F.sum(x**2) - 1

    constraint = scipy.optimize.NonlinearConstraint(
        on_circle, 0, 0, jac=dezero.grad(on_circle), hess=lambda x, v: v[0] * dezero.hessian(on_circle)(x)
    )
    hess = dezero.hessian(F.sum)
    if method == "SLSQP":
        hess, constraint = None, {"type": "eq", "fun": on_circle, "jac": dezero.grad(on_circle)}
    found = scipy.optimize.minimize(
        F.sum, START, jac=dezero.grad(F.sum), hess=hess, method=method, constraints=constraint
    )
    np.testing.assert_allclose(found.x, [-(0.5**0.5)] * 2, rtol=1e-4)


# Equations with the root (1, 2).
EQUATIONS = {
    "dezero": lambda x: F.stack([x[0] ** 2 + x[1] - 3, x[0] - F.exp(x[1] - 2)]),
    "NumPy": lambda x: np.stack([x[0] ** 2 + x[1] - 3, x[0] - np.exp(x[1] - 2)]),
}


@pytest.mark.parametrize("kind", EQUATIONS)
def test_roots_and_least_squares(kind):
    f, at = EQUATIONS[kind], np.array([1.2, 1.7])
    jacobian = dezero.jacobian(f)
    for method in ("hybr", "lm"):
        np.testing.assert_allclose(scipy.optimize.root(f, at, jac=jacobian, method=method).x, [1, 2], rtol=1e-6)
    np.testing.assert_allclose(scipy.optimize.fsolve(f, at, fprime=jacobian), [1, 2], rtol=1e-6)
    for method in ("trf", "dogbox", "lm"):
        found = scipy.optimize.least_squares(f, at, jac=jacobian, method=method)
        np.testing.assert_allclose(found.x, [1, 2], rtol=1e-6)
        np.testing.assert_array_equal(found.jac, jacobian(found.x).data)


def test_a_curve_is_fitted():
    t = np.linspace(0.0, 1.0, 9)
    found, _ = scipy.optimize.curve_fit(
        lambda t, a, k: a * F.exp(k * t),
        t,
        2 * np.exp(0.5 * t),
        p0=[1.0, 1.0],
        jac=lambda t, a, k: dezero.jacobian(lambda p: p[0] * F.exp(p[1] * t))(np.array([a, k])),
    )
    np.testing.assert_allclose(found, [2.0, 0.5], rtol=1e-6)


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_a_differential_equation(method):
    def rate(t, y):
        return F.matmul(-A, y)

    found = scipy.integrate.solve_ivp(
        rate, (0.0, 1.0), START, method=method, jac=dezero.jacobian(rate, 1), rtol=1e-8, atol=1e-10
    )
    w, v = np.linalg.eigh(A)
    np.testing.assert_allclose(found.y[:, -1], v @ (np.exp(-w) * (v.T @ START)), rtol=1e-5)


def test_functions_of_a_number():
    def f(x):
        return F.exp(x) - 2

    slope, curvature = dezero.derivative(f), dezero.derivative(f, 2)
    for root in (
        scipy.optimize.newton(f, 1.0, fprime=slope, fprime2=curvature),
        scipy.optimize.root_scalar(f, x0=1.0, fprime=slope, fprime2=curvature, method="halley").root,
        scipy.optimize.brentq(f, 0.0, 2.0),
        scipy.optimize.minimize_scalar(lambda x: f(x) ** 2, bounds=(0.0, 2.0)).x,
    ):
        assert float(root) == pytest.approx(np.log(2), rel=1e-5)
    assert scipy.integrate.quad(slope, 0.0, 1.0)[0] == pytest.approx(np.e - 1, rel=1e-12)


def solved(t):
    """The minimum of a function that depends on t, by SciPy, which knows nothing of t's derivative."""
    f = MINIMA["dezero"]
    return scipy.optimize.minimize(lambda x: f(x) * t, START, jac=dezero.grad(lambda x: f(x) * t)).x


@pytest.mark.parametrize(
    "ask",
    [
        lambda: dezero.grad(lambda t: F.sum(solved(t)) * t)(2.0),
        lambda: solved(Variable(np.array(2.0))),
    ],
)
def test_what_an_outer_transform_or_a_users_variable_takes_part_in_is_refused(ask):
    with pytest.raises(GraphError, match=r"scipy\.optimize\.minimize .*dezero\.custom_root"):
        ask()


def test_a_gradient_that_an_outer_transform_differentiates_in_is_refused():
    f = MINIMA["dezero"]

    def through(t):
        return F.sum(scipy.optimize.minimize(lambda x: f(x).data, START, jac=dezero.grad(lambda x: f(x) * t)).x) * t

    with pytest.raises(GraphError, match=r"takes part in recording"):
        dezero.grad(through)(2.0)


def test_functions_of_numpy_give_variables_to_all_but_scipy():
    y = dezero.grad(F.sum)(START)
    assert isinstance(np.atleast_1d(y), Variable)
    assert isinstance(np.exp(y), Variable)
