"""nan and inf pass as NumPy gives them; kinks and corners follow the documented convention."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config

nan, inf = np.nan, np.inf
POINTS = np.array([-inf, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, inf, nan])


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def derivative(f, points, create_graph=False):
    x = Variable(np.array(points, float))
    return gradients(f(x), x, create_graph=create_graph)[0].data


SMOOTH = {  # name: (function, its derivative, both in NumPy)
    "exp": (F.exp, np.exp, np.exp),
    "log": (F.log, np.log, lambda x: 1 / x),
    "sin": (F.sin, np.sin, np.cos),
    "cos": (F.cos, np.cos, lambda x: -np.sin(x)),
    "sqrt": (F.sqrt, np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "tanh": (F.tanh, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "reciprocal": (lambda x: 1 / x, lambda x: 1 / x, lambda x: -(1 / x) / x),
    "x**2": (lambda x: x**2, lambda x: x**2, lambda x: 2 * x),
    "x**3": (lambda x: x**3, lambda x: x**3, lambda x: 3 * x**2),
    "x**-1": (lambda x: x**-1, lambda x: x**-1.0, lambda x: -(x**-2.0)),
    "x**0.5": (lambda x: x**0.5, lambda x: x**0.5, lambda x: 0.5 * x**-0.5),
    "times inf": (lambda x: x * inf, lambda x: x * inf, lambda x: np.full_like(x, inf)),
    "plus nan": (lambda x: x + nan, lambda x: x + nan, np.ones_like),
    "sigmoid": (
        F.sigmoid,
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
    ),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
def test_values_and_derivatives_at_the_edges(name, create_graph):
    f, value, slope = SMOOTH[name]
    np.testing.assert_allclose(f(Variable(POINTS.copy())).data, value(POINTS), rtol=1e-14)
    np.testing.assert_allclose(derivative(f, POINTS, create_graph), slope(POINTS), rtol=1e-13)
    for p in POINTS:  # 0-d data is held as NumPy scalars: the same numbers
        np.testing.assert_allclose(derivative(f, p, create_graph), slope(p), rtol=1e-13)


def test_nan_and_inf_in_a_seed_pass_through():
    x = Variable(np.array([1.0, 2.0, 3.0]))
    (g,) = gradients(x * 2, x, np.array([nan, inf, 1.0]))
    np.testing.assert_array_equal(g.data, [nan, inf, 2.0])


def test_one_nan_stays_in_its_element():
    x = Variable(np.array([1.0, nan, 3.0]))
    np.testing.assert_array_equal(gradients(F.sum(x * x), x)[0].data, [2.0, nan, 6.0])


def test_without_simplification_zero_times_inf_is_nan():
    def slope(simplify):  # d/dx 0 * exp(x) = 0 * exp(x), where exp overflows
        with using_config("simplify", simplify):
            return derivative(lambda x: 0 * F.exp(x), [1.0, 1000.0], create_graph=True)

    np.testing.assert_array_equal(slope(True), [0.0, 0.0])
    np.testing.assert_array_equal(slope(False), [0.0, nan])
    np.testing.assert_array_equal(derivative(lambda x: 0 * F.exp(x), [1.0, 1000.0]), [0.0, nan])


@pytest.mark.parametrize("simplify", [True, False])
def test_x_over_x_stays_reciprocal_or_nan(simplify):
    with using_config("simplify", simplify):
        found = derivative(lambda x: x / x, [0.0, 2.0], create_graph=True)
    np.testing.assert_array_equal(found, [nan, 0.0])


# -- kinks -------------------------------------------------------------------------------------------------------

KINKS = {
    "abs": (F.abs, [-1.0, 0.0, 1.0]),
    "sign": (F.sign, [0.0, 0.0, 0.0]),
    "relu": (F.relu, [0.0, 0.0, 1.0]),
    "maximum first": (lambda x: F.maximum(x, 0.0), [0.0, 0.5, 1.0]),
    "maximum second": (lambda x: F.maximum(0.0, x), [0.0, 0.5, 1.0]),
    "minimum first": (lambda x: F.minimum(x, 0.0), [1.0, 0.5, 0.0]),
    "minimum second": (lambda x: F.minimum(0.0, x), [1.0, 0.5, 0.0]),
    "maximum of itself": (lambda x: F.maximum(x, x), [1.0, 1.0, 1.0]),
    "where": (lambda x: F.where(x.data > 0, x, 0), [0.0, 0.0, 1.0]),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", KINKS)
def test_derivatives_at_kinks(name, create_graph):
    f, expected = KINKS[name]
    found = derivative(f, [-2.0, 0.0, 2.0], create_graph)
    np.testing.assert_array_equal(found, expected, strict=True)
    x = Variable(np.array([-2.0, 0.0, 2.0]))
    second = gradients(gradients(f(x), x, create_graph=True)[0], x)[0].data
    np.testing.assert_array_equal(second, [0.0, np.nan if name == "abs" else 0.0, 0.0])  # abs has none at its kink


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: F.relu(x) + F.relu(x - 1), [0.0, 1.0, 2.0]),
        (lambda x: F.relu(x) - F.relu(x - 1), [0.0, 1.0, 0.0]),
        (lambda x: -F.relu(x), [0.0, -1.0, -1.0]),
        (lambda x: F.relu(x) + F.relu(x - 1) + 0.5 * F.sin(0 * x), [0.0, 1.0, 2.0]),
        (lambda x: F.maximum(x, 0.5) + F.maximum(x, 1.5) + x, [1.0, 2.0, 3.0]),
        (lambda x: F.maximum(x, 0.5) * F.minimum(x, 1.5), [0.5, 2.0, 1.5]),
    ],
)
@pytest.mark.parametrize("simplify", [True, False])
def test_sums_of_kinks(f, expected, simplify):
    points = [-1.0, 1.0, 2.0]
    np.testing.assert_allclose(derivative(f, points), expected, rtol=1e-15)
    with using_config("simplify", simplify):
        np.testing.assert_allclose(derivative(f, points, create_graph=True), expected, rtol=1e-15)


# -- powers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("f", "points", "expected"),
    [
        (lambda x: x**0, [-1.0, 0.0, nan], [0.0, 0.0, 0.0]),
        (lambda x: x**0.0, [-1.0, 0.0, inf], [0.0, 0.0, 0.0]),
        (lambda x: x**1, [-1.0, 0.0, inf], [1.0, 1.0, 1.0]),
        (lambda x: x**2, [-3.0, 0.0], [-6.0, 0.0]),
        (lambda x: x ** np.array([0.0, 1.0, 2.0]), [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        (lambda x: x ** Variable(np.array([0.0, 1.0, 2.0, 0.0])), [0.0, 0.0, 0.0, -2.0], [0.0, 1.0, 0.0, 0.0]),
        (lambda x: x ** Variable(np.array([2.0, 3.0, 0.5])), [-2.0, -2.0, -2.0], [-4.0, 12.0, nan]),
        (lambda x: x**1.5, [0.0, 4.0, -4.0], [0.0, 3.0, nan]),
        (lambda x: x**-2, [0.0, 2.0], [-inf, -0.25]),
        (lambda x: 0**x, [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
        (lambda x: 1**x, [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
        (lambda x: 2**x, [0.0, 1.0], [np.log(2), 2 * np.log(2)]),
        (lambda x: (-2) ** x, [1.0, 2.0], [nan, nan]),
        (lambda x: Variable(np.array([0.0, 0.0, 2.0])) ** x, [0.0, 2.0, 1.0], [0.0, 0.0, 2 * np.log(2)]),
        (lambda x: x**x, [0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_powers_at_their_corners(f, points, expected, create_graph):
    np.testing.assert_allclose(derivative(f, points, create_graph), expected, rtol=1e-15)


@pytest.mark.parametrize("n", range(7))
def test_whole_powers_at_zero_have_every_order(n):
    x = Variable(np.array(0.0))
    y = x**n
    for k in range(1, 7):
        (y,) = gradients(y, x, create_graph=True)
        assert y.item() == (np.prod(range(1, n + 1)) if k == n else 0.0), k


@pytest.mark.parametrize("data", [2, [1, 2, 4]])
def test_negative_whole_powers_of_integers(data):
    x = Variable(np.array(data))
    y = x**-2
    np.testing.assert_array_equal(y.data, np.array(data) ** -2.0)
    for create_graph in (False, True):
        np.testing.assert_array_equal(gradients(y, x, create_graph=create_graph)[0].data, -2 * np.array(data) ** -3.0)


def test_powers_of_integers_stay_integers():
    y = Variable(np.array([2, 3])) ** 3
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y.data, [8, 27])
