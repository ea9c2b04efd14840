"""Spread about the mean, weighted means, and what passes over nan."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, Axes, is_complex, is_inexact
from dezero.core.errors import UnsupportedOperation, describe
from dezero.core.op import Op
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import noted
from dezero.functions._axes import AxesOrAll, flag
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import beside
from dezero.functions.arrays.dtype import astype
from dezero.functions.arrays.joining import from_list
from dezero.functions.arrays.shape import broadcast_to, reshape, transpose
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.sums_and_products import (
    all_equal,
    axes_of,
    count_along,
    first_along,
    mean,
    prod,
    reduced_rows,
    spread,
    sum,
)

# -- variance --------------------------------------------------------------------------------------------------


def _centred(x: Array, axis: AxesOrAll) -> Array:
    """Differences from the mean: exactly 0 where all elements are equal, although their mean may be rounded."""
    if not x.size:
        return x
    y = x - np.mean(x, axis, keepdims=True)
    equal = all_equal(x, axis, first_along(np.abs(y), axis), count_along(x, axis))
    return y if equal is False else np.where(equal, 0, y)


# An orthogonal projection, which is its own transpose.
linear(
    "centred", _centred, lambda F, g, x, y, axis: F.centred(g, axis=axis), independent=beside, stacked=shifted("axis")
)


def _freedom(x: Array, axis: AxesOrAll, ddof: float) -> float:
    """Degrees of freedom; nan where none is left."""
    n = count_along(x, axis) - ddof
    return n if n > 0 else math.nan


def _var_rule(F, g, x, y, axis, ddof, keepdims):
    return spread(F, g * (2 / _freedom(x, axis, ddof)), x, y, axis, keepdims) * F.centred(x, axis=axis)


def _std_rule(F, g, x, y, axis, ddof, keepdims):
    slope = g * F.over_size(1 / _freedom(x, axis, ddof), y)
    return spread(F, slope, x, y, axis, keepdims) * F.centred(x, axis=axis)


def _exact_at_zero(value: Callable[..., Array]) -> Callable[..., Array]:
    """NumPy's variance or standard deviation, but exactly 0 where all elements are equal."""

    def exact(x: Array, axis: AxesOrAll, ddof: float, keepdims: bool) -> Array:
        y = value(x, axis, ddof=ddof, keepdims=True)
        if x.size:
            equal = all_equal(x, axis, np.sqrt(y) if value is np.var else y, count_along(x, axis))
            y = y if equal is False else np.where(equal & (y == y), 0, y)
        return y if keepdims else np.squeeze(y, axis)[()]

    return exact


_var = general("var", _exact_at_zero(np.var), _var_rule, independent=reduced_rows, stacked=shifted("axis"))
_std = general("std", _exact_at_zero(np.std), _std_rule, independent=reduced_rows, stacked=shifted("axis"))


@public
@in_single
def var(x: ArrayLike, axis: Axes = None, *, ddof: float = 0, keepdims: bool = False) -> Variable:
    """Variance: mean square of the distance from the mean, over all elements or over axes.

    ddof: what is subtracted from the number of elements that the sum is divided by; nan where none is left.
    UnsupportedOperation for complex numbers, whose variance has no complex derivative.

    >>> var(Variable(np.array([1.0, 3.0]))), var(Variable(np.array([1.0, 3.0])), ddof=1)
    (variable(1.0), variable(2.0))
    """
    return _spread_about_mean(_var, x, axis, ddof, keepdims)


@public
@in_single
def std(x: ArrayLike, axis: Axes = None, *, ddof: float = 0, keepdims: bool = False) -> Variable:
    """Standard deviation: square root of `var`.

    Where all elements are equal it has a kink: its derivative there is 0, and those of higher order are nan.

    >>> std(Variable(np.array([1.0, 3.0])))
    variable(1.0)
    """
    return _spread_about_mean(_std, x, axis, ddof, keepdims)


