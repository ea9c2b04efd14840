"""Cases of dezero.functions.arrays.shape."""

import dezero.functions as F
from dezero.autodiff import broadcasting
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
]
