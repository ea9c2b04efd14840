"""What users ask of a graph: `backward`, which accumulates into `.grad`, and `gradients`, which returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, overload

import numpy as np

from dezero.core import recipes
from dezero.core.aliases import ALIAS
from dezero.core.config import simplifying, using_config
from dezero.core.errors import GraphError, describe
from dezero.core.factors import OutOfRange
from dezero.core.op import Op, apply, make
from dezero.core.operators import raw
from dezero.core.registry import declared, operations
from dezero.core.reverse import Plain, reverse
from dezero.core.sweep import Nodes, collect, inside, leading_to, own, sweep
from dezero.core.tangent import sweep_up
from dezero.core.term import Term
from dezero.core.terms import Builder
from dezero.core.variable import UNRECORDED, Cut, Variable, wrap

# A tangent sweep a leaf is a pass over the graph each; from this many leaves on, one reverse sweep for all is cheaper.
_MOST_PASSES = 8


def backward(y: Variable, retain_grad: bool, create_graph: bool, inputs: Any) -> None:
    """Variable.backward: accumulate into the leaves' `.grad`, or into that of the inputs alone."""
    asked = None if inputs is None else _variables(inputs, "backward", "inputs")
    _check_root(y, "backward")
    graph = nodes = collect([y], "backward")
    if asked is not None:
        _check_kept(graph, asked, "backward")
        nodes = leading_to(nodes, asked)
        if y._seq not in nodes:
            return
    seed = y._grad if y._args else None  # a leaf's own gradient is what accumulates, not a seed
    if create_graph:
        found = _recorded(graph, nodes, {y._seq: (y, seed)}, asked, retain_grad)
    else:
        keep = None if retain_grad else {x._seq for x in asked or ()}
        found = sweep(nodes, {y._seq: _ones(y) if seed is None else inside(raw(seed))}, keep, asked is None)
        own(found, nodes, () if seed is None else (seed,))
    _accumulate(nodes, found, asked, retain_grad, create_graph)


_Some = Variable | Sequence[Variable]


@overload
def gradients(
    outputs: _Some,
    inputs: _Some,
    grad_outputs: Any = None,
    create_graph: bool = False,
    unused: Literal["zeros"] = "zeros",
) -> tuple[Variable, ...]: ...
@overload
def gradients(
    outputs: _Some, inputs: _Some, grad_outputs: Any = None, create_graph: bool = False, *, unused: Literal["none"]
) -> tuple[Variable | None, ...]: ...
def gradients(
    outputs: _Some, inputs: _Some, grad_outputs: Any = None, create_graph: bool = False, unused: str = "zeros"
) -> tuple[Variable | None, ...]:
    """The derivatives of the outputs, weighted by grad_outputs and added, in each of the inputs.

    outputs, inputs: a Variable or a sequence of them, of any shapes. grad_outputs: a cotangent of the output's
    shape for each output (None: ones). create_graph: record the derivatives, so that they can be differentiated
    again. unused: what an input that the outputs do not depend on gets, "zeros" or "none". Returns a tuple with
    one Variable of each input's shape; touches no `.grad` and computes nothing that the inputs do not need.
    Raises TypeError for what is no Variable, ValueError for shapes that differ, GraphError for an output that
    no_grad computed, or where data was rebound after its use (what no_grad computed below an output is a constant).

    >>> x, t = Variable(np.array(2.0)), Variable(np.array(3.0))
    >>> (u_x,) = gradients(x * x * t, x, create_graph=True)
    >>> gradients(u_x, (x, t))
    (variable(6.0), variable(4.0))
    """
    if unused not in ("zeros", "none"):
        raise ValueError(f"gradients: unused must be 'zeros' or 'none', got {unused!r}")
    roots = _variables(outputs, "gradients", "outputs")
    asked = _variables(inputs, "gradients", "inputs")
    seeds = _seeds(roots, grad_outputs)
    for root in roots:
        _check_root(root, "gradients")
    graph = collect(roots, "gradients")
    _check_kept(graph, asked, "gradients")
    nodes = leading_to(graph, asked)
    pairs = [(root, seed) for root, seed in zip(roots, seeds, strict=True) if root._seq in nodes]
    keep = {x._seq for x in asked}
    if create_graph:
        found = _recorded(graph, nodes, _merge(pairs), asked, False)
    else:
        grads: dict[int, Any] = {}
        for root, seed in pairs:
            g = _ones(root) if seed is None else inside(raw(seed))
            grads[root._seq] = grads[root._seq] + g if root._seq in grads else g
        found = {age: g for age, g in sweep(nodes, grads, keep, False).items() if age in keep}
        own(found, nodes, [s for s in seeds if s is not None])
        found = {age: _unrecorded(g) for age, g in found.items()}
    results: list[Variable | None] = []
    for x in asked:
        g = found.get(x._seq)
        if g is None:
            zeros = wrap if create_graph else _unrecorded
            g = zeros(np.zeros_like(x._data)) if unused == "zeros" else None
        elif any([g is other for other in results]):
            g = recipes.twin(g, given=True) if create_graph else _unrecorded(np.copy(g._data))  # asked for twice
        results.append(g)
    return tuple(results)


