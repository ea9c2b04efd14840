"""Cases of dezero.functions.nn.dropout."""

import numpy as np

import dezero.functions as F
from dezero import test_mode
from dezero.testing import Case, Normal


def in_training(x):
    np.random.seed(0)
    return F.dropout(x, 0.4)


def in_training_reference(x):
    np.random.seed(0)
    return x * (np.random.rand(*x.shape) > 0.4) / 0.6


def in_use(x):
    with test_mode():
        return F.dropout(x, 0.4)


CASES = [
    Case(F.dropout, Normal(2, 3), call=in_training, like=in_training_reference),
    Case(F.dropout, Normal(2, 3), call=in_use, like=lambda x: x, label="in use"),
]
