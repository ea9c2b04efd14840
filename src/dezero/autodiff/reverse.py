"""Reverse sweep whose cotangents are recorded, read with terms (rewritten) or with plain Variables (as they stand)."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import using_config
from dezero.core.dtypes import is_half
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE, Op, declared
from dezero.core.outputs import Cotangents, mapped
from dezero.core.variable import Variable, as_constant, tick, wrap
from dezero.rewriting.algebra import Builder


class Plain:
    """The reading of the rules with Variables: nothing shared, nothing cancelled."""

    shared: frozenset[int] = frozenset()

    def __getattr__(self, name: str) -> Any:
        op = declared[name]
        return lambda *args, **parameters: apply(op.bind(**parameters) if parameters else op, *args)

    def term(self, value: Any) -> Any:
        return value

    node = term

    def total(self, terms: list[Any]) -> Any:
        if len(terms) > 2 and is_half(raw(terms[0])):
            return self.linear_combination(*terms, weights=(1,) * len(terms))
        return functools.reduce(operator.add, terms)

    def filled(self, g: Any, like: Any) -> Any:
        return wrap(np.full(like.shape, g, like.dtype)) if isinstance(g, int | float) else g

    def fit(self, g: Any, shape: tuple[int, ...], target: tuple[int, ...]) -> Any:
        if g.shape != shape:
            g = self.broadcast_to(g, shape=shape)
        return g if shape == target else self.sum_to(g, shape=target)

    def zeros_like(self, x: Any) -> Variable:
        return wrap(np.zeros_like(getattr(x, "_data", x)))


def reverse(build: Builder | Plain, nodes: Nodes, seeds: dict[int, Any], keep: set[int] | None) -> dict[int, Any]:
    """Cotangents of the leaves (and of the ages in `keep`; None: of all) as terms, from those of the roots."""
    found: dict[int, Any] = {}
    arrived: dict[int, list[Any]] = {age: [g] for age, g in seeds.items()}
    for age in sorted(nodes, reverse=True):
        if age not in arrived:
            continue
        node = nodes[age]
        terms = arrived.pop(age)
        g = functools.reduce(operator.add, terms) if isinstance(terms[0], Cotangents) else build.total(terms)
        args = node._args
        if not args or ((not isinstance(node._data, tuple)) if keep is None else age in keep):
            found[age] = g
        if not any([isinstance(a, Variable) and a._seq in nodes for a in args]):
            continue  # a leaf, or asked for with nothing asked for below it
        pull = _pull_op if isinstance(node._op, Op) else _pull_function
        for a, ga in pull(build, nodes, node, g):
            arrived.setdefault(a._seq, []).append(ga)
    return found


def _pull_op(build: Any, nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    op = node._op
    pulled = []
    args = [build.term(a) for a in node._args]
    y = build.term(node)
    if isinstance(g, Cotangents):
        g = mapped(lambda i, x: build.filled(x, node._data[i]), g)
    elif not op.uniform:
        g = build.filled(g, node._data)
    for i, a in enumerate(node._args):
        if isinstance(a, Variable) and a._seq in nodes:
            ga = op.rules[i](build, g, *args, y)
            if not isinstance(ga, Cotangents):
                ga = build.term(ga)
            if op.kind is ELEMENTWISE:
                ga = build.fit(ga, node.shape, a.shape)
            pulled.append((a, ga))
    return pulled


def _pull_function(build: Any, nodes: Nodes, node: Variable, g: Any) -> list[tuple[Variable, Any]]:
    """Through a user's Function, whose backward works on Variables."""

    def variable(i: int, term: Any) -> Variable:
        data = node._data[i] if isinstance(node._data, tuple) else node._data
        return as_constant(build.node(build.filled(term, data)))

    g = mapped(variable, g)
    start = tick()
    with using_config("enable_backprop", True):
        pairs = node._op.pull_graph(node, g)
    if isinstance(build, Builder):
        for _, ga in pairs:
            if isinstance(ga, Variable) and ga._seq < start:
                build.leave(ga)  # a Variable of the user's that backward hands back as it is
    return [(a, build.term(ga)) for a, ga in pairs if ga is not None and a._seq in nodes]
