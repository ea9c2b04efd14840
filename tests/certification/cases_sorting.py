"""Cases of dezero.functions.indexing.sorting."""

import numpy as np

import dezero.functions.indexing.sorting as S
from dezero.testing import Case

COMPLEX = {"complex": "the order of complex numbers jumps"}
FEW = COMPLEX | {"empty": "there are no such elements"}


def apart(*shape):
    """Numbers so far from each other that they keep their order where they are moved."""
    return lambda rng: rng.permutation(np.arange(np.prod(shape)) - 2.2).reshape(shape)


def numpys_partition(x, kth, axis=-1):
    return np.take_along_axis(x, np.argpartition(x, kth, axis), axis)


def numpys_top(x, k, axis=-1):
    return np.flip(np.sort(x, axis), axis).take(range(k), axis), np.flip(np.argsort(x, axis), axis).take(range(k), axis)


CASES = [
    Case(S.sort, apart(5), without=COMPLEX, covers=["sorting_places", "pick", "place"]),
    Case(S.sort, apart(3, 2), axis=0, without=COMPLEX, label="axis"),
    Case(S.sort, apart(2, 3), axis=None, without=COMPLEX, label="ravelled"),
    Case(S.partition, apart(2, 4), like=numpys_partition, kth=2, without=FEW, covers=["partition_places"]),
    Case(S.partition, apart(4, 2), like=numpys_partition, kth=(0, 3), axis=0, without=FEW, label="axis, several"),
    Case(S.top_k, apart(6), like=numpys_top, k=2, without=FEW, covers=["top_places"]),
    Case(S.top_k, apart(4, 2), like=numpys_top, k=3, axis=0, without=FEW, label="axis"),
    Case(
        S.top_k,
        apart(2, 4),
        like=lambda x, k, largest: (np.sort(x)[:, :k], np.argsort(x)[:, :k]),
        k=2,
        largest=False,
        without=FEW,
        label="smallest",
    ),
]
