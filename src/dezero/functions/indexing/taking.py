"""Elements taken by their places along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, Shape, is_whole
from dezero.core.errors import describe
from dezero.core.op import declared
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, along, axis_of
from dezero.functions.arrays.rearrange import ravel
from dezero.functions.arrays.shape import broadcast_to
from dezero.functions.indexing import picking  # noqa: F401 - declares pick
from dezero.functions.indexing.get_item import get_item


def whole_numbers(name: str, indices: WholeNumbers) -> Array:
    """Indices as an integer array of their own; a Variable gives its numbers."""
    found = np.array(raw(noted(indices)))
    if not found.size and not hasattr(raw(indices), "dtype"):
        return found.astype(np.intp)  # an empty list
    if not is_whole(found):
        raise TypeError(f"{name}: indices must be whole numbers, got {describe(found)}; use compress for a mask")
    return found


def within(name: str, indices: Array, n: int, place: str) -> None:
    """Raise IndexError for indices that are out of range of an axis of length n."""
    if indices.size and not -n <= indices.min() <= indices.max() < n:
        worst = indices.min() if indices.min() < -n else indices.max()
        raise IndexError(f"{name}: index {worst} is out of range for {place}, which has length {n}")


def in_range(name: str, indices: Array, n: int, mode: str, place: str) -> Array:
    """Indices of an axis of length n; those out of range raise IndexError, wrap around, or are clipped to the ends."""
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"{name}: mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode == "raise" or not n:
        within(name, indices, n, place)
        return indices
    return indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)


@public
def take(x: ArrayLike, indices: WholeNumbers, axis: int | None = None, mode: str = "raise") -> Variable:
    """Elements (slices of an axis) at whole numbers, an array of any shape; of the ravelled array without axis.

    An element that is taken twice gets the sum of both gradients. mode: what becomes of an index out of range,
    "raise" (IndexError), "wrap" (around) or "clip" (to the ends; negative ones to the first). TypeError for other
    than whole numbers.

    >>> take(Variable(np.array([1.0, 2.0, 3.0])), [2, 0, 0])
    variable([3. 1. 1.])
    """
    x, axis = on_axis("take", x, axis)
    places = whole_numbers("take", indices)
    places = in_range("take", places, x.shape[axis], mode, f"axis {axis} of shape {x.shape}")
    return get_item(x, along(axis, places if places.ndim else int(places)))


def on_axis(name: str, x: ArrayLike, axis: int | None) -> tuple[Variable, int]:
    """The array and its axis, not negative; the ravelled array and 0 where axis is None."""
    x = operand(x, name)
    return (ravel(x), 0) if axis is None else (x, axis_of(name, axis, x.shape))


_Indexed = TypeVar("_Indexed", Variable, Array)


def last(x: _Indexed, axis: int) -> _Indexed:
    """A Variable or array with an axis exchanged with the last; again, to bring it back."""
    return x if axis == x.ndim - 1 else x.swapaxes(axis, -1)


@public
def take_along_axis(x: ArrayLike, indices: WholeNumbers, axis: int | None = -1) -> Variable:
    """From each line along an axis the elements at whole numbers of its own; of the ravelled arrays without axis.

    x and indices have as many axes, and broadcast apart from this one. An element that is taken twice gets the sum
    of both gradients. ValueError for shapes that do not fit, IndexError for an index out of range.

    >>> take_along_axis(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), np.array([[1], [0]]), axis=1)
    variable([[2.]
              [3.]])
    """
    x, places = operand(x, "take_along_axis"), whole_numbers("take_along_axis", indices)
    if axis is None:
        x, places, axis = ravel(x), places.ravel(), 0
    if x.ndim != places.ndim:
        raise ValueError(
            f"take_along_axis: indices of shape {places.shape} for an array of shape {x.shape}; give them as many axes"
        )
    axis = axis_of("take_along_axis", axis, x.shape)
    within("take_along_axis", places, x.shape[axis], f"axis {axis} of shape {x.shape}")
    places = np.where(places < 0, places + x.shape[axis], places)
    try:
        shape = np.broadcast_shapes(_without(x.shape, axis), _without(places.shape, axis))
    except ValueError:
        raise ValueError(
            f"take_along_axis: indices of shape {places.shape} and an array of shape {x.shape} do not broadcast apart "
            f"from axis {axis}"
        ) from None
    x = broadcast_to(x, (*shape[:axis], x.shape[axis], *shape[axis + 1 :]))
    places = np.broadcast_to(places, (*shape[:axis], places.shape[axis], *shape[axis + 1 :]))
    return last(apply(declared["pick"], last(x, axis), last(places, axis)), axis)


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], 1, *shape[axis + 1 :])


@public
def compress(condition: ArrayLike | Sequence[object], x: ArrayLike, axis: int | None = None) -> Variable:
    """Elements (slices of an axis) where a mask of one axis is true; of the ravelled array without axis.

    The mask may be shorter than the axis: what it does not reach is left out. ValueError for a mask of other than
    one axis, IndexError where it is true beyond the axis.

    >>> compress([True, False, True], Variable(np.array([1.0, 2.0, 3.0])))
    variable([1. 3.])
    """
    mask = np.asarray(raw(noted(condition))) != 0
    if mask.ndim != 1:
        raise ValueError(f"compress: condition must have one axis, got shape {mask.shape}; use extract or x[mask]")
    x, axis = on_axis("compress", x, axis)
    places = np.flatnonzero(mask)
    within("compress", places, x.shape[axis], f"axis {axis} of shape {x.shape}")
    return get_item(x, along(axis, places))


@public
def extract(condition: ArrayLike | Sequence[object], x: ArrayLike) -> Variable:
    """Elements of the ravelled array where the ravelled mask is true; its errors are those of compress.

    >>> extract(np.eye(2), Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([1. 4.])
    """
    x, mask = ravel(operand(x, "extract")), np.flatnonzero(raw(noted(condition)))
    within("extract", mask, x.size, f"an array of {x.size} elements")
    return get_item(x, mask)
