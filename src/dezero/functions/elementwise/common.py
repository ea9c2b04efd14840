"""Functions of each element: exponential, trigonometric, and those with a kink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.op import ELEMENTWISE, Op, declare, elementwise, publish
from dezero.core.variable import Variable
from dezero.functions.elementwise import kinks  # noqa: F401 - declares modulus_power
from dezero.functions.elementwise.complex_numbers import as_complex, holds_complex, modulus

exp = elementwise(
    "exp",
    np.exp,
    lambda F, g, x, y: g * y,
    doc="""Exponential.

    >>> exp(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

log = elementwise(
    "log",
    np.log,
    lambda F, g, x, y: g / x,
    doc="""Natural logarithm; -inf at 0 and nan below, as NumPy gives.

    >>> log(Variable(np.array(1.0)))
    variable(0.0)
    """,
)

sqrt = elementwise(
    "sqrt",
    np.sqrt,
    lambda F, g, x, y: g / (2 * y),
    doc="""Square root; its derivative at 0 is inf.

    >>> sqrt(Variable(np.array(9.0)))
    variable(3.0)
    """,
)

sin = elementwise(
    "sin",
    np.sin,
    lambda F, g, x, y: g * F.cos(x),
    doc="""Sine of an angle in radians.

    >>> sin(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

cos = elementwise(
    "cos",
    np.cos,
    lambda F, g, x, y: -(g * F.sin(x)),
    doc="""Cosine of an angle in radians.

    >>> cos(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

tan = elementwise(
    "tan",
    np.tan,
    lambda F, g, x, y: g * (1 + y * y),
    doc="""Tangent of an angle in radians.

    >>> tan(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

CANCELS = 1 / 64  # a difference from 1 under this is computed by exponentials


def _tanh_tail(x: Any) -> Any:
    x = x * 2.0
    e = np.exp(np.where(x.real < 0, x, -x) if np.iscomplexobj(x) else -np.abs(x))
    return 4 * e / ((1 + e) * (1 + e))


def tails(slope: Any, tail: Callable[[Any], Any], x: Any) -> Any:
    """The slope of a function that levels off, `tail(x)` in place of what is so small that it has lost its digits."""
    if not isinstance(slope, np.ndarray):
        return slope if abs(slope) > CANCELS else np.result_type(slope).type(tail(x))
    size = np.abs(slope) if slope.dtype.kind == "c" else slope
    if not size.size or size.item(size.argmin()) >= CANCELS:  # a tenth of the time of a comparison with each
        return slope
    near = size < CANCELS
    slope[near] = tail(x[near])
    return slope


# 1 - y*y for y = tanh(x), exact in the tails too: x is there for the digits, what it depends on is y.
declare(
    Op(
        "tanh_slope",
        ELEMENTWISE,
        lambda x, y: tails(1 - y * y, _tanh_tail, x),
        (lambda F, g, x, y, s: F.zeros_like(x), lambda F, g, x, y, s: g * (-2 * y)),
    )
)

tanh = elementwise(
    "tanh",
    np.tanh,
    lambda F, g, x, y: g * F.tanh_slope(x, y),
    doc="""Hyperbolic tangent.

    >>> tanh(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

_ARRAYS = np.ndarray, np.float64
_real_sign = elementwise("sign", np.sign, lambda F, g, x, y: F.zeros_like(x), doc="")
_real_abs = elementwise("abs", np.abs, lambda F, g, x, y: g * F.modulus_power(x, p=1, k=1), doc="")


def sign(x: Any) -> Variable:
    """Sign: -1, 0 or 1, with derivative 0 everywhere, at the jump too; of complex x it is x / |x|, at 0 as of real x.

    >>> sign(Variable(np.array(-2.0)))
    variable(-1.0)
    """
    if not holds_complex(x):
        return _real_sign(x)
    size = modulus(x)
    return as_complex(x) / where(size._data == 0, np.inf, size)


def abs(x: Any) -> Variable:
    """Absolute value, of complex numbers too (`modulus`); at 0 its derivative is 0, and those of higher order are nan.

    >>> abs(Variable(np.array(-2.0)))
    variable(2.0)
    """
    if type(x) is Variable and type(x._data) in _ARRAYS:  # asked quickly, for numbers' sake
        return modulus(x) if x._data.dtype.kind == "c" else _real_abs(x)
    return modulus(x) if holds_complex(x) else _real_abs(x)


publish("sign", sign)
publish("abs", abs)

maximum = elementwise(
    "maximum",
    np.maximum,
    lambda F, g, a, b, y: g * F.greater_share(a, b),
    lambda F, g, a, b, y: g * F.greater_share(b, a),
    doc="""The greater of two, element by element. At a tie each has half of the derivative.

    >>> maximum(Variable(np.array([1.0, 5.0])), 3)
    variable([3. 5.])
    """,
)

minimum = elementwise(
    "minimum",
    np.minimum,
    lambda F, g, a, b, y: g * F.greater_share(b, a),
    lambda F, g, a, b, y: g * F.greater_share(a, b),
    doc="""The smaller of two, element by element. At a tie each has half of the derivative.

    >>> minimum(Variable(np.array([1.0, 5.0])), 3)
    variable([1. 3.])
    """,
)

where = elementwise(
    "where",
    np.where,
    lambda F, g, condition, a, b, y: F.zeros_like(condition),
    lambda F, g, condition, a, b, y: F.where(condition, g, 0),
    lambda F, g, condition, a, b, y: F.where(condition, 0, g),
    uniform=False,  # where(condition, 1, 0) of two numbers would have no dtype of its own
    doc="""Elements of the second argument where the first is true, of the third elsewhere.

    >>> x = Variable(np.array([-1.0, 2.0]))
    >>> where(x.data > 0, x, 0)
    variable([0. 2.])
    """,
)
