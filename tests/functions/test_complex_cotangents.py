"""Real results that go on into complex arithmetic: their complex cotangents count by their real part."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients, using_config

X = np.array([[0.3, -0.7, 1.9]])
WEIGHTS = np.array([[0.5 + 1j, -1.2 + 0.3j, 0.7 - 0.8j]])


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, g):
        (x,) = self.inputs
        assert g.dtype.kind == "f"
        return g * 3 * x**2


def lstm(x):
    h = F.lstm(F.reshape(x, (1, 1, 3)), np.zeros((1, 3)), np.zeros((1, 3)), np.eye(3, 12), np.eye(3, 12), np.zeros(12))
    return F.reshape(h[0], (1, 3))


FUNCTIONS = {
    "ldexp": lambda x: F.ldexp(x, 2),
    "frexp": lambda x: F.frexp(x)[0],
    "lstm": lstm,
    "a user's": lambda x: Cube()(x),
}


def slopes(f, turned, create_graph):
    x = Variable(X)
    (g,) = gradients(F.sum(turned(f(x))), x, create_graph=create_graph)
    return [g.data, gradients(F.sum(g * g), x)[0].data] if create_graph else [g.data]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", ["raw", "simplified", "as written"])
def test_the_gradient_is_that_of_cosines_and_sines(name, way):
    with using_config("simplify", way != "as written"):
        got = slopes(FUNCTIONS[name], lambda y: F.real(F.exp(1j * y) * WEIGHTS), way != "raw")
        right = slopes(FUNCTIONS[name], lambda y: F.cos(y) * WEIGHTS.real - F.sin(y) * WEIGHTS.imag, way != "raw")
    for g, r in zip(got, right, strict=True):
        assert g.dtype == np.float64
        np.testing.assert_allclose(g, r, rtol=1e-12, atol=1e-14)
