"""Which axis of each array of a graph runs over independent rows, and in which order the arrays can be computed.

Two axes are linked where element k of the result along one depends on element k of the argument along the other, and on
no further element of it. Linked axes form a class. A graph is cut along one class: its arrays are computed for some
rows at a time, its sums over the rows are added up, and what mixes rows waits until all rows are there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CONCATENATE,
    CONSTANT,
    ELEMENTWISE,
    EMBED,
    INPUT,
    MATMUL,
    REDUCE,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    VIEWS,
    Graph,
    Node,
    Number,
)
from dezero.core.dtypes import Shape

# How a node is computed: with all of its elements at once, for some rows at a time, or as a sum over the rows.
WHOLE, ROWS, SUM = "whole", "rows", "sum"
_CANDIDATES = 4  # so many classes with the most work are tried


class Link(NamedTuple):
    """An axis of an argument (given by its position) and the axis of the result that it is linked to."""

    position: int
    axis: int
    result: int


def indexed(index: Sequence[Any], ndim: int) -> Iterator[tuple[Any, int | None, int | None]]:
    """The items of an index with the axis of the array and the axis of the result to which each belongs."""
    axis = result = 0
    items = [*index, *[slice(None)] * (ndim - sum([i is not None for i in index]))]
    for item in items:
        has_axis, has_result = item is not None, item is None or isinstance(item, slice)
        yield item, axis if has_axis else None, result if has_result else None
        axis, result = axis + has_axis, result + has_result


def _aligned(position: int, shape: Shape, result: Shape) -> Iterator[Link]:
    """Axes of a shape that broadcasts to the result."""
    lead = len(result) - len(shape)
    return (Link(position, k, lead + k) for k, n in enumerate(shape) if n == result[lead + k])


def _kept_axes(index: Sequence[Any], shape: Shape) -> Iterator[tuple[int, int]]:
    """Axes that an index leaves as they are, in the array and in the result."""
    for item, axis, result in indexed(index, len(shape)):
        if isinstance(item, slice) and axis is not None and result is not None:
            start, _, step = item.indices(shape[axis])
            if (start, step, len(range(*item.indices(shape[axis])))) == (0, 1, shape[axis]):
                yield axis, result


def _reshaped(shape: Shape, result: Shape) -> Iterator[Link]:
    """Axes of equal length with equally many elements before them."""
    before = {(math.prod(result[:k]), n): k for k, n in enumerate(result) if n > 1}
    for k, n in enumerate(shape):
        if n > 1 and (math.prod(shape[:k]), n) in before:
            yield Link(0, k, before[math.prod(shape[:k]), n])


def _product_links(a: Shape, b: Shape, result: Shape) -> Iterator[Link]:
    stack = len(result) - (len(a) > 1) - (len(b) > 1)
    yield from _aligned(0, a[:-2], result[:stack])
    yield from _aligned(1, b[:-2], result[:stack])
    if len(a) > 1:
        yield Link(0, len(a) - 2, stack)
    if len(b) > 1:
        yield Link(1, len(b) - 1, len(result) - 1)


def links(node: Node, shapes: Sequence[Shape | None]) -> Iterator[Link]:
    """The links between the axes of a node's arguments and its own; shapes: of the arguments, None for a Number."""
    if node.primitive in ELEMENTWISE or node.primitive == BROADCAST:
        for position, shape in enumerate(shapes):
            if shape is not None:
                yield from _aligned(position, shape, node.shape)
        return
    given = [shape for shape in shapes if shape is not None]
    if node.primitive == RESHAPE:
        yield from _reshaped(given[0], node.shape)
    elif node.primitive == TRANSPOSE:
        yield from [Link(0, axis, k) for k, axis in enumerate(node.parameters["axes"])]
    elif node.primitive == SLICE:
        yield from [Link(0, axis, result) for axis, result in _kept_axes(node.parameters["index"], given[0])]
    elif node.primitive == EMBED:
        yield from [Link(0, result, axis) for axis, result in _kept_axes(node.parameters["index"], node.shape)]
    elif node.primitive == CONCATENATE:
        axes = [k for k in range(len(node.shape)) if k != node.parameters["axis"]]
        yield from [Link(position, k, k) for position in range(len(given)) for k in axes]
    elif node.primitive == REDUCE:
        kept = [k for k in range(len(given[0])) if k not in node.parameters["axes"]]
        keep = node.parameters["keepdims"]
        yield from [Link(0, axis, axis if keep else k) for k, axis in enumerate(kept)]
    elif node.primitive == MATMUL:
        yield from _product_links(given[0], given[1], node.shape)


