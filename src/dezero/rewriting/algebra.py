"""The algebra in which a derivative's graph is built: every node once, and in its simplest form.

While `backward(create_graph=True)` runs, rules compute with terms; a term is a number times a node. Terms share nodes:
equal operations on equal arguments are one node, also with nodes of the graph that is differentiated. Terms are
simplified as they are built: zeros and ones vanish, numbers move out of products, quotients and linear operations, sums
collect equal terms, quotients with one denominator become one quotient. With the algebra and the tangent sweep the
graph of the n-th derivative grows as a polynomial in n.

The rewriting assumes finite numbers: a rewritten 0 * inf is 0, x / x is 1. Under `using_config("simplify", False)`
nothing is rewritten, and 0 * inf is nan as in IEEE arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Shape, Shaped, wraps
from dezero.core.graph import Nodes
from dezero.core.op import BILINEAR, ELEMENTWISE, LINEAR, Op, declared
from dezero.core.variable import ArrayLike, Variable
from dezero.rewriting.numbers import Number, checked, common_factor, mild, mild_power
from dezero.rewriting.table import Table
from dezero.rewriting.term import Constant, Term, TermLike

_ADD, _SUB, _MUL, _DIV, _POW = (declared[name] for name in ("add", "sub", "mul", "div", "pow"))


class Algebra(Table):
    """Builds terms over one table of nodes, for one derivative; as `F`, it has every operation as an attribute."""

    @classmethod
    def for_graph(cls, graph: Nodes, root: Variable, asked: Sequence[Variable] = (), born: int = 0) -> Algebra:
        """An algebra that knows the graph below the root: for a derivative, the algebra that built it.

        The root then drops its reference to the algebra: nodes that the algebra makes next refer to the root, and a
        cycle of references would keep all of them alive. born: see Origin; asked has all older intermediates.
        """
        known = root._resume
        if not isinstance(known, cls) or not all([known.left(x) for x in asked]) or not known.session.resume():
            algebra = cls(graph, asked, root.dtype)
            algebra.origin.born = born
            return algebra
        root._resume = None
        known.adopt(root)
        return known

    def __getattr__(self, name: str) -> Callable[..., Term]:
        declared[name]  # KeyError for an unknown name

        def call(self: Algebra, *args: TermLike, **parameters: object) -> Term:
            op = declared[name]  # looked up at each call, since a name may be declared again
            return self.call(op.bind(**parameters) if parameters else op, *args)

        setattr(Algebra, name, call)  # the next look-up finds it in the class
        return getattr(self, name)  # type: ignore[no-any-return]

    def call(self, op: Op, *args: TermLike) -> Term:
        """Apply an operation to terms; numbers move out of linear and bilinear ones."""
        terms = [a if type(a) is Term else self.term(a) for a in args]
        if op.kind is not ELEMENTWISE:
            terms = [self.filled(t, t) if type(t) is Constant else t for t in terms]
            if op.keeps_constant and all(t.node is None and t.c == terms[0].c for t in terms):
                return terms[0]
            if op.kind is BILINEAR or (op.kind is LINEAR and len(terms) == 1):
                c = math.prod([t.c for t in terms])
                if not c:
                    return Term(self, 0, None)
                if type(c) is not complex:  # irfft and its like are linear in real numbers only
                    return self.scaled(c, self.cons(op, *[1 if t.node is None else t.node for t in terms]))
        return self.term(self.cons(op, *[self.node(t) for t in terms]))

    def scaled(self, c: Number, node: ArrayLike) -> Term:
        """The term c * node, for any node."""
        return self.product(Term(self, c, None), self.term(node)) if c else Term(self, 0, None)

    def zeros_like(self, x: object) -> Term:
        return Term(self, 0, None)

    def fit(self, term: Term, shape: Shape, target: Shape) -> Term:
        """A cotangent of an element-wise result of `shape`, summed to an argument's `target` shape."""
        if term.node is None:
            return self.times(term.c * (math.prod(shape) // max(math.prod(target), 1)), None)
        if term.shape != shape:
            term = self.call(declared["broadcast_to"].bind(shape=shape), term)
        return term if shape == target else self.call(declared["sum_to"].bind(shape=target), term)

    def filled(self, term: Term, like: Shaped) -> Term:
        """A term that is an array: a number becomes an array full of it."""
        if term.node is not None:
            return term
        return self.full(term.c, like) if term.c else Term(self, 1, self.constant(np.zeros(like.shape, like.dtype)))

    def full(self, c: Number, like: Shaped) -> Term:
        """The number c as an array like `like`; in the derivative's dtype where `like` holds narrow integers."""
        shape, dtype = like.shape, self.dtype if wraps(like.dtype) else like.dtype
        ones = self.table.get(("ones", shape, dtype))
        if ones is None:
            ones = self.table["ones", shape, dtype] = self.constant(np.ones(shape, dtype))
        return self.times(c, ones)

    # -- arithmetic --------------------------------------------------------------------------------------------

    def product(self, a: Term, b: Term) -> Term:
        if a.node is None or b.node is None:
            a, b = (a, b) if a.node is None else (b, a)  # now a is a number
            if a.c == 1:
                return b
            if b.node is None or b.c == 1 or mild(a.c * b.c, b.node.dtype) or not a.c:
                return self.times(checked(a.c * b.c, a.c, b.c), b.node)
            return Term(self, 1, self.cons(_MUL, self.wide(self.node(b)), a.c))
        first, second = self.wide(a.node, b.node), b.node
        if a.c * b.c != 1 and not mild(a.c * b.c, np.result_type(first.dtype, second.dtype)):
            return self.term(self.cons(_MUL, self.node(Term(self, a.c, first)), self.node(Term(self, b.c, second))))
        return self.scaled(a.c * b.c, self.cons(_MUL, first, second))

    def quotient(self, a: Term, b: Term) -> Term:
        if not b.c:
            return self.term(self.cons(_DIV, self.node(a), np.float64(0)))
        if not a.c:
            return a
        exact = isinstance(a.c, int) and isinstance(b.c, int) and a.c % b.c == 0
        c = a.c // b.c if exact else a.c / b.c
        if b.node is None or a.node is b.node:
            if a.node is b.node or mild(c, a.node.dtype):
                return self.times(checked(c, a.c, b.c), None if a.node is b.node else a.node)
            return Term(self, 1, self.cons(_DIV, self.wide(self.node(a)), b.c))
        above = 1 if a.node is None else self.wide(a.node, b.node)
        below = self.wide(b.node) if a.node is None else b.node
        if c != 1 and not mild(c, below.dtype):
            return self.term(self.cons(_DIV, self.node(a), self.node(Term(self, b.c, below))))
        return self.scaled(c, self.cons(_DIV, above, below))

    def power(self, a: Term, b: Term) -> Term:
        if b.node is None:
            if b.c == 0 or b.c == 1:
                return Term(self, 1, None) if b.c == 0 else a
            if a.node is None:
                base = np.asarray(a.c, np.result_type(type(a.c), np.float64))[()]
                return self.term(_POW.value(base, b.c))  # type: ignore[arg-type]
            if isinstance(b.c, int) and b.c > 0 and mild_power(a.c, b.c, a.node.dtype):
                return self.scaled(a.c**b.c, self.cons(_POW, self.wide(a.node), b.c))
        return self.term(self.cons(_POW, self.node(a), self.node(b)))

    def add(self, a: TermLike, b: TermLike) -> Term:
        return self.total([self.term(a), self.term(b)])

    def sub(self, a: TermLike, b: TermLike) -> Term:
        return self.total([self.term(a), -self.term(b)])

    def total(self, terms: list[Term]) -> Term:
        """The sum of terms: equal ones are collected; a sum inside the sum is opened where the result is shorter."""
        terms = [t for t in terms if t.c]
        if len(terms) < 2:
            return terms[0] if terms else Term(self, 0, None)
        opened = [part for t in terms for part in self.summands(t)]
        merged = _collect(opened)
        if len(merged) == len(opened) > 4:
            merged = _collect(terms)  # a long sum stays a chain of nodes, not one ever longer node
        merged = self.over_common_denominators(merged)
        constant = sum([t.c for t in merged if t.node is None])
        parts = sorted([t for t in merged if t.node is not None], key=_order)
        if not parts:
            return self.times(constant, None)
        total = self.linear_combination(parts)
        if constant == 0:
            return total
        if total.node is None:  # the sum of 0-d plain arrays is a number
            return self.times(constant + total.c, None)
        total = Term(self, total.c, self.wide(total.node))
        if total.c == -1:
            return self.term(self.cons(_SUB, constant, total.node))
        return self.term(self.cons(_ADD, self.node(total), constant))

    def mul(self, a: TermLike, b: TermLike) -> Term:
        return self.product(self.term(a), self.term(b))

    def div(self, a: TermLike, b: TermLike) -> Term:
        return self.quotient(self.term(a), self.term(b))

    def pow(self, a: TermLike, b: TermLike) -> Term:
        return self.power(self.term(a), self.term(b))

    def summands(self, term: Term) -> list[Term]:
        """The terms whose sum the term is; the term alone where its node is no sum."""
        node = term.node
        weights = _weights(node._op) if isinstance(node, Variable) and not self.opaque(node) else None
        if weights is None or node._data.dtype.kind not in "fc":
            return [term]
        parts = [self.term(a) for a in node._args]
        if any([p.node is None or p.node.shape != node.shape for p in parts]):
            return [term]  # a number, or an argument that is broadcast: its term has another shape
        return [self.times(term.c * w * p.c, p.node) for w, p in zip(weights, parts, strict=True)]

    def over_common_denominators(self, terms: list[Term]) -> list[Term]:
        """n/d + m/d becomes (n + m)/d; solutions of linear equations with one matrix are joined in the same way."""
        ops = [getattr(t.node, "_op", None) for t in terms]
        quotients = [t for t, op in zip(terms, ops, strict=True) if op is _DIV or getattr(op, "over", None) is not None]
        if len(quotients) < 2:
            return terms
        over: dict[Hashable, list[Term]] = {}
        for t in quotients:
            if not self.opaque(t.node):
                over.setdefault(self.denominator(t.node), []).append(t)
        groups = [group for group in over.values() if len(group) > 1]
        if not groups:
            return terms
        gone = {id(t) for group in groups for t in group}
        return _collect([*[t for t in terms if id(t) not in gone], *map(self.joined, groups)])

    def denominator(self, node: Variable) -> Hashable:
        """Equal for two nodes exactly when their sum can be written as one quotient, or one solution."""
        op, args = node._op, node._args
        if op is _DIV:
            return id(self.same.get(id(args[1]), args[1]))
        return self.key(op, (*args[: op.over], *args[op.over + 1 :])), node.shape, args[op.over].shape

    def joined(self, group: list[Term]) -> Term:
        """The sum of terms with one denominator."""
        node: Any = group[0].node
        op, args = node._op, node._args
        place = op.over or 0
        above = self.total([self.scaled(t.c, t.node._args[place]) for t in group])
        if op is _DIV:
            return self.quotient(above, self.term(args[1]))
        if not above.c:
            return above
        if above.node is None:
            above = self.filled(above, args[place])
        return self.scaled(above.c, self.cons(op, *args[:place], above.node, *args[place + 1 :]))

    def linear_combination(self, parts: list[Term]) -> Term:
        """The term of c1 n1 + c2 n2 + ..., with one node. The common factor of the numbers is taken out of the node, so
        that multiples of the sum share it."""
        if len(parts) == 1:
            return parts[0]
        weights, nodes = [p.c for p in parts], [self.wide(p.node) for p in parts]
        c = common_factor(weights)
        if c != 1:
            weights = [w // c if isinstance(w, int) and isinstance(c, int) else w / c for w in weights]
        if weights == [1, 1]:
            return self.scaled(c, self.cons(_ADD, *nodes))
        if weights == [1, -1]:
            return self.scaled(c, self.cons(_SUB, *nodes))
        op = declared["linear_combination"].bind(weights=tuple(weights))
        return self.scaled(c, self.cons(op, *nodes))


def _weights(op: object) -> tuple[Number, ...] | None:
    """The weights of the arguments of a sum; None for another operation."""
    if op is _ADD or op is _SUB:
        return (1, 1) if op is _ADD else (1, -1)
    return op.parameters["weights"] if isinstance(op, Op) and op.name == "linear_combination" else None


def _collect(terms: list[Term]) -> list[Term]:
    """The terms with each node once: the numbers of equal nodes are added, and terms that cancel are left out."""
    found: dict[int, Term] = {}
    for t in terms:
        old = found.get(id(t.node))
        found[id(t.node)] = t if old is None else t.F.times(old.c + t.c, t.node)
    return [t for t in found.values() if t.c]


def _order(term: Term) -> tuple[int, int]:
    """The order of the terms of a sum: plain arrays first, then nodes by age."""
    node = term.node
    return (1, node._age) if isinstance(node, Variable) else (0, id(node))
