"""A function that ran on one example, as steps that run again on many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, computed, refuse_nothing, release
from dezero.core.asking import takes_part
from dezero.core.call import operand
from dezero.core.errors import describe
from dezero.core.marks import Cut
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick
from dezero.core.watching import decided, noted, watching
from dezero.derivatives.batching.masks import masked
from dezero.derivatives.batching.steps import Line, does_nothing, with_small_multiples
from dezero.derivatives.trees import Rebuild, flatten


class Trace:
    """A call of a function on one example, whose leaves are arguments of its own.

    examples: arrays, one for each leaf. outputs: the leaves of what f returned, and rebuild, which makes its tree of
    others. captured: the Variables from outside that f used. why_not: why other examples may not be computed by the
    same steps, "" where nothing speaks against it; what f read of its values is compared later, in `differs`.
    """

    def __init__(self, name: str, f: Callable[[Sequence[Variable]], object], examples: Sequence[Any]) -> None:
        self.name = name
        self.leaves = [argument(x) for x in examples]
        self.born = tick()
        self.watch = watching(self._stand_in)
        self.read: list[Variable] = []
        try:
            with self.watch, calling_on(self.leaves):
                result = f(self.leaves)
        finally:
            release(self.leaves)
            self.watch.stand_in = None  # so that no cycle of references keeps the graph
        self.outputs, self.rebuild = results(name, result)
        self._sort()

    def _stand_in(self, function: Callable[..., Any] | None, operands: tuple[Any, ...], outcome: Any) -> Any:
        mask = masked(function, operands) if function is not None else None
        if mask is None:
            self.read += _variables(operands)
        return outcome if mask is None else mask

    def _sort(self) -> None:
        """Find the nodes that depend on the leaves, oldest first, and what they use besides."""
        watch = self.watch
        read = [*self.read, *watch.read, *[x for operands, _ in watch.compared for x in _variables(operands)]]
        asked = [x for _, values, _ in watch.decisions for x in values if isinstance(x, Variable)]
        nodes = _younger([*self.outputs, *read, *asked], self.born)
        self.moving = {id(x) for x in self.leaves}
        self.same: dict[int, Any] = {}  # id of a node that only passes another one on -> that one
        lines, captured = self._lines(nodes)
        captured.update({id(y): y for y in self.outputs if not self.moves(y)})
        self.captured = list(captured.values())
        self.read = list({id(x): x for x in map(self.original, read) if self.moves(x)}.values())
        self.kept = [self.original(x) for x in (*self.outputs, *self.read, *asked) if self.moves(x)]
        self.lines = with_small_multiples(lines, {id(x) for x in self.kept})
        cut = [x for x in nodes if not x._args and isinstance(x._op, Cut)]
        self.why_not = f"it computes {describe(cut[0])}, which {cut[0]._op.why}" if cut else ""

    def _lines(self, nodes: list[Variable]) -> tuple[list[Line], dict[int, Variable]]:
        """The steps that depend on the leaves, and the Variables that these use besides, by id."""
        moving, same, lines = self.moving, self.same, list[Line]()
        captured: dict[int, Variable] = {}
        for node in nodes:
            args = [same.get(id(a), a) for a in node._args] if same else node._args
            others = [a for a in args if id(a) not in moving]
            if len(others) == len(args):
                continue
            if does_nothing(node):
                same[id(node)] = args[0]
                continue
            moving.add(id(node))
            lines.append(Line(id(node), node._op, args, node))
            for a in others:
                if isinstance(a, Variable):
                    captured[id(a)] = a
        return lines, captured

    def original(self, y: Any) -> Any:
        return self.same.get(id(y), y)

    def moves(self, y: Any) -> bool:
        """Whether a node depends on the leaves."""
        return id(self.original(y)) in self.moving

    def depends_on_others(self) -> bool:
        """Whether a derivative can be asked for in a Variable that f used from outside."""
        return any([takes_part(x) for x in self.captured])

    def run(self, values: Sequence[Any], step: Callable[..., Any], recorded: bool) -> tuple[list[Any], dict[int, Any]]:
        """What the outputs are for other values of the leaves, and what f read, by id.

        step(operation, *arguments): computes one node; recorded: as a node of a graph, which keeps all values. An
        output that does not depend on the leaves stays as it is.
        """
        known: dict[int, Any] = {id(x): v for x, v in zip(self.leaves, values, strict=True)}
        dying = [()] * len(self.lines) if recorded else self._dying()
        for line, gone in zip(self.lines, dying, strict=True):
            known[line.result] = step(line.op, *[known.get(id(a), a) for a in line.args])
            for a in gone:
                known.pop(a, None)
        outputs = [known.get(id(self.original(y)), y) for y in self.outputs]
        return outputs, {id(x): known[id(x)] for x in self.kept}

    def _dying(self) -> list[Sequence[int]]:
        """For each step the ids of what no later step uses, so that its memory is free for the next."""
        seen = {id(x) for x in self.kept}
        found: list[Sequence[int]] = []
        for line in reversed(self.lines):
            found.append([id(a) for a in line.args if id(a) not in seen])
            seen.update(found[-1])
        return found[::-1]

    def differs(self, found: dict[int, Any]) -> str:
        """Why the other examples are not computed by the same steps; "" where they are.

        found: what each Variable that f read is for all examples, by id: arrays or Variables, the examples first.
        """
        for x in self.read:
            value = noted(found[id(x)])
            if not decided(lambda v, x=x: _all_equal(v, x._data), value):
                return f"it reads the numbers in {_named(x)}, which differ from example to example"
        for question, values, answer in self.watch.decisions:
            moving = [self.moves(v) for v in values]
            stacked = [found[id(self.original(v))] if m else v for v, m in zip(values, moving, strict=True)]
            if any(moving) and not decided(_same_answers(question, moving, answer), *stacked):
                which = next(v for v, m in zip(values, moving, strict=True) if m)
                return f"it takes another way for some examples, by the values in {_named(which)}"
        return ""


def results(name: str, result: object) -> tuple[list[Variable], Rebuild]:
    """What a mapped function returned, flattened; arrays and numbers become Variables. TypeError for anything else."""
    found, rebuild = flatten(result)
    if not found:
        refuse_nothing(name, result)
    plain = (np.ndarray, np.generic, int, float, complex)
    return [operand(y, name) if isinstance(y, plain) else computed(name, y) for y in found], rebuild


def _younger(roots: Sequence[Variable], born: int) -> list[Variable]:
    """The nodes below the roots that are younger than a moment, oldest first; those that are older are left out."""
    found: dict[int, Variable] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        age = node._age
        if age > born and age not in found:
            found[age] = node
            stack += [a for a in node._args if isinstance(a, Variable)]
    return [found[age] for age in sorted(found)]


def _variables(values: Any) -> list[Variable]:
    if isinstance(values, tuple | list):
        return [x for value in values for x in _variables(value)]
    return [values] if isinstance(values, Variable) else []


def _named(x: Variable) -> str:
    made = f", a result of {operations.creator(x).name}" if x._args else ""
    return f"{describe(x)}{made}"


def _all_equal(stacked: Any, first: Any) -> bool:
    kind = np.asarray(first).dtype.kind
    return all([np.array_equal(row, first, equal_nan=kind in "fc") for row in stacked])


def _same_answers(question: Callable[..., Any], moving: Sequence[bool], answer: Any) -> Callable[..., bool]:
    def same(*values: Any) -> bool:
        count = next(len(v) for v, m in zip(values, moving, strict=True) if m)
        rows = [[v[i] if m else v for v, m in zip(values, moving, strict=True)] for i in range(count)]
        return all([bool(np.all(question(*row) == answer)) for row in rows])

    return same
