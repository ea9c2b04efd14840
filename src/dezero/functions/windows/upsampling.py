"""Images made larger, and linear maps along their axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import publish
from dezero.core.dtypes import Array
from dezero.core.variable import ArrayLike, Variable
from dezero.functions.arrays.dtype import float_dtype
from dezero.functions.arrays.shape import reshape
from dezero.functions.linalg.matmul import matmul
from dezero.functions.windows.sizes import PerAxis, for_each_axis
from dezero.functions.windows.sums import SPREAD


def upsample(x: ArrayLike, scale: PerAxis = 2, mode: str = "nearest") -> Variable:
    """Images made `scale` times as large along each axis after samples and channels.

    x: (N, C, *size). scale: a whole number, or one an axis. mode: "nearest" repeats each element; "linear" (or
    "bilinear", the same) interpolates between the centres of elements along each axis, and repeats the outermost
    ones beyond their centres, as PyTorch does without align_corners. Result: (N, C, *(scale * size)).

    >>> upsample(Variable(np.array([[[1.0, 3.0]]])), 2), upsample(Variable(np.array([[[1.0, 3.0]]])), 2, "linear")
    (variable([[[1. 1. 3. 3.]]]), variable([[[1.  1.5 2.5 3. ]]]))
    """
    x = operand(x, "upsample")
    if x.ndim < 3:
        raise ValueError(f"upsample: x must be (samples, channels, size, ...), got shape {x.shape}; reshape it")
    if mode not in ("nearest", "linear", "bilinear"):
        raise ValueError(f"upsample: mode must be 'nearest', 'linear' or 'bilinear', got {mode!r}")
    scales = for_each_axis("upsample", "scale", scale, x.ndim - 2, 1)
    if mode == "nearest":
        size = tuple(n * s for n, s in zip(x.shape[2:], scales, strict=True))
        return apply(SPREAD.bind(kernel=scales, stride=scales, pad=(0,) * len(scales), size=size), x)
    return along_axes(x, [_between(n, s) for n, s in zip(x.shape[2:], scales, strict=True)])


def _between(size: int, scale: int) -> Array:
    """The weights of `size` elements in those of an axis `scale` times as long: (scale * size, size)."""
    place = np.clip((np.arange(size * scale) + 0.5) / scale - 0.5, 0, max(size - 1, 0))
    return np.maximum(1 - np.abs(place[:, None] - np.arange(size)), 0)


def along_axes(x: Variable, matrices: Sequence[Array]) -> Variable:
    """A matrix applied along each of the last axes of (N, C, *size): matrix i is (new size, size) of axis i."""
    kind = float_dtype(x)
    for axis, weights in enumerate(matrices, 2):
        matrix, shape = weights.astype(kind), x.shape
        if axis == x.ndim - 1:
            x = matmul(x, matrix.T)
        else:
            rows = reshape(x, (*shape[: axis + 1], math.prod(shape[axis + 1 :])))
            x = reshape(matmul(matrix, rows), (*shape[:axis], len(matrix), *shape[axis + 1 :]))
    return x


publish("upsample", upsample)
