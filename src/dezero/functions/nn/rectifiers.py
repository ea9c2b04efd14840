"""Activation functions in pieces: linear units that bend or end, and the bounded ones.

Units that bend at 0 have there the derivative of the piece below 0. The bounded ones have at their bounds that of the
pieces outside, and the shrinking ones at their thresholds that of the piece inside, which is 0.
"""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, public
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.elementwise import bounds  # noqa: F401 - declares at_most
from dezero.functions.elementwise.complex_numbers import of_reals

_leaky_relu = declare(
    Op(
        "leaky_relu",
        ELEMENTWISE,
        lambda x, slope: np.where(x > 0, x, slope * x),
        [lambda F, g, x, y, slope: g * (F.greater(x, 0) + slope * F.less_equal(x, 0))],
    )
)


@public
def leaky_relu(x: ArrayLike, slope: float = 0.2) -> Variable:
    """x where it is positive, slope * x elsewhere; the derivative at 0 is the slope.

    >>> leaky_relu(Variable(np.array([-1.0, 2.0])))
    variable([-0.2  2. ])
    """
    return apply(_leaky_relu.bind(slope=slope), operand(x, "leaky_relu"))


prelu = elementwise(
    "prelu",
    lambda x, w: np.where(x > 0, x, w * x),
    lambda F, g, x, w, y: g * (F.greater(x, 0) + w * F.less_equal(x, 0)),
    lambda F, g, x, w, y: g * F.at_most(x, 0),
    doc="""Leaky rectifier whose slope w is learned: x where it is positive, w * x elsewhere.

    w broadcasts as NumPy has it: for a slope a channel of (N, C, H, W) give it the shape (C, 1, 1). The derivative
    in x at 0 is w.

    >>> prelu(Variable(np.array([-1.0, 2.0])), Variable(np.array(0.25)))
    variable([-0.25  2.  ])
    """,
)

# exp(x) up to 0, and 0 beyond: the derivative of an exponential unit, but for the slope of 1 beyond.
declare(
    Op(
        "exp_to_zero",
        ELEMENTWISE,
        lambda x: np.where(x <= 0, np.exp(np.minimum(x, 0)), 0),
        [lambda F, g, x, y: g * y],
    )
)

_elu = declare(
    Op(
        "elu",
        ELEMENTWISE,
        lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        [lambda F, g, x, y, alpha: g * (F.greater(x, 0) + alpha * F.exp_to_zero(x))],
    )
)
_celu = declare(
    Op(
        "celu",
        ELEMENTWISE,
        lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x / alpha, 0))),
        [lambda F, g, x, y, alpha: g * (F.greater(x, 0) + F.exp_to_zero(x / alpha))],
    )
)


@public
def elu(x: ArrayLike, alpha: float = 1.0) -> Variable:
    """Exponential linear unit: x where it is positive, alpha (exp(x) - 1) elsewhere.

    >>> elu(Variable(np.array([-100.0, 2.0])))
    variable([-1.  2.])
    """
    return apply(_elu.bind(alpha=alpha), operand(x, "elu"))


@public
def celu(x: ArrayLike, alpha: float = 1.0) -> Variable:
    """Continuously differentiable elu: x where it is positive, alpha (exp(x / alpha) - 1) elsewhere; alpha > 0.

    >>> celu(Variable(np.array([-100.0, 2.0])), alpha=0.5)
    variable([-0.5  2. ])
    """
    if not alpha > 0:
        raise ValueError(f"celu: alpha must be positive, got {alpha!r}")
    return apply(_celu.bind(alpha=alpha), operand(x, "celu"))


# G. Klambauer et al., "Self-normalizing neural networks" (2017): mean 0 and variance 1 are a fixed point.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@public
def selu(x: ArrayLike) -> Variable:
    """Scaled exponential linear unit, with the constants that keep mean 0 and variance 1 through layers.

    >>> selu(Variable(np.array([-100.0, 1.0])))
    variable([-1.75809934  1.05070099])
    """
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


