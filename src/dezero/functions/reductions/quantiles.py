"""Medians and quantiles: elements by their rank among the sorted, and what lies between two of them.

Equal elements rank in the order in which they stand. Where there is a nan, the result is nan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, Axes, is_inexact
from dezero.core.op import declared
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import flag
from dezero.functions._stacking import whole_in_front
from dezero.functions.arrays.dtype import floating
from dezero.functions.arrays.shape import reshape, transpose
from dezero.functions.indexing.picking import gather_axes, rows_beside_last
from dezero.functions.reductions.sums_and_products import axes_of, kept_shape, mean

# Where in the sorted elements, counted from 0, the quantile q of n elements lies: q (n + 1 - a - b) + a - 1.
# R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996).
_CONTINUOUS = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_ROUNDED = {
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda p: (np.floor(p) + np.ceil(p)) / 2,
}


def _at_ranks(x: Array, ranks: tuple[int, ...]) -> Array:
    order = np.argsort(x, -1, kind="stable")
    last = order[..., -1:]  # nan is sorted to the end
    return np.where(np.isnan(np.take_along_axis(x, last, -1)), last, order[..., list(ranks)])


_RANKED = general(
    "position_of_rank",
    _at_ranks,
    lambda F, g, x, y, ranks: F.zeros_like(x),
    independent=rows_beside_last,
    stacked=whole_in_front,
)


@public
def median(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """Middle one of the sorted elements, or the mean of the middle two, of all elements or over axes.

    nan where there is none.

    >>> median(Variable(np.array([3.0, 1.0, 10.0]))), median(Variable(np.array([3.0, 1.0])))
    (variable(3.0), variable(2.0))
    """
    x = operand(x, "median")
    if not x.size:
        return mean(x, axis, keepdims)  # as in NumPy, nan where the middle of nothing is asked for
    return _between("median", x, 0.5, axis, "linear", keepdims)


@public
def quantile(
    x: ArrayLike, q: ArrayLike | Sequence[object], axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> Variable:
    """The number below which a share q of the sorted elements lies, of all elements or over axes.

    q: numbers from 0 to 1, plain; their axes come first in the result. method: as in numpy.quantile, of those that
    interpolate. ValueError for other q and methods, and where there are no elements.

    >>> quantile(Variable(np.array([0.0, 1.0, 4.0])), [0.25, 0.5])
    variable([0.5 1. ])
    """
    return _between("quantile", x, q, axis, method, keepdims)


@public
def percentile(
    x: ArrayLike, q: ArrayLike | Sequence[object], axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> Variable:
    """`quantile` with q in percent, from 0 to 100.

    >>> percentile(Variable(np.array([0.0, 1.0, 4.0])), 50)
    variable(1.0)
    """
    q = np.true_divide(_plain("percentile", q), 100)
    return _between("percentile", x, q, axis, method, keepdims)


def _plain(name: str, q: object) -> Array:
    if isinstance(q, Variable):
        raise TypeError(f"{name}: q is a Variable, but quantiles are not differentiated in q; give q.data")
    return np.asarray(q, np.float64)


def _between(name: str, x: ArrayLike, q: object, axis: Axes, method: str, keepdims: bool) -> Variable:
    x, q = operand(x, name), _plain(name, q)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError(f"{name}: q must lie from 0 to 1 (percentiles from 0 to 100), got {q if q.ndim else q.item()}")
    axes = axes_of(name, x, axis)
    if not is_inexact(x) and method not in ("lower", "higher", "nearest"):
        x = floating(x)
    sorted_along = gather_axes(operations, x, axes)
    place = _places(name, sorted_along.shape[-1], q.reshape(-1), method)
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    at = apply(_RANKED.bind(ranks=(*low.tolist(), *high.tolist())), sorted_along)
    ends = apply(declared["pick"], sorted_along, at)
    below, above = ends[..., : q.size], ends[..., q.size :]
    y = below
    if np.any(low != high):
        y = below + (above - below) * (place - low).astype(x.dtype)
    kept = y.shape[:-1]
    if flag(name, keepdims):
        kept = kept_shape(x.shape, axes)
    return reshape(transpose(y, (y.ndim - 1, *range(y.ndim - 1))), (*q.shape, *kept))


def _places(name: str, n: int, q: Array, method: str) -> Array:
    """Where the quantiles lie in n sorted elements."""
    if not n:
        raise ValueError(f"{name}: there are no elements to choose from")
    if method in _ROUNDED:
        return _ROUNDED[method](q * (n - 1))  # type: ignore[operator]
    if method not in _CONTINUOUS:
        known = ", ".join([*_CONTINUOUS, *_ROUNDED])
        raise ValueError(f"{name}: method {method!r} is not supported; choose from {known}")
    a, b = _CONTINUOUS[method]
    return np.clip(q * (n + 1 - a - b) + a - 1, 0, n - 1)
