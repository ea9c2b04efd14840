"""Cases of dezero.functions.reductions.statistics."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

PATCHY = np.array([[np.nan, 2.0, 1.0], [0.5, np.nan, -1.0]])
WEIGHTS = np.array([[1.0, 2.0, 0.5], [0.25, 3.0, 1.0]])


def var(x, axis=None, ddof=0, keepdims=False):
    """NumPy's squares the absolute value, which is not holomorphic."""
    x = np.asarray(x)
    if x.dtype.kind != "c":
        return np.var(x, axis, ddof=ddof, keepdims=keepdims)
    squares = (x - x.mean(axis, keepdims=True)) ** 2
    n = squares.size // max(squares.sum(axis).size, 1)
    return squares.sum(axis, keepdims=keepdims) / (n - ddof)


def std(x, **parameters):
    return np.sqrt(var(x, **parameters))


AXES = {
    "": {},
    "axis": {"axis": 1},
    "last axis, keepdims": {"axis": -1, "keepdims": True},
    "two axes": {"axis": (2, 0)},
    "all, keepdims": {"keepdims": True},
}
CASES = [
    Case(function, Normal(2, 3, 4), like=like, **parameters, **freedom, label=label)
    for function, like, freedom in ((F.var, var, {}), (F.std, std, {"ddof": 1}))
    for label, parameters in AXES.items()
]
CASES += [
    Case(function, Normal(2, 3, 4), **parameters, label=label)
    for function in (F.nansum, F.nanmean, F.nanprod)
    for label, parameters in AXES.items()
]
CASES += [
    Case(F.average, Normal(2, 3)),
    Case(F.average, Normal(2, 3), WEIGHTS, form=lambda F, x, w: F.average(x, 1, w), label="weights"),
    Case(
        F.average,
        Normal(2, 3),
        WEIGHTS[0],
        form=lambda F, x, w: F.average(x, 1, w, keepdims=True),
        label="weights of an axis",
    ),
    Case(
        F.average, Normal(3, 2, 2), WEIGHTS.T, form=lambda F, x, w: F.average(x, (0, 2), w), label="weights of two axes"
    ),
    Case(F.average, Normal(2, 3), WEIGHTS, form=lambda F, x, w: F.average(x, 0, w, returned=True), label="returned"),
]
