"""Tangent sweeps: the derivative in one leaf, from the leaf up to the root.

With repeated reverse sweeps the graph of the n-th derivative grows as about 2.9^n, since every sweep differentiates the
cotangents of the sweep before. The tangent of a node is an expression in nodes below it and their tangents. So the
tangents of an earlier sweep are nodes of the graph already, and the next sweep adds only the products of the Leibniz
rule.

A tangent sweep applies to one leaf whose elements do not mix on the way to the root: a single number, or an array along
whose axes elements stay apart. The axes of the leaf with more than one element are its independent axes. `independent`
of each operation tells where those of its arguments stand in its result, counted from the right as NumPy broadcasts,
or None where elements along them may mix. Where no node mixes them, one tangent of ones at the leaf gives the
derivative in every element.

A sweep in one column of a leaf (N, d) has the tangent e_j in every row, and only the rows must stay apart (columns.py).
While a tangent is the same plain numbers in each row it is kept as one row, which NumPy broadcasts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on
from dezero.autodiff.reverse import reverse_sweep
from dezero.autodiff.rows import independent_axes
from dezero.core.dtypes import Array, Shape
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import BILINEAR, ELEMENTWISE, GENERAL, Independent, Op
from dezero.core.outputs import Cotangents
from dezero.core.variable import Argument, Variable
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.session import Direction, Found, Pair, Tangent, is_coordinate
from dezero.rewriting.term import Term

_LONGEST = 10_000  # nodes that wait for others, besides ten for each in the table; a circle would add to them for ever


class Circle(Exception):
    """Nodes that stand for each other in the algebra's table lead back to themselves."""


def tangent_sweep(
    F: Algebra, path: Nodes, root: Variable, seed: Term, leaf: Variable, column: int | None = None
) -> Term | None:
    """The derivative of the root in the leaf, as a term of the leaf's shape; None where rows may mix.

    path: the nodes that were computed from the leaf, including the root. seed: the cotangent of the root. column: the
    derivative in this column of the leaf alone; its shape is the leaf's with one column.
    """
    if leaf.dtype.kind == "c":
        return None  # a complex number has two directions, a tangent of ones is one of them
    sweep = TangentSweep(F, Direction(leaf, column))
    root = F.same.get(id(root), root)
    found = sweep.to(root)
    while found is None:  # the rule of a sum or mean over rows, on top of the graph, gives the cotangent below it
        step = _step_down(F, path, root, seed)
        if step is None:
            return None
        root, seed = step
        found = sweep.to(root)
    rows, tangent = found
    if tangent is None:  # constant, where tangents stand for what the graph computes from the leaf
        return Term(F, 0, None)
    return _to_leaf(F, tangent, seed, root, rows, leaf.shape if column is None else (*leaf.shape[:-1], 1))


