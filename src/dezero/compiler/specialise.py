"""One specialisation of a compiled function: its trace, its graph and what runs them, for arguments of some types."""

from __future__ import annotations

import functools
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dezero.compiler.graph import CALL, INPUT, Graph, Node, Unsupported
from dezero.compiler.lowering.builder import key_of
from dezero.compiler.lowering.lower import lower
from dezero.compiler.replay.replay import Replay
from dezero.compiler.tracing.sources import NUMBER, RANDOM, Setting
from dezero.compiler.tracing.terms import Call
from dezero.compiler.tracing.trace import PLAIN_ARRAY, Trace, array_of, result_of, trace
from dezero.compiler.tracing.trees import LEAF, unflatten
from dezero.core.config import Config, using_config
from dezero.core.op import Op
from dezero.core.watch.tracing import ConcretizationError

if TYPE_CHECKING:
    from dezero.compiler.machine.native import Native

Runner = Callable[..., Sequence[Any]]
_WHOLE = 2**20  # bytes: of a larger array a checksum is compared, not a copy


class Options(NamedTuple):
    """What a user asks of a compiled function (see `dezero.compile`)."""

    static: Collection[int | str]
    strict: bool
    threads: int
    fallback: str


class Specialisation:
    """A function compiled for arguments of some types: traced at once, made machine code when it first runs.

    numbers: whether Python floats are inputs. seconds: what each stage took. way: "machine code" or "NumPy". why: the
    reason where it is not machine code.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any, options: Options, numbers: bool = False
    ) -> None:
        self._function, self._options = function, options
        self.seconds: dict[str, float] = {}
        self.trace: Trace = self._timed("trace", lambda: trace(function, args, kwargs, options.static, numbers))
        self.graph: Graph = self._timed("lower", lambda: lower(self.trace.program))
        self.way, self.why = "machine code", ""
        self.native: Native | None = None  # its loops and products, where it is not computed number by number
        kinds = self.trace.program.inputs[len(self.trace.types) :]
        self._captured = [(source, *kind) for source, kind in zip(self.trace.captured, kinds, strict=True)]
        self._arrays = [(a, _state(a)) for a in self.trace.assumed]
        self._settings = self.trace.settings
        structure = self.trace.structure
        self._one = structure.kind is LEAF
        self._pure = not (self.trace.gradients or self.trace.cleared or self.trace.program.updates)
        self._flat = structure.kind in (list, tuple) and all([part.kind is LEAF for part in structure.parts])

    @functools.cached_property
    def run(self) -> Runner:
        """What computes the results from the arrays of a call."""
        try:
            return self._timed("machine code", self._machine_code)
        except (Unsupported, ImportError) as reason:
            if self._options.fallback == "error":
                raise
            self.way, self.why = "NumPy", str(reason)
            return self._replay

    def entry(self, args: tuple[Any, ...], fallback: Runner) -> Runner | None:
        """A function in machine code that takes the arguments as they are and gives the results; None where it cannot.

        It serves arrays that the function turns into an array or a tuple of them, whatever the settings are. fallback:
        takes the calls that it does not.
        """
        found = self.trace
        plain = (self._one or (self._flat and found.structure.kind is tuple)) and {*found.kinds} == {PLAIN_ARRAY}
        slow = self.run is self.native or isinstance(self.run, Replay)
        seen = not self._arrays and all([setting.place for setting in self._settings])  # by machine code, at each call
        if not plain or found.captured or not seen or not self._pure or slow:
            return None
        try:
            fast = self._machine_code(fallback, self._one, self._settings)
            with using_config("train", not Config.train):
                other = lower(trace(self._function, args).program)
        except (Unsupported, ConcretizationError):
            return None
        return fast if fast is not self.native and _same_graph(self.graph, other) else None

    def _machine_code(
        self, fallback: Runner | None = None, single: bool = False, watched: Sequence[Setting] = ()
    ) -> Runner:
        """What runs the graph as machine code; Unsupported, with the reason, where it cannot.

        fallback: takes the calls with arrays of other types; the code of small graphs checks them. single: one result
        comes in no tuple. watched: what the code looks at as well, before it computes.
        """
        from dezero.compiler.machine.entry import scalar_entry, walk_entry
        from dezero.compiler.machine.native import Native
        from dezero.compiler.passes.simplify import simplified

        simpler, strict = simplified(self.graph, self._options.strict), self._options.strict
        if self.native is None:
            try:
                return scalar_entry(simpler, fallback or self._in_order, strict, single, watched)
            except Unsupported:  # it is too large to be computed number by number
                self.native = Native(simpler, self._options.threads, strict=strict)
        try:
            return walk_entry(self.native, fallback or self.native, single, watched)
        except Unsupported:
            return self.native

    def _in_order(self, *arrays: Any) -> Sequence[Any]:
        """The results for arrays that lie in memory in another way than machine code reads them."""
        ordered = [np.require(a, requirements=["C", "A"]) for a in arrays]
        if any([a is not b for a, b in zip(ordered, arrays, strict=True)]):
            return self.run(*ordered)
        return self._replay(*arrays)  # such as a dtype's second object

    @functools.cached_property
    def _replay(self) -> Replay:
        return Replay(self.graph)

    def _timed(self, stage: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = work()
        self.seconds[stage] = time.perf_counter() - start
        return found

    def fits(self) -> bool:
        """Whether what is outside has the shapes and dtypes with which the function was traced."""
        return self._held() is not None

    def inputs(self, leaves: Sequence[Any]) -> list[Any] | None:
        """The arrays of a run; None where one from outside has another shape or dtype than when it was traced.

        Optimizers that step in the run count it, and random numbers are drawn.
        """
        held = self._held()
        if held is None:
            return None
        self.trace.advance()
        given = zip(held, self._captured, strict=True)
        return [array_of(x) for x in leaves] + [source.read() if a is None else a for a, (source, *_) in given]

    def _held(self) -> list[Any] | None:
        """The arrays from outside that fit, with None for what each run reads late; None where one does not fit."""
        held = []
        for source, shape, dtype in self._captured:
            late = source.kind in (NUMBER, RANDOM)
            a = None if late else source.read()
            if not late and (a is None or a.shape != shape or a.dtype != dtype):
                return None
            held.append(a)
        return held

    def changed(self) -> list[Any]:
        """What the function may have computed with while it was traced, and that changed: arrays, and settings."""
        arrays = [a for a, state in self._arrays if not _same_state(a, state)]
        return [*arrays, *[setting for setting in self._settings if setting.changed()]]

    def trust(self, changed: Sequence[Any]) -> None:
        """Look no longer whether these change: the program does not depend on them."""
        self._arrays = [pair for pair in self._arrays if not any([pair[0] is b for b in changed])]
        self._settings = [setting for setting in self._settings if not any([setting is b for b in changed])]

    def computes_as(self, other: Specialisation) -> bool:
        """Whether two specialisations of a function are the same program."""
        a, b = self.trace, other.trace
        sources = [[x.identity for x in (*t.captured, *t.gradients, *t.cleared)] for t in (a, b)]
        same = (a.structure, a.kinds, sources[0]) == (b.structure, b.kinds, sources[1])
        return same and _same_graph(self.graph, other.graph)

    def __call__(self, leaves: Sequence[Any], arrays: Sequence[Any]) -> Any:
        """The function's result for the leaves of its arguments and the arrays of this run."""
        found = self.trace
        try:
            results = self.run(*arrays)
        except BaseException:
            found.retreat()
            raise
        if not self._pure:
            return found.finish(results, leaves)
        if self._one:
            return result_of(found.kinds[0], results[0])
        made = [result_of(kind, y) for kind, y in zip(found.kinds, results, strict=True)]
        return found.structure.kind(made) if self._flat else unflatten(found.structure, made)


