"""Operations that move elements without changing them."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from dezero.core import broadcasting
from dezero.core.op import ELEMENTWISE, AnyNumberOfRules, Op, apply, linear, operand, public
from dezero.core.operators import raw
from dezero.core.registry import operations, values
from dezero.core.variable import Variable
from dezero.functions._axes import misplaced, refuse_bools


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


def _lengths(name: str, shape: Any) -> tuple[int, ...]:
    try:
        return tuple([index(n) for n in shape]) if isinstance(shape, tuple | list) else (index(shape),)
    except TypeError:
        raise TypeError(f"{name}: a shape is a whole number or a tuple of them, got {shape!r}") from None


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another."""
    return len(shape) <= len(target) and all(
        [n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False)]
    )


@public
def reshape(x: Any, shape: Any) -> Variable:
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


@public
def transpose(x: Any, axes: Any = None) -> Variable:
    """The axes in another order (reversed by default); axes is a permutation of range(ndim).

    >>> transpose(Variable(np.ones((2, 3)))).shape
    (3, 2)
    """
    x = operand(x, "transpose")
    if axes is not None:
        refuse_bools("transpose", axes, "axes")
        given, axes = axes, tuple(axes) if isinstance(axes, tuple | list | np.ndarray) else (axes,)
        axes = tuple(
            [int(a) % x.ndim if isinstance(a, int | np.integer) and -x.ndim <= a < x.ndim else -1 for a in axes]
        )
        if sorted(axes) != list(range(x.ndim)):
            raise ValueError(
                f"transpose: axes {given!r} for an array of shape {x.shape}; give each of its {x.ndim} axes once"
            )
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


@public
def broadcast_to(x: Any, shape: Any) -> Variable:
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


@public
def sum_to(x: Any, shape: Any) -> Variable:
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
def expand_dims(x: Any, axis: Any) -> Variable:
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


@public
def concatenate(arrays: Any, axis: int | None = 0) -> Variable:
    """Join arrays along an axis that they have (ravelled, axis None); the other axes must agree.

    >>> concatenate([Variable(np.ones(2)), np.zeros(1)])
    variable([1. 1. 0.])
    """
    refuse_bools("concatenate", axis)
    if isinstance(arrays, Variable | np.ndarray) and not arrays.ndim:
        raise ValueError("concatenate: needs a sequence of arrays, got one of shape (); put it in a list")
    xs = [x if type(x) is np.ndarray else operand(x, "concatenate") for x in arrays]
    if not xs:
        raise ValueError("concatenate: needs at least one array")
    if axis is None:
        xs, axis = [reshape(x, (-1,)) for x in xs], 0
    ndim = np.ndim(raw(xs[0]))
    if not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim:
        if isinstance(raw(axis), np.ndarray):
            raise misplaced("concatenate", axis, "axis")
        valid = f"give one from {-ndim} to {ndim - 1}" if ndim else "they have no axes, so use stack"
        raise ValueError(f"concatenate: axis {axis} is out of range for arrays of shape {xs[0].shape}; {valid}")
    axis = int(axis) % ndim
    try:
        return apply(_concatenate.bind(axis=axis), *xs)
    except ValueError as error:
        shapes = ", ".join([str(x.shape) for x in xs])
        raise ValueError(
            f"concatenate: the shapes {shapes} differ in more than axis {axis}; reshape or transpose one of them"
        ) from error.__cause__


def _astype_rule(F: Any, g: Any, x: Any, y: Any, dtype: Any) -> Any:
    kind = np.dtype(x.dtype).kind
    if kind != "c" and np.dtype(getattr(g, "dtype", float)).kind == "c":
        g = F.real(g)  # the imaginary part of a real number's cotangent means nothing
    return F.astype(g, dtype=x.dtype) if kind in "fc" else g


def _cast(x: Any, dtype: Any) -> Any:
    return np.asarray(x).astype(dtype)


_astype = linear(
    "astype",
    _cast,
    _astype_rule,
    rows=lambda below, node, dtype: below[0],
    uniform=True,
    keeps_constant=True,
)

# The same operation where it is a step function. Rules, which look it up by its name, cast to floats alone.
_to_steps = Op("astype", ELEMENTWISE, _cast, [lambda F, g, x, y, dtype: F.zeros_like(x)])
_to_steps.key = "astype, a step function"


@public
def astype(x: Any, dtype: Any) -> Variable:
    """The array in another dtype of numbers; its gradient comes back in the array's own.

    What becomes bools, or whole numbers from floats, is a step function: its derivative is 0 everywhere. TypeError for
    a dtype of anything but numbers and bools.

    >>> astype(Variable(np.ones(2)), np.float32).dtype
    dtype('float32')
    """
    x, dtype = operand(x, "astype"), np.dtype(dtype)
    if dtype.kind not in "fiubc":
        raise TypeError(f"astype: an array of dtype {dtype} would hold no numbers; give a dtype of numbers, or bool")
    moves = dtype.kind in "fc" or (dtype.kind in "iu" and x.dtype.kind in "iub")
    return apply((_astype if moves else _to_steps).bind(dtype=dtype), x)


values.zeros_like = np.zeros_like  # type: ignore[attr-defined]
operations.zeros_like = lambda x: Variable(np.zeros_like(raw(x)))  # type: ignore[attr-defined]
