"""odeint_taylor's derivatives by the series of the solution's tangents: no steps are recorded."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import GraphError, Variable, gradients
from dezero.optimize import odeint_taylor

ECCENTRICITY = 0.5
START = np.array([1 - ECCENTRICITY, 0, 0, np.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY))])


def kepler(state, t):
    q, p = state
    return p, -q / F.sum(q * q) ** 1.5


def end(y):
    q, p = odeint_taylor(kepler, (y[:2], y[2:]), [0.0, 2 * np.pi])
    return F.sum(q[-1] * q[-1]) + q[-1, 0] * p[-1, 1]


def closed(y):
    """Right to second order about START: the state at 2 pi is that at the time by which the period differs."""
    q, p = y[:2], y[2:]
    r2 = F.sum(q * q)
    s = 2 * np.pi * (1 - (2 / r2**0.5 - F.sum(p * p)) ** -1.5)
    force = -q / r2**1.5
    q, p = q + s * p + s * s / 2 * force, p + s * force + s * s / 2 * (-p / r2**1.5 + 3 * q * F.sum(q * p) / r2**2.5)
    return F.sum(q * q) + q[0] * p[1]


def test_keplers_gradient_and_hessian():
    np.testing.assert_allclose(dezero.grad(end)(START).data, dezero.grad(closed)(START).data, atol=1e-8)
    found, exact = dezero.hessian(end)(START).data, dezero.hessian(closed)(START).data
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-6)


def test_a_smooth_right_side_runs_once():
    calls = []
    a = Variable(np.array(0.5))

    def f(y, t):
        calls.append(t)
        return -a * y

    y = odeint_taylor(f, 1.0, [0.0, 1.0, 2.0])
    (g,) = gradients(y[-1], a, create_graph=True)
    (h,) = gradients(g, a)
    assert len(calls) == 1
    np.testing.assert_allclose([y.data[-1], g.data, h.data], np.exp(-1) * np.array([1, -2, 4]), rtol=1e-11)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_tangents_much_smaller_and_larger_than_the_state(scale):
    a, b = Variable(np.array(0.5 / scale)), Variable(np.array(0.5))
    y = odeint_taylor(lambda y, t: -(a * scale) * y + F.cos(t), 1e3, [0.0, 5.0])
    exact = F.exp(-5 * b) * (1e3 - b / (1 + b * b)) + (b * np.cos(5.0) + np.sin(5.0)) / (1 + b * b)
    np.testing.assert_allclose(y.data[-1], exact.data, rtol=1e-11)
    np.testing.assert_allclose(gradients(y[-1], a)[0].data, scale * gradients(exact, b)[0].data, rtol=1e-10)


def test_what_is_told_of_the_steps():
    _, told = odeint_taylor(kepler, (Variable(START[:2]), START[2:]), [0.0, 1.0], full_output=True)
    assert told["order"] == 15
    assert told["steps"] > 3


def test_kinks_are_left_to_recorded_steps():
    a = Variable(np.array(0.3))
    y = odeint_taylor(lambda y, t: F.abs(t - a) + 0 * y, 0.0, [0.0, 1.0])[-1]
    (g,) = gradients(y, a, create_graph=True)
    np.testing.assert_allclose(g.data, 2 * 0.3 - 1, rtol=1e-11)
    with pytest.raises(GraphError, match="kink"):
        gradients(g, a)


def test_a_bend_that_no_operation_shows_has_its_first_derivative():
    a = Variable(np.array(0.3))
    y = odeint_taylor(lambda y, t: ((t - a) ** 2) ** 0.5 + 0 * y, 0.0, [0.0, 1.0])[-1]
    np.testing.assert_allclose(gradients(y, a)[0].data, 2 * 0.3 - 1, rtol=1e-9)


def test_a_backward_integration_and_single_times():
    a = Variable(np.array(0.5))
    y = odeint_taylor(lambda y, t: -a * y, a, [1.0, 0.0])
    np.testing.assert_allclose(gradients(y[-1], a)[0].data, np.exp(0.5) * 1.5, rtol=1e-11)
    np.testing.assert_allclose(gradients(odeint_taylor(lambda y, t: -a * y, a, [1.0])[0], a)[0].data, 1.0)
