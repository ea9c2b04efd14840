"""Numbers that may depend on how many rows there are, kept beside the code: the next batch's code is then the same."""

from __future__ import annotations

import math

import numpy as np

from dezero.compiler.graph import CONSTANT, MAP, WHERE, Graph, Node, Number
from dezero.core.dtypes import DType

_DIGITS = 12  # binary ones of a number that stays in the code: 2, 0.5 and 100 do, 1/3 and pi do not


def beside(graph: Graph) -> Graph:
    """The graph with the longer numbers among its arguments as arrays without axes."""
    found = Graph(updates=dict(graph.updates), outputs=list(graph.outputs), inputs=list(graph.inputs))
    places: dict[int, int] = {}
    made: dict[tuple[float, DType], int] = {}

    def constant(value: float, dtype: DType) -> int:
        if (value, dtype) not in made:
            node = Node(CONSTANT, (), (), dtype, {"value": np.asarray(value, dtype)})
            found.nodes.append(node)
            made[value, dtype] = len(found.nodes) - 1
        return made[value, dtype]

    for place, node in enumerate(graph.nodes):
        args = []
        for k, a in enumerate(node.args):
            if not isinstance(a, Number):
                args.append(places[a])
            elif node.primitive in (MAP, WHERE) and is_long(a.value):
                args.append(constant(a.value, node.parameters["loop"][k] if node.primitive == MAP else node.dtype))  # type: ignore[arg-type]
            else:
                args.append(a)  # type: ignore[arg-type]
        found.nodes.append(Node(node.primitive, tuple(args), node.shape, node.dtype, node.parameters))
        places[place] = len(found.nodes) - 1
    found.inputs = [places[x] for x in graph.inputs]
    found.outputs = [places[y] for y in graph.outputs]
    found.updates = {places[x]: places[y] for x, y in graph.updates.items()}
    return found


def is_long(value: object) -> bool:
    """Whether a number has many binary digits, as the share of one row in a mean has."""
    if not isinstance(value, float) or not math.isfinite(value) or value == 0:
        return False
    mantissa = int(abs(math.frexp(value)[0]) * 2**53)
    return bin(mantissa).count("1") > 1 and (mantissa & -mantissa).bit_length() < 54 - _DIGITS
