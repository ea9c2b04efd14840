"""Arrays joined into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, DType
from dezero.core.errors import describe
from dezero.core.op import AnyNumberOfRules
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, wrap
from dezero.core.watch.tracing import is_per_run, per_run
from dezero.functions._axes import along, axis_of, misplaced, refuse_bools
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import Below, Independent, agreed
from dezero.functions.arrays.shape import reshape


def _join_rows(below: Below, node: Variable, axis: int) -> Independent | None:
    axes = agreed(below)
    return None if axes is None or axis - node.ndim in axes else axes


def _split_rule(i, F, g, *xs, axis):
    start = sum(x.shape[axis] for x in xs[:i])
    return F.get_item(g, index=along(axis, slice(start, start + xs[i].shape[axis])))


_concatenate = linear(
    "concatenate",
    lambda *xs, axis: np.concatenate(xs, axis),
    AnyNumberOfRules(_split_rule),
    independent=_join_rows,
    uniform=True,
    keeps_constant=True,
    batched="concatenate",
    stacked=shifted("axis"),
    moves=True,
)


@public
def concatenate(arrays: Iterable[ArrayLike] | Variable, axis: int | None = 0) -> Variable:
    """Join arrays along an axis that they have (axis None: ravelled ones); the other axes must agree.

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


def from_list(x: ArrayLike | Sequence[object]) -> ArrayLike:
    """A list or tuple of numbers as an array; anything else as it is."""
    found: Any = np.asarray(x) if isinstance(x, list | tuple) else x
    return found


def parts_of(name: str, arrays: object) -> list[Variable]:
    """The arrays to be joined, as Variables; a number among them takes the dtype of the others."""
    if not isinstance(arrays, Iterable):
        raise TypeError(f"{name}: give a sequence of arrays, got {describe(arrays)}")
    parts = list(arrays)
    if not parts:
        raise ValueError(f"{name}: needs at least one array")
    kinds = [raw(p).dtype for p in parts if hasattr(raw(p), "dtype")]
    if not kinds:
        return [operand(p, name) for p in parts]
    return [operand(p, name) if isinstance(p, Variable) else _variable(name, p, kinds) for p in parts]


def _variable(name: str, part: ArrayLike, kinds: list[DType]) -> Variable:
    if isinstance(part, int | float | complex) and not isinstance(part, np.generic):
        return Variable(np.array(part, np.result_type(part, *kinds)))
    if is_per_run(part):
        return wrap(per_run(part, np.result_type(0.0, *kinds)))
    return operand(part, name)


def _one_sequence(name: str, others: tuple[object, ...]) -> None:
    if others:
        raise TypeError(f"{name}: got {len(others) + 1} arguments; give the arrays as one sequence, {name}((a, b))")


def _stack_rows(below: Below, node: Variable, axis: int) -> Independent | None:
    axes = agreed(below)
    # An axis before the new one is one further from the right.
    return None if axes is None else tuple([a - 1 if a + node.ndim - 1 < axis else a for a in axes])


def _stacked(*xs: Any, axis: int) -> Array:
    if all([isinstance(x, np.generic) for x in xs]):
        return np.array(xs)  # a vector of numbers: a fifth of the time
    return np.stack(xs, axis)


_stack = linear(
    "stack",
    _stacked,
    AnyNumberOfRules(lambda i, F, g, *xs, axis: F.get_item(g, index=along(axis, i))),
    independent=_stack_rows,
    uniform=True,
    keeps_constant=True,
    stacked=shifted("axis", new=1),
    moves=True,
)


@public
def stack(arrays: Iterable[ArrayLike], axis: int = 0) -> Variable:
    """Arrays of one shape along a new axis. ValueError where their shapes differ or the axis is out of range.

    >>> stack([Variable(np.array([1.0, 2.0])), np.zeros(2)], axis=1)
    variable([[1. 0.]
              [2. 0.]])
    """
    xs = parts_of("stack", arrays)
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ValueError(
                f"stack: array {i} has shape {x.shape}, the first has {xs[0].shape}; give arrays of one shape, or "
                "join along an axis that they have with concatenate"
            )
    return apply(_stack.bind(axis=axis_of("stack", axis, (*xs[0].shape, len(xs)))), *xs)


