"""Cases of dezero.functions.linear_interpolation."""

import numpy as np

from dezero.functions.linear_interpolation import interp
from dezero.testing import Case, Reals

X = Reals(-2, 4, avoid=[-1, 0, 1, 3], shape=(2, 3))
XP, FP = np.array([-1.0, 0.0, 1.0, 3.0]), np.array([2.0, 3.0, -1.0, 0.5])
WITHOUT = {
    "complex": "the interval of a complex number is not defined",
    "float32": "NumPy's result is float64 always",
    "views": "reversed points do not ascend",
}

CASES = [
    Case(interp, X, XP, FP, without=WITHOUT, covers=["point_before", "lookup", "lookup_sums"]),
]
