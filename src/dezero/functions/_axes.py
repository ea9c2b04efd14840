"""Whole numbers and axes given as arguments, checked."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from dezero.core.arraylike import VARIABLES, Operators
from dezero.core.dtypes import Array, Shape
from dezero.core.errors import describe
from dezero.core.variable import Variable

AxesOrAll = tuple[int, ...] | None  # as axes_of checks them, not negative; None: all
WholeNumbers = int | Sequence[object] | Array | Variable  # one, a list (of lists), or an array of them
_Plain = TypeVar("_Plain")
_BOOLS = (bool, np.bool)


def whole(name: str, value: Any, argument: str) -> int:
    """An argument that is a whole number; TypeError naming operation and argument for anything else.

    >>> whole("tile", np.int64(2), "reps")
    2
    """
    if isinstance(value, Operators) or (isinstance(value, np.ndarray) and value.ndim):
        raise misplaced(name, value, argument)
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {argument} must be a whole number, got {value!r}") from None


_MEANT = {"max": "maximum", "amax": "maximum", "min": "minimum", "amin": "minimum", "sum": "add", "prod": "mul"}


def misplaced(name: str, value: object, argument: str) -> TypeError:
    """The error for a Variable or array in the place of a plain argument, such as an axis."""
    remedy = f"give {argument} as a plain value (v.item() for a constant)"
    if name in ("concatenate", "stack"):
        remedy = f"give the arrays as one sequence, {name}((a, b))"
    elif name in _MEANT:
        remedy = f"for a second array use {_MEANT[name]}(a, b)"
    return TypeError(f"{name}: {argument} is a Variable or array ({describe(value)}); {remedy}")


def plainly(name: str, value: _Plain, argument: str) -> _Plain:
    """An argument in which there is no derivative, such as an order or a threshold; TypeError for a Variable.

    >>> plainly("norm", 2, "ord")
    2
    """
    if isinstance(value, Operators):
        raise misplaced(name, value, argument)
    return value


def flag(name: str, value: object, argument: str = "keepdims") -> bool:
    """An argument that is true or false; TypeError for a Variable or an array, which is probably a second array.

    >>> flag("sum", 1)
    True
    """
    if value is True or value is False:
        return value
    if isinstance(value, Operators) or (isinstance(value, np.ndarray) and value.ndim):
        raise misplaced(name, value, argument)
    return bool(value)


def refuse_bools(name: str, axes: object, argument: str = "axis") -> None:
    """TypeError for an axis that is True or False, which Python takes for 1 or 0, and for a Variable, which is probably
    a second array."""
    if type(axes) in VARIABLES:
        raise misplaced(name, axes, argument)
    if any([isinstance(a, _BOOLS) for a in (axes if isinstance(axes, tuple | list) else (axes,))]):
        raise TypeError(f"{name}: {argument} takes whole numbers, not bools, got {axes!r}")


def out_of_range(name: str, axis: object, shape: Shape, argument: str = "axis") -> Exception:
    """The error for an axis that a shape does not have."""
    if isinstance(axis, Operators | np.ndarray):
        return misplaced(name, axis, argument)
    n = len(shape)
    valid = f"give one from {-n} to {n - 1}" if n else "it has no axes"
    return ValueError(f"{name}: {argument} {axis!r} is out of range for an array of shape {shape}; {valid}")


def axis_of(name: str, axis: object, shape: Shape, argument: str = "axis") -> int:
    """One axis of a shape as a non-negative number; the error names the operation, the argument and the range.

    >>> axis_of("flip", -1, (2, 3))
    1
    """
    refuse_bools(name, axis, argument)
    number, n = whole(name, axis, argument), len(shape)
    if not -n <= number < n:
        raise out_of_range(name, number, shape, argument)
    return number % n


def axes_of(name: str, axes: Any, shape: Shape, argument: str = "axis") -> tuple[int, ...]:
    """An axis or a sequence of different axes, as non-negative numbers.

    >>> axes_of("flip", (-1, 0), (2, 3))
    (1, 0)
    """
    axes = tuple(axes) if isinstance(axes, tuple | list | np.ndarray) else (axes,)
    found = tuple([axis_of(name, a, shape, argument) for a in axes])
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: {argument} {axes} names an axis of an array of shape {shape} twice")
    return found


def along(axis: int, part: object) -> tuple[Any, ...]:
    """The index that applies `part` to one axis and reads the others whole.

    >>> np.arange(6).reshape(2, 3)[along(1, slice(0, 2))]
    array([[0, 1],
           [3, 4]])
    """
    return (slice(None),) * axis + (part,)
