"""Cases of dezero.functions.elementwise.common."""

import dezero.functions as F
from dezero.testing import Bools, Case, Reals

COMPARES = {"complex": "it compares numbers"}

CASES = [
    Case(F.exp, Reals(-3, 3), mp="exp"),
    Case(F.log, Reals(0.2, 5), mp="log"),
    Case(F.sqrt, Reals(0.2, 5), mp="sqrt", special=[(0.0, float("inf"))]),
    Case(F.sin, Reals(-4, 4, also=[0.0]), mp="sin"),
    Case(F.cos, Reals(-4, 4, also=[0.0]), mp="cos"),
    Case(F.tan, Reals(-1.2, 1.2, also=[0.0]), mp="tan"),
    Case(F.tanh, Reals(-3, 3, also=[0.0]), mp="tanh", covers=("tanh_slope",)),
    Case(F.sign, Reals(-3, 3, avoid=[0]), mp="sign", special=[(0.0, 0.0)], without=COMPARES),
    Case(F.abs, Reals(-3, 3, avoid=[0]), mp=lambda mp, x: abs(x), special=[(0.0, 0.0)], without=COMPARES),
    Case(
        F.maximum,
        Reals(-3, 3),
        Reals(-3, 3),
        mp=lambda mp, a, b: max(a, b),
        covers=("greater_share",),
        special=[((1.0, 1.0), (0.5, 0.5)), ((2.0, 1.0), (1.0, 0.0)), ((1.0, 2.0), (0.0, 1.0))],
        without=COMPARES,
    ),
    Case(
        F.minimum,
        Reals(-3, 3),
        Reals(-3, 3),
        mp=lambda mp, a, b: min(a, b),
        special=[((1.0, 1.0), (0.5, 0.5)), ((2.0, 1.0), (0.0, 1.0)), ((1.0, 2.0), (1.0, 0.0))],
        without=COMPARES,
    ),
    Case(F.where, Bools(), Reals(-3, 3), Reals(-3, 3), mp=lambda mp, c, a, b: a if c else b),
    Case(
        F.where,
        Reals(-3, 3, avoid=[0]),
        form=lambda F, x: F.where(F.greater(x, 0), F.sin(x), F.exp(x)),
        mp=lambda mp, x: mp.sin(x) if x > 0 else mp.exp(x),
        without=COMPARES,
        label="branches of one argument",
    ),
]
