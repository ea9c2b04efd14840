"""odeint_taylor: values against closed forms and 30 digits, derivatives, and what it refuses."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients, no_grad
from dezero.optimize import odeint_taylor

# -- values ------------------------------------------------------------------------------------------------------


@given(st.floats(-3, 3), st.floats(0.1, 3), st.booleans())
def test_linear_equations_forwards_and_backwards(rate, length, back):
    times = np.linspace(0, -length if back else length, 7)
    y = odeint_taylor(lambda y, t: rate * y, np.array([1.0, -2.0]), times)
    assert y.shape == (7, 2)
    np.testing.assert_allclose(y.data, np.exp(rate * times)[:, None] * [1.0, -2.0], rtol=2e-11)


def test_a_rate_that_depends_on_the_time():
    times = np.array([0.5, 0.5, 1.0, 3.0])
    y = odeint_taylor(lambda y, t: F.cos(t) * y, math.exp(math.sin(0.5)), times)
    np.testing.assert_allclose(y.data, np.exp(np.sin(times)), rtol=1e-11)


def test_rates_of_the_time_alone_constants_and_the_state_itself():
    y = odeint_taylor(lambda y, t: (t**2, 0 * t + 2, y[2]), (0.0, 0.0, 1.0), [0.0, 2.0])
    np.testing.assert_allclose([float(v[-1]) for v in y], [8 / 3, 4, np.exp(2)], rtol=1e-12)
    still = odeint_taylor(lambda y, t: 0 * y, np.ones(3), [0.0, 1e6])
    np.testing.assert_array_equal(still.data, np.ones((2, 3)))


def test_a_start_at_zero_and_passages_through_zero():
    times = np.linspace(0, 20, 41)
    y, _ = odeint_taylor(lambda s, t: (s[1], -s[0]), (0.0, 1.0), times)
    np.testing.assert_allclose(y.data, np.sin(times), atol=1e-11)
    np.testing.assert_allclose(odeint_taylor(lambda y, t: F.cos(t), 0.0, times).data, np.sin(times), atol=2e-11)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_accuracy_is_relative_to_the_size_of_the_solution(size):
    y = odeint_taylor(lambda y, t: -y, size, [0.0, 40.0])
    assert float(y[-1]) == pytest.approx(size * math.exp(-40), rel=1e-10)


@pytest.mark.parametrize("power", [3, 10, 20])
def test_a_series_with_gaps_is_seen_through(power):
    """At t = 0 the coefficients that tell the step are all zero."""
    y = odeint_taylor(lambda y, t: power * t ** (power - 1) * y, 1.0, [0.0, 1.1])
    assert float(y[-1]) == pytest.approx(math.exp(1.1**power), rel=1e-10)


def test_a_kink_is_stepped_up_to():
    y, info = odeint_taylor(lambda y, t: F.abs(t - 1) + 0 * y, 0.0, [0.0, 2.0], full_output=True)
    assert float(y[-1]) == pytest.approx(1, abs=1e-10)
    assert info["rejected"] > 0


def kepler(state, t):
    q, p = state
    return p, -q / F.sum(q * q) ** 1.5


ECCENTRICITY = 0.6
PERIHELION = np.array([1 - ECCENTRICITY, 0]), np.array([0, math.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY))])


def test_keplers_orbit_keeps_its_energy_for_a_hundred_periods():
    q, p = odeint_taylor(kepler, PERIHELION, np.linspace(0, 200 * np.pi, 201))
    energy = (p.data**2).sum(1) / 2 - 1 / np.sqrt((q.data**2).sum(1))
    np.testing.assert_allclose(energy, -0.5, rtol=1e-11)
    np.testing.assert_allclose(q.data[::2], np.tile(PERIHELION[0], (101, 1)), atol=1e-8)


def lorenz(s, t):
    x, y, z = s
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def lorenz_in_thirty_digits(end, steps, order):
    """The same equation by a Taylor recurrence of its own."""
    s, h = [mpmath.mpf(1)] * 3, mpmath.mpf(end) / steps
    for _ in range(steps):
        c = [[v] for v in s]
        x, y, z = c
        for k in range(order):
            xz = sum(x[j] * z[k - j] for j in range(k + 1))
            xy = sum(x[j] * y[k - j] for j in range(k + 1))
            # 10 and 28 are exact; 8/3 is the double that dezero is given
            rates = (10 * (y[k] - x[k]), 28 * x[k] - xz - y[k], xy - mpmath.mpf(8 / 3) * z[k])
            for v, rate in zip(c, rates, strict=True):
                v.append(rate / (k + 1))
        s = [sum(a * h**k for k, a in enumerate(v)) for v in c]
    return [float(v) for v in s]


def test_lorenz_against_thirty_digits():
    with mpmath.workdps(30):
        exact = lorenz_in_thirty_digits(10, 320, 28)
    for tol, digits in ((1e-12, 5e-9), (1e-16, 1e-11)):  # errors grow about e^(0.9 t), by 1e4 at t = 10
        found = [float(v[-1]) for v in odeint_taylor(lorenz, (1.0, 1.0, 1.0), [0.0, 10.0], tol=tol)]
        np.testing.assert_allclose(found, exact, rtol=digits)


def test_the_order_of_the_method_is_the_order_asked_for():
    """One step of a length that is known: the error is the first term left out."""
    y = odeint_taylor(lambda y, t: y, 1.0, [0.0, 1e-3], order=2, tol=0.5)
    assert float(y[-1]) - math.exp(1e-3) == pytest.approx(-(1e-9) / 6, rel=1e-3)
    infos = [odeint_taylor(kepler, PERIHELION, [0.0, 6.0], order=p, full_output=True)[1] for p in (8, 15, 30)]
    assert infos[0]["steps"] > infos[1]["steps"] > infos[2]["steps"]
    assert [info["order"] for info in infos] == [8, 15, 30]


def test_states_of_any_shape_in_a_tree():
    a = np.array([[0.0, 1.0], [-1.0, 0.0]])
    y = odeint_taylor(lambda y, t: {"R": a @ y["R"], "s": [F.sum(y["R"] ** 2)]}, {"R": np.eye(2), "s": [0.0]}, [0, 1.0])
    c, s = math.cos(1), math.sin(1)
    np.testing.assert_allclose(y["R"].data[-1], [[c, s], [-s, c]], rtol=1e-12)
    np.testing.assert_allclose(y["s"][0].data, [0, 2], rtol=1e-12, atol=0)


def test_float32_stays():
    y = odeint_taylor(lambda y, t: -y, np.array(1.0, np.float32), [0.0, 1.0])
    assert y.dtype == np.float32
    assert float(y[-1]) == pytest.approx(math.exp(-1), rel=1e-6)


def test_one_time_is_the_start():
    assert odeint_taylor(lambda y, t: y, 2.0, [3.0]).data.tolist() == [2.0]


# -- derivatives -------------------------------------------------------------------------------------------------


def test_derivatives_in_the_start_and_a_parameter():
    a, y0 = Variable(np.array(0.7)), Variable(np.array(1.5))
    y = odeint_taylor(lambda y, t, a: a * y, y0, [0.0, 1.0, 2.0], args=(a,))
    z = y[-1]
    assert float(gradients(y[0], y0)[0]) == 1
    for n in range(1, 5):
        (z,) = gradients(z, a, create_graph=True)
        assert float(z) == pytest.approx(1.5 * 2**n * math.exp(1.4), rel=1e-9)
        assert float(gradients(z, y0)[0]) == pytest.approx(2**n * math.exp(1.4), rel=1e-9)


def test_variables_that_f_uses_from_outside_are_parameters_too():
    k = Variable(np.array(2.0))
    y = odeint_taylor(lambda y, t: -k * y * y, 1.0, [0.0, 3.0])  # 1 / (1 + k t)
    y[-1].backward()
    assert float(k.grad) == pytest.approx(-3 / 49, rel=1e-10)


def test_the_start_used_inside_f_too_is_told_from_the_state():
    y0 = Variable(np.array(0.5))
    y = odeint_taylor(lambda y, t: y0 * y, y0, [0.0, 2.0])  # y0 exp(2 y0)
    (first,) = gradients(y[-1], y0, create_graph=True)
    assert float(first) == pytest.approx(2 * math.exp(1), rel=1e-10)
    assert float(gradients(first, y0)[0]) == pytest.approx((2 + 2 + 4 * 0.5) * math.exp(1), rel=1e-9)


def test_the_gradient_of_an_orbit_against_differences():
    p0 = Variable(np.array(PERIHELION[1]))
    weights = np.array([0.3, -0.7])

    def end(p0):
        q, _ = odeint_taylor(kepler, (PERIHELION[0], p0), [0.0, 4.0], tol=1e-15)
        return F.sum(q[-1] * weights)

    end(p0).backward()
    h = 1e-5
    for i, e in enumerate(np.eye(2)):
        with no_grad():
            difference = (float(end(p0.data + h * e)) - float(end(p0.data - h * e))) / (2 * h)
        assert float(p0.grad.data[i]) == pytest.approx(difference, rel=1e-7)


def test_plain_numbers_and_no_grad_record_nothing():
    assert odeint_taylor(lambda y, t: y, 1.0, [0.0, 1.0]).creator is None
    y0 = Variable(np.array(1.0))
    with no_grad():
        y = odeint_taylor(lambda y, t: y, y0, [0.0, 1.0])
    assert y.creator is None
    assert float(y[-1]) == pytest.approx(math.e, rel=1e-12)


# -- bad input ---------------------------------------------------------------------------------------------------


def rate(y, t):
    return -y


def test_times():
    for times in ([0.0, 1.0, 0.5], [0.0, np.inf], [0.0, np.nan]):
        with pytest.raises(ValueError, match="odeint_taylor: t must be finite and increase or decrease throughout"):
            odeint_taylor(rate, 1.0, times)
    for times in ([], 3.0, [[0.0, 1.0]]):
        with pytest.raises(ValueError, match=r"odeint_taylor: t is .*; give a sequence of times"):
            odeint_taylor(rate, 1.0, times)
    with pytest.raises(TypeError, match=r"odeint_taylor: t is a Variable; give times as plain numbers"):
        odeint_taylor(rate, 1.0, Variable(np.array([0.0, 1.0])))


def test_order_and_tolerance():
    with pytest.raises(ValueError, match=r"odeint_taylor: order is 1; give 2 or more"):
        odeint_taylor(rate, 1.0, [0, 1.0], order=1)
    with pytest.raises(TypeError, match=r"odeint_taylor: order is number 4.0; give a whole number"):
        odeint_taylor(rate, 1.0, [0, 1.0], order=4.0)
    with pytest.raises(ValueError, match=r"odeint_taylor: tol is 0; give a number between 0 and 1"):
        odeint_taylor(rate, 1.0, [0, 1.0], tol=0)


def test_what_f_returns():
    with pytest.raises(TypeError, match=r"odeint_taylor: the function returned number 1.0; compute its result"):
        odeint_taylor(lambda y, t: 1.0, 1.0, [0, 1.0])
    with pytest.raises(
        ValueError, match=r"odeint_taylor: f returned a float64 array of shape \(\) for a state of shape"
    ):
        odeint_taylor(lambda y, t: F.sum(y), np.ones(2), [0, 1.0])
    with pytest.raises(ValueError, match=r"odeint_taylor: f's result has the structure \{'a': \*\}, y0 has \*"):
        odeint_taylor(lambda y, t: {"a": y}, np.ones(2), [0, 1.0])


def test_what_y0_holds():
    with pytest.raises(TypeError, match=r"odeint_taylor: y0 holds a complex128 array .*real and imaginary parts"):
        odeint_taylor(rate, 1j, [0, 1.0])
    with pytest.raises(ValueError, match=r"odeint_taylor: y0 holds no array"):
        odeint_taylor(rate, (), [0, 1.0])


def test_a_solution_that_runs_to_infinity():
    with pytest.raises(FloatingPointError, match=r"odeint_taylor: .* at t = 1\.0|at t = 0\.99"):
        odeint_taylor(lambda y, t: y * y, 1.0, [0.0, 2.0])


def test_a_time_turned_into_a_number_is_not_believed():
    with pytest.raises(RuntimeError, match=r"odeint_taylor: 50 steps reach t = .* or it made a plain number of t or y"):
        odeint_taylor(lambda y, t: -y + math.sin(t), 1.0, [0.0, 10.0], max_steps=50)


@pytest.mark.parametrize(
    ("f", "end"),
    [
        (lambda y, t: y + t, math.e - 2),
        (lambda y, t: F.sin(t), 1 - math.cos(1)),
        (lambda y, t: F.sin(t) - y, (math.sin(1) - math.cos(1) + math.exp(-1)) / 2),
        (lambda y, t: t**3 * F.exp(t), 6 - 2 * math.e),
    ],
)
def test_what_starts_at_rest(f, end):
    assert odeint_taylor(f, 0.0, [0.0, 1.0])[-1].item() == pytest.approx(end, rel=1e-12)
