"""Variable.backward: a derivative that accumulates into the `.grad` of leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.autodiff.arguments import since
from dezero.autodiff.checks import check_flags, check_kept, check_root, check_seed, variables, warn_unrecorded
from dezero.autodiff.integers import computed_in_narrow, in_wide_integers
from dezero.autodiff.sweep import from_user, ones, sweep, unshare
from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import using_config
from dezero.core.errors import GraphError, describe
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.marks import FROZEN, UNRECORDED
from dezero.core.op import declared
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import tracing


def backward(
    y: Variable, retain_grad: Any, create_graph: Any, inputs: object, gradient: ArrayLike | None = None
) -> None:
    """Variable.backward: accumulate into the `.grad` of the leaves, or of the inputs alone."""
    if type(retain_grad) is not bool or type(create_graph) is not bool:
        check_flags(y, retain_grad, create_graph)
    create_graph = create_graph or tracing()
    asked = None if inputs is None else variables(inputs, "backward", "inputs")
    check_root(y, "backward")
    graph = nodes = collect([y], "backward", 0 if retain_grad or not asked else since(asked))
    if retain_grad:
        check_kept(graph, [n for n in graph.values() if n._origin is None], "backward")
    if asked is not None:
        check_kept(graph, asked, "backward")
        nodes = leading_to(nodes, asked)
        if y._age not in nodes:
            return
    elif FROZEN.used and any([node._op is FROZEN for node in nodes.values()]):
        nodes = leading_to(nodes, [node for node in nodes.values() if not node._args and node._op is not FROZEN])
        if y._age not in nodes:
            raise GraphError("backward: requires_grad is False of every leaf from which this Variable was computed")
    seed = y._grad if y._args else None  # the gradient of a leaf accumulates, and is no seed
    if gradient is not None:
        seed = check_seed(y, gradient, "backward: gradient", "this Variable")
    found: dict[int, Any] | None
    if create_graph:
        found = operations.recorded(graph, nodes, {y._age: (y, seed)}, asked, retain_grad)
    else:
        keep = None if retain_grad else {x._age for x in asked or ()}
        found = sweep(nodes, {y._age: ones(y) if seed is None else from_user(raw(seed))}, keep, asked is None)
        if unshare(found, nodes, () if seed is None else (seed,)) and computed_in_narrow(graph, nodes.values()):
            found = None
    if found is None:  # the graph computes in narrow integers: differentiate a copy of it in wide ones
        kept = [n for n in graph.values() if n._args and n is not y and (retain_grad or n._grad is not None)]
        root = in_wide_integers("backward", collect([y], "backward"), [*kept, *(asked or ())])[y._age]
        root._grad = seed
        return backward(root, False, create_graph, inputs)
    if found and asked is None and all([nodes[age]._op is UNRECORDED for age in found]):
        warn_unrecorded("backward", "this Variable was computed from nothing but", nodes.values())
    _accumulate(nodes, found, asked, retain_grad, create_graph)


def _accumulate(
    nodes: Nodes, found: dict[int, Any], asked: list[Variable] | None, retain_grad: bool, create_graph: bool
) -> None:
    """Add the derivatives found, by age, to `.grad` of the nodes."""
    targets = set(found) if asked is None else {x._age for x in asked}
    for age in targets & found.keys():
        old = nodes[age]._grad
        if old is not None and np.shape(raw(old)) != nodes[age]._data.shape:
            raise ValueError(
                f"backward: {describe(nodes[age])} carries a gradient of shape {np.shape(raw(old))} from before its "
                "data changed shape; call cleargrad() first"
            )
    sums: list[tuple[Variable, Any]] = []  # computed before the first is assigned: an error changes no `.grad`
    for age, node in nodes.items():
        if age in found and age in targets:
            old = node._grad
            if old is None or (node._args and asked is None):  # an intermediate's was part of its cotangent
                sums.append((node, found[age]))
            elif create_graph:
                with using_config("enable_backprop", True):
                    sums.append((node, apply(declared["add"], node.grad, found[age])))  # type: ignore[arg-type]
            else:
                sums.append((node, raw(old) + found[age]))
        elif asked is None and node._grad is not None and node._args:
            sums.append((node, None))
    for node, total in sums:
        node._grad = total


operations.backward = backward  # type: ignore[attr-defined]
