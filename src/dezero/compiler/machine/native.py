"""A graph as machine code that works on some rows of its arrays at a time, so that what lies between stays in cache."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.evaluate import function_of
from dezero.compiler.graph import CONSTANT, REDUCE, Graph, Number
from dezero.compiler.kernel import Extent
from dezero.compiler.machine.code import Block, called, compiled
from dezero.compiler.machine.workspace import Buffers, Workspace, addresses, readable
from dezero.compiler.passes.constants import beside
from dezero.compiler.passes.stacks import stacked
from dezero.compiler.planning.bodies import Loop
from dezero.compiler.planning.memory import ALL, PARTS, SUMS, TILE, is_all, placed
from dezero.compiler.planning.regions import Call, Product
from dezero.compiler.planning.tiles import planned, spread
from dezero.compiler.planning.updates import written_in_place
from dezero.compiler.planning.views import View, contiguous
from dezero.core.dtypes import Array, Shape

_WALK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


class Native:
    """A graph as machine code. Several threads may call it at once. Raises Unsupported where it cannot be compiled.

    threads: over how many the rows are spread. tile: rows that are worked on at a time, by default as many as stay in
    the cache. strict: no product is rounded together with the sum that takes it in. level: LLVM's effort, 0 to 3.

    >>> from dezero.compiler.graph import Graph, Node, ufunc_node
    >>> graph = Graph()
    >>> x = graph.add(Node("input", (), (2,), np.dtype(float), {"position": 0}))
    >>> graph.outputs = [graph.add(ufunc_node(np.sin, [(x, (2,), np.dtype(float))]))]
    >>> Native(graph)(np.array([0.0, 1.0]))
    [array([0.        , 0.84147098])]
    """

    def __init__(
        self, graph: Graph, threads: int = 1, tile: int | None = None, *, strict: bool = False, level: int = 2
    ) -> None:
        self.graph, self.threads = beside(spread(stacked(graph))), threads
        self.called = called(self.graph)
        self.plan, self.tile = planned(self.graph, self.called, tile, threads)
        self.inside = written_in_place(self.plan, self.called)
        self.memory = placed(self.plan, self.tile, self.called, threads, self.inside)
        self.code = compiled(self.plan, self.memory, self.tile, strict=strict, level=level)
        self._walk = _WALK(self.code.walk)
        self._records = self.code.words.ctypes.data
        self._runs = [run if isinstance(run, int) else (self._blocks(run), run) for run in self.code.runs]
        self._functions = {place: function_of(self.graph.nodes[place]) for place in self.called}
        self._spaces: list[Workspace] = []
        self._pool: tuple[int, ThreadPoolExecutor] | None = None
        self._find_arrays()

    def _find_arrays(self) -> None:
        """Which base is an input, a constant, or a result."""
        nodes = self.graph.nodes
        positions = {place: k for k, place in enumerate(self.graph.inputs)}
        arrays = list(enumerate(self.memory.arrays, PARTS))
        self._inputs = [positions[place] for _, place in arrays if place in positions]
        results = [nodes[place] for _, place in arrays if place in self.memory.results]
        self._buffers, self._first = Buffers([(n.shape, n.dtype) for n in results]), PARTS + len(arrays) - len(results)
        self._written = [(self.memory.addresses[root].base, place) for root, place in self.inside.items()]
        self._nothing: list[Array | None] = [None] * (PARTS + len(arrays))  # held between calls: the constants
        for base, place in arrays:
            if nodes[place].primitive == CONSTANT:
                self._nothing[base] = readable(np.asarray(nodes[place].parameters["value"], nodes[place].dtype))
        self._outs: list[tuple[int, int | None, Shape]] = []
        handed = set()
        for place in self.graph.outputs:  # the first that shows all of a result is that array, the others are copies
            root = self.plan.views[place].root
            own = root in self.memory.results and root not in handed and is_all(self.plan, place)
            handed |= {root} if own else set()
            self._outs.append((place, self.memory.addresses[root].base if own else None, nodes[place].shape))
        copied = [nodes[self.plan.views[place].root].primitive for place, base, _ in self._outs if base is None]
        self._by_numpy = bool(self.called or self.graph.updates or copied)

    def _blocks(self, run: list[Block]) -> ctypes.Array[ctypes.c_int64]:
        count = self.plan.rows.count
        words = [[b.word, b.records, 0, *((count, self.tile) if b.rows else (1, 1))] for b in run]
        return (ctypes.c_int64 * (5 * len(run)))(*[word for block in words for word in block])

    # For callers in machine code

    @property
    def is_one_walk(self) -> bool:
        """Whether a call is one walk over the table of steps, which writes nothing but arrays that are handed out."""
        handed = [base for _, base, _ in self._outs]
        results = range(self._first, PARTS + len(self.memory.arrays))
        whole = len(self._runs) == 1 and not self._by_numpy and self.threads == 1 and not self._written
        return whole and None not in handed and {*results} == {*handed}

    @property
    def input_bases(self) -> list[tuple[int, int]]:
        """Pairs of a base and the position of the argument whose address it is."""
        return list(enumerate(self._inputs, PARTS))

    @property
    def output_bases(self) -> list[int]:
        """The base that is the address of each output."""
        return [base for _, base, _ in self._outs if base is not None]

    def walk_words(self) -> tuple[list[int], object]:
        """The address of the walk and its arguments, in a workspace for these calls alone; and what to keep alive."""
        space, (blocks, run) = self._space(), self._runs[0]  # type: ignore[misc]
        addresses = [ctypes.addressof(x) for x in (blocks, space.bases[0], space.scratch[0])]
        return [self.code.walk, self._records, addresses[0], len(run), *addresses[1:]], (self, space, blocks)

    # A call

    def __call__(self, *arrays: Array) -> list[Array]:
        """The outputs for arrays of the types of the graph's inputs, to which the updates are assigned."""
        space = self._spaces.pop() if self._spaces else self._space()
        given = [readable(arrays[position]) for position in self._inputs]
        if self._written:
            self._part_from_others(given)
        space.set(PARTS, given, addresses(given))
        buffer = self._buffers.take()
        space.set(self._first, *buffer)
        values = dict(zip(self.graph.inputs, arrays, strict=True)) if self._by_numpy else {}
        for run in self._runs:
            if isinstance(run, int):
                self._compute(run, space, values)
            elif self.threads > 1:
                self._spread(run[1], space)
            else:
                self._walk(self._records, run[0], len(run[1]), space.bases[0], space.scratch[0])
        outputs = self._outputs(space, values)
        if self.graph.updates:
            self._update(space, values)
        self._buffers.give(buffer)
        space.arrays[:] = self._nothing
        self._spaces.append(space)
        return outputs

    def _space(self) -> Workspace:
        space = Workspace(self.memory.sizes, len(self.memory.arrays), self.threads, self.code.operands)
        for base, array in enumerate(self._nothing):
            if array is not None:
                space.set(base, [array], addresses([array]))
        return space

    def _array(self, place: int, space: Workspace, values: dict[int, Any]) -> Any:
        """What a place holds, all rows of it."""
        if place in values:
            return values[place]
        view = self.plan.views[place]
        return space.read(self.memory.addresses[view.root], view)

    def _compute(self, place: int, space: Workspace, values: dict[int, Any]) -> None:
        """Let NumPy compute a node."""
        node = self.graph.nodes[place]
        args = [a.value if isinstance(a, Number) else self._array(a, space, values) for a in node.args]
        with np.errstate(**dict(node.parameters.get("errstate", ()))):
            value = self._functions[place](*args)
        if space.shares(value) or (self._written and isinstance(value, np.ndarray)):
            value = np.array(value)  # it may be a view of what will be written over
        values[place] = value
        base = self.memory.addresses.get(place)
        if base is not None and not isinstance(value, tuple):
            found = [readable(np.asarray(value, node.dtype))]
            space.set(base.base, found, addresses(found))

    def _outputs(self, space: Workspace, values: dict[int, Any]) -> list[Array]:
        """New arrays, or views of the results' arrays, each of which is handed out once."""
        outputs = []
        for place, base, shape in self._outs:
            if base is None:
                outputs.append(np.array(self._array(place, space, values), order="C"))
            else:
                outputs.append(space.arrays[base].reshape(shape))  # type: ignore[union-attr]
        return outputs

    def _update(self, space: Workspace, values: dict[int, Any]) -> None:
        """Assign the updates, of which one may show an input that another one changes."""
        updates = self.graph.updates
        for base, place in self._written:  # what is written in place, unless that was a copy
            if space.arrays[base] is not values[place]:
                values[place][...] = space.arrays[base]
        updates = {place: value for place, value in updates.items() if place not in self.inside.values()}
        found = [self._array(place, space, values) for place in updates.values()]
        if len(found) > 1:
            inputs = [values[place] for place in updates]
            found = [np.array(x) if any([np.may_share_memory(x, y) for y in inputs]) else x for x in found]
        for place, value in zip(updates, found, strict=True):
            values[place][...] = value

    def _part_from_others(self, given: list[Array]) -> None:
        """Let the arrays that are written in place be copies where they overlap with others, or may not be written."""
        ranges = [(start, start + a.nbytes) for start, a in zip(addresses(given), given, strict=True)]
        for base, _ in self._written:
            k = base - PARTS
            others = [r for j, r in enumerate(ranges) if j != k]
            start, stop = ranges[k]
            if not given[k].flags.writeable or any([a < stop and start < b for a, b in others]):
                given[k] = given[k].copy()

    # Several threads

    def _spread(self, run: list[Block], space: Workspace) -> None:
        """Run blocks one after another, the rows of each spread over the threads, whose sums are added up in order."""
        pool = self._workers()
        for block in run:
            if block.start:
                for thread in range(self.threads):
                    self._part(block, 0, 1, space, thread)
            elif not block.rows:
                self._part(block, 0, 1, space, 0)
            else:
                step = -(-self.plan.rows.count // self.threads)
                parts = [(k * step, min((k + 1) * step, self.plan.rows.count)) for k in range(self.threads)]
                waiting = [pool.submit(self._part, block, *parts[k], space, k) for k in range(1, self.threads)]
                self._part(block, *parts[0], space, 0)
                for future in waiting:
                    future.result()
                for place in block.sums:
                    self._add(place, space)

    def _part(self, block: Block, start: int, stop: int, space: Workspace, thread: int) -> None:
        words = (ctypes.c_int64 * 5)(block.word, block.records, start, stop, self.tile)
        self._walk(self._records, words, 1, space.bases[thread], space.scratch[thread])

    def _add(self, place: int, space: Workspace) -> None:
        """Combine the threads' sums into the first one's, and give it to all, for the passes that come."""
        node, at = self.graph.nodes[place], self.memory.addresses[place]
        shape = tuple([Extent(n) for n in node.shape])
        view = View(place, node.dtype, shape, contiguous(shape))
        combine = node.parameters["ufunc"] if node.primitive == REDUCE else np.add
        total, *others = [space.read(at, view, thread) for thread in range(self.threads)]
        for part in others:
            combine(total, part, out=total)
        for part in others:
            part[...] = total

    def _workers(self) -> ThreadPoolExecutor:
        """The threads, new ones in a process that was forked."""
        if self._pool is None or self._pool[0] != os.getpid():
            self._pool = os.getpid(), ThreadPoolExecutor(self.threads - 1)
        return self._pool[1]

    def report(self) -> Report:
        """What the code consists of."""
        steps = [step for section in self.plan.sections for step in [*section.first, *section.steps]]
        return Report(
            self.plan.rows.count,
            self.tile if self.plan.rows.count else 0,
            sum([section.rows and bool(section.steps) for section in self.plan.sections]),
            sum([isinstance(step, Loop) for step in steps]),
            len(self.code.kernels),
            sum([isinstance(step, Product) for step in steps]),
            [self.graph.nodes[step.place].primitive for step in steps if isinstance(step, Call)],
            self.memory.sizes[TILE],
            self.memory.sizes[SUMS],
            self.memory.sizes[ALL],
        )


class Report(NamedTuple):
    """rows, of which tile at a time are worked on, in so many passes (0: the graph is not cut). loops: over elements,
    of so many different kernels. products: of matrices. calls: the primitives of the nodes that NumPy computes.
    bytes: of the arrays of a tile, of the sums over the rows, and of arrays of all rows."""

    rows: int
    tile: int
    passes: int
    loops: int
    kernels: int
    products: int
    calls: list[str]
    tile_bytes: int
    sum_bytes: int
    whole_bytes: int
