"""Pooling as layers, over any number of axes after samples and channels."""

from __future__ import annotations

import dezero.functions as F
from dezero.core.variable import ArrayLike, Variable
from dezero.layers.layer import Layer

Sizes = int | tuple[int, ...]


class MaxPooling(Layer):
    """The maximum of each window of each channel: `functions.pooling` of x (N, C, *size).

    kernel_size, stride, pad: an integer, or one an axis; stride is 1 unless given, as in `functions.pooling`.

    >>> MaxPooling(2, stride=2)(np.arange(16.0).reshape(1, 1, 4, 4))
    variable([[[[ 5.  7.]
                [13. 15.]]]])
    """

    _shown = ("kernel_size", "stride", "pad")

    def __init__(self, kernel_size: Sizes, stride: Sizes = 1, pad: Sizes = 0) -> None:
        self.kernel_size, self.stride, self.pad = kernel_size, stride, pad

    def forward(self, x: ArrayLike) -> Variable:
        return F.pooling(x, self.kernel_size, self.stride, self.pad)


class AveragePooling(MaxPooling):
    """The mean of each window of each channel, zeros around counted; arguments as for `MaxPooling`.

    >>> AveragePooling(2, stride=2)(np.arange(16.0).reshape(1, 1, 4, 4))
    variable([[[[ 2.5  4.5]
                [10.5 12.5]]]])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.average_pooling(x, self.kernel_size, self.stride, self.pad)


class GlobalMaxPooling(Layer):
    """The maximum of each channel: (N, C, *size) to (N, C, 1, ...).

    >>> GlobalMaxPooling()(np.ones((2, 3, 4, 5))).shape
    (2, 3, 1, 1)
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.global_max_pooling(x)


class GlobalAveragePooling(Layer):
    """The mean of each channel: (N, C, *size) to (N, C, 1, ...).

    >>> GlobalAveragePooling()(np.ones((2, 3, 4, 5))).shape
    (2, 3, 1, 1)
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.global_average_pooling(x)


class AdaptiveMaxPooling(Layer):
    """The maxima of so many windows that the result is (N, C, *output_size).

    >>> AdaptiveMaxPooling(2)(np.ones((2, 3, 4, 5))).shape
    (2, 3, 2, 2)
    """

    _shown = ("output_size",)

    def __init__(self, output_size: Sizes) -> None:
        self.output_size = output_size

    def forward(self, x: ArrayLike) -> Variable:
        return F.adaptive_max_pooling(x, self.output_size)


class AdaptiveAveragePooling(AdaptiveMaxPooling):
    """The means of so many windows that the result is (N, C, *output_size).

    >>> AdaptiveAveragePooling(2)(np.ones((2, 3, 4, 5))).shape
    (2, 3, 2, 2)
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.adaptive_average_pooling(x, self.output_size)
