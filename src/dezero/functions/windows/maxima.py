"""The maximum of each window of a raw array, and where in the window it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, DType
from dezero.functions.windows.sliding import Sizes, pad_with, window_elements


def window_maxima(x: Array, kernel: Sizes, stride: Sizes, pad: Sizes, out: Sizes) -> tuple[Array, Array]:
    """Maxima, and their places in their windows in the order of memory, the first of equal ones; nan is greatest."""
    floor = lowest(x.dtype)
    wide = pad_with(x, pad, floor)
    place_type = np.min_scalar_type(math.prod(kernel))
    few, room = math.prod(out), math.prod(wide.shape[2:])
    if math.prod(kernel) > 64 > few and few * math.prod(kernel) <= room:  # as when there is one window a channel
        windows = np.lib.stride_tricks.sliding_window_view(wide, kernel, tuple(range(2, x.ndim)))
        windows = windows[(slice(None), slice(None), *[slice(None, None, s) for s in stride])]
        windows = windows.reshape(*x.shape[:2], *out, -1)
        index = windows.argmax(axis=-1)
        y = np.take_along_axis(windows, index[..., None], -1)[..., 0]
    else:
        y, index = _scan(wide, kernel, stride, out, place_type)
    if np.isnan(y).any() or (any(pad) and (y == floor).any()):
        index = _careful_scan(x, wide, kernel, stride, pad, out)
    return y, index.astype(place_type, copy=False)


def lowest(dtype: DType) -> float:
    """What is under every number of a dtype, or the least of them."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return False if dtype.kind == "b" else -np.inf


def _scan(wide: Array, kernel: Sizes, stride: Sizes, out: Sizes, place_type: DType) -> tuple[Array, Array]:
    """Element after element of all windows at once: an array pass each, with no copy of the windows."""
    elements = [wide[index] for _, index in window_elements(kernel, stride, out)]
    y, index = elements[0].copy(), np.zeros(elements[0].shape, place_type)
    for place, element in enumerate(elements[1:], 1):
        higher = element > y
        np.maximum(index, np.multiply(higher, place, dtype=place_type), out=index)  # later places are larger
        np.maximum(y, element, out=y)
    return y, index


def _careful_scan(x: Array, wide: Array, kernel: Sizes, stride: Sizes, pad: Sizes, out: Sizes) -> Array:
    """The places once more, for windows with nan or with nothing above the padding: nan wins, padding never does."""
    inside = pad_with(np.ones(x.shape[2:], bool), pad)
    y: Any = None
    for place, (_, index) in enumerate(window_elements(kernel, stride, out)):
        element, valid = wide[index], np.broadcast_to(inside[index], wide[index].shape)
        if y is None:
            y, found, places = element.copy(), valid.copy(), np.zeros(element.shape, np.intp)
            continue
        better = valid & (~found | (element > y) | (np.isnan(element) & ~np.isnan(y)))
        places[better], y[better] = place, element[better]
        found |= valid
    return places


def flat_places(index: Array, kernel: Sizes, stride: Sizes, shape: Sizes) -> Array:
    """Where in the flattened padded array of a shape (N, C, *size) the elements at these places of windows are."""
    steps = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    inside = _grid(kernel, steps[2:]).ravel()
    starts = _grid(
        (*shape[:2], *index.shape[2:]), [*steps[:2], *[s * n for s, n in zip(stride, steps[2:], strict=True)]]
    )
    return inside[index] + starts


def _grid(counts: Sizes, steps: Sequence[int]) -> Array:
    """For each place of a grid the sum of its coordinates times the steps."""
    total: Any = np.zeros((), np.intp)
    for n, step in zip(counts, steps, strict=True):
        total = np.add.outer(total, np.arange(n) * step)
    return total