def _spread_about_mean(op: Op, x: ArrayLike, axis: Axes, ddof: float, keepdims: bool) -> Variable:
    x = operand(x, op.name)
    if is_complex(x):
        raise UnsupportedOperation(
            f"{op.name}: x is a {describe(x)}; its derivative is for real arrays; take the parts by real and imag"
        )
    return apply(op.bind(axis=axes_of(op.name, x, axis), ddof=ddof, keepdims=flag(op.name, keepdims)), x)


# -- weighted mean ---------------------------------------------------------------------------------------------


@public
@in_single
def average(
    x: ArrayLike,
    axis: Axes = None,
    weights: ArrayLike | Sequence[float] | bool | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Variable | tuple[Variable, Variable]:
    """Mean, or with weights sum(x * weights) / sum(weights), over all elements or over axes.

    weights: an array or Variable of x's shape, or of the lengths of the axes alone; True or False in their place is
    keepdims, the third argument of DeZero's. returned: give the sum of the weights too, in a tuple. ValueError for
    weights of another shape, ZeroDivisionError where they sum to zero.

    >>> average(Variable(np.array([1.0, 4.0])), weights=np.array([2.0, 1.0]))
    variable(2.0)
    """
    x = operand(x, "average")
    if isinstance(weights, bool):
        keepdims, weights = weights, None
    axis = axes_of("average", x, axis)
    if weights is None:
        y = mean(x, axis, keepdims)
        return (y, Variable(np.full(y.shape, x.size / y.size, y.dtype))) if returned else y
    weights = _along(x, axis, weights)
    total = sum(broadcast_to(weights, x.shape), axis, keepdims)
    if not tracing() and not np.all(raw(total)):
        raise ZeroDivisionError("average: the weights sum to zero, so that they cannot be normalised")
    y = sum(x * weights, axis, keepdims) / total
    return (y, total if total.dtype == y.dtype else astype(total, y.dtype)) if returned else y


def _along(x: Variable, axis: AxesOrAll, weights: ArrayLike | Sequence[float]) -> Variable:
    """Weights such that they broadcast along x."""
    weights = operand(from_list(weights), "average")
    if weights.shape == x.shape:
        return weights
    axes = axes_of("average", x, axis)
    if axes is None or weights.shape != tuple(x.shape[a] for a in axes):
        raise ValueError(
            f"average: weights of shape {weights.shape} for an array of shape {x.shape} and axis {axis}; give the "
            "array's shape, or the lengths of the axes"
        )
    ordered = transpose(weights, sorted(range(len(axes)), key=axes.__getitem__))
    return reshape(ordered, [n if a in axes else 1 for a, n in enumerate(x.shape)])


# -- past nan --------------------------------------------------------------------------------------------------


@public
@in_single
def nansum(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Sum with nan taken for 0, over all elements or over axes; the derivative at a nan is 0.

    >>> nansum(Variable(np.array([1.0, np.nan, 3.0])))
    variable(4.0)
    """
    x = operand(x, "nansum")
    return sum(_instead(0, x), axes_of("nansum", x, axis), keepdims)


@public
def nanprod(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Product with nan taken for 1, over all elements or over axes; the derivative at a nan is 0.

    >>> nanprod(Variable(np.array([2.0, np.nan, 3.0])))
    variable(6.0)
    """
    x = operand(x, "nanprod")
    return prod(_instead(1, x), axes_of("nanprod", x, axis), keepdims)


@public
@in_single
def nanmean(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Mean of what is not nan, over all elements or over axes; nan where nothing is left.

    >>> nanmean(Variable(np.array([1.0, np.nan, 3.0])))
    variable(2.0)
    """
    x = operand(x, "nanmean")
    axis = axes_of("nanmean", x, axis)
    return nansum(x, axis, keepdims) / sum(operations.equal(x, x), axis, keepdims)


def _instead(number: float, x: Variable) -> Variable:
    return operations.where(operations.equal(x, x), x, number) if is_inexact(x) else x


@public
def count_nonzero(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> int | Array:
    """How many elements are not zero: a plain number or array, without derivative.

    >>> int(count_nonzero(Variable(np.array([1.0, 0.0, 3.0]))))
    2
    """
    x = operand(x, "count_nonzero")
    return np.count_nonzero(raw(noted(x)), axis=axes_of("count_nonzero", x, axis), keepdims=keepdims)
