"""What users ask of a graph: `backward`, which accumulates into `.grad`, and `gradients`, which returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, overload

import numpy as np

from dezero.backends import is_plain_array
from dezero.core import recipes
from dezero.core.aliases import ALIAS
from dezero.core.config import using_config
from dezero.core.derive import ones, recorded
from dezero.core.errors import GraphError, describe, foreign
from dezero.core.integers import computed_in_narrow, in_wide_integers
from dezero.core.marks import UNRECORDED, Cut
from dezero.core.op import Op, apply
from dezero.core.operators import raw
from dezero.core.registry import declared, operations
from dezero.core.sweep import Nodes, collect, inside, leading_to, own, sweep
from dezero.core.variable import Variable, wrap


def backward(y: Variable, retain_grad: Any, create_graph: Any, inputs: Any, gradient: Any = None) -> None:
    """Variable.backward: accumulate into the leaves' `.grad`, or into that of the inputs alone."""
    if type(retain_grad) is not bool or type(create_graph) is not bool:
        _check_flags(y, retain_grad, create_graph)
    asked = None if inputs is None else _variables(inputs, "backward", "inputs")
    _check_root(y, "backward")
    graph = nodes = collect([y], "backward")
    if retain_grad:
        check_kept(graph, [n for n in graph.values() if getattr(n, "_builder", None) is None], "backward")
    if asked is not None:
        check_kept(graph, asked, "backward")
        nodes = leading_to(nodes, asked)
        if y._seq not in nodes:
            return
    seed = y._grad if y._args else None  # a leaf's own gradient is what accumulates, not a seed
    if gradient is not None:
        seed = _seed(y, gradient, "backward: gradient", "this Variable")
    found: dict[int, Any] | None
    if create_graph:
        found = recorded(graph, nodes, {y._seq: (y, seed)}, asked, retain_grad)
    else:
        keep = None if retain_grad else {x._seq for x in asked or ()}
        found = sweep(nodes, {y._seq: ones(y) if seed is None else inside(raw(seed))}, keep, asked is None)
        if own(found, nodes, () if seed is None else (seed,)) and computed_in_narrow(graph, nodes.values()):
            found = None
    if found is None:  # the graph computes in narrow integers: the derivative is that of the same in wide ones
        kept = [n for n in graph.values() if n._args and n is not y and (retain_grad or n._grad is not None)]
        root = in_wide_integers("backward", graph, [*kept, *(asked or ())])[y._seq]
        root._grad = seed
        return backward(root, False, create_graph, inputs)
    _accumulate(nodes, found, asked, retain_grad, create_graph)


def _check_flags(y: Variable, retain_grad: Any, create_graph: Any) -> None:
    if not isinstance(create_graph, bool | np.bool):
        raise TypeError(f"backward: create_graph is {describe(create_graph)}; give True or False")
    if not isinstance(retain_grad, bool | np.bool):
        raise TypeError(
            f"backward: retain_grad is {describe(retain_grad)}; give True or False, or a gradient to start from in its "
            f"place, a Variable or array of shape {y.shape} such as numpy.ones({y.shape}), which is taken by default"
        )


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
    check_kept(graph, asked, "gradients")
    nodes = leading_to(graph, asked)
    pairs = [(root, seed) for root, seed in zip(roots, seeds, strict=True) if root._seq in nodes]
    keep = {x._seq for x in asked}
    found: dict[int, Any] | None
    if create_graph:
        found = recorded(graph, nodes, _merge(pairs), asked, False)
    else:
        found = sweep(nodes, _cotangents(pairs), keep, False)
        if own(found, nodes, [s for s in seeds if s is not None]) and computed_in_narrow(graph, asked):
            found = None
    if found is None:
        wide = in_wide_integers("gradients", graph, asked)
        return gradients([wide[r._seq] for r in roots], asked, seeds, create_graph, unused)  # type: ignore[call-overload, no-any-return]
    if not create_graph:
        found = {age: _unrecorded(found[age]) for age in keep if age in found}
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


