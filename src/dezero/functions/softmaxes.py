"""Logarithms of sums of exponentials, and the shares of the exponentials in the sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.op import Op, apply, operand, publish
from dezero.core.outputs import general
from dezero.core.variable import Variable
from dezero.functions import exponential  # noqa: F401 - declares exponent_difference
from dezero.functions.elementwise import exp
from dezero.functions.reduction import axes_of, reduced_rows, rows_beside, spread, sum
from dezero.functions.shape import astype


def _greatest(x: Any, axis: Any) -> Any:
    return np.max(x, axis, keepdims=True, initial=-np.inf)


# -- the logarithm of the sum ----------------------------------------------------------------------------------


def _logsumexp_value(x: Any, axis: Any, keepdims: bool) -> Any:
    shift = _greatest(x, axis)
    shift = np.where(np.isfinite(shift), shift, 0)
    z = np.asarray(x - shift)
    with np.errstate(divide="ignore"):
        y = np.log(np.sum(np.exp(z, out=z), axis, keepdims=True)) + shift
    return y if keepdims else np.squeeze(y, axis)[()]


def _logsumexp_rule(F: Any, g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    share = F.exp(F.exponent_difference(x, spread(F, y, x, y, axis, keepdims)))
    return spread(F, g, x, y, axis, keepdims) * share


_logsumexp = general("logsumexp", _logsumexp_value, _logsumexp_rule, rows=reduced_rows)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """log(sum(exp(x))) without overflow, over all elements or over axes; -inf over none.

    Where it is infinite, the elements that are equal to it have the derivative 1, the others 0.

    >>> logsumexp(Variable(np.array([1000.0, 1000.0])))
    variable(1000.6931471805599)
    """
    return _over_axes("logsumexp", _logsumexp, x, axis, keepdims=bool(keepdims))


def _over_axes(name: str, op: Op, x: Any, axis: Any, **parameters: Any) -> Variable:
    x = operand(x, name)
    axes = axes_of(name, x, axis)
    return apply(op.bind(axis=axes, **parameters), astype(x, np.float64) if x.dtype.kind in "iub" else x)


# -- shares of the sum -----------------------------------------------------------------------------------------


def _softmax_value(x: Any, axis: Any) -> Any:
    y = np.asarray(x - _greatest(x, axis))  # one array for all steps: a large one is slow to come by
    np.exp(y, out=y)
    y /= np.sum(y, axis, keepdims=True)
    return y


def _log_softmax_value(x: Any, axis: Any) -> Any:
    y = np.asarray(x - _greatest(x, axis))
    y -= np.log(np.sum(np.exp(y), axis, keepdims=True))
    return y


def _softmax_rule(F: Any, g: Any, x: Any, y: Any, axis: Any) -> Any:
    return y * (g - F.sum(g * y, axis=axis, keepdims=True))


_softmax = general("softmax", _softmax_value, _softmax_rule, rows=rows_beside)
_log_softmax = general(
    "log_softmax",
    _log_softmax_value,
    lambda F, g, x, y, axis: g - F.exp(y) * F.sum(g, axis=axis, keepdims=True),
    rows=rows_beside,
)


def softmax(x: Any, axis: Any = 1) -> Variable:
    """exp(x) / sum(exp(x)) along an axis, a tuple of axes, or (None) all; without overflow.

    >>> softmax(Variable(np.array([[0.0, 0.0], [1000.0, 0.0]])))
    variable([[0.5 0.5]
              [1.  0. ]])
    """
    return _over_axes("softmax", _softmax, x, axis)


def log_softmax(x: Any, axis: Any = 1) -> Variable:
    """Logarithm of `softmax`, exact where that is too small for a number.

    >>> log_softmax(Variable(np.array([[1000.0, 0.0]])))
    variable([[    0. -1000.]])
    """
    return _over_axes("log_softmax", _log_softmax, x, axis)


def softmax_simple(x: Any, axis: Any = 1) -> Variable:
    """Softmax as the formula stands: it overflows where exp(x) does.

    >>> softmax_simple(Variable(np.array([[0.0, 0.0]])))
    variable([[0.5 0.5]])
    """
    x = operand(x, "softmax_simple")
    e = exp(x)
    return e / sum(e, axes_of("softmax_simple", x, axis), keepdims=True)


for _function in (logsumexp, softmax, log_softmax, softmax_simple):
    publish(_function.__name__, _function)
