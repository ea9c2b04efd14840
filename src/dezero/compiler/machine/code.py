"""The machine code of a plan: one module of its different kernels, and the table of steps that uses them."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import (
    CALL,
    CONSTANT,
    ELEMENTWISE,
    INPUT,
    MAP,
    MATMUL,
    OUTPUT,
    REDUCE,
    RESHAPE,
    VIEWS,
    Graph,
    Node,
    Number,
)
from dezero.compiler.kernel import Extent, Instruction, Kernel, Operand
from dezero.compiler.machine import llvm
from dezero.compiler.machine.kernels import emit
from dezero.compiler.machine.table import WALK, Reference, caller, product, record
from dezero.compiler.machine.vector import Unsupported
from dezero.compiler.planning import blas
from dezero.compiler.planning.bodies import Loop
from dezero.compiler.planning.memory import Memory
from dezero.compiler.planning.regions import Plan, Product, Step
from dezero.compiler.planning.views import View
from dezero.core.dtypes import DType


class Block(NamedTuple):
    """Records that run one after another: for some rows at a time, once, or once for each thread's own sums.

    sums: the sums over the rows that the block adds up.
    """

    word: int
    records: int
    rows: bool
    start: bool
    sums: tuple[int, ...]


@dataclass(slots=True)
class Code:
    """A module and its table. runs: blocks that run one after another, and the places of nodes that NumPy computes."""

    module: llvm.Module
    walk: int
    words: np.ndarray
    runs: list[list[Block] | int]
    kernels: list[Kernel]
    operands: int  # the most that a record has
    text: str = field(repr=False, default="")


def compiled(plan: Plan, memory: Memory, tile: int, *, strict: bool, level: int) -> Code:
    """The code of a plan whose arrays lie in memory."""
    names: dict[Hashable, tuple[str, Kernel]] = {}
    for section in plan.sections:
        for step in [*section.first, *section.steps]:
            if isinstance(step, Loop):
                names.setdefault(_key(step.kernel), (f"kernel{len(names)}", step.kernel))
    texts = [emit(kernel, name, strict=strict) for name, kernel in names.values()]
    texts += [caller(f"call.{name}", name, _operands(kernel)) for name, kernel in names.values()]
    text = llvm.link([*texts, product("product.d", "double"), product("product.f", "float"), WALK])
    module = llvm.compile_module(text, level=level)
    table = _Table(memory, {key: module.address(f"call.{name}") for key, (name, _) in names.items()}, module, tile)
    for section in plan.sections:
        table.write(section.first, Block(0, 0, False, True, ()))
        table.write(section.steps, Block(0, 0, section.rows, False, tuple(section.sums)))
    kernels = [kernel for _, kernel in names.values()]
    operands = max([3, *[_operands(kernel) for kernel in kernels]])
    words = np.array(table.words or [0], np.int64)
    return Code(module, module.address("walk"), words, table.runs, kernels, operands, text)


def _key(kernel: Kernel) -> Hashable:
    """Equal for kernels with the same code: 0.0 and -0.0 are told apart."""
    return kernel, tuple([repr(a.value) for i in kernel.body for a in i.args if isinstance(a, Number)])


def _operands(kernel: Kernel) -> int:
    return len(kernel.loads) + len(kernel.stores) + len(kernel.reductions)


class _Table:
    """The words of the steps, and the runs of blocks and calls that they form."""

    def __init__(self, memory: Memory, kernels: Mapping[Hashable, int], module: llvm.Module, tile: int) -> None:
        self.memory, self.kernels, self.module, self.tile = memory, kernels, module, tile
        self.words: list[int] = []
        self.runs: list[list[Block] | int] = []

    def write(self, steps: Sequence[Step], kind: Block) -> None:
        start, count = len(self.words), 0
        for step in [*steps, None]:
            if not isinstance(step, (Loop, Product)):
                if count:
                    self._append(kind._replace(word=start, records=count))
                start, count = len(self.words), 0
                if step is not None:
                    self.runs.append(step.place)
                continue
            self.words += self._record(step)
            count += 1

    def _append(self, block: Block) -> None:
        last = self.runs[-1] if self.runs else None
        if isinstance(last, list):
            last.append(block)
        else:
            self.runs.append([block])

    def _record(self, step: Loop | Product) -> list[int]:
        if isinstance(step, Loop):
            return record(self.kernels[_key(step.kernel)], [self._reference(view) for view in step.views])
        work = blas.work(step.a, step.b, step.target, step.add, self.tile)
        views = [self._reference(view) for view in (step.a, step.b, step.target)]
        return record(self.module.address(f"product.{work.char}"), views, work.words())

    def _reference(self, view: View) -> Reference:
        base, offset = self.memory.addresses[view.root]
        size = view.dtype.itemsize
        return Reference(base, offset + view.offset * size, view.by_start * size, view.by_rows * size)


def called(graph: Graph) -> set[int]:
    """The places of the nodes that have no machine code: NumPy computes them."""
    return {place for place, node in enumerate(graph.nodes) if _is_called(graph, place, node)}


def _is_called(graph: Graph, place: int, node: Node) -> bool:
    if node.primitive in (INPUT, CONSTANT, *VIEWS) and node.primitive != RESHAPE:
        return False
    if node.primitive in (CALL, OUTPUT):
        return True
    if node.primitive == MATMUL:
        return not blas.multiplies(graph, place)
    given = tuple([a if isinstance(a, Number) else graph.nodes[a].dtype for a in node.args])
    if node.primitive in ELEMENTWISE:
        ufunc = node.parameters["ufunc"].__name__ if node.primitive == MAP else node.primitive
        loop = node.parameters["loop"] if node.primitive == MAP else (node.dtype,)
        return not _compiles(ufunc, given, loop, node.dtype, node.parameters.get("result", 0))
    if node.primitive == REDUCE:
        return not _reduces(graph, node)
    return node.dtype.kind not in "biuf" or node.dtype.itemsize > 8 or node.dtype.char == "e"


def _reduces(graph: Graph, node: Node) -> bool:
    """Whether a reduction has machine code; one of no elements that has no value is left to NumPy, which raises."""
    ufunc = node.parameters["ufunc"].__name__
    shape = graph.nodes[node.places[0]].shape
    if ufunc not in ("add", "multiply") and any([shape[axis] == 0 for axis in node.parameters["axes"]]):
        return False
    return _combines(ufunc, graph.nodes[node.places[0]].dtype, node.dtype)


@functools.lru_cache(4096)
def _compiles(name: str, given: tuple[DType | Number, ...], loop: tuple[DType, ...], dtype: DType, result: int) -> bool:
    loads = [g for g in given if not isinstance(g, Number)]
    numbers = iter(range(len(loads)))
    args = tuple([g if isinstance(g, Number) else next(numbers) for g in given])
    body = (Instruction(name, args, loop, result),)
    return _emits(Kernel((), tuple([Operand(d, ()) for d in loads]), body, ((len(loads), Operand(dtype, ())),)))


@functools.lru_cache(256)
def _combines(name: str, dtype: DType, result: DType) -> bool:
    cast = (Instruction("cast", (0,), (result,)),)
    row, one = Operand(dtype, (Extent(1),)), Operand(result, (Extent(0),))
    return _emits(Kernel((Extent(8),), (row,), cast, (), ((name, 1, one),)))


def _emits(kernel: Kernel) -> bool:
    try:
        emit(kernel, "trial")
    except Unsupported:
        return False
    return True