def summed(node: Node, shapes: Sequence[Shape | None]) -> set[tuple[int, int]]:
    """The axes over which a node adds up (or takes the product, maximum or minimum): positions and axes."""
    if node.primitive == REDUCE:
        return {(0, axis) for axis in node.parameters["axes"]}
    if node.primitive == MATMUL and shapes[0] is not None and shapes[1] is not None:
        return {(0, len(shapes[0]) - 1), (1, max(len(shapes[1]) - 2, 0))}
    return set()


@dataclass(slots=True)
class Rows:
    """How each node of a graph is computed.

    count: the number of rows; 0 where the graph is not cut. axes: the axis of each place that runs over the rows, if
    exactly one does. mode: WHOLE, ROWS or SUM. level: nodes by rows and sums of level k are computed in the k-th pass
    over the rows (from 1), whole nodes of level k after it.
    """

    count: int
    axes: list[int | None]
    mode: list[str]
    level: list[int]

    def by_rows(self, place: int, arg: int) -> bool:
        """Whether a node reads some rows of an argument at a time, and not all of it."""
        return self.mode[place] != WHOLE and self.axes[arg] is not None

    def section(self, place: int) -> int:
        """When a node is computed: sections run one after another, those with odd numbers are passes over the rows."""
        return 2 * self.level[place] - (self.mode[place] != WHOLE)


def shapes_of(graph: Graph, node: Node) -> list[Shape | None]:
    return [None if isinstance(a, Number) else graph.nodes[a].shape for a in node.args]


def classes(graph: Graph, called: Collection[int] = ()) -> list[list[int]]:
    """For each place the class of each axis, as a number; called: places of nodes of which nothing is known."""
    first, total = [], 0
    for node in graph.nodes:
        first.append(total)
        total += len(node.shape)
    parent = list(range(total))

    def find(x: int) -> int:
        while parent[x] != x:
            parent[x] = x = parent[parent[x]]
        return x

    for place, node in enumerate(graph.nodes):
        if place in called:
            continue
        shapes = shapes_of(graph, node)
        pairs = [(first[node.args[p]] + k, first[place] + r) for p, k, r in links(node, shapes)]  # type: ignore[index]
        if node.primitive == MATMUL:
            (_, k), (_, j) = sorted(summed(node, shapes))
            pairs.append((first[node.places[0]] + k, first[node.places[1]] + j))
        for x, y in pairs:
            parent[find(x)] = find(y)
    return [[find(first[i] + k) for k in range(len(node.shape))] for i, node in enumerate(graph.nodes)]


def uncut(graph: Graph) -> Rows:
    """Every node computed with all of its elements at once."""
    n = len(graph.nodes)
    return Rows(0, [None] * n, [WHOLE] * n, [0] * n)


def cut(graph: Graph, labels: Sequence[Sequence[int]], chosen: int, called: Collection[int] = ()) -> Rows:
    """How each node is computed where the rows run along the axes of a class.

    The labels decide only how well this goes: a node is computed by rows only if its own links say that it can be.
    """
    rows, last = uncut(graph), 0
    for place, node in enumerate(graph.nodes):
        along = [k for k, label in enumerate(labels[place]) if label == chosen and node.shape[k] > 1]
        if along:
            rows.count = node.shape[along[0]]
        rows.axes[place] = along[0] if len(along) == 1 else None
        if node.primitive not in (INPUT, CONSTANT):
            many = len(along) > 1 or any([_twice(labels[a], graph.nodes[a], chosen) for a in node.places])
            rows.mode[place] = WHOLE if many or place in called else _mode(graph, rows, place)
            rows.level[place] = _level(rows, place, node)
        if node.primitive == CALL:  # calls keep their order: they may draw random numbers
            rows.level[place] = last = max(rows.level[place], last)
    return rows


