"""odeint_taylor of compiled right sides agrees with the integrator in NumPy, and hands over to it what it cannot do."""

from __future__ import annotations

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.compiler.graph import Unsupported
from dezero.ode import odeint_taylor

pytest.importorskip("llvmlite")

FUNCTIONS = {
    "sin, cos": lambda y, t: F.sin(y) + F.cos(t * y),
    "tanh": lambda y, t: F.tanh(y) - t,
    "tan": lambda y, t: F.tan(0.3 * y),
    "exp": lambda y, t: -F.exp(-y * t),
    "log": lambda y, t: F.log(1 + y * y),
    "sqrt": lambda y, t: F.sqrt(1 + y * y) / (2 + t),
    "power": lambda y, t: t * y**-0.3,
    "cube": lambda y, t: -(y**3),
    "sinh, cosh": lambda y, t: F.cosh(t) - F.sinh(y),
    "arctan": lambda y, t: t * F.arctan(y),
    "arcsinh": lambda y, t: F.arcsinh(y),
    "sigmoid": lambda y, t: F.sigmoid(y),
    "expm1, log1p": lambda y, t: F.expm1(-y) + F.log1p(y * y),
    "erf": lambda y, t: F.erf(y * t),
    "powers of powers": lambda y, t: (1 + y * y) ** F.sin(t) + 2.0 ** (-y),
    "the time alone": lambda y, t: 1 / (1 + t * t) + 0 * y,
    "parts": lambda y, t: F.concatenate([y[1:], F.sin(y[:1] * F.sum(y * y))], axis=0),
    "matrix": lambda y, t: np.linspace(-1, 1, 121).reshape(11, 11) @ y,
}


def _kepler(state, t):
    q, p = state
    return p, -q / F.sum(q * q) ** 1.5


def _lorenz(state, t):
    x, y, z = state
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def _bodies(state, t):
    """Seven soft bodies that attract each other, all pairs at once."""
    q, p = state
    d = q[:, None, :] - q[None, :, :]
    square = F.sum(d * d, axis=2) + 1.0
    return p, -F.sum(d * (np.arange(1.0, 8.0)[None, :] / square**1.5)[:, :, None], axis=1)


