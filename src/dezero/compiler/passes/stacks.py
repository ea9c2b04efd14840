"""Products of stacks of matrices in place of products of one flat matrix, and small arrays in place of repeated ones.

A stack of matrices that was made one matrix for a product hides its rows; as a stack, it can be cut along them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.compiler.graph import (
    BROADCAST,
    CONSTANT,
    ELEMENTWISE,
    MATMUL,
    REDUCE,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    Graph,
    Node,
    Number,
)
from dezero.compiler.lowering.builder import Builder, Rules, folded, without_dead
from dezero.compiler.passes.arithmetic import not_broadcast
from dezero.compiler.passes.structure import reshaped, views
from dezero.core.dtypes import Shape

_LARGE = 1024  # elements of a constant that is looked at for repetitions


def stacked(graph: Graph) -> Graph:
    """The graph with stacks of matrices, and with what is the same along an axis computed once."""
    builder = Builder(_RULES)
    users = _users(graph)
    places: dict[int, int] = {}
    for place, node in enumerate(graph.nodes):
        args = tuple([a if isinstance(a, Number) else places[a] for a in node.args])
        new = Node(node.primitive, args, node.shape, node.dtype, node.parameters)
        found = None
        if node.primitive == MATMUL and all([len(graph.nodes[a].shape) == 2 for a in node.places]):
            wanted = {graph.nodes[u].shape if graph.nodes[u].primitive == RESHAPE else None for u in users[place]}
            found = _as_stack(builder, new, wanted.pop() if len(wanted) == 1 else None)
        places[place] = builder.add(new) if found is None else found
    found_graph = builder.graph
    found_graph.outputs = [places[y] for y in graph.outputs]
    found_graph.updates = {places[x]: places[y] for x, y in graph.updates.items()}
    return without_dead(found_graph)


def _users(graph: Graph) -> list[list[int]]:
    users: list[list[int]] = [[] for _ in graph.nodes]
    for place, node in enumerate(graph.nodes):
        for arg in node.places:
            users[arg].append(place)
    return users


def _as_stack(builder: Builder, node: Node, wanted: Shape | None) -> int | None:
    """The product of two matrices by stacks; wanted: the shape in which its users read the result, if there is one."""
    a, b = node.places
    inner = _flattened(builder, a)
    if inner is not None:  # the rows of a stack, times one matrix
        return _rows_of_stack(builder, node, builder.node(inner).shape[:-1])
    if wanted is not None and len(wanted) > 2 and wanted[-1] == node.shape[-1]:
        return _rows_of_stack(builder, node, wanted[:-1])
    left, second = builder.node(a), _flattened(builder, b)
    if second is None:
        return None
    lead, first = builder.node(second).shape[:-1], None
    if left.primitive == TRANSPOSE:
        first = _flattened(builder, left.places[0])
    elif left.primitive == CONSTANT:
        value = left.parameters["value"].T.reshape(*lead, -1)
        first = builder.new(CONSTANT, (), value.shape, left.dtype, value=value)
    if first is None or builder.node(first).shape[:-1] != lead:
        return None
    shape = builder.node(first).shape
    axes = (*range(len(lead) - 1), len(lead), len(lead) - 1)
    turned = builder.new(TRANSPOSE, (first,), tuple([shape[k] for k in axes]), node.dtype, axes=axes)
    product = builder.new(MATMUL, (turned, second), (*lead[:-1], *node.shape), node.dtype)
    stack = tuple(range(len(lead) - 1))
    return builder.new(REDUCE, (product,), node.shape, node.dtype, ufunc=np.add, axes=stack, keepdims=False)


def _flattened(builder: Builder, place: int) -> int | None:
    """The array of which a matrix is all rows, where that is a stack of matrices."""
    node = builder.node(place)
    if node.primitive != RESHAPE:
        return None
    shape = builder.node(node.places[0]).shape
    return node.places[0] if len(shape) > 2 and shape[-1] == node.shape[-1] and 0 not in shape else None


def _rows_of_stack(builder: Builder, node: Node, lead: Shape) -> int:
    a, b = node.places
    shape, left = (*lead, builder.node(a).shape[-1]), builder.node(a)
    if left.primitive == CONSTANT:
        stack = builder.new(CONSTANT, (), shape, left.dtype, value=left.parameters["value"].reshape(shape))
    else:
        stack = reshaped(builder, a, shape)
    product = builder.new(MATMUL, (stack, b), (*lead, node.shape[-1]), node.dtype)
    return reshaped(builder, product, node.shape)


def repeated_constant(builder: Builder, node: Node) -> int | None:
    """A constant that is the same all along an axis, to the bit: a smaller one, broadcast."""
    if node.primitive != CONSTANT or np.prod(node.shape) < _LARGE or node.dtype.kind not in "biuf":
        return None
    value = np.ascontiguousarray(node.parameters["value"])
    bits = value.view(f"u{value.dtype.itemsize}") if value.dtype.itemsize <= 8 else value
    small: Callable[[int], tuple[slice, ...]] = lambda axis: (*[slice(None)] * axis, slice(0, 1))  # noqa: E731
    found = value
    for axis, length in enumerate(node.shape):
        part = bits[small(axis)]
        if length > 1 and np.array_equal(np.broadcast_to(part, bits.shape), bits):
            found, bits = found[small(axis)], part
    if found.shape == value.shape:
        return None
    constant = builder.new(CONSTANT, (), found.shape, node.dtype, value=found)
    return builder.new(BROADCAST, (constant,), node.shape, node.dtype)


def _repeated(builder: Builder, place: int) -> tuple[int, Shape] | None:
    """What an array repeats, and its shape with as many axes, each of length 1 along which it is repeated."""
    node = builder.node(place)
    if node.primitive != BROADCAST or isinstance(node.args[0], Number):
        return None
    shape = builder.node(node.args[0]).shape
    shape = (1,) * (len(node.shape) - len(shape)) + shape
    return reshaped(builder, node.args[0], shape), shape


def product_of_repeated(builder: Builder, node: Node) -> int | None:
    """Matrices of equal rows, or equal matrices, times one matrix: each different row once."""
    if node.primitive != MATMUL or len(builder.node(node.places[1]).shape) != 2:
        return None
    found = _repeated(builder, node.places[0])
    if found is None or found[1][-1] != builder.node(node.places[0]).shape[-1] or 0 in node.shape:
        return None
    product = builder.new(MATMUL, (found[0], node.places[1]), (*found[1][:-1], node.shape[-1]), node.dtype)
    return builder.new(BROADCAST, (product,), node.shape, node.dtype)


def reduced_repeated(builder: Builder, node: Node) -> int | None:
    """A reduction along axes that are not repeated: of what is repeated."""
    if node.primitive != REDUCE:
        return None
    found, axes = _repeated(builder, node.places[0]), node.parameters["axes"]
    shape = builder.node(node.places[0]).shape
    if found is None or 0 in shape or any([found[1][axis] != shape[axis] for axis in axes]):
        return None
    keep = node.parameters["keepdims"]
    kept = tuple([1 if k in axes else n for k, n in enumerate(found[1]) if keep or k not in axes])
    parameters = {"ufunc": node.parameters["ufunc"], "axes": axes, "keepdims": keep}
    return builder.new(
        BROADCAST, (builder.new(REDUCE, (found[0],), kept, node.dtype, **parameters),), node.shape, node.dtype
    )


_RULES: Rules = {
    CONSTANT: [repeated_constant],
    MATMUL: [product_of_repeated],
    REDUCE: [reduced_repeated],
    **{primitive: [folded, views] for primitive in (RESHAPE, TRANSPOSE, SLICE)},
    **{primitive: [folded, not_broadcast] for primitive in ELEMENTWISE},
}