class TangentSweep:
    """The row axes and tangents of the nodes below a root, for a leaf that moves in one direction.

    They are kept in the session of the algebra, without a reference to the algebra; the sweep of the next order
    continues from them. Where a node is the tangent of another in a later direction, the two derivatives are exchanged:
    every mixed partial is taken in one order (see Session.place), so that d2/dxdt and d2/dtdx are the same nodes.
    """

    def __init__(self, F: Algebra, direction: Direction) -> None:
        self.F, self.direction = F, direction
        self.graph: Nodes = {}  # below the root; collected when first needed, in swapped
        self.known: dict[int, Found] = F.session.tangents.setdefault(direction.key, {})
        leaf = direction.leaf
        if leaf._age not in self.known:
            rows, start = independent_axes(leaf.shape), Term(F, 1, None)
            if direction.column is not None:
                rows, start = rows[:-1], Term(F, 1, F.constant(_unit(leaf, direction.column)))
            elif leaf.dtype.kind in "iub":
                start = F.full(1, np.ones(leaf.shape, np.int64))  # narrow integers would wrap around
            self.known[leaf._age] = (rows, _bare(start))

    def to(self, root: Variable) -> tuple[Independent, Any] | None:
        """The row axes and tangent of the root (see found); None where rows may mix."""
        known, stack = self.known, [root]
        self.graph = {}
        while stack:
            if len(stack) > _LONGEST + 10 * len(self.F.table):
                raise Circle
            node = stack[-1]
            if node._age in known:
                stack.pop()
                continue
            found = self.swapped(node, root)
            equal = self.F.same.get(id(node))
            if found is None and equal is not None:
                if equal._age not in known:
                    stack.append(equal)
                    continue
                found = self.found(equal._age)
            elif found is None:
                missing = [a for a in node._args if isinstance(a, Variable) and a._age not in known]
                if missing:
                    stack += missing
                    continue
                found = self.step(node)
            if found is not None and found is not _CONSTANT:
                self.note(node, found)
                found = (found[0], _bare(found[1]))
            known[node._age] = found
        return self.found(root._age)

    def found(self, age: int) -> tuple[Independent, Any] | None:
        """The row axes and tangent of a node that was reached: a term, or a tuple for several outputs."""
        known = self.known[age]
        if known is None or known is _CONSTANT:
            return known
        rows, bare = known
        if isinstance(bare, list):
            return rows, tuple([Term(self.F, c, node) for c, node in bare])
        return rows, Term(self.F, *bare)  # type: ignore[misc]

    def note(self, node: Variable, found: tuple[Independent, Any]) -> None:
        """Note that a new node is the tangent of another, where derivatives in this leaf commute with others."""
        tangent = found[1]
        if not is_coordinate(self.direction.leaf):
            return
        if isinstance(tangent, Term) and isinstance(tangent.node, Variable) and tangent.node._age > node._age:
            self.F.session.sources.setdefault(id(tangent.node), Tangent(self.direction, node, tangent.c))

    def swapped(self, node: Variable, root: Variable) -> tuple[Independent, Any] | None:
        """The tangent of node m in x, where c m is the tangent of a node n in a later direction t; None otherwise.

        Directional derivatives commute, so it is 1 / c times the tangent in t of the tangent of n in x. The row axes of
        n are those of its tangents. None also where the root does not depend on t: the data of t may have changed.
        """
        source = self.F.session.sources.get(id(node))
        place = self.F.session.place
        if source is None or place(source.direction) <= place(self.direction):
            return None
        later, inner, c = source
        self.graph = self.graph or collect([root])
        if later.leaf._age not in self.graph:
            return None
        first = self.to(inner)
        if first is None or first is _CONSTANT or not isinstance(first[1], Term):
            return None
        tangent = first[1]
        if not isinstance(tangent.node, Variable):
            return first[0], Term(self.F, 0, None)
        second = TangentSweep(self.F, later).to(tangent.node)
        if second is None or second is _CONSTANT:
            return None
        F = self.F
        return first[0], F.quotient(F.scaled(tangent.c, F.node(second[1])), Term(F, c, None))

    def step(self, node: Variable) -> tuple[Independent, Any] | None:
        """The row axes and tangent of a node from those of its arguments; None where its rows may mix."""
        op, args, F = node._op, node._args, self.F
        below, moving = [], []
        for i, a in enumerate(args):
            under = self.found(a._age) if isinstance(a, Variable) else _CONSTANT
            if under is None:
                return None
            below.append(under)
            if under is not _CONSTANT:
                moving.append(i)
        if not moving:
            return _CONSTANT
        if not isinstance(op, Op):
            return None
        rows: Independent = below[moving[0]][0]
        if op.kind is ELEMENTWISE:
            if len(moving) > 1 and any([below[i][0] != rows for i in moving]):
                return None
        elif rows:
            proved = None if op.independent is None else op.independent([b[0] for b in below], node, **op.parameters)
            if proved is None:
                return None
            rows = proved
        if op.name == "output":
            return rows, below[0][1][op.parameters["index"]]
        tangents = [(i, below[i][1]) for i in moving if below[i][1].c]
        if not _takes_one_row(node):
            tangents = [(i, _in_every_row(F, t, args[i])) for i, t in tangents]
        tangent = _tangent(F, node, tangents)
        if isinstance(tangent, Term) and isinstance(tangent.node, np.ndarray) and tangent.node.dtype.kind == "f":
            tangent = _as_one_row(F, tangent, rows)
        elif isinstance(tangent, Term) and tangent.node is not None and tangent.node.shape != node._data.shape:
            tangent = F.broadcast_to(tangent, shape=node.shape)
        return rows, tangent


def _bare(tangent: Any) -> Pair | list[Pair]:
    """A term without its algebra; a list for a tuple of terms."""
    return [(t.c, t.node) for t in tangent] if isinstance(tangent, tuple) else (tangent.c, tangent.node)


def _unit(leaf: Variable, column: int) -> Array:
    """The tangent of a leaf that moves in one column: ones there and zeros elsewhere, in one row."""
    row = np.zeros((1,) * (leaf.ndim - 1) + leaf.shape[-1:], leaf.dtype)
    row[..., column] = 1
    return row


def _takes_one_row(node: Variable) -> bool:
    """Whether the operation takes a plain tangent of one row for the same tangent in each row."""
    op = node._op
    if op.kind is ELEMENTWISE:
        return bool(op.uniform)
    return op.name == "get_item" or (op.name == "matmul" and node.ndim == 2 and all([a.ndim == 2 for a in node._args]))


def _in_every_row(F: Algebra, t: Any, like: Variable) -> Any:
    if isinstance(t, Term) and isinstance(t.node, np.ndarray) and t.node.shape != like.shape:
        return F.broadcast_to(t, shape=like.shape)
    return t


def _as_one_row(F: Algebra, t: Term, rows: Independent) -> Term:
    """A plain tangent in its shortest form: one row where the rows are equal, a number where all elements are.

    One that was computed from the graph's arrays stays as it is: with others it may have another form.
    """
    node = t.node
    if id(node) not in F.own:
        return t
    for axis in rows:
        if -axis <= node.ndim and node.shape[axis] > 1:
            first = node.take([0], axis)
            node = first if (node == first).all() else node
    if node.size and (node == node.flat[0]).all():
        return F.times(t.c * node.flat[0].item(), None)
    return Term(F, t.c, F.constant(node))


