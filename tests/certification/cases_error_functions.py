"""Cases of dezero.functions.special.error_functions."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

REAL = {"complex": "SciPy's refuses complex numbers"}


def erfcx(mp, x):
    return mp.exp(x * x) * mp.erfc(x)


def dawsn(mp, x):
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def ndtri(mp, x):
    return mp.sqrt(2) * mp.erfinv(2 * x - 1)


def log_ndtr(mp, x):
    upper = mp.erfc(abs(x) / mp.sqrt(2)) / 2
    return mp.log1p(-upper) if x > 0 else mp.log(upper)


CASES = [
    Case(F.erf, Reals(-3, 3, also=[0.0]), like=special.erf, mp="erf", covers=("gaussian",)),
    Case(F.erfc, Reals(-3, 3, also=[0.0]), like=special.erfc, mp="erfc"),
    Case(
        F.erfinv,
        Reals(-0.9, 0.9, also=[0.0]),
        like=special.erfinv,
        mp="erfinv",
        special=[(1.0, np.inf)],
        without=REAL,
    ),
    Case(
        F.erfcinv,
        Reals(0.1, 1.9, also=[1.0]),
        like=special.erfcinv,
        mp=lambda mp, x: mp.erfinv(1 - x),
        special=[(0.0, -np.inf)],
        without=REAL,
    ),
    Case(
        F.erfcx,
        Reals(-2, 15, also=[0.0]),
        like=special.erfcx,
        mp=erfcx,
        covers=("erfcx_derivative",),
    ),
    Case(F.dawsn, Reals(-5, 15, also=[0.0]), like=special.dawsn, mp=dawsn, covers=("dawsn_derivative",)),
    Case(F.ndtr, Reals(-5, 5, also=[0.0]), like=special.ndtr, mp="ncdf"),
    Case(F.ndtri, Reals(0.1, 0.9, also=[0.5]), like=special.ndtri, mp=ndtri, without=REAL),
    Case(
        F.log_ndtr,
        Reals(-15, 5, also=[0.0]),
        like=special.log_ndtr,
        mp=log_ndtr,
        covers=("log_ndtr_derivative",),
    ),
]
