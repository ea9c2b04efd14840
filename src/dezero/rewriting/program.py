"""Programs: computations as lists of steps, which can run again in any reading of the rules."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arithmetic import ALIAS
from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import no_grad
from dezero.core.dtypes import DType, Plain, Shape
from dezero.core.fingerprint import fingerprint
from dezero.core.marks import Computed
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Parameter, Variable, wrap
from dezero.rewriting.keys import any_unlike

Call = Callable[..., Any]
Step = Op | Call  # or a user's Function


class Type(NamedTuple):
    """The type of what a place of a program holds."""

    shape: Shape
    dtype: DType


def type_of(data: Any) -> Type | tuple[Type, ...]:
    """The type of an array; of each, for the outputs of a node that has several."""
    if isinstance(data, tuple):
        return tuple([Type(y.shape, y.dtype) for y in data])
    return Type(data.shape, data.dtype)


class Program:
    """The operations by which some results are computed from some inputs, to run again in any reading.

    Places are numbered: first the inputs, then the constants, then the results of the steps. inputs: the type of each.
    constants: plain numbers and arrays. steps: pairs of an operation (or a user's Function) and the places of its
    arguments. outputs: places; None for an output that does not exist. updates: place of an input -> place of its value
    after a run, as for a parameter in a training step.
    """

    def __init__(
        self,
        inputs: Sequence[Type | tuple[Type, ...]],
        constants: Sequence[Plain],
        steps: Sequence[tuple[Step, Sequence[int]]],
        outputs: Sequence[int | None],
        updates: Mapping[int, int] | None = None,
    ) -> None:
        self.inputs, self.constants, self.steps = inputs, constants, steps
        self.outputs, self.updates = outputs, dict(updates or {})

    @classmethod
    def traced(
        cls,
        name: str,
        leaves: Sequence[Variable],
        outputs: Sequence[Variable | None],
        updates: Mapping[Variable, Variable] | None = None,
    ) -> Program:
        """The program that computes the outputs from the leaves; name: of the caller, for errors.

        It holds the operations, and copies of the plain arrays and constants among their arguments, but none of the
        other values: later changes of the graph, or of the variables and arrays of a closure, do not change it.
        """
        changes = {} if updates is None else updates
        moving = {id(x) for x in leaves}
        same: dict[int, Any] = {}  # id of an alias -> what it is an alias of
        made: list[Variable] = []
        nodes = _between(name, [*outputs, *changes.values()], moving)
        for node in nodes:
            args = [same.get(id(a), a) for a in node._args]
            if node._op is ALIAS:
                same[id(node)] = args[0]
            elif any([id(a) in moving for a in args]):
                moving.add(id(node))
                made.append(node)
        arguments = [[same.get(id(a), a) for a in node._args] for node in made]
        results = [None if y is None else same.get(id(y), y) for y in outputs]
        after = {x: same.get(id(y), y) for x, y in changes.items()}
        used = [*itertools.chain(*arguments), *results, *after.values()]
        constants = {id(a): a for a in used if a is not None and id(a) not in moving}
        places = {id(x): i for i, x in enumerate([*leaves, *constants.values(), *made])}
        return cls(
            [type_of(x._data) for x in leaves],
            [plain_copy(raw(a)) for a in constants.values()],
            [(node._op, [places[id(a)] for a in args]) for node, args in zip(made, arguments, strict=True)],
            [None if y is None else places[id(y)] for y in results],
            {places[id(x)]: places[id(y)] for x, y in after.items()},
        )

    @functools.cached_property
    def key(self) -> Hashable:
        """Equal for programs with equal steps; None where a part cannot be compared."""
        if not all([isinstance(op, Op) for op, _ in self.steps]):
            return None
        key = (
            tuple(self.inputs),
            tuple([fingerprint(a) for a in self.constants]),
            tuple([(op.key, *args) for op, args in self.steps]),  # type: ignore[union-attr]
            tuple(self.outputs),
            tuple(sorted(self.updates.items())),
        )
        return None if any_unlike(key) else key

    def places(self, call: Call, inputs: Sequence[object]) -> list[Any]:
        """What each place holds for these inputs. call(operation, *arguments): runs a step in some reading."""
        found = [*inputs, *self.constants]
        for op, args in self.steps:
            found.append(call(op, *[found[a] for a in args]))
        return found

    def run(self, call: Call, inputs: Sequence[object]) -> list[Any]:
        """The outputs for other values of the inputs."""
        found = self.places(call, inputs)
        return [None if y is None else found[y] for y in self.outputs]

    def step(self, leaves: Sequence[Variable]) -> list[Any]:
        """Run on the leaves' arrays and assign the updates to the leaves. Returns the outputs as arrays."""
        found = self.places(on_arrays, [x._data for x in leaves])
        after = [(leaves[i], np.array(found[a])) for i, a in self.updates.items()]
        for x, value in after:
            x.data = value
        return [None if y is None else found[y] for y in self.outputs]


def computed_and_used(outputs: Sequence[Variable], born: int) -> tuple[list[Variable], list[Variable]]:
    """The nodes that a run computed, and the Variables from outside that these used.

    born: the age of the youngest Variable before the run. A Parameter that a layer created during the run, at its first
    call, belongs to the layer: it counts as from outside.
    """
    nodes, older = {}, {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if id(node) in nodes or id(node) in older:
            continue
        if node._age <= born or isinstance(node, Parameter):
            older[id(node)] = node
        else:
            nodes[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable)]
    return list(nodes.values()), list(older.values())


def on_arrays(op: Step, *args: Plain) -> Any:
    """Run a step on raw arrays."""
    if isinstance(op, Op):
        return op.value(*args)
    with no_grad():
        ys = op(*[wrap(a) for a in args])
    return tuple([y._data for y in ys]) if isinstance(ys, list) else ys._data


def on_variables(op: Step, *args: ArrayLike) -> Variable:
    """Run a step on Variables; recorded if Config.enable_backprop is set."""
    if isinstance(op, Op):
        return apply(op, *args)
    ys = op(*args)
    return ys[0]._args[0] if isinstance(ys, list) else ys  # type: ignore[no-any-return]


def _between(name: str, outputs: Sequence[Variable | None], inputs: Container[int]) -> list[Variable]:
    """The nodes between the inputs, which are given by their ids, and the outputs; oldest first."""
    found: dict[int, Variable] = {}
    stack = [y for y in outputs if y is not None]
    while stack:
        node = stack.pop()
        if id(node) in inputs or id(node) in found:
            continue
        if not node._args and node._op is not None and not isinstance(node._op, Computed):
            node._op.fail(name)
        found[id(node)] = node
        stack += [a for a in node._args if isinstance(a, Variable)]
    return sorted(found.values(), key=lambda node: node._age)


def plain_copy(value: Any) -> Any:
    """A number as it is, an array as a copy, which nobody else can change."""
    return np.copy(value) if isinstance(value, np.ndarray) else value
