"""Softmax and losses of scores keep their digits where one class has nearly all: of two classes they are sigmoid."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives import jvp

FAR = [-600.0, -300.0, -40.0, -17.0, 0.3, 5.0, 17.0, 40.0, 300.0, 600.0]


def sigmoid_orders(x):
    """sigmoid and its derivatives, from exponentials of negative numbers alone."""
    e = np.exp(-abs(x))
    bump = e / (1 + e) ** 2
    tilt = np.tanh(x / 2)
    return [(1 if x > 0 else e) / (1 + e), bump, -bump * tilt, bump * (tilt * tilt - 2 * bump)]


LABEL, OTHER = np.array([0]), np.array([1])
# a function of a score x beside one of 0, and its derivatives 1 to 3 as those of sigmoid s: (order of s, factor, at -x)
CASES = {
    "softmax": (lambda z: F.softmax(z)[0, 0], lambda x: sigmoid_orders(x)[1:4]),
    "softmax's other": (lambda z: F.softmax(z)[0, 1], lambda x: [-d for d in sigmoid_orders(x)[1:4]]),
    "log_softmax": (lambda z: F.log_softmax(z)[0, 0], lambda x: [sigmoid_orders(-x)[0], *_minus(x)]),
    "logsumexp": (lambda z: F.logsumexp(z), lambda x: sigmoid_orders(x)[:3]),
    "softmax_cross_entropy": (
        lambda z: F.softmax_cross_entropy(z, LABEL),
        lambda x: [-sigmoid_orders(-x)[0], *sigmoid_orders(x)[1:3]],
    ),
    "softmax_cross_entropy of the other": (
        lambda z: F.softmax_cross_entropy(z, OTHER),
        lambda x: sigmoid_orders(x)[:3],
    ),
    "sigmoid_cross_entropy of 1": (
        lambda z: F.sigmoid_cross_entropy(z[:, 0], LABEL + 1),
        lambda x: [-sigmoid_orders(-x)[0], *sigmoid_orders(x)[1:3]],
    ),
    "sigmoid_cross_entropy of 0": (lambda z: F.sigmoid_cross_entropy(z[:, 0], LABEL), lambda x: sigmoid_orders(x)[:3]),
}


def _minus(x):
    return [-d for d in sigmoid_orders(x)[1:3]]


def by_gradients(f, x):
    leaf = Variable(np.array(x))
    y, found = f(F.stack([leaf, 0 * leaf]).reshape(1, 2)), []
    for _ in range(3):
        (y,) = gradients(y, leaf, create_graph=True)
        found.append(y.item())
    return found


def by_jvp(f, x):
    g, found = f, []
    for _ in range(3):
        g = _pushed(g)
        found.append(g(Variable(np.array([[x, 0.0]]))).item())
    return found


def _pushed(f):
    return lambda z: jvp(f, (z,), (np.array([[1.0, 0.0]]),))[1]


@pytest.mark.parametrize("way", [by_gradients, by_jvp])
@pytest.mark.parametrize("x", FAR)
@pytest.mark.parametrize("name", CASES)
def test_two_classes_are_sigmoid(name, x, way):
    f, right = CASES[name]
    np.testing.assert_allclose(way(f, x), right(x), rtol=1e-11)


@pytest.mark.parametrize("x", [17.0, 40.0, 300.0, 700.0])
def test_losses_that_are_next_to_nothing(x):
    z = Variable(np.array([[x, 0.0]]))
    for loss in (F.softmax_cross_entropy(z, LABEL), -F.log_softmax(z)[0, 0], F.logsumexp(z - x)):
        np.testing.assert_allclose(loss.item(), np.exp(-x), rtol=1e-7 if x < 18 else 1e-12)
    np.testing.assert_allclose(F.sigmoid_cross_entropy(z[:, 0], LABEL + 1).item(), np.exp(-x), rtol=1e-7)
