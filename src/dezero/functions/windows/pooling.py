"""Pooling: the maximum or the mean of each window, over any number of axes after samples and channels."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import public
from dezero.core.dtypes import Array, rounded_once
from dezero.core.outputs import apply_all, general
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import along
from dezero.functions._stacking import merged
from dezero.functions.arrays.shape import reshape
from dezero.functions.elementwise.comparison import where
from dezero.functions.indexing.get_item import get_item
from dezero.functions.reductions import extrema
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.sums_and_products import mean
from dezero.functions.windows.maxima import flat_places, lowest, window_maxima
from dezero.functions.windows.patches import im2col, im2col_array
from dezero.functions.windows.sizes import PerAxis, for_each_axis, window_counts
from dezero.functions.windows.sliding import Sizes, pad_with, padded_shape, unpadded
from dezero.functions.windows.sums import SUM
from dezero.functions.windows.upsampling import along_axes

# -- the operations ----------------------------------------------------------------------------------------------


@rounded_once
def _unpool(g: Array, index: Array, kernel: Sizes, stride: Sizes, pad: Sizes, size: Sizes) -> Array:
    wide = np.zeros(padded_shape((*g.shape[:2], *size), pad), g.dtype)
    np.add.at(wide.reshape(-1), flat_places(index, kernel, stride, wide.shape).ravel(), g.ravel())
    return unpadded(wide, pad)


def _gather(x: Array, index: Array, kernel: Sizes, stride: Sizes, pad: Sizes, out: Sizes) -> Array:
    wide = pad_with(x, pad)
    return wide.reshape(-1)[flat_places(index, kernel, stride, wide.shape)]


def _pool_rule(F, gs, x, ys, out, **p):
    g, places = gs[0], ys[1]
    if getattr(g, "node", g) is None:  # the number 0: the places alone are used, which have no derivative
        return F.zeros_like(x)
    return F.max_unpool(g, places, size=x.shape[2:], **p)


# The second output is where in its window each maximum stands; given it, pooling is linear.
_max_pool = general("max_pool", window_maxima, _pool_rule, outputs=2, stacked=merged)

general(
    "max_unpool",
    _unpool,
    lambda F, g, gy, index, x, size, **p: F.max_gather(g, index, out=gy.shape[2:], **p),
    lambda F, g, gy, index, x, size, **p: F.zeros_like(index),
    stacked=merged,
)

general(
    "max_gather",
    _gather,
    lambda F, g, x, index, y, out, **p: F.max_unpool(g, index, size=x.shape[2:], **p),
    lambda F, g, x, index, y, out, **p: F.zeros_like(index),
    stacked=merged,
)


# -- the functions -----------------------------------------------------------------------------------------------


@public
def pooling(x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, pad: PerAxis = 0) -> Variable:
    """The maximum of each window of each channel.

    x: (N, C, *size) with one, two, three or more axes of size. kernel_size, stride, pad: an integer, or one an axis.
    Result: (N, C, *out) with out = (size + 2 pad - kernel) // stride + 1. The padding is smaller than every number, so
    that pad must be less than the kernel's size. The derivative goes to the first of equal maxima, in the
    order of memory; nan is taken for a maximum, as NumPy's max does. Raises ValueError where no window fits.

    >>> pooling(Variable(np.arange(16.0).reshape(1, 1, 4, 4)), 2, stride=2)
    variable([[[[ 5.  7.]
                [13. 15.]]]])
    """
    x, p = _checked("pooling", x, kernel_size, stride, pad)
    if any(a >= k for a, k in zip(p["pad"], p["kernel"], strict=True)):
        raise ValueError(
            f"pooling: with pad {p['pad']} and kernel_size {p['kernel']} a window could lie in the padding alone; "
            "pad by less than the kernel's size"
        )
    return apply_all(_max_pool.bind(**p), 2, x)[0]


@public
@in_single
def average_pooling(x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, pad: PerAxis = 0) -> Variable:
    """The mean of each window of each channel, zeros around the array counted.

    x: (N, C, *size) with one or more axes of size. kernel_size, stride, pad: an integer, or one an axis. Result:
    (N, C, *out) with out = (size + 2 pad - kernel) // stride + 1. Raises ValueError where no window fits.

    >>> average_pooling(Variable(np.arange(16.0).reshape(1, 1, 4, 4)), 2, stride=2)
    variable([[[[ 2.5  4.5]
                [10.5 12.5]]]])
    """
    x, p = _checked("average_pooling", x, kernel_size, stride, pad)
    return apply(SUM.bind(**p), x) / math.prod(p["kernel"])


@public
def global_max_pooling(x: ArrayLike) -> Variable:
    """The maximum of each channel: (N, C, *size) to (N, C, 1, ...); at a tie the derivative goes to the first.

    >>> global_max_pooling(Variable(np.arange(8.0).reshape(1, 2, 2, 2))).shape
    (1, 2, 1, 1)
    """
    x = _images("global_max_pooling", x)
    return pooling(x, x.shape[2:])


@public
@in_single
def global_average_pooling(x: ArrayLike) -> Variable:
    """The mean of each channel: (N, C, *size) to (N, C, 1, ...).

    >>> global_average_pooling(Variable(np.arange(8.0).reshape(1, 2, 2, 2))).shape
    (1, 2, 1, 1)
    """
    x = _images("global_average_pooling", x)
    return mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)


@public
def adaptive_max_pooling(x: ArrayLike, output_size: PerAxis) -> Variable:
    """The maximum of each of output_size windows of nearly equal lengths.

    x: (N, C, *size). output_size: an integer, or one an axis. Window i of n reaches from floor(size i / n) to
    ceil(size (i + 1) / n), as in PyTorch; at a tie the derivative goes to the first. Result: (N, C, *output_size).

    >>> adaptive_max_pooling(Variable(np.arange(5.0).reshape(1, 1, 5)), 2)
    variable([[[2. 4.]]])
    """
    x, out = _adaptive("adaptive_max_pooling", x, output_size)
    kernel = []
    for axis, (size, n) in enumerate(zip(x.shape[2:], out, strict=True), 2):
        windows = _bins(size, n)
        longest = max(stop - start for start, stop in windows)
        kernel.append(longest)
        if size % n:  # a shorter window has its last element again, which is never the first maximum
            places = [min(start + k, stop - 1) for start, stop in windows for k in range(longest)]
            x = get_item(x, along(axis, np.array(places)))
    return pooling(x, tuple(kernel), tuple(kernel))


@public
@in_single
def adaptive_average_pooling(x: ArrayLike, output_size: PerAxis) -> Variable:
    """The mean of each of output_size windows of nearly equal lengths, which lie as in adaptive_max_pooling.

    x: (N, C, *size). output_size: an integer, or one an axis. Result: (N, C, *output_size).

    >>> adaptive_average_pooling(Variable(np.arange(5.0).reshape(1, 1, 5)), 2)
    variable([[[1. 3.]]])
    """
    x, out = _adaptive("adaptive_average_pooling", x, output_size)
    if not any(size % n for size, n in zip(x.shape[2:], out, strict=True)):
        kernel = tuple(size // n for size, n in zip(x.shape[2:], out, strict=True))
        return average_pooling(x, kernel, kernel)
    weights = []
    for size, n in zip(x.shape[2:], out, strict=True):
        matrix = np.zeros((n, size))
        for row, (start, stop) in zip(matrix, _bins(size, n), strict=True):
            row[start:stop] = 1 / (stop - start)
        weights.append(matrix)
    return along_axes(x, weights)


@public
def pooling_simple(x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, pad: PerAxis = 0) -> Variable:
    """pooling of images (N, C, H, W) as the maximum over the columns of im2col, as a textbook shows it; slower.

    The derivative at a tie is that of dezero.functions.max.

    >>> pooling_simple(Variable(np.arange(16.0).reshape(1, 1, 4, 4)), 2, stride=2)
    variable([[[[ 5.  7.]
                [13. 15.]]]])
    """
    x, p = _checked("pooling_simple", x, kernel_size, stride, pad)
    if x.ndim != 4:
        raise ValueError(f"pooling_simple: x must be (samples, channels, height, width), got shape {x.shape}")
    col = im2col(x, p["kernel"], p["stride"], p["pad"], to_matrix=False)
    seen = im2col_array(np.ones((1, 1, *x.shape[2:])), kernel_size, stride, pad, to_matrix=False)
    n, c, high, wide, *out = col.shape
    col = where(seen > 0, col, lowest(x.dtype))
    return extrema.max(reshape(col, (n, c, high * wide, *out)), axis=2)


# -- their arguments ---------------------------------------------------------------------------------------------


def _images(name: str, x: ArrayLike, empty: bool = False) -> Variable:
    x = operand(x, name)
    if x.ndim < 3 or (0 in x.shape[2:] and not empty):
        raise ValueError(f"{name}: x must be (samples, channels, size, ...) with elements, got shape {x.shape}")
    return x


def _checked(
    name: str, x: ArrayLike, kernel_size: PerAxis, stride: PerAxis, pad: PerAxis
) -> tuple[Variable, dict[str, Sizes]]:
    x = _images(name, x, empty=True)
    kernel = for_each_axis(name, "kernel_size", kernel_size, x.ndim - 2, 1)
    strides = for_each_axis(name, "stride", stride, x.ndim - 2, 1)
    pads = for_each_axis(name, "pad", pad, x.ndim - 2, 0)
    out = window_counts(name, x.shape[2:], kernel, strides, pads)
    return x, {"kernel": kernel, "stride": strides, "pad": pads, "out": out}


def _adaptive(name: str, x: ArrayLike, output_size: PerAxis) -> tuple[Variable, Sizes]:
    x = _images(name, x)
    return x, for_each_axis(name, "output_size", output_size, x.ndim - 2, 1)


def _bins(size: int, n: int) -> list[tuple[int, int]]:
    return [(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]
