"""Where elements stand: plain arrays of whole numbers, which have no derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.dtypes import Array
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, axis_of


@public
def argmax(x: ArrayLike, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The place of the largest element along an axis, or in the ravelled array; of equals the first.

    Its element is take_along_axis(x, argmax(x, axis, keepdims=True), axis). ValueError for an axis out of range or
    without elements.

    >>> argmax(Variable(np.array([1.0, 3.0, 3.0])))
    np.int64(1)
    """
    return _extreme("argmax", x, axis, keepdims)


@public
def argmin(x: ArrayLike, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The place of the smallest element along an axis, or in the ravelled array; of equals the first.

    >>> argmin(Variable(np.array([3.0, 1.0, 1.0])))
    np.int64(1)
    """
    return _extreme("argmin", x, axis, keepdims)


def _extreme(name: str, x: ArrayLike, axis: int | None, keepdims: bool) -> Array:
    x = operand(x, name)
    if axis is not None:
        axis = axis_of(name, axis, x.shape)
    if not (x.size if axis is None else x.shape[axis]):
        raise ValueError(f"{name}: an array of shape {x.shape} has no elements there to compare")
    return getattr(np, name)(x.data, axis=axis, keepdims=keepdims)


@public
def nonzero(x: ArrayLike) -> tuple[Array, ...]:
    """The places of the elements that are not 0: an array of whole numbers for each axis.

    >>> nonzero(Variable(np.array([0.0, 2.0, 3.0])))
    (array([1, 2]),)
    """
    return np.nonzero(operand(x, "nonzero").data)


@public
def flatnonzero(x: ArrayLike) -> Array:
    """The places of the elements of the ravelled array that are not 0.

    >>> flatnonzero(Variable(np.array([[0.0, 2.0], [3.0, 0.0]])))
    array([1, 2])
    """
    return np.flatnonzero(operand(x, "flatnonzero").data)


@public
def argwhere(x: ArrayLike) -> Array:
    """The places of the elements that are not 0: a row of whole numbers for each.

    >>> argwhere(Variable(np.array([[0.0, 2.0], [3.0, 0.0]])))
    array([[0, 1],
           [1, 0]])
    """
    return np.argwhere(operand(x, "argwhere").data)


@public
def searchsorted(
    x: ArrayLike,
    v: ArrayLike | Sequence[object],
    side: Literal["left", "right"] = "left",
    sorter: WholeNumbers | None = None,
) -> Array:
    """Where the values v are to be put into an ascending x of one axis, so that it stays in order.

    side: before ("left") or behind ("right") equal elements; sorter: the order that sorts x. ValueError for an x of
    another number of axes.

    >>> searchsorted(Variable(np.array([1.0, 2.0, 4.0])), [2.0, 3.0])
    array([1, 2])
    """
    x = operand(x, "searchsorted")
    if x.ndim != 1:
        raise ValueError(f"searchsorted: x must have one axis, got shape {x.shape}")
    values: Any = v.data if isinstance(v, Variable) else v
    return np.searchsorted(x.data, values, side, raw(noted(sorter)))
