"""A target to optimize: a layer that is nothing but its Parameters."""

import numpy as np
import pytest

from dezero import Parameter, Variable
from dezero.layers import Layer


class Holder(Layer):
    def __init__(self, *arrays):
        for i, array in enumerate(arrays):
            setattr(self, f"p{i}", Parameter(array))

    def give(self, *grads):
        for param, grad in zip(self.params(), grads, strict=True):
            param.grad = None if grad is None else Variable(np.asarray(grad))
        return self


@pytest.fixture
def holder():
    return Holder
