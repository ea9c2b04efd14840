"""At a kink: first derivatives by convention, those of higher order nan; away from it the functions' own.

A finite number at the kink would be wrong for what is smooth, such as the square of a norm.
"""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, hessian, hvp, jet, using_config
from dezero.core.call import apply
from dezero.core.op import declared
from dezero.derivatives import grad, jacfwd, jacobian

ORDERS = (None, 1, 2, 3, 4, 2.5, 1.5, 0.5, -1, -2, np.inf, -np.inf)
MATRIX_ORDERS = ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)


def complex_of(x):
    return x[0] + 1j * x[1]


# name: a function from an array to a number, and a point at its kink
AT_KINKS = {
    **{f"norm, {p}": (lambda x, p=p: F.norm(x, p), np.zeros(2)) for p in ORDERS},
    **{f"norm of a matrix, {p}": (lambda x, p=p: F.norm(x, p), np.zeros((2, 2))) for p in MATRIX_ORDERS},
    "norm, along an axis": (lambda x: F.sum(F.norm(x, axis=1)), np.zeros((2, 2))),
    "norm, along two axes": (lambda x: F.sum(F.norm(x, axis=(0, 2))), np.zeros((2, 1, 2))),
    "norm, of three axes": (lambda x: F.norm(x, keepdims=True)[0, 0, 0], np.zeros((2, 1, 2))),
    "norm, of complex numbers": (lambda x: F.norm(F.as_complex(x) * (1 + 2j)), np.zeros(2)),
    "abs": (lambda x: F.sum(F.abs(x)), np.zeros(2)),
    "fabs": (lambda x: F.sum(F.fabs(x)), np.zeros(2)),
    "i0e": (lambda x: F.sum(F.i0e(x)), np.zeros(2)),
    "modulus": (lambda x: F.modulus(complex_of(x)), np.zeros(2)),
    "angle": (lambda x: F.angle(complex_of(x)), np.zeros(2)),
    "copysign": (lambda x: F.sum(F.copysign(x, np.array([1.0, -1.0]))), np.zeros(2)),
    "hypot": (lambda x: F.hypot(x[0], x[1]), np.zeros(2)),
    "std": (F.std, np.array([0.1, 0.1, 0.1])),
    "std, ddof": (lambda x: F.std(x, ddof=1), np.array([2.0, 2.0, 2.0])),
    "std, along an axis": (lambda x: F.sum(F.std(x, axis=0)), np.full((3, 2), 0.1)),
}

# What makes nan out of 0 / 0 warns of it, as NumPy does.
pytestmark = pytest.mark.filterwarnings("ignore:(invalid value|divide by zero):RuntimeWarning")
at_kinks = pytest.mark.parametrize("name", AT_KINKS)


def squared(f):
    """Half the square: often smooth, so that a finite second derivative of f's must not be made up."""
    return lambda x: 0.5 * f(x) ** 2


@at_kinks
@pytest.mark.parametrize("recorded", [False, True])
def test_the_first_derivative_is_zero_by_convention(name, recorded):
    f, point = AT_KINKS[name]
    x = Variable(point)
    (g,) = gradients(f(x), [x], create_graph=recorded)
    np.testing.assert_array_equal(g.data, np.zeros(point.shape))


@at_kinks
def test_hessians_are_nan(name):
    f, point = AT_KINKS[name]
    for h in (hessian(f)(point), hessian(squared(f))(point)):
        diagonal = np.asarray(h.data).reshape(point.size, point.size).diagonal()
        np.testing.assert_array_equal(diagonal, np.full(point.size, np.nan))


def direction(point):
    return np.linspace(1.0, 2.0, point.size).reshape(point.shape)


@at_kinks
def test_hessian_vector_products_are_nan(name):
    f, point = AT_KINKS[name]
    found = hvp(squared(f), (point,), (direction(point),))
    np.testing.assert_array_equal(found.data, np.full(point.shape, np.nan))


@at_kinks
def test_series_are_nan_from_the_second_order_on(name):
    f, point = AT_KINKS[name]
    _, terms = jet(f, (point,), ((direction(point), 0.0, 0.0),))
    assert terms[0].data == 0
    assert np.isnan([t.data for t in terms[1:]]).all()


# name: a function of rows, and rows of which the first alone is at its kink
BATCHES = {
    "norm": (lambda x: F.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0], [-1.0, 2.0]]),
    "norm, 3": (lambda x: F.norm(x, 3, axis=1), [[0.0, 0.0], [3.0, 4.0], [-1.0, 2.0]]),
    "abs": (lambda x: F.abs(x)[:, 0], [[0.0], [3.0], [-1.0]]),
    "copysign": (lambda x: F.copysign(x, -1.0)[:, 0], [[0.0], [3.0], [-1.0]]),
    "hypot": (lambda x: F.hypot(x[:, 0], x[:, 1]), [[0.0, 0.0], [3.0, 4.0], [-1.0, 2.0]]),
    "modulus": (lambda x: F.modulus(x[:, 0] + 1j * x[:, 1]), [[0.0, 0.0], [3.0, 4.0], [-1.0, 2.0]]),
    "angle": (lambda x: F.angle(x[:, 0] + 1j * x[:, 1]), [[0.0, 0.0], [3.0, 4.0], [-1.0, 2.0]]),
    "std": (lambda x: F.std(x, axis=1), [[0.1, 0.1, 0.1], [0.2, 0.5, 0.1], [1.0, 0.0, 0.5]]),
}


