"""Convolutions with weights of their own, over one, two and three axes, and their transposes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.dtypes import Array
from dezero.core.variable import ArrayLike, Parameter, Variable
from dezero.functions import conv1d, conv2d, conv3d, deconv1d, deconv2d, deconv3d
from dezero.functions.windows.sizes import for_each_axis
from dezero.layers.checks import flag, positive
from dezero.layers.initial import lecun_normal
from dezero.layers.layer import Layer, Weight

Sizes = int | tuple[int, ...]


class _Convolution(Layer):
    """Base of the convolutions; each names its number of axes and its function."""

    axes: int
    function: Callable[..., Variable]
    _shown = ("stride", "pad")

    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        dtype: np.typing.DTypeLike = np.float32,
        in_channels: int | None = None,
        *,
        dilation: Sizes = 1,
        groups: int = 1,
        rng: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        out_channels, groups = positive(name, "out_channels", out_channels), positive(name, "groups", groups)
        remedy = "write in_channels=... for the channels of x, or leave them to the first call"
        nobias = flag(name, "nobias", nobias, remedy)
        self._kernel = for_each_axis(name, "kernel_size", kernel_size, self.axes, 1)
        if out_channels % groups:
            raise ValueError(f"{name}: out_channels {out_channels} cannot be split into {groups} groups")
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        self.stride, self.pad, self.dilation, self.groups = stride, pad, dilation, groups
        self.dtype, self.rng = dtype, rng
        self.W = Weight(self._shape(in_channels), dtype, "W")
        self.b = None if nobias else Parameter(np.zeros(out_channels, dtype), name="b")
        if in_channels is not None:
            self._draw(in_channels)

    def _shape(self, channels: int | None) -> tuple[Any, ...]:
        """The shape of W for inputs of `channels` channels."""
        return self.out_channels, self._share(channels), *self._kernel

    def _share(self, channels: int | None) -> int | None:
        if channels is None:
            return None
        channels = positive(type(self).__name__, "in_channels", channels)
        if channels % self.groups:
            raise ValueError(f"{type(self).__name__}: {channels} channels cannot be split into {self.groups} groups")
        return channels // self.groups

    def _draw(self, channels: int) -> None:
        self.in_channels, shape = channels, self._shape(channels)
        self.W.data = lecun_normal(shape, channels // self.groups * math.prod(self._kernel), self.dtype, self.rng)

    def _convolve(self, x: ArrayLike, W: ArrayLike) -> Variable:
        return type(self).function(x, W, self.b, self.stride, self.pad, dilation=self.dilation, groups=self.groups)

    def forward(self, x: Variable | Array) -> Variable:
        shape = operand(x, type(self).__name__).shape
        if x.dtype.kind in "iub":
            x = x.astype(np.dtype(self.dtype))  # an array stays an array: it needs no gradient
        if self.W._data is None:
            if len(shape) != self.axes + 2:
                raise ValueError(
                    f"{type(self).__name__}: x must have {self.axes + 2} axes (samples, channels and {self.axes} "
                    f"more), got shape {shape}; reshape it"
                )
            # The checks of the function, before W is drawn.
            self._convolve(raw(x)[:0], np.zeros(self._shape(shape[1]), self.dtype))
            self._draw(shape[1])
        return self._convolve(x, self.W)


class Conv2d(_Convolution):
    """Convolution of images: x (N, C, H, W), result (N, out_channels, OH, OW), as `functions.conv2d` has it.

    kernel_size, stride, pad (zeros on each side), dilation: an integer, or one an axis. W, (out_channels, C / groups,
    KH, KW), starts as normal numbers of variance 1 / (C / groups KH KW), b as zeros. in_channels: C; None to take it
    from the first input, when W is drawn. nobias: no b. rng: a Generator to draw from, in place of NumPy's global
    state. Raises ValueError for sizes that do not fit.

    >>> Conv2d(8, 3, pad=1)(np.zeros((2, 1, 28, 28), np.float32)).shape
    (2, 8, 28, 28)
    """

    axes, function = 2, staticmethod(conv2d)


class Conv1d(_Convolution):
    """Convolution of series: x (N, C, L), result (N, out_channels, OL); arguments as for `Conv2d`.

    >>> Conv1d(4, 3, in_channels=2)
    Conv1d(W (4, 2, 3), b (4,), stride=1, pad=0)  28 parameters
    """

    axes, function = 1, staticmethod(conv1d)


class Conv3d(_Convolution):
    """Convolution of volumes: x (N, C, D, H, W), result (N, out_channels, OD, OH, OW); arguments as for `Conv2d`.

    >>> Conv3d(4, 3, nobias=True)(np.zeros((1, 2, 3, 3, 5), np.float32)).shape
    (1, 4, 1, 1, 3)
    """

    axes, function = 3, staticmethod(conv3d)


class _Transposed(_Convolution):
    """Base of the transposed convolutions: `outsize`, and W with its first two axes exchanged."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        pad: Sizes = 0,
        nobias: bool = False,
        dtype: np.typing.DTypeLike = np.float32,
        in_channels: int | None = None,
        *,
        outsize: Sizes | None = None,
        **options: Any,
    ) -> None:
        self.outsize = outsize
        super().__init__(out_channels, kernel_size, stride, pad, nobias, dtype, in_channels, **options)

    def _shape(self, channels: int | None) -> tuple[Any, ...]:
        self._share(channels)
        return channels, self.out_channels // self.groups, *self._kernel

    def _convolve(self, x: ArrayLike, W: ArrayLike) -> Variable:
        return type(self).function(x, W, self.b, self.stride, self.pad, self.outsize, self.dilation, self.groups)


class Deconv2d(_Transposed):
    """Transposed convolution of images: x (N, C, H, W), result (N, out_channels, OH, OW), as `functions.deconv2d`.

    W, (C, out_channels / groups, KH, KW), starts as normal numbers of variance 1 / (C / groups KH KW). outsize: the
    result's (OH, OW) where several are possible, None for the smallest. The other arguments are those of `Conv2d`.

    >>> Deconv2d(8, 4, stride=2, pad=1)(np.zeros((2, 16, 7, 7), np.float32)).shape
    (2, 8, 14, 14)
    """

    axes, function = 2, staticmethod(deconv2d)


class Deconv1d(_Transposed):
    """Transposed convolution of series: x (N, C, L), result (N, out_channels, OL); arguments as for `Deconv2d`.

    >>> Deconv1d(1, 2, stride=2)(np.zeros((1, 3, 5), np.float32)).shape
    (1, 1, 10)
    """

    axes, function = 1, staticmethod(deconv1d)


class Deconv3d(_Transposed):
    """Transposed convolution of volumes: x (N, C, D, H, W), result (N, out_channels, OD, OH, OW); see `Deconv2d`.

    >>> Deconv3d(1, 2)(np.zeros((1, 3, 1, 1, 1), np.float32)).shape
    (1, 1, 2, 2, 2)
    """

    axes, function = 3, staticmethod(deconv3d)
