"""The plan of a replay: which results lie in which buffers, and the calls as a Python function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.compiler.evaluate import function_of
from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
    EMBED,
    INPUT,
    MAP,
    MATMUL,
    OUTPUT,
    REDUCE,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    VIEWS,
    Graph,
    Node,
    Number,
)
from dezero.core.dtypes import Array
from dezero.core.op import Op

Layouts = dict[
    int, tuple[tuple[int, ...], bool]
]  # of each array its strides, and whether it shows its argument's memory
_WRITTEN = frozenset({MAP, CAST, REDUCE, MATMUL, CONCATENATE, EMBED, RESHAPE, BROADCAST})  # into a given array
_TABLES, _KEPT = 4, 2**25  # sets of buffers kept for further calls: so many, or so many bytes, but one in any case


class Plan:
    """Calls of NumPy's functions in turn, and buffers for their results: one set of buffers for each call in flight."""

    def __init__(self, graph: Graph, layouts: Layouts) -> None:
        memory = Memory(graph, layouts)
        writer = _Writer(graph, memory)
        self.source = writer.source()
        names: dict[str, Any] = writer.globals
        exec(compile(self.source, "<replay>", "exec"), names)
        self._run, self._memory, self._views = names["run"], memory, writer.views
        self._tables: list[list[Any]] = []

    def __call__(self, arrays: Sequence[Array]) -> list[Any]:
        try:
            table = self._tables.pop()
        except IndexError:
            table = self._memory.table(self._views)
        try:
            found: list[Any] = self._run(table, *arrays)
            return found
        finally:
            if len(self._tables) < max(1, min(_TABLES, _KEPT // max(sum(self._memory.sizes), 1))):
                self._tables.append(table)


class Memory:
    """What lies where.

    roots: of each place, the places whose memory its value may show. buffers: place -> number of its block. escaping:
    places whose memory a result takes with it.
    """

    def __init__(self, graph: Graph, layouts: Layouts) -> None:
        self.graph, self.layouts = graph, layouts
        self.results = [*graph.outputs, *graph.updates.values()]
        self.roots = self._roots()
        self.last: dict[int, int] = {}
        for place, node in enumerate(graph.nodes):
            for root in {r for a in [*node.places, place] for r in self.roots[a]}:
                self.last[root] = place
        self.copied = self._copied()
        self.kept = self._kept()
        self.sizes: list[int] = []
        self.buffers: dict[int, int] = {}
        self._allocate()

    def shows(self, place: int) -> bool:
        """Whether a node is a view of its argument."""
        node = self.graph.nodes[place]
        if node.primitive not in VIEWS or isinstance(node.args[0], Number):
            return False
        return place in self.layouts and self.layouts[place][1]

    def _roots(self) -> list[frozenset[int]]:
        roots: list[frozenset[int]] = []
        for place, node in enumerate(self.graph.nodes):
            below = frozenset().union(*[roots[a] for a in node.places]) if node.places else frozenset()
            if self.shows(place) or node.primitive == OUTPUT:
                roots.append(below)
            elif node.primitive == CALL:
                roots.append(below | {place})
            else:
                roots.append(frozenset({place}))
        return roots

    def _copied(self) -> set[int]:
        """Positions of results that are copied: they show memory that others hold, or two of them would share it."""
        copied: set[int] = set()
        taken: set[int] = set()
        for position, place in enumerate(self.results):
            roots = self.roots[place]
            kinds = {self.graph.nodes[r].primitive for r in roots}
            constant = self.graph.nodes[place].primitive == BROADCAST or self.graph.nodes[place].shape == ()
            if constant or kinds & {INPUT, CONSTANT, CALL} or roots & taken or _repeats(self.layouts.get(place)):
                copied.add(position)
            taken |= roots
        return copied

    def _kept(self) -> set[int]:
        """Places that have memory of their own at each call, since something holds it after the call."""
        kept: set[int] = set()
        for position, place in enumerate(self.results):
            if position not in self.copied:
                kept |= self.roots[place]
        for node in self.graph.nodes:
            if node.primitive == CALL and not isinstance(node.parameters.get("step"), Op):  # it may keep its arguments
                kept |= {r for a in node.places for r in self.roots[a]}
        for position in self.copied:  # these must live to the end
            for root in self.roots[self.results[position]]:
                self.last[root] = len(self.graph.nodes)
        return kept

    def buffered(self, place: int) -> bool:
        node = self.graph.nodes[place]
        if place in self.kept or node.primitive not in _WRITTEN or self.shows(place) or place not in self.layouts:
            return False
        if node.primitive == BROADCAST and "filled" not in node.parameters:
            return False
        single = node.primitive != MAP or node.parameters["ufunc"].nout == 1
        return bool(node.shape) and math.prod(node.shape) > 0 and single

    def _allocate(self) -> None:
        free: list[int] = []
        for place, node in enumerate(self.graph.nodes):
            dying = [r for r in {r for a in node.places for r in self.roots[a]} if self.last[r] == place]
            dying = [r for r in dying if r in self.buffers]
            if self.buffered(place):
                below = next((a for a in node.places if a in dying and self._in_place(node, place, a)), None)
                if below is not None:
                    self.buffers[place] = self.buffers[below]
                    dying.remove(below)
                else:
                    self.buffers[place] = self._block(free, math.prod(node.shape) * node.dtype.itemsize)
            free += [self.buffers[r] for r in dying]

    def _in_place(self, node: Node, place: int, arg: int) -> bool:
        """Whether a map may write into the memory of one of its arguments, which nothing uses afterwards."""
        below = self.graph.nodes[arg]
        if node.primitive != MAP or (below.shape, below.dtype) != (node.shape, node.dtype):
            return False
        if node.dtype.kind == "c":  # NumPy multiplies complex numbers by other instructions there, with other roundings
            return False
        others = [a for a in node.places if a != arg]
        loop = node.parameters["loop"]
        same = all(
            [self.graph.nodes[a].dtype == d for a, d in zip(node.args, loop, strict=False) if isinstance(a, int)]
        )
        apart = not any([arg in self.roots[a] for a in others])
        return same and apart and self.layouts[arg][0] == self.layouts[place][0]

    def _block(self, free: list[int], size: int) -> int:
        """The smallest free block that is large enough, but not much larger; or a new one."""
        fitting = [b for b in free if size <= self.sizes[b] <= max(2 * size, 4096)]
        if fitting:
            found = min(fitting, key=lambda b: self.sizes[b])
            free.remove(found)
            return found
        self.sizes.append(size)
        return len(self.sizes) - 1

    def table(self, views: Sequence[tuple[int, int | None, Any]]) -> list[Any]:
        """Buffers for one call, and the views of them: triples of a place, what it is a view of (None: a buffer) and
        a function that makes the view."""
        blocks = [np.empty(size, np.uint8) for size in self.sizes]
        made: dict[Any, Any] = {}
        for name, below, make in views:
            if below is None:
                node = self.graph.nodes[name]
                block = blocks[self.buffers[name]]
                made[name] = np.ndarray(node.shape, node.dtype, block.data, 0, self.layouts[name][0])
            else:
                made[name] = make(made[below])
        return list(made.values())


def _repeats(layout: tuple[tuple[int, ...], bool] | None) -> bool:
    """Whether an array shows one number in several places."""
    return layout is not None and 0 in layout[0]


class _Writer:
    """Writes the calls as a Python function.

    Values are named by their places: x inputs, c constants, b buffers and views of them, which are made once, v others.
    """

    def __init__(self, graph: Graph, memory: Memory) -> None:
        self.graph, self.memory = graph, memory
        self.globals: dict[str, Any] = {"np": np, "own": _own}
        self.views: list[tuple[Any, Any, Any]] = []
        self.names: dict[int, str] = {}
        self.lines: list[str] = []
        self.state: Any = ()

    def source(self) -> str:
        inputs = []
        for place, node in enumerate(self.graph.nodes):
            if node.primitive == INPUT:
                inputs.append(f"x{place}")
                self.names[place] = f"x{place}"
            else:
                self._node(place, node)
        self._enter(())
        results = [self._result(i, y) for i, y in enumerate(self.memory.results)]
        table = [f"    {' '.join([f'b{name},' for name, _, _ in self.views])} = table"] if self.views else []
        head = f"def run({', '.join(['table', *inputs])}):"
        return "\n".join([head, *table, *self.lines, f"    return [{', '.join(results)}]", ""])

    def _result(self, position: int, place: int) -> str:
        name = self.names[place]
        if position not in self.memory.copied or (name[0] == "v" and not self.graph.nodes[place].shape):
            return name
        if self.graph.nodes[place].primitive == CALL and isinstance(self.graph.nodes[place].parameters["step"], Op):
            args = [self.names[a] for a in self.graph.nodes[place].places]
            return f"own({', '.join([name, *args])})"
        return f"own({name}, {name})"

    def _let(self, kind: str, value: Any) -> str:
        name = f"{kind}{len(self.globals)}"
        self.globals[name] = value
        return name

    def _enter(self, state: Any) -> None:
        """Under which of NumPy's error states the next lines run."""
        if state != self.state and state:
            self.lines.append(f"    with np.errstate({', '.join([f'{k}={v!r}' for k, v in state])}):")
        self.state = state

    def _line(self, text: str) -> None:
        self.lines.append(("        " if self.state else "    ") + text)

    def _args(self, node: Node) -> list[str]:
        return [self._let("n", a.value) if isinstance(a, Number) else self.names[a] for a in node.args]

    def _node(self, place: int, node: Node) -> None:
        if node.primitive == CONSTANT or (node.primitive == BROADCAST and isinstance(node.args[0], Number)):
            value = function_of(node)(*[a.value for a in node.args if isinstance(a, Number)])
            self.names[place] = self._let("c", value)
            return
        below = node.places[0] if node.places else None
        if self.memory.shows(place) and self.names[node.places[0]][0] in "bc":
            view = function_of(node)
            if self.names[node.places[0]].startswith("c"):
                self.names[place] = self._let("c", view(self.globals[self.names[node.places[0]]]))
            else:
                self.names[place] = f"b{place}"
                self.views.append((place, below, view))
            return
        self._enter(node.parameters.get("errstate", ()))
        if place in self.memory.buffers:
            self.names[place] = f"b{place}"
            self.views.append((place, None, None))
            self._written(place, node)
        else:
            self.names[place] = f"v{place}"
            self._line(f"v{place} = {self._call(node)}")
        self._free(place, node)

    def _free(self, place: int, node: Node) -> None:
        """Forget the large arrays that nothing uses any more."""
        for r in {r for a in [*node.places, place] for r in self.memory.roots[a]}:
            if (
                self.memory.last[r] == place
                and r not in self.memory.kept
                and self.names[r][0] == "v"
                and self._large(r)
            ):
                self._line(f"v{r} = None")

    def _large(self, place: int) -> bool:
        node = self.graph.nodes[place]
        return node.primitive == CALL or math.prod(node.shape) * node.dtype.itemsize >= 2**14

    def _call(self, node: Node) -> str:
        """A call that gives a new array, or a view."""
        args = self._args(node)
        if node.primitive == TRANSPOSE and len(node.shape) > 1:
            return f"{args[0]}.transpose({node.parameters['axes']})"
        if node.primitive == SLICE:
            return f"{args[0]}[{self._let('i', node.parameters['index'])}]"
        if node.primitive == REDUCE:
            function = self._let("f", node.parameters["ufunc"].reduce)
            return f"{function}({args[0]}, {node.parameters['axes']}, None, None, {node.parameters['keepdims']})"
        return f"{self._let('f', function_of(node))}({', '.join(args)})"

    def _written(self, place: int, node: Node) -> None:
        """A call that writes into the node's buffer."""
        args, to = self._args(node), f"b{place}"
        if node.primitive == MAP:
            self._line(f"{self._let('f', node.parameters['ufunc'])}({', '.join(args)}, {to})")
        elif node.primitive == REDUCE:
            function = self._let("f", node.parameters["ufunc"].reduce)
            self._line(f"{function}({args[0]}, {node.parameters['axes']}, None, {to}, {node.parameters['keepdims']})")
        elif node.primitive == MATMUL:
            self._line(f"{self._let('f', np.matmul)}({args[0]}, {args[1]}, {to})")
        elif node.primitive == CONCATENATE:
            line = f"(({', '.join(args)},), {node.parameters['axis']}, {to})"
            self._line(self._let("f", np.concatenate) + line)
        elif node.primitive == BROADCAST:
            self._line(f"{to}.fill({args[0]})")
        else:
            self._copied_into(place, node, args[0])

    def _copied_into(self, place: int, node: Node, arg: str) -> None:
        copy, to = self._let("f", np.copyto), f"b{place}"
        if node.primitive == EMBED:
            self._line(f"{to}.fill(0)")
            index = node.parameters["index"]
            self.views.append((f"{place}_", place, lambda y: y[(*index, ...)]))
            to = f"b{place}_"
        elif node.primitive == RESHAPE:
            shape = self.graph.nodes[node.places[0]].shape
            self.views.append((f"{place}_", place, lambda y: y.reshape(shape)))
            to = f"b{place}_"
        self._line(f"{copy}({to}, {arg}, 'unsafe')")


def _own(value: Any, *others: Any) -> Any:
    """An array that nobody else holds: the value, or a copy where it shows the memory of another array."""
    if not isinstance(value, np.ndarray):
        return value
    shared = value.base is not None or any([value is other for other in others])
    return np.array(value) if shared else value
