"""Cases of dezero.functions.elementwise.signs."""

import dezero.functions as F
from dezero.testing import Case, Reals

KINKS = {"complex": "complex numbers have no order"}

CASES = [
    Case(F.sign, Reals(-3, 3, avoid=[0]), mp="sign", special=[(0.0, 0.0)], without=KINKS),
    Case(F.abs, Reals(-3, 3, avoid=[0]), mp=lambda mp, x: abs(x), special=[(0.0, 0.0)], without=KINKS),
    Case(F.positive, Reals(-3, 3), mp=lambda mp, x: x),
    Case(F.fabs, Reals(-3, 3, avoid=[0]), mp=lambda mp, x: abs(x), special=[(0.0, 0.0)], without=KINKS),
    Case(
        F.copysign,
        Reals(-3, 3, avoid=[0]),
        Reals(-3, 3, avoid=[0]),
        mp=lambda mp, a, b: abs(a) * mp.sign(b),
        special=[((-2.0, -0.0), (1.0, 0.0)), ((0.0, 1.0), (0.0, 0.0))],
        without=KINKS,
    ),
    Case(
        F.heaviside,
        Reals(-3, 3, avoid=[0]),
        Reals(-3, 3),
        mp=lambda mp, x, h: mp.mpf(x > 0),
        special=[((0.0, 0.5), (0.0, 1.0))],
        without=KINKS,
    ),
]