def _unrecorded(data: Any) -> Variable:
    y = wrap(data)
    y._op = UNRECORDED
    return y


# -- recording the derivative ----------------------------------------------------------------------------------


def _recorded(
    graph: Nodes,
    nodes: Nodes,
    seeds: dict[int, tuple[Variable, Any]],
    asked: list[Variable] | None,
    retain_grad: bool,
) -> dict[int, Variable]:
    """Cotangents of the asked (or of all leaves; with retain_grad of every node) as Variables with a graph."""
    if not seeds:
        return {}
    carried = () if asked else [n for a, n in nodes.items() if n._grad is not None and n._args and a not in seeds]
    seeded = any([seed is not None for _, seed in seeds.values()])
    ages: list[int] = []
    structure = None  # what no recipe is noted of has none
    if simplifying() and not (carried or retain_grad or seeded):
        ages, structure = recipes.structure(graph, list(seeds), None if asked is None else [x._seq for x in asked])
    recipe = recipes.known(structure)
    if recipe is not None:
        return recipe.follow([graph[age] for age in ages], next(iter(seeds.values()))[0], asked)
    try:
        found, twins = _derived(graph, nodes, seeds, asked, retain_grad, carried)
    except OutOfRange:  # then by the rules as they stand
        with using_config("simplify", False):
            return _derived(graph, nodes, seeds, asked, retain_grad, carried)[0]
    recipes.learn(structure, ages, graph, found, twins)
    return found


def _derived(
    graph: Nodes,
    nodes: Nodes,
    seeds: dict[int, tuple[Variable, Any]],
    asked: list[Variable] | None,
    retain_grad: bool,
    carried: Sequence[Variable],
) -> tuple[dict[int, Variable], dict[int, Variable]]:
    """The cotangents, and of which nodes they are twins."""
    root, seed = next(iter(seeds.values()))
    opaque = [n for n in nodes.values() if n._args] if retain_grad else asked or ()
    build: Any = Plain()
    if simplifying():
        inner = any([x._args for x in opaque])
        again = None if inner or carried or len(seeds) > 1 or seed is not None else _derived_anew(root)
        if again is not None:
            build, root = again
            above, seeds = collect([root]), {root._seq: (root, None)}
            graph, nodes = graph | above, leading_to(above, [n for n in nodes.values() if not n._args])
        else:
            build = Builder.for_graph(graph, root, opaque)
    terms = {age: _seed_term(build, root, seed) for age, (root, seed) in seeds.items()}
    for node in carried:
        terms[node._seq] = _inside(build, node.grad)  # type: ignore[arg-type]
    found: dict[int, Any] = {}
    if isinstance(build, Builder) and len(terms) == 1 and not retain_grad:
        found, nodes = _by_tangents(build, nodes, root, terms[root._seq], asked)
    by_tangents = bool(found) and not nodes
    if nodes:
        keep = None if retain_grad else {x._seq for x in asked or ()}
        with using_config("enable_backprop", True):
            found |= {age: g for age, g in reverse(build, nodes, terms, keep).items() if age not in found}
    ages = found if asked is None else dict.fromkeys([x._seq for x in asked if x._seq in found])
    finish = _Finish(build, root, {id(node) for node in graph.values()})
    results = {age: finish(found[age], graph[age]) for age in ages}
    if by_tangents and not build.asked:  # a derivative in an intermediate commutes with no other
        for result in results.values():
            if id(result) in finish.twins:  # nothing that the builder holds refers to a twin, so no circle closes
                result._builder = build
    return results, finish.twins


