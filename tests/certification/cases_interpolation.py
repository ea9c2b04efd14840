"""Cases of dezero.functions.signal.interpolation."""

import numpy as np

from dezero.functions.signal.interpolation import interp
from dezero.testing import Case, Reals

X = Reals(-2, 4, avoid=[-1, 0, 1, 3], shape=(2, 3))
XP, FP = np.array([-1.0, 0.0, 1.0, 3.0]), np.array([2.0, 3.0, -1.0, 0.5])
WITHOUT = {
    "complex": "the interval of a complex number is not defined",
    "float32": "NumPy's result is float64 always",
    "views": "reversed points do not ascend",
}

BEYOND = Reals(-3, 5, avoid=[-1, 0, 1, 3], shape=(5,))

CASES = [
    Case(interp, X, XP, FP, without=WITHOUT, covers=["point_before", "lookup", "lookup_sums"]),
    Case(
        interp,
        BEYOND,
        XP,
        FP,
        np.array(0.3),
        np.array(-0.6),
        like=lambda x, xp, fp, left, right: np.interp(x, xp, fp, left, right),
        without=WITHOUT | {"0-d": "one point is no interval"},
        label="values beyond",
    ),
    Case(
        interp,
        np.array([-1.5, 1.0, 7.1]),
        np.array([4.2, 0.4, 7.5, 1.7]),
        FP,
        period=5.0,
        without=WITHOUT,
        label="periodic",
        covers=["sorting_places"],
    ),
]
