"""Cases of dezero.functions.elementwise.bounds."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

KINKS = {"complex": "complex numbers have no order"}


def greater(mp, a, b):
    return max(a, b)


def smaller(mp, a, b):
    return min(a, b)


CASES = [
    Case(
        F.maximum,
        Reals(-3, 3),
        Reals(-3, 3),
        mp=greater,
        covers=("greater_share",),
        special=[((1.0, 1.0), (0.5, 0.5)), ((2.0, 1.0), (1.0, 0.0)), ((1.0, 2.0), (0.0, 1.0))],
        without=KINKS,
    ),
    Case(
        F.minimum,
        Reals(-3, 3),
        Reals(-3, 3),
        mp=smaller,
        special=[((1.0, 1.0), (0.5, 0.5)), ((2.0, 1.0), (0.0, 1.0)), ((1.0, 2.0), (1.0, 0.0))],
        without=KINKS,
    ),
    Case(
        F.fmax,
        Reals(-3, 3),
        Reals(4, 9),
        mp=greater,
        covers=("fmax_share",),
        special=[((1.0, 1.0), (0.5, 0.5)), ((np.nan, 2.0), (0.0, 1.0)), ((2.0, np.nan), (1.0, 0.0))],
        without=KINKS,
    ),
    Case(
        F.fmin,
        Reals(-3, 3),
        Reals(4, 9),
        mp=smaller,
        covers=("fmin_share",),
        special=[((1.0, 1.0), (0.5, 0.5)), ((np.nan, 2.0), (0.0, 1.0)), ((2.0, np.nan), (1.0, 0.0))],
        without=KINKS,
    ),
    Case(
        F.clip,
        Reals(-3, 3, avoid=[-1, 1]),
        covers=("at_least", "at_most"),
        mp=lambda mp, x: min(max(x, -1), 1),
        special=[(-1.0, 1.0), (1.0, 1.0), (1.5, 0.0)],
        a_min=-1.0,
        a_max=1.0,
        without=KINKS,
    ),
    Case(
        F.clip,
        Reals(-3, 3),
        Reals(-9, -4),
        Reals(4, 9),
        mp=lambda mp, x, low, high: min(max(x, low), high),
        special=[((1.0, 2.0, 3.0), (0.0, 1.0, 0.0)), ((4.0, 2.0, 3.0), (0.0, 0.0, 1.0))],
        label="bounds that move",
        without=KINKS,
    ),
    Case(
        F.nan_to_num,
        Reals(-3, 3),
        mp=lambda mp, x: x,
        special=[(np.nan, 0.0), (np.inf, 0.0), (2.0, 1.0)],
        covers=("is_finite",),
        without=KINKS,
    ),
    Case(
        F.nan_to_num,
        np.array([1.0, np.nan, np.inf, -np.inf]),
        nan=1.0,
        posinf=2.0,
        neginf=3.0,
        label="replacements",
        without=KINKS,
    ),
]
