"""Cases of dezero.functions.elementwise.exponential."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

NO_COMPLEX = "NumPy's refuses complex numbers"


def logaddexp(mp, a, b):
    return mp.log(mp.exp(a) + mp.exp(b))


def logaddexp2(mp, a, b):
    return mp.log(2**a + 2**b, 2)


def expit(mp, x):
    return 1 / (1 + mp.exp(-x))


def cbrt(mp, x):
    return mp.cbrt(x) if x > 0 else -mp.cbrt(-x)


CASES = [
    Case(F.exp, Reals(-3, 3), mp="exp"),
    Case(F.log, Reals(0.2, 5), mp="log"),
    Case(F.sqrt, Reals(0.2, 5), mp="sqrt", special=[(0.0, float("inf"))]),
    Case(F.exp2, Reals(-3, 3), mp=lambda mp, x: 2**x),
    Case(F.expm1, Reals(-9, 3, also=[0.0]), mp="expm1"),
    Case(F.log2, Reals(0.2, 9), mp=lambda mp, x: mp.log(x, 2)),
    Case(F.log10, Reals(0.2, 9), mp="log10"),
    Case(F.log1p, Reals(-0.8, 9, also=[0.0]), mp="log1p"),
    Case(F.expit, Reals(-9, 9, also=[0.0]), like=lambda x: 1 / (1 + np.exp(-x)), mp=expit),
    Case(
        F.logaddexp,
        Reals(-5, 5, also=[1.5]),
        Reals(-5, 5, also=[1.5]),
        mp=logaddexp,
        special=[
            ((1000.0, 1000.0), (0.5, 0.5)),
            ((-1000.0, 1000.0), (0.0, 1.0)),
            ((-np.inf, 1.0), (0.0, 1.0)),
            ((-np.inf, -np.inf), (0.5, 0.5)),
        ],
        covers=("exponent_difference",),
        without={"complex": NO_COMPLEX},
    ),
    Case(
        F.logaddexp2,
        Reals(-5, 5, also=[1.5]),
        Reals(-5, 5, also=[1.5]),
        mp=logaddexp2,
        special=[((2000.0, 2000.0), (0.5, 0.5)), ((np.inf, 1.0), (1.0, 0.0))],
        without={"complex": NO_COMPLEX},
    ),
    Case(F.square, Reals(-3, 3, also=[0.0]), mp=lambda mp, x: x * x),
    Case(F.reciprocal, Reals(-9, 9, avoid=[0]), mp=lambda mp, x: 1 / x),
    Case(
        F.cbrt,
        Reals(-9, 9, avoid=[0]),
        mp=cbrt,
        special=[(0.0, np.inf), (-8.0, 1 / 12)],
        without={"complex": NO_COMPLEX},
    ),
    Case(
        F.float_power,
        Reals(0.5, 3),
        Reals(-3, 3, also=[2.0]),
        mp="power",
        without={"float32": "it computes in float64 whatever it is given"},
    ),
    Case(
        F.ldexp,
        Reals(-3, 3),
        mp=lambda mp, x: 8 * x,
        call=lambda x: F.ldexp(x, 3),
        like=lambda x: np.ldexp(x, 3),
        without={"complex": NO_COMPLEX},
    ),
    Case(
        F.ldexp,
        np.array([[0.5, -2.0, 3.0]]),
        call=lambda x: F.ldexp(x, np.array([[3], [-1]])),
        like=lambda x: np.ldexp(x, np.array([[3], [-1]])),
        label="exponents broadcast",
        without={"complex": NO_COMPLEX},
    ),
    Case(
        F.frexp,
        Reals(5, 7),
        mp=lambda mp, x: x / 8,
        call=lambda x: F.frexp(x)[0],
        like=lambda x: np.frexp(x)[0],
        without={"complex": NO_COMPLEX, "extremes": "mpmath's form knows one exponent only"},
    ),
]
