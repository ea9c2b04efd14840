"""Cases of dezero.core.arithmetic."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

CASES = [
    Case(F.add, Reals(-3, 3), Reals(-3, 3), mp=lambda mp, a, b: a + b),
    Case(F.add, Reals(-3, 3), call=lambda x: x + 2, like=lambda x: x + 2, mp=lambda mp, x: x + 2, label="number"),
    Case(F.sub, Reals(-3, 3), Reals(-3, 3), like=np.subtract, mp=lambda mp, a, b: a - b),
    Case(
        F.sub, Reals(-3, 3), call=lambda x: 2 - x, like=lambda x: 2 - x, mp=lambda mp, x: 2 - x, label="from a number"
    ),
    Case(F.mul, Reals(-3, 3), Reals(-3, 3), like=np.multiply, mp=lambda mp, a, b: a * b),
    Case(F.mul, Reals(-3, 3), call=lambda x: 3 * x, like=lambda x: 3 * x, mp=lambda mp, x: 3 * x, label="number"),
    Case(F.div, Reals(-3, 3), Reals(0.5, 3), like=np.divide, mp=lambda mp, a, b: a / b),
    Case(F.div, Reals(-3, 3), call=lambda x: x / 3, like=lambda x: x / 3, mp=lambda mp, x: x / 3, label="by a number"),
    Case(
        F.div,
        Reals(-3, -0.4, also=[-1.0]),
        call=lambda x: 2 / x,
        like=lambda x: 2 / x,
        mp=lambda mp, x: 2 / x,
        label="of a number",
    ),
    Case(F.neg, Reals(-3, 3), like=np.negative, mp=lambda mp, x: -x),
    Case(
        F.pow,
        Reals(0.3, 2),
        Reals(-2, 3, also=[0.0, 1.0, 2.0]),
        like=np.power,
        mp=lambda mp, a, b: a**b,
        special=[((0.0, 2.0), (0.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)), ((-2.0, 3.0), (12.0, np.nan))],
        covers=("power_derivative",),
    ),
    Case(
        F.pow,
        Reals(-2, 2, also=[0.0]),
        call=lambda x: x**7,
        like=lambda x: x**7,
        mp=lambda mp, x: x**7,
        special=[(0.0, 0.0)],
        label="whole exponent",
    ),
    Case(
        F.pow,
        Reals(-2, -0.4),
        call=lambda x: F.pow(x, -3),
        like=lambda x: np.asarray(x, np.result_type(x, 0.0)) ** -3,
        mp=lambda mp, x: x**-3,
        label="negative whole exponent",
    ),
    Case(
        F.pow,
        Reals(0.4, 3),
        call=lambda x: x**2.5,
        like=lambda x: x**2.5,
        mp=lambda mp, x: x ** mp.mpf(2.5),
        label="broken exponent",
    ),
    Case(
        F.pow,
        Reals(-2, 2),
        call=lambda x: 3**x,
        like=lambda x: 3**x,
        mp=lambda mp, x: mp.mpf(3) ** x,
        label="of a number",
    ),
    Case(
        F.add,
        Reals(-2, 2),
        like=lambda x: 3 * np.sin(x) - 2 * np.cos(x) + np.sin(2 * x),
        call=lambda x: 3 * F.sin(x) - 2 * F.cos(x) + F.sin(2 * x),
        mp=lambda mp, x: 3 * mp.sin(x) - 2 * mp.cos(x) + mp.sin(2 * x),
        covers=["linear_combination"],
        label="sums whose derivatives are sums",
    ),
]
