"""The derivative of a graph as a graph: by cached steps, by tangent sweeps or by a reverse sweep."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff import cached
from dezero.autodiff.arguments import since
from dezero.autodiff.columns import (
    column_sweep,
    columns_of,
    goes_on,
    in_columns,
    most_columns,
    next_order,
    note_columns,
    resumed,
)
from dezero.autodiff.integers import computed_in_narrow
from dezero.autodiff.reverse import reverse_sweep
from dezero.autodiff.sweep import ones
from dezero.autodiff.tangent import tangent_sweep
from dezero.core.arithmetic import ALIAS, copied
from dezero.core.call import make
from dezero.core.config import simplifying, using_config
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import declared
from dezero.core.reading import RecordedReading
from dezero.core.registry import operations
from dezero.core.variable import Variable, tick, wrap
from dezero.core.watch.tracing import NUMBERLESS
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.keys import graph_key
from dezero.rewriting.numbers import OutOfRange
from dezero.rewriting.origin import origins_of
from dezero.rewriting.session import is_coordinate
from dezero.rewriting.term import Term

# Leaves: the most with a tangent sweep for each, which is a pass over the graph. One reverse sweep serves any number.
_MOST_PASSES = 8
# Nodes: the largest graph that is differentiated again without rewriting where the rewritten derivative overflows. The
# rules alone make graphs that grow exponentially with the order.
_MOST_BY_RULES = 1000

Seeds = dict[int, tuple[Variable, Any]]  # age of a root -> the root, and its cotangent (Variable, array or None: ones)


class Request(NamedTuple):
    """A derivative that is to be taken as a graph.

    graph: the nodes below the roots. nodes: those of them on which the derivative depends. asked: the inputs (None: all
    leaves). retain: whether the cotangent of every node is wanted. carried: intermediates whose `.grad` is part of
    their cotangent. born: see Origin.
    """

    graph: Nodes
    nodes: Nodes
    seeds: Seeds
    asked: list[Variable] | None
    retain: bool
    carried: Sequence[Variable]
    born: int

    def given(self) -> list[Variable]:
        """The Variables among the cotangents, which the user holds."""
        cotangents = (*(seed for _, seed in self.seeds.values()), *(n.grad for n in self.carried))
        return [x for x in cotangents if isinstance(x, Variable)]

    def leaves(self) -> list[Variable]:
        """The inputs in which it is taken."""
        return [n for n in self.nodes.values() if not n._args] if self.asked is None else self.asked

    def opaque(self, given: list[Variable]) -> list[Variable]:
        """The nodes that the algebra must not rewrite, since a derivative in them may be asked for."""
        inner = [n for n in self.nodes.values() if n._args] if self.retain else []
        older = [n for n in self.graph.values() if n._args and n._age < self.born] if self.born else []
        return [*inner, *(self.asked or ()), *[x for x in (*given, *older) if x._op is not ALIAS]]

    def alone(self, opaque: list[Variable]) -> bool:
        """Whether it is the derivative of one root, in coordinates. opaque: see there."""
        ages = {x._age for x in self.asked or ()}
        inner = [x for x in opaque if x._args and not (x._age in ages and is_coordinate(x))]
        seeded = any([seed is not None for _, seed in self.seeds.values()])
        return not (self.carried or len(self.seeds) > 1 or seeded or inner)


class Derived(NamedTuple):
    """Derivatives as Variables with a graph.

    found: age of a node -> its derivative. copies: id of a derivative -> the node of which it is a copy. F: the reading
    that built them.
    """

    found: dict[int, Variable]
    copies: dict[int, Variable]
    F: Algebra | RecordedReading


def recorded(
    graph: Nodes,
    nodes: Nodes,
    seeds: Seeds,
    asked: list[Variable] | None,
    retain_grad: bool,
) -> dict[int, Variable] | None:
    """Cotangents, by age, as Variables with a graph: of those asked, or of all leaves; with retain_grad of every node.

    None where the graph computes in narrow integers (see integers.py).
    """
    if not seeds:
        return {}
    carried = () if asked else [n for a, n in nodes.items() if n._grad is not None and n._args and a not in seeds]
    seeded = any([seed is not None for _, seed in seeds.values()])
    born = since(asked) if asked else 0
    ordered = None  # None: this derivative is not cached
    if simplifying() and not (carried or retain_grad or seeded):
        places = None if asked is None else [x._age for x in asked]
        ordered = graph_key(graph, list(seeds), places, born)
    root = next(iter(seeds.values()))[0]
    derivation = None if ordered is None or goes_on(root) else cached.find(ordered)
    guarded = root._data.dtype.char in "efF" and simplifying() and len(graph) < _MOST_BY_RULES
    if ordered is not None and derivation is not None and not guarded:
        return derivation.replay(ordered, graph, root, asked, born)
    if derivation is None and computed_in_narrow(graph, asked or nodes.values()):
        return None
    request = Request(graph, nodes, seeds, asked, retain_grad, carried, born)
    try:
        with np.errstate(over="raise") if guarded else contextlib.nullcontext():
            if ordered is not None and derivation is not None:
                return derivation.replay(ordered, graph, root, asked, born)
            derived = _derived(request)
    except OutOfRange:
        return _by_rules(request)
    except FloatingPointError:  # the rules multiply in another order, in which nothing may overflow
        if not guarded:
            raise
        return _by_rules(request)
    if ordered is not None and isinstance(derived.F, Algebra):
        cached.store(ordered, graph, derived.found, derived.copies, derived.F)
    return derived.found


def _by_rules(request: Request) -> dict[int, Variable]:
    """The derivative by the rules alone, without rewriting."""
    with using_config("simplify", False):
        return _derived(request).found


def _derived(request: Request) -> Derived:
    """The derivative by the algebra, or by the rules alone where Config.simplify is off."""
    graph, nodes, seeds, asked = request.graph, request.nodes, request.seeds, request.asked
    root, _ = next(iter(seeds.values()))
    start, given = tick(), request.given()
    F: Algebra | RecordedReading = RecordedReading()
    alone = False
    leaves, order, most = request.leaves(), 0, 0  # order, most: of a gradient in columns
    if simplifying():
        opaque = request.opaque(given)
        alone = request.alone(opaque)
        columns = max(map(columns_of, leaves), default=0)
        if columns:
            order = next_order(graph)
            most = most_columns(root, order)
        again = resumed(graph, root, leaves) if alone and columns <= most else None
        if again is not None:
            F, root = again
            above, seeds = collect([root]), {root._age: (root, None)}
            graph, nodes = graph | above, leading_to(above, leaves)
        else:
            F = Algebra.for_graph(graph, root, opaque, request.born)
    if isinstance(F, Algebra):
        F.origin.below, F.origin.earlier = list(graph), origins_of(graph.values()) - {F.origin}
    terms = {age: _seed_term(F, root, seed) for age, (root, seed) in seeds.items()}
    for node in request.carried:
        terms[node._age] = _from_user(F, node.grad)  # type: ignore[arg-type]
    found: dict[int, Any] = {}
    joined: set[int] = set()
    if isinstance(F, Algebra) and len(terms) == 1 and not request.retain:
        found, joined, nodes = _by_tangents(F, nodes, root, terms[root._age], leaves, most)
    by_tangents = bool(found) and not nodes
    if nodes:
        keep = None if request.retain else {x._age for x in asked or ()}
        with using_config("enable_backprop", True):
            found |= {age: g for age, g in reverse_sweep(F, nodes, terms, keep).items() if age not in found}
    wanted = found if asked is None else dict.fromkeys([x._age for x in asked if x._age in found])
    finish = _Finish(F, root, {id(node) for node in (*graph.values(), *given)}, start)
    results = {age: finish(found[age], graph[age]) for age in wanted}
    if alone and not request.born:
        (of, _), *_ = request.seeds.values()
        for age in results if not by_tangents else joined:
            note_columns(F if by_tangents else None, results[age], of, graph[age], order)
    if by_tangents and isinstance(F, Algebra) and F.commuting:
        F.session.end()
        for result in results.values():
            if result._resume is None and id(result) in finish.copies:  # to which no node of the algebra refers
                result._resume = F
    return Derived(results, finish.copies, F)


def _by_tangents(
    F: Algebra, nodes: Nodes, root: Variable, seed: Term, leaves: list[Variable], most: int
) -> tuple[dict[int, Term], set[int], Nodes]:
    """The derivatives that tangent sweeps find; of which leaves they are joined; the nodes that the others need.

    most: see most_columns.
    """
    found: dict[int, Term | None] = {}
    if len(leaves) <= _MOST_PASSES:
        for leaf in leaves:
            if leaf._age in nodes and not in_columns(root, leaf):
                path = nodes if len(leaves) == 1 else leading_to(nodes, (leaf,))
                found[leaf._age] = tangent_sweep(F, path, root, seed, leaf)
    rest = [x for x in leaves if x._age in nodes and found.get(x._age) is None]
    joined: set[int] = set()
    if rest and all(
        [in_columns(root, x) for x in rest]
    ):  # one reverse sweep for another leaf gives these along with it
        joined = {x._age for x in rest}
        found |= {x._age: column_sweep(F, nodes, root, seed, x, most) for x in rest}
        rest = [x for x in rest if found[x._age] is None]
    terms = {age: term for age, term in found.items() if term is not None}
    return terms, joined & terms.keys(), leading_to(nodes, rest) if rest else {}


def _seed_term(F: Algebra | RecordedReading, root: Variable, seed: Any) -> Any:
    """The cotangent of a root in the reading F."""
    if seed is None:
        if isinstance(F, RecordedReading):
            return wrap(ones(root))
        return Term(F, 1, None) if root.dtype.kind in "fc" else F.full(1, ones(root))
    return _from_user(F, seed if isinstance(seed, Variable) else wrap(seed))


def _from_user(F: Algebra | RecordedReading, seed: Variable) -> Any:
    """A cotangent that a user gave, in the convention of the sweeps (see sweep.for_user)."""
    return F.term(seed) if seed.dtype.kind != "c" else F.conj(F.term(seed))


class _Finish:
    """Makes Variables of terms: with the shape and dtype of their nodes, and each a node that only the caller holds.

    given: ids of nodes that the user may hold; also any node that is older than start and not made by a derivative.
    copies: id of a result -> the node of which it is a copy. The algebra may find a node that the user has already
    (d exp = y), and goes on using the nodes that it made.
    """

    def __init__(self, F: Algebra | RecordedReading, root: Variable, given: set[int], start: int) -> None:
        self.F: Any = F
        self.given, self.start = given, start
        self.kind = root.dtype if root.dtype.kind in "fc" else np.dtype(np.int64)
        self.copies: dict[int, Variable] = {}

    def __call__(self, term: Any, node: Variable) -> Variable:
        result = self.F.node(term)
        if getattr(result, "dtype", node.dtype).kind == "c":  # as sweep.for_user does for raw arrays
            result = self.F.node(self.F.conj(term) if node.dtype.kind == "c" else self.F.real(term))
        if type(result) in NUMBERLESS:
            kind = node.dtype if node.dtype.kind in "fc" else result.dtype
            return self._marked(wrap(np.broadcast_to(result.astype(kind), node.shape)))  # a constant of the trace
        if not isinstance(result, Variable):
            if isinstance(self.F, Algebra) and self.F.rests_on_given(result):
                self.F.reads_arrays = True
            kind = node.dtype if node.dtype.kind in "fc" else np.result_type(self.kind, np.asarray(result).dtype)
            fill = declared["full_like"].bind(fill_value=np.copy(result)[()], dtype=kind)
            return self._marked(make(fill, (node,)))
        if node.dtype.kind in "fc" and result.dtype != node.dtype:
            return self._marked(make(declared["astype"].bind(dtype=node.dtype), (result,)))
        older = result._age < self.start and result._origin is None
        copy = self._marked(copied(result, given=older or id(result) in self.given))
        self.copies[id(copy)] = result
        return copy

    def _marked(self, result: Variable) -> Variable:
        if isinstance(self.F, Algebra):
            result._origin = self.F.origin
        return result


operations.recorded = recorded  # type: ignore[attr-defined]
