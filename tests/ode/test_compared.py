"""Variables that a right side only compares with: where it jumps may move with them."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients
from dezero.optimize import odeint

RATES = {
    "a choice": lambda y, t, b: F.where(t < b, 1.0, 3.0) + 0 * y,
    "of something computed": lambda y, t, b: F.where(t < b * 0.5 + 0.25, 1.0, 3.0) + 0 * y,
    "a branch": lambda y, t, b: (1.0 if t < b else 3.0) + 0 * y,
    "of the state": lambda y, t, b: F.where(y < b + 0.7, 1.0, 3.0) + 0 * y,
}


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("start", [1.0, Variable(np.array(1.0))], ids=["number", "Variable"])
def test_a_derivative_in_what_is_only_compared_is_refused(name, start):
    b = Variable(np.array(0.5))
    y = odeint(lambda y, t: RATES[name](y, t, b), start, [0.0, 1.0])
    with pytest.raises(GraphError, match="odeint: f jumps at t = 0"):
        gradients(y[1], b)
