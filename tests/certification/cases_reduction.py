"""Cases of dezero.functions.reduction."""

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
]
