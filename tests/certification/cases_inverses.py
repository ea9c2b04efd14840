"""Cases of dezero.functions.special.inverses."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

REAL = {"complex": "SciPy's refuses complex numbers"}


def logit(mp, x):
    return mp.log(x / (1 - x))


CASES = [
    Case(F.logit, Reals(0.1, 0.9, also=[0.5]), like=special.logit, mp=logit, without=REAL),
    Case(
        F.lambertw,
        Reals(-0.25, 9, also=[0.0]),
        like=lambda x: special.lambertw(x).real.astype(np.result_type(x, np.float32)),
        mp="lambertw",
        special=[(0.0, 1.0)],
        without={"complex": "the reference takes the real part"},
    ),
    Case(
        F.lambertw,
        Reals(-0.3, -0.05),
        call=lambda x: F.lambertw(x, k=-1),
        like=lambda x: special.lambertw(x, -1).real,
        mp=lambda mp, x: mp.lambertw(x, -1),
        label="branch -1",
        without={"complex": "the reference takes the real part"},
    ),
]
