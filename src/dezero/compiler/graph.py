"""Graphs of array primitives, to which a traced program is lowered before it runs.

An operation of the library becomes a few primitives, each of which NumPy has: its universal functions, views, sums,
matrix products. What has no such form stays one call of the operation's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dezero.core.dtypes import DType, Shape

# A ufunc of each element of its arguments, which broadcast; cast: to the node's dtype; where: np.where.
MAP, CAST, WHERE = "map", "cast", "where"
ELEMENTWISE = frozenset({MAP, CAST, WHERE})
# Other looks at the memory of the argument; reshape copies where NumPy must.
RESHAPE, TRANSPOSE, BROADCAST, SLICE = "reshape", "transpose", "broadcast", "slice"
VIEWS = frozenset({RESHAPE, TRANSPOSE, BROADCAST, SLICE})
INPUT, CONSTANT, REDUCE, MATMUL = "input", "constant", "reduce", "matmul"
CONCATENATE, EMBED, CALL, OUTPUT = "concatenate", "embed", "call", "output"


class Unsupported(Exception):
    """What has no form in the compiler, with the reason in words: the caller computes it in another way."""


@dataclass(frozen=True, slots=True)
class Number:
    """A Python number among the arguments: weakly typed, it takes the dtype of the arrays beside it."""

    value: bool | int | float | complex


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One array of a graph, and the primitive that computes it.

    args: places of nodes, and Numbers; places: those of nodes alone. shape, dtype: of the result. parameters, by
    primitive:

    - input: position, among the arrays that are given at a call;
    - constant: value, an array that nobody changes;
    - map: ufunc, loop (the dtypes of the arguments and results in which it computes), result (which of its results);
    - cast, where: none;
    - reshape, broadcast: none, the shape says all; transpose: axes; slice: index, a tuple of ints, slices and None;
    - reduce: ufunc (add, multiply, maximum, minimum), axes (a tuple of ints, at least 0), keepdims;
    - matmul: none, NumPy's rules for stacks of matrices;
    - concatenate: axis, at least 0; embed: index, as for slice: zeros of the node's shape, with the argument there;
    - call: function, of the arguments' arrays: an operation's value with its parameters; one array or a tuple;
    - output: position, of one array in the tuple that a call gives.
    """

    primitive: str
    args: tuple[int | Number, ...]
    shape: Shape
    dtype: DType
    parameters: Mapping[str, Any] = field(default_factory=dict)
    places: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", [a for a in self.args if not isinstance(a, Number)])  # asked often


@dataclass(slots=True)
class Graph:
    """Nodes in the order of computing; a place is a position among them.

    inputs: the place of each input. outputs: the place of each result. updates: the place of an input -> the place of
    the value that it takes after a run.
    """

    nodes: list[Node] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    updates: dict[int, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Append a node; returns its place."""
        self.nodes.append(node)
        if node.primitive == INPUT:
            self.inputs.append(len(self.nodes) - 1)
        return len(self.nodes) - 1

    def live(self) -> set[int]:
        """The places on which an output or an update depends."""
        found: set[int] = set()
        stack = [*self.outputs, *self.updates.values()]
        while stack:
            place = stack.pop()
            if place not in found:
                found.add(place)
                stack += self.nodes[place].places
        return found


def ufunc_node(ufunc: np.ufunc, args: Iterable[tuple[int | Number, Shape, DType | type]], result: int = 0) -> Node:
    """The map of a ufunc.

    args: for each argument its place or Number, its shape, and its dtype; for a Number the type int, float or complex,
    which NumPy promotes weakly. Raises TypeError where the ufunc has no loop for these dtypes.
    """
    given = list(args)
    loop = ufunc.resolve_dtypes((*[dtype for _, _, dtype in given], *[None] * ufunc.nout))
    shape = np.broadcast_shapes(*[shape for _, shape, _ in given])
    parameters = {"ufunc": ufunc, "loop": loop, "result": result}
    return Node(MAP, tuple([a for a, _, _ in given]), shape, loop[ufunc.nin + result], parameters)
