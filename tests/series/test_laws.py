"""Laws of power series, and series against repeated gradients for random programs."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Variable, gradients, jet, taylor
from dezero.series import Expansion
from tests.core.test_random_graphs import SHAPES, build, constant
from tests.core.test_random_graphs import programs as graphs

ONE = {
    "tanh": F.tanh,
    "sin": F.sin,
    "exp": F.exp,
    "log": lambda x: F.log(3 + x),
    "root": lambda x: F.sqrt(3 + x * x),
    "pole": lambda x: 1 / (3 + x),
    "power": lambda x: (3 + x) ** -1.5,
    "erf": F.erf,
    "cubic": lambda x: x**3 - 2 * x,
}
FUNCTIONS = st.sampled_from(sorted(ONE))
POINTS = st.floats(-1, 1)
ORDER = 6


def coefficients(f, x, order=ORDER):
    return np.array([c.item() for c in taylor(f, x, order)])


@given(f=FUNCTIONS, g=FUNCTIONS, x=POINTS)
def test_a_product_has_the_cauchy_product(f, g, x):
    a, b = coefficients(ONE[f], x), coefficients(ONE[g], x)
    found = coefficients(lambda x: ONE[f](x) * ONE[g](x), x)
    assert_allclose(found, np.convolve(a, b)[: ORDER + 1], rtol=1e-11, atol=1e-11 * np.abs(found).max())


@given(f=FUNCTIONS, g=FUNCTIONS, x=POINTS, a=st.floats(-2, 2))
def test_linearity(f, g, x, a):
    found = coefficients(lambda x: a * ONE[f](x) - ONE[g](x), x)
    assert_allclose(found, a * coefficients(ONE[f], x) - coefficients(ONE[g], x), rtol=1e-12, atol=1e-12)


@given(f=FUNCTIONS, g=FUNCTIONS, x=POINTS)
def test_the_chain_rule_carries_one_curve_into_the_next(f, g, x):
    inner, terms = jet(ONE[g], (x,), ([1.0] + [0.0] * (ORDER - 1),))
    value, found = jet(ONE[f], (inner.data,), ([t.data for t in terms],))
    y, expected = jet(lambda x: ONE[f](ONE[g](x)), (x,), ([1.0] + [0.0] * (ORDER - 1),))
    assert_allclose(value.item(), y.item(), rtol=1e-14)
    assert_allclose([t.item() for t in found], [t.item() for t in expected], rtol=1e-11, atol=1e-9)


@given(f=FUNCTIONS, x=POINTS)
def test_expanding_twice_is_expanding_once_to_the_sum_of_orders(f, x):
    all_at_once = coefficients(ONE[f], x)
    for j in range(ORDER - 2):
        again = coefficients(lambda x, j=j: taylor(ONE[f], x, j)[j], x, 3)
        expected = [all_at_once[j + k] * math.comb(j + k, k) for k in range(4)]
        assert_allclose(again, expected, rtol=1e-10, atol=1e-10)


@given(f=FUNCTIONS, x=POINTS, v=st.floats(-2, 2))
def test_a_longer_direction_scales_each_order_by_its_power(f, x, v):
    z = Variable(np.array(x))
    y = ONE[f](z)
    for k, (along, straight) in enumerate(zip(y.jet(z, 4, direction=v), y.jet(z, 4), strict=True)):
        assert_allclose(along.data, straight.data * v**k, rtol=1e-11, atol=1e-11)


@settings(max_examples=100)
@given(program=graphs(7), shapes=st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)), recorded=st.booleans())
def test_random_graphs_against_gradients_of_gradients(program, shapes, recorded):
    """Along a direction in both leaves, of orders 1 to 3."""
    x, t = (Variable(np.asarray(constant(*s) + k)) for k, s in zip((0.0, 0.05), shapes, strict=True))
    steps = [np.cos(np.arange(a.size)).reshape(a.shape) for a in (x, t)]
    y = build(x, t, program)
    curves = {a: [Variable(s) if recorded else s] for a, s in zip((x, t), steps, strict=True)}
    series = Expansion(y, curves, recorded)
    weights = constant(*y.shape)
    slope = F.sum(y * weights)
    for k in range(1, 4):
        found = np.sum(getattr(series[k], "data", series[k]) * weights) * math.factorial(k)
        gs = gradients(slope, (x, t), create_graph=True)
        slope = sum((F.sum(g * s) for g, s in zip(gs, steps, strict=True)), 0.0)
        assert_allclose(found, slope.data, rtol=1e-8, atol=1e-8)
        assert np.shape(series[k]) == y.shape
