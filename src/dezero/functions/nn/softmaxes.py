"""Logarithms of sums of exponentials, and the shares of the exponentials in the sum."""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, Axes, is_complex
from dezero.core.op import Op
from dezero.core.outputs import general
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import AxesOrAll, flag
from dezero.functions._stacking import shifted
from dezero.functions.arrays._independent import Below, Independent, agreed, beside
from dezero.functions.arrays.dtype import floating
from dezero.functions.elementwise import exponential
from dezero.functions.elementwise.exponential import CANCELS, exp
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.sums_and_products import axes_of, kept_shape, reduced_rows, spread, sum


def _greatest(x: Array, axis: AxesOrAll) -> Array:
    return np.max(x, axis, keepdims=True, initial=-np.inf)


def _total(x: Array, axis: Axes) -> Array:
    return np.sum(x, axis, keepdims=True)


# -- the logarithm of the sum ----------------------------------------------------------------------------------


def _logsumexp_value(x: Array, axis: AxesOrAll, keepdims: bool) -> Array:
    shift = _greatest(x, axis)
    shift = np.where(np.isfinite(shift), shift, 0)
    z = np.asarray(x - shift)
    with np.errstate(divide="ignore"):
        y = np.asarray(log_of_sum(np.exp(z, out=z), axis) + shift)  # an array, to be written into
    if is_complex(y):
        turned = np.abs(y.imag) > np.pi
        y.imag[turned] = np.arctan2(np.sin(y.imag[turned]), np.cos(y.imag[turned]))
    return y if keepdims else np.squeeze(y, axis)[()]


def log_of_sum(e: Array, axis: Axes) -> Array:
    """Logarithms of sums of exponentials whose greatest is 1, exact where the others are next to nothing."""
    total = _total(e, axis)
    y = np.log(total)
    near = (total >= 1) & (total < 1 + CANCELS)
    if np.count_nonzero(near):
        y = np.where(near, np.log1p(_total(np.where(e == 1, 0, e), axis)), y)
    return y


def _shares_value(x: Array, y: Array, axis: AxesOrAll) -> Array:
    y = np.reshape(y, kept_shape(x.shape, axis))
    return np.exp(exponential.difference(x, y))


def _logsumexp_rule(F, g, x, y, axis, keepdims):
    return spread(F, g, x, y, axis, keepdims) * F.shares_of_sum(x, y, axis=axis)


# The softmax of x. The logarithm y of the sum is given to save time and counts as a constant: derivatives go through x.
general(
    "shares_of_sum",
    _shares_value,
    lambda F, g, x, y, p, axis: p * F.centred_by_shares(g, p, axis=axis),
    lambda F, g, x, y, p, axis: F.zeros_like(y),
    independent=beside,
    stacked=shifted("axis"),
)

_logsumexp = general("logsumexp", _logsumexp_value, _logsumexp_rule, independent=reduced_rows, stacked=shifted("axis"))


@public
@in_single
def logsumexp(x: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) without overflow, over all elements or over axes; -inf over none.

    Where it is infinite, the elements that are equal to it have the derivative 1, the others 0. Of complex numbers it
    is the principal value, whose imaginary part is in (-pi, pi].

    >>> logsumexp(Variable(np.array([1000.0, 1000.0])))
    variable(1000.6931471805599)
    """
    return _over_axes("logsumexp", _logsumexp, x, axis, keepdims=flag("logsumexp", keepdims))


def _over_axes(name: str, op: Op, x: ArrayLike, axis: Axes, **parameters: object) -> Variable:
    x = operand(x, name)
    axes = axes_of(name, x, axis)
    return apply(op.bind(axis=axes, **parameters), floating(x))


# -- shares of the sum -----------------------------------------------------------------------------------------


def _softmax_value(x: Array, axis: AxesOrAll) -> Array:
    y = np.asarray(x - _greatest(x, axis))  # one array for all steps, since a large one is slow to allocate
    np.exp(y, out=y)
    y /= np.sum(y, axis, keepdims=True)
    return y


def _log_softmax_value(x: Array, axis: AxesOrAll) -> Array:
    y = np.asarray(x - _greatest(x, axis))
    y -= log_of_sum(np.exp(y), axis)
    return y


# For shares y that sum to 1: g - sum(g y), and its adjoint in g, c - y sum(c). Both are projections. Where one share is
# nearly 1 they leave small differences of large numbers; applied once more, they put right what rounding left.


def _centre_value(g: Array, y: Array, axis: AxesOrAll) -> Array:
    h = g - _total(g * y, axis)
    return h - _total(h * y, axis)


def _spread_value(c: Array, y: Array, axis: AxesOrAll) -> Array:
    d = c - y * _total(c, axis)
    return d - y * _total(d, axis)


def _two_rows(below: Below, node: Variable, axis: AxesOrAll) -> Independent | None:
    axes = agreed(below)
    return None if axes is None else beside([axes], node, axis)


general(
    "centred_by_shares",
    _centre_value,
    lambda F, g, h, y, z, axis: F.less_shares(g, y, axis=axis),
    lambda F, g, h, y, z, axis: -(h * F.sum(g, axis=axis, keepdims=True)),
    independent=_two_rows,
    stacked=shifted("axis"),
)
general(
    "less_shares",
    _spread_value,
    lambda F, g, c, y, z, axis: F.centred_by_shares(g, y, axis=axis),
    lambda F, g, c, y, z, axis: -(g * F.sum(c, axis=axis, keepdims=True)),
    independent=_two_rows,
    stacked=shifted("axis"),
)


def _softmax_rule(F, g, x, y, axis):
    return y * F.centred_by_shares(g, y, axis=axis)


_softmax = general("softmax", _softmax_value, _softmax_rule, independent=beside, stacked=shifted("axis"))
_log_softmax = general(
    "log_softmax",
    _log_softmax_value,
    lambda F, g, x, y, axis: F.less_shares(g, F.exp(y), axis=axis),
    independent=beside,
    stacked=shifted("axis"),
)


@public
@in_single
def softmax(x: ArrayLike, axis: Axes = 1) -> Variable:
    """exp(x) / sum(exp(x)) along an axis, a tuple of axes, or (None) all; without overflow.

    >>> softmax(Variable(np.array([[0.0, 0.0], [1000.0, 0.0]])))
    variable([[0.5 0.5]
              [1.  0. ]])
    """
    return _over_axes("softmax", _softmax, x, axis)


@public
@in_single
def log_softmax(x: ArrayLike, axis: Axes = 1) -> Variable:
    """Logarithm of `softmax`, exact where that is too small for a number.

    >>> log_softmax(Variable(np.array([[1000.0, 0.0]])))
    variable([[    0. -1000.]])
    """
    return _over_axes("log_softmax", _log_softmax, x, axis)


@public
@in_single
def softmax_simple(x: ArrayLike, axis: Axes = 1) -> Variable:
    """Softmax as the formula stands: it overflows where exp(x) does.

    >>> softmax_simple(Variable(np.array([[0.0, 0.0]])))
    variable([[0.5 0.5]])
    """
    x = operand(x, "softmax_simple")
    e = exp(x)
    return e / sum(e, axes_of("softmax_simple", x, axis), keepdims=True)
