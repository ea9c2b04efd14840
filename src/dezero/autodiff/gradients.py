"""`gradients`: derivatives that are returned, while every `.grad` stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from dezero.autodiff.arguments import since
from dezero.autodiff.checks import check_kept, check_root, check_seed, variables, warn_unrecorded
from dezero.autodiff.integers import computed_in_narrow, in_wide_integers
from dezero.autodiff.sweep import from_user, ones, sweep, unshare
from dezero.autodiff.unused import no_path
from dezero.core.arithmetic import copied
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array
from dezero.core.graph import collect, leading_to
from dezero.core.marks import UNRECORDED
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, wrap
from dezero.core.watch.tracing import tracing

_Some = Variable | Sequence[Variable]
Seeds = ArrayLike | Sequence[ArrayLike | None] | None  # cotangents of the outputs, None for ones
Seed = Variable | Array | None


@overload
def gradients(
    outputs: _Some,
    inputs: _Some,
    grad_outputs: Seeds = None,
    create_graph: bool = False,
    unused: Literal["zeros", "error"] = "zeros",
) -> tuple[Variable, ...]: ...
@overload
def gradients(
    outputs: _Some, inputs: _Some, grad_outputs: Seeds = None, create_graph: bool = False, *, unused: Literal["none"]
) -> tuple[Variable | None, ...]: ...
def gradients(
    outputs: _Some, inputs: _Some, grad_outputs: Seeds = None, create_graph: bool = False, unused: str = "zeros"
) -> tuple[Variable | None, ...]:
    """The derivatives of the outputs, weighted by grad_outputs and added, in each of the inputs.

    outputs, inputs: a Variable or a sequence of them, of any shapes. grad_outputs: a cotangent of the output's
    shape for each output (None: ones). create_graph: record the derivatives, so that they can be differentiated
    again. unused: the derivative in an input on which no output depends, "zeros" or "none"; "error" raises a
    GraphError that says why there is no path. Returns a tuple with a Variable of each input's shape; changes no `.grad`
    and computes nothing that the inputs do not need. Raises TypeError for what is no Variable, ValueError for shapes
    that differ, GraphError for an output that no_grad computed, or where data was rebound after its use (a Variable
    further down that no_grad computed is a constant).

    >>> x, t = Variable(np.array(2.0)), Variable(np.array(3.0))
    >>> (u_x,) = gradients(x * x * t, x, create_graph=True)
    >>> gradients(u_x, (x, t))
    (variable(6.0), variable(4.0))
    """
    if unused not in ("zeros", "none", "error"):
        raise ValueError(f"gradients: unused must be 'zeros', 'none' or 'error', got {unused!r}")
    create_graph = create_graph or tracing()
    roots = variables(outputs, "gradients", "outputs")
    asked = variables(inputs, "gradients", "inputs")
    seeds = _seeds(roots, grad_outputs)
    for root in roots:
        check_root(root, "gradients")
    graph = collect(roots, "gradients", since(asked))
    check_kept(graph, asked, "gradients")
    nodes = leading_to(graph, asked)
    pairs = [(root, seed) for root, seed in zip(roots, seeds, strict=True) if root._age in nodes]
    keep = {x._age for x in asked}
    found: dict[int, Any] | None
    if create_graph:
        if grad_outputs is not None:
            pairs = [(root, None if _all_ones(root, seed) else seed) for root, seed in pairs]
        found = operations.recorded(graph, nodes, _merge(pairs), asked, False)
    else:
        found = sweep(nodes, _cotangents(pairs), keep, False)
        if unshare(found, nodes, [s for s in seeds if s is not None]) and computed_in_narrow(graph, asked):
            found = None
    if found is None:
        wide = in_wide_integers("gradients", collect(roots, "gradients"), asked)
        return gradients([wide[r._age] for r in roots], asked, seeds, create_graph, unused)  # type: ignore[call-overload, no-any-return]
    if not create_graph:
        found = {age: _unrecorded(found[age]) for age in keep if age in found}
    if unused == "zeros" and any([x._age not in nodes for x in asked]):
        warn_unrecorded("gradients", "an output does not depend on every input, but on", graph.values())
    results: list[Variable | None] = []
    for i, x in enumerate(asked):
        g = found.get(x._age)
        if g is None:
            if unused == "error" and x._age not in nodes:
                raise no_path(roots, asked, i)
            zeros = wrap if create_graph else _unrecorded
            g = zeros(np.zeros_like(x._data)) if unused != "none" else None
        elif any([g is other for other in results]):
            g = copied(g, given=True) if create_graph else _unrecorded(np.copy(g._data))  # an input that is given twice
        results.append(g)
    return tuple(results)


def _seeds(roots: list[Variable], grad_outputs: Seeds) -> list[Seed]:
    """A cotangent for each root, checked."""
    if grad_outputs is None:
        return [None] * len(roots)
    if isinstance(grad_outputs, bool):
        raise TypeError(f"gradients: grad_outputs is {grad_outputs}; for a recorded derivative say create_graph=True")
    seeds: list[Any] = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    if len(seeds) != len(roots):
        raise ValueError(f"gradients: {len(seeds)} grad_outputs for {len(roots)} outputs; give one for each, or None")
    for i, (root, seed) in enumerate(zip(roots, seeds, strict=True)):
        if seed is not None:
            seeds[i] = check_seed(root, seed, f"gradients: grad_outputs[{i}]", "the output")
    return seeds


def _all_ones(root: Variable, seed: Seed) -> bool:
    """Whether a cotangent is what None stands for, as in a call that was translated from PyTorch."""
    if type(seed) is not np.ndarray or seed.dtype != root.dtype or seed.dtype.kind != "f":
        return False
    return bool((seed == 1).all())


def _merge(pairs: list[tuple[Variable, Seed]]) -> dict[int, tuple[Variable, Seed]]:
    """One seed for each root, by age: the cotangents of an output that is given twice are added."""
    merged: dict[int, tuple[Variable, Seed]] = {}
    for root, seed in pairs:
        if root._age in merged:
            seed = _as_seed(root, seed) + _as_seed(root, merged[root._age][1])
        merged[root._age] = (root, seed)
    return merged


def _as_seed(root: Variable, seed: Seed) -> Variable:
    return seed if isinstance(seed, Variable) else wrap(ones(root) if seed is None else seed)


def _cotangents(pairs: list[tuple[Variable, Seed]]) -> dict[int, Array]:
    """Raw cotangents of the roots, by age; ones where none is given."""
    grads: dict[int, Array] = {}
    for root, seed in pairs:
        g = ones(root) if seed is None else from_user(raw(seed))
        grads[root._age] = grads[root._age] + g if root._age in grads else g
    return grads


def _unrecorded(data: Array) -> Variable:
    """A derivative without a graph, which says so where it is differentiated."""
    y = wrap(data)
    y._op = UNRECORDED
    return y
