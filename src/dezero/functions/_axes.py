"""Whole numbers and axes given as arguments, checked."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

_BOOLS = (bool, np.bool)


def whole(name: str, value: Any, argument: str) -> int:
    """An argument that is a whole number; TypeError naming operation and argument for anything else.

    >>> whole("tile", np.int64(2), "reps")
    2
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {argument} must be a whole number, got {value!r}") from None


def refuse_bools(name: str, axes: Any, argument: str = "axis") -> None:
    """TypeError where an axis, or one of several, is True or False, which Python would take for 1 or 0."""
    if any([isinstance(a, _BOOLS) for a in (axes if isinstance(axes, tuple | list) else (axes,))]):
        raise TypeError(f"{name}: {argument} takes whole numbers, not bools, got {axes!r}")


def out_of_range(name: str, axis: Any, shape: tuple[int, ...], argument: str = "axis") -> ValueError:
    """The error for an axis that a shape does not have."""
    n = len(shape)
    valid = f"give one from {-n} to {n - 1}" if n else "it has no axes"
    return ValueError(f"{name}: {argument} {axis!r} is out of range for an array of shape {shape}; {valid}")


def axis_of(name: str, axis: Any, shape: tuple[int, ...], argument: str = "axis") -> int:
    """One axis of a shape as a non-negative number; the error names the operation, the argument and the range.

    >>> axis_of("flip", -1, (2, 3))
    1
    """
    refuse_bools(name, axis, argument)
    number, n = whole(name, axis, argument), len(shape)
    if not -n <= number < n:
        raise out_of_range(name, number, shape, argument)
    return number % n


def axes_of(name: str, axes: Any, shape: tuple[int, ...], argument: str = "axis") -> tuple[int, ...]:
    """An axis or a sequence of different axes, as non-negative numbers.

    >>> axes_of("flip", (-1, 0), (2, 3))
    (1, 0)
    """
    axes = tuple(axes) if isinstance(axes, tuple | list | np.ndarray) else (axes,)
    found = tuple([axis_of(name, a, shape, argument) for a in axes])
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: {argument} {axes} names an axis of an array of shape {shape} twice")
    return found


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that applies to one axis and takes the others whole.

    >>> np.arange(6).reshape(2, 3)[along(1, slice(0, 2))]
    array([[0, 1],
           [3, 4]])
    """
    return (slice(None),) * axis + (part,)
