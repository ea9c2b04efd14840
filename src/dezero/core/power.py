"""Powers; one operation for the derivatives of a**b of any orders in a and in b."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array, DType
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.reading import Reading, Value

Orders = tuple[int, int]  # of a derivative of a**b: in a, and in b


def _power(a: Array, b: Array | complex) -> Array:
    # NumPy raises for negative integer powers of integers; here they are powers of the reciprocal.
    if isinstance(b, int) and b < 0 and a.dtype.kind in "iu":
        a = a.astype(np.float64)
    return a**b


def _number(x: Any) -> complex | None:
    """An argument as a number, in any reading; None where it is an array."""
    if isinstance(x, int | float | complex) and not isinstance(x, np.generic):
        return x
    return x.c if getattr(x, "node", x) is None else None  # a term that is a number


def _base_rule(F: Reading[Value], g: Value, a: Value, b: Value, y: Value) -> Value:
    n = _number(b)
    if n == 0:
        return F.zeros_like(a)
    if n is not None:
        return g * (n * F.pow(a, n - 1))  # by F, since NumPy raises for negative powers of integers
    return g * F.power_derivative(a, b, orders=(1, 0))


def _exponent_rule(F: Reading[Value], g: Value, a: Value, b: Value, y: Value) -> Value:
    n = _number(a)
    if n is None or n == 0:
        return g * F.power_derivative(a, b, orders=(0, 1))
    if np.dtype(y.dtype).kind == "c":
        return g * (y * cmath.log(n))
    return g * (y * (math.log(n.real) if n.real > 0 else math.nan))


pow = elementwise(
    "pow",
    _power,
    _base_rule,
    _exponent_rule,
    series="pow",
    doc="""The first array to the power of the second; either may be a number.

    The derivative in the exponent is y log(a). Where a is 0, every derivative is its limit as a falls to 0; only the
    first one in the exponent, at 0**0, is 0. A negative base has real powers only for whole-number exponents, and no
    derivative in the exponent (nan).

    >>> pow(Variable(np.array(3.0)), 2), pow(2, Variable(np.array(3.0)))
    (variable(9.0), variable(8.0))
    """,
)


def falling_factorial(b: Value, orders: Orders) -> list[Value | int]:
    """The weights c_j in the derivative of a**b, m times in a and k times in b: a**(b - m) sum_j c_j log(a)**(k - j).

    c_j is k! / (j! (k - j)!) times the j-th derivative of b (b - 1) ... (b - m + 1). The Taylor coefficients of this
    product are computed factor by factor. b: an array or a series.
    """
    m, k = orders
    taylor: list[Value | int] = [1, *[0] * k]
    for i in range(m):
        taylor = [(b - i) * c + (taylor[j - 1] if j else 0) for j, c in enumerate(taylor)]
    return [math.perm(k, j) * c for j, c in enumerate(taylor)]


def polynomial(weights: Sequence[Value | int], x: Value) -> Value | int:
    """weights[0] x**n + ... + weights[n], by Horner's rule."""
    total = weights[0]
    for c in weights[1:]:
        total = total * x + c
    return total


def _derivative(a: Array, b: Array, orders: Orders) -> Array:
    dtype = np.result_type(a, b)
    dtype = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    a, b = _in_dtype(a, dtype), _in_dtype(b, dtype if np.iscomplexobj(b) else dtype.type(0).real.dtype)
    weights, zero = falling_factorial(b, orders), a == 0
    with np.errstate(all="ignore"):
        if not zero.any():
            return _where_smooth(a, b, weights, orders[0])
        found = _where_smooth(np.where(zero, dtype.type(1), a), b, weights, orders[0])
        return np.where(zero, _limit_at_zero(b, weights, orders), found).astype(dtype, copy=False)[()]


def _in_dtype(x: Any, dtype: DType) -> Any:
    return x.astype(dtype, copy=False) if hasattr(x, "astype") else dtype.type(x)


def _where_smooth(a: Array, b: Array, weights: list[Any], m: int) -> Array:
    """The derivative where a is not 0."""
    total = polynomial(weights, np.log(a)) if len(weights) > 1 else weights[0]
    if not m:
        return a**b * total
    return np.where(total == 0, total, a ** (b - m) * total)[()]  # where the weights are 0, the power may be inf


def _limit_at_zero(b: Array, weights: list[Any], orders: Orders) -> Array:
    """The limit as a falls to 0: of a**(b - m) times the first nonzero weight and its power of log(a)."""
    m, k = orders
    leading: Any = 0.0
    for j in range(k, -1, -1):
        logarithm = (-math.inf) ** (k - j)
        leading = np.where(weights[j] == 0, leading, weights[j] * logarithm)
    rest = np.real(b) - m
    limit = np.where(rest > 0, 0.0, np.where(rest < 0, leading * np.inf, leading))
    limit = np.where(leading == 0, 0.0, limit)
    return np.where(b == 0, 0.0, limit) if orders == (0, 1) else limit


declare(
    Op(
        "power_derivative",
        ELEMENTWISE,
        _derivative,
        [
            lambda F, g, a, b, y, orders: g * F.power_derivative(a, b, orders=(orders[0] + 1, orders[1])),
            lambda F, g, a, b, y, orders: g * F.power_derivative(a, b, orders=(orders[0], orders[1] + 1)),
        ],
        series="power_derivative",
    )
)
