"""Cases of dezero.functions.reductions.quantiles."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case

ORDERED = {"complex": "it compares numbers"}
METHODS = [
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "nearest",
    "midpoint",
]


def Apart(*shape):
    """Numbers in random order, no two of them close."""
    n = int(np.prod(shape))
    return lambda rng: rng.permutation(np.arange(n) + rng.uniform(-0.2, 0.2, n)).reshape(shape) - n / 2


CASES = [
    Case(function, Apart(2, 3, 4), **parameters, **more, without=ORDERED, covers=["position_of_rank"], label=label)
    for function, more in ((F.median, {}), (F.quantile, {"q": 0.3}), (F.percentile, {"q": 80.0}))
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
        F.quantile,
        Apart(3, 5),
        q=np.array([[0.0, 0.25, 1.0], [0.9, 0.5, 0.1]]),
        axis=1,
        without=ORDERED,
        label="several",
    ),
    *[Case(F.quantile, Apart(2, 6), q=[0.05, 0.3, 0.8], axis=1, method=m, without=ORDERED, label=m) for m in METHODS],
]
