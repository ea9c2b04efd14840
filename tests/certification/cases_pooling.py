"""Cases of dezero.functions.windows.pooling."""

from functools import partial

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

KINKED = {"complex": "complex numbers have no order"}
average = partial(naive.adaptive_pool, reduce=np.mean)


def spaced(*shape):
    """Numbers far enough from each other that the place of a maximum stays where it is."""
    return lambda rng: rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape) / 2


CASES = [
    Case(
        F.pooling,
        spaced(2, 2, 3, 4),
        like=naive.pool,
        kernel_size=2,
        covers=("max_pool", "max_unpool", "max_gather"),
        without=KINKED,
    ),
    Case(
        F.pooling,
        spaced(1, 2, 5),
        like=naive.pool,
        kernel_size=3,
        stride=2,
        pad=1,
        label="padding, one axis",
        without=KINKED,
    ),
    Case(F.pooling, spaced(1, 1, 2, 3, 4), like=naive.pool, kernel_size=2, label="three axes", without=KINKED),
    Case(F.average_pooling, Normal(2, 2, 3, 4), like=naive.average_pool, kernel_size=2, covers=("sum_windows",)),
    Case(
        F.average_pooling,
        Normal(1, 2, 4, 5),
        like=naive.average_pool,
        kernel_size=(3, 2),
        stride=(1, 3),
        pad=1,
        label="padding",
    ),
    Case(F.global_max_pooling, spaced(2, 3, 2, 4), like=partial(naive.adaptive_pool, output_size=1), without=KINKED),
    Case(F.global_average_pooling, Normal(2, 3, 2, 4), like=partial(average, output_size=1)),
    Case(F.adaptive_max_pooling, spaced(1, 2, 5, 4), like=naive.adaptive_pool, output_size=(3, 2), without=KINKED),
    Case(F.adaptive_average_pooling, Normal(1, 2, 5, 4), like=average, output_size=(3, 2)),
    Case(F.adaptive_average_pooling, Normal(1, 2, 4, 6), like=average, output_size=2, label="equal windows"),
    Case(F.adaptive_average_pooling, Normal(1, 1, 2, 3, 4), like=average, output_size=(1, 2, 3), label="three axes"),
    Case(F.pooling_simple, spaced(1, 2, 3, 4), like=naive.pool, kernel_size=2, pad=1, without=KINKED),
]
