"""A part of a computation that can run again later, with all that it depends on among its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dezero.core.aliases import alias, computed
from dezero.core.backward import gradients
from dezero.core.config import recording, using_config
from dezero.core.errors import GraphError, describe
from dezero.core.op import Op
from dezero.core.sweep import collect
from dezero.core.variable import Cut, Parameter, Variable, tick, wrap
from dezero.derivatives.trees import Rebuild, flatten


class Segment:
    """A function of a list of Variables that returns a tree of them, run once, and again whenever asked.

    captured: the Variables that it used besides its arguments (a closure's, a layer's weights). They are arguments of
    every later run too, so that a derivative in one of them counts what the function does with it and nothing else,
    however its arguments depend on it.
    """

    def __init__(self, name: str, f: Callable[[list[Variable]], Any], arrays: Sequence[Any]) -> None:
        self.name, self.f = name, f
        leaves = [wrap(a) for a in arrays]
        born = tick()
        outputs, self.rebuild = self._run(leaves)
        self.values = [y._data for y in outputs]
        mine = {id(x) for x in leaves}
        found = {id(x): x for x in _outside(outputs, born)[1] if id(x) not in mine}
        self.captured = list(found.values())

    def __call__(self, inputs: Sequence[Variable]) -> tuple[list[Variable], list[Variable]]:
        """Run on the values of the arguments and the captured ones; returns what stands for them, and the outputs.

        Where a graph is recorded, what stands for them is computed from them.
        """
        stand_ins = [alias(x) for x in inputs] if recording() else [wrap(x._data) for x in inputs]
        count = len(inputs) - len(self.captured)
        given = {id(x): s for x, s in zip(self.captured, stand_ins[count:], strict=True)}
        born = tick()
        outputs, _ = self._run(stand_ins[:count])
        nodes, used = _outside(outputs, born)
        known = {id(s) for s in stand_ins}
        for x in used:
            if id(x) not in given and id(x) not in known:
                raise GraphError(
                    f"{self.name}: run again for its derivative, the function used a Variable ({describe(x)}) that it "
                    "did not use before; it must compute the same each time it runs"
                )
        for node in nodes:
            _replace(node, given)
        return stand_ins, [given.get(id(y), y) for y in outputs]

    def pull(self, inputs: Sequence[Variable], cotangents: Sequence[Variable]) -> list[Variable | None]:
        """The cotangents of the arguments and the captured ones, recorded where a graph is."""
        recorded = recording()
        stand_ins, outputs = self(inputs)
        return pulled(outputs, stand_ins, cotangents, recorded)

    def _run(self, xs: list[Variable]) -> tuple[list[Variable], Rebuild]:
        with using_config("enable_backprop", True):
            outputs, rebuild = flatten(self.f(xs))
        return [computed(self.name, y) for y in outputs], rebuild


def pulled(
    outputs: Sequence[Variable], inputs: Sequence[Variable], cotangents: Sequence[Variable] | None, recorded: bool
) -> list[Variable | None]:
    """The cotangents of the inputs, None for those that the outputs were not computed from."""
    seeds: Sequence[Any] = cotangents or [None] * len(outputs)
    used = [(y, g) for y, g in zip(outputs, seeds, strict=True) if not isinstance(y._op, Cut)]
    graph = collect([y for y, _ in used])
    asked = [x for x in inputs if x._seq in graph]
    found = gradients([y for y, _ in used], asked, [g for _, g in used], create_graph=recorded) if asked else ()
    by_id = {id(x): g for x, g in zip(asked, found, strict=True)}
    return [by_id.get(id(x)) for x in inputs]


def _outside(outputs: Sequence[Variable], born: int) -> tuple[list[Variable], list[Variable]]:
    """The nodes that a run computed, and the older Variables that these used.

    The clock that numbers Variables tells them apart. A Parameter that the run itself filled (a layer's, at its first
    call) stays with the layer: it comes from outside too.
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


def _replace(node: Variable, given: dict[int, Variable]) -> None:
    """Compute a node that nobody else has seen from stand-ins, which hold the same values."""
    if not any([id(a) in given for a in node._args]):
        return
    node._args = tuple([given.get(id(a), a) for a in node._args])
    node._builder = None  # it knows the node by its former arguments
    if not isinstance(node._op, Op):
        node._op.inputs = list(node._args)