def _derived_anew(root: Variable) -> tuple[Builder, Variable] | None:
    """A root that followed recipes, derived once more by one builder; None where it did not, or cannot be.

    What earlier orders found is what keeps the next one small, and recipes keep none of it.
    """
    leaves = []
    while isinstance(past := getattr(root, "_builder", None), recipes.Past):
        root = past.root
        leaves.append(past.leaf)
    if not leaves:
        return None
    try:
        build = Builder.for_graph(collect([root]), root)
        for leaf in reversed(leaves):
            path = leading_to(collect([root]), (leaf,))
            term = sweep_up(build, path, root, _seed_term(build, root, None), leaf)
            node = None if term is None else build.node(term)
            if not isinstance(node, Variable):
                return None
            root = node
    except GraphError:  # something that only the lower orders need has changed since
        return None
    return build, root


def _by_tangents(
    build: Builder, nodes: Nodes, root: Variable, seed: Term, asked: list[Variable] | None
) -> tuple[dict[int, Term], Nodes]:
    """The derivatives that tangent sweeps give, and the nodes that the others still need."""
    leaves = [n for n in nodes.values() if not n._args] if asked is None else asked
    if len(leaves) == 1:
        term = sweep_up(build, nodes, root, seed, leaves[0])
        return ({}, nodes) if term is None else ({leaves[0]._seq: term}, {})
    found: dict[int, Term] = {}
    if len(leaves) <= _MOST_PASSES:
        for leaf in leaves:
            term = sweep_up(build, leading_to(nodes, (leaf,)), root, seed, leaf) if leaf._seq in nodes else None
            if term is not None:
                found[leaf._seq] = term
    rest = [x for x in leaves if x._seq in nodes and x._seq not in found]
    return found, leading_to(nodes, rest) if rest else {}


def _seed_term(build: Any, root: Variable, seed: Any) -> Any:
    if seed is None:
        if isinstance(build, Plain):
            return wrap(_ones(root))
        return Term(build, 1, None) if root.dtype.kind in "fc" else build.full(1, _ones(root))
    return _inside(build, seed if isinstance(seed, Variable) else wrap(seed))


def _inside(build: Any, seed: Variable) -> Any:
    return build.term(seed) if seed.dtype.kind != "c" else build.conj(build.term(seed))


class _Finish:
    """Makes Variables of terms: of the right shape and dtype, and such that nobody else holds them.

    twins: by id of a result, the node it is a twin of: what hash-consing gave back may be a node that the user
    holds already (d exp = y), and the builder keeps its own.
    """

    def __init__(self, build: Builder | Plain, root: Variable, given: set[int]) -> None:
        self.build, self.given = build, given
        self.kind = root.dtype if root.dtype.kind in "fc" else np.dtype(np.int64)
        self.twins: dict[int, Variable] = {}

    def __call__(self, term: Any, node: Variable) -> Variable:
        result = self.build.node(term)
        if getattr(result, "dtype", node.dtype).kind == "c":  # as sweep.outside does for raw arrays
            result = self.build.node(self.build.conj(term) if node.dtype.kind == "c" else self.build.real(term))
        if not isinstance(result, Variable):
            kind = node.dtype if node.dtype.kind in "fc" else np.result_type(self.kind, np.asarray(result).dtype)
            return make(declared["full_like"].bind(fill_value=np.copy(result)[()], dtype=kind), (node,))
        if node.dtype.kind in "fc" and result.dtype != node.dtype:
            return make(declared["astype"].bind(dtype=node.dtype), (result,))
        twin = recipes.twin(result, given=id(result) in self.given)
        self.twins[id(twin)] = result
        if isinstance(self.build, Builder):
            twin._builder = self.build.mark
        return twin


# -- seeds, checks, accumulation -------------------------------------------------------------------------------


def _accumulate(nodes: Nodes, found: dict[int, Any], asked: Any, retain_grad: bool, create_graph: bool) -> None:
    targets = set(found) if asked is None else {x._seq for x in asked}
    for age in targets & found.keys():
        old = nodes[age]._grad
        if old is not None and np.shape(raw(old)) != nodes[age]._data.shape:
            raise ValueError(
                f"backward: {describe(nodes[age])} carries a gradient of shape {np.shape(raw(old))} from before its "
                "data changed shape; call cleargrad() first"
            )
    sums: list[tuple[Variable, Any]] = []  # all of them before the first is assigned: one that raises changes nothing
    for age, node in nodes.items():
        if age in found and age in targets:
            old = node._grad
            if old is None or (node._args and asked is None):  # an intermediate's own was part of its cotangent
                sums.append((node, found[age]))
            elif create_graph:
                with using_config("enable_backprop", True):
                    sums.append((node, apply(declared["add"], node.grad, found[age])))
            else:
                sums.append((node, raw(old) + found[age]))
        elif asked is None and node._grad is not None and node._args:
            sums.append((node, None))
    for node, total in sums:
        node._grad = total


