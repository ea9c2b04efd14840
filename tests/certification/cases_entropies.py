"""Cases of dezero.functions.special.entropies."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

REAL = {"complex": "SciPy's refuses complex numbers"}


def xlog1py(mp, x, y):
    return x * mp.log(1 + y)


CASES = [
    Case(
        F.xlogy,
        Reals(-3, 3, also=[0.0]),
        Reals(0.2, 5),
        like=special.xlogy,
        mp=lambda mp, x, y: x * mp.log(y),
        special=[((0.0, 0.0), (-np.inf, 0.0)), ((0.0, 2.0), (np.log(2.0), 0.0)), ((2.0, 0.0), (-np.inf, np.inf))],
        covers=("divisor",),
    ),
    Case(
        F.xlog1py,
        Reals(-3, 3, also=[0.0]),
        Reals(-0.7, 5),
        like=special.xlog1py,
        mp=xlog1py,
        special=[((0.0, -1.0), (-np.inf, 0.0)), ((0.0, 0.0), (0.0, 0.0))],
    ),
    Case(
        F.entr,
        Reals(0.2, 5),
        like=special.entr,
        mp=lambda mp, x: -x * mp.log(x),
        special=[(0.0, np.inf)],
        without=REAL,
    ),
    Case(
        F.rel_entr,
        Reals(0.2, 5),
        Reals(0.2, 5),
        like=special.rel_entr,
        mp=lambda mp, x, y: x * mp.log(x / y),
        special=[((0.0, 2.0), (-np.inf, 0.0)), ((0.0, 0.0), (-np.inf, 0.0)), ((1.0, 1.0), (1.0, -1.0))],
        without=REAL,
    ),
]
