"""Programs of operations, as graphs of array primitives."""

from __future__ import annotations

import copy
import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.graph import CALL, CONSTANT, INPUT, OUTPUT, Graph, Number, Unsupported
from dezero.compiler.lowering.builder import cleaned
from dezero.compiler.lowering.recorder import Recorder
from dezero.compiler.lowering.recording import Recorded, RecordedScalar
from dezero.compiler.lowering.values import most_nodes, recorded
from dezero.core.dtypes import DType, Shape
from dezero.core.op import ELEMENTWISE, Op
from dezero.rewriting.program import Program, Step, on_arrays
from dezero.rewriting.types import Type

_SMALL = 2**12  # elements: such arguments have stand-ins of their own size


def lower(program: Program) -> Graph:
    """The graph of a program: its operations' values, recorded as array primitives.

    Outputs that do not exist (None) are left out. Raises Unsupported for a program whose inputs are no arrays, or
    with an operation whose result has no type that could be found.

    >>> from dezero import Variable
    >>> x = Variable(np.ones(3))
    >>> graph = lower(Program.traced("lower", [x], [x * 2 + 1]))
    >>> [node.primitive for node in graph.nodes]
    ['input', 'map', 'map']
    """
    recorder = Recorder(Graph())
    values: list[Any] = []
    for position, kind in enumerate(program.inputs):
        if not isinstance(kind, Type):
            raise Unsupported(f"input {position} is several arrays together")
        place = recorder.add(INPUT, (), kind.shape, kind.dtype, position=position)
        values.append(recorder.array(place, fresh=False))
    values += [recorder.given(a) for a in program.constants]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for step, args in program.steps:
            values.append(_step(recorder, step, [values[a] for a in args]))
    graph = recorder.graph
    graph.outputs = [_place(recorder, values[y]) for y in program.outputs if y is not None]
    graph.updates = {values[x].place: _place(recorder, values[y]) for x, y in program.updates.items()}
    return cleaned(graph)


def _place(recorder: Recorder, value: Any) -> int:
    """The place of an output."""
    if isinstance(value, Recorded):
        return value.current()
    if isinstance(value, tuple):
        raise Unsupported("an output is several arrays together")
    return recorder.add(CONSTANT, (), (), np.asarray(value).dtype, value=np.asarray(value))


def _step(recorder: Recorder, step: Step, args: list[Any]) -> Any:
    """What a step gives: recorded, or as one call."""
    made = len(recorder.graph.nodes)
    if isinstance(step, Op) and not _draws(step):
        try:
            found = recorded(recorder, step.value, *[_unwritable(a) for a in args])
            if len(recorder.graph.nodes) <= made + most_nodes(step):
                return _settled(recorder, found)
            del recorder.graph.nodes[made:]
        except Exception:  # whatever a value does to arrays that hold no numbers
            del recorder.graph.nodes[made:]
            recorder.errstate = {}
    return called(recorder, step, args)


def _draws(op: Op) -> bool:
    """Whether an operation draws random numbers, so that it must run at each call and at no other time."""
    return any([isinstance(p, np.random.Generator | np.random.RandomState) for p in op.parameters.values()])


def _unwritable(value: Any) -> Any:
    """An argument as an array that the value may not write to."""
    if isinstance(value, Recorded):
        value.fresh, value.blank, value.source = False, False, None
    return value


def _settled(recorder: Recorder, found: Any) -> Any:
    """A result as arguments of later steps take it."""
    if isinstance(found, tuple):
        return tuple([_settled(recorder, y) for y in found])
    if isinstance(found, Recorded):
        return found
    return recorder.given(np.asarray(found) if isinstance(found, complex) else found)


# -- calls ------------------------------------------------------------------------------------------------------


def called(recorder: Recorder, step: Step, args: Sequence[Any]) -> Any:
    """A step as one node, which calls its value."""
    if any([isinstance(a, tuple) for a in args]):
        raise Unsupported(f"{_name(step)} takes several results together")
    function = step.value if isinstance(step, Op) else functools.partial(on_arrays, step)
    places = [a.current() if isinstance(a, Recorded) else Number(a) for a in args]
    given: dict[str, Any] = {"function": function, "step": step}
    found = _result(step, args)
    if not isinstance(found, tuple):
        place = recorder.add(CALL, places, *_kind(found), **given)
        return recorder.array(place, isinstance(found, np.generic), fresh=False)
    call = recorder.add(CALL, places, (), np.dtype(object), **given)
    outputs = []
    for position, y in enumerate(found):
        place = recorder.add(OUTPUT, (call,), *_kind(y), position=position)
        outputs.append(recorder.array(place, isinstance(y, np.generic), fresh=False))
    return tuple(outputs)


def _kind(value: Any) -> tuple[Shape, DType]:
    return np.shape(value), np.asarray(value).dtype if not isinstance(value, np.ndarray | np.generic) else value.dtype


def _name(step: Step) -> str:
    return getattr(step, "name", None) or type(step).__name__


def _result(step: Step, args: Sequence[Any]) -> Any:
    """A result of the step's type: what it gives for stand-ins."""
    arrays = [a for a in args if isinstance(a, Recorded)]
    one_each = isinstance(step, Op) and step.kind is ELEMENTWISE and sum([a.size for a in arrays]) > _SMALL
    error: Exception | None = None
    for fill in _FILLS:
        given = [_stand_in(a, fill, one_each) for a in args]
        try:
            found = _copied(step)(*given)
        except Exception as failure:  # a singular matrix, an index out of range: another stand-in may do
            error = failure
            continue
        if one_each and not isinstance(found, tuple):
            shape = np.broadcast_shapes(*[a.shape for a in arrays])
            return np.broadcast_to(np.zeros((), found.dtype), shape)
        return found
    raise Unsupported(f"{_name(step)} gives no result for stand-ins of its arguments ({error})")


def _copied(step: Step) -> Callable[..., Any]:
    """A step that changes none of its own state: the position of a random generator."""
    if isinstance(step, Op):
        if _draws(step):
            return functools.partial(step.base.value, **copy.deepcopy(step.parameters))  # type: ignore[attr-defined]
        return step.value
    return functools.partial(on_arrays, copy.copy(step))


def _stand_in(value: Any, fill: Callable[[Shape], Any], one: bool) -> Any:
    if not isinstance(value, Recorded):
        return value
    node = value.recorder.graph.nodes[value.place]
    if node.primitive == CONSTANT and not (one and node.shape):
        return node.parameters["value"]
    shape = (1,) * value.ndim if one else value.shape
    found = np.zeros(shape) if value.dtype.kind in "iub" else fill(shape)
    found = np.asarray(found, value.dtype)
    return found[()] if isinstance(value, RecordedScalar) else found


def _matrices(shape: Shape) -> Any:
    """Matrices that are regular, symmetric and positive, with different eigenvalues."""
    if len(shape) < 2:
        return _numbers(shape)
    n, m = shape[-2:]
    matrix = np.full((n, m), 0.01)
    np.fill_diagonal(matrix, np.linspace(1, 2, max(n, m))[: min(n, m)] + 0.01)
    return np.broadcast_to(matrix, shape)


def _numbers(shape: Shape) -> Any:
    return np.linspace(0.2, 0.8, math.prod(shape)).reshape(shape)


_FILLS: tuple[Callable[[Shape], Any], ...] = (_matrices, _numbers, np.ones, np.zeros)
