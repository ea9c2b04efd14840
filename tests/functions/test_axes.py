"""Axes as arguments: whole numbers in range."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable

TAKE_AN_AXIS = {
    "sum": F.sum,
    "mean": F.mean,
    "prod": F.prod,
    "max": F.max,
    "var": F.var,
    "softmax": F.softmax,
    "cumsum": F.cumsum,
    "norm": lambda x, axis: F.norm(x, axis=axis),
    "sort": F.sort,
    "flip": F.flip,
    "squeeze": F.squeeze,
    "argmax": F.argmax,
    "expand_dims": F.expand_dims,
    "stack": lambda x, axis: F.stack([x, x], axis),
    "concatenate": lambda x, axis: F.concatenate([x, x], axis),
    "split": lambda x, axis: F.split(x, 1, axis),
    "method": lambda x, axis: x.sum(axis),
}


@pytest.mark.parametrize("axis", [True, False, np.True_], ids=repr)
@pytest.mark.parametrize("name", TAKE_AN_AXIS)
def test_a_bool_is_no_axis(name, axis):
    with pytest.raises(TypeError, match=r"\w+: axis takes whole numbers, not bools, got .*(True|False)"):
        TAKE_AN_AXIS[name](Variable(np.ones((1, 2))), axis)


@pytest.mark.parametrize(
    "call", [lambda x: F.sum(x, (0, True)), lambda x: F.transpose(x, (True, False)), lambda x: x.transpose(True, False)]
)
def test_a_bool_among_axes_is_none_either(call):
    with pytest.raises(TypeError, match=r"ax[ie]s takes whole numbers, not bools, got .*True"):
        call(Variable(np.ones((1, 2))))
