"""Running a graph with NumPy, in memory that is planned beforehand.

The first run with arguments of some strides notes how NumPy lays out each result. From this a plan is made: which
results are written into which buffers, and a Python function of the calls in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.compiler.evaluate import function_of
from dezero.compiler.graph import CALL, INPUT, OUTPUT, Graph, Number
from dezero.compiler.replay.plan import Plan
from dezero.core.dtypes import Array

_PLANS = 8  # arguments of so many kinds of strides have plans: the last ones


class Replay:
    """A graph that runs as calls of NumPy's functions, with the results of the operations' values to the bit.

    Several threads may call it at once. Results are new arrays (or NumPy's scalars), which share no memory.

    >>> from dezero.compiler.graph import Graph, Node, ufunc_node
    >>> graph = Graph()
    >>> x = graph.add(Node("input", (), (2,), np.dtype(float), {"position": 0}))
    >>> graph.outputs = [graph.add(ufunc_node(np.sin, [(x, (2,), np.dtype(float))]))]
    >>> Replay(graph)(np.array([0.0, 1.0]))
    [array([0.        , 0.84147098])]
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._plans: dict[Any, Plan] = {}
        self._results = [*graph.outputs, *graph.updates.values()]

    def __call__(self, *arrays: Array) -> list[Any]:
        """The outputs for arrays of the types of the graph's inputs, to which the updates are assigned."""
        key = tuple([a.strides for a in arrays])
        plan = self._plans.get(key)
        found = self._observed(key, arrays) if plan is None else plan(arrays)
        count = len(self.graph.outputs)
        for place, value in zip(self.graph.updates, found[count:], strict=True):
            arrays[self.graph.inputs.index(place)][...] = value
        return found[:count]

    def _observed(self, key: Any, arrays: Sequence[Array]) -> list[Any]:
        """A run without a plan, of which a plan is made."""
        graph, values, layouts = self.graph, {}, {}
        last = _last_uses(graph)
        given = dict(zip(graph.inputs, arrays, strict=True))
        states = np.geterr()
        for place, node in enumerate(graph.nodes):
            if node.primitive == INPUT:
                values[place] = given[place]
            else:
                args = [a.value if isinstance(a, Number) else values[a] for a in node.args]
                with np.errstate(**{**states, **dict(node.parameters.get("errstate", ()))}):
                    values[place] = function_of(node)(*args)
            value = values[place]
            if isinstance(value, np.ndarray):
                args = [values[a] for a in node.places]
                shown = node.primitive not in (CALL, OUTPUT) and any([np.may_share_memory(value, a) for a in args])
                layouts[place] = value.strides, shown
            for a in {*node.places, place}:
                if last.get(a, place) <= place and a not in self._results:
                    del values[a]
        while len(self._plans) >= _PLANS:
            self._plans.pop(next(iter(self._plans)), None)
        self._plans[key] = Plan(graph, layouts)
        return [np.array(values[y]) if isinstance(values[y], np.ndarray) else values[y] for y in self._results]


def _last_uses(graph: Graph) -> dict[int, int]:
    """The last node that uses each."""
    return {a: place for place, node in enumerate(graph.nodes) for a in node.places}