def _twice(labels: Sequence[int], node: Node, chosen: int) -> bool:
    return sum([label == chosen and n > 1 for label, n in zip(labels, node.shape, strict=True)]) > 1


def _mode(graph: Graph, rows: Rows, place: int) -> str:
    node, own = graph.nodes[place], rows.axes[place]
    along = {(p, rows.axes[a]) for p, a in enumerate(node.args) if not isinstance(a, Number)}
    along = {(p, axis) for p, axis in along if axis is not None}
    shapes = shapes_of(graph, node)
    if own is not None:
        linked = {(p, axis) for p, axis, result in links(node, shapes) if result == own}
        return ROWS if along <= linked and (along or node.primitive == BROADCAST) else WHOLE
    over = summed(node, shapes)
    complete = along == over if node.primitive == MATMUL else along <= over
    return SUM if along and complete else WHOLE


def _level(rows: Rows, place: int, node: Node) -> int:
    """After all that a node reads: a pass reads what earlier passes and the whole nodes after them computed."""
    if rows.mode[place] == WHOLE:
        return max([rows.level[a] for a in node.places], default=0)
    return max([1, *[rows.level[a] + (rows.mode[a] != ROWS) for a in node.places]])


def source(graph: Graph, rows: Rows, roots: Collection[int], place: int, by_rows: bool) -> tuple[int, bool]:
    """The root in whose memory a place lies, and whether some of its rows are enough."""
    while place not in roots:
        (arg,) = graph.nodes[place].places
        by_rows = by_rows and rows.mode[place] == ROWS and rows.axes[arg] is not None
        place = arg
    return place, by_rows


def kept(graph: Graph, rows: Rows, roots: Collection[int]) -> set[int]:
    """The roots computed by rows of which all rows must be stored: a whole node or a later pass reads them."""
    found = set()
    live = graph.live()
    reads = [(a, rows.by_rows(i, a), rows.section(i)) for i in live if i in roots for a in graph.nodes[i].places]
    reads += [(place, False, -1) for place in [*graph.outputs, *graph.updates.values()]]
    for arg, by_rows, section in reads:
        root, some = source(graph, rows, roots, arg, by_rows)
        if rows.mode[root] == ROWS and not (some and section == rows.section(root)):
            found.add(root)
    return found


def chosen_rows(graph: Graph, called: Collection[int] = ()) -> Rows:
    """The cut by which most bytes need to be there for some rows only; no cut where none helps."""
    labels = classes(graph, called)
    computed = [i for i in graph.live() if graph.nodes[i].primitive not in (INPUT, CONSTANT, *VIEWS)]
    roots = {i for i, node in enumerate(graph.nodes) if node.primitive not in VIEWS}
    size = [math.prod(node.shape) * node.dtype.itemsize for node in graph.nodes]
    work: dict[int, int] = {}
    for place in computed:
        for label, n in zip(labels[place], graph.nodes[place].shape, strict=True):
            if n > 1:
                work[label] = work.get(label, 0) + size[place]
    best, most = uncut(graph), 0.0
    for label in sorted(work, key=lambda label: -work[label])[:_CANDIDATES]:
        rows = cut(graph, labels, label, called)
        stored = kept(graph, rows, roots) - {*graph.outputs, *graph.updates.values()}
        cut_up = [i for i in computed if rows.mode[i] == ROWS]
        gain = sum([(-size[i] if i in stored else size[i] * _worth(graph.nodes[i], rows.axes[i])) for i in cut_up])
        if gain > most:
            best, most = rows, gain
    return best


def _worth(node: Node, axis: int | None) -> float:
    """Some rows of an array lie in one piece if they run along its first axis, in small ones if along its last."""
    return 0.5 if axis and axis == len(node.shape) - 1 else 1.0
