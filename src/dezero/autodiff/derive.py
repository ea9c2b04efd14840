"""The derivative of a graph as a graph: by cached steps, by tangents or in reverse, whichever keeps it small."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.autodiff import cached
from dezero.autodiff.arguments import born_of
from dezero.autodiff.integers import computed_in_narrow
from dezero.autodiff.reverse import reverse
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
from dezero.rewriting.origin import Replayed, origin_of, resume_of
from dezero.rewriting.program import graph_key
from dezero.rewriting.term import Term

# A tangent sweep a leaf is a pass over the graph each; from this many leaves on, one reverse sweep for all is cheaper.
_MOST_PASSES = 8
# Nodes of a graph whose derivative is taken by the rules as they stand where the rewritten one overflows: they make
# graphs that grow exponentially with the order.
_MOST_BY_RULES = 1000


def recorded(
    graph: Nodes,
    nodes: Nodes,
    seeds: dict[int, tuple[Variable, Any]],
    asked: list[Variable] | None,
    retain_grad: bool,
) -> dict[int, Variable] | None:
    """Cotangents of the asked (or of all leaves; with retain_grad of every node) as Variables with a graph.

    None where the graph computes in narrow integers (see integers.py).
    """
    if not seeds:
        return {}
    carried = () if asked else [n for a, n in nodes.items() if n._grad is not None and n._args and a not in seeds]
    seeded = any([seed is not None for _, seed in seeds.values()])
    born = born_of(asked)
    ages: list[int] = []
    key = None  # None: this derivative is not cached
    if simplifying() and not (carried or retain_grad or seeded):
        places = None if asked is None else [x._seq for x in asked]
        ages, key = graph_key(graph, list(seeds), places, bool(born))
    derivation = cached.find(key)
    root = next(iter(seeds.values()))[0]
    guarded = root._data.dtype.char in "efF" and simplifying() and len(graph) < _MOST_BY_RULES
    if derivation is not None and not guarded:
        return derivation.replay([graph[age] for age in ages], root, asked, born)
    if derivation is None and computed_in_narrow(graph, asked or nodes.values()):
        return None
    request = graph, nodes, seeds, asked, retain_grad, carried, born
    try:
        with np.errstate(over="raise") if guarded else contextlib.nullcontext():
            if derivation is not None:
                return derivation.replay([graph[age] for age in ages], root, asked, born)
            found, twins, shared = _derived(*request)
    except OutOfRange:
        return _by_rules(*request)
    except FloatingPointError:  # the rules multiply in another order, which may not overflow
        if not guarded:
            raise
        return _by_rules(*request)
    cached.store(key, ages, graph, found, twins, shared)
    return found


def _by_rules(*request: Any) -> dict[int, Variable]:
    """The derivative by the rules as they stand."""
    with using_config("simplify", False):
        return _derived(*request)[0]


def _derived(
    graph: Nodes,
    nodes: Nodes,
    seeds: dict[int, tuple[Variable, Any]],
    asked: list[Variable] | None,
    retain_grad: bool,
    carried: Sequence[Variable],
    born: int,
) -> tuple[dict[int, Variable], dict[int, Variable], set[int]]:
    """The cotangents, of which nodes they are twins, and the ages of nodes that stand for others too."""
    root, seed = next(iter(seeds.values()))
    start = tick()
    given = [x for x in (*(seed for _, seed in seeds.values()), *(n.grad for n in carried)) if isinstance(x, Variable)]
    inner = [n for n in nodes.values() if n._args] if retain_grad else []
    before = [n for n in graph.values() if n._args and n._seq < born and n._op is not ALIAS] if born else []
    opaque = [*inner, *(asked or ()), *[x for x in given if x._op is not ALIAS], *before]
    F: Any = RecordedReading()
    if simplifying():
        anew = not (carried or len(seeds) > 1 or seed is not None or any([x._args for x in opaque]))
        again = _derived_anew(root) if anew else None
        if again is not None:
            F, root = again
            above, seeds = collect([root]), {root._seq: (root, None)}
            graph, nodes = graph | above, leading_to(above, [n for n in nodes.values() if not n._args])
        else:
            F = Algebra.for_graph(graph, root, opaque, born)
    terms = {age: _seed_term(F, root, seed) for age, (root, seed) in seeds.items()}
    for node in carried:
        terms[node._seq] = _inside(F, node.grad)  # type: ignore[arg-type]
    found: dict[int, Any] = {}
    if isinstance(F, Algebra) and len(terms) == 1 and not retain_grad:
        found, nodes = _by_tangents(F, nodes, root, terms[root._seq], asked)
    by_tangents = bool(found) and not nodes
    if nodes:
        keep = None if retain_grad else {x._seq for x in asked or ()}
        with using_config("enable_backprop", True):
            found |= {age: g for age, g in reverse(F, nodes, terms, keep).items() if age not in found}
    ages = found if asked is None else dict.fromkeys([x._seq for x in asked if x._seq in found])
    finish = _Finish(F, root, {id(node) for node in (*graph.values(), *given)}, start)
    results = {age: finish(found[age], graph[age]) for age in ages}
    if by_tangents and not F.asked:  # a derivative in an intermediate commutes with no other
        F.session.end()
        for result in results.values():
            if id(result) in finish.twins:  # nothing that the builder holds refers to a twin, so no circle closes
                result._origin = F.origin.resuming(F)
    return results, finish.twins, F.shared


def _derived_anew(root: Variable) -> tuple[Algebra, Variable] | None:
    """A root that followed recipes, derived once more by one builder; None where it did not, or cannot be.

    What earlier orders found is what keeps the next one small, and recipes keep none of it.
    """
    leaves = []
    while isinstance(past := resume_of(root), Replayed) and past.cuts == cuts():
        root = past.root
        leaves.append(past.leaf)
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
    except GraphError:  # something that only the lower orders need has changed since
        return None
    return F, root


def _by_tangents(
    F: Algebra, nodes: Nodes, root: Variable, seed: Term, asked: list[Variable] | None
) -> tuple[dict[int, Term], Nodes]:
    """The derivatives that tangent sweeps give, and the nodes that the others still need."""
    leaves = [n for n in nodes.values() if not n._args] if asked is None else asked
    if len(leaves) == 1:
        term = tangent_sweep(F, nodes, root, seed, leaves[0])
        return ({}, nodes) if term is None else ({leaves[0]._seq: term}, {})
    found: dict[int, Term] = {}
    if len(leaves) <= _MOST_PASSES:
        for leaf in leaves:
            term = tangent_sweep(F, leading_to(nodes, (leaf,)), root, seed, leaf) if leaf._seq in nodes else None
            if term is not None:
                found[leaf._seq] = term
    rest = [x for x in leaves if x._seq in nodes and x._seq not in found]
    return found, leading_to(nodes, rest) if rest else {}


def _seed_term(F: Any, root: Variable, seed: Any) -> Any:
    if seed is None:
        if isinstance(F, RecordedReading):
            return wrap(ones(root))
        return Term(F, 1, None) if root.dtype.kind in "fc" else F.full(1, ones(root))
    return _inside(F, seed if isinstance(seed, Variable) else wrap(seed))


def _inside(F: Any, seed: Variable) -> Any:
    return F.term(seed) if seed.dtype.kind != "c" else F.conj(F.term(seed))


class _Finish:
    """Makes Variables of terms: of the right shape and dtype, and such that nobody else holds them.

    given: ids of the nodes that the user may hold; so may he any that is older than start and that no derivative made.
    twins: by id of a result, the node it is a twin of: what hash-consing gave back may be a node that the user
    holds already (d exp = y), and the builder keeps its own.
    """

    def __init__(self, F: Algebra | RecordedReading, root: Variable, given: set[int], start: int) -> None:
        self.F, self.given, self.start = F, given, start
        self.kind = root.dtype if root.dtype.kind in "fc" else np.dtype(np.int64)
        self.twins: dict[int, Variable] = {}

    def __call__(self, term: Any, node: Variable) -> Variable:
        result = self.F.node(term)
        if getattr(result, "dtype", node.dtype).kind == "c":  # as sweep.outside does for raw arrays
            result = self.F.node(self.F.conj(term) if node.dtype.kind == "c" else self.F.real(term))
        if not isinstance(result, Variable):
            kind = node.dtype if node.dtype.kind in "fc" else np.result_type(self.kind, np.asarray(result).dtype)
            return make(declared["full_like"].bind(fill_value=np.copy(result)[()], dtype=kind), (node,))
        if node.dtype.kind in "fc" and result.dtype != node.dtype:
            return make(declared["astype"].bind(dtype=node.dtype), (result,))
        older = result._seq < self.start and origin_of(result) is None
        twin = copied(result, given=older or id(result) in self.given)
        self.twins[id(twin)] = result
        if isinstance(self.F, Algebra):
            twin._origin = self.F.origin
        return twin


operations.recorded = recorded  # type: ignore[attr-defined]
