"""Utilities under the names that DeZero has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dezero._numerical import gradient_check, numerical_grad
from dezero.autodiff import broadcasting
from dezero.core.dtypes import Array, Axes, Shape, Shaped
from dezero.core.variable import Variable
from dezero.cuda import as_numpy, get_array_module
from dezero.functions.windows.sizes import get_conv_outsize, get_deconv_outsize, pair
from dezero.io.download import data_directory, get_file, show_progress

if TYPE_CHECKING:
    from pathlib import Path

    from dezero.viz.picture import Drawable

__all__ = [
    "array_allclose",
    "array_equal",
    "cache_dir",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_dot_graph",
    "get_file",
    "gradient_check",
    "logsumexp",
    "max_backward_shape",
    "numerical_grad",
    "pair",
    "plot_dot_graph",
    "reshape_sum_backward",
    "show_progress",
    "sum_to",
]

_Values = TypeVar("_Values", Variable, Array)

cache_dir: str  # where get_file puts its files: $DEZERO_DATA, or ~/.dezero


def __getattr__(name: str) -> str:
    if name != "cache_dir":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return str(data_directory())


# -- graphs --------------------------------------------------------------------------------------------------


def get_dot_graph(output: Drawable, verbose: bool = True) -> str:
    """Return the graph that computed `output` in Graphviz's DOT language.

    verbose: show each Variable's shape and dtype too.
    """
    from dezero.viz import to_dot

    return to_dot(output, verbose=verbose)


def plot_dot_graph(output: Drawable, verbose: bool = True, to_file: str = "graph.png") -> Path:
    """Draw the graph that computed `output` into `to_file` (its suffix is the format) and return the path.

    verbose: show each Variable's shape and dtype too.
    """
    from dezero.viz import render

    return render(output, to_file, verbose=verbose)


# -- shapes --------------------------------------------------------------------------------------------------


def sum_to(x: Array, shape: Sequence[int]) -> Array:
    """The adjoint of numpy.broadcast_to on arrays: the sum over what broadcasting from `shape` repeats.

    shape: any sequence of lengths. ValueError where it does not broadcast to the array's shape. On Variables it is
    `dezero.functions.sum_to`.

    >>> sum_to(np.arange(6).reshape(2, 3), [2, 1])
    array([[ 3],
           [12]])
    """
    return broadcasting.sum_to(x, tuple(shape))


def reshape_sum_backward(gy: _Values, x_shape: Shape, axis: Axes, keepdims: bool) -> _Values:
    """Reshape the gradient of `x.sum(axis, keepdims)` so that it broadcasts to the shape of `x`.

    gy: Variable or array of the sum's shape; the summed axes come back with length 1.

    >>> reshape_sum_backward(np.ones(3), (2, 3), axis=0, keepdims=False).shape
    (1, 3)
    """
    if keepdims or axis is None or not x_shape:
        return gy
    return gy.reshape(_reduced_shape(x_shape, axis))


def max_backward_shape(x: Shaped, axis: Axes) -> Shape:
    """Return the shape of `x.max(axis, keepdims=True)`: that of `x` with length 1 in the axes reduced.

    x: Variable or array. axis: None for all of them. Raises numpy.exceptions.AxisError for one out of range.

    >>> max_backward_shape(np.ones((2, 3)), -1)
    (2, 1)
    """
    return _reduced_shape(x.shape, axis)


def _reduced_shape(shape: Shape, axis: Axes) -> Shape:
    reduced = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape))
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


# -- numbers -------------------------------------------------------------------------------------------------


def logsumexp(x: Array, axis: int | tuple[int, ...] = 1) -> Array:
    """Return log(sum(exp(x))) over `axis`, kept with length 1, without overflow.

    x: array. The maximum is taken out first: log(sum(exp(x))) = m + log(sum(exp(x - m))).

    >>> logsumexp(np.array([[1000.0, 1000.0]]))
    array([[1000.69314718]])
    """
    xp = get_array_module(x)
    m = x.max(axis=axis, keepdims=True)
    m = xp.where(xp.isfinite(m), m, 0)  # inf - inf would be nan
    with np.errstate(divide="ignore", over="ignore"):  # log(0) where all are -inf; exp beside a nan
        return m + xp.log(xp.exp(x - m).sum(axis=axis, keepdims=True))


def array_equal(a: object, b: object) -> bool:
    """Tell whether two Variables or arrays have the same shape and equal elements."""
    return np.array_equal(as_numpy(a), as_numpy(b))


def array_allclose(a: object, b: object, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Tell whether two Variables or arrays are close: |a - b| <= atol + rtol |b| for each element."""
    return np.allclose(as_numpy(a), as_numpy(b), rtol=rtol, atol=atol)