def _cotangents(pairs: list[tuple[Variable, Any]]) -> dict[int, Any]:
    """Raw cotangents of the roots, by age; ones where no seed is given."""
    grads: dict[int, Any] = {}
    for root, seed in pairs:
        g = ones(root) if seed is None else inside(raw(seed))
        grads[root._seq] = grads[root._seq] + g if root._seq in grads else g
    return grads


def _unrecorded(data: Any) -> Variable:
    y = wrap(data)
    y._op = UNRECORDED
    return y


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


def _check_root(y: Variable, name: str) -> None:
    if y._data is None:
        raise GraphError(f"{name}: the Variable holds no data, so there is nothing to differentiate")
    if isinstance(y._op, Cut):
        raise GraphError(f"{name}: {describe(y)} {y._op.why}")


_OPENED = frozenset({"mul", "neg", "add", "sub", "div", "linear_combination", "pow", "full_like"})


def check_kept(graph: Nodes, asked: list[Variable], name: str) -> None:
    """GraphError for an intermediate that a rewritten derivative in the graph may have looked through, or shared."""
    inner = [x for x in asked if x._args and isinstance(x._op, Op) and x._op is not ALIAS]
    if not inner:
        return
    marks: dict[int, tuple[int, Any]] = {}  # of each derivative's nodes the youngest
    for age in sorted(graph):
        made_by = getattr(graph[age], "_builder", None)
        if made_by is not None:
            marks[id(made_by)] = (age, made_by)
    for x in inner:  # a derivative older than it cannot have looked through it
        opens = x._op.name in _OPENED or x._seq not in graph
        opened = any([opens and age > x._seq >= m.born and x._seq not in m.kept for age, m in marks.values()])
        shared = any([x._seq in mark.shared for _, mark in marks.values()])
        if shared or (opened and not collect([x]).keys().isdisjoint(graph)):
            raise GraphError(
                f"{name}: {describe(x)} is an intermediate that a derivative in this graph may have been rewritten "
                "without, or with in another place; ask for it in the derivative before "
                "(gradients(y, (x, intermediate), create_graph=True)), or take that one under "
                'using_config("simplify", False)'
            )


def _variables(value: Any, name: str, argument: str) -> list[Variable]:
    found = [value] if isinstance(value, Variable) else value
    remedy = "make x = Variable(array) first, and compute the outputs from x"
    if argument == "outputs":
        remedy = "compute it from Variables"
    if not isinstance(found, Iterable) or isinstance(found, str | np.ndarray):
        raise TypeError(f"{name}: {argument} must be a Variable or a sequence of them, got {describe(value)}; {remedy}")
    found = list(found)
    for i, x in enumerate(found):
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: {argument}[{i}] is {describe(x)}, not a Variable; {remedy}")
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
        if seed is not None:
            seeds[i] = _seed(root, seed, f"gradients: grad_outputs[{i}]", "the output")
    return seeds


def _seed(root: Variable, seed: Any, what: str, of: str) -> Any:
    """A cotangent that was given, as a Variable or array."""
    if isinstance(seed, np.ndarray) and not is_plain_array(seed):
        raise foreign(what, seed)
    if raw(seed) is None or np.asarray(raw(seed)).dtype.kind not in "fiubc":
        raise TypeError(f"{what} is {describe(seed)}, which holds no numbers")
    if np.shape(raw(seed)) != root.shape:
        raise ValueError(f"{what} has shape {np.shape(raw(seed))}, {of} has shape {root.shape}")
    return seed if isinstance(seed, Variable) else np.asarray(seed)


def _merge(pairs: list[tuple[Variable, Any]]) -> dict[int, tuple[Variable, Any]]:
    """One seed a root: an output asked for twice gets the sum of its cotangents."""
    merged: dict[int, tuple[Variable, Any]] = {}
    for root, seed in pairs:
        if root._seq in merged:
            seed = _as_seed(root, seed) + _as_seed(root, merged[root._seq][1])
        merged[root._seq] = (root, seed)
    return merged


def _as_seed(root: Variable, seed: Any) -> Variable:
    return seed if isinstance(seed, Variable) else wrap(ones(root) if seed is None else seed)


operations.backward = backward  # type: ignore[attr-defined]
