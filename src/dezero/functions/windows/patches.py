"""The windows of images as columns, and the textbook's convolution and pooling that are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.dtypes import Array, Shape, rounded_once
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import merged
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.linalg._matrix import Operand
from dezero.functions.windows.sizes import PerAxis, for_each_axis, window_counts
from dezero.functions.windows.sliding import Sizes, pad_with, unpadded, window_elements

_UNITS = (1, 1)


def _columns(x: Array, kernel: Sizes, stride: Sizes, pad: Sizes, out: Sizes) -> Array:
    col, wide = np.empty((*x.shape[:2], *kernel, *out), x.dtype), pad_with(x, pad)
    for place, element in window_elements(kernel, stride, out):
        col[(slice(None), slice(None), *place)] = wide[element]  # type: ignore[index]
    return col


@rounded_once
def _images(col: Array, kernel: Sizes, stride: Sizes, pad: Sizes, size: Sizes) -> Array:
    wide = np.zeros((*col.shape[:2], *[n + 2 * p for n, p in zip(size, pad, strict=True)]), col.dtype)
    for place, element in window_elements(kernel, stride, col.shape[4:]):
        index: tuple[Any, ...] = (slice(None), slice(None), *place)
        wide[element] += col[index]
    return unpadded(wide, pad)


def _rows(below: Below, node: Variable, **parameters: object) -> Independent | None:
    """Samples and channels stay independent. They stand in front, and columns have two axes more than images."""
    ndim = node._args[0].ndim
    return tuple(r + ndim - node.ndim for r in below[0]) if all(r + ndim < 2 for r in below[0]) else None


_im2col = linear(
    "im2col",
    _columns,
    lambda F, g, x, y, out, **p: F.col2im(g, size=x.shape[2:], **p),
    independent=_rows,
    stacked=merged,
)

_col2im = linear(
    "col2im",
    _images,
    lambda F, g, col, y, size, **p: F.im2col(g, out=col.shape[4:], **p),
    independent=_rows,
    stacked=merged,
)


@public
def im2col(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, pad: PerAxis = 0, to_matrix: bool = True
) -> Variable:
    """The windows of images: what a kernel sees at each of its places, zeros around the images.

    x: (N, C, H, W). kernel_size, stride, pad: an integer, or one an axis. Result: (N, C, KH, KW, OH, OW), or with
    to_matrix a row for each window, (N OH OW, C KH KW). Raises ValueError where no window fits.

    >>> im2col(Variable(np.arange(6.0).reshape(1, 1, 2, 3)), 2)
    variable([[0. 1. 3. 4.]
              [1. 2. 4. 5.]])
    """
    x = operand(x, "im2col")
    kernel, p = _checked("im2col", x, kernel_size, stride, pad)
    out = window_counts("im2col", x.shape[2:], kernel, p["stride"], p["pad"])
    col = apply(_im2col.bind(kernel=kernel, **p, out=out), x)
    if not to_matrix:
        return col
    n, c = x.shape[:2]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * out[0] * out[1], c * kernel[0] * kernel[1])


@public
def col2im(
    x: ArrayLike,
    input_shape: Shape,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    pad: PerAxis = 0,
    to_matrix: bool = True,
) -> Variable:
    """Images from windows, those that overlap added: the adjoint of im2col with the same arguments.

    x: windows as im2col gives them. input_shape: that of the images, (N, C, H, W), also the result's. Raises
    ValueError where x is not of the shape that im2col gives.

    >>> col2im(im2col(np.ones((1, 1, 3, 3)), 2), (1, 1, 3, 3), 2)
    variable([[[[1. 2. 1.]
                [2. 4. 2.]
                [1. 2. 1.]]]])
    """
    x = operand(x, "col2im")
    shape = for_each_axis("col2im", "input_shape", input_shape, 4, 0)
    kernel, p = _checked("col2im", np.broadcast_to(0, shape), kernel_size, stride, pad)
    out = window_counts("col2im", shape[2:], kernel, p["stride"], p["pad"])
    n, c = shape[:2]
    wanted = (n * out[0] * out[1], c * kernel[0] * kernel[1]) if to_matrix else (n, c, *kernel, *out)
    if x.shape != wanted:
        raise ValueError(
            f"col2im: x has shape {x.shape}, but images of shape {shape} have windows of shape {wanted} "
            f"with kernel {kernel}, stride {p['stride']}, pad {p['pad']} and to_matrix={to_matrix}"
        )
    if to_matrix:
        x = x.reshape(n, *out, c, *kernel).transpose(0, 3, 4, 5, 1, 2)
    return apply(_col2im.bind(kernel=kernel, **p, size=shape[2:]), x)


def im2col_array(img: ArrayLike, kernel_size: PerAxis, stride: PerAxis, pad: PerAxis, to_matrix: bool = True) -> Array:
    """im2col of a plain array, to a plain array.

    >>> im2col_array(np.ones((1, 1, 3, 3)), 2, 1, 0).shape
    (4, 4)
    """
    return im2col(raw(img), kernel_size, stride, pad, to_matrix).data


def col2im_array(
    col: ArrayLike, img_shape: Shape, kernel_size: PerAxis, stride: PerAxis, pad: PerAxis, to_matrix: bool = True
) -> Array:
    """col2im of a plain array, to a plain array.

    >>> col2im_array(np.ones((4, 4)), (1, 1, 3, 3), 2, 1, 0)[0, 0, 1]
    array([2., 4., 2.])
    """
    return col2im(raw(col), img_shape, kernel_size, stride, pad, to_matrix).data


@public
def conv2d_simple(
    x: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, stride: PerAxis = 1, pad: PerAxis = 0
) -> Variable:
    """conv2d as one product of the windows' matrix with the kernels, as a textbook shows it; slower than conv2d.

    >>> conv2d_simple(Variable(np.ones((1, 3, 4, 4))), np.ones((2, 3, 3, 3)), np.zeros(2)).shape
    (1, 2, 2, 2)
    """
    x, W = operand(x, "conv2d_simple"), operand(W, "conv2d_simple")
    if W.ndim != 4 or x.ndim != 4 or x.shape[1] != W.shape[1]:
        raise ValueError(
            f"conv2d_simple: x of shape {x.shape} and W of shape {W.shape} must be (samples, channels, height, width) "
            "and (outputs, channels, height, width) with as many channels"
        )
    kernel, p = _checked("conv2d_simple", x, W.shape[2:], stride, pad)
    high, wide = window_counts("conv2d_simple", x.shape[2:], kernel, p["stride"], p["pad"])
    y = im2col(x, kernel, stride, pad) @ W.reshape(W.shape[0], W.size // max(W.shape[0], 1)).T
    if b is not None:
        y = y + bias_of("conv2d_simple", b, W.shape[0])
    return y.reshape(x.shape[0], high, wide, W.shape[0]).transpose(0, 3, 1, 2)


def bias_of(name: str, b: Any, channels: int) -> Operand:
    """A bias that has one number for each output channel; ValueError for any other."""
    shape = getattr(raw(b), "shape", None)
    if shape != (channels,):
        raise ValueError(f"{name}: b must be of shape ({channels},), one number for each output channel, got {shape}")
    return b


def _checked(
    name: str, x: Operand, kernel_size: PerAxis, stride: PerAxis, pad: PerAxis
) -> tuple[Sizes, dict[str, Sizes]]:
    if x.ndim != 4:
        raise ValueError(f"{name}: images are (samples, channels, height, width), got shape {x.shape}; reshape them")
    kernel = for_each_axis(name, "kernel_size", kernel_size, 2, 1)
    return kernel, {
        "stride": for_each_axis(name, "stride", stride, 2, 1),
        "pad": for_each_axis(name, "pad", pad, 2, 0),
    }
