"""A computation that has run, as a list of steps that can be taken again in any reading of the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.arithmetic import ALIAS
from dezero.core.call import apply
from dezero.core.config import no_grad
from dezero.core.marks import Computed
from dezero.core.op import Op
from dezero.core.reading import RecordedReading
from dezero.core.registry import values
from dezero.core.variable import Parameter, Variable, as_constant, wrap
from dezero.rewriting.algebra import Algebra
from dezero.series.reading import SeriesReading

Call = Callable[..., Any]


class Program:
    """The operations between some Variables and what was computed from them.

    leaves: Variables, whatever they were computed from; outputs: what was computed from them, None where there is
    nothing. It keeps the operations and copies of the plain arrays and constants among their arguments, none of the
    values between: nothing that happens to the graph, or to a closure's variables and arrays, changes it afterwards.
    """

    def __init__(self, name: str, leaves: Sequence[Variable], outputs: Sequence[Variable | None]) -> None:
        self.steps: list[tuple[Any, list[Any]]] = []
        places = {id(x): i for i, x in enumerate(leaves)}
        constants: dict[int, Any] = {}
        for node in _between(name, outputs, places):
            args = [self._argument(a, places, constants) for a in node._args]
            if node._op is ALIAS:
                (places if type(args[0]) is int else constants)[id(node)] = args[0]
            elif any([type(a) is int for a in args]):
                places[id(node)] = len(leaves) + len(self.steps)
                self.steps.append((node._op, args))
            else:
                constants[id(node)] = [_copied(node._data)]
        self.outputs = [None if y is None else self._argument(y, places, constants) for y in outputs]

    @staticmethod
    def _argument(a: Any, places: dict[int, int], constants: dict[int, Any]) -> Any:
        """A place, or in a list what is constant."""
        if isinstance(a, Variable):
            return places[id(a)] if id(a) in places else constants[id(a)]
        return [_copied(a)]

    def run(self, call: Call, leaves: Sequence[Any]) -> list[Any]:
        """The outputs for other values of the leaves; call(operation, *arguments) takes a step (see `caller`)."""
        found = list(leaves)
        for op, args in self.steps:
            found.append(call(op, *[found[a] if type(a) is int else a[0] for a in args]))
        return [None if y is None else found[y] if type(y) is int else y[0] for y in self.outputs]


def outside(outputs: Sequence[Variable], born: int) -> tuple[list[Variable], list[Variable]]:
    """The nodes that a run computed, and the older Variables that these used.

    born: what the clock that numbers Variables said before the run. A Parameter that the run itself filled (a layer's,
    at its first call) stays with the layer: it comes from outside too.
    """
    nodes, older = {}, {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if id(node) in nodes or id(node) in older:
            continue
        if node._seq <= born or isinstance(node, Parameter):
            older[id(node)] = node
        else:
            nodes[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable)]
    return list(nodes.values()), list(older.values())


def caller(F: Any) -> Call:
    """How the reading F takes a step of a program; TypeError for one that knows the rules of operations alone."""
    if F is values:
        return _on_arrays
    if isinstance(F, Algebra):
        return lambda op, *args: F.cons(op, *args) if isinstance(op, Op) else _function_in(F, op, args)
    if isinstance(F, RecordedReading):
        return on_variables
    if isinstance(F, SeriesReading):
        return F.call
    raise TypeError(f"{type(F).__name__} reads no programs")


def on_variables(op: Any, *args: Any) -> Any:
    if isinstance(op, Op):
        return apply(op, *args)
    ys = op(*args)
    return ys[0]._args[0] if isinstance(ys, list) else ys


def _on_arrays(op: Any, *args: Any) -> Any:
    if isinstance(op, Op):
        return op.value(*args)
    with no_grad():
        ys = op(*[wrap(a) for a in args])
    return tuple([y._data for y in ys]) if isinstance(ys, list) else ys._data


def _function_in(build: Algebra, function: Any, args: tuple[Any, ...]) -> Any:
    """A user's Function on nodes, the same node for the same arguments."""
    key = ("call", id(function), *[id(a) for a in args])
    if key not in build.table:
        build.alive.append((function, args))
        build.table[key] = on_variables(function, *[as_constant(a) for a in args])
    return build.table[key]


def _between(name: str, outputs: Sequence[Variable | None], places: dict[int, int]) -> list[Variable]:
    """The nodes above the leaves, the oldest first."""
    found: dict[int, Variable] = {}
    stack = [y for y in outputs if y is not None]
    while stack:
        node = stack.pop()
        if id(node) in places or id(node) in found:
            continue
        if not node._args and node._op is not None and not isinstance(node._op, Computed):
            node._op.fail(name)
        found[id(node)] = node
        stack += [a for a in node._args if isinstance(a, Variable)]
    return sorted(found.values(), key=lambda node: node._seq)


def _copied(value: Any) -> Any:
    return np.copy(value) if isinstance(value, np.ndarray) else value
