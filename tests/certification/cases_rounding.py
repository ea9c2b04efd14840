"""Cases of dezero.functions.elementwise.rounding."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

STEPS = {"complex": "it is a step function", "extremes": "numbers of such sizes are whole, where it jumps"}
WHOLE, HALVES = [-2, -1, 0, 1, 2], [-1.5, -0.5, 0.5, 1.5]


def trunc(mp, x):
    return mp.floor(x) if x > 0 else mp.ceil(x)


CASES = [
    Case(F.floor, Reals(-2, 2, avoid=WHOLE), mp="floor", special=[(1.0, 0.0)], without=STEPS),
    Case(F.ceil, Reals(-2, 2, avoid=WHOLE), mp="ceil", special=[(1.0, 0.0)], without=STEPS),
    Case(F.trunc, Reals(-2, 2, avoid=WHOLE), mp=trunc, special=[(1.0, 0.0)], without=STEPS),
    Case(F.rint, Reals(-2, 2, avoid=HALVES), mp="nint", special=[(0.5, 0.0)], without=STEPS),
    Case(F.round, Reals(-2, 2, avoid=HALVES), mp="nint", special=[(0.5, 0.0)], without=STEPS),
    Case(
        F.round,
        Reals(1.26, 1.34),
        call=lambda x: F.round(x, 1),
        like=lambda x: np.round(x, 1),
        mp=lambda mp, x: mp.mpf(1.3),
        label="decimals",
        without=STEPS,
    ),
    Case(
        F.floor_divide,
        Reals(6.2, 6.8),
        Reals(1.8, 2.0),
        mp=lambda mp, a, b: mp.floor(a / b),
        special=[((6.0, 2.0), (0.0, 0.0))],
        without=STEPS,
    ),
    Case(
        F.remainder,
        Reals(-6.8, -6.2),
        Reals(1.8, 2.0),
        mp=lambda mp, a, b: a - b * mp.floor(a / b),
        special=[((7.0, -3.0), (1.0, 3.0)), ((6.0, 0.1), (1.0, -59.0))],
        without=STEPS,
    ),
    Case(
        F.fmod,
        Reals(-6.8, -6.2),
        Reals(1.8, 2.0),
        mp=lambda mp, a, b: a + b * mp.floor(-a / b),
        special=[((7.0, -3.0), (1.0, 2.0)), ((6.0, 0.1), (1.0, -59.0))],
        without=STEPS,
    ),
    Case(
        F.modf,
        Reals(-2, 2, avoid=WHOLE),
        mp=lambda mp, x: x - trunc(mp, x),
        call=lambda x: F.modf(x)[0],
        like=lambda x: np.modf(x)[0],
        special=[(1.0, 1.0)],
        without=STEPS,
    ),
    Case(
        F.modf,
        Reals(-2, 2, avoid=WHOLE),
        mp=trunc,
        call=lambda x: F.modf(x)[1],
        like=lambda x: np.modf(x)[1],
        label="whole part",
        without=STEPS | {"integers": "trunc leaves integers what they are"},
    ),
    Case(
        "fractional_part",
        Reals(-2, 2, avoid=WHOLE),
        like=lambda x: np.modf(x)[0],
        mp=lambda mp, x: x - trunc(mp, x),
        special=[(-1.0, 1.0)],
        without=STEPS,
    ),
    Case(F.divmod, np.array([-6.5, 6.5]), np.array([1.9, -2.2]), without=STEPS),
]
