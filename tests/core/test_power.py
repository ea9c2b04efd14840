"""Derivatives of a**b in both arguments, where the base is 0 too: each is its limit from above, of any order."""

import math

import mpmath
import numpy as np
import pytest

import dezero as D
import dezero.functions as F
from dezero import Variable, gradients

READINGS = ["recorded", "unsimplified", "jvp", "jet"]
inf = math.inf


def derivatives(reading, a, b, orders):
    """The derivative of a**b of the given orders in a and in b, in one reading."""
    if reading in ("recorded", "unsimplified"):
        with D.using_config("simplify", reading == "recorded"):
            leaves = [Variable(np.array(v)) for v in (a, b)]
            y = F.pow(*leaves)
            for i, order in enumerate(orders):
                for _ in range(order):
                    (y,) = gradients(y, [leaves[i]], create_graph=True)
        return y.item()

    def differentiated(f, i):
        def slope(*xs):
            return D.jvp(lambda x: f(*xs[:i], x, *xs[i + 1 :]), (xs[i],), (np.ones(()),))[1]

        return slope

    if reading == "jvp":
        f = F.pow
        for i, order in enumerate(orders):
            for _ in range(order):
                f = differentiated(f, i)
        return f(np.array(a), np.array(b)).item()
    in_base = D.derivative(lambda x, y: F.pow(x, y), orders[0]) if orders[0] else F.pow
    with_exponent = D.derivative(lambda y: in_base(np.array(a), y), orders[1]) if orders[1] else None
    return (with_exponent(np.array(b)) if with_exponent else in_base(np.array(a), np.array(b))).item()


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("b", "orders", "limit"),
    [
        (0.5, (1, 0), inf),
        (0.5, (2, 0), -inf),
        (0.5, (1, 1), -inf),
        (1.0, (1, 0), 1.0),
        (1.0, (2, 0), 0.0),
        (1.0, (1, 1), -inf),
        (1.0, (0, 1), 0.0),
        (1.0, (0, 2), 0.0),
        (1.0, (2, 1), inf),
        (1.5, (1, 1), 0.0),
        (1.5, (2, 0), inf),
        (2.0, (1, 1), 0.0),
        (2.0, (2, 0), 2.0),
        (2.0, (2, 1), -inf),
        (3.0, (2, 1), 0.0),
        (3.0, (3, 0), 6.0),
        (0.0, (1, 0), 0.0),
        (0.0, (0, 1), 0.0),  # by convention, as everywhere else; no derivative exists
        (0.0, (1, 1), inf),
        (0.0, (0, 2), inf),
        (-1.0, (0, 1), -inf),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_derivatives_at_base_zero_are_limits(reading, b, orders, limit):
    found = derivatives(reading, 0.0, b, orders)
    assert found == limit or (math.isnan(found) and math.isinf(limit))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("orders", [(1, 0), (0, 1), (1, 1), (2, 1), (1, 2), (0, 4), (4, 0), (3, 2)])
@pytest.mark.parametrize(("a", "b"), [(0.3, 2.0), (1.7, -0.6), (2.5, 3.0), (1e-3, 1.5)])
def test_mixed_derivatives_against_mpmath(reading, a, b, orders):
    with mpmath.workdps(60):
        wanted = float(mpmath.diff(lambda x, y: x**y, (mpmath.mpf(a), mpmath.mpf(b)), orders))
    assert derivatives(reading, a, b, orders) == pytest.approx(wanted, rel=1e-13)


def test_a_power_whose_weight_is_zero_stays_zero_where_the_power_leaves_the_range():
    x = Variable(np.array([1e-200, 2.0]))
    y = x ** np.array([2.0, 2.0])
    for _ in range(4):
        (y,) = gradients(y, x, create_graph=True)
    np.testing.assert_array_equal(y.data, [0.0, 0.0])


def test_complex_powers_at_zero_and_elsewhere():
    a, b = Variable(np.array([0.0, -2.0 + 1j])), Variable(np.array([1.5 + 0.5j, 0.3 - 0.2j]))
    ga, gb = gradients(F.sum(F.real(F.pow(a, b))), [a, b], create_graph=True)
    z, w = a.data[1], b.data[1]
    np.testing.assert_allclose(ga.data, np.conj([0.0, w * z ** (w - 1)]), rtol=1e-13)
    np.testing.assert_allclose(gb.data, np.conj([0.0, z**w * np.log(z)]), rtol=1e-13)


def test_integers_and_narrow_numbers_have_derivatives_in_floats():
    x = Variable(np.array([0.0, 1.0, 2.0], np.float32))
    bases = np.array([200, 3, 0], np.uint8)
    (g,) = gradients(bases**x, x, create_graph=True)
    np.testing.assert_allclose(g.data, [np.log(200), 3 * np.log(3), 0], rtol=1e-6)
    assert g.dtype == np.float32
