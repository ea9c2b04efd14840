"""Sums, means and products over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.autodiff.broadcasting import total
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.outputs import general
from dezero.core.variable import Variable
from dezero.functions._axes import flag, out_of_range, refuse_bools
from dezero.functions.indexing.picking import gather_axes, return_axes, segment
from dezero.functions.reductions._half import in_single


def reduced_rows(below: Any, node: Variable, axis: Any, keepdims: bool, **others: Any) -> Any:
    """Row axes of a reduction: those that it leaves."""
    ndim = node._args[0].ndim
    gone = {a - ndim for a in range(ndim)} if axis is None else {a - ndim for a in axis}
    rows = below[0]
    if any(r in gone for r in rows):
        return None
    return rows if keepdims else tuple(r + len([a for a in gone if a > r]) for r in rows)


def rows_beside(below: Any, node: Variable, axis: Any, **parameters: Any) -> Any:
    """Row axes of what works along the given axes (None: all) and keeps the shape: they stay where they are."""
    along = range(-node.ndim, 0) if axis is None else [a - node.ndim for a in axis]
    return None if any(r in along for r in below[0]) else below[0]


def first_along(x: Any, axis: Any) -> Any:
    """The first element along each of the axes, which stay."""
    return x[tuple([slice(1) if axis is None or a in axis else slice(None) for a in range(x.ndim)])]


def all_equal(x: Any, axis: Any, spread: Any, scale: Any) -> Any:
    """Where all elements along the axes are equal, in the shape of keepdims; False where nothing is.

    spread: their standard deviation, of that shape, as computed: at most rounding of scale where they are equal, so
    that only then are they compared.
    """
    first = first_along(x, axis)
    near = spread <= scale * np.finfo(spread.dtype).eps * np.abs(first)
    return near & np.all(x == first, axis, keepdims=True) if np.any(near) else False


def spread(F: Any, g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    """A reduction's cotangent, or its result, repeated to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = F.reshape(g, shape=tuple(1 if a in axis else n for a, n in enumerate(x.shape)))
    return F.broadcast_to(g, shape=x.shape)


_sum = linear("sum", total, spread, rows=reduced_rows, uniform=True, batched="sum")


def axes_of(name: str, x: Variable, axis: Any) -> tuple[int, ...] | None:
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
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Sum over all elements, or over an axis or a tuple of axes.

    >>> sum(Variable(np.ones((2, 3))), axis=0)
    variable([2. 2. 2.])
    """
    x = operand(x, "sum")
    return apply(_sum.bind(axis=axes_of("sum", x, axis), keepdims=flag("sum", keepdims)), x)


@public
@in_single
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Mean over all elements, or over an axis or a tuple of axes; nan over none.

    >>> mean(Variable(np.array([1.0, 3.0])))
    variable(2.0)
    """
    x = operand(x, "mean")
    axes = axes_of("mean", x, axis)
    total = apply(_sum.bind(axis=axes, keepdims=flag("mean", keepdims)), x)
    return total / (x.size if axes is None else int(np.prod([x.shape[a] for a in axes])))


# -- products --------------------------------------------------------------------------------------------------


def _product_rule(F: Any, g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    elements = gather_axes(F, x, axis)
    if not elements.shape[-1]:
        return F.zeros_like(x)
    g = F.reshape(g, shape=(*elements.shape[:-1], 1))
    return return_axes(F, _through_halves(F, g, elements), x.shape, axis)


def _through_halves(F: Any, g: Any, x: Any) -> Any:
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
    "prod", lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims), _product_rule, rows=reduced_rows
)


@public
@in_single
def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Product of all elements, or over an axis or a tuple of axes; zeros are ordinary factors.

    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> prod(x).backward()
    >>> x.grad
    variable([0. 6. 0.])
    """
    x = operand(x, "prod")
    return apply(_prod.bind(axis=axes_of("prod", x, axis), keepdims=flag("prod", keepdims)), x)
