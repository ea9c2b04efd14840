"""A graph as steps: loops over elements, fused with the reductions of what they compute; products of matrices; calls.

Sections run one after another. Those with odd numbers are passes over the rows: their steps run for some rows at a
time, again and again. The steps of the others run once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.blas import readable
from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
    ELEMENTWISE,
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
    WHERE,
    Graph,
    Node,
    Number,
)
from dezero.compiler.kernel import IDENTITIES, Extent, Instruction, Kernel, Operand
from dezero.compiler.rows import ROWS, SUM, WHOLE, Rows, kept, source
from dezero.compiler.views import (
    ONE,
    Extents,
    View,
    contiguous,
    dropped,
    reshaped,
    sliced,
    some_rows,
    stretched,
    transposed,
)
from dezero.core.dtypes import DType

BOOL = np.dtype(bool)


class Loop(NamedTuple):
    """A kernel, and the views on which it works: of its loads, stores and reductions."""

    kernel: Kernel
    views: tuple[View, ...]
    nodes: tuple[int, ...] = ()


class Product(NamedTuple):
    """target = a @ b, or target += a @ b."""

    a: View
    b: View
    target: View
    add: bool


class Call(NamedTuple):
    """A node that NumPy computes, from all of its arguments' elements."""

    place: int


Step = Loop | Product | Call


@dataclass(slots=True)
class Section:
    """Steps. rows: whether they run for some rows at a time; sums: over the rows, which the first steps set to 0."""

    rows: bool
    sums: list[int] = field(default_factory=list)
    first: list[Step] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """Steps of a graph. views: of all elements of the outputs and updates, and of what calls read.

    shapes: of each place that is stored. whole: the places of which all rows are stored.
    """

    graph: Graph
    rows: Rows
    sections: list[Section]
    shapes: dict[int, Extents]
    dtypes: dict[int, DType]
    whole: set[int]
    views: dict[int, View]


