"""The cardinal sine, with every derivative."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from dezero.core.declare import publish
from dezero.core.dtypes import Array
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.special._analytic import family

_gauss = functools.cache(np.polynomial.legendre.leggauss)


def _turned(x: Array, quarters: int) -> Array:
    """cos(x + quarters * pi / 2)."""
    wave = (np.sin if quarters % 2 else np.cos)(x)
    return -wave if quarters % 4 in (1, 2) else wave


def _cardinal_sine_derivative(x: Array, order: int, angle: Array | None = None) -> Array:
    """The integral of t**order cos(x t + order pi / 2) over t from 0 to 1.

    Computed by Gauss's quadrature; far out by the recurrence that sin(x) = x f(x) gives, which loses no digits there.
    angle: x but for whole turns, where it is known to more digits than x has.
    """
    angle = x if angle is None else angle
    nodes, weights = _gauss(20 + order)
    near: Any = 0.0
    for t, w in zip((nodes + 1) / 2, weights / 2, strict=True):
        near = near + w * t**order * _turned(x * t, order)
    is_far = np.abs(x) > 10 + order
    x, angle = np.where(is_far, x, 1), np.where(is_far, angle, 1)
    far = np.sin(angle) / x
    for n in range(1, order + 1):
        far = (_turned(angle, n - 1) - n * far) / x
    return np.where(is_far, far, near)


_cardinal_sine = family(
    "cardinal_sine",
    lambda x: np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x)),
    _cardinal_sine_derivative,
    doc="sin(x) / x, and 1 at 0: the unnormalised sinc, with every derivative right at 0 and near it.",
)


def _angle(x: Array) -> Array:
    """pi x but for whole turns: of large real x, pi x has lost the digits that its sine depends on."""
    return math.pi * (x if np.iscomplexobj(x) else np.fmod(x, 2))


_normalised_sine = family(
    "normalised_sine",
    lambda x: np.where(x == 0, 1, np.sin(_angle(x)) / np.where(x == 0, 1, math.pi * x)),
    lambda x, order: math.pi**order * _cardinal_sine_derivative(math.pi * x, order, _angle(x)),
    doc="sin(pi x) / (pi x), and 1 at 0: NumPy's sinc.",
)


def sinc(x: ArrayLike) -> Variable:
    """NumPy's sinc, sin(pi x) / (pi x) and 1 at 0; derivatives of every order hold at 0 and near it.

    >>> x = Variable(np.array(0.0))
    >>> sinc(x).backward(create_graph=True)
    >>> x.grad
    variable(0.0)
    """
    return _normalised_sine(x)


publish("sinc", sinc)
