"""Random graphs of array primitives, and graphs written by hand."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
    EMBED,
    INPUT,
    MATMUL,
    OUTPUT,
    REDUCE,
    RESHAPE,
    SLICE,
    TRANSPOSE,
    WHERE,
    Graph,
    Node,
    Number,
    ufunc_node,
)
from dezero.core.dtypes import Shape

FLOAT = np.dtype(np.float64)


class Maker:
    """A graph, and what its nodes are called by."""

    def __init__(self) -> None:
        self.graph = Graph()

    def node(self, place: int) -> Node:
        return self.graph.nodes[place]

    def input(self, shape: Shape, dtype: Any = FLOAT) -> int:
        return self.graph.add(Node(INPUT, (), shape, np.dtype(dtype), {"position": len(self.graph.inputs)}))

    def constant(self, value: Any) -> int:
        array = np.asarray(value)
        return self.graph.add(Node(CONSTANT, (), array.shape, array.dtype, {"value": array}))

    def map(self, ufunc: np.ufunc, *args: int | Number) -> int:
        given = [
            (a, (), type(a.value)) if isinstance(a, Number) else (a, self.node(a).shape, self.node(a).dtype)
            for a in args
        ]
        return self.graph.add(ufunc_node(ufunc, given))

    def cast(self, x: int, dtype: Any) -> int:
        return self.graph.add(Node(CAST, (x,), self.node(x).shape, np.dtype(dtype)))

    def where(self, condition: int, a: int, b: int) -> int:
        nodes = [self.node(x) for x in (condition, a, b)]
        shape = np.broadcast_shapes(*[n.shape for n in nodes])
        return self.graph.add(Node(WHERE, (condition, a, b), shape, np.result_type(nodes[1].dtype, nodes[2].dtype)))

    def view(self, primitive: str, x: int, function: Any, **parameters: Any) -> int:
        shape = function(np.broadcast_to(np.int8(0), self.node(x).shape)).shape
        return self.graph.add(Node(primitive, (x,), shape, self.node(x).dtype, parameters))

    def reshape(self, x: int, shape: Shape) -> int:
        return self.view(RESHAPE, x, lambda a: a.reshape(shape))

    def transpose(self, x: int, axes: Sequence[int] | None = None) -> int:
        axes = tuple(axes or reversed(range(len(self.node(x).shape))))
        return self.view(TRANSPOSE, x, lambda a: a.transpose(axes), axes=axes)

    def broadcast(self, x: int, shape: Shape) -> int:
        return self.view(BROADCAST, x, lambda a: np.broadcast_to(a, shape))

    def slice(self, x: int, *index: Any) -> int:
        return self.view(SLICE, x, lambda a: a[index], index=index)

    def embed(self, x: int, shape: Shape, *index: Any) -> int:
        return self.graph.add(Node(EMBED, (x,), shape, self.node(x).dtype, {"index": index}))

    def reduce(self, ufunc: np.ufunc, x: int, axes: Sequence[int], keepdims: bool = False) -> int:
        node = self.node(x)
        dtype = ufunc.reduce(np.ones(1, node.dtype)).dtype
        shape = np.empty(node.shape, np.int8).any(axis=tuple(axes), keepdims=keepdims).shape
        parameters = {"ufunc": ufunc, "axes": tuple(axes), "keepdims": keepdims}
        return self.graph.add(Node(REDUCE, (x,), shape, dtype, parameters))

    def sum(self, x: int, *axes: int, keepdims: bool = False) -> int:
        return self.reduce(np.add, x, axes or range(len(self.node(x).shape)), keepdims)

    def matmul(self, a: int, b: int) -> int:
        nodes = self.node(a), self.node(b)
        shape = _product_shape(*[n.shape for n in nodes])
        return self.graph.add(Node(MATMUL, (a, b), shape, np.result_type(*[n.dtype for n in nodes])))

    def concatenate(self, xs: Sequence[int], axis: int) -> int:
        nodes = [self.node(x) for x in xs]
        shape = np.concatenate([np.empty(n.shape, np.int8) for n in nodes], axis).shape
        return self.graph.add(
            Node(CONCATENATE, tuple(xs), shape, np.result_type(*[n.dtype for n in nodes]), {"axis": axis})
        )

    def call(self, function: Any, *xs: int) -> int | list[int]:
        found = function(*[np.ones(self.node(x).shape, self.node(x).dtype) for x in xs])
        if not isinstance(found, tuple):
            return self.graph.add(Node(CALL, xs, found.shape, found.dtype, {"function": function}))
        whole = self.graph.add(Node(CALL, xs, (), np.dtype(object), {"function": function}))
        return [self.graph.add(Node(OUTPUT, (whole,), y.shape, y.dtype, {"position": k})) for k, y in enumerate(found)]

    def end(self, *outputs: int, updates: dict[int, int] | None = None) -> Graph:
        self.graph.outputs, self.graph.updates = list(outputs), updates or {}
        return self.graph


def _product_shape(a: Shape, b: Shape) -> Shape:
    if a[-1] != b[max(len(b) - 2, 0)]:
        raise ValueError(f"arrays of shapes {a} and {b} have no product")
    return (*np.broadcast_shapes(a[:-2], b[:-2]), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def _running(x: Any) -> Any:
    return np.add.accumulate(x, axis=0)


def _halves(x: Any) -> Any:
    return x[: len(x) // 2] * 2, np.sin(x)


@st.composite
def graphs(draw: Any, sizes: Sequence[int], dtypes: Sequence[Any] = (np.float64,), most: int = 25) -> Graph:
    """Random graphs over arrays of the given lengths, with all primitives, whose numbers stay small."""
    m = Maker()
    dims = st.sampled_from(list(sizes))
    shapes = st.lists(dims, min_size=0, max_size=3).map(tuple)
    dtype = st.sampled_from(list(dtypes))
    for _ in range(draw(st.integers(1, 3))):
        m.input(draw(shapes), draw(dtype))
    for _ in range(draw(st.integers(1, most))):
        x = draw(st.integers(0, len(m.graph.nodes) - 1))
        if m.node(x).dtype != object:
            _grow(draw, m, x, dims)
    good = [i for i, node in enumerate(m.graph.nodes) if node.dtype != object]
    outputs = draw(st.lists(st.sampled_from(good), min_size=1, max_size=4))
    return m.end(*outputs, good[-1])


def _grow(draw: Any, m: Maker, x: int, dims: Any) -> None:
    node = m.node(x)
    shape, ndim = node.shape, len(node.shape)
    choice = draw(
        st.sampled_from(["map", "map2", "map2", "where", "reduce", "view", "matmul", "matmul", "joined", "call"])
    )
    if choice == "map":
        m.map(draw(st.sampled_from([np.sin, np.tanh, np.abs, np.square])), x)
    elif choice in ("map2", "where"):
        fits = [
            i for i in range(len(m.graph.nodes)) if _broadcasts(shape, m.node(i).shape) and m.node(i).dtype != object
        ]
        y = draw(st.sampled_from(fits))
        if choice == "where":
            m.where(m.map(np.greater, x, Number(0.3)), x, y)  # sums that cancel are at 0, on either side
        else:
            m.map(draw(st.sampled_from([np.add, np.multiply, np.maximum])), x, y)
    elif choice == "reduce" and ndim:
        axes = draw(st.lists(st.integers(0, ndim - 1), unique=True, max_size=ndim))
        m.reduce(np.add, m.map(np.sin, x), axes, draw(st.booleans()))
    elif choice == "view":
        _view(draw, m, x, dims)
    elif choice == "matmul" and ndim:
        _product(draw, m, x, dims)
    elif choice == "joined" and ndim:
        axis = draw(st.integers(0, ndim - 1))
        joined = m.concatenate([x, x], axis)
        if draw(st.booleans()):
            m.slice(joined, *[slice(None)] * axis, slice(0, shape[axis]))
    elif choice == "call" and ndim:
        m.call(draw(st.sampled_from([_running, _halves])), x)


def _broadcasts(a: Shape, b: Shape) -> bool:
    try:
        return len(np.broadcast_shapes(a, b)) <= 3
    except ValueError:
        return False


def _view(draw: Any, m: Maker, x: int, dims: Any) -> None:
    shape, ndim = m.node(x).shape, len(m.node(x).shape)
    kind = draw(st.sampled_from(["transpose", "reshape", "flat", "broadcast", "part", "turned", "new", "embed"]))
    if kind == "transpose":
        m.transpose(x, draw(st.permutations(range(ndim))))
    elif kind == "reshape" and ndim > 1:
        m.reshape(x, (shape[0] * shape[1], *shape[2:]))
    elif kind == "flat":
        m.reshape(x, (int(np.prod(shape)),))
    elif kind == "broadcast" and ndim < 3:
        m.broadcast(x, (draw(dims), *shape))
    elif kind == "part" and ndim:
        axis = draw(st.integers(0, ndim - 1))
        if shape[axis]:
            item = draw(st.sampled_from([0, slice(0, 1), slice(1, None), slice(None, None, 2)]))
            m.slice(x, *[slice(None)] * axis, item)
    elif kind == "turned" and ndim:
        m.slice(x, slice(None, None, -1))
    elif kind == "new" and ndim < 3:
        m.slice(x, *draw(st.permutations([None, *[slice(None)] * ndim])))
    elif kind == "embed" and ndim:
        axis = draw(st.integers(0, ndim - 1))
        whole = (*shape[:axis], shape[axis] + 2, *shape[axis + 1 :])
        m.embed(x, whole, *[slice(None)] * axis, slice(1, 1 + shape[axis]))


def _product(draw: Any, m: Maker, x: int, dims: Any) -> None:
    """Products with another node that fits, and with the node itself, transposed."""
    shape = m.node(x).shape
    small = m.map(np.sin, x)
    fits = [i for i in range(len(m.graph.nodes)) if _multiplies(shape, m.node(i).shape) and m.node(i).dtype.kind == "f"]
    if fits and draw(st.booleans()):
        m.matmul(small, m.map(np.sin, draw(st.sampled_from(fits))))
    elif len(shape) > 1:
        turned = m.transpose(small, (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2))
        m.matmul(*draw(st.permutations([small, turned])))


def _multiplies(a: Shape, b: Shape) -> bool:
    try:
        return bool(a and b) and len(_product_shape(a, b)) <= 4
    except ValueError:
        return False


@functools.cache
def _generator() -> np.random.Generator:
    return np.random.default_rng(0)


def arguments(graph: Graph) -> list[Any]:
    """Arrays for the inputs of a graph."""
    nodes = [graph.nodes[i] for i in graph.inputs]
    return [
        _generator().standard_normal(n.shape).astype(n.dtype)
        if n.dtype.kind == "f"
        else _generator().integers(0, 2 if n.dtype == bool else 5, n.shape).astype(n.dtype)
        for n in nodes
    ]
