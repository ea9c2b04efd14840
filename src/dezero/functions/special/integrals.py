"""Integrals that have names of their own: exponential, sine, Fresnel's, Spence's; ImportError without SciPy."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.declare import declare, elementwise, publish
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import _scipy
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.special import sinc  # noqa: F401 - declares cardinal_sine
from dezero.functions.special._analytic import cauchy, family

expi = elementwise(
    "expi",
    special_value("expi"),
    lambda F, g, x, y: g * F.exp(x) / x,
    doc="""Exponential integral Ei: the principal value of the integral of exp(t) / t from -inf to x; -inf at 0.

    >>> expi(Variable(np.array(0.0)))
    variable(-inf)
    """,
)

exp1 = elementwise(
    "exp1",
    special_value("exp1"),
    lambda F, g, x, y: -(g * F.exp(-x)) / x,
    doc="""Exponential integral E1: the integral of exp(-t) / t from x to inf; inf at 0 and nan below.

    >>> exp1(Variable(np.array(0.0)))
    variable(inf)
    """,
)

_sine_integral = elementwise(
    "sine_integral",
    lambda x: in_precision_of(_scipy.special.sici(x)[0], x),
    lambda F, g, x, y: g * F.cardinal_sine(x),
    doc="Integral of sin(t) / t from 0 to x.",
)

_cosine_integral = elementwise(
    "cosine_integral",
    lambda x: in_precision_of(_scipy.special.sici(x)[1], x),
    lambda F, g, x, y: g * F.cos(x) / x,
    doc="The sum of Euler's constant, log(|x|), and the integral of (cos(t) - 1) / t from 0 to x.",
)


def sici(x: ArrayLike) -> tuple[Variable, Variable]:
    """Sine integral Si(x) and cosine integral Ci(x) = Ci(-x), of arrays of any shape.

    >>> si, ci = sici(Variable(np.array(0.0)))
    >>> si, ci
    (variable(0.0), variable(-inf))
    """
    return _sine_integral(x), _cosine_integral(x)


def _wave(x: Array, quarters: int) -> Array:
    """sin(pi / 2 (x*x + quarters)), with x*x taken modulo 4 before it is rounded: of large x nothing else is left.

    The rounding error of x*x is that of T. J. Dekker, Numer. Math. 18 (1971) 224. From 2**53 on all x are even.
    """
    wave = (np.sin, np.cos)[quarters % 2]
    sign = 1 if quarters < 2 else -1
    if np.iscomplexobj(x):
        return in_precision_of(sign * wave(x * x * (math.pi / 2)), x)
    z = np.asarray(x, np.float64)
    z = np.where(np.abs(z) < 2.0**53, z, np.where(np.isfinite(z), 0.0, np.nan))
    high = 134217729.0 * z  # 2**27 + 1: the high half of the digits
    high = high - (high - z)
    low = z - high
    square = z * z
    rest = ((high * high - square) + 2 * high * low) + low * low
    return in_precision_of(sign * wave((np.fmod(square, 4) + np.fmod(rest, 4)) * (math.pi / 2)), x)


declare(
    Op(
        "fresnel_wave",
        ELEMENTWISE,
        _wave,
        [lambda F, g, x, y, quarters: g * (math.pi * x * F.fresnel_wave(x, quarters=(quarters + 1) % 4))],
    )
)

_fresnel_sine = elementwise(
    "fresnel_sine",
    lambda x: in_precision_of(_scipy.special.fresnel(x)[0], x),
    lambda F, g, x, y: g * F.fresnel_wave(x, quarters=0),
    doc="Integral of sin(pi t*t / 2) from 0 to x.",
)

_fresnel_cosine = elementwise(
    "fresnel_cosine",
    lambda x: in_precision_of(_scipy.special.fresnel(x)[1], x),
    lambda F, g, x, y: g * F.fresnel_wave(x, quarters=1),
    doc="Integral of cos(pi t*t / 2) from 0 to x.",
)


def fresnel(x: ArrayLike) -> tuple[Variable, Variable]:
    """Fresnel integrals S(x) and C(x), of sin(pi t*t / 2) and of cos(pi t*t / 2) from 0 to x.

    >>> fresnel(Variable(np.array(np.inf)))
    (variable(0.5), variable(0.5))
    """
    return _fresnel_sine(x), _fresnel_cosine(x)


publish("sici", sici)
publish("fresnel", fresnel)


def _log_ratio(z: Array) -> Array:
    return np.log(z) / (1 - z)


def _spence_derivative(x: Array, order: int) -> Array:
    if order == 1:  # exact near 1, too, but for 0 / 0 itself
        return np.where(x == 1, -1, _log_ratio(x))
    if not np.iscomplexobj(x):
        x = np.where(x < 0, np.nan, x)
    room = np.where(x.real < 0, np.abs(x.imag), np.abs(x))  # from the cut along the negative half-axis
    return cauchy(_log_ratio, x, order - 1, 0.65 * room, 45 + order)


spence = family(
    "spence",
    special_value("spence"),
    _spence_derivative,
    doc="""Spence's function, the integral of log(t) / (1 - t) from 1 to x: the dilogarithm of 1 - x; nan below 0.

    >>> x = Variable(np.array(1.0))
    >>> spence(x).backward()
    >>> x.grad
    variable(-1.0)
    """,
)
