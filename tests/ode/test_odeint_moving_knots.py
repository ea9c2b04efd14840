"""odeint_taylor where f jumps or has a kink at a place that moves with what derivatives are taken in."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, GraphError, Variable, grad, hessian, jvp, no_grad, taylor
from dezero.optimize import odeint_taylor

ASKING = {
    "grad": lambda f, x: grad(f)(x),
    "jvp": lambda f, x: jvp(f, (x,), (1.0,))[1],
    "jet": lambda f, x: taylor(f, x, 1)[1],
}


class Step(Function):
    def forward(self, x):
        return (x > 0) * 1.0

    def backward(self, gy):
        return gy * 0


class Ramp(Function):
    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, gy):
        return gy * Step()(self.inputs[0])


def end(f, y0=0.0, length=1.0, part=None):
    y = odeint_taylor(f, y0, [0.0, length])
    return y[-1] if part is None else y[part][-1]


JUMPS = {
    "comparison": lambda y, t, p: F.where(t < p, 0.0, 1.0) + 0 * y,
    "nothing else": lambda y, t, p: F.where(t < p, 0.0, 1.0),
    "data": lambda y, t, p: F.where(t.data < p.data, 0.0, 1.0) + 0 * y,
    "data of one": lambda y, t, p: F.where(t < p.data, 0.0, 1.0) + 0 * y,
    "numbers": lambda y, t, p: (0.0 if t.item() < p.item() else 1.0) + 0 * y,
    "if": lambda y, t, p: 0 * y if t < p else 1 + 0 * y,
    "numpy": lambda y, t, p: np.where(np.less(t, p), 0.0, 1.0) + 0 * y,
    "factor": lambda y, t, p: (t > p) * 1.0 + 0 * y,
    "detached": lambda y, t, p: F.where(t.detach() < p.detach(), 0.0, 1.0) + 0 * y,
    "places": lambda y, t, p: float(F.searchsorted(np.array([0.4]), t - p + 0.3)) + 0 * y,
    "sign": lambda y, t, p: F.sign(t - p) + 0 * y,
    "floor": lambda y, t, p: F.floor(t - p) + 0 * y,
    "remainder": lambda y, t, p: (t - p) % 0.5 + 0 * y,
    "function": lambda y, t, p: Step()(t - p) + 0 * y,
    "in a stiff equation": lambda y, t, p: -300 * (y - F.where(t < p, 0.0, 1.0)),
    "several": lambda y, t, p: sum([F.where(t < place, 0.0, 1.0) for place in (0.2, p, 0.6)]) + 0 * y,
    "opposite": lambda y, t, p: F.where(t < p, 0.0, 1.0) - F.where(t < p + 0.1, 0.0, 1.0) + 0 * y,
    "small": lambda y, t, p: 1 + F.where(t < p, 0.0, 1e-6) + 0 * y,
    "of the state": lambda y, t, p: F.where(y < p, 1.0, 2.0) + 0 * y,
}


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize("name", JUMPS)
def test_a_jump_that_moves_is_refused(name, ask):
    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = 0\.\d, in \w+"):
        ASKING[ask](lambda p: end(lambda y, t: JUMPS[name](y, t, p)), 0.3)
    with no_grad():
        assert math.isfinite(float(end(lambda y, t: JUMPS[name](y, t, Variable(np.array(0.3))))))


@pytest.mark.parametrize("size", [1.0, 1e6, 1e12])
def test_a_jump_of_a_small_component_beside_a_large_one_is_refused(size):
    def together(y, t, p):
        return F.stack([size * F.cos(t), F.where(t < p, 0.0, 1e-3) + 0 * t])

    def apart(y, t, p):
        return size * F.cos(t), F.where(t < p, 0.0, 1e-3) + 0 * t

    for f, y0 in ((together, np.zeros(2)), (apart, (0.0, 0.0))):
        with pytest.raises(GraphError, match=r"f jumps at t = 0\.3"):
            grad(lambda p: F.sum(end(lambda y, t: f(y, t, p), y0, part=None if f is together else 1)))(0.3)  # noqa: B023


@pytest.mark.parametrize(
    "f",
    [
        lambda s, t: (s[1], -0.1 * F.sign(s[1]) - s[0]),  # dry friction
        lambda s, t: (s[1], F.where(s[0] < 0.5, 0.0, -s[0])),  # a spring that engages
        lambda s, t: (s[1], -1.0 * (s[0].data > 0) + 0 * s[1]),
    ],
)
def test_events_of_the_state_are_refused(f):
    with pytest.raises(GraphError, match=r"f jumps at t = [\d.]+"):
        grad(lambda y0: end(f, (y0, 0.0), 5.0, part=0))(1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda y, t: F.where(t < 0.4, 1.0, 2.0) * y,
        lambda y, t: F.where(t.data < 0.4, 1.0, 2.0) * y,
        lambda y, t: y if t < 0.4 else 2 * y,
        lambda y, t: (1 + Step()(t - 0.4)) * y,
        lambda y, t: (1 + F.floor(t + 0.6)) * y,
    ],
)
def test_jumps_at_times_keep_all_derivatives(f):
    """A jump at a time beside, at the start, a value of its own that nothing moves."""
    expected = math.exp(0.4 + 2 * 0.6)
    for order in (1, 2):
        found = taylor(lambda y0: end(f, F.exp(y0)), 0.0, order)[order] * math.factorial(order)
        assert float(found) == pytest.approx(expected, rel=1e-10)
    assert float(grad(lambda x: end(lambda s, t: (s[1], -F.sign(s[1]) - s[0]), (x, 0.0), 2.0, part=0))(3.0)) == (
        pytest.approx(math.cos(2), rel=1e-10)
    )


# -- kinks -------------------------------------------------------------------------------------------------------

# f, the first derivative at p = 0.3, and the second one
KINKS = {
    "relu": (lambda y, t, p: F.relu(t - p) + 0 * y, -0.7, 1),
    "abs": (lambda y, t, p: F.abs(t - p) + 0 * y, -0.4, 2),
    "maximum": (lambda y, t, p: F.maximum(t, p) + 0 * y, 0.3, 1),
    "leaky_relu": (lambda y, t, p: F.leaky_relu(t - p, 0.1) + 0 * y, -0.73, 0.9),
    "sort": (lambda y, t, p: F.sort(F.stack([t, p]))[1] + 0 * y, 0.3, 1),
    "where": (lambda y, t, p: F.where(t < p, 0.0, t - p) + 0 * y, -0.7, 1),
    "data": (lambda y, t, p: F.where(t.data < p.data, 0.0, t - p) + 0 * y, -0.7, 1),
    "if": (lambda y, t, p: 0 * y if t < p else t - p + 0 * y, -0.7, 1),
    "function": (lambda y, t, p: Ramp()(t - p) + 0 * y, -0.7, 1),
    "only compared": (lambda y, t, p: F.where(t < p, 0.0, t - 0.3) + 0 * y, 0, None),
    "opposite": (lambda y, t, p: F.relu(F.stack([t - p, p - t])) @ np.ones(2) + 0 * y, -0.4, 2),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_that_moves_has_its_first_derivative_alone(name):
    rates, first, second = KINKS[name]

    def f(p):
        return end(lambda y, t: rates(y, t, p))

    for ask in ASKING.values():
        assert float(ask(f, 0.3)) == pytest.approx(first, rel=1e-11)
    for twice in (grad(grad(f)), hessian(f), lambda p: taylor(f, p, 2), lambda p: jvp(grad(f), (p,), (1.0,))):
        with pytest.raises(GraphError, match=r"odeint_taylor: f has a kink at t = 0\.3, in .* derivative of order 2"):
            twice(0.3)
    assert second != 0  # what would be missing


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(0.3, 3))
def test_first_derivatives_of_kinks_anywhere(p, slope):
    for f, expected in (
        (lambda y, t, p: slope * F.relu(t - p) + 0 * y, slope * (p - 1)),
        (lambda y, t, p: F.abs(slope * (t - p)) + 0 * y, slope * (2 * p - 1)),
    ):
        found = grad(lambda p: end(lambda y, t: f(y, t, p)))(p)  # noqa: B023
        assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_kink_of_a_small_component_beside_a_large_one():
    def f(p):
        return end(lambda y, t: (1e9 * F.cos(t), F.relu(t - p)), (0.0, 0.0), part=1)

    assert float(f(Variable(np.array(0.3)))) == pytest.approx(0.49 / 2, rel=1e-11)
    assert float(grad(f)(0.3)) == pytest.approx(-0.7, rel=1e-11)


def test_a_kink_in_the_state_by_its_closed_form():
    def f(p):  # u = y - p solves u' = |u| - 1: 1 - 0.6 e**t down to 0, then e**-(t - crossing) - 1
        return end(lambda y, t: F.abs(y - p) - 1, 0.7)

    assert float(grad(f)(0.3)) == pytest.approx(1 - math.exp(-1) / 0.6 / 0.6, rel=1e-10)


def test_second_derivatives_that_lack_nothing():
    zero = Variable(np.array(0.3))
    branches = F.exp(zero) / (1 + F.exp(zero)), 1 / (1 + F.exp(-zero))
    assert float(branches[0]) == pytest.approx(float(branches[1]))

    def same_function(p):  # both branches are the logistic function
        return end(lambda y, t: F.where(t < p, F.exp(t - p) / (1 + F.exp(t - p)), 1 / (1 + F.exp(p - t))) + 0 * y)

    slope = [1 / (2 + math.exp(u) + math.exp(-u)) for u in (-0.3, 0.7)]
    for f, expected in (
        (same_function, slope[1] - slope[0]),
        (lambda p: end(lambda y, t: F.relu(t - 0.5) * p**2 + 0 * y), 2 * 0.125),
        (lambda p: end(lambda y, t: F.relu(t - p) ** 2 + 0 * y), 1.4),
        (lambda p: odeint_taylor(lambda y, t: F.relu(t - 1e3 - p) ** 2, 0.0, [1e3, 1e3 + 1])[-1], 1.4),
        (lambda p: end(lambda y, t: F.relu(y), F.exp(p)), math.exp(1.3)),
    ):
        for twice in (grad(grad(f)), hessian(f)):
            assert float(twice(0.3)) == pytest.approx(expected, rel=1e-9)
    mixed = hessian(lambda x: end(lambda y, t: F.relu(t - 0.3) * x[0] * x[1] + 0 * y))(np.array([2.0, 3.0]))
    np.testing.assert_allclose(mixed.data, [[0, 0.245], [0.245, 0]], atol=1e-11)


@pytest.mark.parametrize(
    "rates",
    [
        lambda u: F.norm(F.stack([u])),
        lambda u: F.hypot(u, 0 * u),
        lambda u: F.cbrt(u),
        lambda u: F.sqrt(F.abs(u)),
        lambda u: F.abs(u) ** 1.5,
    ],
)
def test_slopes_that_are_infinite_or_lost_are_refused(rates):
    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = 0\.3.* slope is infinite there"):
        grad(lambda p: end(lambda y, t: rates(t - p) + 0 * y))(0.3)


def test_an_affine_equation_is_looked_at_a_few_times_alone():
    calls = []

    def f(y, t):
        calls.append(t)
        return np.array([[-1.0, 0.5], [0.0, -2.0]]) @ y + 3 * t

    odeint_taylor(f, np.ones(2), [0.0, 1.0])
    affine = len(calls)
    odeint_taylor(lambda y, t: f(y, t) + 0 * y * y, np.ones(2), [0.0, 1.0])
    assert affine < 20 < len(calls) - affine
