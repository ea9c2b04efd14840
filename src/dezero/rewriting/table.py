"""The nodes of a derivative's graph, each once: equal operations on equal arguments are one node (hash-consing)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from dezero.core import arithmetic, power  # noqa: F401 - declare the operations that terms are made of
from dezero.core.arithmetic import ALIAS
from dezero.core.call import make
from dezero.core.dtypes import DType, digits, wraps
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.graph import Nodes
from dezero.core.op import Op, declared
from dezero.core.variable import ArrayLike, Variable
from dezero.rewriting.numbers import Number, mild, rounded
from dezero.rewriting.origin import Origin
from dezero.rewriting.session import Session, is_coordinate
from dezero.rewriting.term import Constant, Factor, Term, TermLike

_DOUBLE = np.dtype(np.float64)
_MUL, _NEG = declared["mul"], declared["neg"]


class Table:
    """The nodes that one derivation knows, including those of the graph that is differentiated.

    asked: intermediates in which a derivative is asked for. dtype: of what is differentiated.
    """

    def __init__(self, graph: Nodes, asked: Sequence[Variable] = (), dtype: DType = _DOUBLE) -> None:
        self.dtype = dtype if dtype.kind in "fc" else _DOUBLE
        self.precision = digits(self.dtype)
        self.integers = dtype.kind in "iub"
        self.table: dict[Hashable, Factor] = {}
        self.same: dict[int, Variable] = {}  # id of a node -> the older node that is equal to it
        self.contents: dict[int, tuple[Hashable, object]] = {}  # id of an array -> what stands for it, and itself
        self.given: set[int] = set()  # ids of the plain arrays of the graph: a cached derivation takes others
        self.folded: dict[int, tuple[Op, tuple[Any, ...]]] = {}  # id of an array -> how it follows from given ones
        self.own: set[int] = set()  # ids of arrays that the algebra made, whatever the graph's arrays are
        self.reads_arrays = False  # whether a number was computed from given arrays, so that steps may depend on it
        self.alive: list[object] = []  # objects whose ids are keys: while they live, no other object gets the id
        self.session = Session()
        self.asked: set[int] = set()
        self.commuting = True  # whether derivatives in all that is asked commute
        self.kept: set[int] = set()  # ages; for kept and shared see Origin
        self.shared: set[int] = set()
        self.origin = Origin(self.kept, self.shared, 0, (), frozenset())
        for x in asked:
            self.leave(x)
        for age in sorted(graph):
            self.adopt(graph[age])

    def leave(self, node: Variable) -> None:
        """Treat an intermediate as a leaf, which equals no other node: a derivative in it may be asked for."""
        if node._args:
            self.asked.add(id(node))
            self.kept.add(node._age)
            self.alive.append(node)
            self.commuting = self.commuting and is_coordinate(node)

    def left(self, node: Variable) -> bool:
        """Whether an intermediate is treated as a leaf, perhaps from now on: a coordinate is opened by no rewriting."""
        if not node._args or id(node) in self.asked:
            return True
        if not is_coordinate(node) or id(node) in self.same or any([x is node for x in self.same.values()]):
            return False
        self.leave(node)
        return True

    def share(self, node: ArrayLike) -> None:
        """Note that a node of the user's also stands for an equal one."""
        if isinstance(node, Variable) and node._origin is None:
            self.shared.add(node._age)

    def adopt(self, node: Variable) -> None:
        """Put a node into the table, or note the equal one that is there."""
        for a in node._args:
            if isinstance(a, np.ndarray) and id(a) not in self.contents:
                self.given.add(id(a))
                contents = fingerprint(a)
                self.contents[id(a)] = (f"given {contents}" if isinstance(contents, str) else contents, a)
        if isinstance(node._op, Op) and node._op is not ALIAS and id(node) not in self.asked:
            first: Any = self.table.setdefault(self.key(node._op, node._args), node)
            if first is not node:
                self.same[id(node)] = first
                self.alive.append(node)
                self.share(first)

    # -- between nodes and terms -------------------------------------------------------------------------------

    def key(self, op: Op, args: tuple[object, ...]) -> tuple[Hashable, ...]:
        """Equal for two nodes exactly when operation and arguments are equal."""
        same = self.same
        ids: list[Hashable] = []
        for a in args:
            ids.append(id(same.get(id(a), a)) if isinstance(a, Variable) else self.content(a))
        if op.commutative and _swapped(*ids):
            ids.reverse()
        return (op.key, *ids)

    def content(self, value: object) -> Hashable:
        """A stand-in for a number or array, the same for equal ones.

        Arrays of the graph equal each other, but no array that the algebra made, and those that follow from them equal
        nothing: with other arrays, for which a cached derivation is used again, they would not.
        """
        if isinstance(value, int | float | complex):
            return repr(value)
        known = self.contents.get(id(value))
        if known is None:
            known = self.contents[id(value)] = (fingerprint(value), value)
        return known[0]

    def term(self, value: TermLike) -> Term:
        """The term of a node, array or number: numbers that multiply the node are taken out of it."""
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
        return Term(self, c, value)  # type: ignore[arg-type]

    def multiple(self, node: Variable) -> tuple[Number, Factor | None]:
        """The number and the node of which this node is the product; None for the node where it is no such product."""
        if self.opaque(node):
            return 1, None
        inner, number = (node._args[0], -1) if node._op is _NEG else node._args
        if not isinstance(number, int | float):
            inner, number = number, inner
        if not isinstance(number, int | float) or not number:
            return 1, None
        kind = inner.dtype
        if kind != node._data.dtype or kind.char not in "fdFDgG":  # integers wrap around, halves overflow
            return 1, None
        return number, inner

    def opaque(self, node: object) -> bool:
        """Whether a node must not be rewritten, since a derivative in it is asked for."""
        return bool(self.asked) and id(node) in self.asked

    def node(self, term: Term) -> Any:
        """The Variable, array or number that equals a term."""
        if term.whole is not None:
            return term.whole
        if term.node is None:
            return term.c
        if term.c == 1:
            return term.node
        node = self.wide(term.node)
        return self.cons(_NEG, node) if term.c == -1 else self.cons(_MUL, node, term.c)

    def cons(self, op: Op, *args: ArrayLike) -> Factor:
        """The node of an operation on arguments: the one in the table, or a new one."""
        key = self.key(op, args)
        found: Any = self.table.get(key)
        if found is None:
            recorded = any([isinstance(a, Variable) for a in args])
            found = make(op, args) if recorded else self.fold(op, args)
            if recorded:
                found._origin = self.origin
            self.table[key] = found
            self.alive.append(args)
        else:
            self.share(found)
        return found  # type: ignore[no-any-return]

    def fold(self, op: Op, args: tuple[Any, ...]) -> Any:
        """The value of an operation on numbers and plain arrays."""
        found = op.value(*args)
        if any([self.rests_on_given(a) for a in args]):
            if getattr(found, "ndim", 1) == 0:
                self.reads_arrays = True
            elif not self.rests_on_given(found):
                self.folded[id(found)] = op, args
                self.contents[id(found)] = f"folded {len(self.folded)}", found
        elif all([id(a) in self.own or not isinstance(a, np.ndarray) for a in args]):
            self.constant(found)
        return found

    def constant(self, value: Any) -> Any:
        """An array that the algebra made without reading any other."""
        if isinstance(value, np.ndarray):
            self.own.add(id(value))
            self.contents[id(value)] = fingerprint(value), value
        return value

    def rests_on_given(self, value: object) -> bool:
        """Whether a value is a plain array of the graph, or was computed from such arrays alone."""
        return id(value) in self.given or id(value) in self.folded

    def times(self, c: Number, node: Factor | None) -> Term:
        """The term c * node, for a node out of which no number can be taken."""
        c = rounded(c)
        return Term(self, c, node if c else None)

    def wide(self, node: Factor, *others: Factor) -> Factor:
        """The node converted to the derivative's precision, where it and the others are all of narrower dtypes.

        The rewritten arithmetic runs in another order than the rules: integers and booleans could wrap around in it,
        and halves overflow, where the rules do neither.
        """
        kind = node.dtype
        if kind == self.dtype or any([digits(x.dtype) >= self.precision for x in (node, *others)]):
            return node
        if kind.kind == "i" and self.integers and not wraps(kind):
            return node
        wanted = np.result_type(kind, np.zeros(0, self.dtype).real, np.float32)
        return self.cons(declared["astype"].bind(dtype=wanted), node)


def _swapped(a: Any, b: Any) -> bool:
    """Whether two arguments of a commutative operation must be exchanged to be in order: nodes by id, then contents."""
    return b < a if type(a) is type(b) and type(a) is not Unlike else isinstance(a, str)
