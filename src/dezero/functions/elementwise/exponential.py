"""Exponentials, logarithms, the logistic function, roots, and other powers with a name of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, linear, publish
from dezero.core.dtypes import Array, is_complex, is_whole
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.power import pow
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers
from dezero.functions.arrays._independent import unmoved
from dezero.functions.arrays.dtype import astype
from dezero.functions.elementwise.complex_numbers import real_like, refuse_complex

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

exp2 = elementwise(
    "exp2",
    np.exp2,
    lambda F, g, x, y: g * (y * math.log(2)),
    doc="""2 to the power x.

    >>> exp2(Variable(np.array(3.0)))
    variable(8.0)
    """,
)

expm1 = elementwise(
    "expm1",
    np.expm1,
    lambda F, g, x, y: g * F.exp(x),  # y + 1 would have lost the digits of a small exp(x)
    doc="""exp(x) - 1, exact near 0.

    >>> expm1(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

log2 = elementwise(
    "log2",
    np.log2,
    lambda F, g, x, y: g / (x * math.log(2)),
    doc="""Logarithm to base 2; -inf at 0 and nan below.

    >>> log2(Variable(np.array(8.0)))
    variable(3.0)
    """,
)

log10 = elementwise(
    "log10",
    np.log10,
    lambda F, g, x, y: g / (x * math.log(10)),
    doc="""Logarithm to base 10; -inf at 0 and nan below.

    >>> log10(Variable(np.array(100.0)))
    variable(2.0)
    """,
)

log1p = elementwise(
    "log1p",
    np.log1p,
    lambda F, g, x, y: g / (1 + x),
    doc="""log(1 + x), exact near 0; -inf at -1 and nan below.

    >>> log1p(Variable(np.array(0.0)))
    variable(0.0)
    """,
)

CANCELS = 1 / 64  # a difference 1 - y below this has lost digits, and is computed from exponentials


def tails(slope: Any, tail: Callable[[Array], Array], x: Array) -> Array:
    """The slope of a function that levels off, with `tail(x)` where it is so small that it has lost its digits."""
    if not isinstance(slope, np.ndarray):
        return slope if abs(slope) > CANCELS else np.result_type(slope).type(tail(x))
    size = np.abs(slope) if is_complex(slope) else slope
    if not size.size or size.item(size.argmin()) >= CANCELS:  # a tenth of the time of a comparison with each
        return slope
    near = size < CANCELS
    slope[near] = tail(x[near])
    return slope


def _sigmoid_tail(x: Array) -> Array:
    x = x * 1.0
    e = np.exp(np.where(x.real < 0, x, -x) if np.iscomplexobj(x) else -np.abs(x))
    return e / ((1 + e) * (1 + e))


# For y = sigmoid(x) these are y (1 - y) and 2 y - 1, functions of y. x is an argument only to compute them exactly, in
# the tails and near 0: they have no derivative in it.
declare(
    Op(
        "sigmoid_slope",
        ELEMENTWISE,
        lambda x, y: tails(y * (1 - y), _sigmoid_tail, x),
        (lambda F, g, x, y, s: F.zeros_like(x), lambda F, g, x, y, s: -(g * F.sigmoid_tilt(x, y))),
    )
)
declare(
    Op(
        "sigmoid_tilt",
        ELEMENTWISE,
        lambda x, y: np.tanh(x / 2),
        (lambda F, g, x, y, t: F.zeros_like(x), lambda F, g, x, y, t: g * 2),
    )
)


def _expit(x: Array) -> Array:
    x = x + 0.0  # booleans and integers become numbers that have a sign
    e = np.exp(np.where(x.real >= 0, -x, x) if np.iscomplexobj(x) else -np.abs(x))
    return np.where(x.real >= 0, 1, e) / (1 + e)


expit = elementwise(
    "expit",
    _expit,
    lambda F, g, x, y: g * F.sigmoid_slope(x, y),
    doc="""Logistic function 1 / (1 + exp(-x)), with full relative accuracy in both tails.

    >>> expit(Variable(np.array(0.0)))
    variable(0.5)
    """,
)


def difference(a: Array, b: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.where(np.equal(a, b), 0, np.subtract(a, b))


# a - b of exponents: equal infinities differ by 0.
declare(
    Op(
        "exponent_difference",
        ELEMENTWISE,
        difference,
        (lambda F, g, a, b, y: g, lambda F, g, a, b, y: -g),
    )
)

logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    lambda F, g, a, b, y: g * F.expit(F.exponent_difference(a, b)),
    lambda F, g, a, b, y: g * F.expit(-F.exponent_difference(a, b)),
    commutative=True,
    doc="""log(exp(a) + exp(b)) without overflow; where a and b are the same infinity, each derivative is 1/2.

    >>> a = Variable(np.array(1000.0))
    >>> logaddexp(a, 1000.0).backward()
    >>> a.grad
    variable(0.5)
    """,
)

logaddexp2 = elementwise(
    "logaddexp2",
    np.logaddexp2,
    lambda F, g, a, b, y: g * F.expit(F.exponent_difference(a, b) * math.log(2)),
    lambda F, g, a, b, y: g * F.expit(F.exponent_difference(a, b) * -math.log(2)),
    commutative=True,
    doc="""log2(2**a + 2**b) without overflow; where a and b are the same infinity, each derivative is 1/2.

    >>> logaddexp2(Variable(np.array(3.0)), 3.0)
    variable(4.0)
    """,
)

square = elementwise(
    "square",
    np.square,
    lambda F, g, x, y: g * (2 * x),
    doc="""x * x.

    >>> square(Variable(np.array(3.0)))
    variable(9.0)
    """,
)

reciprocal = elementwise(
    "reciprocal",
    np.reciprocal,
    lambda F, g, x, y: -(g * y) / x,
    doc="""1 / x; of integers, as in NumPy, the integer part of it.

    >>> reciprocal(Variable(np.array(4.0)))
    variable(0.25)
    """,
)

cbrt = elementwise(
    "cbrt",
    np.cbrt,
    lambda F, g, x, y: g / (3 * (y * y)),
    doc="""Cube root, of negative numbers too; its derivative at 0 is inf.

    >>> cbrt(Variable(np.array(-8.0)))
    variable(-2.0)
    """,
)


def float_power(a: ArrayLike, b: ArrayLike) -> Variable:
    """The first array to the power of the second, computed in float64 whatever the arguments' precision.

    Derivatives are those of `pow`; the gradients come back in the arguments' own precision.

    >>> float_power(Variable(np.array([2, 4])), -1)
    variable([0.5  0.25])
    """
    return pow(_double(a), _double(b))


def _double(x: ArrayLike) -> ArrayLike:
    if isinstance(x, int | float | complex) and not isinstance(x, np.generic):
        return x if isinstance(x, complex) else float(x)
    kind = np.result_type(raw(x), np.float64)
    return astype(x, kind) if isinstance(x, Variable) else np.asarray(x, kind)


_ldexp = linear(
    "ldexp",
    lambda x, exponents: np.ldexp(x, exponents),
    lambda F, g, x, y, exponents: F.sum_to(F.ldexp(real_like(F, g, x), exponents=exponents), shape=x.shape),
    independent=unmoved,
    each=True,
)


def ldexp(x: ArrayLike, exponents: WholeNumbers) -> Variable:
    """x * 2**exponents, exponents an integer or an array of them; TypeError where they are not whole numbers.

    >>> ldexp(Variable(np.array(3.0)), 2)
    variable(12.0)
    """
    whole = np.asarray(raw(noted(exponents)))
    if not is_whole(whole):
        raise TypeError(f"ldexp: exponents must be integers, got {whole.dtype}; for others write x * exp2(exponents)")
    x = operand(x, "ldexp")
    try:
        np.broadcast_shapes(x.shape, whole.shape)
    except ValueError:
        raise ValueError(
            f"ldexp: exponents of shape {whole.shape} do not broadcast with x of shape {x.shape}; reshape one of them"
        ) from None
    return apply(_ldexp.bind(exponents=int(whole) if whole.ndim == 0 else whole.copy()), x)


def frexp(x: ArrayLike) -> tuple[Variable, Array]:
    """Mantissa m and integer exponents e of x = m * 2**e, with 0.5 <= |m| < 1; the exponents are a plain array.

    Between the jumps at powers of two the mantissa's derivative is 2**-e.

    >>> frexp(Variable(np.array(6.0)))
    (variable(0.75), array(3, dtype=int32))
    """
    x = operand(x, "frexp")
    refuse_complex("frexp", x)
    exponents = np.asarray(np.frexp(noted(x)._data)[1])
    return ldexp(x, -exponents), exponents


publish("float_power", float_power)
publish("ldexp", ldexp)
publish("frexp", frexp)
