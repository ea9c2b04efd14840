"""Traces: a function is run with abstract arrays, and what it computes becomes a program.

It runs at least twice. A first run finds the Variables from outside that it uses; in the last two these are abstract
too. What differs between these runs (random numbers, counters, a clock) would be burned into the program, and is
refused.
"""

from __future__ import annotations

import itertools
import operator
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from threading import get_ident
from typing import Any

import numpy as np

from dezero.compiler.tracing import protocol, rules  # noqa: F401 - NumPy's functions on abstract arrays
from dezero.compiler.tracing.abstract import Abstract, abstract, is_abstract
from dezero.compiler.tracing.building import Built, RoundedAgain, build
from dezero.compiler.tracing.sources import GRAD, NUMBER, RANDOM, Borrowed, Reachable, Setting, Source, lacking
from dezero.compiler.tracing.standins import on_stand_ins
from dezero.compiler.tracing.terms import function_operation
from dezero.compiler.tracing.trees import Structure, flatten, unflatten
from dezero.core.arraylike import raw
from dezero.core.config import using_config
from dezero.core.marks import COMPILED
from dezero.core.op import Op
from dezero.core.variable import Parameter, Variable, tick
from dezero.core.watch.tracing import TRACES, ConcretizationError, PerRun, now
from dezero.core.watch.watching import watching
from dezero.rewriting.program import Program, on_arrays
from dezero.rewriting.types import Type, type_of

VARIABLE, PLAIN_ARRAY, SCALAR = "variable", "array", "scalar"
_MOST_RUNS = 12  # sums of arrays from outside may be added in either order from run to run
_new = object.__new__
_LARGE = 2**20  # bytes


@dataclass
class Trace:
    """What a function computes for arguments of some types.

    program: its inputs are the arrays among the arguments, in their order, then the captured ones; its outputs the
    arrays of the result, then the gradients. program.updates: the place of a captured input -> the place of what the
    function puts there. captured: where the other inputs are read at each run. arguments: the structure of
    (args, kwargs); types: of the arrays among them; with these two a later call is recognised. structure: of the
    result; kinds: for each array in it whether the function gives a Variable, an array or a NumPy scalar. gradients:
    for each output after the results the source to which it belongs: a GRAD of a Variable, whose holder is a number
    where it is the argument of that place. cleared: Variables whose gradient the function sets to None. made: states
    that did not exist before the trace; the caller writes outputs there. assumed: arrays from outside that the
    function may have computed with while it was traced: when one changes, the program is out of date.
    stepped: the optimizers that make a step in each run, with the Parameters that they step. numbers: whether Python
    floats are among the inputs.
    """

    program: Program
    captured: list[Source]
    arguments: Structure
    types: list[Type]
    structure: Structure
    kinds: list[str]
    gradients: list[Source]
    cleared: list[Source]
    assumed: list[Any]
    settings: list[Setting]
    stepped: list[tuple[Any, list[Any]]]
    numbers: bool

    def advance(self) -> None:
        """Let the optimizers count the step of a run."""
        for optimizer, params in self.stepped:
            optimizer.advance(params)

    def retreat(self) -> None:
        """Let the optimizers forget the step of a run that raised."""
        for optimizer, params in self.stepped:
            optimizer.retreat(params)

    def finish(self, outputs: Sequence[Any], leaves: Sequence[Any]) -> Any:
        """What the function returns, after a run that has written the updates.

        outputs: the program's, arrays that nobody else holds. leaves: of the arguments, whose Variables get their
        gradients.
        """
        for place in self.program.updates:
            self.captured[place - len(self.types)].renew()
        for source, value in zip(self.gradients, outputs[len(self.kinds) :], strict=True):
            if isinstance(source.holder, Variable):
                source.write(value)
            else:
                old = leaves[source.holder]._grad
                Source(GRAD, leaves[source.holder]).write(value if old is None else raw(old) + value)
        for source in self.cleared:
            source.write(None)
        return unflatten(self.structure, [result_of(kind, y) for kind, y in zip(self.kinds, outputs, strict=False)])

    def replay(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program step by step on arrays, as the function runs on these arguments; for tests and fallbacks."""
        leaves = flatten((args, kwargs), self.numbers)[0]
        self.advance()
        given = [array_of(x) for x in leaves]
        places = self.program.places(on_arrays, [*given, *[source.read() for source in self.captured]])
        for i, value in [(i, np.array(places[y])) for i, y in self.program.updates.items()]:
            self.captured[i - len(self.types)].write(value)
        return self.finish([np.array(places[y]) for y in self.program.outputs if y is not None], leaves)


def result_of(kind: str, value: Any) -> Any:
    """What a function returns in place of an array that a run computed."""
    if kind == VARIABLE:
        y: Any = _new(Variable)  # without its checks: a third of the time
        y._data, y._op, y._args, y._age = value, COMPILED, (), tick()
        y._grad = y._origin = y._resume = y.name = None
        return y
    return value[()] if kind == SCALAR else np.asarray(value)


def trace(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any] | None = None,
    static: Collection[int | str] = (),
    numbers: bool = False,
) -> Trace:
    """The program of f for arguments of these types.

    static: places and names of arguments that f gets as they are; their values belong to the structure. numbers: Python
    floats are inputs of the program, and not part of the structure. Raises ConcretizationError where f asks for
    numbers, or where what it computes differs from run to run.

    >>> import dezero.functions as F
    >>> found = trace(lambda x: F.sin(x) * x, [Variable(np.ones(3))])
    >>> [op.name for op, _ in found.program.steps]
    ['sin', 'mul']
    """
    return _Tracing(f, args, kwargs or {}, static, numbers).trace()


_SEEDS = itertools.count()  # of the numbers that stand in for abstract arrays in one run
_SAMPLED = 2**20  # elements: of a larger array some are read


def checksum(array: Any) -> int:
    """A number that changes when an array does; of a large array it is that of elements at equal distances."""
    array = array[tuple([slice(0, 1) if stride == 0 else slice(None) for stride in array.strides])]
    step = max(1, array.size // _SAMPLED)
    if not any(array.strides):  # it shows one number everywhere
        array, step = np.asarray(array.flat[:1]), 1
    part = array if step == 1 else array.ravel()[::step] if array.flags.c_contiguous else array[:: step + 1]
    return zlib.crc32(np.ascontiguousarray(part).view(np.uint8).data) if part.size else 0


class _Opaque:
    """A static argument, which is not taken apart; equal to one with an equal value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Opaque) or type(self.value) is not type(other.value):
            return False
        return self.value is other.value or bool(np.all(self.value == other.value))

    def __hash__(self) -> int:
        return hash(type(self.value))


