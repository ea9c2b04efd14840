"""Values between given points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import bilinear, publish
from dezero.core.dtypes import Array, rounded_once
from dezero.core.op import Op, declared
from dezero.core.outputs import general
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import decided
from dezero.functions._axes import plainly
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays.joining import concatenate
from dezero.functions.elementwise import comparison  # noqa: F401 - declares less and greater
from dezero.functions.elementwise.bounds import at_least, at_most
from dezero.functions.elementwise.comparison import where
from dezero.functions.elementwise.complex_numbers import refuse_complex
from dezero.functions.elementwise.rounding import remainder
from dezero.functions.indexing.get_item import get_item
from dezero.functions.indexing.sorting import sorting_places


def _each_point_before(S: Stacks, op: Op, x: Any, xp: Any) -> Any:
    """Where each example has points of its own, they are counted."""
    if not isinstance(xp, Stack):
        return S.call(op, x.value, xp)
    x = S.whole(x)
    points = S.reshape(xp.value, shape=(S.count, *[1] * (x.ndim - 1), -1))
    below = S.sum(S.greater_equal(S.reshape(x, shape=(*x.shape, 1)), points), axis=(x.ndim,), keepdims=False)
    return S.astype(S.maximum(S.sub(below, 1), 0), dtype=np.dtype(np.intp))


# The place of the last point that is not above x; the first point's, where all are above.
_point_before = general(
    "point_before",
    lambda x, xp: np.maximum(np.searchsorted(xp, x, side="right") - 1, 0),
    lambda F, g, x, xp, y: F.zeros_like(x),
    lambda F, g, x, xp, y: F.zeros_like(xp),
    independent=lambda below, node: None if below[1] else below[0],
    stacked=_each_point_before,
)


@rounded_once
def _sums(g: Array, at: Array, size: int) -> Array:
    total = np.zeros(size, g.dtype)
    np.add.at(total, np.ravel(at), np.ravel(g))
    return total


# A table of one axis read at places of any shape. Linear in the table; the places have no derivative.
def _look_up_each(S: Stacks, op: Op, table: Any, at: Any) -> Any:
    if not isinstance(table, Stack):
        return S.call(op, table, at.value)
    if len(table.shape) > 1:
        return NotImplemented
    at = S.whole(at)
    return S.reshape(S.pick(table.value, S.reshape(at, shape=(S.count, -1))), shape=at.shape)


def _sum_each(S: Stacks, op: Op, g: Any, at: Any) -> Any:
    g, at = S.whole(g), S.whole(at)
    flat = [S.reshape(x, shape=(S.count, -1)) for x in (g, at)]
    return S.place(*flat, size=op.parameters["size"])


_lookup = bilinear(
    "lookup",
    lambda table, at: table[at],
    lambda F, g, table, at, y: F.lookup_sums(g, at, size=table.shape[0]),
    lambda F, g, table, at, y: F.zeros_like(at),
    independent=lambda below, node: None if below[0] else below[1],
    indices=True,
    stacked=_look_up_each,
)
bilinear(
    "lookup_sums",
    _sums,
    lambda F, g, x, at, y, size: F.lookup(g, at),
    lambda F, g, x, at, y, size: F.zeros_like(at),
    indices=True,
    stacked=_sum_each,
)


def interp(
    x: ArrayLike | Sequence[float],
    xp: ArrayLike | Sequence[float],
    fp: ArrayLike | Sequence[float],
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    period: float | None = None,
) -> Variable:
    """The piecewise linear function through the points (xp, fp), at x of any shape; xp ascending, of one axis.

    left, right: the values beyond the points (None: the first and the last of fp). period: x and xp are taken modulo
    this number, xp in any order; left and right have no meaning then. Differentiable in x, xp, fp, left and right. At
    a point the derivative in x is the one on its right, so 0 at the last. ValueError for xp and fp of other shapes
    than (n,), n > 0, for xp that do not ascend, for a period of 0.

    >>> interp(Variable(np.array(1.5)), np.array([1.0, 2.0]), np.array([10.0, 20.0]))
    variable(15.0)
    """
    x, xp, fp = [operand(v if isinstance(v, Variable) else np.asarray(v), "interp") for v in (x, xp, fp)]
    for name, points in (("x", x), ("xp", xp)):
        refuse_complex("interp", points, name)
    if xp.ndim != 1 or fp.shape != xp.shape or not xp.size:
        raise ValueError(f"interp: xp and fp must be points along one axis each, got shapes {xp.shape} and {fp.shape}")
    if period is not None:
        x, xp, fp = _unrolled(x, xp, fp, period)
        left = right = None
    if not tracing() and decided(lambda xp: (np.diff(xp) <= 0).any(), xp):
        raise ValueError("interp: xp must ascend, each element greater than the one before; sort xp, and fp with it")
    first, last = get_item(xp, 0), get_item(xp, -1)
    rise, run = [get_item(v, slice(1, None)) - get_item(v, slice(-1)) for v in (fp, xp)]
    slopes = rise / run
    slopes = concatenate([slopes, np.zeros(1, slopes.dtype)])
    at = apply(_point_before, x, xp)
    inside = at_most(at_least(x, first), last)  # an infinite x would make nan of the slopes' gradient
    y = apply(_lookup, fp, at) + apply(_lookup, slopes, at) * (inside - apply(_lookup, xp, at))
    if left is not None:
        y = where(apply(declared["less"], x, first), left, y)
    return y if right is None else where(apply(declared["greater"], x, last), right, y)


def _unrolled(x: Variable, xp: Variable, fp: Variable, period: float) -> tuple[Variable, Variable, Variable]:
    """x and the points in one period, in order, and a point more on either side."""
    period = abs(float(plainly("interp", period, "period")))
    if not period > 0:
        raise ValueError(f"interp: period must be a number other than 0, got {period}")
    x, xp = remainder(x, period), remainder(xp, period)
    order = apply(sorting_places, xp)
    xp, fp = apply(declared["pick"], xp, order), apply(declared["pick"], fp, order)
    (x_first, x_last), (f_first, f_last) = [(get_item(v, slice(1)), get_item(v, slice(-1, None))) for v in (xp, fp)]
    return x, concatenate([x_last - period, xp, x_first + period]), concatenate([f_last, fp, f_first])


publish("interp", interp)
