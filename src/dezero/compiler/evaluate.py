"""The NumPy function by which each primitive of a graph is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.graph import (
    BROADCAST,
    CALL,
    CAST,
    CONCATENATE,
    CONSTANT,
    EMBED,
    MAP,
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
    Unsupported,
)

Function = Callable[..., Any]


def _map(node: Node) -> Any:
    ufunc, result = node.parameters["ufunc"], node.parameters["result"]
    if ufunc.nout > 1:
        return lambda *xs: ufunc(*xs)[result]
    if "scalar" in node.parameters and not any([isinstance(a, Number) and type(a.value) is complex for a in node.args]):
        return node.parameters["scalar"]
    like = node.parameters.get("like")
    if like is not None:
        return lambda *xs: ufunc(*xs, out=np.empty_like(xs[like]))
    return ufunc


def _reduce(node: Node) -> Function:
    reduce, axes, keepdims = (node.parameters[k] for k in ("ufunc", "axes", "keepdims"))
    return lambda x: reduce.reduce(x, axes, None, None, keepdims)


def _broadcast(node: Node) -> Function:
    shape, dtype = node.shape, node.dtype
    if isinstance(node.args[0], Number) or "filled" in node.parameters:
        return lambda x: np.full(shape, x, dtype)
    return lambda x: np.broadcast_to(x, shape)


def _embed(node: Node) -> Function:
    shape, dtype, index = node.shape, node.dtype, node.parameters["index"]

    def call(x: Any) -> Any:
        y = np.zeros(shape, dtype)
        y[index] = x
        return y

    return call


def _checked(node: Node, function: Function) -> Function:
    """A call whose result must be of the node's type: that of eigenvalues, real or complex, depends on numbers."""
    shape, dtype = node.shape, node.dtype

    def call(*args: Any) -> Any:
        y = function(*args)
        if not hasattr(y, "dtype"):
            y = np.asarray(y)[()]
        if y.dtype != dtype or y.shape != shape:
            raise Unsupported(f"a {y.dtype} array of shape {y.shape} came where {dtype} of shape {shape} was expected")
        return y

    return call


_FUNCTIONS: dict[str, Callable[[Node], Function]] = {
    CONSTANT: lambda node: lambda: node.parameters["value"],
    MAP: _map,
    CAST: lambda node: lambda x: x.astype(node.dtype),
    WHERE: lambda node: np.where,
    RESHAPE: lambda node: np.asarray if node.parameters else lambda x: np.reshape(x, node.shape),
    TRANSPOSE: lambda node: lambda x: np.transpose(x, node.parameters["axes"]),
    SLICE: lambda node: lambda x: x[node.parameters["index"]],
    BROADCAST: _broadcast,
    REDUCE: _reduce,
    MATMUL: lambda node: np.matmul,
    CONCATENATE: lambda node: lambda *xs: np.concatenate(xs, node.parameters["axis"]),
    EMBED: _embed,
    CALL: lambda node: (
        node.parameters["function"] if node.dtype == object else _checked(node, node.parameters["function"])
    ),
    OUTPUT: lambda node: _checked(node, lambda ys: ys[node.parameters["position"]]),
}


def function_of(node: Node) -> Function:
    """The function of a node's arguments that gives its value."""
    return _FUNCTIONS[node.primitive](node)


def evaluate(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """What each node of a graph holds; nothing is freed or reused."""
    values: list[Any] = []
    given = dict(zip(graph.inputs, inputs, strict=True))
    for place, node in enumerate(graph.nodes):
        args = [a.value if isinstance(a, Number) else values[a] for a in node.args]
        values.append(given[place] if place in given else function_of(node)(*args))
    return values
