"""Passes over graphs that change no bit of a result: what is computed twice, of constants alone, or not used."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from dezero.compiler.evaluate import function_of
from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
    ELEMENTWISE,
    EMBED,
    INPUT,
    MAP,
    MATMUL,
    OUTPUT,
    REDUCE,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    WHERE,
    Graph,
    Node,
    Number,
)
from dezero.core.dtypes import DType, Shape
from dezero.core.fingerprint import fingerprint

_MOST = 2**20  # elements of a constant that is computed beforehand
Rule = Callable[["Builder", Node], "int | None"]
Rules = Mapping[str, Sequence[Rule]]


class Builder:
    """A graph that is built from another one, in which equal nodes become one.

    rules: for each primitive. One gives a place for a node whose arguments are places of the new graph, or None where
    it does not apply.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self.graph, self.rules = Graph(), rules or {}
        self.known: dict[Hashable, int] = {}

    def node(self, place: int) -> Node:
        return self.graph.nodes[place]

    def add(self, node: Node) -> int:
        """The place of a node, by the first rule that applies, of an equal one, or of its own."""
        for rule in self.rules.get(node.primitive, ()):
            found = rule(self, node)
            if found is not None:
                return found
        key = key_of(node)
        if key not in self.known:
            self.known[key] = self.graph.add(node)
        return self.known[key]

    def new(self, primitive: str, args: Sequence[int | Number], shape: Shape, dtype: DType, **parameters: Any) -> int:
        return self.add(Node(primitive, tuple(args), tuple(shape), dtype, parameters))

    def build(self, graph: Graph) -> Graph:
        """This graph's nodes, as far as they are used, by the rules."""
        live = graph.live()
        places: dict[int, int] = {}
        for place, node in enumerate(graph.nodes):
            if place in live or node.primitive == INPUT:
                args = tuple([a if isinstance(a, Number) else places[a] for a in node.args])
                places[place] = self.add(Node(node.primitive, args, node.shape, node.dtype, node.parameters))
        self.graph.outputs = [places[y] for y in graph.outputs]
        self.graph.updates = {places[x]: places[y] for x, y in graph.updates.items()}
        return self.graph


def cleaned(graph: Graph) -> Graph:
    """The graph without dead nodes, repeated ones, computations of constants, and views that show the same.

    Results keep every bit, and arrays keep their order in memory, on which sums depend.
    """
    return without_dead(Builder(_EXACT).build(graph))


def without_dead(graph: Graph) -> Graph:
    """The graph without nodes on which no result depends."""
    return Builder().build(graph) if len(graph.live() | {*graph.inputs}) < len(graph.nodes) else graph


def key_of(node: Node) -> Hashable:
    """Equal for nodes that hold the same."""
    if node.primitive in (CALL, INPUT):
        return object()
    if node.primitive == CONSTANT:
        value = node.parameters["value"]
        return CONSTANT, type(value), fingerprint(np.asarray(value)), getattr(value, "strides", None)
    args = tuple([(type(a.value), repr(a.value)) if isinstance(a, Number) else a for a in node.args])
    given: Hashable = tuple(node.parameters.items())
    return node.primitive, args, node.shape, node.dtype, _hashable(given) if "index" in node.parameters else given


def _hashable(value: Any) -> Hashable:
    if isinstance(value, tuple | list):
        return tuple([_hashable(v) for v in value])
    if isinstance(value, slice):
        return "slice", value.start, value.stop, value.step
    found: Hashable = value
    return found


# -- rules ------------------------------------------------------------------------------------------------------


def uniform(builder: Builder, arg: int | Number) -> Number | None:
    """The number of which an argument is full."""
    if isinstance(arg, Number):
        return arg
    node = builder.node(arg)
    return node.args[0] if node.primitive == BROADCAST and isinstance(node.args[0], Number) else None


def folded(builder: Builder, node: Node) -> int | None:
    """What is computed of constants alone."""
    if node.primitive in (CALL, OUTPUT, INPUT) or not node.args:
        return None
    if node.primitive in ELEMENTWISE and node.shape and all([uniform(builder, a) is not None for a in node.args]):
        args = [_one(builder, a) for a in node.args]
        (found,) = np.ravel(_computed(node, args))
        return builder.graph.add(Node(BROADCAST, (Number(found.item()),), node.shape, node.dtype))
    if node.primitive == BROADCAST or (node.primitive == RESHAPE and uniform(builder, node.args[0]) is not None):
        number = uniform(builder, node.args[0])
        if node.primitive == BROADCAST or number is None:
            return None
        return builder.new(BROADCAST, (number,), node.shape, node.dtype)
    values = [a.value if isinstance(a, Number) else constant_of(builder, a) for a in node.args]
    if any([v is None for v in values]) or np.prod(node.shape, dtype=int) > _MOST:
        return None
    value = _computed(node, values)
    return builder.new(CONSTANT, (), node.shape, node.dtype, value=value)


def _one(builder: Builder, arg: int | Number) -> Any:
    """An argument full of one number, with one element."""
    if isinstance(arg, Number):
        return arg.value
    number: Any = builder.node(arg).args[0]
    return np.full((1,) * len(builder.node(arg).shape), number.value, builder.node(arg).dtype)


def _computed(node: Node, args: Sequence[Any]) -> Any:
    small = Node(node.primitive, node.args, node.shape, node.dtype, node.parameters)
    with np.errstate(all="ignore"):
        return function_of(small)(*args)


def constant_of(builder: Builder, place: int) -> Any:
    """The array that a node holds at every call, or None."""
    node = builder.node(place)
    if node.primitive == CONSTANT:
        return node.parameters["value"]
    number = uniform(builder, place)
    if number is None or np.prod(node.shape, dtype=int) > _MOST:
        return None
    return np.full(node.shape, number.value, node.dtype)


def same_view(builder: Builder, node: Node) -> int | None:
    """Views that show all of their argument as it is, and two transpositions in turn."""
    if node.primitive not in (RESHAPE, TRANSPOSE, BROADCAST) or isinstance(node.args[0], Number):
        return None
    first = node.args[0]
    below = builder.node(first)
    if node.primitive == TRANSPOSE:
        axes = node.parameters["axes"]
        if below.primitive == TRANSPOSE:
            inner = below.parameters["axes"]
            return builder.new(TRANSPOSE, below.args, node.shape, node.dtype, axes=tuple([inner[a] for a in axes]))
        return first if axes == tuple(range(len(axes))) else None
    return first if below.shape == node.shape and not node.parameters else None


_EXACT: Rules = {
    **{primitive: [folded] for primitive in (MAP, CAST, WHERE, SLICE, REDUCE, MATMUL, CONCATENATE, EMBED)},
    **{primitive: [folded, same_view] for primitive in (RESHAPE, TRANSPOSE, BROADCAST)},
}
