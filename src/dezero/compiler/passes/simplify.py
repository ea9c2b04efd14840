"""Graphs for machine code: general forms in place of calls, and fewer, cheaper nodes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
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
from dezero.compiler.lowering.builder import Builder, Rules, folded, same_view, without_dead
from dezero.compiler.lowering.recorder import Recorder
from dezero.compiler.lowering.recording import Recorded
from dezero.compiler.lowering.values import most_nodes, recorded
from dezero.compiler.passes import arithmetic, structure
from dezero.core.op import Op

_ROUNDS = 4
_MAPS = [arithmetic.plain_maps, arithmetic.transposed_together, structure.added_parts, structure.scaled_parts]
_LOOSE_MAPS = [arithmetic.powers, arithmetic.reciprocals, arithmetic.factors]


def _rules(strict: bool) -> Rules:
    """The rules for each primitive, in the order in which they are tried."""
    view = [folded, same_view, structure.views]
    elementwise = [folded, arithmetic.not_broadcast]
    sums = [folded, structure.short_sums]
    return {
        CONSTANT: [arithmetic.full_constants],
        MAP: [*elementwise, *_MAPS, *([] if strict else _LOOSE_MAPS)],
        CAST: [*elementwise, arithmetic.plain_maps, arithmetic.transposed_together],
        WHERE: [*elementwise, arithmetic.transposed_together],
        **dict.fromkeys((RESHAPE, TRANSPOSE, BROADCAST), view),
        SLICE: [folded, structure.views, structure.part_of_parts],
        REDUCE: sums if strict else [*sums, structure.sum_of_broadcast],
        MATMUL: [folded, structure.products],
        **{primitive: [folded] for primitive in (CONCATENATE, EMBED)},
    }


def simplified(graph: Graph, strict: bool = False) -> Graph:
    """The graph as machine code runs it.

    Calls whose operations take one of two ways by a number become nodes that are right for all numbers. Products of
    matrices with an inner axis of length 1 become element-wise; arrays that are zero in parts are added by parts; zeros
    may have another sign. strict: otherwise every result is rounded as before. Without it powers become products,
    divisions by numbers multiplications by their reciprocals, and sums of repeated numbers products.
    """
    rules, graph = _rules(strict), expanded(graph)
    for _ in range(_ROUNDS):
        before = len(graph.nodes)
        graph = without_dead(Builder(rules).build(graph))
        if len(graph.nodes) == before:
            break
    return graph


def expanded(graph: Graph) -> Graph:
    """The graph with general forms in place of calls, as far as operations have them."""
    recorder = Recorder(Graph(), general=True)
    places: dict[int, Any] = {}
    for place, node in enumerate(graph.nodes):
        args = tuple([a if isinstance(a, Number) else places[a] for a in node.args])
        if node.primitive == OUTPUT and isinstance(args[0], tuple):
            places[place] = args[0][node.parameters["position"]]
            continue
        found = _general(recorder, node, args) if node.primitive == CALL else None
        if found is None:
            found = recorder.put(Node(node.primitive, args, node.shape, node.dtype, node.parameters))
        places[place] = found
    recorder.graph.outputs = [places[y] for y in graph.outputs]
    recorder.graph.updates = {places[x]: places[y] for x, y in graph.updates.items()}
    return recorder.graph


def _general(recorder: Recorder, node: Node, args: tuple[Any, ...]) -> Any:
    """The place of a call's general form (a tuple of places for several results), or None."""
    step, made = node.parameters.get("step"), len(recorder.graph.nodes)
    if not isinstance(step, Op):
        return None
    given = [
        a.value if isinstance(a, Number) else recorder.array(a, not recorder.graph.nodes[a].shape, False) for a in args
    ]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = recorded(recorder, step.value, *given)
    except Exception:  # whatever a value does to arrays that hold no numbers
        found = None
    fits = len(recorder.graph.nodes) <= made + most_nodes(step)
    if fits and isinstance(found, tuple) and all([isinstance(y, Recorded) for y in found]):
        return tuple([y.current() for y in found])
    if fits and isinstance(found, Recorded) and (found.shape, found.dtype) == (node.shape, node.dtype):
        return found.current()
    del recorder.graph.nodes[made:]
    recorder.errstate = {}
    return None


def text(graph: Graph) -> str:
    """The graph as text, a line for each node: its place, type, and how it is computed.

    >>> graph = Graph()
    >>> x = graph.add(Node(INPUT, (), (2,), np.dtype(float), {"position": 0}))
    >>> graph.outputs = [x]
    >>> print(text(graph))
    v0: float64[2] = input 0
    return v0
    """
    lines = [f"v{i}: {_kind(node)} = {_formula(node)}" for i, node in enumerate(graph.nodes)]
    lines += [f"v{x} <- v{y}" for x, y in graph.updates.items()]
    return "\n".join([*lines, f"return {', '.join([f'v{y}' for y in graph.outputs])}"])


def _kind(node: Node) -> str:
    return f"{node.dtype}[{', '.join([str(n) for n in node.shape])}]"


def _formula(node: Node) -> str:
    p = node.parameters
    args = ", ".join([repr(a.value) if isinstance(a, Number) else f"v{a}" for a in node.args])
    if node.primitive == INPUT:
        return f"input {p['position']}"
    if node.primitive == CALL:
        return f"call {getattr(p.get('step'), 'name', p['function'])}({args})"
    name = p["ufunc"].__name__ if "ufunc" in p else node.primitive
    shown = [f"{key}={_shown(p[key])}" for key in ("axes", "axis", "index", "position") if key in p]
    head = f"{node.primitive} {name}" if node.primitive == "reduce" else name
    return f"{head}({', '.join([*([args] if args else []), *shown])})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join([_shown(v) for v in value])})"
    if isinstance(value, slice):
        return ":".join(["" if v is None else str(v) for v in (value.start, value.stop)]) or ":"
    return str(value)
