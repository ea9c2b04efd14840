"""Cases of dezero.functions.reductions.sums_and_products."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

LEGACY = {"0-d": "NumPy still takes axis -1 of an array that has none"}

CASES = [
    Case(function, Normal(2, 3, 4), **parameters, label=label, without=LEGACY if "last" in label else {})
    for function in (F.sum, F.mean)
    for label, parameters in {
        "": {},
        "axis": {"axis": 1},
        "last axis, keepdims": {"axis": -1, "keepdims": True},
        "two axes": {"axis": (2, 0)},
        "all, keepdims": {"keepdims": True},
    }.items()
] + [
    Case(F.prod, Normal(2, 3)),
    Case(F.prod, Normal(2, 3), axis=-1, keepdims=True, label="last axis, keepdims", without=LEGACY),
    Case(F.prod, np.array([[2.0, 0, -1.5], [0, 0, 3]]), label="zeros among all"),
    Case(F.prod, np.array([[2.0, 0, -1.5, 1], [0, 0.5, 3, 0]]), axis=1, label="zeros, axis"),
]
