"""A run of a residual as a program, found again among those of earlier equations.

A loop over time steps solves equations that differ in numbers alone. So the plain arrays and numbers of a residual
become inputs where no derivation can depend on their values, and equations with equal steps share their programs by the
cache of derivations. One walk over the graph finds all of this: for a small system, it is much of the time of a step.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arithmetic import ALIAS
from dezero.core.arraylike import raw
from dezero.core.config import checking_inplace
from dezero.core.errors import GraphError
from dezero.core.fingerprint import fingerprint
from dezero.core.graph import collect
from dezero.core.marks import UNRECORDED, Computed
from dezero.core.op import BILINEAR, Op
from dezero.core.variable import Parameter, Variable
from dezero.derivatives.implicit.evaluation import Evaluation
from dezero.derivatives.implicit.programs import Programs
from dezero.rewriting.cache import CACHE
from dezero.rewriting.keys import any_unlike
from dezero.rewriting.program import Program, plain_copy
from dezero.rewriting.types import type_of

_ARITHMETIC = {"add", "sub", "mul", "div"}
_STEP = 100  # bytes of a step of a program, estimated
_PROGRAMS = 6  # how many programs an entry of the cache comes to hold, each about as long as the residual twice


class Record(NamedTuple):
    """The programs of a residual, the last inputs of these, and the Variables from outside that the run used."""

    programs: Programs
    constants: list[Any]
    captured: list[Variable]


def record(name: str, leaves: Sequence[Variable], outputs: Sequence[Variable], born: int) -> Record:
    """The outputs, the first of which is the residual, as computed from the leaves.

    born: the age of the youngest Variable before the run. GraphError where the run took a derivative without recording
    it, or data was rebound after its use.
    """
    nodes, captured = _walk(name, leaves, outputs, born)
    run = _Run([*leaves, *captured], nodes, outputs)
    return Record(run.found(name), [plain_copy(run.constants[i]) for i in run.lifted], captured)


def _walk(
    name: str, leaves: Sequence[Variable], outputs: Sequence[Variable], born: int
) -> tuple[list[Variable], list[Variable]]:
    """The nodes that the run computed, oldest first, and the Variables from outside that these used."""
    nodes, captured = list[Variable](), list[Variable]()
    seen = {id(x) for x in leaves}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        op = node._op
        if node._age <= born or isinstance(node, Parameter):  # a Parameter may be made in the run, and belongs to it
            captured.append(node)
        elif node._args:
            nodes.append(node)
            for a in node._args:
                if isinstance(a, Variable):
                    if a._age >= node._age:
                        collect(outputs, name)  # raises
                    stack.append(a)
        elif op is UNRECORDED:  # the solution's derivative would miss its part
            raise GraphError(
                f"{name}: the function takes a derivative without create_graph=True, which is a constant for the "
                "solution's derivative; take it with create_graph=True, or detach() it to have it so"
            )
        elif op is not None and not isinstance(op, Computed):
            op.fail(name)
    if checking_inplace():
        collect(outputs, name)
    nodes.sort(key=attrgetter("_age"))
    return nodes, captured


class _Run:
    """The steps of a run. Arguments of a step: places of inputs and of results of steps, or -1 - i for constant i."""

    def __init__(self, inputs: Sequence[Variable], nodes: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.types = [type_of(x._data) for x in inputs]
        self.constants: list[Any] = []
        self.steps: list[tuple[Any, tuple[int, ...]]] = []
        self._places = {id(x): i for i, x in enumerate(inputs)}
        self._at: dict[int, int] = {}  # id of a constant argument -> -1 - i
        for node in nodes:
            args, op = node._args, node._op
            if not any([id(a) in self._places for a in args]):
                continue  # a constant
            found = tuple([self._place(a) for a in args])
            self._places[id(node)] = found[0] if op is ALIAS else len(inputs) + len(self.steps)
            if op is not ALIAS:
                self.steps.append((op, found))
        self.outputs = tuple([self._place(y) for y in outputs])
        self.in_double = all([x._data.dtype == np.float64 for x in inputs])
        self.lifted = self._lifted() if self.in_double else []

    def _place(self, a: Any) -> int:
        place = self._places.get(id(a))
        if place is None:
            place = self._at.get(id(a))
            if place is None:
                self.constants.append(raw(a))
                place = self._at[id(a)] = -len(self.constants)
        return place

    def _lifted(self) -> list[int]:
        """The constants whose values no derivation depends on: factors and summands in float64.

        Derivations may use that a number is 0, 1, whole or an exponent, and watch for overflow in lower precision.
        """
        other = {-1 - a for op, args in self.steps if min(args) < 0 and not _multiplies(op) for a in args}
        other.update([-1 - y for y in self.outputs if y < 0])
        return [i for i, c in enumerate(self.constants) if i not in other and _is_value(c)]

    def found(self, name: str) -> Programs:
        """The programs of this structure, from the cache where they are there."""
        key = self._key()
        found: Programs | None = None if key is None else CACHE.find(key)
        if found is None:
            program, lasting = self._program(), key is not None and not any_unlike(key)
            found = Programs(name, Evaluation(program), len(self.types), lasting)
            if lasting:
                held = sum([c.nbytes for c in program.constants if isinstance(c, np.ndarray)])
                CACHE.keep(key, found, _PROGRAMS * (_STEP * (len(program.steps) + len(program.inputs)) + held))
        return found

    def _key(self) -> Hashable:
        """Equal for runs with equal steps; None where a part cannot be compared."""
        if not (self.in_double and all([isinstance(op, Op) for op, _ in self.steps])):
            return None
        lifted = set(self.lifted)
        constants = [
            type_of(np.asarray(c)) if i in lifted else ("kept", fingerprint(c)) for i, c in enumerate(self.constants)
        ]
        steps = [(op.key, args) for op, args in self.steps]
        return "residual", tuple(self.types), tuple(constants), tuple(steps), self.outputs

    def _program(self) -> Program:
        first, lifted = len(self.types), set(self.lifted)
        order = [*self.lifted, *[i for i in range(len(self.constants)) if i not in lifted]]
        places = {-1 - i: first + k for k, i in enumerate(order)}

        def place(a: int) -> int:
            return places[a] if a < 0 else a if a < first else a + len(order)

        return Program(
            [*self.types, *[type_of(np.asarray(self.constants[i])) for i in self.lifted]],
            [plain_copy(self.constants[i]) for i in order[len(self.lifted) :]],
            [(op, [place(a) for a in args]) for op, args in self.steps],
            [place(y) for y in self.outputs],
        )


def _is_value(c: Any) -> bool:
    if isinstance(c, np.ndarray):
        return c.dtype == np.float64 and (c.ndim > 0 or _is_value(c.item()))
    return isinstance(c, float) and math.isfinite(c) and not c.is_integer()


def _multiplies(op: object) -> bool:
    return isinstance(op, Op) and (op.name in _ARITHMETIC or op.kind is BILINEAR) and not op.indices