# -- bounded ---------------------------------------------------------------------------------------------------

_hardtanh = declare(
    Op(
        "hardtanh",
        ELEMENTWISE,
        lambda x, low, high: np.clip(x, low, high),
        [lambda F, g, x, y, low, high: g * (F.greater(x, low) * F.less(x, high))],
    )
)


@public
def hardtanh(x: ArrayLike, low: float = -1.0, high: float = 1.0) -> Variable:
    """x bounded to low and high; the derivative at the bounds and beyond is 0. ValueError unless low < high.

    >>> hardtanh(Variable(np.array([-3.0, 0.5, 3.0])))
    variable([-1.   0.5  1. ])
    """
    if not low < high:
        raise ValueError(f"hardtanh: low must be under high, got {low} and {high}")
    return apply(_hardtanh.bind(low=low, high=high), operand(x, "hardtanh"))


@public
def relu6(x: ArrayLike) -> Variable:
    """Rectifier that ends at 6; the derivative at 0 and at 6 is 0.

    >>> relu6(Variable(np.array([-1.0, 2.0, 8.0])))
    variable([0. 2. 6.])
    """
    return hardtanh(x, 0.0, 6.0)


@public
def hardsigmoid(x: ArrayLike) -> Variable:
    """x / 6 + 1/2, bounded to 0 and 1; the derivative at -3 and 3, and beyond, is 0.

    >>> hardsigmoid(Variable(np.array([-4.0, 0.0, 1.5])))
    variable([0.   0.5  0.75])
    """
    return relu6(operand(x, "hardsigmoid") + 3) / 6


@public
def hardswish(x: ArrayLike) -> Variable:
    """x hardsigmoid(x); the derivative at -3 is 0, at 3 it is 1: that of the pieces outside.

    >>> hardswish(Variable(np.array([-4.0, 1.5, 4.0])))
    variable([-0.     1.125  4.   ])
    """
    return operand(x, "hardswish") * hardsigmoid(x)


def _outside(x: Array, threshold: float) -> Array:
    return (np.abs(x) > threshold).astype(np.abs(x).dtype)


# 1 where |x| is over the threshold: constant at 0 too, where |x| has a kink.
declare(Op("outside", ELEMENTWISE, _outside, [lambda F, g, x, y, threshold: F.zeros_like(x)]))


def _kept_outside(F, g, x, y, threshold):
    return g * F.outside(x, threshold=threshold)


_hardshrink = declare(
    Op(
        "hardshrink",
        ELEMENTWISE,
        lambda x, threshold: np.where(np.abs(x) <= threshold, 0, x),  # nan stays nan
        [_kept_outside],
    )
)
_softshrink = declare(
    Op(
        "softshrink",
        ELEMENTWISE,
        of_reals(lambda x, threshold: x - np.clip(x, -threshold, threshold)),
        [_kept_outside],
    )
)


@public
def hardshrink(x: ArrayLike, threshold: float = 0.5) -> Variable:
    """x where |x| is over the threshold, 0 elsewhere; the derivative at the jumps is 0.

    >>> hardshrink(Variable(np.array([-1.0, 0.3, 0.5])))
    variable([-1.  0.  0.])
    """
    return apply(_hardshrink.bind(threshold=threshold), operand(x, "hardshrink"))


@public
def softshrink(x: ArrayLike, threshold: float = 0.5) -> Variable:
    """x brought nearer to 0 by the threshold, but not past it; the derivative at the kinks is 0.

    ValueError for a negative threshold.

    >>> softshrink(Variable(np.array([-2.0, 0.3, 1.0])))
    variable([-1.5  0.   0.5])
    """
    if threshold < 0:
        raise ValueError(f"softshrink: threshold is {threshold}; give one that is 0 or positive")
    return apply(_softshrink.bind(threshold=threshold), operand(x, "softshrink"))
