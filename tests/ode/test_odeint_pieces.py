"""The polynomials that odeint_taylor returns on request."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients
from dezero.optimize import odeint_taylor


def test_the_solution_between_the_times():
    y, told = odeint_taylor(lambda y, t: -2 * t * y, np.array([1.0, 3.0]), [0.0, 2.0], dense_output=True)
    t = np.array([1.7, 0.0, 0.3, 2.0, 1.1])
    np.testing.assert_allclose(told["sol"](t).data, np.exp(-(t**2))[:, None] * [1, 3], rtol=1e-11)
    np.testing.assert_allclose(told["sol"](0.5).data, np.exp(-0.25) * np.array([1, 3]), rtol=1e-11)
    np.testing.assert_allclose(told["sol"](2.0).data, y.data[-1], rtol=1e-14)


def test_the_coefficients_are_those_of_the_solution():
    _, told = odeint_taylor(
        lambda s, t: {"q": s["p"], "p": -s["q"]}, {"q": 1.0, "p": 0.0}, [0.0, 3.0], dense_output=True
    )
    sol = told["sol"]
    assert len(sol.coefficients) == told["steps"] == len(sol.t) - 1
    assert sol.coefficients[0]["q"].shape == (told["order"] + 1,)
    np.testing.assert_allclose(sol.coefficients[0]["q"].data[:5], [1, 0, -1 / 2, 0, 1 / 24], atol=1e-15)
    np.testing.assert_allclose(sol.coefficients[1]["p"].data[0], -np.sin(sol.t[1]), rtol=1e-12)


def test_backward_in_time():
    _, told = odeint_taylor(lambda y, t: y, 1.0, [0.0, -3.0], dense_output=True)
    np.testing.assert_allclose(told["sol"]([-0.1, -2.9, -3.0]).data, np.exp([-0.1, -2.9, -3.0]), rtol=1e-11)


def test_it_can_be_differentiated():
    a = Variable(np.array(0.7))
    _, told = odeint_taylor(lambda y, t: -a * y, 1.0, [0.0, 2.0], dense_output=True)
    (g,) = gradients(told["sol"]([1.5])[0], a)
    np.testing.assert_allclose(g.data, -1.5 * np.exp(-0.7 * 1.5), rtol=1e-10)
    (g,) = gradients(F.sum(told["sol"].coefficients[0]), a)
    assert np.isfinite(g.data)


def test_times_outside():
    _, told = odeint_taylor(lambda y, t: y, 1.0, [0.0, 1.0], dense_output=True)
    with pytest.raises(ValueError, match=r"odeint_taylor: the solution was asked for times 1\.5; give times from 0"):
        told["sol"](1.5)


def test_an_array_of_orbits_is_integrated_at_once():
    start = np.linspace(0.1, 2.0, 5)
    k = np.linspace(1.0, 3.0, 5)
    y = odeint_taylor(lambda s, t: F.stack([s[1], -k * s[0]], axis=0), np.stack([start, 0 * start]), [0.0, 1.0])
    np.testing.assert_allclose(y.data[-1, 0], start * np.cos(np.sqrt(k)), rtol=1e-11)
