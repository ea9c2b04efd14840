"""Arrays of swapped bytes, as files hold them, give what those of the machine's own give."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

A = np.array([[1.0, 3.0, 2.0], [2.0, 5.0, -1.0], [0.5, 0.25, 4.0]])
FUNCTIONS = {
    "max": lambda x: F.max(x, axis=0),
    "min": F.min,
    "ptp": F.ptp,
    "cummax": F.cummax,
    "cummin": lambda x: F.cummin(x, axis=1),
    "lu": lambda x: F.lu(x)[2],
    "solve": lambda x: F.solve(x, np.ones(3)),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_values_and_gradients(function, create_graph):
    found = []
    for array in (A.copy(), A.astype(A.dtype.newbyteorder())):
        x = Variable(array)
        y = function(x)
        found.append((y.data, gradients(F.sum(F.sin(y)), x, create_graph=create_graph)[0].data))
    for right, swapped in zip(*found, strict=True):
        np.testing.assert_allclose(swapped, right, rtol=1e-14)
