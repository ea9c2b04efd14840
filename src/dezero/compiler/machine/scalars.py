"""Graphs of small arrays as straight-line code: each element is a number of its own, and NumPy does the indexing."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.graph import Graph, Node, Number
from dezero.compiler.kernel import Instruction
from dezero.compiler.machine.vector import Body, Unsupported, Value, apply, stored
from dezero.core.dtypes import Array, DType

LARGEST = 1000  # operations on numbers, beyond which loops over arrays are as fast and take less time to compile
_MOST = 50 * LARGEST  # elements of all arrays together, views and constants among them


class Read(NamedTuple):
    """One element of an input."""

    position: int
    offset: int
    dtype: DType


class Scalars(NamedTuple):
    """A program of numbers: what each is, and for each output the numbers of its elements."""

    values: list[Read | np.generic | Instruction]
    outputs: list[Array]

    def live(self) -> set[int]:
        """The values on which the outputs depend."""
        found: set[int] = set()
        stack = [int(v) for out in self.outputs for v in out.flat]
        while stack:
            number = stack.pop()
            if number not in found:
                found.add(number)
                value = self.values[number]
                stack += [a for a in value.args if not isinstance(a, Number)] if isinstance(value, Instruction) else []
        return found


def scalars(graph: Graph) -> Scalars:
    """A graph as a program of numbers. Raises Unsupported where it is too large, or calls what has no machine code."""
    if graph.updates:
        raise Unsupported("arrays are updated")
    live = graph.live()
    elements = sum([math.prod(graph.nodes[place].shape) for place in live])
    if elements > _MOST:
        raise Unsupported(f"{elements} elements are too many to be computed one by one: the limit is {_MOST}")
    reader = _Reader(graph)
    for place, node in enumerate(graph.nodes):
        if place in live:
            reader.arrays[place] = np.broadcast_to(reader.array(node), node.shape)
    program = Scalars(reader.values, [reader.arrays[place] for place in graph.outputs])
    count = sum([isinstance(reader.values[k], Instruction) for k in program.live()])
    if count > LARGEST:
        raise Unsupported(f"{count} operations on numbers are too many to be written out: the limit is {LARGEST}")
    return program


class _Reader:
    """A graph read node by node: arrays of the numbers of values."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: list[Read | np.generic | Instruction] = []
        self.known: dict[Any, int] = {}
        self.arrays: dict[int, Array] = {}

    def add(self, value: Read | np.generic | Instruction) -> int:
        """The number of a value; equal ones share one."""
        key: Any = (value.dtype, value.tobytes()) if isinstance(value, np.generic) else _key(value)
        if key not in self.known:
            self.known[key] = len(self.values)
            self.values.append(value)
        return self.known[key]

    def array(self, node: Node) -> Array:
        """The numbers of the elements of a node's result."""
        rule = getattr(self, f"_{node.primitive}", None)
        if rule is None:
            raise Unsupported(f"{node.primitive} has no form of numbers")
        return np.asarray(rule(node, *[a if isinstance(a, Number) else self.arrays[a] for a in node.args]), np.intp)

    def _input(self, node: Node) -> Array:
        position = node.parameters["position"]
        found = [self.add(Read(position, k, node.dtype)) for k in range(math.prod(node.shape))]
        return np.array(found, np.intp).reshape(node.shape)

    def _constant(self, node: Node) -> Array:
        value = np.asarray(node.parameters["value"])
        return np.array([self.add(v) for v in value.reshape(-1)], np.intp).reshape(value.shape)

    def _map(self, node: Node, *args: Array | Number) -> Array:
        ufunc, loop = node.parameters["ufunc"], node.parameters["loop"]
        return self.elementwise(ufunc.__name__, ufunc, tuple(loop), args, node.parameters["result"])

    def _cast(self, node: Node, x: Array | Number) -> Array:
        return self.elementwise("cast", functools.partial(_cast, node.dtype), (node.dtype,), [x])

    def _where(self, node: Node, *args: Array | Number) -> Array:
        return self.elementwise("where", lambda *v: _cast(node.dtype, np.where(*v)), (node.dtype,), args)

    def _reshape(self, node: Node, x: Array) -> Array:
        return x.reshape(node.shape)

    def _transpose(self, node: Node, x: Array) -> Array:
        return x.transpose(node.parameters["axes"])

    def _broadcast(self, node: Node, x: Array | Number) -> Array:
        return np.broadcast_to(self._numbers(x, node.dtype), node.shape)

    def _slice(self, node: Node, x: Array) -> Array:
        return x[node.parameters["index"]]

    def _concatenate(self, node: Node, *args: Array) -> Array:
        return np.concatenate(args, axis=node.parameters["axis"])

    def _embed(self, node: Node, x: Array) -> Array:
        y = np.full(node.shape, self.add(node.dtype.type(0)), np.intp)
        y[node.parameters["index"]] = self._numbers(x, node.dtype)
        return y

    def _reduce(self, node: Node, x: Array) -> Array:
        ufunc, axes = node.parameters["ufunc"], node.parameters["axes"]
        cast = self.elementwise("cast", functools.partial(_cast, node.dtype), (node.dtype,), [x])
        return self._folded(ufunc, node.dtype, cast, axes, node.parameters["keepdims"])

    def _matmul(self, node: Node, a: Array, b: Array) -> Array:
        left, right = [np.asarray(x) for x in (a, b)]
        left = left[None] if left.ndim == 1 else left
        right = right[:, None] if right.ndim == 1 else right
        factors = [left[..., :, :, None], right[..., None, :, :]]
        terms = self.elementwise("multiply", np.multiply, (node.dtype,) * 3, factors)
        return self._folded(np.add, node.dtype, terms, (terms.ndim - 2,), False).reshape(node.shape)

    def _numbers(self, x: Array | Number, dtype: DType) -> Array:
        return np.asarray(self.add(dtype.type(x.value))) if isinstance(x, Number) else x

    def _folded(self, ufunc: np.ufunc, dtype: DType, x: Array, axes: Sequence[int], keepdims: bool) -> Array:
        """A reduction over axes, element after element."""
        if ufunc.identity is None and any([x.shape[k] == 0 for k in axes]):
            raise Unsupported(f"{ufunc.__name__} of no elements")
        loop = (dtype,) * 3
        rest = [n for k, n in enumerate(x.shape) if k not in axes]
        count = math.prod([x.shape[k] for k in axes])
        moved = np.moveaxis(x, axes, range(len(axes))).reshape(count, *rest)
        start = np.full(moved.shape[1:], 0, np.intp)
        if not len(moved):
            start[...] = self.add(dtype.type(ufunc.identity))
        rows = iter(moved)
        total = functools.reduce(
            lambda s, t: self.elementwise(ufunc.__name__, ufunc, loop, [s, t]), rows, next(rows, start)
        )
        if ufunc is np.add and dtype.kind == "f" and count:  # NumPy starts from 0.0, and 0.0 + -0.0 is 0.0
            total = self.elementwise("add", np.add, loop, [total, Number(0.0)])
        shape = [1 if k in axes else n for k, n in enumerate(x.shape) if keepdims or k not in axes]
        return np.asarray(total).reshape(shape)

    def elementwise(
        self,
        name: str,
        function: Callable[..., Any],
        loop: tuple[DType, ...],
        args: Sequence[Array | Number],
        result: int = 0,
    ) -> Array:
        """An instruction for each element of arguments that broadcast; function: its value of numbers."""
        arrays = [a for a in args if not isinstance(a, Number)]
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        columns = [itertools.repeat(a) if isinstance(a, Number) else np.broadcast_to(a, shape).flat for a in args]
        made = []
        for _, *row in zip(range(math.prod(shape)), *columns, strict=False):
            given = tuple([a if isinstance(a, Number) else int(a) for a in row])
            made.append(self._instruction(Instruction(name, given, loop, result), function))
        return np.array(made, np.intp).reshape(shape)

    def _instruction(self, instruction: Instruction, function: Callable[..., Any]) -> int:
        """The number of an instruction's value: of a known number if it is one, or of one of its arguments."""
        name, args, loop, result = instruction
        known = [self._constant_of(a) for a in args]
        if all([v is not None for v in known]):
            with np.errstate(all="ignore"):
                given = known if name in ("cast", "where") else [_cast(t, v) for t, v in zip(loop, known, strict=False)]
                value = function(*given)
            return self.add(_cast(_out(instruction), value[result] if isinstance(value, tuple) else value))
        same = self._unchanged(name, args, known, _out(instruction))
        if same is not None:
            return same
        if name in ("add", "multiply"):  # in one order, which is no other number
            args = tuple(sorted(args, key=lambda a: (isinstance(a, Number), repr(a) if isinstance(a, Number) else a)))
            if loop[0] == loop[1]:
                instruction = Instruction(name, args, loop, result)
        return self.add(instruction)

    def _constant_of(self, a: int | Number) -> Any:
        if isinstance(a, Number):
            return a.value
        value = self.values[a]
        return value if isinstance(value, np.generic) else None

    def _unchanged(self, name: str, args: Sequence[int | Number], known: Sequence[Any], dtype: DType) -> int | None:
        """The argument that is the result, to the bit: x * 1, x / 1, x - 0, a cast to its own dtype."""

        def own(a: int | Number) -> int | None:
            return a if not isinstance(a, Number) and self._dtype(a) == dtype else None

        if name == "cast":
            return own(args[0])
        if len(args) != 2 or dtype.kind != "f":
            return None
        first, second = known
        if name in ("multiply", "divide") and second is not None and second == 1:
            return own(args[0])
        if name == "multiply" and first is not None and first == 1:
            return own(args[1])
        if name == "subtract" and second is not None and second == 0 and not np.signbit(second):
            return own(args[0])
        return None

    def _dtype(self, number: int) -> DType:
        value = self.values[number]
        return _out(value) if isinstance(value, Instruction) else value.dtype


