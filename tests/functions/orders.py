"""Derivatives in one number to order 10, beside mpmath's at 50 digits."""

import numpy as np
import pytest
from mpmath import mp

from dezero import Variable, gradients

DIGITS = 50
RTOL = 1e-11  # of a derivative or, next to its zeros, of what the orders beside it say it could have been


def rows(name, f, form, *points):
    """A line of a table: dezero's function, mpmath's, and the points that are hard for it."""
    return [pytest.param(f, form, x, id=f"{name}({x:g})") for x in points]


def derivatives(f, x, orders=10):
    """f and its derivatives at a number, each recorded and differentiated again."""
    leaf = Variable(np.array(x))
    y = f(leaf)
    found = [y.item()]
    for _ in range(orders):
        (y,) = gradients(y, leaf, create_graph=True)
        found.append(y.item())
    return np.array(found)


def exact(form, x, orders=10):
    with mp.workdps(DIGITS):
        found = np.array([float(mp.re(d)) for d in mp.diffs(form, mp.mpf(x), orders)])
    return np.where(np.abs(found) < 1e-30, 0, found) if x == 0 else found  # at 0 so little is the rounding of a zero


def assert_orders(f, form, x, orders=10):
    """Order 0 is not looked at: some values are SciPy's, and as good as they are."""
    expected = exact(form, x, orders + 1)
    size = np.abs(expected)
    scale = np.maximum(size[1:-1], np.sqrt(size[:-2]) * np.sqrt(size[2:]))
    error = np.abs(derivatives(f, x, orders)[1:] - expected[1:-1])
    worst = np.max(error / np.where(scale > 0, scale, 1), initial=0.0)
    assert worst <= RTOL, f"relative error {worst:.1e} at {x}"
