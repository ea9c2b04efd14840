"""Searches for minima of compiled functions."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero.optimize import minimize, newton


def valley(p):
    return F.sum(100 * (p["b"] - p["a"] ** 2) ** 2 + (1 - p["a"]) ** 2)


START = {"a": np.array([-1.2, 0.5]), "b": np.array([1.0, 2.0])}


@pytest.mark.parametrize("method", ["BFGS", "trust-exact", "Newton-CG", "L-BFGS-B"])
def test_a_compiled_objective_is_minimised_as_the_function_is(method):
    f = dezero.compile(valley)
    found, expected = minimize(f, START, method=method), minimize(valley, START, method=method)
    for name in START:
        np.testing.assert_allclose(found.x[name].data, expected.x[name].data, rtol=1e-4)


def test_what_is_compiled_serves_later_searches():
    f = dezero.compile(valley)
    minimize(f, START, method="trust-exact")
    kept = {key: derived.cache_info().misses for key, derived in f._derived.items()}
    minimize(f, {name: x + 0.1 for name, x in START.items()}, method="trust-exact")
    assert {key: derived.cache_info().misses for key, derived in f._derived.items()} == kept


def test_newton_takes_compiled_functions_and_their_arguments():
    f = dezero.compile(lambda x, centre: F.sum((x - centre) ** 4 + (x - centre) ** 2))
    for centre in (1.0, 2.0):
        for method in ("hessian", "cg"):
            result = newton(f, np.zeros(3), args=(np.full(3, centre),), method=method)
            np.testing.assert_allclose(result.x.data, centre, atol=1e-5)
