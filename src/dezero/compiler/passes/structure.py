"""Rules for views, parts, sums and products of matrices in machine code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.compiler.graph import BROADCAST, CONCATENATE, EMBED, MATMUL, REDUCE, RESHAPE, SLICE, TRANSPOSE, Node, Number
from dezero.compiler.lowering.builder import Builder
from dezero.compiler.passes.arithmetic import is_map, mapped, number_of
from dezero.core.dtypes import Shape

Part = tuple[int, "int | None"]  # a length along an axis, and the place of what stands there; None: zeros


def reshaped(builder: Builder, place: int, shape: Shape) -> int:
    node = builder.node(place)
    return place if node.shape == shape else builder.new(RESHAPE, (place,), shape, node.dtype)


def views(builder: Builder, node: Node) -> int | None:
    """Views of arrays full of one number; two reshapes in turn; views that only add and drop axes of length 1."""
    if node.primitive not in (RESHAPE, TRANSPOSE, SLICE) or isinstance(node.args[0], Number):
        return None
    below = builder.node(node.args[0])
    number = number_of(builder, node.args[0])
    if number is not None and below.shape:
        return builder.new(BROADCAST, (Number(number),), node.shape, node.dtype)
    if node.primitive == RESHAPE:
        return reshaped(builder, below.places[0], node.shape) if below.primitive == RESHAPE else None
    if node.primitive == TRANSPOSE:
        order = [a for a in node.parameters["axes"] if below.shape[a] != 1]
        return reshaped(builder, node.args[0], node.shape) if order == sorted(order) else None
    return reshaped(builder, node.args[0], node.shape) if _reads_all(node.parameters["index"], below.shape) else None


def _reads_all(index: tuple[Any, ...], shape: Shape) -> bool:
    lengths = iter(shape)
    for part in index:
        if part is None:
            continue
        n = next(lengths)
        if not (range(n)[part] == range(n) if isinstance(part, slice) else n == 1):
            return False
    return True


# -- parts along an axis ----------------------------------------------------------------------------------------


def _one_axis(index: tuple[Any, ...], shape: Shape) -> tuple[int, int, int] | None:
    """The axis that an index cuts, and from where to where; None where it does more than cut one axis."""
    if any([part is None for part in index]):
        return None
    cut = []
    for axis, (part, n) in enumerate(zip(index, shape, strict=True)):
        found = range(n)[part] if isinstance(part, slice) else range(part % max(n, 1), part % max(n, 1) + 1)
        if found.step != 1 or not len(found):
            return None
        if found != range(n):
            cut.append((axis, found.start, found.stop))
        elif not isinstance(part, slice):
            return None
    return cut[0] if len(cut) == 1 else None


def parts(builder: Builder, place: int) -> tuple[int, list[Part]] | None:
    """Of what an array is joined, and along which axis."""
    node = builder.node(place)
    if node.primitive == CONCATENATE:
        axis = node.parameters["axis"]
        return axis, [(builder.node(a).shape[axis], None if number_of(builder, a) == 0 else a) for a in node.places]
    if node.primitive != EMBED:
        return None
    found = _one_axis(node.parameters["index"], node.shape)
    if found is None:
        return None
    axis, start, stop = found
    shape = (*node.shape[:axis], stop - start, *node.shape[axis + 1 :])
    inner = reshaped(builder, node.places[0], shape) if builder.node(node.places[0]).shape != shape else node.places[0]
    pieces: list[Part] = [(start, None), (stop - start, inner), (node.shape[axis] - stop, None)]
    return axis, [piece for piece in pieces if piece[0]]


def joined(builder: Builder, axis: int, pieces: list[Part], shape: Shape, dtype: Any) -> int:
    places = []
    for length, place in pieces:
        if place is None:
            part = (*shape[:axis], length, *shape[axis + 1 :])
            place = builder.new(BROADCAST, (Number(np.zeros((), dtype).item()),), part, dtype)
        places.append(place)
    return places[0] if len(places) == 1 else builder.new(CONCATENATE, places, shape, dtype, axis=axis)


def _cut(builder: Builder, axis: int, piece: Part, start: int, stop: int) -> Part:
    length, place = piece
    if place is None or (start, stop) == (0, length):
        return stop - start, place
    node = builder.node(place)
    index = tuple([slice(start, stop) if a == axis else slice(None) for a in range(len(node.shape))])
    shape = (*node.shape[:axis], stop - start, *node.shape[axis + 1 :])
    return stop - start, builder.new(SLICE, (place,), shape, node.dtype, index=index)


def added_parts(builder: Builder, node: Node) -> int | None:
    """Arrays that are zero in parts, added: where one of them is zero, the other's part."""
    if not is_map(node, "add") or len(node.places) < 2 or not node.shape:
        return None
    a, b = [builder.node(p) for p in node.places]
    if not a.shape == b.shape == node.shape or not a.dtype == b.dtype == node.dtype:
        return None
    first, second = [parts(builder, p) for p in node.places]
    if first is None or second is None or first[0] != second[0]:
        return None
    axis = first[0]
    if not any([place is None for _, place in [*first[1], *second[1]]]):
        return None
    pieces: list[Part] = []
    for (length, p), (_, q) in zip(*_at_common_cuts(builder, axis, first[1], second[1]), strict=True):
        place = q if p is None else p if q is None else mapped(builder, np.add, p, q)
        pieces.append((length, place))
    return joined(builder, axis, pieces, node.shape, node.dtype)