ORBIT = (np.array([0.4, 0.0]), np.array([0.0, 2.0]))
CLOUD = (np.random.default_rng(0).uniform(-3, 3, (7, 2)), np.zeros((7, 2)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_numpy(name):
    y = np.linspace(0.2, 1.3, 11)
    found, told = odeint_taylor(dezero.compile(FUNCTIONS[name]), y, [0, 0.5, 1.2], full_output=True)
    wanted, other = odeint_taylor(FUNCTIONS[name], y, [0, 0.5, 1.2], full_output=True)
    assert told.pop("way") == "machine code"
    assert told == other
    np.testing.assert_allclose(found.data, wanted.data, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("f", "y0", "end"), [(_kepler, ORBIT, 20.0), (_lorenz, (1.0, 1.0, 1.0), 0.2), (_bodies, CLOUD, 0.7)]
)
@pytest.mark.parametrize("order", [None, 9, 40])
def test_systems_agree_with_numpy_forward_and_backward(f, y0, end, order):
    for times in ([0.0, end / 3, end], [end, 0.0]):
        found, told = odeint_taylor(dezero.compile(f), y0, times, order, full_output=True)
        wanted, other = odeint_taylor(f, y0, times, order, full_output=True)
        assert told["way"] == "machine code"
        assert abs(told["steps"] - other["steps"]) <= 1
        for x, y in zip(found, wanted, strict=True):
            np.testing.assert_allclose(x.data, y.data, rtol=1e-9, atol=1e-10)


def test_the_energy_stays():
    q, p = odeint_taylor(dezero.compile(_kepler), ORBIT, np.linspace(0, 100, 50))
    energy = (p.data**2).sum(1) / 2 - 1 / np.sqrt((q.data**2).sum(1))
    np.testing.assert_allclose(energy, -0.5, rtol=1e-11)


def test_polynomials_of_the_steps_agree():
    times = [0.0, 1.0, 400.0]  # more steps than memory for them holds at once
    compiled = odeint_taylor(dezero.compile(_kepler), ORBIT, times, dense_output=True)[1]["sol"]
    plain = odeint_taylor(_kepler, ORBIT, [0.0, 5.0], dense_output=True)[1]["sol"]
    assert compiled.t[0] == 0.0
    assert compiled.t[-1] == 400.0
    assert len(compiled.coefficients) == len(compiled.t) - 1
    for x, y in zip(compiled(np.linspace(0, 5, 20)), plain(np.linspace(0, 5, 20)), strict=True):
        np.testing.assert_allclose(x.data, y.data, atol=1e-11)


def test_arrays_and_variables_from_outside_are_read_at_each_call():
    rate, shift = Variable(np.array(2.0)), np.array([1.0])
    f = dezero.compile(lambda y, t, a: a * shift - rate * y)
    for _ in range(2):
        with dezero.no_grad():
            found, told = odeint_taylor(f, np.array([1.0]), [0.0, 1.0], args=(np.array(3.0),), full_output=True)
        level = 3 * shift[0] / rate.data
        assert told["way"] == "machine code"
        np.testing.assert_allclose(found.data[-1], level + (1 - level) * np.exp(-rate.data), rtol=1e-12)
        rate.data = np.array(0.5)
        shift[0] = 2.0


def test_what_can_be_differentiated_still_is():
    def f(y, t, a):
        return -a * y

    a = Variable(np.array(0.7))
    y, told = odeint_taylor(dezero.compile(f), np.array([1.0]), [0.0, 1.0], args=(a,), full_output=True)
    (slope,) = dezero.gradients(y[-1], a)
    np.testing.assert_allclose(slope.data, -np.exp(-0.7), rtol=1e-10)
    assert told["way"].startswith("NumPy: derivatives")


def test_kinks_go_to_numpy_or_raise():
    def f(y, t):
        return F.abs(t - 0.5) - y

    found, told = odeint_taylor(dezero.compile(f), np.ones(1), [0.0, 1.0], full_output=True)
    assert "absolute" in told["way"]
    np.testing.assert_array_equal(found.data, odeint_taylor(f, np.ones(1), [0.0, 1.0]).data)
    with pytest.raises(Unsupported, match="absolute"):
        odeint_taylor(dezero.compile(f, fallback="error"), np.ones(1), [0.0, 1.0])


def test_arguments_that_are_not_used_and_strict_functions():
    def f(y, t, a, b):
        return -b["rate"] * y

    args = (np.arange(3), {"rate": np.float64(2.0), "other": np.ones(2, complex)})
    for strict, way in ((False, "machine code"), (True, "NumPy: strict=True asks for NumPy's roundings")):
        run = dezero.compile(f, strict=strict)
        found, told = odeint_taylor(run, np.ones((1, 2)), [0, 1.0], args=args, full_output=True)
        assert told["way"] == way
        np.testing.assert_allclose(found.data[-1], np.exp(-2.0), rtol=1e-13)


def test_a_narrow_pulse_is_seen():
    def f(y, t):
        return F.exp(-(((t - 0.5) / 0.01) ** 2)) + 0 * y

    (_, found), (_, wanted) = (odeint_taylor(g, np.zeros(1), [0.0, 1.0]).data for g in (dezero.compile(f), f))
    np.testing.assert_allclose(found, 0.01 * np.sqrt(np.pi), rtol=1e-9)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize(
    ("f", "y0", "times", "options"),
    [
        (lambda y, t: y[:1], np.ones(3), [0.0, 1.0], {}),
        (lambda y, t: (y, y), np.ones(3), [0.0, 1.0], {}),
        (lambda y, t: 1.0, np.ones(3), [0.0, 1.0], {}),
        (lambda y, t: y * y, np.ones(1), [0.0, 2.0], {}),
        (lambda y, t: y, np.array([np.nan]), [0.0, 1.0], {}),
        (lambda y, t: -y, np.ones(1), [0.0, 100.0], {"max_steps": 3}),
        (lambda y, t: -y, np.ones(1), [0.0, 2.0, 1.0], {}),
        (lambda y, t: -y, np.ones(1), [0.0, 1.0], {"order": 1}),
        (lambda y, t: -y, np.ones(1), [0.0, 1.0], {"tol": 2.0}),
        (lambda y, t: -y, np.ones(1), [0.0, 1.0], {"max_step": -1}),
    ],
)
def test_errors_are_those_of_numpy(f, y0, times, options):
    with pytest.raises((ValueError, TypeError, RuntimeError, FloatingPointError)) as wanted:
        odeint_taylor(f, y0, times, **options)
    with pytest.raises(wanted.type, match="odeint_taylor") as found:
        odeint_taylor(dezero.compile(f), y0, times, **options)
    assert str(found.value)[:30] == str(wanted.value)[:30]


def test_one_time_and_equal_times():
    f = dezero.compile(lambda y, t: -y)
    assert odeint_taylor(f, np.ones(2), [1.0]).data.tolist() == [[1, 1]]
    assert odeint_taylor(f, np.ones(2), [1.0, 1.0]).data.tolist() == [[1, 1]] * 2
