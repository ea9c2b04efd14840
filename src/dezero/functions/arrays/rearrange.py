"""Axes moved, added and dropped; elements reversed, rolled and turned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Axes
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import axes_of, axis_of, whole
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import beside
from dezero.functions.arrays.shape import reshape, transpose


@public
def ravel(x: ArrayLike, order: str = "C") -> Variable:
    """All elements as one axis, row by row.

    ValueError for another order than "C": transpose first.

    >>> ravel(Variable(np.ones((2, 3)))).shape
    (6,)
    """
    if order != "C":
        raise ValueError(f"ravel: order {order!r} is not supported; transpose the array, then ravel it in order 'C'")
    return reshape(operand(x, "ravel"), (-1,))


@public
def moveaxis(x: ArrayLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Variable:
    """Axes moved to other positions, the rest in their order; source and destination are axes or tuples of them.

    ValueError for axes that are out of range or repeated, and for tuples of different lengths.

    >>> moveaxis(Variable(np.ones((2, 3, 4))), 0, -1).shape
    (3, 4, 2)
    """
    x = operand(x, "moveaxis")
    moved = axes_of("moveaxis", source, x.shape, "source")
    places = axes_of("moveaxis", destination, x.shape, "destination")
    if len(moved) != len(places):
        raise ValueError(f"moveaxis: source {source} and destination {destination} must name as many axes each")
    order = [a for a in range(x.ndim) if a not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


@public
def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> Variable:
    """Two axes exchanged. ValueError for an axis out of range.

    >>> swapaxes(Variable(np.ones((2, 3, 4))), 0, 2).shape
    (4, 3, 2)
    """
    x = operand(x, "swapaxes")
    a, b = axis_of("swapaxes", axis1, x.shape, "axis1"), axis_of("swapaxes", axis2, x.shape, "axis2")
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    return transpose(x, order)


@public
def rollaxis(x: ArrayLike, axis: int, start: int = 0) -> Variable:
    """One axis moved to before axis `start` (ndim: to the end), as NumPy's older form of moveaxis.

    ValueError for an axis or a start out of range.

    >>> rollaxis(Variable(np.ones((2, 3, 4))), 2).shape
    (4, 2, 3)
    """
    x = operand(x, "rollaxis")
    axis = axis_of("rollaxis", axis, x.shape)
    start = (
        axis_of("rollaxis", start, (*x.shape, 1), "start")
        if start >= 0
        else axis_of("rollaxis", start, x.shape, "start")
    )
    return moveaxis(x, axis, start - (start > axis))


@public
def squeeze(x: ArrayLike, axis: Axes = None) -> Variable:
    """Without its axes of length one, or without those named. ValueError where one of them is longer.

    >>> squeeze(Variable(np.ones((1, 3, 1)))).shape
    (3,)
    """
    x = operand(x, "squeeze")
    if axis is None:
        return reshape(x, tuple([n for n in x.shape if n != 1]))
    shape = x.shape or (1,)  # NumPy takes a number for an axis of length one here
    gone = axes_of("squeeze", axis, shape)
    for a in gone:
        if shape[a] != 1:
            raise ValueError(f"squeeze: axis {a} of shape {x.shape} has length {shape[a]}; only length 1 can go")
    return reshape(x, tuple([n for a, n in enumerate(shape) if a not in gone]))


OneOrSeveral = Variable | tuple[Variable, ...]


@public
def atleast_1d(*arrays: ArrayLike) -> OneOrSeveral:
    """The array with one axis or more; a tuple of them for several arrays.

    >>> atleast_1d(Variable(np.array(2.0)))
    variable([2.])
    """
    return _each("atleast_1d", arrays, lambda x: x if x.ndim else reshape(x, (1,)))


@public
def atleast_2d(*arrays: ArrayLike) -> OneOrSeveral:
    """The array with two axes or more, new ones in front; a tuple of them for several arrays.

    >>> atleast_2d(Variable(np.ones(3))).shape
    (1, 3)
    """
    return _each("atleast_2d", arrays, lambda x: x if x.ndim > 1 else reshape(x, (1, x.size)))


@public
def atleast_3d(*arrays: ArrayLike) -> OneOrSeveral:
    """The array with three axes or more, as NumPy adds them: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).

    >>> atleast_3d(Variable(np.ones(3))).shape
    (1, 3, 1)
    """
    return _each(
        "atleast_3d", arrays, lambda x: x if x.ndim > 2 else reshape(x, (*x.shape, 1) if x.ndim > 1 else (1, x.size, 1))
    )


def _each(name: str, arrays: tuple[ArrayLike, ...], change: Callable[[Variable], Variable]) -> OneOrSeveral:
    changed = tuple([change(operand(x, name)) for x in arrays])
    return changed[0] if len(changed) == 1 else changed


@public
def flip(x: ArrayLike, axis: Axes = None) -> Variable:
    """Elements in reverse order along an axis, a tuple of axes, or all of them.

    >>> flip(Variable(np.arange(3.0)))
    variable([2. 1. 0.])
    """
    x = operand(x, "flip")
    turned = range(x.ndim) if axis is None else axes_of("flip", axis, x.shape)
    return x[tuple([slice(None, None, -1 if a in turned else None) for a in range(x.ndim)])]


@public
def fliplr(x: ArrayLike) -> Variable:
    """Columns in reverse order; ValueError for arrays of under two axes.

    >>> fliplr(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[2. 1.]
              [4. 3.]])
    """
    return flip(_at_least("fliplr", x, 2), 1)


@public
def flipud(x: ArrayLike) -> Variable:
    """Rows in reverse order; ValueError for a number.

    >>> flipud(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[3. 4.]
              [1. 2.]])
    """
    return flip(_at_least("flipud", x, 1), 0)


def _at_least(name: str, x: ArrayLike, ndim: int) -> Variable:
    x = operand(x, name)
    if x.ndim < ndim:
        raise ValueError(f"{name}: shape {x.shape} has under {ndim} axes; reshape it, or use flip")
    return x


_roll = linear(
    "roll",
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda F, g, x, y, shift, axis: F.roll(g, shift=tuple([-n for n in shift]), axis=axis),
    independent=beside,
    stacked=shifted("axis"),
    uniform=True,
    keeps_constant=True,
)


@public
def roll(x: ArrayLike, shift: int | Sequence[int], axis: Axes = None) -> Variable:
    """Elements shifted along an axis, the last coming in first; with axis None along the ravelled array.

    shift and axis may be tuples of one length, or either a number. ValueError for an axis out of range or tuples
    of different lengths.

    >>> roll(Variable(np.arange(4.0)), 1)
    variable([3. 0. 1. 2.])
    """
    x = operand(x, "roll")
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,)
    if len(axes) != len(shifts) and 1 not in (len(axes), len(shifts)):
        raise ValueError(f"roll: shift {shift} and axis {axis} must be of one length, or either a number")
    n = max(len(axes), len(shifts))
    places = tuple([axis_of("roll", a, x.shape) for a in axes])
    shifts = tuple([whole("roll", s, "shift") for s in shifts])
    return apply(_roll.bind(shift=shifts * (n // len(shifts)), axis=places * (n // len(places))), x)


@public
def rot90(x: ArrayLike, k: int = 1, axes: Sequence[int] = (0, 1)) -> Variable:
    """Turned by k quarters from the first of two axes towards the second. ValueError unless they are two axes.

    >>> rot90(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[2. 4.]
              [1. 3.]])
    """
    x = operand(x, "rot90")
    plane = axes_of("rot90", axes, x.shape, "axes")
    if len(plane) != 2:
        raise ValueError(f"rot90: axes must name two axes, got {axes}")
    k = whole("rot90", k, "k") % 4
    if k == 2:
        return flip(x, plane)
    if k == 0:
        return x
    return swapaxes(flip(x, plane[1]), *plane) if k == 1 else flip(swapaxes(x, *plane), plane[1])
