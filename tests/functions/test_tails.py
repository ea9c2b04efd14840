"""Derivatives keep their digits where a function levels off, down to the least numbers, in every reading.

The reference is mpmath's derivative of the first derivative, written so that it does not cancel.
"""

import functools

import numpy as np
import pytest
from mpmath import mp, mpf

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.derivatives import jvp
from dezero.series import jet

ORDERS = 4


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def bump(x):
    """The derivative of sigmoid."""
    return sigmoid(x) * sigmoid(-x)


def density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def distribution(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def softplus(x):
    return mp.log1p(mp.exp(x))


def mish_slope(x):
    u = softplus(x)
    return mp.tanh(u) + x * mp.sech(u) ** 2 * sigmoid(x)


def gelu_slope_by_tanh(x):
    a = 2 * mp.sqrt(2 / mp.pi)
    b = mpf(0.044715) * a
    u = a * x + b * x**3
    return sigmoid(u) + x * bump(u) * (a + 3 * b * x * x)


SMALL = [10.0**k for k in (-20, -10, -5)]
MIDDLE = [0.03, 0.3, 0.9, 1.7, 3.3, 7.0, 15.0]
FAR = [27.0, 38.0, 45.0, 100.0, 350.0, 700.0]
EXPONENTIAL = SMALL + MIDDLE + FAR
BOTH = [-x for x in EXPONENTIAL] + EXPONENTIAL

# name: function, its first derivative in mpmath, points
FUNCTIONS = {
    "tanh": (F.tanh, lambda x: mp.sech(x) ** 2, BOTH),
    "sigmoid": (F.sigmoid, bump, BOTH),
    "expit": (F.expit, bump, BOTH),
    "softplus": (F.softplus, sigmoid, BOTH),
    "log_sigmoid": (F.log_sigmoid, lambda x: sigmoid(-x), BOTH),
    "silu": (F.silu, lambda x: sigmoid(x) + x * bump(x), BOTH),
    "mish": (F.mish, mish_slope, BOTH),
    "gelu": (F.gelu, lambda x: distribution(x) + x * density(x), [x for x in BOTH if abs(x) < 40]),
    "gelu by tanh": (lambda x: F.gelu(x, "tanh"), gelu_slope_by_tanh, BOTH),
    "erf": (F.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), BOTH),
    "erfc": (F.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x), BOTH),
    "ndtr": (F.ndtr, density, BOTH),
    "log_ndtr": (F.log_ndtr, lambda x: density(x) / distribution(x), BOTH),
    "logaddexp": (lambda x: F.logaddexp(x, 0.5), lambda x: sigmoid(x - mpf(0.5)), BOTH),
}


@functools.cache
def exact(name, x):
    """Derivatives of orders 1 to ORDERS."""
    levels_off = abs(x) > 30 and name != "log_ndtr"  # some of the slopes are exp(-|x|) away from 1
    with mp.workdps(80 + 350 * levels_off):
        return [float(d) for d in mp.diffs(FUNCTIONS[name][1], mpf(x), ORDERS - 1)]


def by_gradients(f, x, simplify):
    with using_config("simplify", simplify):
        x = Variable(x)
        y, found = f(x), []
        for _ in range(ORDERS):
            (y,) = gradients(y, x, create_graph=True)
            found.append(y.data)
    return found


def by_raw_backward(f, x):
    """The last of each order without a record."""
    found = []
    for order in range(ORDERS):
        t = Variable(x)
        y = f(t)
        for _ in range(order):
            (y,) = gradients(y, t, create_graph=True)
        found.append(gradients(y, t)[0].data)
    return found


def by_jvp(f, x):
    found, g = [], f
    for _ in range(ORDERS):
        g = functools.partial(lambda g, x: jvp(g, (x,), (np.ones(x.shape),))[1], g)
        found.append(g(Variable(x)).data)
    return found


def by_jets(f, x):
    one, zero = np.ones(x.shape), np.zeros(x.shape)
    return [np.asarray(y.data) for y in jet(f, (x,), ([one, *[zero] * (ORDERS - 1)],))[1]]


READINGS = {
    "recorded": lambda f, x: by_gradients(f, x, True),
    "plain": lambda f, x: by_gradients(f, x, False),
    "raw": by_raw_backward,
    "jvp": by_jvp,
    "jets": by_jets,
}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_in_the_tails(name, reading):
    f, _, points = FUNCTIONS[name]
    found = np.array(READINGS[reading](f, np.array(points)))
    right = np.array([exact(name, x) for x in points]).T
    wrong = ~(np.abs(found - right) <= 1e-10 * np.abs(right) + 1e-307)
    assert not wrong.any(), [(k + 1, points[i], found[k, i], right[k, i]) for k, i in np.argwhere(wrong)]
