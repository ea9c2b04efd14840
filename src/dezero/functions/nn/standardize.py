"""Arrays brought to mean 0 and variance 1, scaled and shifted: what all the normalisations are made of.

The arrays have axes (N, C, L), and each c has numbers of its own, (1, C, 1): mean and variance, scale and shift. The
derivative of standardising is a projection, whose derivatives name only itself, scalings and their adjoint.
"""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply
from dezero.core.declare import bilinear, linear
from dezero.core.dtypes import Array, is_inexact
from dezero.core.outputs import apply_all, general
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import by_channels
from dezero.functions.reductions.sums_and_products import all_equal

_RUN = 1024  # NumPy copies runs of memory shorter than this (8192 by default) into its buffer before it adds them
_LINE = 256  # shorter lines cost BLAS more in calls than it saves


def _sum(x: Array) -> Array:
    return np.einsum("ncl->c", x)[None, :, None]


def _dot(a: Array, b: Array) -> Array:
    a = np.broadcast_to(a, b.shape)  # the rewriter may have factored a down to the number 1
    if b.shape[2] < _LINE:
        return np.einsum("ncl,ncl->c", a, b)[None, :, None]
    # A dot product of BLAS for each line takes half the time.
    return np.matmul(a[:, :, None], b[..., None]).sum(0).reshape(1, -1, 1)


def _scale(x: Array, scale: Array, shift: Array | None = None) -> Array:
    with np.errstate():  # restores the buffer's size too
        np.setbufsize(_RUN)
        y = x * scale
        if shift is not None:
            y = np.add(y, shift, out=y if np.result_type(y, shift) == y.dtype else None)
    return y


def _standardize(x: Array, eps: float) -> tuple[Array, Array, Array]:
    if not is_inexact(x):
        x = x.astype(np.float64)
    count = _count(x)
    with np.errstate():
        np.setbufsize(_RUN)
        mean = _sum(x) / count
        y = x - mean
        variance = _dot(y, y) / count
        if (equal := all_equal(x, (0, 2), np.sqrt(variance), count)) is not False:
            y[np.broadcast_to(equal, y.shape)] = 0  # the mean of equal numbers may be rounded
            variance = np.where(equal, 0, variance)
        y *= (variance + eps) ** -0.5
    return y, mean, variance


def _pull(g: Array, p: Array, q: Array, y: Array, r: Array) -> Array:
    """r (g + p - mean(g) - y (mean(g y) + q)); g, p and q may be numbers, where nothing depends on an output."""
    g, count = np.broadcast_to(g, y.shape), _count(y)
    with np.errstate():
        np.setbufsize(_RUN)
        x = y * (_dot(g, y) / -count - q)
        x += g
        x += p - _sum(g) / count
        x *= r
    return x


def _count(x) -> int:
    return x.shape[0] * x.shape[2]


def _rule(F, gs, x, ys, eps):
    (g, g_mean, g_variance), (y, _, variance) = gs, ys
    r = (variance + eps) ** -0.5
    return F.standardize_pull(g, g_mean / r / _count(y), g_variance * -2 / (r * r) / _count(y), y, r)


_standardized = general("standardize", _standardize, _rule, outputs=3, stacked=by_channels)

general(
    "standardize_pull",
    _pull,
    lambda F, g, h, p, q, y, r, x: F.standardize_pull(g, F.zeros_like(p), F.zeros_like(q), y, r),
    lambda F, g, h, p, q, y, r, x: F.channel_sum(g) * r,
    lambda F, g, h, p, q, y, r, x: -(F.channel_dot(g, y) * r),
    lambda F, g, h, p, q, y, r, x: (
        F.scale_channels(g, -r * (F.channel_dot(h, y) / _count(y) + q))
        + F.scale_channels(h, -r * F.channel_dot(g, y) / _count(y))
    ),
    lambda F, g, h, p, q, y, r, x: F.channel_dot(g, x) / r,
    stacked=by_channels,
)

linear("channel_sum", _sum, lambda F, g, x, y: F.broadcast_to(g, shape=x.shape), stacked=by_channels)

bilinear(
    "scale_channels",
    _scale,
    lambda F, g, x, scale, y: F.scale_channels(g, scale),
    lambda F, g, x, scale, y: F.channel_dot(g, x),
    labels="ncl,ncl->ncl",
    stacked=by_channels,
)

bilinear(
    "channel_dot",
    _dot,
    lambda F, g, a, b, y: F.scale_channels(b, g),
    lambda F, g, a, b, y: F.scale_channels(a, g),
    labels="ncl,ncl->_c_",
    stacked=by_channels,
)

_scale_shift = general(
    "scale_shift",
    _scale,
    lambda F, g, x, scale, shift, y: F.scale_channels(g, scale),
    lambda F, g, x, scale, shift, y: F.channel_dot(g, x),
    lambda F, g, x, scale, shift, y: F.channel_sum(g),
    stacked=by_channels,
)


def standardize(x: Variable, eps: float) -> tuple[Variable, Variable, Variable]:
    """(x - mean) / sqrt(variance + eps) over the first and last of three axes, the mean and the variance (1, C, 1)."""
    return apply_all(_standardized.bind(eps=eps), 3, x)  # type: ignore[return-value]


def scale_shift(x: ArrayLike, scale: ArrayLike, shift: ArrayLike) -> Variable:
    """x * scale + shift for x (N, C, L), scale and shift (1, C, 1)."""
    return apply(_scale_shift, x, scale, shift)
