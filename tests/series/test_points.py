"""Points where a rule divides by nothing, kinks, and poles."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import dezero.functions as F
from dezero import taylor

inf = np.inf


def coefficients(f, x, order, recorded=False):
    with np.errstate(all="ignore"):
        return [c.item() for c in taylor(f, x, order, create_graph=recorded)]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x**3, [0, 0, 0, 1, 0]),
        (lambda x: x**3.0, [0, 0, 0, 1, 0]),
        (lambda x: x**0, [1, 0, 0, 0, 0]),
        (lambda x: x**2.5, [0, 0, 0, inf, -inf]),
        (F.sqrt, [0, inf, -inf, inf, -inf]),
        (lambda x: 1 / x, [inf, -inf, inf, -inf, inf]),
        (lambda x: x**-1, [inf, -inf, inf, -inf, inf]),
        (F.log, [-inf, inf, -inf, inf, -inf]),
        (F.sinc, [1, 0, -(np.pi**2) / 6, 0, np.pi**4 / 120]),
    ],
    ids=["cube", "cube, real", "x**0", "x**2.5", "sqrt", "1/x", "x**-1", "log", "sinc"],
)
def test_at_zero(f, expected, recorded):
    np.testing.assert_allclose(coefficients(f, 0.0, 4, recorded), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (F.abs, [0, 0, np.nan]),
        (F.relu, [0, 0, 0]),
        (lambda x: F.relu(x) * x, [0, 0, 0]),
        (lambda x: F.abs(x) * x, [0, 0, np.nan]),
        (lambda x: F.leaky_relu(x, 0.25), [0, 0.25, 0]),
    ],
    ids=["abs", "relu", "relu(x) x", "|x| x", "leaky relu"],
)
def test_at_kinks_the_slope_is_that_of_backward(f, expected):
    from dezero import Variable, gradients

    assert_array_equal(coefficients(f, 0.0, 2), expected)
    x = Variable(np.array(0.0))
    assert gradients(f(x), x)[0].item() == expected[1]


def test_on_both_sides_of_a_kink():
    found = taylor(lambda x: F.where(x.data > 0, x**2, x**3), np.array([1.0, -1.0]), 3)
    assert_array_equal([c.data for c in found], [[1, -1], [2, 3], [1, -3], [0, 1]])
    assert_array_equal([c.data for c in taylor(F.relu, np.array([1.0, -1.0]), 2)], [[1, 0], [1, 0], [0, 0]])
