"""From the results of a traced run to a program: the steps on which they depend, in the order of computing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.compiler.tracing.abstract import Abstract, holds_abstract, is_abstract
from dezero.compiler.tracing.sources import ARRAY, GRAD, ITEM, Source
from dezero.compiler.tracing.terms import Term, rounded_again, same_constants
from dezero.compiler.tracing.trees import Structure, flatten
from dezero.core.arithmetic import ALIAS
from dezero.core.errors import describe
from dezero.core.op import Op
from dezero.core.outputs import OUTPUT
from dezero.core.variable import Variable
from dezero.core.watch.tracing import ConcretizationError
from dezero.rewriting.program import Program
from dezero.rewriting.types import Type, type_of

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.dtype, type)
REMEDY = (
    "so it would be burned into the program. Give it as an argument, draw random numbers by the library's functions, "
    "or name the argument from which it comes in static=..."
)


class RoundedAgain(ConcretizationError):
    """Two runs computed an array outside of the program with other last bits, as BLAS may where it lies elsewhere."""


class Step:
    """An operation and the keys of its arguments, in a run."""

    __slots__ = ("args", "op")

    def __init__(self, op: Any, args: list[Any]) -> None:
        self.op, self.args = op, args


class Built:
    """What one run computed.

    Keys stand for values: the object of a term, a Variable or an array, which a run keeps alive, by its id. steps: by
    key, in the order of computing. constants: by key, numbers and arrays that are no results; users: the name of the
    operation that takes each. given: the inputs by the key of their terms: the number of an argument, or a source.
    """

    def __init__(self) -> None:
        self.steps: dict[Any, Step] = {}
        self.constants: dict[Any, Any] = {}
        self.users: dict[Any, str] = {}
        self.given: dict[Any, int | Source] = {}
        self.kinds_given: dict[Any, Type] = {}
        self.alive: list[Any] = []
        self.leaves: list[Variable] = []
        self.outputs: list[Any] = []
        self.updates: list[tuple[Source, Any]] = []
        self.kinds: list[str] = []
        self.gradients: list[Source] = []
        self.cleared: list[Source] = []
        self.structure = Structure(None)
        self.stepped: list[tuple[Any, list[Any]]] = []

    # -- from values to keys ---------------------------------------------------------------------------------------

    def key(self, value: Any) -> tuple[Any, Any]:
        """The key of a value, and the step by which it follows: (operation, arguments), or None."""
        while isinstance(value, Variable):
            if value._args and self._holds(value):
                if value._op is ALIAS:
                    value = value._args[0]
                    continue
                return id(value), (value, value._op, value._args)
            if not value._args:
                self.leaves.append(value)
            value = value._data
        if isinstance(value, tuple):
            raise ConcretizationError("compile: a user's Function of several results has no types in the trace")
        if is_abstract(value):
            value = value.term
        if isinstance(value, Term):
            step = None if value.op is None else (value, value.op, value.args)
            if step is None and id(value) not in self.given:
                raise ConcretizationError("compile: an array of another trace is used; a function must not keep arrays")
            return id(value), step
        if isinstance(value, np.ndarray):
            self.alive.append(value)
            self.constants[id(value)] = value
            return id(value), None
        name = (type(value), repr(value))
        self.constants[name] = value
        return name, None

    def _holds(self, v: Variable) -> bool:
        """Whether its data still follow by the recorded operation from what is now in the Variables below it."""
        if v._op.name == OUTPUT.name and not isinstance(v._args[0]._op, Op):  # of a user's Function
            return False
        if not isinstance(v._op, Op) or getattr(v._data, "written", 0) > v._age:
            return False
        if holds_abstract(v._op.parameters):
            return False
        below = [a for a in v._args if isinstance(a, Variable)]
        return not any([a._age > v._age or getattr(a._data, "written", 0) > v._age for a in below])

    def visit(self, value: Any) -> Any:
        """Add the steps on which a value depends; returns its key."""
        wanted, step = self.key(value)
        stack: list[tuple[Any, Any]] = [(wanted, step)]
        while stack:
            key, step = stack[-1]
            if step is None or key in self.steps:
                stack.pop()
                continue
            alive, op, args = step
            below = [self.key(a) for a in args]
            missing = [(k, s) for k, s in below if s is not None and k not in self.steps]
            if missing:
                stack += missing
                continue
            stack.pop()
            self.alive.append(alive)
            self.steps[key] = Step(op, [k for k, _ in below])
            for k, _ in below:
                if k in self.constants:
                    self.users.setdefault(k, op.name)
        return wanted

    # -- two runs ----------------------------------------------------------------------------------------------------

    def check_alike(self, other: Built) -> None:
        """ConcretizationError where two runs differ."""
        if len(self.steps) != len(other.steps) or self.structure != other.structure:
            raise ConcretizationError(
                "compile: two runs of the function computed different operations, so it depends on more than its "
                "arguments: a counter, a clock, or random numbers in Python"
            )
        names: dict[Any, Any] = {}  # key in the other run -> key in this one
        for (key, step), (other_key, other_step) in zip(self.steps.items(), other.steps.items(), strict=True):
            if step.op.name != other_step.op.name or len(step.args) != len(other_step.args):
                raise ConcretizationError(
                    f"compile: two runs of the function computed {other_step.op.name} and {step.op.name} in turn, so "
                    "it depends on more than its arguments: a counter, a clock, or random numbers in Python"
                )
            self._check_parameters(step.op, other_step.op)
            names[other_key] = key
            for a, b in zip(step.args, other_step.args, strict=True):
                self._check_argument(step.op.name, a, b, other, names)
        for a, b in zip(self.outputs, other.outputs, strict=True):
            self._check_argument("the result", a, b, other, names)

    def _check_argument(self, name: str, key: Any, other_key: Any, other: Built, names: dict[Any, Any]) -> None:
        if key in self.constants and other_key in other.constants:
            if not same_constants(self.constants[key], other.constants[other_key]):
                what = describe(self.constants[key])
                kind = (
                    RoundedAgain
                    if rounded_again(self.constants[key], other.constants[other_key])
                    else ConcretizationError
                )
                raise kind(f"compile: {name} takes {what}, which differs from run to run, {REMEDY}")
        elif key in self.given and other_key in other.given:
            a, b = self.given[key], other.given[other_key]
            same = a == b if isinstance(a, int) or isinstance(b, int) else a.kind == b.kind
            if not same:
                raise ConcretizationError(f"compile: {name} takes other arrays in each run of the function")
        elif names.get(other_key) != key:
            raise ConcretizationError(f"compile: {name} takes another argument in each run of the function")

    def _check_parameters(self, op: Any, other: Any) -> None:
        for name, value in getattr(op, "parameters", {}).items():
            if not same_constants(value, other.parameters.get(name)):
                raise ConcretizationError(
                    f"compile: the parameter {name} of {op.name} differs from run to run, {REMEDY}"
                )

    def assumed(self, other: Built) -> list[Any]:
        """The arrays among the parameters of operations that are the same objects in both runs."""
        found = []
        for step, other_step in zip(self.steps.values(), other.steps.values(), strict=True):
            mine, others = [_arrays(getattr(s.op, "parameters", {})) for s in (step, other_step)]
            found += [a for a in mine if any([a is b for b in others])]
        return found

    # -- the program -------------------------------------------------------------------------------------------------

    def program(self, other: Built, types: Sequence[Any]) -> tuple[Program, list[Source], list[Any]]:
        """The program, where its inputs after the arguments come from, and the arrays that are among these inputs."""
        held = {id(a): a for a in other.constants.values() if isinstance(a, np.ndarray)}
        arrays = {k: a for k, a in self.constants.items() if k in held and held[k] is a and a.flags.writeable}
        used = {a for step in self.steps.values() for a in step.args} | {y for y in self.outputs if y is not None}
        used |= {value for _, value in self.updates}
        sources: dict[Any, Source] = {}
        places: dict[Any, int] = {}
        by_source = {s.identity: k for k, s in self.given.items() if isinstance(s, Source)}
        changed = {by_source[s.identity] for s, _ in self.updates}
        for key, source in self.given.items():
            if isinstance(source, int):
                places[key] = source
            elif key in used or key in changed:
                sources[key] = source
        sources |= {k: Source(ARRAY, a) for k, a in arrays.items() if k in used}
        constants = {k: c for k, c in self.constants.items() if k in used and k not in sources}
        for key in [*sources, *constants, *self.steps]:
            places[key] = len(types) + len(places) - sum([isinstance(s, int) for s in self.given.values()])
        program = Program(
            [*types, *[self.kinds_given.get(k) or type_of(source.holder) for k, source in sources.items()]],
            [np.copy(c) if isinstance(c, np.ndarray) and c.flags.writeable else c for c in constants.values()],
            [(step.op, [places[a] for a in step.args]) for step in self.steps.values()],
            [None if y is None else places[y] for y in self.outputs],
            {places[by_source[s.identity]]: places[value] for s, value in self.updates},
        )
        return program, list(sources.values()), list(arrays.values())


def build(
    run: Any, given: Sequence[Abstract], stand_ins: Sequence[Any], result: Any, read: Sequence[Variable] = ()
) -> Built:
    """What a run computed, from its results and from what it left in the Variables from outside."""
    built = Built()
    for i, array in enumerate(given):
        if array.written:
            raise ConcretizationError(
                f"compile: the function changes array {i} of its arguments in place; let it work on a copy"
            )
        built.given[id(array.origin)] = i
        built.alive.append(array.origin)
    for source, array in [*run.borrowed.given.values(), *run.random]:
        built.given[id(array.origin)] = source
        built.kinds_given[id(array.origin)] = Type(array.shape, array.dtype)
        built.alive.append(array.origin)
    changes = list(run.borrowed.changes())
    leaves, built.structure = flatten(result)
    _check_static(built.structure)
    for leaf in leaves:
        scalar = isinstance(leaf, np.generic) or (is_abstract(leaf) and not leaf.ndim and leaf.term.op is not None)
        scalar = scalar and not any([leaf is v._data for v in read])  # .data shows an array
        built.kinds.append("variable" if isinstance(leaf, Variable) else "scalar" if scalar else "array")
        built.outputs.append(built.visit(leaf))
    changes += [
        (Source(GRAD, i), x._grad) for i, x in enumerate(stand_ins) if isinstance(x, Variable) and x._grad is not None
    ]
    for source, value in changes:
        if source.kind == GRAD and value is None:
            built.cleared.append(source)
        elif source.kind == GRAD or (source.kind == ITEM and source.identity not in run.borrowed.given):
            built.gradients.append(source)
            built.outputs.append(built.visit(value))
        else:
            built.updates.append((source, built.visit(value)))
    return built


def _check_static(structure: Structure) -> None:
    if structure.value is not None and not isinstance(structure.value.value, _PLAIN):
        raise ConcretizationError(
            f"compile: the function returns a {type(structure.value.value).__name__}; return Variables, arrays and "
            "numbers, in tuples, lists and dicts"
        )
    for part in structure.parts:
        _check_static(part)


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return [a for part in parts for a in _arrays(part)]
