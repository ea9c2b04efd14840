"""The greatest and the smallest, over axes and so far along an axis.

Where several elements are the greatest, they share the derivative equally. The shares count as constants, whose own
derivative is 0. A nan is greater, and smaller, than all.
"""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, Axes, DType, is_inexact, is_real
from dezero.core.op import Op
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import AxesOrAll, flag
from dezero.functions._stacking import shifted, whole_in_front
from dezero.functions.arrays._independent import beside
from dezero.functions.indexing.picking import gather_axes, return_axes, rows_beside_last, segment
from dezero.functions.reductions.scans import apply_along
from dezero.functions.reductions.sums_and_products import axes_of, kept_shape, reduced_rows, spread


def _equal(x: Array, y: Array) -> Array:
    """Where the elements are the extremum, nan where that is nan."""
    return np.equal(x, y) | (np.isnan(x) & np.isnan(y))


def _float_kind(x: Array) -> DType:
    return x.dtype.newbyteorder("=") if is_real(x) else np.dtype(np.float64)


# -- over axes -------------------------------------------------------------------------------------------------


def _shares(x: Array, y: Array, axis: AxesOrAll) -> Array:
    y = np.reshape(y, kept_shape(x.shape, axis))
    taken = _equal(x, y)
    return np.divide(taken, taken.sum(axis, keepdims=True), dtype=_float_kind(x))


# The share of each element in the extremum y of x over axes: 1, or equal shares where several are equal to it.
general(
    "extremum_shares",
    _shares,
    lambda F, g, x, y, shares, axis: F.zeros_like(x),
    lambda F, g, x, y, shares, axis: F.zeros_like(y),
    independent=beside,
    stacked=shifted("axis"),
)


def _extremum_rule(F, g, x, y, axis, keepdims):
    return spread(F, g, x, y, axis, keepdims) * F.extremum_shares(x, y, axis=axis)


def _extremum(name: str, value: np.ufunc) -> Op:
    return general(
        name,
        lambda x, axis, keepdims: value.reduce(x, axis, keepdims=keepdims),
        _extremum_rule,
        independent=reduced_rows,
        stacked=shifted("axis"),
    )


_max = _extremum("max", np.maximum)
_min = _extremum("min", np.minimum)


@public
def max(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Greatest of all elements, or over an axis or a tuple of axes; ValueError where there is none.

    The derivative goes to the greatest, in equal parts where there are several.

    >>> x = Variable(np.array([[1.0, 5.0], [5.0, 2.0]]))
    >>> max(x).backward()
    >>> x.grad
    variable([[0.  0.5]
              [0.5 0. ]])
    """
    return _reduced("max", _max, x, axis, keepdims)


@public
def min(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Smallest of all elements, or over an axis or a tuple of axes; ValueError where there is none.

    The derivative goes to the smallest, in equal parts where there are several.

    >>> min(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])), axis=1)
    variable([1. 2.])
    """
    return _reduced("min", _min, x, axis, keepdims)


def _reduced(name: str, op: Op, x: ArrayLike, axis: Axes, keepdims: bool) -> Variable:
    x = operand(x, name)
    axes = axes_of(name, x, axis)
    if not all(x.shape if axes is None else [x.shape[a] for a in axes]):
        raise ValueError(f"{name}: an array of shape {x.shape} has no elements there to compare")
    return apply(op.bind(axis=axes, keepdims=flag(name, keepdims)), x)


amax, amin = max, min


@public
def ptp(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Greatest minus smallest ("peak to peak"), over all elements or over axes.

    >>> ptp(Variable(np.array([3.0, -1.0, 2.0])))
    variable(4.0)
    """
    return operations.sub(*[_reduced("ptp", op, x, axis, keepdims) for op in (_max, _min)])


@public
def nanmax(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Greatest of the elements that are not nan, over all or over axes; nan where all are.

    >>> nanmax(Variable(np.array([1.0, np.nan, 3.0])))
    variable(3.0)
    """
    return _past_nan("nanmax", _max, x, -np.inf, axis, keepdims)


@public
def nanmin(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Smallest of the elements that are not nan, over all or over axes; nan where all are.

    >>> nanmin(Variable(np.array([1.0, np.nan, 3.0])))
    variable(1.0)
    """
    return _past_nan("nanmin", _min, x, np.inf, axis, keepdims)


def _past_nan(name: str, op: Op, x: ArrayLike, least: float, axis: Axes, keepdims: bool) -> Variable:
    x = operand(x, name)
    if not is_inexact(x):
        return _reduced(name, op, x, axis, keepdims)
    numbers = operations.equal(x, x)
    y = _reduced(name, op, operations.where(numbers, x, least), axis, keepdims)
    return operations.where(max(numbers, axis, keepdims), y, np.nan)


# -- so far along an axis --------------------------------------------------------------------------------------


def _running_shares(x: Array, y: Array) -> Array:
    taken = _equal(x, y)
    count = np.cumsum(taken, -1)
    before = np.where(_equal(y[..., 1:], y[..., :-1]), 0, count[..., :-1])  # at a new extremum: the former ones
    count[..., 1:] -= np.maximum.accumulate(before, -1)
    return np.divide(taken, count, dtype=_float_kind(x))


# The share of each element along the last axis in the extremum so far. Those before it have the rest.
general(
    "running_shares",
    _running_shares,
    lambda F, g, x, y, shares: F.zeros_like(x),
    lambda F, g, x, y, shares: F.zeros_like(y),
    independent=rows_beside_last,
    stacked=whole_in_front,
)


def _running_rule(F, g, x, y, axis):
    shape = x.shape
    g, x, y = [gather_axes(F, part, (axis,)) for part in (g, x, y)]
    added = F.running_shares(x, y)
    later = F.linear_recurrence(1 - segment(F, added, 1, x.shape[-1]), g, reverse=True)
    return return_axes(F, later * added, shape, (axis,))


def _running(name: str, value: np.ufunc) -> Op:
    return general(
        name, lambda x, axis: value.accumulate(x, axis), _running_rule, independent=beside, stacked=shifted("axis")
    )


_cummax = _running("cummax", np.maximum)
_cummin = _running("cummin", np.minimum)


@public
def cummax(x: ArrayLike, axis: int | None = None) -> Variable:
    """Greatest element so far along an axis, or along the flattened array; NumPy's maximum.accumulate.

    The derivative goes to the greatest so far, in equal parts where there are several.

    >>> cummax(Variable(np.array([1.0, 3.0, 2.0, 5.0])))
    variable([1. 3. 3. 5.])
    """
    return apply_along("cummax", _cummax, x, axis)


@public
def cummin(x: ArrayLike, axis: int | None = None) -> Variable:
    """Smallest element so far along an axis, or along the flattened array; NumPy's minimum.accumulate.

    The derivative goes to the smallest so far, in equal parts where there are several.

    >>> cummin(Variable(np.array([3.0, 1.0, 2.0, 0.0])))
    variable([3. 1. 1. 0.])
    """
    return apply_along("cummin", _cummin, x, axis)


operations.amax, operations.amin = amax, amin  # type: ignore[attr-defined]