class Planner:
    """Finds the steps of a graph. called: the places of nodes that NumPy computes."""

    def __init__(self, graph: Graph, rows: Rows, called: Collection[int]) -> None:
        self.graph, self.rows, self.called = graph, rows, called
        self.live = sorted(graph.live())
        self.roots = {i for i in self.live if graph.nodes[i].primitive not in VIEWS or i in called}
        self.kept: set[int] = set()
        self._views: dict[tuple[int, bool], View] = {}
        self._settle()
        self.sections = [Section(k % 2 == 1) for k in range(2 * max(rows.level, default=0) + 1)]
        self.shapes = {i: self.extents(i, not self.is_whole(i)) for i in self.roots}
        self.dtypes = {i: graph.nodes[i].dtype for i in self.roots}

    # What lies where

    def is_whole(self, place: int) -> bool:
        """Whether all rows of a root are stored."""
        return self.rows.mode[place] != ROWS or place in self.kept

    def extents(self, place: int, by_rows: bool) -> Extents:
        axis = self.rows.axes[place] if by_rows else None
        return tuple([Extent(1, True) if k == axis else Extent(n) for k, n in enumerate(self.graph.nodes[place].shape)])

    def _settle(self) -> None:
        """Find the reshapes that must copy: they become roots, and other arrays may have to be stored whole."""
        while True:
            self._views.clear()
            self.kept = kept(self.graph, self.rows, self.roots)
            copies = [i for i in self.live if i not in self.roots and self._fails(i)]
            if not copies:
                return
            self.roots.add(copies[0])

    def _fails(self, place: int) -> bool:
        if self.graph.nodes[place].primitive != RESHAPE:
            return False
        root, _ = source(self.graph, self.rows, self.roots, place, False)
        both = [True] if not self.is_whole(root) else [True, False]
        return any([self._find(place, by_rows) is None for by_rows in both])

    def view(self, place: int, by_rows: bool) -> View:
        """All elements of a place, or those of the rows that are worked on."""
        found = self._find(place, by_rows)
        assert found is not None
        return found

    def _find(self, place: int, by_rows: bool) -> View | None:
        key = (place, by_rows and self.rows.axes[place] is not None)
        if key not in self._views:
            found = self._made(*key)
            if found is None:
                return None
            self._views[key] = found
        return self._views[key]

    def _made(self, place: int, by_rows: bool) -> View | None:
        node, rows = self.graph.nodes[place], self.rows
        if place in self.roots:
            if by_rows and not self.is_whole(place):
                shape = self.extents(place, True)
                return View(place, node.dtype, shape, contiguous(shape))
            shape = self.extents(place, False)
            return some_rows(View(place, node.dtype, shape, contiguous(shape)), rows.axes[place] if by_rows else None)
        if by_rows and rows.mode[place] == WHOLE:
            found = self._find(place, False)
            return None if found is None else some_rows(found, rows.axes[place])
        (arg,) = node.places
        base = self._find(arg, by_rows)
        return None if base is None else _seen(node, base, self.extents(place, by_rows))

    # When what is computed

    def schedule(self) -> list[tuple[int, list[int]]]:
        """Groups of nodes that are one step, in their order, with the sections in which they run.

        Within a section kernels run at odd times and all others at even ones. A node joins the kernel of what it reads
        if their loops are the same, so that what it reads is in a register.
        """
        times: dict[int, int] = {}
        groups: dict[tuple[int, int, object], list[int]] = {}
        for place in self.live:
            if place in self.roots and self.graph.nodes[place].primitive not in (INPUT, CONSTANT):
                loop = self.loop(place)
                ready = [self._ready(place, a, loop, times) for a in self.graph.nodes[place].places]
                time = max(ready, default=0)
                times[place] = time + ((time % 2 == 0) if loop is not None else time % 2)
                key = (self.rows.section(place), times[place], ("step", place) if loop is None else loop)
                groups.setdefault(key, []).append(place)
        order = sorted(groups, key=lambda key: (key[0], key[1], groups[key][0]))
        return [(key[0], groups[key]) for key in order]

    def loop(self, place: int) -> Extents | None:
        """The extents of the loop in which a node is computed; None for what is no kernel."""
        node = self.graph.nodes[place]
        if place in self.called or node.primitive not in (*ELEMENTWISE, REDUCE):
            return None
        over = node.places[0] if node.primitive == REDUCE else place
        return tuple([extent for extent in self.extents(over, self.rows.mode[place] != WHOLE) if extent != ONE])

    def _ready(self, place: int, arg: int, loop: Extents | None, times: Mapping[int, int]) -> int:
        root, _ = source(self.graph, self.rows, self.roots, arg, False)
        if root not in times or self.rows.section(root) < self.rows.section(place):
            return 0
        own = self.loop(root)
        if own is None:
            return times[root] + (loop is not None)
        if loop is not None and self.register(arg) == root and own == loop and self._elementwise(root):
            return times[root]
        return times[root] + (2 if loop is not None else 1)

    def _elementwise(self, place: int) -> bool:
        return self.graph.nodes[place].primitive in ELEMENTWISE and place not in self.called

    def register(self, place: int) -> int:
        """The node whose elements, in their order, are those of a place: axes of length 1 apart."""
        while place not in self.roots:
            node = self.graph.nodes[place]
            (arg,) = node.places
            same = [n for n in node.shape if n != 1] == [n for n in self.graph.nodes[arg].shape if n != 1]
            if node.primitive not in (RESHAPE, BROADCAST) or not same or self.rows.mode[place] != self.rows.mode[arg]:
                break
            place = arg
        return place

    # Steps

    def plan(self) -> Plan:
        groups = self.schedule()
        group = {place: k for k, (_, places) in enumerate(groups) for place in places}
        needed = {*self.graph.outputs, *self.graph.updates.values()}
        stored = {source(self.graph, self.rows, self.roots, i, False)[0] for i in needed}
        for place in self.live:
            if place in self.roots:
                for arg in self.graph.nodes[place].places:
                    root, _ = source(self.graph, self.rows, self.roots, arg, False)
                    inside = group.get(root) == group.get(place) and self.register(arg) == root
                    if not inside or not self._elementwise(root) or self.loop(place) is None:
                        stored.add(root)
        for section, places in groups:
            self._step(self.sections[section], places, stored)
        readers = [i for i in self.live if i in self.called and self.graph.nodes[i].primitive != OUTPUT]
        used = {*needed, *[a for i in readers for a in self.graph.nodes[i].places]}
        views = {i: self.view(i, False) for i in used}
        whole = {i for i in self.roots if self.is_whole(i)}
        shapes = {i: s for i, s in self.shapes.items() if i not in self.roots or i in stored or self.loop(i) is None}
        return Plan(self.graph, self.rows, self.sections, shapes, self.dtypes, whole, views)

    def _step(self, section: Section, places: list[int], stored: Collection[int]) -> None:
        place = places[0]
        node = self.graph.nodes[place]
        if self.loop(place) is not None:
            for i in places:
                if self.graph.nodes[i].primitive == REDUCE:
                    (section.first if self.rows.mode[i] == SUM else section.steps).append(self._start(i))
                if self.rows.mode[i] == SUM:
                    section.sums.append(i)
            section.steps.append(self._loop(places, stored))
        elif place in self.called or node.primitive in (CALL, OUTPUT):
            section.steps.append(Call(place))
        elif node.primitive == MATMUL:
            self._product(section, place)
        else:
            section.steps += self._copies(place)

    def _target(self, place: int) -> View:
        return self.view(place, self.rows.mode[place] == ROWS)

    def _argument(self, place: int, position: int) -> View:
        arg = self.graph.nodes[place].args[position]
        assert not isinstance(arg, Number)
        return self.view(arg, self.rows.by_rows(place, arg))

    def _start(self, place: int) -> Loop:
        """Fill the result of a reduction with what changes no value that is combined into it."""
        node = self.graph.nodes[place]
        return filled(self._target(place), _identity(node.parameters["ufunc"].__name__, node.dtype))

    def _loop(self, places: list[int], stored: Collection[int]) -> Loop:
        body = _Body()
        inside = {i for i in places if self._elementwise(i)}
        shapes = {i: self.extents(self._over(i), self.rows.mode[i] != WHOLE) for i in places}
        for i in places:
            for position, arg in enumerate(self.graph.nodes[i].args):
                if not isinstance(arg, Number) and self.register(arg) not in inside:
                    if self._number(i, position) is None:
                        body.load(self._argument(i, position), shapes[i])
        for i in places:
            values = [
                self._value(body, i, position, inside, shapes[i]) for position in range(len(self.graph.nodes[i].args))
            ]
            body.compute(i, self.graph.nodes[i], values)
        stores = [(body.values[i], self._target(i), shapes[i]) for i in places if i in inside and i in stored]
        folds = [
            (self.graph.nodes[i].parameters["ufunc"].__name__, body.values[i], self._folded(i), shapes[i])
            for i in places
            if i not in inside
        ]
        return body.finish(self.loop(places[0]) or (), stores, folds, tuple(places))

    def _over(self, place: int) -> int:
        """The place over whose elements the loop of a node runs."""
        node = self.graph.nodes[place]
        return node.places[0] if node.primitive == REDUCE else place

    def _folded(self, place: int) -> View:
        """The result of a reduction, with an axis of length 1 for each that is reduced."""
        node, target = self.graph.nodes[place], self._target(place)
        if node.parameters["keepdims"]:
            return target
        shape, strides = list(target.shape), list(target.strides)
        for axis in sorted(node.parameters["axes"]):
            shape.insert(axis, ONE)
            strides.insert(axis, Extent(0))
        return target._replace(shape=tuple(shape), strides=tuple(strides))

    def _number(self, place: int, position: int) -> Number | None:
        """The one number of which an argument of a node consists, where a kernel may have it in its text."""
        node = self.graph.nodes[place]
        arg = node.args[position]
        if isinstance(arg, Number):
            return arg
        if node.primitive not in (MAP, WHERE) or (node.primitive == WHERE and position == 0):
            return None
        root, _ = source(self.graph, self.rows, self.roots, arg, False)
        found = self.graph.nodes[root]
        if found.primitive != CONSTANT or found.parameters["value"].size != 1 or found.dtype.kind not in "biuf":
            return None
        return Number(found.parameters["value"].item())

    def _value(self, body: _Body, place: int, position: int, inside: Collection[int], shape: Extents) -> int | Number:
        number = self._number(place, position)
        if number is not None:
            return number
        arg = self.graph.nodes[place].args[position]
        assert not isinstance(arg, Number)
        if self.register(arg) in inside:
            return body.values[self.register(arg)]
        return body.load(self._argument(place, position), shape)

    def _product(self, section: Section, place: int) -> None:
        target, add = self._target(place), self.rows.mode[place] == SUM
        if add:
            section.first.append(filled(target, 0))
            section.sums.append(place)
        views = []
        for position in range(2):
            view = self._argument(place, position)
            if not readable(view, position):
                copy = self._temporary(view, self.rows.mode[place] != WHOLE)
                section.steps.append(copied(view, copy))
                view = copy
            views.append(view)
        section.steps.append(Product(views[0], views[1], target, add))

    def _temporary(self, view: View, by_rows: bool) -> View:
        """Room for a copy of a view in C order, under a place that no node has."""
        place = max(len(self.graph.nodes) - 1, *self.shapes) + 1
        self.shapes[place], self.dtypes[place] = view.shape, view.dtype
        return View(place, view.dtype, view.shape, contiguous(view.shape))

    def _copies(self, place: int) -> Iterable[Step]:
        """Reshapes that copy, concatenations, and arrays that are zero outside of a part."""
        node, target = self.graph.nodes[place], self._target(place)
        if node.primitive == EMBED:
            yield filled(target, 0)
            yield copied(self._argument(place, 0), sliced(target, node.parameters["index"]))
        elif node.primitive == CONCATENATE:
            axis, start = node.parameters["axis"], 0
            for position, arg in enumerate(node.places):
                stop = start + self.graph.nodes[arg].shape[axis]
                part = sliced(target, [*[slice(None)] * axis, slice(start, stop)])
                yield copied(self._argument(place, position), part)
                start = stop
        else:
            view = self._argument(place, 0)
            yield copied(view, target._replace(shape=view.shape, strides=contiguous(view.shape)))


