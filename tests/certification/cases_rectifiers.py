"""Cases of dezero.functions.nn.rectifiers."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

ORDERED = {"complex": "it compares numbers"}


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def mp_elu(mp, x, alpha=1):
    return x if x > 0 else alpha * mp.expm1(x)


def bounded(mp, x, low, high):
    return min(max(x, low), high)


CASES = [
    Case(
        F.leaky_relu,
        Reals(-3, 3, avoid=[0]),
        like=lambda x: np.where(x > 0, x, 0.2 * x),
        mp=lambda mp, x: x if x > 0 else mp.mpf(0.2) * x,
        special=[(0.0, 0.2)],
        without=ORDERED,
    ),
    Case(
        F.prelu,
        Reals(-3, 3, avoid=[0]),
        Reals(0.1, 0.9),
        like=lambda x, w: np.where(x > 0, x, w * x),
        mp=lambda mp, x, w: x if x > 0 else w * x,
        special=[((0.0, 0.5), (0.5, 0.0))],
        without=ORDERED,
    ),
    Case(
        F.elu,
        Reals(-3, 3, avoid=[0], also=[-50.0]),
        like=elu,
        mp=mp_elu,
        special=[(0.0, 1.0)],
        covers=["exp_to_zero"],
        without=ORDERED,
    ),
    Case(
        F.elu,
        Reals(-3, 3, avoid=[0]),
        alpha=0.5,
        like=elu,
        mp=lambda mp, x: mp_elu(mp, x, 0.5),
        special=[(0.0, 0.5)],
        without=ORDERED,
        label="alpha",
    ),
    Case(
        F.celu,
        Reals(-3, 3, avoid=[0]),
        alpha=0.5,
        like=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x / alpha, 0))),
        mp=lambda mp, x: x if x > 0 else mp.expm1(2 * x) / 2,
        special=[(0.0, 1.0)],
        without=ORDERED,
    ),
    Case(
        F.selu,
        Reals(-3, 3, avoid=[0]),
        like=lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772),
        mp=lambda mp, x: mp.mpf(1.0507009873554805) * mp_elu(mp, x, mp.mpf(1.6732632423543772)),
        without=ORDERED,
    ),
    Case(
        F.hardtanh,
        Reals(-3, 3, avoid=[-0.5, 2.0]),
        low=-0.5,
        high=2.0,
        like=lambda x, low, high: np.clip(x, low, high),
        mp=lambda mp, x: bounded(mp, x, -0.5, 2.0),
        special=[(-0.5, 0.0), (2.0, 0.0)],
        without=ORDERED,
    ),
    Case(
        F.relu6,
        Reals(-3, 9, avoid=[0, 6]),
        like=lambda x: np.clip(x, 0.0, 6.0),
        mp=lambda mp, x: bounded(mp, x, 0, 6),
        special=[(0.0, 0.0), (6.0, 0.0)],
        without=ORDERED,
    ),
    Case(
        F.hardsigmoid,
        Reals(-5, 5, avoid=[-3, 3]),
        like=lambda x: np.clip(x + 3, 0, 6) / 6,
        mp=lambda mp, x: bounded(mp, x + 3, 0, 6) / 6,
        special=[(-3.0, 0.0), (3.0, 0.0)],
        without=ORDERED,
    ),
    Case(
        F.hardswish,
        Reals(-5, 5, avoid=[-3, 3]),
        like=lambda x: x * np.clip(x + 3, 0, 6) / 6,
        mp=lambda mp, x: x * bounded(mp, x + 3, 0, 6) / 6,
        special=[(-3.0, 0.0), (3.0, 1.0)],
        without=ORDERED,
    ),
    Case(
        F.hardshrink,
        Reals(-2, 2, avoid=[-0.5, 0.5]),
        like=lambda x: np.where(np.abs(x) > 0.5, x, 0),
        mp=lambda mp, x: x if abs(x) > 0.5 else 0 * x,
        special=[(-0.5, 0.0), (0.5, 0.0)],
        covers=("outside",),
        without=ORDERED,
    ),
    Case(
        F.softshrink,
        Reals(-2, 2, avoid=[-0.5, 0.5]),
        like=lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        mp=lambda mp, x: x - bounded(mp, x, -0.5, 0.5),
        special=[(-0.5, 0.0), (0.5, 0.0)],
        without=ORDERED,
    ),
]
