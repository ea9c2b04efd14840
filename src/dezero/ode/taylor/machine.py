"""Taylor's method for compiled right sides: all steps in machine code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from dezero.autodiff.arguments import as_argument
from dezero.compiler.api import Compiled
from dezero.compiler.graph import Unsupported
from dezero.compiler.specialise import Specialisation
from dezero.compiler.tracing import trees
from dezero.compiler.tracing.sources import RANDOM
from dezero.core.config import recording
from dezero.core.dtypes import Array, Shape
from dezero.core.variable import Argument, Variable, wrap
from dezero.core.watch.tracing import TRACES, ConcretizationError
from dezero.derivatives.trees import flatten
from dezero.ode.taylor.pieces import Pieces
from dezero.ode.taylor.walk import Asked, longest_of, order_for, refuse_more_steps, times_of

Outcome = tuple[Any, dict[str, Any]]
# The integrators of a specialisation by their orders, or why there is none.
_KEPT: WeakKeyDictionary[Specialisation, dict[int, Any]] = WeakKeyDictionary()


def in_machine_code(f: Compiled, asked: Asked, dense: bool) -> tuple[Outcome | None, str]:
    """What odeint_taylor finds and tells; or None, and why NumPy is to take the steps.

    asked: with the function of which f was made. Raises what `walked` raises, and where f was compiled with
    fallback="error" Unsupported or ConcretizationError for a right side that has no machine code.
    """
    leaves, rebuild = flatten(asked.y0)
    given = [*leaves, *flatten(tuple(asked.args))[0]]
    if TRACES or (recording() and any([isinstance(x, Variable) for x in given])):
        return None, "derivatives may be asked for, in y0 or args"
    if f.strict:
        return None, "strict=True asks for NumPy's roundings"
    if not leaves or not 0 < asked.tol < 1:
        return None, "the arguments are refused"
    times, states = times_of(asked.t), [as_argument("odeint_taylor", x) for x in leaves]
    order, longest = order_for(asked.order, max(asked.tol, _EPS)), longest_of(asked.max_step)
    if any([y.dtype != np.float64 for y in states]):
        return None, "y0 is not float64 throughout"
    call = (rebuild(states), Argument(np.asarray(times[0])), *asked.args)
    try:
        found = f.traced(*call)
        integrator = _integrator(found, states, call[0], order)
    except (Unsupported, ConcretizationError, ImportError) as reason:
        if f.fallback == "error":
            raise
        return None, str(reason)
    if recording() and any([isinstance(source.holder, Variable) for source in found.trace.captured]):
        return None, "derivatives may be asked for, in Variables that f reads"
    arrays = found.inputs(trees.flatten((call, {}))[0])
    if arrays is None:
        return None, "arrays that f reads change"
    from dezero.compiler.integration import steps
    from dezero.compiler.integration.integrator import Integration

    with np.errstate(all="ignore"):
        way = Integration(times, max(asked.tol, _EPS), asked.max_steps, longest, dense)
        result = integrator.run(arrays, way)
    if result.why == steps.FAILED:
        return None, f"no step is short enough at t = {result.t}"  # NumPy finds out why, from the start
    return _finished(asked, result, times, order, [y.shape for y in states], dense), ""


_EPS = float(np.finfo(np.float64).eps)


def _integrator(found: Specialisation, states: Sequence[Variable], tree: Any, order: int) -> Any:
    """The integrator of a right side. Raises Unsupported with the reason where there is none."""
    kept = _KEPT.setdefault(found, {})
    if order not in kept:
        try:
            kept[order] = _made(found, states, tree, order)
        except (Unsupported, ImportError) as reason:
            kept[order] = str(reason)
    if isinstance(kept[order], str):
        raise Unsupported(kept[order])
    return kept[order]


def _made(found: Specialisation, states: Sequence[Variable], tree: Any, order: int) -> Any:
    from dezero.compiler.integration.integrator import Integrator

    trace, graph = found.trace, found.graph
    if trace.gradients or trace.cleared or trace.stepped or graph.updates:
        raise Unsupported("f changes what is outside of it")
    if any([source.kind == RANDOM for source in trace.captured]):
        raise Unsupported("f draws random numbers")
    if trace.structure != trees.flatten(tree)[1]:
        raise Unsupported("f does not return the structure of y0")
    rates = [graph.nodes[place] for place in graph.outputs]
    if [(r.shape, r.dtype) for r in rates] != [(y.shape, y.dtype) for y in states]:
        raise Unsupported("f does not return the shapes and dtypes of y0")
    return Integrator(graph, len(states), order)


def _finished(asked: Asked, found: Any, times: Array, order: int, shapes: Sequence[Shape], dense: bool) -> Outcome:
    """The values in the structure of y0. RuntimeError where steps did not suffice."""
    from dezero.compiler.integration import steps

    rebuild = flatten(asked.y0)[1]
    if found.why == steps.TOO_MANY:
        refuse_more_steps(asked.max_steps, found.t, float(times[-1]))
    values = [wrap(x) for x in _parts(found.values, shapes)]
    told: dict[str, Any] = {"order": order, "steps": found.steps, "rejected": found.rejected}
    pieces = Pieces(rebuild, False)
    start = float(times[0])
    for end, rows in zip(found.ends, found.polynomials, strict=True):
        pieces.add(start, end, [_parts(row, shapes) for row in rows])
        start = end
    if dense:
        told["sol"] = pieces
    return rebuild(values), told


def _parts(flat: Array, shapes: Sequence[Shape]) -> list[Array]:
    """The states in vectors of all numbers, which are the last axis."""
    found, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        found.append(flat[..., at : at + size].reshape(*flat.shape[:-1], *shape).copy())
        at += size
    return found