def _seen(node: Node, base: View, shape: Extents) -> View | None:
    if node.primitive == RESHAPE:
        return reshaped(base, shape)
    if node.primitive == TRANSPOSE:
        return transposed(base, node.parameters["axes"])
    if node.primitive == SLICE:
        return sliced(base, node.parameters["index"])
    return stretched(base, shape)


def _identity(ufunc: str, dtype: DType) -> float | int | bool:
    value = IDENTITIES[ufunc]
    if ufunc in ("add", "multiply") or dtype.kind == "f":
        return value
    if dtype.kind == "b":
        return ufunc == "minimum"
    info = np.iinfo(dtype)
    return int(info.min if ufunc == "maximum" else info.max)


class _Body:
    """The instructions of a kernel while they are put together."""

    def __init__(self) -> None:
        self.loads: dict[tuple[View, Extents], int] = {}
        self.views: list[View] = []
        self.instructions: list[Instruction] = []
        self.dtypes: dict[int, DType] = {}
        self.values: dict[int, int] = {}

    def load(self, view: View, shape: Extents) -> int:
        """The number of what is read of a view in a loop over a shape. All loads come before the instructions."""
        strides = dropped(view, shape)
        key = (view._replace(shape=(), strides=()), strides)
        if key not in self.loads:
            assert not self.instructions
            self.dtypes[len(self.loads)] = view.dtype
            self.loads[key] = len(self.loads)
            self.views.append(view)
        return self.loads[key]

    def add(
        self, name: str, args: Iterable[int | Number], loop: tuple[DType, ...], dtype: DType, result: int = 0
    ) -> int:
        number = len(self.loads) + len(self.instructions)
        self.instructions.append(Instruction(name, tuple(args), loop, result))
        self.dtypes[number] = dtype
        return number

    def converted(self, value: int | Number, dtype: DType) -> int | Number:
        if isinstance(value, Number) or self.dtypes[value] == dtype:
            return value
        return self.add("cast", (value,), (dtype,), dtype)

    def compute(self, place: int, node: Node, values: list[int | Number]) -> None:
        if node.primitive == MAP:
            loop, result = node.parameters["loop"], node.parameters["result"]
            number = self.add(node.parameters["ufunc"].__name__, values, loop, node.dtype, result)
        elif node.primitive == WHERE:
            args = [self.converted(values[0], BOOL), *[self.converted(v, node.dtype) for v in values[1:]]]
            number = self.add("where", args, (node.dtype,), node.dtype)
        elif node.primitive == CAST:
            number = self.add("cast", values, (node.dtype,), node.dtype)
        else:
            converted = self.converted(values[0], node.dtype)
            assert not isinstance(converted, Number)
            number = converted
        self.values[place] = number

    def finish(
        self,
        loop: Extents,
        stores: list[tuple[int, View, Extents]],
        folds: list[tuple[str, int, View, Extents]],
        nodes: tuple[int, ...],
    ) -> Loop:
        loads = [Operand(view.dtype, strides) for view, (_, strides) in zip(self.views, self.loads, strict=True)]
        written = [(value, Operand(view.dtype, dropped(view, shape))) for value, view, shape in stores]
        folded = [(name, value, Operand(view.dtype, dropped(view, shape))) for name, value, view, shape in folds]
        kernel = Kernel(loop, tuple(loads), tuple(self.instructions), tuple(written), tuple(folded))
        return Loop(kernel, (*self.views, *[s[1] for s in stores], *[f[2] for f in folds]), nodes)


def copied(view: View, target: View) -> Loop:
    """Each element of a view written to a target of its shape, in the target's dtype."""
    body = _Body()
    value = body.converted(body.load(view, target.shape), target.dtype)
    assert not isinstance(value, Number)
    loop = tuple([extent for extent in target.shape if extent != ONE])
    return body.finish(loop, [(value, target, target.shape)], [], ())


def filled(target: View, value: Any) -> Loop:
    """One number written to all elements of a target."""
    body = _Body()
    number = body.add("cast", (Number(value),), (target.dtype,), target.dtype)
    loop = tuple([extent for extent in target.shape if extent != ONE])
    return body.finish(loop, [(number, target, target.shape)], [], ())
