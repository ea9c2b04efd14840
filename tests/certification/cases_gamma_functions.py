"""Cases of dezero.functions.special.gamma_functions."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

REAL = {"complex": "SciPy's refuses complex numbers"}
POLAR = {"complex": "between two poles there is no room for the curve"}
POLES = [-3, -2, -1, 0]


def log_gamma(mp, x):
    return mp.log(abs(mp.gamma(x)))


CASES = [
    Case(F.gamma, Reals(0.3, 5), like=special.gamma, mp="gamma"),
    Case(F.gamma, Reals(-3, 0, avoid=POLES), like=special.gamma, mp="gamma", label="negative", without=POLAR),
    Case(
        F.gammaln,
        Reals(-3, 9, avoid=POLES),
        like=special.gammaln,
        mp=log_gamma,
        without=REAL,
    ),
    Case(F.digamma, Reals(-3, 9, avoid=POLES), like=special.digamma, mp="digamma", without=POLAR),
    Case(
        F.polygamma,
        Reals(-3, 9, avoid=POLES),
        call=lambda x: F.polygamma(2, x),
        like=lambda x: special.polygamma(2, x).astype(np.result_type(x, np.float32)),
        mp=lambda mp, x: mp.psi(2, x),
        without=REAL | {"extremes": "mpmath takes as many steps as the argument is below 0"},
    ),
    Case(F.beta, Reals(0.2, 5), Reals(0.2, 5), like=special.beta, mp="beta", without=REAL),
    Case(
        F.betaln,
        Reals(0.2, 5),
        Reals(0.2, 5),
        like=special.betaln,
        mp=lambda mp, a, b: mp.log(mp.beta(a, b)),
        without=REAL,
    ),
    Case(
        F.zeta,
        Reals(0.2, 9),
        call=lambda q: F.zeta(2.5, q),
        like=lambda q: special.zeta(2.5, q),
        mp=lambda mp, q: mp.zeta(2.5, q),
        without=REAL,
    ),
]
