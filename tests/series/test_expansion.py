"""Expansion: lazy, along any curves, of any graph; and differentiated again (reverse over Taylor)."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Function, GraphError, Variable, gradients, no_grad
from dezero.series import Expansion
from dezero.series.reading import SeriesReading


def var(x, dtype=None):
    return Variable(np.array(x, dtype=dtype))


def coefficients(expansion, order):
    return [np.asarray(getattr(expansion[k], "data", expansion[k])) for k in range(order + 1)]


def nested(y, x, order):
    """The sum over all elements of each derivative, by gradients of gradients."""
    found = [y]
    for _ in range(order):
        found.append(gradients(F.sum(found[-1]), x, create_graph=True)[0])
    return found


class Counting(SeriesReading):
    calls = 0

    def compute(self, op, *args):
        Counting.calls += 1
        return super().compute(op, *args)


def calls(ask):
    before = Counting.calls
    ask()
    return Counting.calls - before


def test_each_order_is_computed_once_and_only_when_asked():
    x = Variable(np.full((2, 2), 0.3))
    w = np.eye(2) + 0.5
    y = x
    for _ in range(3):
        y = y @ w
    series = Expansion(y, {x: [np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2))]}, reading=Counting(False))
    assert calls(lambda: series[0]) == 0
    assert calls(lambda: series[2]) == 2 * 3
    assert calls(lambda: (series[1], series[2])) == 0
    assert calls(lambda: series[3]) == 3
    assert calls(lambda: series[9]) == 0  # zero: nothing is multiplied


def test_a_deep_graph_needs_no_deep_stack():
    x = var(0.7)
    y = functools.reduce(lambda y, _: F.sin(y), range(10_000), x)
    slope, value = 1.0, 0.7
    for _ in range(10_000):
        slope, value = slope * np.cos(value), np.sin(value)
    series = Expansion(y, {x: [1.0]})
    assert_allclose(series[1], slope, rtol=1e-9)
    assert np.isfinite(series[3])


def test_what_does_not_move():
    x, z = var(0.5), var(2.0)
    still = F.exp(z)
    series = Expansion(still * x, {x: [1.0]})
    assert_allclose(coefficients(series, 2), [np.exp(2) / 2, np.exp(2), 0])
    assert coefficients(Expansion(still, {x: [1.0]}), 2) == [np.exp(2), 0, 0]
    assert coefficients(Expansion(x, {x: [3.0, 4.0]}), 3) == [0.5, 3, 4, 0]


def test_intermediates_move_in_place_of_what_lies_below():
    x = var(0.5)
    a = x * x
    y = F.sin(a) * x
    t = 0.25
    assert_allclose(coefficients(Expansion(y, {a: [1.0]}), 2), [np.sin(t) / 2, np.cos(t) / 2, -np.sin(t) / 4])
    both = Expansion(y, {a: [1.0], x: [1.0]})  # sin(0.25 + t) (0.5 + t)
    assert_allclose(coefficients(both, 2), [np.sin(t) / 2, np.cos(t) / 2 + np.sin(t), -np.sin(t) / 4 + np.cos(t)])


def test_curves_with_several_coefficients_of_several_leaves():
    a, b = var([1.0, 2.0]), var(3.0)
    series = Expansion(a * b, {a: [np.array([1.0, 2.0]), np.array([0.5, 0.0])], b: [0, 4.0]})
    assert_allclose(coefficients(series, 4), [[3, 6], [3, 6], [5.5, 8], [4, 8], [2, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (0, 2), (2, 3)])
@pytest.mark.parametrize("recorded", [False, True])
def test_dtypes_and_shapes_are_kept(dtype, shape, recorded):
    x = Variable(np.full(shape, 0.5, dtype))
    y = F.tanh(F.exp(x) * x + 2) / (1 + x * x) - x**2.5
    step = np.ones(shape, dtype)
    series = Expansion(y, {x: [Variable(step) if recorded else step]}, recorded)
    for c in coefficients(series, 4):
        assert (c.shape, c.dtype) == (shape, dtype)


def test_broadcasting():
    x, w = Variable(np.array([[0.1], [0.2]])), Variable(np.array([1.0, 2.0, 3.0]))
    y = F.sin(x * w) + x
    found = Expansion(y, {x: [np.ones((2, 1))]})
    t = x.data * w.data
    assert_allclose(found[1], w.data * np.cos(t) + 1)
    assert_allclose(found[2], -(w.data**2) * np.sin(t) / 2)
    assert found[2].shape == (2, 3)


def test_complex_series_are_holomorphic():
    z = var(0.3 + 0.4j)
    series = Expansion(F.exp(F.sin(z)), {z: [1.0 + 0j]})
    expected = nested_complex(lambda t: np.exp(np.sin(t)), 0.3 + 0.4j)
    assert_allclose([complex(series[k]) for k in range(6)], expected, rtol=1e-10)


def nested_complex(f, z, n=64, radius=0.5):
    """Cauchy's integral by the trapezoidal rule."""
    turns = np.exp(2j * np.pi * np.arange(n) / n)
    return [np.mean(f(z + radius * turns) / (radius * turns) ** k) for k in range(6)]


# -- users' Functions and operations with several outputs ------------------------------------------------------