@pytest.mark.parametrize("name", BATCHES)
def test_only_the_row_at_the_kink_is_nan(name):
    f, rows = BATCHES[name]
    x = np.array(rows)
    v = np.arange(1.0, 1 + x.size).reshape(x.shape)
    found = hvp(lambda x: F.sum(f(x) ** 3), (x,), (v,)).data
    assert np.isnan(found[0]).all()
    h = 1e-5
    slopes = [gradients(F.sum(f(a) ** 3), [a])[0].data for a in (Variable(x + h * v), Variable(x - h * v))]
    np.testing.assert_allclose(found[1:], ((slopes[0] - slopes[1]) / (2 * h))[1:], rtol=1e-6, atol=1e-6)


def test_cosines_with_a_vector_of_zeros_are_linear_in_it():
    b = np.array([[3.0, 4.0]])
    f = lambda x: F.sum(F.cosine_similarity(x, b, eps=0.5))  # noqa: E731 - near 0 it is x . b / (0.5 * 5)
    x = Variable(np.zeros((1, 2)))
    np.testing.assert_allclose(gradients(f(x), [x])[0].data, b / 2.5, rtol=1e-15)
    np.testing.assert_array_equal(hessian(f)(np.zeros((1, 2))).data, np.zeros((1, 2, 1, 2)))


def test_even_powers_of_the_modulus_are_smooth():
    """Each derivative at 0; nan from the first on that does not exist, but for the first of all."""
    value = declared["modulus_power"].value
    cases = {2: (0.0, 2.0, 0.0), 4: (0.0, 0.0, 0.0, 24.0, 0.0), 1: (0.0, np.nan), 2.5: (0.0, 0.0, np.nan)}
    for p, orders in cases.items():
        for k, right in enumerate(orders, 1):
            np.testing.assert_equal(value(np.zeros(1), p, k), [right])


@pytest.mark.parametrize("p", [1, 2, 3, 4, 2.5, 0.5, -1])
@pytest.mark.parametrize("x", [-1.5, 0.7])
def test_the_modulus_power_away_from_zero(p, x):
    """Against the powers of x, which is positive, or of -x."""
    _, found = jet(lambda x: apply(declared["modulus_power"].bind(p=p, k=0), x), (x,), ((1.0, 0.0, 0.0, 0.0),))
    right, factor = [], 1.0
    for k in range(1, 5):
        factor *= p - k + 1
        right.append(factor * abs(x) ** (p - k) * np.sign(x) ** k)
    np.testing.assert_allclose([t.data for t in found], right, rtol=1e-14)


def test_what_is_divided_by_a_size_of_zero():
    over, size = declared["over_size"], Variable(np.array([0.0, 2.0]))
    x = Variable(np.array([0.0, 3.0]))
    y = apply(over, x, size)
    np.testing.assert_array_equal(y.data, [0.0, 1.5])
    gx, gs = gradients(F.sum(y), [x, size])
    np.testing.assert_array_equal(gx.data, [np.nan, 0.5])
    np.testing.assert_array_equal(gs.data, [np.nan, -0.75])


@pytest.mark.parametrize("f", [lambda x: F.modulus(complex_of(x)) ** 2, lambda x: F.angle(complex_of(x))])
@pytest.mark.parametrize("way", [hessian, lambda f: jacfwd(jacfwd(f)), lambda f: jacobian(grad(f))])
def test_complex_kinks_are_nan_without_a_warning(f, way):
    assert np.isnan(way(f)(np.zeros(2)).data).all()


@pytest.mark.parametrize("f", [F.hardshrink, F.softshrink])
@pytest.mark.parametrize("simplify", [True, False])
def test_between_the_kinks_of_a_shrinking_function_all_derivatives_are_zero(f, simplify):
    x = Variable(np.array([0.0, 0.3, -0.2]))
    with using_config("simplify", simplify):
        y = f(x)
        for _ in range(4):
            y = gradients(y, x, create_graph=True)[0]
            np.testing.assert_array_equal(y.data, np.zeros(3))


@pytest.mark.parametrize("simplify", [True, False])
def test_the_second_derivative_of_i1e_jumps_at_zero(simplify):
    x = Variable(np.array([0.0, 1e-9, -1e-9]))
    with using_config("simplify", simplify):
        y, found = F.i1e(x), []
        for _ in range(4):
            y = gradients(y, x, create_graph=True)[0]
            found.append(y.data)
    np.testing.assert_allclose(found[:2], [[0.5, 0.5, 0.5], [0.0, -1.0, 1.0]], atol=1e-8)
    assert np.isnan(found[2][0])
    assert np.isnan(found[3][0])
    np.testing.assert_allclose(found[2][1:], 1.875, rtol=1e-7)


def test_hardshrink_keeps_nan():
    np.testing.assert_array_equal(F.hardshrink(Variable(np.array([np.nan, 2.0, 0.1]))).data, [np.nan, 2.0, 0.0])


def test_softshrink_refuses_a_negative_threshold():
    with pytest.raises(ValueError, match=r"softshrink: threshold is -1\.0; give one that is 0 or positive"):
        F.softshrink(1.0, -1.0)
