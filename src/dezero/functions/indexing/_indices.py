"""What an index says before it is applied: which axes it reads whole, which elements, and whether any twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import EllipsisType
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import Array, Shape
from dezero.core.variable import ArrayLike
from dezero.core.watch.watching import noted

Index = ArrayLike | slice | EllipsisType | Sequence[object] | None  # tuples of these, too, and lists of whole numbers


def plain_index(index: Index) -> Any:
    """An index to be kept in a graph: its arrays are copied, so that the user may change them later."""
    if isinstance(index, tuple):
        return tuple([_plain_part(p) for p in index])
    return _plain_part(index)


def _plain_part(p: Any) -> Any:
    if isinstance(p, slice):
        return slice(*[_plain_part(n) for n in (p.start, p.stop, p.step)])
    p = raw(noted(p))
    if p is None or p is Ellipsis or np.isscalar(p):
        return p
    if isinstance(p, np.ndarray):
        return p.copy() if p.ndim else p[()]
    array = np.asarray(p)
    return array if array.size else array.astype(np.intp)  # numpy.asarray makes floats of an empty list


def repeats(index: object) -> bool:
    """Whether an index may read an element twice: integer arrays may, slices, numbers and masks do not."""
    parts = index if isinstance(index, tuple) else (index,)
    return any([not _single(p) and _kind(p) != "b" for p in parts])


def _kind(p: object) -> str:
    return p.dtype.kind if isinstance(p, np.ndarray) else ""


def _single(p: object) -> bool:
    """Whether a part of an index is none of NumPy's arrays or lists."""
    return p is None or p is Ellipsis or isinstance(p, slice | int | np.generic)


def axes_read(index: object, shape: Shape) -> tuple[Shape, int]:
    """The lengths of the axes up to the last that an index speaks of, and the number of elements behind each."""
    parts = index if isinstance(index, tuple) else (index,)
    n = len(shape) if any([p is Ellipsis for p in parts]) else sum([_consumed(p) for p in parts])
    return shape[:n], math.prod(shape[n:])


def positions_read(index: Any, shape: Shape) -> Array:
    """The places, counted in C order, of what an index reads from an array of this shape."""
    stride, positions = 1, np.zeros((), np.intp)
    for axis, n in reversed(list(enumerate(shape))):
        coordinate = np.arange(n).reshape(-1, *[1] * (len(shape) - axis - 1))
        positions = positions + stride * np.broadcast_to(coordinate, shape)[index]
        stride *= n
    return positions


def _consumed(p: object) -> int:
    """How many axes a part of an index stands for."""
    if p is None or p is Ellipsis or isinstance(p, bool | np.bool_):
        return 0
    return p.ndim if isinstance(p, np.ndarray) and _kind(p) == "b" else 1


def whole_axes(shape: Shape, index: object) -> dict[int, int]:
    """Axes that an index reads whole, and where they stand in the result; both counted from the right.

    NumPy puts the axes of index arrays where the arrays stand, and first where something stands between them.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if not any([p is Ellipsis for p in parts]):
        parts = (*parts, Ellipsis)
    fancy, width = _fancy(parts)
    if width is None:
        return {}
    apart = bool(fancy) and fancy[-1] - fancy[0] >= len(fancy)
    axis, place, found = 0, width if apart else 0, {}
    for k, p in enumerate(parts):
        if k in fancy:
            place += width if k == fancy[0] and not apart else 0
            axis += _consumed(p)
        elif p is None:
            place += 1
        elif isinstance(p, slice) or p is Ellipsis:
            for _ in range(len(shape) - sum([_consumed(q) for q in parts]) if p is Ellipsis else 1):
                if p is Ellipsis or range(shape[axis])[p] == range(shape[axis]):
                    found[axis] = place
                axis, place = axis + 1, place + 1
        else:
            axis += 1
    return {axis - len(shape): at - place for axis, at in found.items()}


def _fancy(parts: tuple[object, ...]) -> tuple[list[int], int | None]:
    """Which parts are index arrays, numbers beside them included, and how many axes they give; None where unknown."""
    if all([_single(p) and not isinstance(p, bool | np.bool_) for p in parts]):
        return [], 0
    fancy = [k for k, p in enumerate(parts) if not (p is None or p is Ellipsis or isinstance(p, slice))]
    arrays = [np.asarray(parts[k]) for k in fancy]
    if any([a.dtype == bool and a.ndim == 0 for a in arrays]):
        return fancy, None  # numpy.True_ adds an axis of its own
    return fancy, max([1 if a.dtype == bool else a.ndim for a in arrays])


def index_of_each(index: Any) -> tuple[Any, int] | None:
    """The index that reads of every example what an index reads of one, and where the axis of the examples then stands.

    None where an index holds numpy.True_ or numpy.False_, which add an axis.
    """
    parts = index if isinstance(index, tuple) else (index,)
    fancy, width = _fancy(parts)
    if width is None:
        return None
    apart = bool(fancy) and fancy[-1] - fancy[0] >= len(fancy)
    return (slice(None), *parts), width if apart else 0