def _at_common_cuts(builder: Builder, axis: int, *lists: list[Part]) -> list[list[Part]]:
    cuts = sorted({sum([n for n, _ in pieces[: i + 1]]) for pieces in lists for i in range(len(pieces))})
    found = []
    for pieces in lists:
        start, mine, cut = 0, [], 0
        for piece in pieces:
            end = start + piece[0]
            for stop in [c for c in cuts if start < c <= end]:
                mine.append(_cut(builder, axis, piece, max(cut, start) - start, stop - start))
                cut = stop
            start = end
        found.append(mine)
    return found


def scaled_parts(builder: Builder, node: Node) -> int | None:
    """An array that is zero in parts times a number, or negated."""
    if not is_map(node, "negative", "multiply") or len(node.places) != 1 or node.dtype.kind != "f":
        return None
    below = builder.node(node.places[0])
    factor = [a.value for a in node.args if isinstance(a, Number)]
    if below.primitive != EMBED or below.dtype != node.dtype or not all(np.isfinite(factor)):
        return None
    (inner,) = below.places
    args = tuple([a if isinstance(a, Number) else inner for a in node.args])
    place = builder.add(Node(node.primitive, args, builder.node(inner).shape, node.dtype, node.parameters))
    return builder.new(EMBED, (place,), node.shape, node.dtype, **below.parameters)


def part_of_parts(builder: Builder, node: Node) -> int | None:
    """A part of joined arrays, or of an array among zeros: of the one that it reads."""
    if node.primitive != SLICE:
        return None
    below = builder.node(node.places[0])
    found = _one_axis(node.parameters["index"], below.shape)
    made = parts(builder, node.places[0])
    if found is None or made is None or found[0] != made[0]:
        return None
    axis, start, stop = found
    at = 0
    for piece in made[1]:
        if at <= start and stop <= at + piece[0]:
            shape = (*below.shape[:axis], stop - start, *below.shape[axis + 1 :])
            place = joined(builder, axis, [_cut(builder, axis, piece, start - at, stop - at)], shape, node.dtype)
            return reshaped(builder, place, node.shape)
        at += piece[0]
    return None


# -- sums -------------------------------------------------------------------------------------------------------


def short_sums(builder: Builder, node: Node) -> int | None:
    """Reductions over no axes, or over axes of length 1."""
    if node.primitive != REDUCE:
        return None
    below = builder.node(node.places[0])
    if all([below.shape[a] == 1 for a in node.parameters["axes"]]):
        return reshaped(builder, node.places[0], node.shape)
    return None


def sum_of_broadcast(builder: Builder, node: Node) -> int | None:
    """The sum along axes that broadcasting repeats: a product."""
    if node.primitive != REDUCE or node.parameters["ufunc"] is not np.add or node.dtype.kind != "f":
        return None
    below = builder.node(node.places[0])
    if below.primitive != BROADCAST or not math.prod(below.shape):
        return None
    inner = below.args[0]
    lengths = () if isinstance(inner, Number) else builder.node(inner).shape
    have = (1,) * (len(below.shape) - len(lengths)) + lengths
    axes = node.parameters["axes"]
    repeated = [a for a in axes if have[a] == 1]
    count = math.prod([below.shape[a] for a in repeated])
    if isinstance(inner, Number):
        total = number_times(inner, math.prod([below.shape[a] for a in axes]))
        return builder.new(BROADCAST, (total,), node.shape, node.dtype)
    if count == 1:
        return None
    shape = tuple([1 if a in repeated else n for a, n in enumerate(below.shape)])
    place = reshaped(builder, inner, have)
    place = place if have == shape else builder.new(BROADCAST, (place,), shape, node.dtype)
    rest = tuple([a for a in axes if a not in repeated])
    if rest:
        kept = tuple([1 if a in rest else n for a, n in enumerate(shape)])
        place = builder.new(REDUCE, (place,), kept, node.dtype, ufunc=np.add, axes=rest, keepdims=True)
    return reshaped(builder, mapped(builder, np.multiply, place, Number(count)), node.shape)


def number_times(number: Number, count: int) -> Number:
    return Number(number.value * count)


# -- products ---------------------------------------------------------------------------------------------------


def products(builder: Builder, node: Node) -> int | None:
    """Vectors as matrices; inner axes of length 1 as element-wise products; arrays full of a number as sums."""
    if node.primitive != MATMUL or node.dtype.kind != "f":
        return None
    a, b = node.places
    left, right = builder.node(a).shape, builder.node(b).shape
    if len(left) == 1 or len(right) == 1:
        a = reshaped(builder, a, (1, *left)) if len(left) == 1 else a
        b = reshaped(builder, b, (*right, 1)) if len(right) == 1 else b
        shape = (*np.broadcast_shapes(left[:-2], right[:-2]), builder.node(a).shape[-2], builder.node(b).shape[-1])
        return reshaped(builder, builder.new(MATMUL, (a, b), shape, node.dtype), node.shape)
    if left[-1] == 1:
        return mapped(builder, np.multiply, a, b)
    if len(left) == len(right) == 2:
        return _uniform_product(builder, node, a, b)
    return None


def _uniform_product(builder: Builder, node: Node, a: int, b: int) -> int | None:
    """A product with a matrix full of one number: sums of rows or columns."""
    for number, other, axis in ((number_of(builder, a), b, 0), (number_of(builder, b), a, 1)):
        if number is None:
            continue
        shape = tuple([1 if i == axis else n for i, n in enumerate(builder.node(other).shape)])
        place = builder.new(REDUCE, (other,), shape, node.dtype, ufunc=np.add, axes=(axis,), keepdims=True)
        place = mapped(builder, np.multiply, place, Number(number))
        return place if shape == node.shape else builder.new(BROADCAST, (place,), node.shape, node.dtype)
    return None
