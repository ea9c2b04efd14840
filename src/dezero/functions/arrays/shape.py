"""Shapes: elements in another shape, axes in another order, and what broadcasting repeats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import index
from typing import Any

import numpy as np

from dezero.autodiff import broadcasting
from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, Axes, Shape
from dezero.core.op import Op
from dezero.core.registry import operations, values
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import refuse_bools
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays._independent import Below, Independent, unmoved


def _reshape_rows(below: Below, node: Variable, shape: Shape) -> Independent | None:
    """An axis is found again where the result has one of its length behind as many elements."""
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


def _reshaped(S: Stacks, op: Op, x: Stack) -> Any:
    return S.call(S.rebound(op, shape=(S.count, *op.parameters["shape"])), x.value)


_reshape = linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda F, g, x, y, shape: F.reshape(g, shape=x.shape),
    independent=_reshape_rows,
    uniform=True,
    keeps_constant=True,
    batched="reshape",
    stacked=_reshaped,
    moves=True,
)


def _lengths(name: str, shape: Any) -> Shape:
    try:
        return tuple([index(n) for n in shape]) if isinstance(shape, tuple | list) else (index(shape),)
    except TypeError:
        raise TypeError(f"{name}: a shape is a whole number or a tuple of them, got {shape!r}") from None


def _fits(shape: Shape, target: Shape) -> bool:
    """Whether a shape broadcasts to another."""
    return len(shape) <= len(target) and all(
        [n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False)]
    )


@public
def reshape(x: ArrayLike, shape: int | Sequence[int]) -> Variable:
    """The same elements in another shape; one -1 stands for what is left.

    >>> reshape(Variable(np.arange(4.0)), (2, -1))
    variable([[0. 1.]
              [2. 3.]])
    """
    x, shape = operand(x, "reshape"), _lengths("reshape", shape)
    if x.shape == shape:
        return x
    try:
        if min(shape, default=0) >= -1:  # NumPy takes any negative length for -1
            return apply(_reshape.bind(shape=shape), x)
    except ValueError:
        pass
    raise ValueError(
        f"reshape: the {x.size} elements of shape {x.shape} cannot take the shape {shape}; give lengths whose product "
        "they are, one of them perhaps -1 for what is left"
    )


def _transpose_rows(below: Below, node: Variable, axes: Shape | None) -> Independent | None:
    order = axes if axes is not None else tuple(reversed(range(node.ndim)))
    return tuple(order.index(axis + node.ndim) - node.ndim for axis in below[0])


def _transposed(S: Stacks, op: Op, x: Stack) -> Any:
    n, axes = len(x.shape), op.parameters["axes"]
    order = reversed(range(n)) if axes is None else axes
    return S.call(S.rebound(op, axes=(0, *[a % n + 1 for a in order])), x.value)


_transpose = linear(
    "transpose",
    lambda x, axes: np.transpose(x, axes),
    lambda F, g, x, y, axes: F.transpose(g, axes=None if axes is None else tuple(int(i) for i in np.argsort(axes))),
    independent=_transpose_rows,
    uniform=True,
    keeps_constant=True,
    batched="transpose",
    stacked=_transposed,
    moves=True,
)


@public
def transpose(x: ArrayLike, axes: Axes | Sequence[int] = None) -> Variable:
    """The axes in another order (reversed by default); axes is a permutation of range(ndim).

    >>> transpose(Variable(np.ones((2, 3)))).shape
    (3, 2)
    """
    x = operand(x, "transpose")
    if axes is not None:
        refuse_bools("transpose", axes, "axes")
        given: Iterable[object] = axes if isinstance(axes, tuple | list | np.ndarray) else (axes,)
        order = tuple(
            [int(a) % x.ndim if isinstance(a, int | np.integer) and -x.ndim <= a < x.ndim else -1 for a in given]
        )
        if sorted(order) != list(range(x.ndim)):
            raise ValueError(
                f"transpose: axes {axes!r} for an array of shape {x.shape}; give each of its {x.ndim} axes once"
            )
        axes = order
    return apply(_transpose.bind(axes=axes), x)


def _spread(x: Array | np.generic, shape: Shape) -> Array:
    if not isinstance(x, np.generic):
        return np.broadcast_to(x, shape)
    full = np.empty(shape, x.dtype)  # for a number, as a sum's gradient is, a sixth of broadcast_to's time
    full.fill(x)
    return full


def _spread_each(S: Stacks, op: Op, x: Stack) -> Any:
    shape = op.parameters["shape"]
    return S.call(S.rebound(op, shape=(S.count, *shape)), S.opened(x, len(shape)))


_broadcast_to = linear(
    "broadcast_to",
    _spread,
    lambda F, g, x, y, shape: F.sum_to(g, shape=x.shape),
    independent=unmoved,
    keeps_constant=True,
    batched="broadcast_to",
    stacked=_spread_each,
)


@public
def broadcast_to(x: ArrayLike, shape: int | Sequence[int]) -> Variable:
    """The array repeated to a shape that it broadcasts to.

    >>> broadcast_to(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    x, shape = operand(x, "broadcast_to"), _lengths("broadcast_to", shape)
    if not _fits(x.shape, shape):
        raise ValueError(
            f"broadcast_to: an array of shape {x.shape} does not broadcast to {shape}; its axes must be 1 or the "
            "same, counted from the last"
        )
    return x if x.shape == shape else apply(_broadcast_to.bind(shape=shape), x)


def _sum_to_rows(below: Below, node: Variable, shape: Shape) -> Independent | None:
    rows = below[0]
    return rows if all(-axis <= len(shape) and shape[axis] == node._args[0].shape[axis] for axis in rows) else None


def _summed_each(S: Stacks, op: Op, x: Stack) -> Any:
    shape = op.parameters["shape"]
    ones = [1] * (len(x.shape) - len(shape))
    return S.reshaped(S.call(S.rebound(op, shape=(S.count, *ones, *shape)), x.value), (S.count, *shape))


_sum_to = linear(
    "sum_to",
    lambda x, shape: broadcasting.sum_to(x, shape),
    lambda F, g, x, y, shape: F.broadcast_to(g, shape=x.shape),
    independent=_sum_to_rows,
    uniform=True,
    stacked=_summed_each,
)


@public
def sum_to(x: ArrayLike, shape: int | Sequence[int]) -> Variable:
    """The sum over what broadcasting from `shape` repeats: the adjoint of broadcast_to.

    >>> sum_to(Variable(np.ones((2, 3))), (1, 3))
    variable([[2. 2. 2.]])
    """
    x, shape = operand(x, "sum_to"), _lengths("sum_to", shape)
    if not _fits(shape, x.shape):
        raise ValueError(
            f"sum_to: an array of shape {x.shape} cannot be summed to {shape}, which does not broadcast to it; its "
            "axes must be 1 or the same, counted from the last"
        )
    return x if x.shape == shape else apply(_sum_to.bind(shape=shape), x)


@public
def expand_dims(x: ArrayLike, axis: int | Sequence[int]) -> Variable:
    """New axes of length one at the positions `axis` (a number, or a tuple) of the result.

    >>> expand_dims(Variable(np.ones(3)), 0).shape
    (1, 3)
    """
    x = operand(x, "expand_dims")
    refuse_bools("expand_dims", axis)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = x.ndim + len(axes)
    for a in axes:
        if not isinstance(a, int | np.integer) or not -ndim <= a < ndim:
            raise ValueError(
                f"expand_dims: axis {a!r} is out of range for an array of shape {x.shape}, whose result has {ndim} "
                f"axes; give one from {-ndim} to {ndim - 1}"
            )
    new = {a % ndim for a in axes}
    if len(new) < len(axes):
        raise ValueError(f"expand_dims: axis {axis} names a position of the result twice (array of shape {x.shape})")
    lengths = iter(x.shape)
    return reshape(x, tuple([1 if a in new else next(lengths) for a in range(ndim)]))


@public
def flatten(x: ArrayLike) -> Variable:
    """DeZero's flatten: everything but the first axis, the batch, becomes one axis.

    >>> flatten(Variable(np.ones((2, 3, 4)))).shape
    (2, 12)
    """
    x = operand(x, "flatten")
    return reshape(x, (x.shape[0] if x.ndim else 1, -1))


values.zeros_like = np.zeros_like  # type: ignore[attr-defined]
operations.zeros_like = lambda x: Variable(np.zeros_like(raw(x)))  # type: ignore[attr-defined]
