"""The derivative of a graph as a graph: by cached steps, by tangent sweeps or by a reverse sweep."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff import cached
from dezero.autodiff.arguments import since
from dezero.autodiff.cached import Derived
from dezero.autodiff.integers import computed_in_narrow
from dezero.autodiff.reverse import reverse_sweep
from dezero.autodiff.sweep import ones
from dezero.autodiff.tangent import tangent_sweep
from dezero.core.arithmetic import ALIAS, copied
from dezero.core.call import make
from dezero.core.config import simplifying, using_config
from dezero.core.errors import GraphError
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import declared
from dezero.core.reading import RecordedReading
from dezero.core.registry import operations
from dezero.core.variable import Variable, cuts, tick, wrap
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.numbers import OutOfRange
from dezero.rewriting.origin import Replayed, origins_of
from dezero.rewriting.program import graph_key
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

    def opaque(self, given: list[Variable]) -> list[Variable]:
        """The nodes that the algebra must not rewrite, since a derivative in them may be asked for."""
        inner = [n for n in self.nodes.values() if n._args] if self.retain else []
        older = [n for n in self.graph.values() if n._args and n._age < self.born] if self.born else []
        return [*inner, *(self.asked or ()), *[x for x in (*given, *older) if x._op is not ALIAS]]


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
    born = since(asked)
    ages: list[int] = []
    key = None  # None: this derivative is not cached
    if simplifying() and not (carried or retain_grad or seeded):
        places = None if asked is None else [x._age for x in asked]
        ages, key = graph_key(graph, list(seeds), places, born)
    derivation = cached.find(key)
    root = next(iter(seeds.values()))[0]
    guarded = root._data.dtype.char in "efF" and simplifying() and len(graph) < _MOST_BY_RULES
    if derivation is not None and not guarded:
        return derivation.replay(ages, graph, root, asked, born)
    if derivation is None and computed_in_narrow(graph, asked or nodes.values()):
        return None
    request = Request(graph, nodes, seeds, asked, retain_grad, carried, born)
    try:
        with np.errstate(over="raise") if guarded else contextlib.nullcontext():
            if derivation is not None:
                return derivation.replay(ages, graph, root, asked, born)
            derived = _derived(request)
    except OutOfRange:
        return _by_rules(request)
    except FloatingPointError:  # the rules multiply in another order, in which nothing may overflow
        if not guarded:
            raise
        return _by_rules(request)
    cached.store(key, ages, graph, derived)
    return derived.found


def _by_rules(request: Request) -> dict[int, Variable]:
    """The derivative by the rules alone, without rewriting."""
    with using_config("simplify", False):
        return _derived(request).found


def _derived(request: Request) -> Derived:
    """The derivative by the algebra, or by the rules alone where Config.simplify is off."""
    graph, nodes, seeds, asked = request.graph, request.nodes, request.seeds, request.asked
    root, seed = next(iter(seeds.values()))
    start, given = tick(), request.given()
    F: Algebra | RecordedReading = RecordedReading()
    if simplifying():
        opaque = request.opaque(given)
        alone = not (request.carried or len(seeds) > 1 or seed is not None or any([x._args for x in opaque]))
        again = _derived_again(root) if alone else None
        if again is not None:
            F, root = again
            above, seeds = collect([root]), {root._age: (root, None)}
            graph, nodes = graph | above, leading_to(above, [n for n in nodes.values() if not n._args])
        else:
            F = Algebra.for_graph(graph, root, opaque, request.born)
    if isinstance(F, Algebra):
        F.origin.below, F.origin.earlier = list(graph), origins_of(graph.values()) - {F.origin}
    terms = {age: _seed_term(F, root, seed) for age, (root, seed) in seeds.items()}
    for node in request.carried:
        terms[node._age] = _from_user(F, node.grad)  # type: ignore[arg-type]
    found: dict[int, Any] = {}
    if isinstance(F, Algebra) and len(terms) == 1 and not request.retain:
        found, nodes = _by_tangents(F, nodes, root, terms[root._age], asked)
    by_tangents = bool(found) and not nodes
    if nodes:
        keep = None if request.retain else {x._age for x in asked or ()}
        with using_config("enable_backprop", True):
            found |= {age: g for age, g in reverse_sweep(F, nodes, terms, keep).items() if age not in found}
    ages = found if asked is None else dict.fromkeys([x._age for x in asked if x._age in found])
    finish = _Finish(F, root, {id(node) for node in (*graph.values(), *given)}, start)
    results = {age: finish(found[age], graph[age]) for age in ages}
    if by_tangents and isinstance(F, Algebra) and not F.asked:  # a derivative in an intermediate commutes with no other
        F.session.end()
        for result in results.values():
            if id(result) in finish.copies:  # the algebra has no reference to a copy, so no cycle of references closes
                result._resume = F
    return Derived(results, finish.copies, F.shared)


def _derived_again(root: Variable) -> tuple[Algebra, Variable] | None:
    """An algebra in which a root that cached steps replayed is derived again; None where that is not possible.

    With what lower orders found the graph of the next order stays small, and cached steps do not keep it.
    """
    leaves = []
    while isinstance(replayed := root._resume, Replayed) and replayed.cuts == cuts():
        root = replayed.root
        leaves.append(replayed.leaf)
    if not leaves:
        return None
    try:
        F = Algebra.for_graph(collect([root]), root)
        for leaf in reversed(leaves):
            path = leading_to(collect([root]), (leaf,))
            term = tangent_sweep(F, path, root, _seed_term(F, root, None), leaf)
            node = None if term is None else F.node(term)
            if not isinstance(node, Variable):
                return None
            root = node
    except GraphError:  # the user changed a Variable on which only the lower orders depend
        return None
    return F, root


def _by_tangents(
    F: Algebra, nodes: Nodes, root: Variable, seed: Term, asked: list[Variable] | None
) -> tuple[dict[int, Term], Nodes]:
    """The derivatives that tangent sweeps find, and the nodes that a reverse sweep needs for the others."""
    leaves = [n for n in nodes.values() if not n._args] if asked is None else asked
    if len(leaves) == 1:
        term = tangent_sweep(F, nodes, root, seed, leaves[0])
        return ({}, nodes) if term is None else ({leaves[0]._age: term}, {})
    found: dict[int, Term] = {}
    if len(leaves) <= _MOST_PASSES:
        for leaf in leaves:
            term = tangent_sweep(F, leading_to(nodes, (leaf,)), root, seed, leaf) if leaf._age in nodes else None
            if term is not None:
                found[leaf._age] = term
    rest = [x for x in leaves if x._age in nodes and x._age not in found]
    return found, leading_to(nodes, rest) if rest else {}


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
        if not isinstance(result, Variable):
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
