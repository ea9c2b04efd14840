"""odeint_taylor where the right side is not smooth, or is flat where a step begins."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import GraphError, Variable, gradients, no_grad
from dezero.optimize import odeint_taylor

PULSE = 0.01 * math.sqrt(math.pi)


def end(f, y0, t, **options):
    return float(odeint_taylor(f, y0, t, **options)[-1])


@pytest.mark.parametrize("length", [1.0, 3.0, 2.25])
def test_forcing_that_is_flat_at_both_ends_of_a_step(length):
    found = end(lambda y, t: F.relu(F.sin(2 * np.pi * t)) + 0 * y, 0.0, [0.0, length])
    whole, rest = divmod(length, 1)
    expected = whole / np.pi + (1 - np.cos(2 * np.pi * min(rest, 0.5))) / (2 * np.pi)
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("length", [1.0, 10.0])
@pytest.mark.parametrize("start", [0.0, 1.0, -3.0])
def test_a_narrow_pulse_is_not_stepped_over(start, length):
    found = end(lambda y, t: F.exp(-(((t - 0.5) / 0.01) ** 2)) + 0 * y, start, [0.0, length])
    assert found - start == pytest.approx(PULSE, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 9.9), st.floats(0.02, 0.3))
def test_a_pulse_anywhere(place, width):
    found = end(lambda y, t: F.exp(-(((t - place) / width) ** 2)) + 0 * y, 1.0, [0.0, 10.0])
    expected = width * math.sqrt(math.pi) / 2 * (math.erf((10 - place) / width) + math.erf(place / width))
    assert found == pytest.approx(1 + expected, rel=1e-10)


def test_a_narrower_pulse_is_seen_with_max_step():
    def pulse(y, t):
        return F.exp(-(((t - 0.5) / 1e-4) ** 2)) + 0 * y

    found, info = odeint_taylor(pulse, 1.0, [0.0, 1.0], max_step=1e-3, full_output=True)
    assert float(found[-1]) - 1 == pytest.approx(1e-4 * math.sqrt(math.pi), rel=1e-8)
    assert info["steps"] >= 1000


def test_interpolated_forcing_ends_steps_at_its_knots():
    xp, fp = np.linspace(0, 3, 20), np.random.default_rng(0).normal(size=20)
    y, info = odeint_taylor(lambda y, t: F.interp(t, xp, fp) + 0 * y, 0.0, [0.0, 3.0], full_output=True)
    assert float(y[-1]) == pytest.approx(np.trapezoid(fp, xp), rel=1e-11)
    assert info["steps"] < 60


@pytest.mark.parametrize(
    ("f", "integral"),
    [
        (lambda t: F.abs(t - 0.3), (0.3**2 + 0.7**2) / 2),
        (lambda t: F.sign(t - 0.3), 0.4),
        (lambda t: F.floor(5 * t), (0 + 1 + 2 + 3 + 4) / 5),
        (lambda t: F.where(t < 1 / 3, 1.0, 5.0), 1 / 3 + 10 / 3),
        (lambda t: F.maximum(t, 0.25), 0.25**2 + (1 - 0.25**2) / 2),
        (lambda t: F.clip(t, 0.2, 0.4), 0.04 + 0.06 + 0.24),
        (lambda t: t % 0.25, 4 * 0.25**2 / 2),
    ],
)
def test_knots_in_the_time(f, integral):
    assert end(lambda y, t: f(t) + 0 * y, 0.0, [0.0, 1.0]) == pytest.approx(integral, rel=1e-11)
    assert end(lambda y, t: f(t) + 0 * y, integral, [1.0, 0.0]) == pytest.approx(0, abs=1e-11)


def test_knots_in_the_state():
    times = [0.0, 3.0]
    crossing = 2 * math.log(2)
    assert end(lambda y, t: -1 + 0.5 * F.abs(y), 1.0, times) == pytest.approx(
        -2 + 2 * math.exp(-(3 - crossing) / 2), rel=1e-11
    )
    assert end(lambda y, t: F.where(y < 1, 1.0, 2.0) + 0 * y, 0.0, times) == pytest.approx(5, rel=1e-11)


def test_smooth_equations_take_the_steps_that_their_series_allow():
    y, info = odeint_taylor(lambda s, t: (s[1], -s[0]), (0.0, 1.0), [0.0, 20.0], full_output=True)
    assert float(y[0][-1]) == pytest.approx(math.sin(20), rel=1e-10)
    assert info["rejected"] == 0
    assert info["steps"] < 40


def test_the_longest_step():
    y, info = odeint_taylor(lambda y, t: 0 * y, 1.0, [0.0, 1.0], max_step=0.09, full_output=True)
    assert (float(y[-1]), info["steps"]) == (1.0, 12)
    for wrong in (0, -1.0, math.nan):
        with pytest.raises(ValueError, match=r"odeint_taylor: max_step is .*; give a number above 0"):
            odeint_taylor(lambda y, t: y, 1.0, [0.0, 1.0], max_step=wrong)
    with pytest.raises(TypeError, match=r"odeint_taylor: max_step is str; give a number above 0"):
        odeint_taylor(lambda y, t: y, 1.0, [0.0, 1.0], max_step="1")


# -- derivatives -------------------------------------------------------------------------------------------------


def test_derivatives_across_kinks_and_across_jumps_in_the_time():
    y0, k = Variable(np.array(1.0)), Variable(np.array(0.5))
    y = odeint_taylor(lambda y, t: -1 + k * F.abs(y), y0, [0.0, 3.0])[-1]

    def exact(y0, k):  # y = 1/k - (1/k - y0) exp(k t) down to 0, then -1/k + exp(-k t)/k
        crossing = -F.log(1 - k * y0) / k
        return -1 / k + F.exp(-k * (3 - crossing)) / k

    for v in (y0, k):
        assert float(gradients(y, v)[0]) == pytest.approx(float(gradients(exact(y0, k), v)[0]), rel=1e-9)
    z = odeint_taylor(lambda y, t: F.floor(t) * k * y, y0, [0.0, 2.5])[-1]  # y0 exp(k (0 + 1 + 1))
    (first,) = gradients(z, k, create_graph=True)
    assert float(first) == pytest.approx(2 * math.e, rel=1e-9)
    assert float(gradients(first, k)[0]) == pytest.approx(4 * math.e, rel=1e-8)


def test_a_jump_that_moves_with_a_variable_has_no_derivative():
    def rates(y, t):
        return F.where(y < 1, 1.0, 2.0) + 0 * y

    y0, place = Variable(np.array(0.0)), Variable(np.array(0.4))
    with pytest.raises(GraphError, match=r"odeint_taylor: f jumps at t = 1, in \w+, at a place that depends on more"):
        odeint_taylor(rates, y0, [0.0, 3.0])
    with pytest.raises(GraphError, match=r"f jumps at t = 0\.4, in floor"):
        odeint_taylor(lambda y, t: F.floor(t / place) + 0 * y, 0.0, [0.0, 0.7])
    at_times = odeint_taylor(lambda y, t: F.where(t < 0.4, 1.0, place) * y, y0 + 1, [0.0, 1.0])[-1]
    assert float(gradients(at_times, y0)[0]) == pytest.approx(math.exp(0.4 + 0.6 * 0.4), rel=1e-10)
    assert float(gradients(at_times, place)[0]) == pytest.approx(0.6 * math.exp(0.64), rel=1e-10)
    with no_grad():
        assert end(rates, y0, [0.0, 3.0]) == pytest.approx(5, rel=1e-11)


def test_times_that_hold_variables_are_refused():
    with pytest.raises(TypeError, match=r"odeint_taylor: t holds a Variable; give times as plain numbers"):
        odeint_taylor(lambda y, t: -y, 1.0, [0.0, Variable(np.array(1.0))])


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("call", [1, 2, 5])
def test_an_error_inside_f_passes_and_leaves_nothing(error, call):
    y0, calls = Variable(np.array(1.0)), []

    def f(y, t):
        calls.append(1)
        if len(calls) == call:
            raise error("from inside")
        return -F.abs(y)

    with pytest.raises(error, match="from inside"):
        odeint_taylor(f, y0, [0.0, 1.0])
    y = odeint_taylor(f, y0, [0.0, 1.0])
    assert float(gradients(y[-1], y0)[0]) == pytest.approx(math.exp(-1), rel=1e-11)


def test_a_rate_without_a_solution_beyond_a_knot_is_told():
    with pytest.raises((RuntimeError, FloatingPointError), match=r"odeint_taylor: .*not smooth"):
        odeint_taylor(lambda y, t: -F.sign(y) + 0 * y, 1.0, [0.0, 2.0], max_steps=200)


def test_float32():
    found = odeint_taylor(lambda y, t: F.relu(F.sin(2 * np.pi * t)) + 0 * y, np.float32(0), [0.0, 3.0])
    assert found.dtype == np.float32
    assert float(found[-1]) == pytest.approx(3 / np.pi, rel=1e-5)