_CONSTANT: tuple[Independent, Any] = ((), None)  # of a node that does not depend on the leaf


def _step_down(F: Algebra, path: Nodes, root: Variable, seed: Term) -> tuple[Variable, Term] | None:
    """The only argument of the root on the path, with its cotangent; None where there is no such argument."""
    op = root._op
    below = [i for i, a in enumerate(root._args) if isinstance(a, Variable) and a._age in path]
    if len(below) != 1 or not isinstance(op, Op) or op.name == "output":
        return None
    if not op.uniform:
        seed = F.filled(seed, root._data)
    arg = root._args[below[0]]
    g = F.term(op.rules[below[0]](F, seed, *[F.term(a) for a in root._args], F.term(root)))
    return arg, F.fit(g, root.shape, arg.shape) if op.kind is ELEMENTWISE else g


def _tangent(F: Algebra, node: Variable, moving: list[tuple[int, Term]]) -> Any:
    """The tangent of a node. moving: position and tangent of each argument that depends on the leaf."""
    op, args = node._op, node._args
    if op.kind is GENERAL:
        return transposed(F, node, moving)
    if not moving:
        return Term(F, 0, None)
    terms = [F.term(a) for a in args]
    if op.kind is ELEMENTWISE:
        y = F.term(node)
        if not op.uniform:
            moving = [(i, F.filled(t, args[i])) for i, t in moving]
        parts = [F.term(op.rules[i](F, t, *terms, y)) for i, t in moving]
        return parts[0] if len(parts) == 1 else F.total(parts)
    if op.kind is BILINEAR:
        return F.total([F.call(op, *_with(terms, i, F.filled(t, args[i]))) for i, t in moving])
    first = moving[0][1]
    if op.keeps_constant and len(moving) == len(args) and all(t.node is None and t.c == first.c for _, t in moving):
        return first
    tangents = dict(moving)
    zero = Term(F, 0, None)
    return F.call(op, *[F.filled(tangents.get(i, zero), a) for i, a in enumerate(args)])


def transposed(F: Algebra, node: Variable, moving: list[tuple[int, Term]]) -> Any:
    """The tangent of a node for which only a vjp is known, as of a user's Function. moving: as in _tangent.

    The vjp is linear in its cotangent, so the jvp is its transpose: a reverse sweep through the vjp finds it.
    """
    data = node._data
    several = isinstance(data, tuple)
    wanted: list[Variable] = [Argument(np.zeros_like(y)) for y in (data if several else (data,))]
    vjp = _vjp(F, node, wanted, several)
    parts: list[list[Term]] = [[] for _ in wanted]
    for i, t in moving:
        g = F.term(vjp(i))
        if not isinstance(g.node, Variable):
            continue
        graph = leading_to(collect([g.node]), wanted)
        t = F.product(F.filled(t, node._args[i]), Term(F, g.c, None))
        found = reverse_sweep(F, graph, {g.node._age: t}, {w._age for w in wanted})
        for part, w in zip(parts, wanted, strict=True):
            if w._age in found:
                part.append(found[w._age])
    tangents = [F.total(part) for part in parts]
    return tuple(tangents) if several else tangents[0]


def _vjp(F: Algebra, node: Variable, wanted: list[Variable], several: bool) -> Callable[[int], Any]:
    """A function of position that gives the cotangent of an argument, for the wanted Variables as cotangents of y."""
    if not isinstance(node._op, Op):
        with calling_on(wanted):
            pairs = node._op.vjp(node, Cotangents(enumerate(wanted)) if several else wanted[0])
        found = [0 if g is None else g for _, g in pairs]
        return found.__getitem__
    slots = [Term(F, 1, w) for w in wanted]
    g = Cotangents(enumerate(slots)) if several else slots[0]
    terms, y = [F.term(a) for a in node._args], F.term(node)
    return lambda i: node._op.rules[i](F, g, *terms, y)


def _with(terms: list[Term], i: int, t: Term) -> list[Term]:
    """The terms with t at position i."""
    return [*terms[:i], t, *terms[i + 1 :]]


def _to_leaf(F: Algebra, tangent: Term, seed: Term, root: Variable, rows: Independent, shape: Shape) -> Term:
    """Cotangent times tangent, summed over all but the row axes, in the shape of the leaf or of its column."""
    g = F.product(seed, tangent)
    if g.node is None:
        return Term(F, g.c * (root.size // max(math.prod(shape), 1)), None)
    if g.shape != root.shape:
        g = F.broadcast_to(g, shape=root.shape)
    others = tuple(axis for axis in range(root.ndim) if axis - root.ndim not in rows)
    if list(rows) != sorted(rows) or any(root.shape[axis] != 1 for axis in others):
        g = F.sum(g, axis=others, keepdims=False)
        g = F.transpose(g, axes=tuple(sorted(rows).index(r) for r in rows))
    return g if g.shape == shape else F.reshape(g, shape=shape)
