"""Signs, absolute values, and the step from one sign to the other."""

from __future__ import annotations

import numpy as np

from dezero.core.call import operand
from dezero.core.declare import elementwise, publish
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.elementwise import kinks  # noqa: F401 - declares modulus_power
from dezero.functions.elementwise.comparison import where
from dezero.functions.elementwise.complex_numbers import as_complex, holds_complex, modulus

fabs = elementwise(
    "fabs",
    np.fabs,
    lambda F, g, x, y: g * F.modulus_power(x, p=1, k=1),
    doc="""Absolute value as a floating-point number; at 0 its derivative is 0, and those of higher order are nan.

    >>> fabs(Variable(np.array(-2)))
    variable(2.0)
    """,
)

copysign = elementwise(
    "copysign",
    np.copysign,
    lambda F, g, a, b, y: g * (F.modulus_power(a, p=1, k=1) * F.sign(y)),
    lambda F, g, a, b, y: F.zeros_like(b),
    doc="""|a| with the sign of b, that of -0.0 included.

    The derivative in a is 0 at a = 0, where those of higher order are nan; in b it is 0 everywhere, at the jump too.

    >>> copysign(Variable(np.array(2.0)), -0.0)
    variable(-2.0)
    """,
)

heaviside = elementwise(
    "heaviside",
    np.heaviside,
    lambda F, g, x, h, y: F.zeros_like(x),
    lambda F, g, x, h, y: g * F.equal(x, 0),
    doc="""0 below 0, 1 above, h at 0. The derivative in x is 0 everywhere, at the jump too; in h it is 1 where x is 0.

    >>> heaviside(Variable(np.array([-1.0, 0.0, 2.0])), 0.5)
    variable([0.  0.5 1. ])
    """,
)

_ARRAYS = np.ndarray, np.float64
_real_sign = elementwise("sign", np.sign, lambda F, g, x, y: F.zeros_like(x), doc="")
_real_abs = elementwise("abs", np.abs, lambda F, g, x, y: g * F.modulus_power(x, p=1, k=1), doc="")


def sign(x: ArrayLike) -> Variable:
    """Sign: -1, 0 or 1, with derivative 0 everywhere, at the jump too; for complex x it is x / |x|, and 0 at 0.

    >>> sign(Variable(np.array(-2.0)))
    variable(-1.0)
    """
    if not holds_complex(x):
        return _real_sign(x)
    size = modulus(x)
    return as_complex(x) / where(size == 0, np.inf, size)


def abs(x: ArrayLike) -> Variable:
    """Absolute value, of complex numbers too (`modulus`); at 0 its derivative is 0, and those of higher order are nan.

    >>> abs(Variable(np.array(-2.0)))
    variable(2.0)
    """
    if type(x) is Variable and type(x._data) in _ARRAYS:  # a fast path, for scalars
        return modulus(x) if x._data.dtype.kind == "c" else _real_abs(x)
    return modulus(x) if holds_complex(x) else _real_abs(x)


def positive(x: ArrayLike) -> Variable:
    """The array itself, as the sign + before it says.

    >>> positive(Variable(np.array(-2.0)))
    variable(-2.0)
    """
    return operand(x, "positive")


publish("sign", sign)
publish("abs", abs)
publish("positive", positive)
