"""Cases of dezero.functions.elementwise.trigonometric."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

NO_COMPLEX = "NumPy's refuses complex numbers"


def hypot(mp, a, b):
    return mp.sqrt(a * a + b * b)


CASES = [
    Case(F.sin, Reals(-4, 4, also=[0.0]), mp="sin"),
    Case(F.cos, Reals(-4, 4, also=[0.0]), mp="cos"),
    Case(F.tan, Reals(-1.2, 1.2, also=[0.0]), mp="tan"),
    Case(F.arcsin, Reals(-0.9, 0.9, also=[0.0, 0.9]), mp="asin", covers=("one_minus_square",), special=[(1.0, np.inf)]),
    Case(F.arccos, Reals(-0.9, 0.9, also=[0.0, 0.9]), mp="acos", special=[(-1.0, -np.inf)]),
    Case(F.arctan, Reals(-9, 9, also=[0.0]), mp="atan"),
    Case(
        F.hypot,
        Reals(-9, 9, avoid=[0]),
        Reals(-3, 3, avoid=[0]),
        mp=hypot,
        special=[((0.0, 0.0), (0.0, 0.0)), ((3.0, 0.0), (1.0, 0.0)), ((0.0, -2.0), (0.0, -1.0))],
        covers=("hypot_cosine",),
        without={"complex": NO_COMPLEX},
    ),
    Case(
        F.arctan2,
        Reals(-3, 3, avoid=[0]),
        Reals(-3, 3, avoid=[0]),
        mp="atan2",
        special=[
            ((0.0, 2.0), (0.5, 0.0)),
            ((0.0, -2.0), (-0.5, 0.0)),
            ((2.0, 0.0), (0.0, -0.5)),
            ((-2.0, 0.0), (0.0, 0.5)),
            ((0.0, 0.0), (np.nan, np.nan)),
        ],
        without={"complex": NO_COMPLEX},
    ),
    Case(F.degrees, Reals(-3, 3), mp="degrees", without={"complex": NO_COMPLEX}),
    Case(F.radians, Reals(-300, 300), mp="radians", without={"complex": NO_COMPLEX}),
]
