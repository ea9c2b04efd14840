"""A function that ran on one example, as steps that run again on many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import computed, refuse_nothing, release
from dezero.core.asking import takes_part
from dezero.core.call import operand
from dezero.core.config import using_config
from dezero.core.errors import describe
from dezero.core.marks import Cut
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick
from dezero.core.watch.watching import decided, noted, watching
from dezero.derivatives.batching.masks import masked
from dezero.derivatives.batching.steps import Instruction, does_nothing, with_small_multiples
from dezero.derivatives.trees import Rebuild, flatten
from dezero.rewriting.program import on_variables

Question = tuple[Callable[..., Any] | None, tuple[Any, ...], Any]


class Trace:
    """A call of a function on one example, whose leaves are arguments of its own.

    examples: arrays, one for each leaf. outputs: the leaves of what f returned, and rebuild, which makes its tree of
    others. captured: the Variables from outside that f used. why_not: why other examples may not be computed by the
    same steps, "" where nothing speaks against it; what f asked of its values is asked again in `run`.
    """

    def __init__(self, name: str, f: Callable[[Sequence[Variable]], object], examples: Sequence[Any]) -> None:
        self.name = name
        self.leaves = [argument(x) for x in examples]
        self.born = tick()
        self.watch = watching(self._stand_in, [x._age for x in self.leaves])
        try:
            with self.watch, using_config("enable_backprop", True):
                result = f(self.leaves)
        finally:
            release(self.leaves)
            self.watch.stand_in = None  # so that no cycle of references keeps the graph
        self.outputs, self.rebuild = results(name, result)
        self._sort()

    def _stand_in(self, function: Callable[..., Any] | None, operands: tuple[Any, ...], outcome: Any) -> Any:
        return None if function is None else masked(function, operands)

    def _sort(self) -> None:
        """Find the nodes that depend on the leaves, oldest first, and what they use besides."""
        asked = [x for _, values, _ in self.watch.questions for x in _variables(values)]
        nodes = _younger([*self.outputs, *asked], self.born)
        self.moving = {id(x) for x in self.leaves}
        self.same: dict[int, Any] = {}  # id of a node that only passes another one on -> that one
        instructions, captured = self._instructions(nodes)
        captured.update({id(y): y for y in self.outputs if not self.moves(y)})
        self.captured = list(captured.values())
        self.kept = {id(self.original(x)) for x in (*self.outputs, *asked)}
        self.instructions = with_small_multiples(instructions, self.kept)
        cut = [x for x in nodes if not x._args and isinstance(x._op, Cut)]
        self.why_not = f"it computes {describe(cut[0])}, which {cut[0]._op.why}" if cut else ""
        if self.watch.plain:
            self.why_not = f"{self.watch.plain[0]} gives plain numbers for one example alone"

    def _instructions(self, nodes: list[Variable]) -> tuple[list[Instruction], dict[int, Variable]]:
        """The steps that depend on the leaves, and the Variables that these use besides, by id."""
        moving, same, instructions = self.moving, self.same, list[Instruction]()
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
            instructions.append(Instruction(id(node), node._op, args, node))
            for a in others:
                if isinstance(a, Variable):
                    captured[id(a)] = a
        return instructions, captured

    def original(self, y: Any) -> Any:
        return self.same.get(id(y), y)

    def moves(self, y: Any) -> bool:
        """Whether a node depends on the leaves."""
        return id(self.original(y)) in self.moving

    def depends_on_others(self) -> bool:
        """Whether a derivative can be asked for in a Variable that f used from outside."""
        return any([takes_part(x) for x in self.captured])

    def run(self, values: Sequence[Any], step: Callable[..., Any], recorded: bool) -> tuple[list[Any], str]:
        """What the outputs are for other values of the leaves, and why these values may be wrong, "" where nothing is.

        step(operation, *arguments): computes one node; recorded: as a node of a graph, which keeps all values. An
        output that does not depend on the leaves stays as it is. What f asked of its values is asked of these Stacks as
        soon as they are there: the steps after a question hold where its answer does.
        """
        known: dict[int, Any] = {id(x): v for x, v in zip(self.leaves, values, strict=True)}
        dying = [()] * len(self.instructions) if recorded else self._dying()
        place = {instruction.result: i + 1 for i, instruction in enumerate(self.instructions)}
        done = 0
        for question in (*self.watch.questions, None):
            moving = [] if question is None else [x for x in _variables(question[1]) if self.moves(x)]
            stop = max([place.get(id(self.original(x)), 0) for x in moving], default=0)
            stop = len(self.instructions) if question is None else stop
            for instruction, gone in zip(self.instructions[done:stop], dying[done:stop], strict=True):
                known[instruction.result] = step(instruction.op, *[known.get(id(a), a) for a in instruction.args])
                for a in gone:
                    known.pop(a, None)
            done = max(done, stop)
            why = self._differs(question, known) if question is not None and moving else ""
            if why:
                return [], why
        return [known.get(id(self.original(y)), y) for y in self.outputs], ""

    def again(self, example: Sequence[Variable]) -> list[Any]:
        """The outputs computed again from Variables with the values of the first example."""
        known: dict[int, Any] = {id(x): v for x, v in zip(self.leaves, example, strict=True)}
        for instruction in self.instructions:
            known[instruction.result] = on_variables(instruction.op, *[known.get(id(a), a) for a in instruction.args])
        return [known.get(id(self.original(y)), y) for y in self.outputs]

    def _dying(self) -> list[Sequence[int]]:
        """For each step the ids of what no later step uses, so that its memory is free for the next."""
        seen = set(self.kept)
        found: list[Sequence[int]] = []
        for instruction in reversed(self.instructions):
            found.append([id(a) for a in instruction.args if id(a) not in seen])
            seen.update(found[-1])
        return found[::-1]

    def _differs(self, question: Question, known: dict[int, Any]) -> str:
        """Why the examples do not give the answer that the first one gave; "" where they do."""
        ask, values, answer = question
        if ask is None:
            for x in _variables(values):
                if self.moves(x) and not _all_equal(known[id(self.original(x))], x._data):
                    return f"it reads the numbers in {_named(x)}, which differ from example to example"
            return ""
        moving = [self.moves(v) for v in values]
        given = [known[id(self.original(v))].value if m else v for v, m in zip(values, moving, strict=True)]
        if decided(_same_answers(ask, moving, answer), *given):
            return ""
        return f"it takes another way for some examples, by the values in {_named(values[moving.index(True)])}"


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


def _all_equal(stack: Any, first: Any) -> bool:
    equal_nan = np.asarray(first).dtype.kind in "fc"
    value = noted(stack.value)
    return decided(lambda v: all([np.array_equal(row, first, equal_nan=equal_nan) for row in v]), value)


def _same_answers(question: Callable[..., Any], moving: Sequence[bool], answer: Any) -> Callable[..., bool]:
    def same(*values: Any) -> bool:
        count = next(len(v) for v, m in zip(values, moving, strict=True) if m)
        rows = [[v[i] if m else v for v, m in zip(values, moving, strict=True)] for i in range(count)]
        return all([bool(np.all(question(*row) == answer)) for row in rows])

    return same
