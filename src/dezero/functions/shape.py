"""Operations that move elements without changing them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core import broadcasting
from dezero.core.op import AnyNumberOfRules, apply, linear, operand, publish
from dezero.core.operators import raw
from dezero.core.registry import operations, values
from dezero.core.variable import Variable


def _reshape_rows(below: Any, node: Variable, shape: Any) -> Any:
    (rows,), (x,) = below, node._args
    if not x.size:
        return None  # every product of lengths is 0: any axis would fit any place
    moved = []
    for axis in rows:
        axis += x.ndim
        before = math.prod(x.shape[:axis])
        fits = [j for j, n in enumerate(node.shape) if n == x.shape[axis] and math.prod(node.shape[:j]) == before]
        if not fits:
            return None
        moved.append(fits[0] - node.ndim)
    return tuple(moved)


_reshape = linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda F, g, x, y, shape: F.reshape(g, shape=x.shape),
    rows=_reshape_rows,
    uniform=True,
    keeps_constant=True,
)


def _lengths(shape: Any) -> tuple[int, ...]:
    return tuple([int(n) for n in shape]) if isinstance(shape, tuple | list) else (int(shape),)


def reshape(x: Any, shape: Any) -> Variable:
    """The same elements in another shape; one -1 stands for what is left.

    >>> reshape(Variable(np.arange(4.0)), (2, -1))
    variable([[0. 1.]
              [2. 3.]])
    """
    x, shape = operand(x, "reshape"), _lengths(shape)
    if x.shape == shape:
        return x
    return apply(_reshape.bind(shape=shape), x)


def _transpose_rows(below: Any, node: Variable, axes: Any) -> Any:
    order = axes if axes is not None else tuple(reversed(range(node.ndim)))
    return tuple(order.index(axis + node.ndim) - node.ndim for axis in below[0])


_transpose = linear(
    "transpose",
    lambda x, axes: np.transpose(x, axes),
    lambda F, g, x, y, axes: F.transpose(g, axes=None if axes is None else tuple(int(i) for i in np.argsort(axes))),
    rows=_transpose_rows,
    uniform=True,
    keeps_constant=True,
)


def transpose(x: Any, axes: Any = None) -> Variable:
    """The axes in another order (reversed by default); axes is a permutation of range(ndim).

    >>> transpose(Variable(np.ones((2, 3)))).shape
    (3, 2)
    """
    x = operand(x, "transpose")
    if axes is not None:
        axes = tuple(int(a) % x.ndim if -x.ndim <= a < x.ndim else int(a) for a in axes)
    return apply(_transpose.bind(axes=axes), x)


def _spread(x: Any, shape: tuple[int, ...]) -> Any:
    if not isinstance(x, np.generic):
        return np.broadcast_to(x, shape)
    full = np.empty(shape, x.dtype)  # a sixth of broadcast_to's time for what a sum's gradient is
    full.fill(x)
    return full


_broadcast_to = linear(
    "broadcast_to",
    _spread,
    lambda F, g, x, y, shape: F.sum_to(g, shape=x.shape),
    rows=lambda below, node, shape: below[0],
    keeps_constant=True,
)


def broadcast_to(x: Any, shape: Any) -> Variable:
    """The array repeated to a shape that it broadcasts to.

    >>> broadcast_to(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    x, shape = operand(x, "broadcast_to"), _lengths(shape)
    return x if x.shape == shape else apply(_broadcast_to.bind(shape=shape), x)


def _sum_to_rows(below: Any, node: Variable, shape: Any) -> Any:
    rows = below[0]
    return rows if all(-axis <= len(shape) and shape[axis] == node._args[0].shape[axis] for axis in rows) else None


_sum_to = linear(
    "sum_to",
    lambda x, shape: broadcasting.sum_to(x, shape),
    lambda F, g, x, y, shape: F.broadcast_to(g, shape=x.shape),
    rows=_sum_to_rows,
    uniform=True,
)


def sum_to(x: Any, shape: Any) -> Variable:
    """The sum over what broadcasting from `shape` repeats: the adjoint of broadcast_to.

    >>> sum_to(Variable(np.ones((2, 3))), (1, 3))
    variable([[2. 2. 2.]])
    """
    x, shape = operand(x, "sum_to"), _lengths(shape)
    return x if x.shape == shape else apply(_sum_to.bind(shape=shape), x)


def expand_dims(x: Any, axis: Any) -> Variable:
    """New axes of length one at the positions `axis` (a number, or a tuple) of the result.

    >>> expand_dims(Variable(np.ones(3)), 0).shape
    (1, 3)
    """
    x = operand(x, "expand_dims")
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = x.ndim + len(axes)
    for a in axes:
        if not isinstance(a, int | np.integer) or not -ndim <= a < ndim:
            raise ValueError(f"expand_dims: axis {a} is out of range for a result with {ndim} axes")
    new = {a % ndim for a in axes}
    if len(new) < len(axes):
        raise ValueError(f"expand_dims: axis {axis} names a position twice")
    lengths = iter(x.shape)
    return reshape(x, tuple([1 if a in new else next(lengths) for a in range(ndim)]))


def flatten(x: Any) -> Variable:
    """DeZero's flatten: everything but the first axis, the batch, becomes one axis.

    >>> flatten(Variable(np.ones((2, 3, 4)))).shape
    (2, 12)
    """
    x = operand(x, "flatten")
    return reshape(x, (x.shape[0] if x.ndim else 1, -1))


def _join_rows(below: Any, node: Variable, axis: int) -> Any:
    moving = [rows for rows in below if rows]
    return moving[0] if all(r == moving[0] for r in moving) and axis - node.ndim not in moving[0] else None


def _split_rule(i: int, F: Any, g: Any, *xs: Any, axis: int) -> Any:
    start = sum(x.shape[axis] for x in xs[:i])
    return F.get_item(g, index=(slice(None),) * axis + (slice(start, start + xs[i].shape[axis]),))


_concatenate = linear(
    "concatenate",
    lambda *xs, axis: np.concatenate(xs, axis),
    AnyNumberOfRules(_split_rule),
    rows=_join_rows,
    uniform=True,
    keeps_constant=True,
)


def concatenate(arrays: Any, axis: int | None = 0) -> Variable:
    """Join arrays along an axis that they have (ravelled, axis None); the other axes must agree.

    >>> concatenate([Variable(np.ones(2)), np.zeros(1)])
    variable([1. 1. 0.])
    """
    xs = [x if isinstance(x, np.ndarray) else operand(x, "concatenate") for x in arrays]
    if not xs:
        raise ValueError("concatenate: needs at least one array")
    if axis is None:
        xs, axis = [reshape(x, (-1,)) for x in xs], 0
    ndim = np.ndim(raw(xs[0]))
    if not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim:
        raise ValueError(f"concatenate: axis {axis} is out of range for arrays of shape {xs[0].shape}")
    return apply(_concatenate.bind(axis=axis % ndim), *xs)


_astype = linear(
    "astype",
    lambda x, dtype: np.asarray(x).astype(dtype),
    lambda F, g, x, y, dtype: F.astype(g, dtype=x.dtype) if np.dtype(x.dtype).kind in "fc" else g,
    rows=lambda below, node, dtype: below[0],
    uniform=True,
    keeps_constant=True,
)


def astype(x: Any, dtype: Any) -> Variable:
    """The array in another dtype; its gradient comes back in the array's own.

    >>> astype(Variable(np.ones(2)), np.float32).dtype
    dtype('float32')
    """
    return apply(_astype.bind(dtype=np.dtype(dtype)), operand(x, "astype"))


for _function in (reshape, transpose, broadcast_to, sum_to, expand_dims, flatten, concatenate, astype):
    publish(_function.__name__, _function)
values.zeros_like = np.zeros_like  # type: ignore[attr-defined]
operations.zeros_like = lambda x: Variable(np.zeros_like(raw(x)))  # type: ignore[attr-defined]
