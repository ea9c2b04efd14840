"""How far a Taylor step is good for derivatives, where the solution itself does not show it.

At an equilibrium, or where a coefficient is 0, the solution stays still, and its derivatives move all the same. They
are sums of what the adjoint equation l' = l df/dy gives, and of l df/dp for what f depends on besides.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.arraylike import raw
from dezero.core.config import using_config
from dezero.core.errors import GraphError
from dezero.core.variable import Variable
from dezero.optimize.branches import Run
from dezero.series.equation import Solution

_EQUAL = 1e-6  # relative difference of derivatives at two times some roundings apart that is no jump


def reach(run: Run, order: int, tol: float) -> float:
    """The length of step that solves the adjoint equation to the tolerance, for a random cotangent.

    run: f for states that are leaves. Infinite where nothing depends on anything.
    """
    rng = np.random.default_rng(0)
    cotangents = [
        Variable(np.asarray(rng.choice([-1, 1], y.shape) * rng.uniform(0.5, 1.5, y.shape), y.dtype)) for y in run.states
    ]
    outside = _outside(run)
    try:
        with using_config("enable_backprop", True):
            pulled = gradients(run.rates, [*run.states, *outside], grad_outputs=cotangents, create_graph=True)
            sums = [Variable(np.zeros_like(x.data)) for x in outside]
            solution = Solution([*run.rates, *pulled], [*run.states, *cotangents, *sums], run.time)
            with np.errstate(all="ignore"):
                terms = [solution[k][len(run.states) :] for k in range(order + 1)]
    except GraphError:  # f cuts its graph, or asks for what a derivative was rewritten without
        return math.inf
    n = len(cotangents)
    groups = [range(n), *[range(n + i, n + i + 1) for i in range(len(outside))]]
    sizes = [[max([_size(terms[k][i]) for i in group], default=0.0) for k in range(order + 1)] for group in groups]
    return min([_length(s, tol) for s in sizes])


def differ(left: Run, right: Run) -> bool:
    """Whether the derivatives of f in what it depends on jump from one place to the next."""
    pairs = zip(_pulled(left), _pulled(right), strict=False)
    with np.errstate(invalid="ignore"):
        return any([np.any(np.abs(a - b) > _EQUAL * np.maximum(np.abs(a), np.abs(b))) for a, b in pairs])


def _pulled(run: Run) -> list[Any]:
    ones = [Variable(np.ones(y.shape, y.dtype)) for y in run.rates]
    try:
        return [g.data for g in gradients(run.rates, [*run.states, *_outside(run)], grad_outputs=ones)]
    except GraphError:
        return []


def _length(sizes: list[float], tol: float) -> float:
    """Where the last two terms are the tolerance times the largest of the others."""
    p, lengths = len(sizes) - 1, []
    for j in (p - 1, p):
        below = [(tol * sizes[k] / sizes[j]) ** (1 / (j - k)) for k in range(j - 1) if sizes[k]] if sizes[j] else []
        lengths += [max(below)] if below and all(map(math.isfinite, below)) else []
    return min(lengths, default=math.inf)


def _outside(run: Run) -> list[Variable]:
    """The Variables of floats that f used besides the states and the time."""
    found: dict[int, Variable] = {}
    for node in run.graph:
        for a in node._args:
            if isinstance(a, Variable) and a._seq < run.time._seq and not run.given(a) and a.dtype.kind == "f":
                found[id(a)] = a
    return list(found.values())


def _size(c: Any) -> float:
    return float(np.max(np.abs(raw(c)), initial=0.0))
