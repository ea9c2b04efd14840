"""Differences, gradients and integrals of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.dtypes import Axes
from dezero.core.variable import ArrayLike, Variable, as_constant
from dezero.functions._axes import along, whole
from dezero.functions.arrays.dtype import floating
from dezero.functions.arrays.joining import concatenate, from_list
from dezero.functions.arrays.shape import broadcast_to, reshape
from dezero.functions.reductions.sums_and_products import axes_of, sum


def _axis(name: str, x: Variable, axis: Axes) -> int:
    if x.ndim == 0:
        raise ValueError(f"{name}: needs an array with at least one axis, got a number")
    if isinstance(axis, tuple | list) or axis is None:
        raise ValueError(f"{name}: runs along one axis, got {axis!r}")
    return axes_of(name, x, axis)[0]  # type: ignore[index]


def _part(x: Variable, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Variable:
    return x[along(axis, slice(start, stop, step))]


@public
def diff(
    x: ArrayLike, n: int = 1, axis: int = -1, prepend: ArrayLike | None = None, append: ArrayLike | None = None
) -> Variable:
    """Differences of neighbours along an axis, taken n times.

    prepend, append: numbers or arrays to join to x before. ValueError for n < 0.

    >>> diff(Variable(np.array([1.0, 4.0, 9.0])))
    variable([3. 5.])
    """
    x, n = operand(x, "diff"), whole("diff", n, "n")
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    if n == 0:
        return x
    axis = _axis("diff", x, axis)
    y = _joined(x, axis, prepend, append)
    for _ in range(n):
        y = _part(y, axis, 1, None) - _part(y, axis, None, -1)
    return y


def _joined(
    x: Variable, axis: int, before: ArrayLike | Sequence[float] | None, after: ArrayLike | Sequence[float] | None
) -> Variable:
    """The array between what is to stand before and after it: None, numbers, or arrays."""
    parts = [x]
    for end, place in ((before, 0), (after, 2)):
        if end is not None:
            if not isinstance(end, Variable):
                end = as_constant(
                    np.asarray(end, np.result_type(x.dtype, end) if isinstance(end, int | float) else None)
                )
            if not end.ndim:
                end = broadcast_to(end, (*x.shape[:axis], 1, *x.shape[axis + 1 :]))
            parts.insert(place, end)
    return x if len(parts) == 1 else concatenate(parts, axis)


@public
def ediff1d(
    x: ArrayLike, to_end: ArrayLike | Sequence[float] | None = None, to_begin: ArrayLike | Sequence[float] | None = None
) -> Variable:
    """Differences of neighbours in the flattened array, with to_begin put before them and to_end after them.

    to_end, to_begin: numbers or arrays, which are flattened.

    >>> ediff1d(Variable(np.array([1.0, 4.0, 9.0])), to_end=0.0)
    variable([3. 5. 0.])
    """
    flat = reshape(operand(x, "ediff1d"), (-1,))
    ends = [end if end is None or np.ndim(raw(end)) == 0 else reshape(_array(end), (-1,)) for end in (to_begin, to_end)]
    return _joined(flat[1:] - flat[:-1], 0, *ends)


def _array(x: ArrayLike | Sequence[object]) -> Variable:
    return as_constant(from_list(x))


@public
def trapezoid(
    y: ArrayLike, x: ArrayLike | Sequence[float] | None = None, dx: ArrayLike = 1.0, axis: int = -1
) -> Variable:
    """Integral along an axis by the trapezoidal rule.

    x: the points, of the axis' length or of y's shape; without them they are dx apart. Both may be Variables.

    >>> trapezoid(Variable(np.array([1.0, 2.0, 5.0])))
    variable(5.0)
    """
    y = operand(y, "trapezoid")
    axis = _axis("trapezoid", y, axis)
    width = dx
    if x is not None:
        x = _array(x)
        points = x.shape[0] if x.ndim == 1 else x.shape[axis] if x.ndim > axis else None
        if points != y.shape[axis]:  # one step would broadcast along any number of points
            raise ValueError(
                f"trapezoid: x of shape {x.shape} for axis {axis} of y of shape {y.shape}; give the places of its "
                f"{y.shape[axis]} points, or an array of y's shape"
            )
        width = x[1:] - x[:-1] if x.ndim == 1 else diff(x, axis=axis)
        if x.ndim == 1:
            width = reshape(width, (-1, *[1] * (y.ndim - axis - 1)))
    return sum((_part(y, axis, 1, None) + _part(y, axis, None, -1)) * width / 2, axis)


@public
def gradient(
    f: ArrayLike, *spacing: ArrayLike | Sequence[float], axis: Axes = None, edge_order: int = 1
) -> Variable | tuple[Variable, ...]:
    """Gradient of a sampled function by central differences of second order.

    spacing: for all axes, or for each axis one, the distance of the points or their coordinates (1 if not given);
    numbers, arrays or Variables. axis: along which (None: all). edge_order: 1 or 2, of the differences at the
    ends. Returns a Variable of f's shape, and a tuple of them for several axes. ValueError where an axis has fewer
    than edge_order + 1 points, TypeError for a wrong number of spacings.

    >>> gradient(Variable(np.array([1.0, 4.0, 9.0, 16.0])), 0.5)
    variable([ 6.  8. 12. 14.])
    """
    f = operand(f, "gradient")
    axes = tuple(range(f.ndim)) if axis is None else axes_of("gradient", f, axis)
    assert axes is not None
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order!r}")
    if not spacing:
        spacing = (1.0,) * len(axes)
    elif len(spacing) == 1 and np.ndim(raw(spacing[0])) == 0:
        spacing = spacing * len(axes)
    if len(spacing) != len(axes):
        raise TypeError(f"gradient: {len(spacing)} spacings for {len(axes)} axes; give one for each, or one number")
    f = floating(f)
    found = tuple([_along(f, a, _steps(f, a, h), edge_order) for a, h in zip(axes, spacing, strict=True)])
    return found[0] if len(found) == 1 else found


def _steps(f: Variable, axis: int, h: ArrayLike | Sequence[float]) -> ArrayLike:
    """The distances between neighbouring points, or the one distance between all."""
    points: Any = from_list(h)
    if np.ndim(raw(points)) == 0:
        return points
    if points.shape != (f.shape[axis],):
        raise ValueError(
            f"gradient: spacing of shape {points.shape} for axis {axis} of an array of shape {f.shape}; "
            f"give the coordinates of its {f.shape[axis]} points, or their distance"
        )
    steps = points[1:] - points[:-1]
    return reshape(steps if isinstance(points, Variable) else steps.astype(f.dtype), (-1, *[1] * (f.ndim - axis - 1)))


def _along(f: Variable, axis: int, h: Any, edge_order: int) -> Variable:
    if f.shape[axis] <= edge_order:
        raise ValueError(
            f"gradient: edge_order {edge_order} needs {edge_order + 1} points, axis {axis} has {f.shape[axis]}"
        )
    slope = (_part(f, axis, 1, None) - _part(f, axis, None, -1)) / h
    change = _part(slope, axis, 1, None) - _part(slope, axis, None, -1)
    even = np.ndim(raw(h)) == 0
    share = 0.5 if even else h[:-1] / (h[:-1] + h[1:])  # the step before a point as a part of both its steps
    first, last = _part(slope, axis, None, 1), _part(slope, axis, -1, None)
    if edge_order == 2:  # the slope goes on to the end as it changes at the next point
        first = first - _part(change, axis, None, 1) * (share if even else share[:1])  # type: ignore[index]
        last = last + _part(change, axis, -1, None) * (1 - (share if even else share[-1:]))  # type: ignore[index]
    return concatenate([first, _part(slope, axis, None, -1) + change * share, last], axis)
