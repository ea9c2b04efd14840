"""What a sparsity pattern depends on, so that one that was found is used again only where it holds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from dezero.core.fingerprint import fingerprint
from dezero.core.graph import collect
from dezero.core.op import BILINEAR, Op
from dezero.core.variable import Variable
from dezero.derivatives.tracing import Run
from dezero.rewriting.keys import any_unlike

_INDIFFERENT = ("add", "sub", "mul", "div")  # patterns depend on their numbers only where one is 0


def pattern_key(run: Run) -> Hashable:
    """All that the patterns of a run's graph depend on: equal keys mean equal patterns; None where unknown."""
    graph = collect(run.outputs)
    place = {age: i for i, age in enumerate(sorted(graph))}
    parts: list[object] = [place.get(run.leaves[0]._age), place[run.outputs[0]._age]]
    for age in place:
        op, args = graph[age]._op, graph[age]._args
        if not args:
            parts.append(graph[age]._data.shape)
            continue
        if not isinstance(op, Op):
            return None
        plain = op.name in _INDIFFERENT
        name = op.key[0] if isinstance(op.key, tuple) else op.key  # another one where the operation is declared again
        known = [name] if plain else [name, *op.parameters, fingerprint(tuple(op.parameters.values()))]
        parts.append((*known, *[place[a._age] if isinstance(a, Variable) else _described(op, a, plain) for a in args]))
    return None if any_unlike(key := tuple(parts)) else key


def _described(op: Op, a: Any, plain: bool) -> object:
    """What a pattern depends on of a constant: which elements of a matrix are zero, an exponent, an array's shape."""
    if op.kind is BILINEAR:
        a = np.asarray(a)
        return fingerprint(a if a.dtype.kind in "iub" else a != 0)  # whole numbers may be indices (pick)
    if hasattr(a, "dtype"):
        return np.shape(a)
    return ("number", a == 0 if plain else repr(a))