def _ones(y: Variable) -> Any:
    data = y._data
    kind = data.dtype if data.dtype.kind in "fc" else np.dtype(np.int64)  # narrow integers would wrap around
    return np.ones(data.shape, kind) if isinstance(data, np.ndarray) else kind.type(1)


def _check_root(y: Variable, name: str) -> None:
    if y._data is None:
        raise GraphError(f"{name}: the Variable holds no data, so there is nothing to differentiate")
    if isinstance(y._op, Cut):
        raise GraphError(f"{name}: {describe(y)} {y._op.why}")


_OPENED = frozenset({"mul", "neg", "add", "sub", "div", "linear_combination", "pow", "full_like"})


def _check_kept(graph: Nodes, asked: list[Variable], name: str) -> None:
    """GraphError for an intermediate that a rewritten derivative in the graph may have looked through."""
    inner = [x for x in asked if x._args and isinstance(x._op, Op) and x._op is not ALIAS]
    inner = [x for x in inner if x._op.name in _OPENED or x._seq not in graph]
    if not inner:
        return
    marks: dict[int, tuple[int, Any]] = {}  # of each derivative's nodes the youngest
    for age in sorted(graph):
        made_by = getattr(graph[age], "_builder", None)
        if made_by is not None:
            marks[id(made_by)] = (age, made_by.kept)
    for x in inner:  # a derivative older than it cannot have looked through it
        opened = any([age > x._seq and x._seq not in kept for age, kept in marks.values()])
        if opened and not collect([x]).keys().isdisjoint(graph):
            raise GraphError(
                f"{name}: {describe(x)} is an intermediate that a derivative in this graph may have been rewritten "
                "without; ask for it in the derivative before (gradients(y, (x, intermediate), create_graph=True)), or "
                'take that one under using_config("simplify", False)'
            )


def _variables(value: Any, name: str, argument: str) -> list[Variable]:
    found = [value] if isinstance(value, Variable) else value
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise TypeError(f"{name}: {argument} must be a Variable or a sequence of them, got {describe(value)}")
    found = list(found)
    for i, x in enumerate(found):
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: {argument}[{i}] is {describe(x)}, not a Variable")
    return found


def _seeds(roots: list[Variable], grad_outputs: Any) -> list[Any]:
    if grad_outputs is None:
        return [None] * len(roots)
    if isinstance(grad_outputs, bool):
        raise TypeError(f"gradients: grad_outputs is {grad_outputs}; for a recorded derivative say create_graph=True")
    seeds = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    if len(seeds) != len(roots):
        raise ValueError(f"gradients: {len(seeds)} grad_outputs for {len(roots)} outputs; give one for each, or None")
    for i, (root, seed) in enumerate(zip(roots, seeds, strict=True)):
        if seed is not None and (raw(seed) is None or np.asarray(raw(seed)).dtype.kind not in "fiubc"):
            raise TypeError(f"gradients: grad_outputs[{i}] is {describe(seed)}, which holds no numbers")
        if seed is not None and np.shape(raw(seed)) != root.shape:
            raise ValueError(
                f"gradients: grad_outputs[{i}] has shape {np.shape(raw(seed))}, the output has shape {root.shape}"
            )
    return [s if s is None or isinstance(s, Variable) else np.asarray(s) for s in seeds]


def _merge(pairs: list[tuple[Variable, Any]]) -> dict[int, tuple[Variable, Any]]:
    """One seed a root: an output asked for twice gets the sum of its cotangents."""
    merged: dict[int, tuple[Variable, Any]] = {}
    for root, seed in pairs:
        if root._seq in merged:
            seed = _as_seed(root, seed) + _as_seed(root, merged[root._seq][1])
        merged[root._seq] = (root, seed)
    return merged


def _as_seed(root: Variable, seed: Any) -> Variable:
    return seed if isinstance(seed, Variable) else wrap(_ones(root) if seed is None else seed)


operations.backward = backward  # type: ignore[attr-defined]