def _same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs compute the same, as far as can be seen: calls of users' Functions are taken to differ."""
    if len(a.nodes) != len(b.nodes) or (a.inputs, a.outputs, a.updates) != (b.inputs, b.outputs, b.updates):
        return False
    return all([_same_node(x, y) for x, y in zip(a.nodes, b.nodes, strict=True)])


def _same_node(a: Node, b: Node) -> bool:
    if (a.primitive, a.args, a.shape, a.dtype) != (b.primitive, b.args, b.shape, b.dtype):
        return False
    if a.primitive != CALL:
        return a.primitive == INPUT or key_of(a) == key_of(b)
    steps = [node.parameters["step"] for node in (a, b)]
    if not all([isinstance(step, Op) for step in steps]):
        return False
    values = [step.value for step in steps]
    if all([isinstance(value, Call) for value in values]):
        return bool(values[0].same(values[1]))
    return bool(steps[0].key == steps[1].key)


def _state(array: np.ndarray) -> Any:
    """What an array holds: a copy, or a checksum of a large one."""
    if array.nbytes <= _WHOLE and not array.dtype.hasobject:
        return array.copy()
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if not array.dtype.hasobject else None


def _same_state(array: np.ndarray, state: Any) -> bool:
    if isinstance(state, np.ndarray):
        if array.shape != state.shape or array.dtype != state.dtype:
            return False
        return np.array_equal(array, state) if array.dtype.kind in "biu" else array.tobytes() == state.tobytes()
    return bool(_state(array) == state)
