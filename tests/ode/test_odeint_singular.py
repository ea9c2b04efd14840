"""Derivatives of odeint_taylor where f is singular, or bends sharply, at a place that moves, and y does not show it."""

import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, grad, no_grad
from dezero.optimize import odeint_taylor

SINGULAR = {
    "log": lambda u: F.log(u**2),
    "log of abs": lambda u: F.log(F.abs(u)),
    "gammaln": lambda u: F.gammaln(u),
    "arccos": lambda u: F.arccos(1 - u**2),
    "arcsin": lambda u: F.arcsin(1 - u**2 / 2),
    "root of a difference": lambda u: F.sqrt(1 - F.cos(u)),
    "negative power": lambda u: (u**2) ** -0.25,
}
NARROW = {
    "hypotenuse": lambda u: F.sqrt(u**2 + 1e-10),
    "softplus": lambda u: F.softplus(20 * u) / 20,
    "removable": lambda u: F.sin(u) / u,
}


def beside_a_large_state(g):
    """y(2) of y' = g(t - p), integrated with a state so large that y counts for little in the steps' lengths."""
    return lambda p: odeint_taylor(lambda y, t: (1e9 * F.cos(t), g(t - p)), (0.0, 0.0), [0.0, 2.0])[1][-1]


@pytest.mark.parametrize("name", SINGULAR)
def test_a_singular_place_that_moves_is_refused(name):
    f = beside_a_large_state(SINGULAR[name])
    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = [\d.]+, in .* slope is infinite there"):
        grad(f)(1.1)
    with no_grad():
        assert math.isfinite(float(f(1.1)))


def test_a_place_beside_a_large_coefficient_in_one_array_is_refused():
    def f(p):
        return odeint_taylor(lambda y, t: 1e9 * F.cos(t) * p[0] + F.arccos(1 - (t - p[1]) ** 2), 0.0, [0.0, 2.0])[-1]

    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = 1\.\d"):
        grad(f)(np.array([1.0, 1.1]))


@pytest.mark.parametrize("name", NARROW)
def test_a_narrow_bend_that_moves_has_its_first_derivative(name):
    g = NARROW[name]
    expected = float(g(np.array(-1.1)) - g(np.array(0.9)))
    assert float(grad(beside_a_large_state(g))(1.1)) == pytest.approx(expected, rel=1e-8)


def test_a_bend_of_the_state_by_its_closed_form():
    def rate(u):
        return 1 + 0.5 * F.sqrt(u**2 + 1e-4)

    def end(p):  # u = y - p solves u' = rate(u), so that du(2)/du(0) = rate(u(2)) / rate(u(0))
        return odeint_taylor(lambda y, t: rate(y - p), 0.0, [0.0, 2.0])[-1]

    with no_grad():
        last = end(0.7)
    expected = 1 - float(rate(last - 0.7)) / float(rate(np.array(-0.7)))
    assert float(grad(end)(0.7)) == pytest.approx(expected, rel=1e-10)


def test_a_pulse_inside_no_grad_is_refused_soon():
    calls = []

    def f(y, t):
        calls.append(t)
        with no_grad():
            pulse = F.exp(-(((t - 0.5) / 0.01) ** 2))
        return pulse + 0 * y

    with pytest.raises(RuntimeError, match=r"odeint_taylor: at t = 0\.4\d+ f computes with t or y inside no_grad"):
        odeint_taylor(f, 1.0, [0.0, 1.0])
    assert len(calls) < 10_000