class Twice(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        return Twice()(gy)


class Square(Function):
    """Its backward calls another user's Function."""

    def forward(self, x):
        return x * x

    def backward(self, gy):
        return Twice()(gy * self.inputs[0])


class ProductAndWave(Function):
    def forward(self, a, b):
        return a * b, np.sin(a) + b

    def backward(self, gp, gs):
        a, b = self.inputs
        return gp * b + gs * F.cos(a), gp * a + gs


@pytest.mark.parametrize("recorded", [False, True])
def test_users_functions_through_their_backward(recorded):
    x = var(0.7)
    series = Expansion(Square()(F.sin(x)), {x: [var(1.0) if recorded else 1.0]}, recorded)
    expected = Expansion(F.sin(x) ** 2, {x: [1.0]})
    assert_allclose(coefficients(series, 5), coefficients(expected, 5), rtol=1e-14)


@pytest.mark.parametrize("recorded", [False, True])
def test_users_functions_with_several_outputs(recorded):
    a = var(0.3)
    p, s = ProductAndWave()(a, a * a)
    series = Expansion(p * s, {a: [var(1.0) if recorded else 1.0]}, recorded)
    expected = Expansion(a**3 * (F.sin(a) + a * a), {a: [1.0]})
    assert_allclose(coefficients(series, 5), coefficients(expected, 5), rtol=1e-13)


def test_operations_that_return_tuples():
    a = Variable(np.array([[2.0, 1.0], [0.0, 1.0]]))
    step = np.array([[1.0, 0.5], [0.2, -1.0]])
    s = F.svd(a)[1]
    found = Expansion(s[0] * s[1], {a: [step]})
    t = np.array([np.linalg.det(a.data + h * step) for h in (-1, 0, 1)])  # a quadratic in h
    assert_allclose(coefficients(found, 3), [t[1], (t[2] - t[0]) / 2, (t[2] + t[0]) / 2 - t[1], 0], atol=1e-12)
    log = Expansion(F.exp(F.slogdet(a)[1]), {a: [step]})
    assert_allclose(coefficients(log, 3), coefficients(found, 3), atol=1e-12)


# -- reverse over Taylor ---------------------------------------------------------------------------------------


def network(x, weights):
    for w in weights[:-1]:
        x = F.tanh(x @ w)
    return x @ weights[-1]


def test_gradient_in_the_weights_of_a_loss_on_a_fourth_derivative():
    rng = np.random.default_rng(0)
    weights = [Variable(rng.normal(size=s)) for s in ((1, 5), (5, 5), (5, 1))]
    x = Variable(np.linspace(-1, 1, 4)[:, None])
    fourth = network(x, weights).jet(x, 4, create_graph=True)[4]
    by_jet = gradients(F.mean((fourth - 1) ** 2), [*weights, x])
    again = nested(network(x, weights), x, 4)[4]
    by_nesting = gradients(F.mean((again - 1) ** 2), [*weights, x])
    for a, b in zip(by_jet, by_nesting, strict=True):
        assert_allclose(a.data, b.data, rtol=1e-9, atol=1e-9)


def test_a_gradient_of_a_gradient_of_a_coefficient():
    w, x = var(0.3), var(0.5)
    mixed = Expansion(F.tanh(w * x), {x: [var(1.0)]}, True)[3] * 6
    again = nested(F.tanh(w * x), x, 3)[3]
    for _ in range(2):
        (mixed,), (again,) = gradients(mixed, w, create_graph=True), gradients(again, w, create_graph=True)
        assert float(mixed) == pytest.approx(float(again), rel=1e-12)


def test_gradients_in_the_curve_itself():
    x, v = var(0.5), var(2.0)
    second = F.exp(x).jet(x, 2, direction=v, create_graph=True)[2]  # v**2 exp(x)
    assert float(gradients(second, v)[0]) == pytest.approx(4 * np.exp(0.5))


# -- misuse ----------------------------------------------------------------------------------------------------


def test_misuse():
    x = var(0.5)
    y = F.exp(x)
    with pytest.raises(TypeError, match="Expansion: the order is number True; give a whole number"):
        Expansion(y, {x: [1.0]})[True]
    with pytest.raises(TypeError, match=r"Expansion: the order is number 1\.5; give a whole number"):
        Expansion(y, {x: [1.0]})[1.5]
    with pytest.raises(ValueError, match="Expansion: the order is -1; give 0 or more"):
        Expansion(y, {x: [1.0]})[-1]
    with pytest.raises(TypeError, match=r"Expansion: the curve of number 0\.5; give curves for Variables"):
        Expansion(y, {0.5: [1.0]})
    with pytest.raises(ValueError, match=r"coefficient 2 has shape \(3,\), which does not broadcast to .* \(\)"):
        Expansion(y, {x: [1.0, np.ones(3)]})


def test_what_cannot_be_known_raises():
    x = var(0.5)
    with no_grad():
        cut = F.exp(x)
    with pytest.raises(GraphError, match="computed while no graph was recorded"):
        Expansion(cut, {x: [1.0]})
    assert coefficients(Expansion(cut, {cut: [1.0]}), 1) == [np.exp(0.5), 1]
    y = F.exp(x)
    x.data = np.array(1.0)
    with pytest.raises(GraphError, match="rebound"):
        Expansion(y, {x: [1.0]})


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("n", [2, 3, 5, 7, 10])
def test_a_power_s_series_starts_from_what_was_computed(n, recorded):
    """To the last bit: branches and checkpoints further up compare it."""
    x = var(np.random.default_rng(n).uniform(-2, 2, 50))
    y = x**n
    assert np.array_equal(coefficients(Expansion(y, {x: [np.ones(50)]}, recorded), 1)[0], y.data)
