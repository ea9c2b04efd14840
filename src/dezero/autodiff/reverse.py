"""The reverse sweep whose cotangents are recorded, in the algebra of terms or with Variables as they stand."""

from __future__ import annotations

import functools
import operator
from typing import Any

from dezero.core.config import using_config
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.outputs import Cotangents, mapped
from dezero.core.reading import GraphReading
from dezero.core.variable import Variable, as_constant, tick
from dezero.rewriting.algebra import Algebra


def reverse(F: GraphReading, nodes: Nodes, seeds: dict[int, Any], keep: set[int] | None) -> dict[int, Any]:
    """Cotangents of the leaves (and of the ages in `keep`; None: of all) as terms, from those of the roots."""
    found: dict[int, Any] = {}
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
        if not any([isinstance(a, Variable) and a._seq in nodes for a in args]):
            continue  # a leaf, or asked for with nothing asked for below it
        pull = _pull_op if isinstance(node._op, Op) else _pull_function
        for a, ga in pull(F, nodes, node, g):
            arrived.setdefault(a._seq, []).append(ga)
    return found


def _pull_op(F: Any, nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    op = node._op
    pulled = []
    args = [F.term(a) for a in node._args]
    y = F.term(node)
    if isinstance(g, Cotangents):
        g = mapped(lambda i, x: F.filled(x, node._data[i]), g)
    elif not op.uniform:
        g = F.filled(g, node._data)
    for i, a in enumerate(node._args):
        if isinstance(a, Variable) and a._seq in nodes:
            ga = op.rules[i](F, g, *args, y)
            if not isinstance(ga, Cotangents):
                ga = F.term(ga)
            if op.kind is ELEMENTWISE:
                ga = F.fit(ga, node.shape, a.shape)
            pulled.append((a, ga))
    return pulled


def _pull_function(F: Any, nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    """Through a user's Function, whose backward works on Variables."""

    def variable(i: int, term: Any) -> Variable:
        data = node._data[i] if isinstance(node._data, tuple) else node._data
        return as_constant(F.node(F.filled(term, data)))

    g = mapped(variable, g)
    start = tick()
    with using_config("enable_backprop", True):
        pairs = node._op.vjp(node, g)
    if isinstance(F, Algebra):
        for _, ga in pairs:
            if isinstance(ga, Variable) and ga._seq < start:
                F.leave(ga)  # a Variable of the user's that backward hands back as it is
    return [(a, F.term(ga)) for a, ga in pairs if ga is not None and a._seq in nodes]
