"""The reverse sweep with recorded cotangents: terms of the algebra, or Variables without any rewriting."""

from __future__ import annotations

import functools
import operator
from typing import Any

from dezero.core.config import using_config
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.outputs import Cotangents, mapped
from dezero.core.reading import GraphReading, Value
from dezero.core.variable import Variable, as_constant, tick
from dezero.rewriting.algebra import Algebra


def reverse_sweep(
    F: GraphReading[Value], nodes: Nodes, seeds: dict[int, Value], keep: set[int] | None
) -> dict[int, Value]:
    """Cotangents of the leaves, by age, from those of the roots; also of the ages in `keep` (None: of all nodes)."""
    found: dict[int, Value] = {}
    arrived: dict[int, list[Any]] = {age: [g] for age, g in seeds.items()}
    for age in sorted(nodes, reverse=True):
        if age not in arrived:
            continue
        node = nodes[age]
        terms = arrived.pop(age)
        g = functools.reduce(operator.add, terms) if isinstance(terms[0], Cotangents) else F.total(terms)
        args = node._args
        if not args or ((not isinstance(node._data, tuple)) if keep is None else age in keep):
            found[age] = g
        if not any([isinstance(a, Variable) and a._age in nodes for a in args]):
            continue  # a leaf, or nothing below it is asked for
        vjp = _vjp_op if isinstance(node._op, Op) else _vjp_function
        for a, ga in vjp(F, nodes, node, g):
            arrived.setdefault(a._age, []).append(ga)
    return found


def _vjp_op(F: GraphReading[Value], nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    """Pairs of an argument and its cotangent, by the rules of an operation."""
    op = node._op
    found = []
    args = [F.term(a) for a in node._args]
    y = F.term(node)
    if isinstance(g, Cotangents):
        g = mapped(lambda i, x: F.filled(x, node._data[i]), g)
    elif not op.uniform:
        g = F.filled(g, node._data)
    for i, a in enumerate(node._args):
        if isinstance(a, Variable) and a._age in nodes:
            ga = op.rules[i](F, g, *args, y)
            if not isinstance(ga, Cotangents):
                ga = F.term(ga)
            if op.kind is ELEMENTWISE:
                ga = F.fit(ga, node.shape, a.shape)
            found.append((a, ga))
    return found


def _vjp_function(F: GraphReading[Any], nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    """Pairs of an argument and its cotangent, by a user's Function, whose backward computes with Variables."""

    def variable(i: int, term: object) -> Variable:
        data = node._data[i] if isinstance(node._data, tuple) else node._data
        return as_constant(F.node(F.filled(term, data)))

    g = mapped(variable, g)
    start = tick()
    with using_config("enable_backprop", True):
        pairs = node._op.vjp(node, g)
    if isinstance(F, Algebra):
        for _, ga in pairs:
            if isinstance(ga, Variable) and ga._age < start:
                F.leave(ga)  # backward returned a Variable that the user already had
    return [(a, F.term(ga)) for a, ga in pairs if ga is not None and a._age in nodes]
