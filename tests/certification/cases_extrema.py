"""Cases of dezero.functions.reductions.extrema."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case

ORDERED = {"complex": "it compares numbers"}


def Apart(*shape):
    """Numbers in random order, no two of them close."""
    n = int(np.prod(shape))
    return lambda rng: rng.permutation(np.arange(n) + rng.uniform(-0.2, 0.2, n)).reshape(shape) - n / 2


CASES = [
    Case(function, Apart(2, 3, 4), like=like, **parameters, covers=covers, without=ORDERED, label=label)
    for function, like, covers in (
        (F.max, np.max, ("extremum_shares",)),
        (F.min, np.min, ()),
        (F.ptp, np.ptp, ()),
        (F.nanmax, np.nanmax, ()),
        (F.nanmin, np.nanmin, ()),
    )
    for label, parameters in {
        "": {},
        "axis": {"axis": 1},
        "last axis, keepdims": {"axis": -1, "keepdims": True},
        "two axes": {"axis": (2, 0)},
        "all, keepdims": {"keepdims": True},
    }.items()
]
CASES += [
    Case(
        function,
        Apart(2, 5, 3),
        like=like,
        axis=axis,
        covers=["running_shares"],
        without=ORDERED,
        label=label,
    )
    for function, like in (
        (F.cummax, lambda x, axis: np.maximum.accumulate(x.ravel() if axis is None else x, axis or 0)),
        (F.cummin, lambda x, axis: np.minimum.accumulate(x.ravel() if axis is None else x, axis or 0)),
    )
    for label, axis in {"": None, "axis": 1, "last axis": -1}.items()
]
