"""Elements changed at an index, put in and left out, in a new array."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.arithmetic import add
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import is_per_run, per_run
from dezero.functions._axes import along
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays._independent import Below, Independent, moved, unmoved
from dezero.functions.arrays.dtype import astype
from dezero.functions.arrays.joining import concatenate
from dezero.functions.arrays.rearrange import moveaxis, ravel
from dezero.functions.arrays.shape import broadcast_to, reshape
from dezero.functions.indexing._indices import Index, index_of_each, plain_index, positions_read, repeats, whole_axes
from dezero.functions.indexing.get_item import axis_from_front, get_item, scatter
from dezero.functions.indexing.taking import on_axis


def _written(x: Array, values: Array, index: Any) -> Array:
    y = np.array(x, np.result_type(x, values))
    y[index] = values
    return y


def _written_rows(below: Below, node: Variable, index: object) -> Independent | None:
    """Independent axes of the array pass, unless those of the values stand elsewhere in it."""
    rows, inner = below
    if not inner:
        return rows
    places = whole_axes(node.shape, index)
    if not rows:
        return moved(inner, {place: axis for axis, place in places.items()})
    return rows if inner == tuple([places.get(r) for r in rows]) else None


def _each_updated(S: Stacks, op: Op, x: Any, values: Any) -> Any:
    found = index_of_each(op.parameters["index"])
    if found is None:
        return NotImplemented
    index, axis = found
    return S.call(S.rebound(op, index=index), S.whole(x), axis_from_front(S, S.whole(values), axis))


def _each_cleared(S: Stacks, op: Op, x: Stack) -> Any:
    found = index_of_each(op.parameters["index"])
    return NotImplemented if found is None else S.call(S.rebound(op, index=found[0]), x.value)


_update = linear(
    "index_update",
    _written,
    lambda F, g, x, values, y, index: F.index_clear(g, index=index),
    lambda F, g, x, values, y, index: F.get_item(g, index=index),
    independent=_written_rows,
    stacked=_each_updated,
)

_clear = linear(
    "index_clear",
    lambda x, index: _written(x, x.dtype.type(0), index),
    lambda F, g, x, y, index: F.index_clear(g, index=index),
    independent=unmoved,
    stacked=_each_cleared,
)


@public
def index_update(x: ArrayLike, index: Index, values: ArrayLike) -> Variable:
    """The array with x[index] = values, by any NumPy index; x itself stays as it is.

    values broadcast to the shape of x[index]. Where the index names an element twice, its last value counts, as in
    NumPy, and alone has a derivative. IndexError for an index out of range, ValueError for values that do not
    broadcast.

    >>> index_update(Variable(np.zeros(3)), [0, 2], Variable(np.array([1.0, 2.0])))
    variable([1. 0. 2.])
    """
    x, index, values = _prepared("index_update", x, index, values)
    if repeats(index):
        positions = positions_read(index, x.shape)
        last, place = np.unique(positions.ravel()[::-1], return_index=True)
        if last.size < positions.size:
            values = get_item(ravel(values), positions.size - 1 - place)
            index = np.unravel_index(last, x.shape)
    return apply(_update.bind(index=index), x, values)


@public
def index_add(x: ArrayLike, index: Index, values: ArrayLike) -> Variable:
    """The array with values added at an index, each of them where the index names an element twice; x stays as it is.

    values broadcast to the shape of x[index]. IndexError for an index out of range, ValueError for values that do
    not broadcast.

    >>> index_add(Variable(np.zeros(3)), [0, 0, 2], Variable(np.array([1.0, 2.0, 3.0])))
    variable([3. 0. 3.])
    """
    x, index, values = _prepared("index_add", x, index, values)
    return add(x, scatter(values, index, x.shape))


def _prepared(name: str, x: ArrayLike, index: Index, values: ArrayLike) -> tuple[Variable, Any, Variable]:
    """The array, the index with its arrays copied, and the values in the shape of what it reads."""
    x, at = operand(x, name), plain_index(index)
    try:
        shape = np.broadcast_to(np.False_, x.shape)[at].shape
    except IndexError as error:
        raise IndexError(f"{name}: {error} ({describe(x)})") from None
    if isinstance(values, int | float | complex) and not isinstance(values, np.generic):
        values = Variable(np.full(shape, values, np.result_type(x.dtype, values)))
    elif is_per_run(values):
        values = per_run(values, np.result_type(x.dtype, 0.0))
    values = operand(values, name)
    try:
        return x, at, broadcast_to(values, shape)
    except ValueError:
        raise ValueError(
            f"{name}: values of shape {values.shape} do not broadcast to {shape}, the shape of what the index reads "
            f"from an array of shape {x.shape}"
        ) from None


@public
def delete(x: ArrayLike, obj: Index, axis: int | None = None) -> Variable:
    """Without the elements (slices of an axis) named by a number, a slice, numbers or a mask; ravelled without axis.

    IndexError for an index out of range.

    >>> delete(Variable(np.arange(4.0)), [0, 2])
    variable([1. 3.])
    """
    x, axis = on_axis("delete", x, axis)
    try:
        kept = np.delete(np.arange(x.shape[axis]), plain_index(obj))
    except (IndexError, ValueError) as error:
        raise type(error)(f"delete: {error}; axis {axis} of shape {x.shape}") from None
    return get_item(x, along(axis, kept))


@public
def insert(x: ArrayLike, obj: Index, values: ArrayLike, axis: int | None = None) -> Variable:
    """With values before the elements named by a number, a slice, numbers or a mask; ravelled without axis.

    values broadcast as in NumPy, and take the array's dtype. IndexError for an index out of range, ValueError for
    values that do not fit, TypeError for complex ones in a real array.

    >>> insert(Variable(np.arange(3.0)), 1, Variable(np.array(9.0)))
    variable([0. 9. 1. 2.])
    """
    x, axis = on_axis("insert", x, axis)
    n, at = x.shape[axis], plain_index(obj)
    if isinstance(at, np.ndarray) and at.dtype == bool:
        at = np.flatnonzero(at)
    values = operand(values, "insert")
    if is_complex(values) and not is_complex(x):
        raise TypeError(f"insert: values are a {describe(values)} for a {describe(x)}; call as_complex on that first")
    values = astype(values, x.dtype)
    if values.ndim < x.ndim:
        values = reshape(values, (1,) * (x.ndim - values.ndim) + values.shape)
    if np.ndim(at) == 0 and not isinstance(at, slice):
        values = moveaxis(values, 0, axis)  # what NumPy does for a single place
    count = np.arange(n)[at].size if isinstance(at, slice) else np.size(at)
    m = values.shape[axis] if count == 1 else count
    try:
        order = np.insert(np.arange(n), at, np.arange(n, n + m))
        values = broadcast_to(values, (*x.shape[:axis], m, *x.shape[axis + 1 :]))
    except (IndexError, ValueError) as error:
        raise type(error)(f"insert: {error}; values of shape {values.shape}, axis {axis} of shape {x.shape}") from None
    return get_item(concatenate([x, values], axis), along(axis, order))
