"""A part of a computation that can run again later, with all that it depends on among its arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.autodiff.arguments import calling_on, computed
from dezero.autodiff.gradients import gradients
from dezero.backends import as_numpy
from dezero.core.arithmetic import alias
from dezero.core.config import recording
from dezero.core.dtypes import Array, is_complex, is_inexact
from dezero.core.errors import GraphError, describe
from dezero.core.fingerprint import Unlike
from dezero.core.graph import collect
from dezero.core.marks import Cut
from dezero.core.op import Op
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick
from dezero.derivatives.trees import Rebuild, flatten
from dezero.rewriting.program import computed_and_used


class Segment:
    """A function of a list of Variables that returns a tree of them. It runs once here, and again at each call.

    captured: the Variables that it uses besides its arguments (a closure's, a layer's weights). They become arguments
    of every later run, so that the derivative in one of them is that of the function's own use of it, even if the
    function's arguments depend on it too.

    Digests are kept of all that a run computes. A later run that computes something else raises GraphError: its
    derivative would be that of another function.
    """

    def __init__(self, name: str, f: Callable[[list[Variable]], object], arrays: Sequence[Array]) -> None:
        self.name, self.f = name, f
        leaves: list[Variable] = [argument(a) for a in arrays]
        born = tick()
        outputs, self.rebuild = self._run(leaves)
        self.values = [y._data for y in outputs]
        self.inputs: list[Variable] = []  # set by checkpoint: the Variables of the first run, with the captured ones
        mine = {id(x) for x in leaves}
        nodes, used = computed_and_used(outputs, born)
        self.captured = [x for x in used if id(x) not in mine]
        self.given = [_digest(a) for a in arrays]
        self.first = _trace(nodes, [*leaves, *self.captured], self.captured, outputs)

    def __call__(self, inputs: Sequence[Variable], same: bool = True) -> tuple[list[Variable], list[Variable]]:
        """Run on stand-ins for the arguments and the captured ones; returns the stand-ins and the outputs.

        A stand-in has the same value as its Variable; where a graph is recorded, it is computed from that. same: the
        arguments have the values of the first run, so that the run is to compute the same.
        """
        stand_ins: list[Variable] = [alias(x) for x in inputs] if recording() else [argument(x._data) for x in inputs]
        count = len(inputs) - len(self.captured)
        given = {id(x): s for x, s in zip(self.captured, stand_ins[count:], strict=True)}
        born = tick()
        outputs, _ = self._run(stand_ins[:count])
        nodes, used = computed_and_used(outputs, born)
        known = {id(s) for s in stand_ins}
        for x in used:
            if id(x) not in given and id(x) not in known:
                raise GraphError(
                    f"{self.name}: run again for its derivative, the function used a Variable ({describe(x)}) that it "
                    "did not use before; it must compute the same each time it runs"
                )
        if same:
            places = [*stand_ins[:count], *self.captured]
            self._compare(_trace(nodes, places, self.captured, outputs), outputs)
        for node in nodes:
            _replace(node, given)
        return stand_ins, [given.get(id(y), y) for y in outputs]

    def _compare(self, now: _Trace, outputs: Sequence[Variable]) -> None:
        if now == self.first:
            return
        what = "computes its result in another way"
        others = [i for i, (a, b) in enumerate(zip(self.first.outputs, now.outputs, strict=False)) if a != b]
        if len(now.outputs) != len(self.first.outputs):
            what = f"gives {len(now.outputs)} results where it gave {len(self.first.outputs)}"
        elif others:
            what = f"gives another value for result {others[0]}, {describe(outputs[others[0]])}"
        elif now.captured != self.first.captured:
            i = next(i for i, (a, b) in enumerate(zip(self.first.captured, now.captured, strict=True)) if a != b)
            what = f"uses a Variable, {describe(self.captured[i])}, whose numbers were changed in place"
        raise GraphError(
            f"{self.name}: run again for its derivative, the function {what}; something that it uses from outside (a "
            "loop's variable, an array, random numbers, a layer's state) has changed since. Bind it when the function "
            "is made (lambda x, h=h: ...), pass it as an argument, or compute without checkpoint"
        )

    def vjp(self, inputs: Sequence[Variable], cotangents: Sequence[Variable]) -> list[Variable | None]:
        """The cotangents of the arguments and the captured ones, recorded where a graph is.

        inputs: those of the first run, or others whose values may differ by rounding, as coefficients of series do.
        """
        recorded = recording()
        stand_ins, outputs = self(inputs, self._same(inputs))
        return _cotangents(outputs, stand_ins, cotangents, recorded)

    def _same(self, inputs: Sequence[Variable]) -> bool:
        """Whether these are the inputs of the first run, or hold the same numbers to the bit."""
        if len(inputs) == len(self.inputs) and all([a is b for a, b in zip(inputs, self.inputs, strict=True)]):
            return True
        return [_digest(x._data) for x in inputs] == [*self.given, *self.first.captured]

    def _run(self, xs: list[Variable]) -> tuple[list[Variable], Rebuild]:
        with calling_on(xs):
            outputs, rebuild = flatten(self.f(xs))
        return [computed(self.name, y) for y in outputs], rebuild


def _cotangents(
    outputs: Sequence[Variable], inputs: Sequence[Variable], cotangents: Sequence[Variable] | None, recorded: bool
) -> list[Variable | None]:
    """The cotangents of the inputs, None for those that the outputs were not computed from."""
    given: Sequence[Variable | None] = cotangents or [None] * len(outputs)
    # a Function's backward has the cotangents of rules, the conjugates of those that users see
    seeds = [_conjugate(g) for g in given]
    used = [(y, g) for y, g in zip(outputs, seeds, strict=True) if not isinstance(y._op, Cut)]
    graph = collect([y for y, _ in used])
    asked = [x for x in inputs if x._age in graph]
    found = gradients([y for y, _ in used], asked, [g for _, g in used], create_graph=recorded) if asked else ()
    by_id = {id(x): _conjugate(g) for x, g in zip(asked, found, strict=True)}
    return [by_id.get(id(x)) for x in inputs]


def _conjugate(g: Variable | None) -> Variable | None:
    return operations.conj(g) if g is not None and is_complex(g) else g


class _Trace(NamedTuple):
    """What a run computed: digests of the outputs, of the captured Variables, and of the graph between."""

    outputs: list[str]
    captured: list[str]
    graph: list[object]


def _trace(
    nodes: Sequence[Variable], leaves: Sequence[Variable], captured: Sequence[Variable], outputs: Sequence[Variable]
) -> _Trace:
    places = {id(x): i for i, x in enumerate(leaves)}
    graph: list[object] = []
    for node in sorted([n for n in nodes if id(n) not in places], key=lambda n: n._age):
        args = [places[id(a)] if isinstance(a, Variable) else _digest(a) for a in node._args]
        key = _comparable(node._op.key) if isinstance(node._op, Op) else type(node._op).__name__
        graph.append((key, args) if args else _digest(node._data))
        places[id(node)] = len(places)
    return _Trace([_digest(y._data) for y in outputs], [_digest(x._data) for x in captured], graph)


def _comparable(key: object) -> object:
    """The part of an operation's key that can be compared between two runs."""
    return tuple([_comparable(k) for k in key]) if isinstance(key, tuple) else None if isinstance(key, Unlike) else key


def _digest(value: Any) -> str:
    """A text that is equal for equal bits; all nans count as one."""
    if not hasattr(value, "dtype"):
        return repr(value)
    array = np.ascontiguousarray(as_numpy(value))
    if is_inexact(array) and np.isnan(array).any():
        array = np.where(np.isnan(array), np.nan, array).astype(array.dtype)
    return f"{array.dtype}{np.shape(value)}{hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()}"


def _replace(node: Variable, given: dict[int, Variable]) -> None:
    """Let a node that nobody else holds be computed from stand-ins in place of the Variables with the same values."""
    if not any([id(a) in given for a in node._args]):
        return
    node._args = tuple([given.get(id(a), a) for a in node._args])
    node._origin = node._resume = None  # which were about the former arguments
    if not isinstance(node._op, Op):
        node._op.inputs = list(node._args)
