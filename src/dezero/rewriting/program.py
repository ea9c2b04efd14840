"""Programs: computations as lists of steps, which can run again in any reading of the rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arithmetic import ALIAS
from dezero.core.call import apply
from dezero.core.config import no_grad
from dezero.core.dtypes import DType, Plain, Shape
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.graph import Nodes
from dezero.core.marks import Computed
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Parameter, Variable, wrap

Call = Callable[..., Any]
Step = Op | Call  # or a user's Function
Argument = int | list[Any]  # a place of the program, or in a list a plain number or array
GraphKey = tuple[Hashable, Hashable, Hashable]  # the form of a graph, its numbers, the contents of its arrays


class Type(NamedTuple):
    """The type of what a place of a program holds."""

    shape: Shape
    dtype: DType


class Program:
    """The operations by which some results are computed from some inputs, to run again in any reading.

    Places are numbered: first the inputs, then the results of the steps. inputs: the type of each. steps: pairs of an
    operation (or a user's Function) and its arguments. outputs: arguments too; None for an output that does not exist.
    updates: place of an input -> the argument that is its value after a run, as for a parameter in a training step.
    """

    def __init__(
        self,
        inputs: Sequence[Type],
        steps: Sequence[tuple[Step, Sequence[Argument]]],
        outputs: Sequence[Argument | None],
        updates: Mapping[int, Argument] | None = None,
    ) -> None:
        self.inputs, self.steps, self.outputs, self.updates = inputs, steps, outputs, dict(updates or {})

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
        places = {id(x): i for i, x in enumerate(leaves)}
        constants: dict[int, Argument] = {}
        steps: list[tuple[Step, list[Argument]]] = []

        def argument(a: object) -> Argument:
            if isinstance(a, Variable):
                return places[id(a)] if id(a) in places else constants[id(a)]
            return [_copied(a)]

        changes = {} if updates is None else updates
        for node in _between(name, [*outputs, *changes.values()], places):
            args = [argument(a) for a in node._args]
            if node._op is ALIAS:
                (places if isinstance(args[0], int) else constants)[id(node)] = args[0]  # type: ignore[assignment]
            elif any([isinstance(a, int) for a in args]):
                places[id(node)] = len(leaves) + len(steps)
                steps.append((node._op, args))
            else:
                constants[id(node)] = [_copied(node._data)]
        types = [Type(x.shape, x.dtype) for x in leaves]
        after = {places[id(x)]: argument(y) for x, y in changes.items()}
        return cls(types, steps, [None if y is None else argument(y) for y in outputs], after)

    @functools.cached_property
    def key(self) -> Hashable:
        """Equal for programs with equal steps; None where a part cannot be compared."""
        steps = [(getattr(op, "key", None), *[_told(a) for a in args]) for op, args in self.steps]
        if not all([isinstance(op, Op) for op, _ in self.steps]):
            return None
        updates = tuple([(i, _told(a)) for i, a in sorted(self.updates.items())])
        key = (
            tuple(self.inputs),
            tuple(steps),
            tuple([None if a is None else _told(a) for a in self.outputs]),
            updates,
        )
        return None if any_unlike(key) else key

    def places(self, call: Call, inputs: Sequence[object]) -> list[Any]:
        """What each place holds for these inputs. call(operation, *arguments): runs a step in some reading."""
        found = list(inputs)
        for op, args in self.steps:
            found.append(call(op, *[found[a] if isinstance(a, int) else a[0] for a in args]))
        return found

    def run(self, call: Call, inputs: Sequence[object]) -> list[Any]:
        """The outputs for other values of the inputs."""
        found = self.places(call, inputs)
        return [None if y is None else _held(found, y) for y in self.outputs]

    def step(self, leaves: Sequence[Variable]) -> list[Any]:
        """Run on the leaves' arrays and assign the updates to the leaves. Returns the outputs as arrays."""
        found = self.places(on_arrays, [x._data for x in leaves])
        results = [None if y is None else _held(found, y) for y in self.outputs]
        after = [(leaves[i], np.array(_held(found, a))) for i, a in self.updates.items()]
        for x, value in after:
            x.data = value
        return results


def _held(found: list[Any], argument: Argument) -> Any:
    """What an argument stands for, given what the places hold."""
    return found[argument] if isinstance(argument, int) else argument[0]


def _told(argument: Argument) -> Hashable:
    """An argument in a key."""
    return argument if isinstance(argument, int) else ("plain", fingerprint(argument[0]))


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


def _between(name: str, outputs: Sequence[Variable | None], places: dict[int, int]) -> list[Variable]:
    """The nodes between the leaves, whose ids are in places, and the outputs; oldest first."""
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
    return sorted(found.values(), key=lambda node: node._age)


def _copied(value: object) -> object:
    return np.copy(value) if isinstance(value, np.ndarray) else value


# -- keys of graphs -------------------------------------------------------------------------------------------------


def graph_key(
    graph: Nodes, roots: list[int], asked: list[int] | None, in_transform: bool = False
) -> tuple[list[int], GraphKey | None]:
    """The ages of the graph's nodes, and a key that is equal for graphs with the same steps of their derivatives.

    The key is the graph's form, the numbers and parameters in it, and the contents of its plain arrays (see
    autodiff/forms.py); None where a part cannot be compared. in_transform: whether the derivative is asked for in
    arguments of a transform, so that older nodes are not rewritten.
    """
    ages = sorted(graph)
    numbers: list[Hashable] = []
    contents: list[Hashable] = []
    place = {age: i for i, age in enumerate(ages)}
    parts: list[Hashable] = [
        None if asked is None else tuple([place.get(a) for a in asked]),
        in_transform,
        *[place[a] for a in roots],
    ]
    for age in ages:
        node = graph[age]
        args = node._args
        if not args:
            parts.append((node._data.shape, node._data.dtype))
        elif isinstance(node._op, Op):
            key = node._op.key
            if type(key) is tuple:  # with parameters, which hold numbers of an earlier derivative too
                numbers.append(key)
                key = key[0]
            parts.append(key)
            for a in args:
                if isinstance(a, Variable):
                    parts.append(place[a._age])
                elif isinstance(a, int | float | complex):
                    parts.append("number")
                    numbers.append(repr(a))  # tells 1 from 1.0, and 0.0 from -0.0
                else:
                    parts.append((a.dtype, a.shape))  # (shape, dtype) is a leaf
                    contents.append(fingerprint(a))
        else:
            return ages, None
    return ages, (tuple(parts), tuple(numbers), tuple(contents))


def any_unlike(value: object) -> bool:
    """Whether some part of a key is an Unlike, so that no other key equals it."""
    return isinstance(value, Unlike) or (isinstance(value, tuple) and any([any_unlike(v) for v in value]))
