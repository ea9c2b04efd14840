"""The algebra in which a derivative's graph is built: every node once, and in its simplest form.

While `backward(create_graph=True)` runs, rules are read with terms: a term is a number times a node. Terms share
nodes (the same operation on the same arguments is the same node, those of the graph being differentiated
included) and simplify as they are built: zeros and ones vanish, numbers move out of products, quotients and
linear operations, sums collect equal terms, quotients with one denominator become one. Together with the tangent
sweep this is what keeps the n-th derivative's graph polynomial in n.

Cancelling assumes ordinary numbers: a rewritten 0 * inf is 0, x / x is 1. The plain sweep
(`using_config("simplify", False)`) keeps what IEEE arithmetic gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core import arithmetic  # noqa: F401 - declares the operations that the algebra is about
from dezero.core.aliases import ALIAS
from dezero.core.factors import Number, checked, common_factor, digits, mild, mild_power, rounded, wraps
from dezero.core.op import BILINEAR, ELEMENTWISE, LINEAR, Op, Unlike, fingerprint, make
from dezero.core.registry import declared
from dezero.core.term import Full, Rewritten, Term
from dezero.core.variable import Variable, cuts

_DOUBLE = np.dtype(np.float64)
_ADD, _SUB, _MUL, _DIV, _NEG, _POW = (declared[name] for name in ("add", "sub", "mul", "div", "neg", "pow"))


class Builder:
    """Builds terms over one table of nodes, for one call; as `F`, it has every operation as an attribute."""

    def __init__(
        self, graph: dict[int, Variable], asked: Sequence[Variable] = (), dtype: np.dtype[Any] = _DOUBLE
    ) -> None:
        self.dtype = dtype if dtype.kind in "fc" else _DOUBLE  # of what is differentiated
        self.precision = digits(self.dtype)
        self.integers = dtype.kind in "iub"
        self.table: dict[Any, Any] = {}
        self.same: dict[int, Variable] = {}  # id of a node -> the older node that computes the same
        self.contents: dict[int, tuple[str, Any]] = {}
        self.alive: list[Any] = []  # what is known by its id, so that the id stays its own
        self.tangents: dict[int, dict[int, Any]] = {}  # by the leaf's age, what sweeps found (see tangent.py)
        # by the id of a node that is a tangent: in which leaf, of which node, and what number times it
        self.origins: dict[int, tuple[Variable, Variable, Number]] = {}
        self.cuts = cuts()
        self.free: list[bool] = []  # holds True between the end of one derivation and the start of the next
        self.asked: set[int] = set()
        self.kept: set[int] = set()
        self.shared: set[int] = set()
        self.mark = Rewritten(self.kept, self.shared)
        for x in asked:
            self.leave(x)
        for age in sorted(graph):
            self.adopt(graph[age])

    def leave(self, node: Variable) -> None:
        """Treat an intermediate as a leaf, which equals no other node: somebody may differentiate in it."""
        if node._args:
            self.asked.add(id(node))
            self.kept.add(node._seq)
            self.alive.append(node)

    def share(self, node: Any) -> None:
        """Note that a node stands for another that is equal."""
        if getattr(node, "_builder", None) is None and isinstance(node, Variable):
            self.shared.add(node._seq)

    def take(self) -> bool:
        """Take this builder; False where another thread has it, or an error left it half done."""
        try:
            return self.free.pop()
        except IndexError:
            return False

    def adopt(self, node: Variable) -> None:
        """Take a node into the table, or note which one there computes the same."""
        if isinstance(node._op, Op) and node._op is not ALIAS and id(node) not in self.asked:
            first = self.table.setdefault(self.key(node._op, node._args), node)
            if first is not node:
                self.same[id(node)] = first
                self.alive.append(node)
                self.share(first)

    @classmethod
    def for_graph(cls, graph: dict[int, Variable], root: Variable, asked: Sequence[Variable] = ()) -> Builder:
        """A builder that knows the graph below the root: the one that built it, where the root is a derivative.

        It is taken from the root, so that it never refers, through nodes it makes from now on, to who holds it.
        """
        builder = root._builder if isinstance(getattr(root, "_builder", None), Builder) else None
        if builder is None or builder.cuts != cuts() or any([x._args for x in asked]) or not builder.take():
            return cls(graph, asked, root.dtype)
        root._builder = builder.mark
        builder.adopt(root)
        return builder  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Callable[..., Term]:
        declared[name]  # KeyError for what is no operation

        def call(self: Builder, *args: Any, **parameters: Any) -> Term:
            op = declared[name]  # at each call, since a name may be declared again
            return self.call(op.bind(**parameters) if parameters else op, *args)

        setattr(Builder, name, call)  # found by the class from now on
        return getattr(self, name)  # type: ignore[no-any-return]

    # -- between nodes and terms -------------------------------------------------------------------------------

    def key(self, op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The same for two nodes exactly when they compute the same."""
        same, ids = self.same, []
        for a in args:
            ids.append(id(same.get(id(a), a)) if isinstance(a, Variable) else self.content(a))
        if op.commutative and _swapped(*ids):
            ids.reverse()
        return (op.key, *ids)

    def content(self, value: Any) -> Any:
        """A number or array by what it holds, so that an array made afresh in each call is still the same."""
        if isinstance(value, int | float | complex):
            return repr(value)
        known = self.contents.get(id(value))
        if known is None:
            known = self.contents[id(value)] = (fingerprint(value), value)
        return known[0]

    def term(self, value: Any) -> Term:
        """A term for a node, array or number, with the numbers that multiply it taken out."""
        if isinstance(value, Term):
            return value
        c: Number = 1
        same, whole = self.same, None
        while isinstance(value, Variable):
            if same:
                value = same.get(id(value), value)
            op = value._op
            if op is _NEG or op is _MUL:
                number, inner = self.multiple(value)
                if inner is not None and (c == 1 or number == -1 or mild(c * number, inner.dtype)):
                    if whole is None and number != 1:
                        whole = value
                    c, value = c * number, inner
                    continue
            elif isinstance(op, Op) and op.name == "full_like" and not self.opaque(value):
                fill = op.parameters["fill_value"]
                return Term(self, c, fill) if np.ndim(fill) else Full(self, c * fill.item(), value, whole)
            return Term(self, c, value, whole)
        if isinstance(value, np.generic) and value.dtype.kind in "bfiuc":
            value = value.item()
        if isinstance(value, int | float | complex):
            return self.times(c * value, None)  # type: ignore[arg-type]
        return Term(self, c, value)

    def multiple(self, node: Variable) -> tuple[Number, Any]:
        """The number and the node whose product this node is; no node where it is none, or of another dtype."""
        if self.opaque(node):
            return 1, None
        inner, number = (node._args[0], -1) if node._op is _NEG else node._args
        if not isinstance(number, int | float):
            inner, number = number, inner
        if not isinstance(number, int | float) or not number:
            return 1, None
        kind = inner.dtype
        if kind != node._data.dtype or kind.char not in "fdFDgG":  # integers wrap around, halves have no range to spare
            return 1, None
        return number, inner

    def opaque(self, node: Any) -> bool:
        """Whether a node has to stay as it is, since a derivative in it is asked for."""
        return bool(self.asked) and id(node) in self.asked

    def node(self, term: Term) -> Any:
        """The Variable, array or number that a term stands for."""
        if term.whole is not None:
            return term.whole
        if term.node is None:
            return term.c
        if term.c == 1:
            return term.node
        node = self.wide(term.node)
        return self.cons(_NEG, node) if term.c == -1 else self.cons(_MUL, node, term.c)

    def cons(self, op: Op, *args: Any) -> Any:
        """The node of an operation on arguments: the one in the table, or a new one."""
        key = self.key(op, args)
        found = self.table.get(key)
        if found is None:
            recorded = any([isinstance(a, Variable) for a in args])
            found = make(op, args) if recorded else op.value(*args)
            if recorded:
                found._builder = self.mark
            self.table[key] = found
            self.alive.append(args)
        else:
            self.share(found)
        return found

    def call(self, op: Op, *args: Any) -> Term:
        """Apply an operation to terms; numbers move out of linear and bilinear ones."""
        terms = [a if type(a) is Term else self.term(a) for a in args]
        if op.kind is not ELEMENTWISE:
            terms = [self.filled(t, t) if type(t) is Full else t for t in terms]
            if op.keeps_constant and all(t.node is None and t.c == terms[0].c for t in terms):
                return terms[0]
            if op.kind is BILINEAR or (op.kind is LINEAR and len(terms) == 1):
                c = math.prod([t.c for t in terms])
                if not c:
                    return Term(self, 0, None)
                if type(c) is not complex:  # what is linear over the real numbers alone (irfft) keeps complex ones
                    return self.scaled(c, self.cons(op, *[1 if t.node is None else t.node for t in terms]))
        return self.term(self.cons(op, *[self.node(t) for t in terms]))

    def times(self, c: Number, node: Any) -> Term:
        """The term c * node of a node that is no multiple itself."""
        c = rounded(c)
        return Term(self, c, node if c else None)

    def scaled(self, c: Number, node: Any) -> Term:
        """The term c * node of any node."""
        return self.product(Term(self, c, None), self.term(node)) if c else Term(self, 0, None)

    def zeros_like(self, x: Any) -> Term:
        return Term(self, 0, None)

    def fit(self, term: Term, shape: tuple[int, ...], target: tuple[int, ...]) -> Term:
        """Bring a cotangent of an element-wise result of `shape` to an argument's `target` shape."""
        if term.node is None:
            return self.times(term.c * (math.prod(shape) // max(math.prod(target), 1)), None)
        if term.shape != shape:
            term = self.call(declared["broadcast_to"].bind(shape=shape), term)
        return term if shape == target else self.call(declared["sum_to"].bind(shape=target), term)

    def filled(self, term: Term, like: Any) -> Term:
        """A term that is an array: a number becomes an array full of it."""
        if term.node is not None:
            return term
        return self.full(term.c, like) if term.c else Term(self, 1, np.zeros(like.shape, like.dtype))

    def full(self, c: Number, like: Any) -> Term:
        """The number c as an array of the shape and dtype of `like`, in floats where that holds narrow integers."""
        shape, dtype = like.shape, self.dtype if wraps(like.dtype) else like.dtype
        ones = self.table.get(("ones", shape, dtype))
        if ones is None:
            ones = self.table["ones", shape, dtype] = np.ones(shape, dtype)
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

    def wide(self, node: Any, *others: Any) -> Any:
        """A node for arithmetic with others, in the precision of the derivative where all are of a narrower dtype.

        Integers and booleans would wrap around, and halves overflow, in an order that the rules never had.
        """
        kind = node.dtype
        if kind == self.dtype or any([digits(x.dtype) >= self.precision for x in (node, *others)]):
            return node
        if kind.kind == "i" and self.integers and not wraps(kind):
            return node
        wanted = np.result_type(kind, np.zeros(0, self.dtype).real, np.float32)
        return self.cons(declared["astype"].bind(dtype=wanted), node)

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
                return self.term(_POW.value(float(a.c), b.c))
            if isinstance(b.c, int) and b.c > 0 and mild_power(a.c, b.c, a.node.dtype):
                return self.scaled(a.c**b.c, self.cons(_POW, self.wide(a.node), b.c))
        return self.term(self.cons(_POW, self.node(a), self.node(b)))

    def add(self, a: Any, b: Any) -> Term:
        return self.total([self.term(a), self.term(b)])

    def sub(self, a: Any, b: Any) -> Term:
        return self.total([self.term(a), -self.term(b)])

    def total(self, terms: list[Term]) -> Term:
        """The sum of terms: equal ones collected, sums within sums opened where that makes the whole shorter."""
        terms = [t for t in terms if t.c]
        if len(terms) < 2:
            return terms[0] if terms else Term(self, 0, None)
        opened = [part for t in terms for part in self.summands(t)]
        merged = _collect(opened)
        if len(merged) == len(opened) > 4:
            merged = _collect(terms)  # nothing in common: a long sum stays a chain, not one ever longer node
        merged = self.over_common_denominators(merged)
        constant = sum([t.c for t in merged if t.node is None])
        parts = sorted([t for t in merged if t.node is not None], key=_order)
        if not parts:
            return self.times(constant, None)
        total = self.linear_combination(parts)
        if constant == 0:
            return total
        if total.node is None:  # plain arrays of no axis add up to a number
            return self.times(constant + total.c, None)
        total = Term(self, total.c, self.wide(total.node))
        if total.c == -1:
            return self.term(self.cons(_SUB, constant, total.node))
        return self.term(self.cons(_ADD, self.node(total), constant))

    def mul(self, a: Any, b: Any) -> Term:
        return self.product(self.term(a), self.term(b))

    def div(self, a: Any, b: Any) -> Term:
        return self.quotient(self.term(a), self.term(b))

    def pow(self, a: Any, b: Any) -> Term:
        return self.power(self.term(a), self.term(b))

    def summands(self, term: Term) -> list[Term]:
        """The terms of a sum that some node is; the term itself where it is none."""
        node = term.node
        weights = _weights(node._op) if isinstance(node, Variable) and not self.opaque(node) else None
        if weights is None or node._data.dtype.kind not in "fc":
            return [term]
        parts = [self.term(a) for a in node._args]
        if any([p.node is None or p.node.shape != node.shape for p in parts]):
            return [term]  # a number or a broadcast argument: opening it would change shapes
        return [self.times(term.c * w * p.c, p.node) for w, p in zip(weights, parts, strict=True)]

    def over_common_denominators(self, terms: list[Term]) -> list[Term]:
        """n/d + m/d becomes (n + m)/d, and so do solutions of equations with one matrix."""
        ops = [getattr(t.node, "_op", None) for t in terms]
        quotients = [t for t, op in zip(terms, ops, strict=True) if op is _DIV or getattr(op, "over", None) is not None]
        if len(quotients) < 2:
            return terms
        over: dict[Any, list[Term]] = {}
        for t in quotients:
            if not self.opaque(t.node):
                over.setdefault(self.denominator(t.node), []).append(t)
        groups = [group for group in over.values() if len(group) > 1]
        if not groups:
            return terms
        gone = {id(t) for group in groups for t in group}
        return _collect([*[t for t in terms if id(t) not in gone], *map(self.joined, groups)])

    def denominator(self, node: Variable) -> Any:
        """The same for two nodes exactly when one quotient, or solution, can stand for their sum."""
        op, args = node._op, node._args
        if op is _DIV:
            return id(self.same.get(id(args[1]), args[1]))
        return self.key(op, (*args[: op.over], *args[op.over + 1 :])), node.shape, args[op.over].shape

    def joined(self, group: list[Term]) -> Term:
        """The sum of terms that are over one denominator."""
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
        """One node for c1 n1 + c2 n2 + ..., its common factor taken out so that multiples share it."""
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


def _weights(op: Any) -> tuple[Number, ...] | None:
    """The weights of the arguments of a sum; None for what is no sum."""
    if op is _ADD or op is _SUB:
        return (1, 1) if op is _ADD else (1, -1)
    return op.parameters["weights"] if isinstance(op, Op) and op.name == "linear_combination" else None


def _swapped(a: Any, b: Any) -> bool:
    """Whether the arguments of a commutative operation stand in other than their usual order: nodes by id first."""
    return b < a if type(a) is type(b) and type(a) is not Unlike else isinstance(a, str)


def _collect(terms: list[Term]) -> list[Term]:
    """Equal nodes once, their numbers added; what cancels is gone."""
    found: dict[int, Term] = {}
    for t in terms:
        old = found.get(id(t.node))
        found[id(t.node)] = t if old is None else t.build.times(old.c + t.c, t.node)
    return [t for t in found.values() if t.c]


def _order(term: Term) -> tuple[int, int]:
    node = term.node
    return (1, node._seq) if isinstance(node, Variable) else (0, id(node))
