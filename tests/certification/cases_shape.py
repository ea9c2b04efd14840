"""Cases of dezero.functions.arrays.shape."""

import numpy as np

import dezero.functions as F
from dezero.core import broadcasting
from dezero.testing import Case, Normal

CASES = [
    Case(F.reshape, Normal(2, 3), form=lambda F, x: F.reshape(x, (3, 2))),
    Case(F.reshape, Normal(2, 3, 2), form=lambda F, x: F.reshape(x, (2, -1)), label="-1, rows kept"),
    Case(F.reshape, Normal(4), form=lambda F, x: F.reshape(x, (4, 1)), label="column"),
    Case(F.transpose, Normal(2, 3)),
    Case(F.transpose, Normal(2, 3, 4), axes=(1, 2, 0), label="axes"),
    Case(F.broadcast_to, Normal(2, 1), form=lambda F, x: F.broadcast_to(x, (4, 2, 3))),
    Case(F.sum_to, Normal(4, 2, 3), like=broadcasting.sum_to, shape=(2, 1)),
    Case(F.sum_to, Normal(2, 3), like=broadcasting.sum_to, shape=(3,), label="fewer axes"),
    Case(F.expand_dims, Normal(2, 3), axis=1),
    Case(F.expand_dims, Normal(2, 3), axis=-1, label="from the right"),
    Case(F.flatten, Normal(2, 3, 2), like=lambda x: x.reshape(x.shape[0], -1), without={"0-d": "a batch has an axis"}),
    Case(F.concatenate, Normal(2, 3), Normal(1, 3), form=lambda F, a, b: F.concatenate([a, b])),
    Case(
        F.concatenate,
        Normal(2, 3),
        Normal(2, 1),
        Normal(2, 2),
        form=lambda F, a, b, c: F.concatenate([a, b, c], axis=-1),
        label="three, last axis",
    ),
    Case(
        F.concatenate, Normal(2, 3), form=lambda F, a: F.concatenate([a, a * a, a]), label="one array again and again"
    ),
    Case(
        F.astype,
        Normal(2, 3),
        call=lambda x: F.astype(x, np.float64) * F.astype(x, np.float64),
        like=lambda x: x.astype(np.float64) ** 2,
        without={
            "float32": "changing the dtype is its purpose",
            "complex": "complex numbers would be cut to real ones",
        },
    ),
]
