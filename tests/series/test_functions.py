"""Series through calls of Functions: users' own, checkpoints and roots."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.derivatives.checkpointing import checkpoint
from dezero.derivatives.implicit.solutions import custom_root


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return gy * 3 * x * x


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return gy * self.outputs[0]()


class Sin(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * Cos()(self.inputs[0])


class Cos(Function):
    def forward(self, x):
        return np.cos(x)

    def backward(self, gy):
        return -gy * Sin()(self.inputs[0])


class Two(Function):
    def forward(self, a, b):
        return np.sin(a) * b, np.exp(a * b)

    def backward(self, g, h):
        a, b = self.inputs
        e = self.outputs[1]()
        return g * F.cos(a) * b + h * e * b, g * F.sin(a) + h * e * a


def root(x):
    return custom_root(lambda z, x: z**3 + z - x, 1.0, x)


CASES = {
    "inputs": lambda x: Cube()(F.sin(x)),
    "outputs": lambda x: Exp()(x * x),
    "Functions in backward": lambda x: Sin()(x * x),
    "several outputs": lambda x: (lambda a, b: a * b + a)(*Two()(F.sin(x), x * x)),
    "custom_root": root,
    "checkpoint": checkpoint(lambda x: F.exp(F.sin(x) * x)),
    "custom_root in checkpoint": lambda x: checkpoint(lambda x: root(x) * x)(F.exp(x)),
}


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_jets_through_functions_are_the_repeated_derivatives(name, record):
    x = Variable(np.array(0.7))
    y = CASES[name](x)
    terms = y.jet(x, 5, create_graph=record)
    for term in terms:
        assert float(term) == pytest.approx(float(y), rel=1e-13)
        (y,) = gradients(y, x, create_graph=True)