def hidden(args: Sequence[Any], kwargs: dict[str, Any], static: Collection[int | str]) -> Any:
    """(args, kwargs) with the static arguments hidden from flatten."""
    shown = [_Opaque(x) if i in static else x for i, x in enumerate(args)]
    return tuple(shown), {k: _Opaque(x) if k in static else x for k, x in kwargs.items()}


def _shown(value: Any) -> Any:
    return value.value if isinstance(value, _Opaque) else value


class _Run:
    """One run of the function: the trace as the rest of the library sees it."""

    def __init__(self) -> None:
        self.thread, self.born, self.random = get_ident(), tick(), list[tuple[Source, Abstract]]()
        self.borrowed = Borrowed()
        self.numbers: dict[Any, Any] = {}
        self.begins, self.seed = False, next(_SEEDS)
        self.taken: dict[int, tuple[Any, int]] = {}
        self.stepped: list[tuple[Any, list[Any]]] = []

    def takes(self, array: Any) -> None:
        self.taken.setdefault(id(array), (array, checksum(array)))

    def check_unchanged(self) -> None:
        """ConcretizationError where a plain array was changed after an operation took it."""
        for array, before in self.taken.values():
            if checksum(array) != before:
                raise ConcretizationError(
                    f"compile: an array of shape {array.shape} was changed in place after an operation took it; give "
                    "the operation a copy"
                )

    def computed(self, name: str, function: Any, args: Sequence[Any]) -> Any:
        if not any([is_abstract(x) for x in args]):
            return None
        return on_stand_ins(function if isinstance(function, Op) else function_operation(name, function), args)

    def number(self, value: PerRun, dtype: Any) -> Any:
        key = value.key, np.dtype(dtype)
        if key not in self.numbers and value.read is None:
            found = self._expression(value)
            self.numbers[key] = found if found.dtype == dtype else found.astype(dtype)
        elif key not in self.numbers:
            self.numbers[key] = self.provided(NUMBER, lambda: np.asarray(now(value), dtype), np.zeros((), dtype), key)
        return self.numbers[key]

    def _expression(self, value: Any) -> Any:
        """A number that follows from arguments, as an array of float64: Python computes with this precision."""
        if not isinstance(value, PerRun):
            return value
        if value.array is not None:
            return value.array
        if value.read is not None:
            return self.number(value, np.float64)
        name, a, b = value.parts
        return getattr(operator, name)(self._expression(a), self._expression(b))

    def steps(self, optimizer: Any, params: Sequence[Any], begins: bool) -> None:
        self.stepped.append((optimizer, list(params)))
        self.begins = self.begins or begins

    def drawn(self, draw: Callable[[], Any], rng: Any) -> Any:
        with_state = _Replayed(draw, rng)
        return self.provided(RANDOM, with_state, with_state.sample, (id(rng), with_state.sample.shape))

    def provided(self, kind: str, read: Callable[[], Any], sample: Any, key: Any = None) -> Any:
        """An input that a function gives at each run. key: equal for equal numbers."""
        array = abstract(np.shape(sample), np.asarray(sample).dtype)
        self.random.append((Source(kind, read, key), array))
        return array


class _Replayed:
    """Draws random numbers of one kind; to find their type it draws some and sets the generator back."""

    def __init__(self, draw: Callable[[], Any], rng: Any) -> None:
        self.draw = draw
        state = np.random.get_state() if rng is None else rng.bit_generator.state
        self.sample = draw()
        if rng is None:
            np.random.set_state(state)
        else:
            rng.bit_generator.state = state

    def __call__(self) -> Any:
        return self.draw()


