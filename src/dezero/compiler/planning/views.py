"""Where the elements of an array lie: offsets and strides, of which some depend on the rows that are worked on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dezero.compiler.kernel import Extent
from dezero.compiler.planning.rows import indexed
from dezero.core.dtypes import DType

Extents = tuple[Extent, ...]
ONE, ZERO = Extent(1), Extent(0)


class View(NamedTuple):
    """Elements in the memory of a root; offset and strides count elements.

    The first element lies at offset + by_start * s + by_rows * t, where s is the first row that is worked on and t the
    number of rows.
    """

    root: int
    dtype: DType
    shape: Extents
    strides: Extents
    offset: int = 0
    by_start: int = 0
    by_rows: int = 0


def times(a: Extent, b: Extent) -> Extent:
    count = a.count * b.count
    return Extent(count, bool(count) and (a.by_rows or b.by_rows))


def size(shape: Iterable[Extent]) -> Extent:
    total = ONE
    for extent in shape:
        total = times(total, extent)
    return total


def contiguous(shape: Sequence[Extent]) -> Extents:
    """The strides of an array in C order."""
    return tuple([size(shape[k + 1 :]) for k in range(len(shape))])


def is_contiguous(view: View) -> bool:
    pairs = zip(view.shape, view.strides, contiguous(view.shape), strict=True)
    return all([extent == ONE or stride == own for extent, stride, own in pairs])


def transposed(view: View, axes: Sequence[int]) -> View:
    return view._replace(shape=tuple([view.shape[k] for k in axes]), strides=tuple([view.strides[k] for k in axes]))


def stretched(view: View, shape: Extents) -> View:
    """Broadcast to a shape."""
    lead = len(shape) - len(view.shape)
    strides = [
        stride if own == wanted and own != ONE else ZERO
        for own, stride, wanted in zip(view.shape, view.strides, shape[lead:], strict=True)
    ]
    return view._replace(shape=shape, strides=(ZERO,) * lead + tuple(strides))


def sliced(view: View, index: Sequence[Any]) -> View:
    """Basic indexing; an axis of rows is taken as a whole."""
    shape, strides, offset, by_rows = [], [], view.offset, view.by_rows
    for item, axis, _ in indexed(index, len(view.shape)):
        if axis is None:
            shape.append(ONE)
            strides.append(ZERO)
            continue
        extent, stride = view.shape[axis], view.strides[axis]
        if extent.by_rows:
            shape.append(extent)
            strides.append(stride)
            continue
        if isinstance(item, slice):
            start, stop, step = item.indices(extent.count)
            shape.append(Extent(len(range(start, stop, step))))
            strides.append(stride._replace(count=stride.count * step))
            start = start if shape[-1].count else 0
        else:
            start = int(item) % extent.count
        if stride.by_rows:
            by_rows += start * stride.count
        else:
            offset += start * stride.count
    return view._replace(shape=tuple(shape), strides=tuple(strides), offset=offset, by_rows=by_rows)


def some_rows(view: View, axis: int | None) -> View:
    """The rows that are worked on, of a view of all rows."""
    if axis is None:
        return view
    shape = (*view.shape[:axis], Extent(1, True), *view.shape[axis + 1 :])
    return view._replace(shape=shape, by_start=view.by_start + view.strides[axis].count)


def merged(shape: Sequence[Extent], strides: Sequence[Sequence[Extent]]) -> tuple[list[Extent], list[list[Extent]]]:
    """Without axes of length 1, and with neighbouring axes that run on as one made one, for several arrays at once."""
    extents: list[Extent] = []
    steps: list[list[Extent]] = [[] for _ in strides]
    for k, extent in enumerate(shape):
        if extent == ONE:
            continue
        inner = [s[k] for s in strides]
        both = bool(extents) and not (extents[-1].by_rows and extent.by_rows)
        if both and all([outer[-1] == times(stride, extent) for outer, stride in zip(steps, inner, strict=True)]):
            extents.append(times(extents.pop(), extent))
            for outer in steps:
                outer.pop()
        else:
            extents.append(extent)
        for outer, stride in zip(steps, inner, strict=True):
            outer.append(stride)
    return extents, steps


def reshaped(view: View, shape: Extents) -> View | None:
    """The same elements in another shape; None where they would have to be copied."""
    if size(shape).count == 0 or size(view.shape).count == 0:
        return view._replace(shape=shape, strides=contiguous(shape))
    blocks, (steps,) = merged(view.shape, [view.strides])
    strides: list[Extent] = []
    rest, stride = (blocks.pop(), steps.pop()) if blocks else (ONE, ONE)
    for extent in reversed(shape):
        if extent == ONE:
            strides.append(ZERO)
            continue
        if rest == ONE:
            if not blocks:
                return None
            rest, stride = blocks.pop(), steps.pop()
        left = _divided(rest, extent)
        if left is None:
            return None
        strides.append(stride)
        rest, stride = left, times(stride, extent)
    return view._replace(shape=shape, strides=tuple(reversed(strides)))


def _divided(a: Extent, b: Extent) -> Extent | None:
    """a / b, where it is whole."""
    if a.count % b.count or (b.by_rows and not a.by_rows):
        return None
    return Extent(a.count // b.count, a.by_rows and not b.by_rows)


def dropped(view: View, shape: Extents) -> Extents:
    """The strides along a loop over a shape to which the view broadcasts, without the axes of length 1."""
    strides = stretched(view, shape).strides
    return tuple([stride for extent, stride in zip(shape, strides, strict=True) if extent != ONE])
