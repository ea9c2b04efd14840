"""The greatest and the smallest, over axes and so far along an axis.

Where several elements are the greatest, the derivative goes to the first of them, as NumPy's argmax counts, at
every order. A nan is greater, and smaller, than all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.op import Op, apply, operand, publish
from dezero.core.outputs import general
from dezero.core.registry import operations, values
from dezero.core.variable import Variable
from dezero.functions._axes import flag
from dezero.functions.picking import Axes, gather_axes, gathered_rows, gathered_shape, return_axes
from dezero.functions.reduction import axes_of, reduced_rows
from dezero.functions.scans import apply_along, scanned_rows


def _flat(F: Any, g: Any, x: Any, y: Any, **parameters: Any) -> Any:
    return F.zeros_like(x)


# -- over axes -------------------------------------------------------------------------------------------------


def _extremum(name: str, value: np.ufunc, find: Callable[..., Any]) -> Op:
    """Declare the extremum over axes, and its position among their elements."""
    position = f"{name}_position"

    def rows(below: Any, node: Variable, axis: Axes) -> Any:
        return gathered_rows(below[0], node._args[0].ndim, axis)

    def rule(F: Any, g: Any, x: Any, y: Any, axis: Axes, keepdims: bool) -> Any:
        at, shape = getattr(F, position)(x, axis=axis), gathered_shape(x.shape, axis)
        return return_axes(F, F.place(F.reshape(g, shape=at.shape), at, size=shape[-1]), x.shape, axis)

    general(position, lambda x, axis: find(gather_axes(values, x, axis), -1)[..., np.newaxis], _flat, rows=rows)
    return general(name, lambda x, axis, keepdims: value.reduce(x, axis, keepdims=keepdims), rule, rows=reduced_rows)


_max = _extremum("max", np.maximum, np.argmax)
_min = _extremum("min", np.minimum, np.argmin)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Greatest of all elements, or over an axis or a tuple of axes; ValueError where there is none.

    The derivative goes to the first of the greatest.

    >>> x = Variable(np.array([[1.0, 5.0], [5.0, 2.0]]))
    >>> max(x).backward()
    >>> x.grad
    variable([[0. 1.]
              [0. 0.]])
    """
    return _reduced("max", _max, x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Smallest of all elements, or over an axis or a tuple of axes; ValueError where there is none.

    The derivative goes to the first of the smallest.

    >>> min(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])), axis=1)
    variable([1. 2.])
    """
    return _reduced("min", _min, x, axis, keepdims)


def _reduced(name: str, op: Op, x: Any, axis: Any, keepdims: bool) -> Variable:
    x = operand(x, name)
    axes = axes_of(name, x, axis)
    if not all(x.shape if axes is None else [x.shape[a] for a in axes]):
        raise ValueError(f"{name}: an array of shape {x.shape} has no elements there to compare")
    return apply(op.bind(axis=axes, keepdims=flag(name, keepdims)), x)


amax, amin = max, min


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Greatest minus smallest ("peak to peak"), over all elements or over axes.

    >>> ptp(Variable(np.array([3.0, -1.0, 2.0])))
    variable(4.0)
    """
    return operations.sub(*[_reduced("ptp", op, x, axis, keepdims) for op in (_max, _min)])


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Greatest of the elements that are not nan, over all or over axes; nan where all are.

    >>> nanmax(Variable(np.array([1.0, np.nan, 3.0])))
    variable(3.0)
    """
    return _past_nan("nanmax", _max, x, -np.inf, axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Smallest of the elements that are not nan, over all or over axes; nan where all are.

    >>> nanmin(Variable(np.array([1.0, np.nan, 3.0])))
    variable(1.0)
    """
    return _past_nan("nanmin", _min, x, np.inf, axis, keepdims)


def _past_nan(name: str, op: Op, x: Any, least: float, axis: Any, keepdims: bool) -> Variable:
    x = operand(x, name)
    if x.dtype.kind not in "fc":
        return _reduced(name, op, x, axis, keepdims)
    numbers = operations.equal(x, x)
    y = _reduced(name, op, operations.where(numbers, x, least), axis, keepdims)
    return operations.where(max(numbers, axis, keepdims), y, np.nan)


# -- so far along an axis --------------------------------------------------------------------------------------


def _running(name: str, value: np.ufunc, beats: np.ufunc) -> Op:
    """Declare the extremum so far along an axis, and its position."""
    position = f"{name}_position"

    def find(x: Any, axis: int) -> Any:
        x = gather_axes(values, x, (axis,))
        y = value.accumulate(x, -1)
        x, before = x[..., 1:], y[..., :-1]
        at = np.zeros(y.shape, np.intp)
        at[..., 1:] = np.arange(1, y.shape[-1]) * (beats(x, before) | (np.isnan(x) & ~np.isnan(before)))
        return np.maximum.accumulate(at, -1)

    def rule(F: Any, g: Any, x: Any, y: Any, axis: int) -> Any:
        at, g = getattr(F, position)(x, axis=axis), gather_axes(F, g, (axis,))
        return return_axes(F, F.place(g, at, size=at.shape[-1]), x.shape, (axis,))

    def position_rows(below: Any, node: Variable, axis: int) -> Any:
        return gathered_rows(below[0], node.ndim, (axis,))

    general(position, find, _flat, rows=position_rows)
    return general(name, lambda x, axis: value.accumulate(x, axis), rule, rows=scanned_rows)


_cummax = _running("cummax", np.maximum, np.greater)
_cummin = _running("cummin", np.minimum, np.less)


def cummax(x: Any, axis: int | None = None) -> Variable:
    """Greatest element so far along an axis, or along the flattened array; NumPy's maximum.accumulate.

    The derivative goes to the first of the greatest so far.

    >>> cummax(Variable(np.array([1.0, 3.0, 2.0, 5.0])))
    variable([1. 3. 3. 5.])
    """
    return apply_along("cummax", _cummax, x, axis)


def cummin(x: Any, axis: int | None = None) -> Variable:
    """Smallest element so far along an axis, or along the flattened array; NumPy's minimum.accumulate.

    The derivative goes to the first of the smallest so far.

    >>> cummin(Variable(np.array([3.0, 1.0, 2.0, 0.0])))
    variable([3. 1. 1. 0.])
    """
    return apply_along("cummin", _cummin, x, axis)


for _function in (max, min, ptp, nanmax, nanmin, cummax, cummin):
    publish(_function.__name__, _function)
operations.amax, operations.amin = amax, amin  # type: ignore[attr-defined]
