"""Windows that slide over the last axes of a raw array, and sums over them with their adjoint."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, rounded_once

Sizes = tuple[int, ...]


def pad_with(x: Array, pad: Sizes, value: float = 0) -> Array:
    """The array with `pad` elements of a value on both sides of each of its last axes; itself where there are none."""
    if not any(pad):
        return x
    wide = np.full(padded_shape(x.shape, pad), value, x.dtype)
    unpadded(wide, pad)[...] = x
    return wide


def padded_shape(shape: Sizes, pad: Sizes) -> Sizes:
    lead = len(shape) - len(pad)
    return (*shape[:lead], *[n + 2 * p for n, p in zip(shape[lead:], pad, strict=True)])


def unpadded(wide: Array, pad: Sizes) -> Array:
    """A view of what `pad_with` put the padding around."""
    lead = wide.ndim - len(pad)
    inside: tuple[Any, ...] = (..., *[slice(p, n - p) for p, n in zip(pad, wide.shape[lead:], strict=True)])
    return wide[inside]


def window_elements(kernel: Sizes, stride: Sizes, out: Sizes) -> Iterator[tuple[Sizes, tuple[Any, ...]]]:
    """Each place in a window, and the index that picks the element there of every window of a padded array."""
    for place in itertools.product(*map(range, kernel)):
        picked = [slice(k, k + (n - 1) * s + 1, s) for k, s, n in zip(place, stride, out, strict=True)]
        yield place, (..., *picked)


@rounded_once
def sum_windows(x: Array, kernel: Sizes, stride: Sizes, pad: Sizes, out: Sizes) -> Array:
    """The sum over each window, zeros around the array; one axis after the other."""
    y = pad_with(x, pad)
    for axis, (k, s, n) in enumerate(zip(kernel, stride, out, strict=True)):
        elements = [y[index] for index in _along(axis - len(kernel), k, s, n)]
        y = elements[0] + elements[1] if k > 1 else elements[0].copy()
        for element in elements[2:]:
            y += element
    return y


@rounded_once
def spread_windows(g: Array, kernel: Sizes, stride: Sizes, pad: Sizes, size: Sizes) -> Array:
    """Each number of g in all places of its window, added where windows overlap: the adjoint of sum_windows."""
    shape = list(padded_shape((*g.shape[: g.ndim - len(size)], *size), pad))
    for axis in range(-1, -len(kernel) - 1, -1):
        k, s, n = kernel[axis], stride[axis], g.shape[axis]
        wide = np.zeros((*g.shape[: g.ndim + axis], *shape[g.ndim + axis :]), g.dtype)
        for index in _along(axis, k, s, n):
            if k <= s:
                wide[index] = g
            else:
                wide[index] += g
        g = wide
    return unpadded(g, pad)


def _along(axis: int, kernel: int, stride: int, count: int) -> Iterator[tuple[Any, ...]]:
    """The index of each element of the windows along one axis, counted from the right."""
    for k in range(kernel):
        yield (..., slice(k, k + (count - 1) * stride + 1, stride), *[slice(None)] * (-axis - 1))
