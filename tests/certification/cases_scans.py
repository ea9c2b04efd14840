"""Cases of dezero.functions.reductions.scans."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

ZEROS = np.array([[1.5, -0.5, 2.0, 0.5], [0.0, 3.0, -1.0, 0.0], [2.0, 0.0, 1.0, -2.0]])


def log_of_running_sum(x, axis=None):
    """NumPy's logaddexp.accumulate knows no complex numbers."""
    return np.log(np.cumsum(np.exp(x), axis))


CASES = [
    Case(function, Normal(2, 4, 3), like=like, axis=axis, covers=covers, label=label)
    for function, like, covers in (
        (F.cumsum, np.cumsum, ()),
        (F.cumprod, np.cumprod, ("linear_recurrence",)),
        (F.logcumsumexp, log_of_running_sum, ("linear_recurrence",)),
    )
    for label, axis in {"": None, "axis": 1, "last axis": -1}.items()
]
CASES += [Case(F.cumprod, ZEROS, axis=1, label="zeros"), Case(F.cumprod, ZEROS, label="zeros, flattened")]
