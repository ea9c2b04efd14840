"""Elements repeated: tiles, grids, and arrays made as large as the largest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.dtypes import is_whole
from dezero.core.errors import describe
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, along, axis_of, whole
from dezero.functions.arrays.rearrange import ravel
from dezero.functions.arrays.shape import broadcast_to, reshape


@public
def tile(x: ArrayLike, reps: WholeNumbers) -> Variable:
    """The array laid side by side `reps` times along its axes (a number, or one for each of the last axes).

    ValueError for a negative number of repetitions.

    >>> tile(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2. 1. 2.]
              [1. 2. 1. 2.]])
    """
    x = operand(x, "tile")
    counts = tuple([whole("tile", n, "reps") for n in np.atleast_1d(np.asarray(raw(noted(reps))))])
    if any([n < 0 for n in counts]):
        raise ValueError(f"tile: reps {counts} must not be negative (array of shape {x.shape})")
    ndim = max(x.ndim, len(counts))
    counts, shape = (1,) * (ndim - len(counts)) + counts, (1,) * (ndim - x.ndim) + x.shape
    pairs = list(zip(counts, shape, strict=True))
    if any([n != 1 for n in counts]):  # each axis as (repetition, element)
        x = broadcast_to(reshape(x, sum([(1, n) for n in shape], ())), sum(pairs, ()))
    return reshape(x, tuple([count * n for count, n in pairs]))


@public
def repeat(x: ArrayLike, repeats: WholeNumbers, axis: int | None = None) -> Variable:
    """Each element `repeats` times (a number, or one for each element of the axis); of the ravelled array without axis.

    ValueError for negative repeats, and for a number of them other than 1 and the axis' length.

    >>> repeat(Variable(np.array([1.0, 2.0])), 2), repeat(Variable(np.array([1.0, 2.0])), [2, 1])
    (variable([1. 1. 2. 2.]), variable([1. 1. 2.]))
    """
    x = operand(x, "repeat")
    if axis is None or not x.ndim:
        x, axis = ravel(x), axis or 0
    axis = axis_of("repeat", axis, x.shape)
    shape, n = x.shape, x.shape[axis]
    counts = np.asarray(raw(noted(repeats)))
    if not is_whole(counts) and counts.size:
        raise TypeError(f"repeat: repeats must be whole numbers, got {describe(counts)}")
    if (counts < 0).any():
        raise ValueError(f"repeat: repeats must not be negative, got {counts.min()}")
    if counts.size == 1 and counts.ndim < 2:
        count = int(counts.reshape(()))
        spread = broadcast_to(
            reshape(x, (*shape[: axis + 1], 1, *shape[axis + 1 :])), (*shape[: axis + 1], count, *shape[axis + 1 :])
        )
        return reshape(spread, (*shape[:axis], n * count, *shape[axis + 1 :]))
    if counts.shape != (n,):
        raise ValueError(
            f"repeat: repeats of shape {counts.shape} for axis {axis} of an array of shape {shape}; "
            f"give one number, or {n}"
        )
    return x[along(axis, np.repeat(np.arange(n), counts))]


@public
def resize(x: ArrayLike, new_shape: int | Sequence[int]) -> Variable:
    """NumPy's resize: the elements in order, again and again, until the new shape is full; zeros where there are none.

    ValueError for negative lengths.

    >>> resize(Variable(np.array([1.0, 2.0, 3.0])), (2, 2))
    variable([[1. 2.]
              [3. 1.]])
    """
    x = ravel(operand(x, "resize"))
    lengths = new_shape if isinstance(new_shape, tuple | list) else (new_shape,)
    shape = tuple([whole("resize", n, "new_shape") for n in lengths])
    if any([n < 0 for n in shape]):
        raise ValueError(f"resize: new_shape {shape} must not have negative lengths")
    size = int(np.prod(shape))
    if not x.size:
        return Variable(np.zeros(shape, x.dtype))
    if size > x.size:
        x = tile(x, -(-size // x.size))
    return reshape(x[:size], shape)


@public
def meshgrid(*xi: ArrayLike, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Variable, ...]:
    """Coordinate arrays of the grid whose axes have these points: a tuple, one array for each axis.

    indexing: "xy" (the first axis runs along the columns) or "ij". sparse: without repeating, to be broadcast.
    copy: taken for NumPy's sake. ValueError for arrays of over one axis or another indexing.

    >>> x, y = meshgrid(Variable(np.array([1.0, 2.0])), Variable(np.array([3.0, 4.0, 5.0])))
    >>> x.shape, y
    ((3, 2), variable([[3. 3.]
              [4. 4.]
              [5. 5.]]))
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}")
    xs = [operand(x, "meshgrid") for x in xi]
    for i, x in enumerate(xs):
        if x.ndim > 1:
            raise ValueError(f"meshgrid: argument {i} has shape {x.shape}; give points along one axis (ravel it)")
    axes = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        axes[:2] = [1, 0]
    lengths = [xs[axes[a]].size for a in range(len(xs))]
    grids = [reshape(x, tuple([-1 if b == a else 1 for b in range(len(xs))])) for x, a in zip(xs, axes, strict=True)]
    return tuple(grids) if sparse else tuple([broadcast_to(g, lengths) for g in grids])


@public
def broadcast_arrays(*args: ArrayLike) -> tuple[Variable, ...]:
    """The arrays broadcast against each other, a tuple. ValueError where their shapes do not broadcast.

    >>> [v.shape for v in broadcast_arrays(Variable(np.ones((2, 1))), Variable(np.ones(3)))]
    [(2, 3), (2, 3)]
    """
    xs = [operand(x, "broadcast_arrays") for x in args]
    try:
        shape = np.broadcast_shapes(*[x.shape for x in xs])
    except ValueError:
        shapes = ", ".join([str(x.shape) for x in xs])
        raise ValueError(f"broadcast_arrays: the shapes {shapes} do not broadcast; reshape one of them") from None
    return tuple([broadcast_to(x, shape) for x in xs])
