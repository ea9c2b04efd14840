"""The nodes of a derivative's graph, each once: the same operation on the same arguments is the same node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core import arithmetic, power  # noqa: F401 - declare the operations that terms are made of
from dezero.core.arithmetic import ALIAS
from dezero.core.call import make
from dezero.core.dtypes import digits, wraps
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.op import Op, declared
from dezero.core.variable import Variable
from dezero.rewriting.numbers import Number, mild, rounded
from dezero.rewriting.origin import Origin, origin_of
from dezero.rewriting.session import Session
from dezero.rewriting.term import Constant, Term

_DOUBLE = np.dtype(np.float64)
_MUL, _NEG = declared["mul"], declared["neg"]


class Table:
    """The nodes that one derivation knows, those of the graph being differentiated among them."""

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
        self.session = Session()
        self.asked: set[int] = set()
        self.kept: set[int] = set()  # and shared: see Origin
        self.shared: set[int] = set()
        self.origin = Origin(self.kept, self.shared)
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
        if isinstance(node, Variable) and origin_of(node) is None:
            self.shared.add(node._seq)

    def adopt(self, node: Variable) -> None:
        """Take a node into the table, or note which one there computes the same."""
        if isinstance(node._op, Op) and node._op is not ALIAS and id(node) not in self.asked:
            first = self.table.setdefault(self.key(node._op, node._args), node)
            if first is not node:
                self.same[id(node)] = first
                self.alive.append(node)
                self.share(first)

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
                return Term(self, c, fill) if np.ndim(fill) else Constant(self, c * fill.item(), value, whole)
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
                found._origin = self.origin
            self.table[key] = found
            self.alive.append(args)
        else:
            self.share(found)
        return found

    def times(self, c: Number, node: Any) -> Term:
        """The term c * node of a node that is no multiple itself."""
        c = rounded(c)
        return Term(self, c, node if c else None)

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


def _swapped(a: Any, b: Any) -> bool:
    """Whether the arguments of a commutative operation stand in other than their usual order: nodes by id first."""
    return b < a if type(a) is type(b) and type(a) is not Unlike else isinstance(a, str)