def _cast(dtype: DType, value: Any) -> np.generic:
    """A number in another dtype."""
    return dtype.type(np.asarray(value).astype(dtype))


def _key(value: Read | Instruction) -> Any:
    """What is equal for equal values; numbers by their sign and type, too: 0.0 is not -0.0, and 1 is not True."""
    if isinstance(value, Read):
        return value
    args = [(type(a.value), repr(a.value)) if isinstance(a, Number) else a for a in value.args]
    return (value.name, tuple(args), value.loop, value.result)


def _out(instruction: Instruction) -> DType:
    """The dtype of an instruction's result."""
    if instruction.name in ("cast", "where"):
        return instruction.loop[0]
    return instruction.loop[len(instruction.args) + instruction.result]


def write(program: Scalars, b: Body, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """The lines of a program that reads inputs at their addresses, and writes outputs to theirs."""
    live, values = program.live(), dict[int, Value]()
    for number, value in enumerate(program.values):
        if number not in live:
            continue
        if isinstance(value, Read):
            kind = stored(value.dtype)
            pointer = b.line(f"getelementptr {kind}, ptr {inputs[value.position]}, i64 {value.offset}")
            values[number] = b.loaded(b.line(f"load {kind}, ptr {pointer}"), value.dtype)
        elif isinstance(value, np.generic):
            values[number] = b.constant(value.item(), value.dtype)
        else:
            given = [a if isinstance(a, Number) else values[a] for a in value.args]
            values[number] = apply(b, value, given)
    for pointer, out in zip(outputs, program.outputs, strict=True):
        for offset, number in enumerate(out.flat):
            found = values[int(number)]
            kind = stored(found.dtype)
            place = b.line(f"getelementptr {kind}, ptr {pointer}, i64 {offset}")
            b.lines.append(f"  store {b.storable(found)}, ptr {place}")
