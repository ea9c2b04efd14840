"""Lengths along an axis that a window slides over, and arguments given once for all axes or for each."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

PerAxis = int | Sequence[int]  # one for all axes, or one for each


def pair(x: int | tuple[int, int]) -> tuple[int, int]:
    """Return an integer twice, and a pair of integers as it is. Raises ValueError for anything else.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    both = tuple(x) if isinstance(x, (tuple, list)) else (x, x)
    try:
        height, width = map(operator.index, both)
    except (TypeError, ValueError):
        raise ValueError(f"pair: expected an integer or two of them, got {x!r}") from None
    return height, width


def get_conv_outsize(input_size: int, kernel_size: int, stride: int, pad: int) -> int:
    """Return the length along one axis of a convolution's output: (input + 2 pad - kernel) // stride + 1.

    All in elements. Raises ValueError where the stride is not positive or the kernel does not fit.

    >>> get_conv_outsize(4, 3, 1, 1)
    4
    """
    room = input_size + 2 * pad - kernel_size
    if stride < 1 or room < 0:
        raise ValueError(
            f"get_conv_outsize: a kernel of {kernel_size} with stride {stride} has no place in an input of "
            f"{input_size} with padding {pad}"
        )
    return room // stride + 1


def get_deconv_outsize(size: int, k: int, s: int, p: int) -> int:
    """Return the length along one axis of a transposed convolution's output: s (size - 1) + k - 2 p.

    All in elements. Raises ValueError where the stride is not positive or nothing is left.

    >>> get_deconv_outsize(4, 3, 1, 1)
    4
    """
    length = s * (size - 1) + k - 2 * p
    if s < 1 or length < 1:
        raise ValueError(
            f"get_deconv_outsize: an input of {size}, kernel {k}, stride {s} and padding {p} leave no output"
        )
    return length


def for_each_axis(name: str, argument: str, value: Any, ndim: int, least: int) -> tuple[int, ...]:
    """An integer for all of `ndim` axes, or one for each, as a tuple; ValueError where one is under `least`."""
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * ndim
    try:
        each = tuple(operator.index(n) for n in given)
    except TypeError:
        each = ()
    if len(each) != ndim or min(each, default=least) < least:
        axes = "axis" if ndim == 1 else f"axes, or {ndim} of them"
        raise ValueError(f"{name}: {argument} must be an integer of at least {least} for the {axes}, got {value!r}")
    return each


def window_counts(
    name: str,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    pad: tuple[int, ...],
    dilation: tuple[int, ...] | None = None,
) -> tuple[int, ...]:
    """How many windows there are along each axis; ValueError, in the operation's name, where none fits."""
    spans = kernel if dilation is None else tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    try:
        return tuple(map(get_conv_outsize, size, spans, stride, pad))
    except ValueError:
        wide = "" if spans == kernel else f" (spread over {spans})"
        raise ValueError(
            f"{name}: a kernel of {kernel}{wide} is larger than an input of {size} with a padding of {pad}; "
            "pad more, or take a smaller kernel"
        ) from None
