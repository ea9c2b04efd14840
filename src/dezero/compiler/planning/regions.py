"""A graph as steps: loops over elements, fused with the reductions of what they compute; products of matrices; calls.

Sections run one after another. Those with odd numbers are passes over the rows: their steps run for some rows at a
time, again and again. The steps of the others run once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import (
    CALL,
    CONCATENATE,
    CONSTANT,
    ELEMENTWISE,
    EMBED,
    INPUT,
    MAP,
    MATMUL,
    OUTPUT,
    REDUCE,
    WHERE,
    Graph,
    Number,
)
from dezero.compiler.kernel import Extent
from dezero.compiler.passes.constants import is_long
from dezero.compiler.planning.blas import readable, turned
from dezero.compiler.planning.bodies import Body, Loop, copied, filled, identity
from dezero.compiler.planning.places import Places
from dezero.compiler.planning.rows import ROWS, SUM, WHOLE, Rows, source
from dezero.compiler.planning.sums import sums_of_products
from dezero.compiler.planning.views import (
    ONE,
    Extents,
    View,
    contiguous,
    sliced,
)
from dezero.core.dtypes import DType

BOOL = np.dtype(bool)


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


class Planner(Places):
    """Finds the steps of a graph."""

    def __init__(self, graph: Graph, rows: Rows, called: Collection[int]) -> None:
        super().__init__(graph, rows, called)
        self.heads = sums_of_products(graph, rows, called)
        self.head = {product: place for place, products in self.heads.items() for product in products}
        for place, products in self.heads.items():
            rows.mode[place] = rows.mode[products[0]]
        self._drop_inner_sums()
        self._started: set[int] = set()
        self.sections = [Section(k % 2 == 1) for k in range(2 * max(rows.level, default=0) + 1)]
        self.shapes = {i: self.extents(i, not self.is_whole(i)) for i in self.roots}
        self.dtypes = {i: graph.nodes[i].dtype for i in self.roots}
        self.whole = {i for i in self.roots if self.is_whole(i)}
        self._turned: dict[View, View] = {}

    def _drop_inner_sums(self) -> None:
        """Leave out the sums of some of the products of a sum: nothing else reads them."""
        inner: set[int] = set()
        for place, products in self.heads.items():
            stack = [*self.graph.nodes[place].places]
            while stack:
                arg = stack.pop()
                if arg not in products:
                    inner.add(arg)
                    stack += self.graph.nodes[arg].places
        self.live = [i for i in self.live if i not in inner]
        self.roots -= inner

    def reads(self, place: int) -> Sequence[int]:
        """The places that a step reads, or that must be computed before."""
        return self.heads.get(place) or self.graph.nodes[place].places

    # When what is computed

    def schedule(self) -> list[tuple[int, list[int]]]:
        """Groups of nodes that are one step, in their order, with the sections in which they run.

        Within a section kernels run at odd times and all others at even ones. A node joins the kernel of what it reads
        if their loops are the same, so that what it reads is in a register.
        """
        times: dict[int, int] = {}
        last: dict[int, int] = {}  # for each section, the time of the last call
        groups: dict[tuple[int, int, object], list[int]] = {}
        for place in self.live:
            if place in self.roots and self.graph.nodes[place].primitive not in (INPUT, CONSTANT):
                loop = self.loop(place)
                ready = [self._ready(place, a, loop, times) for a in self.reads(place)]
                time = max(ready, default=0)
                if self.graph.nodes[place].primitive == CALL:  # calls keep their order: they may draw random numbers
                    time = last[self.rows.section(place)] = max(time + time % 2, last.get(self.rows.section(place), 0))
                times[place] = time + ((time % 2 == 0) if loop is not None else time % 2)
                key = (self.rows.section(place), times[place], ("step", place) if loop is None else loop)
                groups.setdefault(key, []).append(place)
        order = sorted(groups, key=lambda key: (key[0], key[1], groups[key][0]))
        return [(key[0], groups[key]) for key in order]

    def loop(self, place: int) -> Extents | None:
        """The extents of the loop in which a node is computed; None for what is no kernel."""
        node = self.graph.nodes[place]
        if place in self.called or place in self.heads or node.primitive not in (*ELEMENTWISE, REDUCE):
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

    # Steps

    def plan(self) -> Plan:
        groups = self.schedule()
        group = {place: k for k, (_, places) in enumerate(groups) for place in places}
        needed = {*self.graph.outputs, *self.graph.updates.values()}
        stored = {source(self.graph, self.rows, self.roots, i, False)[0] for i in needed}
        for place in self.live:
            if place in self.roots:
                for arg in self.reads(place) if place not in self.heads else ():
                    root, _ = source(self.graph, self.rows, self.roots, arg, False)
                    inside = group.get(root) == group.get(place) and self.register(arg) == root
                    if not inside or not self._elementwise(root) or self.loop(place) is None:
                        stored.add(root)
        for section, places in groups:
            self._step(self.sections[section], places, stored)
        readers = [i for i in self.live if i in self.called and self.graph.nodes[i].primitive != OUTPUT]
        used = {*needed, *[a for i in readers for a in self.graph.nodes[i].places]}
        views = {i: self.view(i, False) for i in used}
        shapes = {i: s for i, s in self.shapes.items() if i not in self.roots or i in stored or self.loop(i) is None}
        return Plan(self.graph, self.rows, self.sections, shapes, self.dtypes, self.whole, views)

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
        elif place not in self.heads:
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
        return filled(self._target(place), identity(node.parameters["ufunc"].__name__, node.dtype))

    def _loop(self, places: list[int], stored: Collection[int]) -> Loop:
        body = Body()
        inside = {i for i in places if self._elementwise(i)}
        shapes = {i: self.extents(self._over(i), self.rows.mode[i] != WHOLE) for i in places}
        for i in places:
            for position, arg in enumerate(self.graph.nodes[i].args):
                outside = not isinstance(arg, Number) and self.register(arg) not in inside
                if outside and self._number(i, position) is None:
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
        value = found.parameters["value"].item()
        return None if is_long(value) else Number(value)

    def _value(self, body: Body, place: int, position: int, inside: Collection[int], shape: Extents) -> int | Number:
        number = self._number(place, position)
        if number is not None:
            return number
        arg = self.graph.nodes[place].args[position]
        assert not isinstance(arg, Number)
        if self.register(arg) in inside:
            return body.values[self.register(arg)]
        return body.load(self._argument(place, position), shape)

    def _product(self, section: Section, place: int) -> None:
        head = self.head.get(place, place)  # the sum to which it is added
        target, first = self._target(head), head not in self._started
        if self.rows.mode[place] == SUM and first:
            section.first.append(filled(target, 0))
            section.sums.append(head)
        self._started.add(head)
        add = self.rows.mode[place] == SUM or not first
        a, b = [self._factor(section, place, position) for position in range(2)]
        section.steps.append(Product(a, b, target, add))

    def _factor(self, section: Section, place: int, position: int) -> View:
        """An argument of a product, or a copy of it that BLAS reads, or reads faster."""
        view = self._argument(place, position)
        if not readable(view, position):
            copy = self._temporary(view)
            section.steps.append(copied(view, copy))
            return copy
        arg = self.graph.nodes[place].places[position]
        if self.rows.mode[place] != ROWS or self.rows.by_rows(place, arg) or not turned(view):
            return view
        if view not in self._turned:  # a transposed matrix by which all rows are multiplied: turned once, before them
            copy = self._turned[view] = self._temporary(view)
            self.whole.add(copy.root)
            self.sections[self.rows.section(place) - 1].steps.append(copied(view, copy))
        return self._turned[view]

    def _temporary(self, view: View) -> View:
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
