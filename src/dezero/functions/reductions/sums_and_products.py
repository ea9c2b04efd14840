"""Sums, means and products over axes."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from dezero.autodiff.broadcasting import total
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, Axes, Shape
from dezero.core.outputs import general
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import AxesOrAll, flag, out_of_range, refuse_bools
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.indexing.picking import gather_axes, return_axes, segment
from dezero.functions.reductions._half import in_single


def reduced_rows(below: Below, node: Variable, axis: AxesOrAll, keepdims: bool, **others: object) -> Independent | None:
    """Independent axes pass unless a reduction runs over them; those before it come nearer to the right."""
    ndim = node._args[0].ndim
    gone = {a - ndim for a in range(ndim)} if axis is None else {a - ndim for a in axis}
    rows = below[0]
    if any(r in gone for r in rows):
        return None
    return rows if keepdims else tuple(r + len([a for a in gone if a > r]) for r in rows)


def kept_shape(shape: Shape, axis: AxesOrAll) -> Shape:
    """The shape that a reduction over axes leaves with keepdims."""
    return tuple([1 if axis is None or a in axis else n for a, n in enumerate(shape)])


def count_along(x: Variable | Array, axis: AxesOrAll) -> int:
    """How many elements a reduction over axes takes together."""
    return math.prod(x.shape if axis is None else [x.shape[a] for a in axis])


def first_along(x: Array, axis: AxesOrAll) -> Array:
    """The first element along each of the axes, which stay."""
    return x[tuple([slice(1) if axis is None or a in axis else slice(None) for a in range(x.ndim)])]


def all_equal(x: Array, axis: AxesOrAll, spread: Array, scale: float) -> Array | Literal[False]:
    """Where all elements along the axes are equal: a mask that keeps the axes, or False where they are nowhere.

    spread: their standard deviation, with the axes kept. Where elements are equal it is at most rounding, times scale:
    only there are they compared, which saves time.
    """
    first = first_along(x, axis)
    near = spread <= scale * np.finfo(spread.dtype).eps * np.abs(first)
    return near & np.all(x == first, axis, keepdims=True) if np.any(near) else False


def spread(F, g, x, y, axis, keepdims):
    """A reduction's cotangent, or its result, repeated to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = F.reshape(g, shape=kept_shape(x.shape, axis))
    return F.broadcast_to(g, shape=x.shape)


_sum = linear("sum", total, spread, independent=reduced_rows, stacked=shifted("axis"), uniform=True, batched="sum")


def axes_of(name: str, x: Variable | Array, axis: Axes) -> AxesOrAll:
    """An axis argument as a tuple of non-negative axes, or None for all; names the operation in its errors."""
    if axis is None:
        return None
    refuse_bools(name, axis)
    axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    if x.ndim == 0 and axes in ((0,), (-1,)):
        return ()  # NumPy takes a number for an array of one element here
    for a in axes:
        if not isinstance(a, int | np.integer) or not -x.ndim <= a < x.ndim:
            raise out_of_range(name, a, x.shape)
    if len({a % x.ndim for a in axes}) < len(axes):
        raise ValueError(f"{name}: an axis of an array of shape {x.shape} is repeated in {axes}; give each once")
    return tuple(int(a) % x.ndim for a in axes)


@public
def sum(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Sum over all elements, or over an axis or a tuple of axes.

    >>> sum(Variable(np.ones((2, 3))), axis=0)
    variable([2. 2. 2.])
    """
    x = operand(x, "sum")
    return apply(_sum.bind(axis=axes_of("sum", x, axis), keepdims=flag("sum", keepdims)), x)


@public
@in_single
def mean(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Mean over all elements, or over an axis or a tuple of axes; nan over none.

    >>> mean(Variable(np.array([1.0, 3.0])))
    variable(2.0)
    """
    x = operand(x, "mean")
    axes = axes_of("mean", x, axis)
    total = apply(_sum.bind(axis=axes, keepdims=flag("mean", keepdims)), x)
    return total / count_along(x, axes)


# -- products --------------------------------------------------------------------------------------------------


def _product_rule(F, g, x, y, axis, keepdims):
    elements = gather_axes(F, x, axis)
    if not elements.shape[-1]:
        return F.zeros_like(x)
    g = F.reshape(g, shape=(*elements.shape[:-1], 1))
    return return_axes(F, _through_halves(F, g, elements), x.shape, axis)


def _through_halves(F, g, x):
    """The cotangent of the factors along the last axis from that of their product.

    Products of halves in a tree: log2(n) multiplications of arrays, and none of them a division by a factor.
    """
    n, last = x.shape[-1], len(x.shape) - 1
    if n == 1:
        return g
    half = n // 2
    a, b, odd = [segment(F, x, start, stop) for start, stop in ((0, half), (half, 2 * half), (2 * half, n))]
    pair = a * b
    g = _through_halves(F, g, F.concatenate(pair, odd, axis=last) if n % 2 else pair)
    ga = segment(F, g, 0, half)
    parts = [ga * b, ga * a] + [segment(F, g, half, half + 1)] * (n % 2)
    return F.concatenate(*parts, axis=last)


_prod = general(
    "prod",
    lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims),
    _product_rule,
    independent=reduced_rows,
    stacked=shifted("axis"),
)


@public
@in_single
def prod(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Product of all elements, or over an axis or a tuple of axes; zeros are ordinary factors.

    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> prod(x).backward()
    >>> x.grad
    variable([0. 6. 0.])
    """
    x = operand(x, "prod")
    return apply(_prod.bind(axis=axes_of("prod", x, axis), keepdims=flag("prod", keepdims)), x)
