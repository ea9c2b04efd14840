"""Cases of dezero.functions.nn.activation."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Normal, Reals


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def mp_sigmoid(mp, x):
    return 1 / (1 + mp.exp(-x))


def mp_softplus(mp, x):
    return mp.log1p(mp.exp(x))


ORDERED = {"complex": "it compares numbers"}

CASES = [
    Case(
        F.sigmoid,
        Reals(-5, 5, also=[0.0]),
        like=sigmoid,
        mp=mp_sigmoid,
        covers=("sigmoid_slope", "sigmoid_tilt"),
    ),
    Case(F.sigmoid, Reals(-60, -20), like=sigmoid, mp=mp_sigmoid, label="left tail"),
    Case(
        F.sigmoid_simple,
        Reals(-5, 5, also=[0.0]),
        like=sigmoid,
        mp=mp_sigmoid,
        without={"extremes": "the formula as it stands rounds 1 + x"},
    ),
    Case(
        F.log_sigmoid,
        Reals(-5, 5, also=[0.0]),
        like=lambda x: np.log(sigmoid(x)),
        mp=lambda mp, x: -mp_softplus(mp, -x),
    ),
    Case(F.softplus, Reals(-5, 5, also=[0.0]), like=lambda x: np.log(1 + np.exp(x)), mp=mp_softplus),
    Case(
        F.softplus,
        Reals(-3, 3, also=[0.0]),
        beta=2.0,
        like=lambda x, beta: np.log(1 + np.exp(beta * x)) / beta,
        mp=lambda mp, x: mp_softplus(mp, 2 * x) / 2,
        label="beta",
    ),
    Case(F.silu, Reals(-5, 5, also=[0.0]), like=lambda x: x * sigmoid(x), mp=lambda mp, x: x * mp_sigmoid(mp, x)),
    Case(F.gelu, Reals(-4, 4, also=[0.0]), like=lambda x: x * special.ndtr(x), mp=lambda mp, x: x * mp.ncdf(x)),
    Case(
        F.gelu,
        Reals(-4, 4, also=[0.0]),
        approximate="tanh",
        like=lambda x, approximate: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        mp=lambda mp, x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3))),
        label="tanh",
    ),
    Case(
        F.mish,
        Reals(-5, 5, also=[0.0]),
        like=lambda x: x * np.tanh(np.log(1 + np.exp(x))),
        mp=lambda mp, x: x * mp.tanh(mp_softplus(mp, x)),
    ),
    Case(
        F.softsign,
        Reals(-3, 3, avoid=[0]),
        like=lambda x: x / (1 + np.abs(x)),
        mp=lambda mp, x: x / (1 + abs(x)),
        special=[(0.0, 1.0)],
        without=ORDERED,
    ),
    Case(F.tanhshrink, Reals(-3, 3, also=[0.0]), like=lambda x: x - np.tanh(x), mp=lambda mp, x: x - mp.tanh(x)),
    Case(F.glu, Normal(2, 6), like=lambda x: x[:, :3] * sigmoid(x[:, 3:])),
    Case(F.glu, Normal(4, 3), axis=0, like=lambda x, axis: x[:2] * sigmoid(x[2:]), label="axis"),
    Case(
        F.relu,
        Reals(-3, 3, avoid=[0]),
        like=lambda x: np.maximum(x, 0),
        mp=lambda mp, x: max(x, 0),
        special=[(0.0, 0.0)],
        without=ORDERED,
    ),
]
