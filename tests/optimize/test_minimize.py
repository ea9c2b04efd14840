"""minimize: SciPy's methods with exact derivatives over trees."""

import sys

import numpy as np
import pytest
import scipy.optimize

import dezero.functions as F
from dezero import Variable
from dezero.optimize import minimize

GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
SECOND = ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr", "dogleg", "trust-exact"]


def rosenbrock(p):
    return 100 * (p["y"][0] - p["x"] ** 2) ** 2 + (1 - p["x"]) ** 2


START = {"x": np.array(0.9), "y": [np.array(0.75)]}


@pytest.mark.parametrize("method", [None, *GRADIENT, *SECOND])
def test_every_method_finds_the_minimum_of_a_tree(method):
    result = minimize(rosenbrock, START, method=method, tol=1e-9)
    assert result.x["x"].shape == ()
    np.testing.assert_allclose([float(result.x["x"]), float(result.x["y"][0])], 1, rtol=2e-4)
    np.testing.assert_allclose(result.x_flat, 1, rtol=2e-4)
    assert float(START["x"]) == 0.9


@pytest.mark.parametrize("method", ["Nelder-Mead", "Powell"])
def test_methods_without_derivatives_get_none(method):
    result = minimize(rosenbrock, START, method=method, tol=1e-9)
    np.testing.assert_allclose(result.x_flat, 1, rtol=1e-5)


def given_to_scipy(monkeypatch, **how):
    seen = {}

    def spy(f, x0, **use):
        seen.update(use, f=f, x0=x0)
        return scipy.optimize.OptimizeResult(x=x0)

    monkeypatch.setattr(scipy.optimize, "minimize", spy)
    minimize(lambda x: F.sum(x**4) + x[0] * x[1], np.array([1.0, 2.0]), **how)
    return seen


def test_scipy_is_given_exact_derivatives(monkeypatch):
    x, hessian = np.array([1.5, -2.0]), np.array([[27.0, 1.0], [1.0, 48.0]])
    seen = given_to_scipy(monkeypatch, method="trust-exact")
    np.testing.assert_array_equal(seen["jac"](x), [4 * 1.5**3 - 2, -4 * 8 + 1.5])
    np.testing.assert_array_equal(seen["hess"](x), hessian)
    assert seen["f"](x) == 1.5**4 + 16 - 3


def test_products_or_the_hessian_as_asked(monkeypatch):
    x = np.array([1.5, -2.0])
    seen = given_to_scipy(monkeypatch, method="Newton-CG")
    assert "hess" not in seen
    np.testing.assert_array_equal(seen["hessp"](x, np.array([1.0, 2.0])), [29, 97])
    seen = given_to_scipy(monkeypatch, method="Newton-CG", hess=True)
    assert "hessp" not in seen
    assert seen["hess"](x).shape == (2, 2)


def test_bounds_options_and_callback_pass():
    seen = []
    result = minimize(
        lambda x: F.sum((x - 3) ** 2), np.zeros(2), bounds=[(None, 1), (None, 5)], options={"maxiter": 50},
        callback=lambda x: seen.append(x),
    )  # fmt: skip
    np.testing.assert_allclose(result.x.data, [1, 3])
    assert isinstance(seen[-1], Variable)
    minimize(lambda x: F.sum(x**2), np.ones(2), method="trust-constr", callback=lambda x: seen.append(x))
    np.testing.assert_allclose(seen[-1].data, 0, atol=1e-6)


def test_float32_unknowns_stay_float32():
    dtypes = []

    def f(x):
        dtypes.append(x.dtype)
        return F.sum((x - 1) ** 2)

    assert minimize(f, np.zeros(2, np.float32)).x.dtype == np.float32
    minimize(f, np.zeros(2, np.float32), method="Nelder-Mead")
    assert set(dtypes) == {np.dtype(np.float32)}


def test_bad_input():
    with pytest.raises(TypeError, match=r"minimize: jac is found from f, exactly; leave it out"):
        minimize(rosenbrock, START, jac=True)
    with pytest.raises(TypeError, match=r"minimize: the Hessian is found from f"):
        minimize(rosenbrock, START, hess="2-point")
    with pytest.raises(ValueError, match=r"minimize: f returned a float64 array of shape \(2,\); it must return one"):
        minimize(lambda x: x, np.ones(2))
    with pytest.raises(ValueError, match="Unknown solver"):
        minimize(rosenbrock, START, method="nothing")


def test_scipy_missing_names_the_extra(monkeypatch):
    from dezero.functions import _scipy

    _scipy._load.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[optimize\]"'):
        minimize(rosenbrock, START)
    _scipy._load.cache_clear()
