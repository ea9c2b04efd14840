"""Activation functions of neural networks that are smooth, and the rectifier."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.call import operand
from dezero.core.declare import elementwise, public
from dezero.core.dtypes import Array
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import along, axis_of
from dezero.functions.arrays.dtype import floating
from dezero.functions.elementwise import bounds  # noqa: F401 - declares at_least and at_most
from dezero.functions.elementwise.complex_numbers import of_reals
from dezero.functions.elementwise.exponential import exp
from dezero.functions.elementwise.hyperbolic import tanh


def _sigmoid(x: Any) -> Array:
    if not isinstance(x, np.ndarray) and x.real > -10:
        return 1 / (1 + np.exp(x * -1.0))  # for a number, errstate would take most of the time
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(x * -1.0))


sigmoid = elementwise(
    "sigmoid",
    _sigmoid,
    lambda F, g, x, y: g * F.sigmoid_slope(x, y),
    doc="""Logistic function 1 / (1 + exp(-x)); it and its derivatives have full relative accuracy in both tails.

    >>> sigmoid(Variable(np.array(0.0)))
    variable(0.5)
    """,
)


@public
def sigmoid_simple(x: ArrayLike) -> Variable:
    """Logistic function as the formula stands: exp(-x) overflows for very negative x.

    >>> sigmoid_simple(Variable(np.array(0.0)))
    variable(0.5)
    """
    return 1 / (1 + exp(-operand(x, "sigmoid_simple")))


log_sigmoid = elementwise(
    "log_sigmoid",
    of_reals(lambda x: np.minimum(x, 0) - np.log1p(np.exp(np.abs(x) * -1.0))),
    lambda F, g, x, y: g * F.sigmoid(-x),
    doc="""Logarithm of `sigmoid`, exact in both tails.

    >>> log_sigmoid(Variable(np.array([-1000.0, 0.0])))
    variable([-1.00000000e+03 -6.93147181e-01])
    """,
)

_softplus = elementwise(
    "softplus",
    of_reals(lambda x: np.maximum(x, 0) + np.log1p(np.exp(np.abs(x) * -1.0))),
    lambda F, g, x, y: g * F.sigmoid(x),
    doc="",
)


@public
def softplus(x: ArrayLike, beta: float = 1.0) -> Variable:
    """Smooth rectifier log(1 + exp(beta x)) / beta, exact in both tails.

    >>> softplus(Variable(np.array([0.0, 1000.0])))
    variable([6.93147181e-01 1.00000000e+03])
    """
    x = operand(x, "softplus")
    return _softplus(x) if beta == 1 else _softplus(x * beta) / beta


def _silu_rule(F, g, x, y):
    s = F.sigmoid(x)
    return g * (s + x * F.sigmoid_slope(x, s))


silu = elementwise(
    "silu",
    lambda x: x * _sigmoid(x),
    _silu_rule,
    doc="""Sigmoid linear unit x sigmoid(x), also called swish.

    >>> silu(Variable(np.array([0.0, 2.0])))
    variable([0.         1.76159416])
    """,
)


@public
def gelu(x: ArrayLike, approximate: str = "none") -> Variable:
    """Gaussian error linear unit: x times the normal distribution function at x.

    approximate: "none" (ImportError without SciPy), or "tanh" for the formula with the hyperbolic tangent of
    D. Hendrycks, K. Gimpel, "Gaussian error linear units" (2016). ValueError for another.

    >>> gelu(Variable(np.array([0.0, 1.0])), approximate="tanh")
    variable([0.         0.84119199])
    """
    x = operand(x, "gelu")
    if approximate == "none":
        return x * operations.ndtr(x)  # by its name: its file loads when first asked for
    if approximate != "tanh":
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return _gelu_tanh(floating(x))


# (1 + tanh(u / 2)) / 2 = sigmoid(u), which keeps its digits where tanh is near -1; u = a x + b x^3.
_A = 2 * math.sqrt(2 / math.pi)
_B = 0.044715 * _A
_FLAT = 40.0


def _one_plus_exp(x: Array, squared: Array) -> Array:
    """1 / sigmoid(u), in one array: of a large one each pass and each new array costs as much as the exponential."""
    u = np.asarray(squared * -_B)
    u -= _A
    u *= x
    with np.errstate(over="ignore"):
        np.exp(u, out=u)
    u += 1
    return u


def _gelu_tanh_value(x: Array) -> Array:
    with np.errstate(over="ignore"):
        u = _one_plus_exp(x, x * x)
    return np.divide(x, u, out=u)[()]


def _gelu_tanh_slope(x: Array) -> Array:
    """s (1 + x (1 - s) u') with s = sigmoid(u), which is 0 and 1 from `_FLAT` on."""
    x = np.clip(x, -_FLAT, _FLAT)
    y = np.asarray(x * x)
    s = _one_plus_exp(x, y)
    np.divide(1, s, out=s)
    y *= 3 * _B
    y += _A
    y *= x
    y *= 1 - s
    y += 1
    y *= s
    return y[()]


def _gelu_tanh_curvature(F, g, x, y):
    x = F.at_most(F.at_least(x, -_FLAT), _FLAT)
    u, du = x * (_A + _B * (x * x)), _A + 3 * _B * (x * x)
    s = F.sigmoid(u)
    return g * (F.sigmoid_slope(u, s) * (2 * du + x * (6 * _B * x - F.sigmoid_tilt(u, s) * (du * du))))


# One operation: composed of others it would take five times as long and keep seven arrays for the derivative.
_gelu_tanh = elementwise("gelu_tanh", _gelu_tanh_value, lambda F, g, x, y: g * F.gelu_tanh_slope(x), doc="")
elementwise("gelu_tanh_slope", _gelu_tanh_slope, _gelu_tanh_curvature, doc="")


@public
def mish(x: ArrayLike) -> Variable:
    """x tanh(softplus(x)). D. Misra, "Mish: a self regularized non-monotonic activation function" (2019).

    >>> mish(Variable(np.array([0.0, 1.0])))
    variable([0.         0.86509839])
    """
    x = operand(x, "mish")
    return x * tanh(_softplus(x))


def _softsign_rule(F, g, x, y):
    divisor = 1 + F.abs(x)
    return g / divisor / divisor


softsign = elementwise(
    "softsign",
    of_reals(lambda x: x / (1 + np.abs(x))),
    _softsign_rule,
    doc="""x / (1 + |x|); its second derivative, which jumps at 0, is 0 there.

    >>> softsign(Variable(np.array([-1.0, 3.0])))
    variable([-0.5   0.75])
    """,
)


# Coefficients of x**3, x**5, ... in x - tanh(x).
_SHRINK = (1 / 3, -2 / 15, 17 / 315, -62 / 2835, 1382 / 155925, -21844 / 6081075)


def _tanhshrink(x: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):  # in the series, where it is not used
        near: Array | float = 0.0
        square = x * x
        for c in reversed(_SHRINK):
            near = near * square + c
        near = near * square * x
    return np.where(np.abs(x) < 0.1, near, x - np.tanh(x))[()]


tanhshrink = elementwise(
    "tanhshrink",
    _tanhshrink,
    lambda F, g, x, y: g * F.tanh(x) ** 2,
    doc="""x - tanh(x), exact near 0, where it is about x**3 / 3.

    >>> tanhshrink(Variable(np.array([0.0, 100.0])))
    variable([ 0. 99.])
    """,
)


@public
def glu(x: ArrayLike, axis: int = -1) -> Variable:
    """Gated linear unit: the first half of an axis times the sigmoid of the second.

    ValueError where the axis has an odd number of elements.

    >>> glu(Variable(np.array([1.0, 2.0, 0.0, 0.0])))
    variable([0.5 1. ])
    """
    x = operand(x, "glu")
    axis = axis_of("glu", axis, x.shape)
    half, odd = divmod(x.shape[axis], 2)
    if odd:
        raise ValueError(f"glu: axis {axis} of shape {x.shape} has an odd number of elements, and no two halves")
    return x[along(axis, slice(half))] * sigmoid(x[along(axis, slice(half, None))])


relu = elementwise(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda F, g, x, y: g * F.greater(x, 0),
    doc="""Rectifier max(x, 0); its derivative at 0 is 0.

    >>> relu(Variable(np.array([-1.0, 2.0])))
    variable([0. 2.])
    """,
)
