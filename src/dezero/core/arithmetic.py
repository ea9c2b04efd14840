"""Arithmetic on each element: the operations of which the algebra of derivatives (rewriting/algebra.py) is made."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dezero.core.call import make
from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array, digits, is_half, rounded_once
from dezero.core.op import ELEMENTWISE, AnyNumberOfRules, Op, declared
from dezero.core.reading import Reading, Value
from dezero.core.variable import Variable, wrap

add = elementwise(
    "add",
    operator.add,
    lambda F, g, a, b, y: g,
    lambda F, g, a, b, y: g,
    commutative=True,
    series="add",
    doc="""Sum of two arrays.

    >>> add(Variable(np.array(1.0)), 2)
    variable(3.0)
    """,
)

sub = elementwise(
    "sub",
    operator.sub,
    lambda F, g, a, b, y: g,
    lambda F, g, a, b, y: -g,
    series="sub",
    doc="""Difference of two arrays.

    >>> sub(Variable(np.array(1.0)), 2)
    variable(-1.0)
    """,
)

mul = elementwise(
    "mul",
    operator.mul,
    lambda F, g, a, b, y: g * b,
    lambda F, g, a, b, y: g * a,
    commutative=True,
    series="mul",
    doc="""Product of two arrays, element by element.

    >>> mul(Variable(np.array(3.0)), 2)
    variable(6.0)
    """,
)

div = elementwise(
    "div",
    operator.truediv,
    lambda F, g, a, b, y: g / b,
    lambda F, g, a, b, y: -(g * y) / b,
    series="div",
    doc="""Quotient of two arrays, element by element; division by zero gives inf or nan as IEEE says.

    >>> div(Variable(np.array(3.0)), 2)
    variable(1.5)
    """,
)

neg = elementwise(
    "neg",
    operator.neg,
    lambda F, g, x, y: -g,
    series="each",
    doc="""The array with its sign changed.

    >>> neg(Variable(np.array(3.0)))
    variable(-3.0)
    """,
)


def as_precise(F: Reading[Value], a: Value, y: Value) -> Value:
    """An argument in the result's precision, for functions of it alone: NumPy's log of an int8 array is a half."""
    kind = np.dtype(getattr(a, "dtype", y.dtype))
    return F.astype(a, dtype=np.zeros(0, y.dtype).real.dtype) if digits(kind) < digits(np.dtype(y.dtype)) else a


def _alike(a: Array, b: Array) -> bool:
    """Whether b can be added to a in place."""
    return bool(a.shape == np.shape(b) and a.dtype == getattr(b, "dtype", a.dtype))


def _combine(*xs: Array, weights: tuple[float, ...]) -> Array:
    if len(xs) > 2 and is_half(xs[0]):
        return _combine_halves(*xs, weights=weights)
    total: Any = None
    for x, w in zip(xs, weights, strict=True):
        part = x if w == 1 else x * w
        if total is None:
            total = part
        elif isinstance(total, np.ndarray) and total is not xs[0] and _alike(total, part):
            total += part  # the buffer of an earlier sum, which nothing else uses
        else:
            total = total + part
    return total  # type: ignore[no-any-return]


_combine_halves = rounded_once(_combine)

declare(
    Op(
        "linear_combination",
        ELEMENTWISE,
        _combine,
        AnyNumberOfRules(lambda i, F, g, *xs, weights: g * weights[i]),
        series="linear_combination",
    )
)

# A constant derivative as a node of the graph, so that it can be differentiated again, to zero.
declare(
    Op(
        "full_like",
        ELEMENTWISE,
        lambda x, fill_value, dtype: np.full(np.shape(x), fill_value, dtype),
        [lambda F, g, x, y, fill_value, dtype: F.zeros_like(x)],
    )
)

# The same values without a derivative, where detach() may not lose from which Variable they come.
elementwise("stopped", lambda x: x, lambda F, g, x, y: F.zeros_like(x), doc="The same values, with derivative zero.")

# The same array as another node: the algebra of derivatives does not look through it, and keeps two of them apart.
ALIAS = declare(Op("alias", ELEMENTWISE, lambda x: x, [lambda F, g, x, y: g]))


def alias(x: Variable) -> Variable:
    """A recorded Variable equal to x; derivatives in x pass through it."""
    return make(ALIAS, (x,))


def copied(node: Variable, given: bool) -> Variable:
    """A second node equal to this one: renaming or changing the caller's gradient leaves the shared node alone.

    given: the user may hold the node and ask for a derivative in it, so the copy is recorded as computed from it.
    """
    if given or not isinstance(node._op, Op):
        return make(declared["mul"], (node, 1))
    other = wrap(node._data.copy())
    other._op, other._args = node._op, node._args
    return other
