"""Derivatives of odeint_taylor that the solution does not show: at equilibria, of coefficients that are 0 or cancel."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients, jvp
from dezero.optimize import odeint_taylor


def end(f, y0, *args):
    return odeint_taylor(f, y0, [0.0, 1.0], args=args)[-1]


STARTS = {  # f(y, t), y0 and dy(1)/dy0
    "decay at 0": (lambda y, t: -50 * y, 0.0, np.exp(-50)),
    "sine at 0": (lambda y, t: -30 * F.sin(y), 0.0, np.exp(-30)),
    "logistic at 1": (lambda y, t: 20 * y * (1 - y), 1.0, np.exp(-20)),
    "pitchfork at 0": (lambda y, t: 10 * y - y**3, 0.0, np.exp(10)),
    "oscillating rate at 0": (lambda y, t: y * F.sin(20 * t), 0.0, np.exp((1 - np.cos(20)) / 20)),
    "rate with a kink at 0": (lambda y, t: y * F.relu(t - 0.5), 0.0, np.exp(0.125)),
}
WAVE = np.sin(50) / 50
COEFFICIENTS = {  # f(y, t, c), c and dy(1)/dc from y(0) = 0
    "wave": (lambda y, t, c: c * F.cos(50 * t), 0.0, WAVE),
    "wave on a slope": (lambda y, t, c: 1 + c * F.cos(50 * t), 0.0, WAVE),
    "small wave on a slope": (lambda y, t, c: 1 + c * F.cos(50 * t), 1e-8, WAVE),
    "ramp": (lambda y, t, c: c * F.relu(t - 0.5), 0.0, 0.125),
    "small ramp on a slope": (lambda y, t, c: 1 + c * F.relu(t - 0.5), 1e-14, 0.125),
    "switch": (lambda y, t, c: c * F.where(t > 0.5, 1.0, 0.0), 0.0, 0.5),
    "ramps that cancel": (lambda y, t, c: (c - 2) * F.relu(t - 0.3), 2.0, 0.245),
    "a jump of size 0 that moves": (lambda y, t, c: F.where(t > c, 1.0, 0.0) * (c - 0.3), 0.3, 0.7),
}


@pytest.mark.parametrize("name", STARTS)
def test_the_derivative_in_the_start(name):
    f, y0, right = STARTS[name]
    start = Variable(np.array(y0))
    assert gradients(end(f, start), start)[0].item() == pytest.approx(right, rel=1e-10)
    assert jvp(lambda y: end(f, y), (y0,), (1.0,))[1].item() == pytest.approx(right, rel=1e-10)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_the_derivative_in_a_coefficient(name):
    f, c, right = COEFFICIENTS[name]
    coefficient = Variable(np.array(c))
    assert gradients(end(f, 0.0, coefficient), coefficient)[0].item() == pytest.approx(right, rel=1e-10)


def test_one_of_two_states_stands_still():
    start = Variable(np.array([1.0, 0.0]))
    y = end(lambda y, t: F.stack([-y[0], -50 * y[1]]), start)
    np.testing.assert_allclose(gradients(y[1], start)[0].data, [0.0, np.exp(-50)], rtol=1e-10)


def test_a_second_derivative():
    c = Variable(np.array(0.0))
    (slope,) = gradients(end(lambda y, t, c: c * c * F.relu(t - 0.5), 0.0, c), c, create_graph=True)
    assert gradients(slope, c)[0].item() == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda y, t, a: F.where(t > a, 1.0, 0.0) - F.where(t > 0.3, 1.0, 0.0),
        lambda y, t, a: F.relu(t - a) - F.relu(t - 0.3),
        lambda y, t, a: F.abs(t - a) - F.abs(t - 0.3),
    ],
)
def test_a_place_that_moves_against_another_one_is_refused(f):
    a = Variable(np.array(0.3))
    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = 0\.3"):
        end(f, 0.0, a)
