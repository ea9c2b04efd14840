"""Reading elements by index, and its adjoint, adding them into place."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, publish
from dezero.core.dtypes import Array, Shape, as_array, is_whole, rounded_once, zeros_of
from dezero.core.op import Op, declared
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import decided, mapping
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays._independent import Below, Independent, moved
from dezero.functions.indexing import rows  # noqa: F401 - declares take_rows
from dezero.functions.indexing._indices import (
    Index,
    axes_read,
    index_of_each,
    plain_index,
    positions_read,
    repeats,
    whole_axes,
)


def _item(x: Any, index: Any) -> Array:
    if type(index) is np.ndarray and type(x) is np.ndarray and x.ndim > 1 and index.ndim and index.dtype == np.intp:
        return x.take(index, 0) if x.size else x[index]  # a seventh of the time for short rows
    return (np.asarray(x) if isinstance(x, np.generic) else x)[index]


def _scatter(g: Array, index: Any, shape: Shape) -> Array:
    g = g if type(g) is np.ndarray else as_array(g)
    if not repeats(index):
        total = zeros_of(g, shape)
        total[index] = g
        return total
    return _added(g, index, shape)


@rounded_once
def _added(g: Array, index: Any, shape: Shape) -> Array:
    # One flat index: numpy.add.at takes a third of the time that it takes for whole rows.
    read, rest = axes_read(index, shape)
    plain = shape and type(index) is np.ndarray and index.dtype == np.intp and index.size and index.min() >= 0
    positions = index if plain else positions_read(index, read)
    if rest != 1:
        positions = positions[..., None] * rest + np.arange(rest)
    total = zeros_of(g, math.prod(shape))
    np.add.at(total, positions.ravel(), g.ravel())
    return total.reshape(shape)


def _rows(below: Below, node: Variable, index: object) -> Independent | None:
    """Independent axes pass where they are read whole; an index array is taken to mix the elements along its axis."""
    return moved(below[0], whole_axes(node._args[0].shape, index))


def _scattered_rows(below: Below, node: Variable, index: object, shape: Shape) -> Independent | None:
    return moved(below[0], {place: axis for axis, place in whole_axes(shape, index).items()})


def _of_each(S: Stacks, op: Op, x: Stack) -> Any:
    found = index_of_each(op.parameters["index"])
    if found is None:
        return NotImplemented
    index, axis = found
    return axis_to_front(S, S.call(S.rebound(op, index=index), x.value), axis)


def axis_to_front(S: Stacks, y: Any, axis: int) -> Any:
    """The axis of the examples, which an index left in another place, as the first."""
    return S.transpose(y, axes=(axis, *[a for a in range(y.ndim) if a != axis])) if axis else y


def axis_from_front(S: Stacks, y: Any, axis: int) -> Any:
    """The first axis where an index has that of the examples."""
    return S.transpose(y, axes=(*range(1, axis + 1), 0, *range(axis + 1, y.ndim))) if axis else y


def _into_each(S: Stacks, op: Op, g: Stack) -> Any:
    found = index_of_each(op.parameters["index"])
    if found is None:
        return NotImplemented
    index, axis = found
    shape = (S.count, *op.parameters["shape"])
    return S.call(S.rebound(op, index=index, shape=shape), axis_from_front(S, g.value, axis))


_get_item = linear(
    "get_item",
    _item,
    lambda F, g, x, y, index: F.scatter(g, index=index, shape=x.shape),
    independent=_rows,
    keeps_constant=True,
    batched="get_item",
    stacked=_of_each,
    moves=True,
)

_put = linear(
    "scatter",
    _scatter,
    lambda F, g, x, y, index, shape: F.get_item(g, index=index),
    independent=_scattered_rows,
    uniform=True,
    stacked=_into_each,
)


@functools.lru_cache(maxsize=256)
def _at_number(index: int) -> Op:
    """Reading at a whole number: an operation that is there already finds its key and value in half the time."""
    return _get_item.bind(index=index)


def get_item(x: ArrayLike, index: Index) -> Variable:
    """Elements by any NumPy index: integers, slices, None, Ellipsis, index arrays, boolean masks.

    An element that is read twice gets the sum of both gradients. IndexError where the index is out of range.

    >>> get_item(Variable(np.arange(6.0).reshape(2, 3)), (slice(None), [0, 0]))
    variable([[0. 0.]
              [3. 3.]])
    """
    x = operand(x, "get_item")
    if isinstance(index, Variable) and x.ndim and in_rows(index, len(x)):
        return apply(declared["take_rows"], x, index)
    return apply(_at_number(index) if type(index) is int else _get_item.bind(index=plain_index(index)), x)


def in_rows(index: Variable, count: int) -> bool:
    """Whether a function is being mapped that looks up rows of its examples' own, which are so many, in range for all.

    Elsewhere an index that is a Variable stands for its numbers.
    """
    if not mapping() or not is_whole(index):
        return False
    return decided(lambda at: not at.size or -count <= at.min() <= at.max() < count, index)


def scatter(g: ArrayLike, index: Index, shape: Shape) -> Variable:
    """Zeros of a shape with elements added in at an index: what get_item reads, put back."""
    return apply(_put.bind(index=plain_index(index), shape=shape), g)


publish("get_item", get_item)
