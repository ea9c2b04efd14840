"""Bessel functions of real argument, ordinary and modified: SciPy's, of its names; ImportError without SciPy.

Derivatives lead to the neighbouring orders (DLMF 10.6.1, 10.29.1), so that each kind is closed under them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, publish
from dezero.core.dtypes import Array
from dezero.core.errors import UnsupportedOperation, describe
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import _scipy
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.special._analytic import cauchy, family, mirrored


def _kind(letter: str, whole: str, before: int, after: int) -> Op:
    """Declare the functions C of one kind, where C'(v) = (before * C(v - 1) + after * C(v + 1)) / 2.

    whole: SciPy's function for whole orders.
    """
    name = f"{letter}v"

    def value(x: Array, order: float) -> Array:
        if np.iscomplexobj(x):
            y = getattr(_scipy.special, name)(order, x)  # the others are for real numbers
        elif order in (0, 1):
            y = getattr(_scipy.special, f"{letter}{order}")(x)
        else:
            y = getattr(_scipy.special, whole if isinstance(order, int) else name)(order, x)
        return in_precision_of(y, x)

    def rule(F, g, x, y, order):
        neighbour = getattr(F, name)
        if order == 0:
            return g * (after * neighbour(x, order=1))  # C(-1) is C(1), times before * after
        return g * ((before * neighbour(x, order=order - 1) + after * neighbour(x, order=order + 1)) / 2)

    return declare(Op(name, ELEMENTWISE, value, (rule,)))


def _of_any_order(op: Op, what: str, at: str, value: str) -> Callable[[float, ArrayLike], Variable]:
    def function(order: float, x: ArrayLike) -> Variable:
        return apply(op.bind(order=_order(op.name, order)), operand(x, op.name))

    doc = f"""{what} of the order v, a number, whole or not; x an array.

    The derivative is that in x; UnsupportedOperation for an order that is a Variable or an array.

    >>> {op.name}(2, Variable(np.array({at})))
    variable({value})
    """
    return publish(op.name, function, doc)


def _of_order(op: Op, order: int, what: str, at: str, value: str) -> Callable[[ArrayLike], Variable]:
    name = f"{op.name[0]}{order}"
    doc = f"""{what} of order {order}.

    >>> {name}(Variable(np.array({at})))
    variable({value})
    """
    return publish(name, lambda x: apply(op.bind(order=order), operand(x, name)), doc)


def _order(name: str, order: object) -> float:
    if isinstance(order, Variable | np.ndarray) or not isinstance(order, int | float | np.integer | np.floating):
        raise UnsupportedOperation(
            f"{name}: the order must be a number, got {describe(order)}; there is no derivative in the order"
        )
    return int(order) if order == int(order) else float(order)


_j, _y = _kind("j", "jv", 1, -1), _kind("y", "yn", 1, -1)
_i, _k = _kind("i", "iv", 1, 1), _kind("k", "kn", -1, -1)

_FIRST, _SECOND = "Bessel function of the first kind", "Bessel function of the second kind (-inf at 0, nan below)"
_MODIFIED = "Modified Bessel function of the first kind"
_MODIFIED_SECOND = "Modified Bessel function of the second kind (inf at 0, nan below)"

j0, j1 = _of_order(_j, 0, _FIRST, "0.0", "1.0"), _of_order(_j, 1, _FIRST, "0.0", "0.0")
y0, y1 = _of_order(_y, 0, _SECOND, "0.0", "-inf"), _of_order(_y, 1, _SECOND, "0.0", "-inf")
i0, i1 = _of_order(_i, 0, _MODIFIED, "0.0", "1.0"), _of_order(_i, 1, _MODIFIED, "0.0", "0.0")
k0, k1 = _of_order(_k, 0, _MODIFIED_SECOND, "0.0", "inf"), _of_order(_k, 1, _MODIFIED_SECOND, "0.0", "inf")

jn = jv = _of_any_order(_j, _FIRST, "0.0", "0.0")
yn = yv = _of_any_order(_y, _SECOND, "0.0", "-inf")
iv = _of_any_order(_i, _MODIFIED, "0.0", "0.0")
kn = kv = _of_any_order(_k, _MODIFIED_SECOND, "0.0", "inf")
operations.jn, operations.yn, operations.kn = jn, yn, kn  # type: ignore[attr-defined]


def _far(x: Array, order: int, n: int) -> Array:
    """The n-th derivative of exp(-x) I(x) for large x, from the asymptotic series (DLMF 10.40.1) term by term."""
    total: Any = 0.0
    term = math.prod([-0.5 - j for j in range(n)]) / math.sqrt(2 * math.pi)
    for k in range(25):
        total = total + term / x**k
        term *= -(4 * order * order - (2 * k + 1) ** 2) / (8 * (k + 1)) * (0.5 + k + n) / (0.5 + k)
    return total / np.sqrt(x) * (1 / x) ** n


def _scaled(order: int) -> Callable[[Array, int], Array]:
    """Derivatives of exp(-|x|) I(x), for x >= 0 those of exp(-z) I(z), which is entire."""

    def f(z: Array) -> Array:
        return _scipy.special.ive(order, z) * np.exp(np.abs(z.real) - z)

    def nth(x: Array, n: int) -> Array:
        is_far = x > 200 + 10 * n
        near = np.where(is_far, 1.0, x)
        y = cauchy(f, near, n, np.maximum(n / 2, 0.65 * near), 40 + n)
        return np.where(is_far, _far(np.where(is_far, x, 1e3), order, n), y)

    slopes = mirrored(nth, odd=order == 1)
    jumping = order + 1  # the derivative that jumps at 0, and is 0 there by convention

    def with_kink(x: Array, n: int) -> Array:
        return np.where(x == 0, np.nan, slopes(x, n)) if n > jumping else slopes(x, n)

    return with_kink


i0e = family(
    "i0e",
    special_value("i0e"),
    _scaled(0),
    doc="""Scaled modified Bessel function exp(-|x|) i0(x); the first derivative, which jumps at 0, is 0 there.

    >>> i0e(Variable(np.array(0.0)))
    variable(1.0)
    """,
)

i1e = family(
    "i1e",
    special_value("i1e"),
    _scaled(1),
    doc="""Scaled modified Bessel function exp(-|x|) i1(x); the second derivative, which jumps at 0, is 0 there.

    >>> i1e(Variable(np.array(0.0)))
    variable(0.0)
    """,
)
