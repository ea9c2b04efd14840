"""Elements picked at positions that depend on the values (a maximum, a median), and put back there.

Positions are integers along the last axis; the operations that find them have derivative zero. To pick among the
elements of several axes, these are gathered into one that comes last.
"""

from __future__ import annotations

import math

import numpy as np

from dezero.core.declare import bilinear
from dezero.core.dtypes import Array, Shape, rounded_once
from dezero.core.variable import Variable
from dezero.functions._axes import AxesOrAll
from dezero.functions._stacking import whole_in_front
from dezero.functions.arrays._independent import Below, Independent, agreed


def _split(ndim: int, axes: AxesOrAll) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes kept and the axes gathered, each in ascending order."""
    gathered = tuple(range(ndim)) if axes is None else tuple(sorted(axes))
    return tuple(a for a in range(ndim) if a not in gathered), gathered


def gather_axes(F, x, axes: AxesOrAll):
    """The array with some axes as one that comes last; F is any reading of the rules."""
    kept, gathered = _split(len(x.shape), axes)
    return _reshaped(F, _transposed(F, x, kept + gathered), gathered_shape(x.shape, axes))


def gathered_shape(shape: Shape, axes: AxesOrAll) -> Shape:
    """The shape that gather_axes gives."""
    kept, gathered = _split(len(shape), axes)
    return *[shape[a] for a in kept], math.prod(shape[a] for a in gathered)


def return_axes(F, x, shape: Shape, axes: AxesOrAll):
    """Undo gather_axes of an array that had this shape."""
    kept, gathered = _split(len(shape), axes)
    order = kept + gathered
    x = _reshaped(F, x, tuple(shape[a] for a in order))
    return _transposed(F, x, tuple(order.index(a) for a in range(len(shape))))


def segment(F, x, start: int, stop: int):
    """A part of the last axis."""
    return F.get_item(x, index=(Ellipsis, slice(start, stop)))


def _transposed(F, x, order: Shape):
    return x if order == tuple(range(len(order))) else F.transpose(x, axes=order)


def _reshaped(F, x, shape: Shape):
    return x if x.shape == shape else F.reshape(x, shape=shape)


def rows_beside_last(below: Below, node: Variable, **parameters: object) -> Independent | None:
    """Independent axes stay where they are, unless one is the last axis."""
    axes = agreed(below)
    return None if axes is None or -1 in axes else axes


def _place(g: Array, at: Array, size: int) -> Array:
    if at.shape[-1] != 1:  # positions may repeat
        return _added(g, at, size)
    total = np.zeros((*at.shape[:-1], size), g.dtype)
    np.put_along_axis(total, at, g, -1)
    return total


@rounded_once
def _added(g: Array, at: Array, size: int) -> Array:
    total = np.zeros((*at.shape[:-1], size), g.dtype)
    row = np.arange(math.prod(at.shape[:-1])).reshape(*at.shape[:-1], 1)
    np.add.at(total.reshape(-1), (row * size + at).reshape(-1), g.reshape(-1))
    return total


# Linear in what is picked or placed; the positions have no derivative.
bilinear(
    "pick",
    lambda x, at: np.take_along_axis(x, at, -1),
    lambda F, g, x, at, y: F.place(g, at, size=x.shape[-1]),
    lambda F, g, x, at, y: F.zeros_like(at),
    independent=rows_beside_last,
    stacked=whole_in_front,
    indices=True,
)
bilinear(
    "place",
    _place,
    lambda F, g, x, at, y, size: F.pick(g, at),
    lambda F, g, x, at, y, size: F.zeros_like(at),
    independent=rows_beside_last,
    stacked=whole_in_front,
    indices=True,
)