@public
def vstack(arrays: Iterable[ArrayLike], *others: object) -> Variable:
    """Arrays above each other, one-axis arrays as rows. ValueError where shapes differ beyond the first axis.

    >>> vstack([Variable(np.ones(2)), np.zeros((1, 2))])
    variable([[1. 1.]
              [0. 0.]])
    """
    _one_sequence("vstack", others)
    return _join("vstack", [operations.atleast_2d(x) for x in parts_of("vstack", arrays)], 0)


@public
def hstack(arrays: Iterable[ArrayLike], *others: object) -> Variable:
    """Arrays beside each other, one-axis arrays end to end. ValueError where shapes differ beyond the second axis.

    >>> hstack([Variable(np.ones(2)), np.zeros(1)])
    variable([1. 1. 0.])
    """
    _one_sequence("hstack", others)
    xs = [operations.atleast_1d(x) for x in parts_of("hstack", arrays)]
    return _join("hstack", xs, 0 if xs[0].ndim == 1 else 1)


@public
def dstack(arrays: Iterable[ArrayLike], *others: object) -> Variable:
    """Arrays behind each other, along a third axis. ValueError where shapes differ beyond the third axis.

    >>> dstack([Variable(np.ones(2)), np.zeros(2)]).shape
    (1, 2, 2)
    """
    _one_sequence("dstack", others)
    return _join("dstack", [operations.atleast_3d(x) for x in parts_of("dstack", arrays)], 2)


@public
def column_stack(arrays: Iterable[ArrayLike], *others: object) -> Variable:
    """Arrays beside each other, one-axis arrays as columns. ValueError where the numbers of rows differ.

    >>> column_stack([Variable(np.ones(2)), np.zeros((2, 1))])
    variable([[1. 0.]
              [1. 0.]])
    """
    _one_sequence("column_stack", others)
    xs = [x if x.ndim > 1 else reshape(x, (x.size, 1)) for x in parts_of("column_stack", arrays)]
    return _join("column_stack", xs, 1)


@public
def append(x: ArrayLike, values: ArrayLike, axis: int | None = None) -> Variable:
    """Values behind the array along an axis; both ravelled without one. ValueError where shapes differ elsewhere.

    >>> append(Variable(np.ones(2)), 3.0)
    variable([1. 1. 3.])
    """
    xs = parts_of("append", [x, values])
    if axis is None:
        return concatenate([part.ravel() for part in xs])
    return _join("append", xs, axis_of("append", axis, xs[0].shape))


def _join(name: str, xs: list[Variable], axis: int) -> Variable:
    first = xs[0].shape
    for i, x in enumerate(xs):
        if x.ndim != len(first) or any([a != axis and n != first[a] for a, n in enumerate(x.shape)]):
            raise ValueError(
                f"{name}: array {i} has shape {x.shape} (axes added), the first has {first}; all axes but axis {axis} "
                "must agree: reshape or transpose one of them"
            )
    return concatenate(xs, axis)


@public
def block(arrays: Blocks, *others: object) -> Variable:
    """A matrix of blocks, given as nested lists: the innermost are joined along the last axis, those around them along
    the axes before it.

    ValueError for empty lists, lists of unequal depth, and blocks that do not fit.

    >>> block([[Variable(np.ones((1, 1))), np.zeros((1, 2))], [np.full((2, 1), 3.0), np.eye(2)]])
    variable([[1. 0. 0.]
              [3. 1. 0.]
              [3. 0. 1.]])
    """
    _one_sequence("block", others)
    leaves: list[ArrayLike] = []
    depth = _depth(arrays, leaves)
    parts = parts_of("block", leaves)
    ndim = max(depth, *[x.ndim for x in parts])
    return _blocks(arrays, ndim - depth, iter([reshape(x, (1,) * (ndim - x.ndim) + x.shape) for x in parts]))


Blocks = ArrayLike | list["Blocks"]


def _depth(nested: Blocks, leaves: list[ArrayLike]) -> int:
    """How deep the lists are nested. What they hold is appended to `leaves`."""
    if not isinstance(nested, list):
        leaves.append(nested)
        return 0
    depths = {_depth(part, leaves) for part in nested}
    if len(depths) != 1:
        what = "lists of unequal depth" if nested else "an empty list"
        raise ValueError(f"block: {what}; nest all blocks alike")
    return depths.pop() + 1


def _blocks(nested: Blocks, axis: int, leaves: Iterator[Variable]) -> Variable:
    if not isinstance(nested, list):
        return next(leaves)
    return _join("block", [_blocks(part, axis + 1, leaves) for part in nested], axis)