class _Tracing:
    """The runs of one function."""

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: Any, static: Collection[int | str], numbers: bool
    ) -> None:
        self.f, self.numbers = f, numbers
        self.leaves, self.arguments = flatten(hidden(args, kwargs, static), numbers)
        self.types = [type_of(array_of(x)) for x in self.leaves]
        self.reachable = Reachable(f, *flatten_static(self.arguments))
        own = {id(x) for x in self.leaves}
        self.missing = False  # whether the last run found that a state had to be made
        self.outside = [v for v in self.reachable.variables if id(v) not in own]

    def trace(self) -> Trace:
        runs: list[Built] = []
        error = ConcretizationError("compile: the function uses other Variables in each run, so it has no program")
        for _ in range(_MOST_RUNS):
            known, empty = len(self.outside), [v for v in self.outside if v._data is None]
            try:
                built = self._run()
            except ConcretizationError:
                made = self._reaches_more() or any([v._data is not None for v in empty])
                if not made:  # the next run finds the Parameters that a layer made
                    raise
                continue
            if len(self.outside) != known or self.missing:
                continue
            for before in reversed(runs):
                try:  # a derivative that the first run derives and the second takes from the cache may differ in form
                    return self._compared(before, built)
                except ConcretizationError as differs:
                    error = differs
                    if not isinstance(differs, RoundedAgain):
                        break
            runs.append(built)
        raise error

    def _reaches_more(self) -> bool:
        """Whether the function reaches Variables that it did not reach before."""
        known = {id(v) for v in [*self.outside, *self.leaves]}
        new = [v for v in Reachable(self.f, *flatten_static(self.arguments)).variables if id(v) not in known]
        self.outside += new
        return bool(new)

    def _run(self) -> Built:
        run = _Run()
        for v in self.outside:
            run.borrowed.borrow(v)
        self._borrow_states(run)
        given = [abstract(kind.shape, kind.dtype) for kind in self.types]  # type: ignore[union-attr]
        stand_ins = [_like_argument(x, array, i) for i, (x, array) in enumerate(zip(self.leaves, given, strict=True))]
        args, kwargs = unflatten(self.arguments, stand_ins)
        TRACES.append(run)
        try:
            with using_config("enable_backprop", True), watching() as watch:
                result = self.f(*map(_shown, args), **{k: _shown(x) for k, x in kwargs.items()})
            run.check_unchanged()
            built = build(run, given, stand_ins, result, watch.read)
        finally:
            TRACES.remove(run)
            run.borrowed.give_back()
        self._note(run, [*watch.read, *built.leaves])
        known = {id(optimizer) for optimizer in self.reachable.optimizers}
        new = [optimizer for optimizer, _ in run.stepped if id(optimizer) not in known]
        self.reachable.optimizers += new
        self.missing = bool(new) or run.begins
        built.stepped = run.stepped
        return built

    def _borrow_states(self, run: _Run) -> None:
        for optimizer in self.reachable.optimizers:
            for state in optimizer.states.values():
                run.borrowed.borrow_items(state)

    def _note(self, run: _Run, used: Sequence[Variable]) -> None:
        """Add Variables from outside that a run has used to those that are known."""
        known = {id(v) for v in self.outside}
        for v in used:
            older = v._age <= run.born or isinstance(v, Parameter)
            if id(v) not in known and older and not v._args and type(v._data) is not Abstract:
                known.add(id(v))
                self.outside.append(v)

    def _compared(self, first: Built, second: Built) -> Trace:
        second.check_alike(first)
        program, sources, arrays = second.program(first, self.types)
        read = {id(a) for a in arrays if a.nbytes > _LARGE}  # at each run: what else follows from them is not looked at
        assumed = [a for a in [*self.reachable.arrays, *second.assumed(first)] if id(a) not in read]
        reached = Reachable(self.f, *flatten_static(self.arguments)).settings
        settings = [*reached, *map(lacking, self.outside)]
        return Trace(
            program, sources, self.arguments, self.types, second.structure, second.kinds,  # type: ignore[arg-type]
            second.gradients, second.cleared, assumed, settings,
            second.stepped, self.numbers,
        )  # fmt: skip


def flatten_static(structure: Structure) -> list[Any]:
    """The static values in a structure: objects such as layers."""
    own = [] if structure.value is None else [_shown(structure.value.value)]
    return [*own, *[value for part in structure.parts for value in flatten_static(part)]]


def array_of(leaf: Any) -> Any:
    """The array that a program takes for an argument; of a Python float one of float64."""
    return leaf._data if isinstance(leaf, Variable) else np.asarray(leaf) if type(leaf) is float else leaf


def _like_argument(given: Any, array: Abstract, number: int) -> Any:
    """What the function gets in place of an argument. number: of the argument."""
    if type(given) is float:
        return PerRun(None, ("argument", number), array=array)
    if not isinstance(given, Variable):
        return array
    v = Variable(None, given.name)
    v._data = array
    return v
