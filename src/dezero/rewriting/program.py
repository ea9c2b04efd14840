"""Programs: computations as lists of steps that can be taken again in any reading of the rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arithmetic import ALIAS
from dezero.core.call import apply
from dezero.core.config import no_grad
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.graph import Nodes
from dezero.core.marks import Computed
from dezero.core.op import Op
from dezero.core.variable import Parameter, Variable, wrap

Call = Callable[..., Any]


class Type(NamedTuple):
    """What a place of a program holds."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Program:
    """The operations between some Variables and what was computed from them, to be run again in any reading.

    A place is an input or the result of a step, counted together. inputs: the type of each. steps: (operation or
    Function, arguments), each adding a place; an argument is a place, or in a list a plain number or array. outputs:
    arguments too, None for one that is not there. updates: by the place of an input the argument that is its value
    after a run, as of a parameter that a training step changes.
    """

    def __init__(
        self,
        inputs: Sequence[Type],
        steps: Sequence[tuple[Any, Sequence[Any]]],
        outputs: Sequence[Any],
        updates: Mapping[int, Any] | None = None,
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
        """What was computed from the leaves, whatever these were computed from; name: of who asks, for errors.

        It keeps the operations and copies of the plain arrays and constants among their arguments, none of the values
        between: nothing that happens to the graph, or to a closure's variables and arrays, changes it afterwards.
        """
        places = {id(x): i for i, x in enumerate(leaves)}
        constants: dict[int, Any] = {}
        steps: list[tuple[Any, list[Any]]] = []

        def argument(a: Any) -> Any:
            if isinstance(a, Variable):
                return places[id(a)] if id(a) in places else constants[id(a)]
            return [_copied(a)]

        changes = {} if updates is None else updates
        for node in _between(name, [*outputs, *changes.values()], places):
            args = [argument(a) for a in node._args]
            if node._op is ALIAS:
                (places if type(args[0]) is int else constants)[id(node)] = args[0]
            elif any([type(a) is int for a in args]):
                places[id(node)] = len(leaves) + len(steps)
                steps.append((node._op, args))
            else:
                constants[id(node)] = [_copied(node._data)]
        types = [Type(x.shape, x.dtype) for x in leaves]
        after = {places[id(x)]: argument(y) for x, y in changes.items()}
        return cls(types, steps, [None if y is None else argument(y) for y in outputs], after)

    @functools.cached_property
    def key(self) -> Any:
        """Hashable, and equal for programs that compute the same in the same way; None where that cannot be told."""
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

    def places(self, call: Call, inputs: Sequence[Any]) -> list[Any]:
        """What each place holds for these inputs; call(operation, *arguments) takes a step in some reading."""
        found = list(inputs)
        for op, args in self.steps:
            found.append(call(op, *[found[a] if type(a) is int else a[0] for a in args]))
        return found

    def run(self, call: Call, inputs: Sequence[Any]) -> list[Any]:
        """The outputs for other values of the inputs."""
        found = self.places(call, inputs)
        return [None if y is None else _held(found, y) for y in self.outputs]

    def step(self, leaves: Sequence[Variable]) -> list[Any]:
        """Run on the leaves' arrays, and give those that have an update their new value; the outputs as arrays."""
        found = self.places(on_arrays, [x._data for x in leaves])
        results = [None if y is None else _held(found, y) for y in self.outputs]
        after = [(leaves[i], np.array(_held(found, a))) for i, a in self.updates.items()]
        for x, value in after:
            x.data = value
        return results


def _held(found: list[Any], argument: Any) -> Any:
    return found[argument] if type(argument) is int else argument[0]


def _told(argument: Any) -> Any:
    return argument if type(argument) is int else ("plain", fingerprint(argument[0]))


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


def on_arrays(op: Any, *args: Any) -> Any:
    """A step on raw arrays."""
    if isinstance(op, Op):
        return op.value(*args)
    with no_grad():
        ys = op(*[wrap(a) for a in args])
    return tuple([y._data for y in ys]) if isinstance(ys, list) else ys._data


def on_variables(op: Any, *args: Any) -> Any:
    """A step on Variables, recorded as the settings say."""
    if isinstance(op, Op):
        return apply(op, *args)
    ys = op(*args)
    return ys[0]._args[0] if isinstance(ys, list) else ys


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


# -- what a graph looks like ----------------------------------------------------------------------------------------


def graph_key(graph: Nodes, roots: list[int], asked: list[int] | None, inside: bool = False) -> tuple[list[int], Any]:
    """The graph's nodes by age, and what its derivative depends on.

    That is a form, the numbers and parameters in it, and what its plain arrays hold (see autodiff/forms.py); None
    where that cannot be told. inside: whether arguments of a transform are asked for, so that what is older stays as
    it is.
    """
    ages = sorted(graph)
    numbers: list[Any] = []
    contents: list[Any] = []
    place = {age: i for i, age in enumerate(ages)}
    parts: list[Any] = [
        None if asked is None else tuple([place.get(a) for a in asked]),
        inside,
        *[place[a] for a in roots],
    ]
    for age in ages:
        node = graph[age]
        args = node._args
        if not args:
            parts.append((node._data.shape, node._data.dtype))
        elif isinstance(node._op, Op):
            key = node._op.key
            if type(key) is tuple:  # with parameters, in which the numbers of an earlier derivative stand too
                numbers.append(key)
                key = key[0]
            parts.append(key)
            for a in args:
                if isinstance(a, Variable):
                    parts.append(place[a._seq])
                elif isinstance(a, int | float | complex):
                    parts.append("number")
                    numbers.append(repr(a))  # tells 1 from 1.0, and 0.0 from -0.0
                else:
                    parts.append((a.dtype, a.shape))  # the other way round for a leaf
                    contents.append(fingerprint(a))
        else:
            return ages, None
    return ages, (tuple(parts), tuple(numbers), tuple(contents))


def any_unlike(value: Any) -> bool:
    """Whether a key has a part that is equal to nothing but itself."""
    return isinstance(value, Unlike) or (isinstance(value, tuple) and any([any_unlike(v) for v in value]))
