"""What turns calls of NumPy on recording arrays into nodes of a graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.graph import BROADCAST, CAST, CONSTANT, MAP, MATMUL, REDUCE, WHERE, Graph, Node, Number, ufunc_node
from dezero.compiler.lowering.recording import NotRecorded, Recorded, RecordedScalar
from dezero.core.dtypes import DType, Shape

FOR_REPLAY = frozenset({"scalar", "like", "errstate", "array", "filled"})  # parameters: which of NumPy's ways to take


class Recorder:
    """Adds nodes to a graph. general: where a value takes one of two ways by its numbers, record the one that is right
    for all numbers, which may take longer; otherwise such a value is not recorded."""

    def __init__(self, graph: Graph, general: bool = False) -> None:
        self.graph, self.general = graph, general
        self.errstate: dict[str, str] = {}  # of numpy, under which the value computes

    def add(self, primitive: str, args: Sequence[Any], shape: Shape, dtype: DType, **parameters: Any) -> int:
        return self.put(Node(primitive, tuple(args), tuple(shape), np.dtype(dtype), parameters))

    def put(self, node: Node) -> int:
        if self.general:
            given = {name: value for name, value in node.parameters.items() if name not in FOR_REPLAY}
            return self.graph.add(Node(node.primitive, node.args, node.shape, node.dtype, given))
        if self.errstate:
            marked = {**node.parameters, "errstate": tuple(self.errstate.items())}
            node = Node(node.primitive, node.args, node.shape, node.dtype, marked)
        return self.graph.add(node)

    def array(self, place: int, scalar: bool = False, fresh: bool = True) -> Recorded:
        node = self.graph.nodes[place]
        return (RecordedScalar if scalar else Recorded)(self, place, node.shape, node.dtype, fresh)

    def given(self, value: Any) -> Any:
        """A plain argument as what records: arrays and NumPy's scalars as constants, Python's numbers as they are."""
        if not isinstance(value, Recorded) and isinstance(value, np.ndarray | np.generic):
            place = self.add(CONSTANT, (), np.shape(value), value.dtype, value=value)
            return self.array(place, isinstance(value, np.generic), fresh=False)
        return value

    def filled(self, shape: Shape, number: Any, dtype: DType) -> Recorded:
        """An array full of one number."""
        shape = (
            tuple([operator.index(n) for n in shape]) if isinstance(shape, tuple | list) else (operator.index(shape),)
        )
        found = np.asarray(number).astype(dtype).item()
        made = self.array(self.add(BROADCAST, (Number(found),), shape, dtype))
        made.blank = _positive_zero(found)
        return made

    def is_zero(self, place: int) -> bool:
        """Whether a node is known to be full of zeros, none of them -0.0."""
        node = self.graph.nodes[place]
        if node.primitive in (BROADCAST, CAST):
            (arg,) = node.args
            return self.is_zero(arg) if not isinstance(arg, Number) else _positive_zero(arg.value)
        return node.primitive == CONSTANT and _positive_zero(node.parameters["value"])

    def ufunc(
        self, function: np.ufunc, args: Sequence[Any], scalar: Callable[..., Any] | None = None, like: Any = None
    ) -> Any:
        """The results of a ufunc.

        scalar: the operator that computes it of NumPy's scalars. like: which of the arguments the result is written
        into, so that it has the order in memory of that.
        """
        args = [self.given(a) for a in args]
        if function is np.matmul:
            return self.matmul(*args)
        if function.signature is not None:
            raise NotRecorded(f"numpy.{function.__name__}")
        if scalar is not None and not all([isinstance(a, RecordedScalar | int | float | complex) for a in args]):
            scalar = None
        given = [_described(a) for a in args]
        found = []
        for result in range(function.nout):
            node = ufunc_node(function, given, result)
            exact: dict[str, Any] = {"scalar": scalar} if scalar is not None else {}
            if len(node.shape) > 1 and isinstance(like, Recorded) and like.dtype == node.dtype:
                exact = {"like": next((i for i, a in enumerate(args) if a is like), None)}
            node = Node(MAP, node.args, node.shape, node.dtype, {**node.parameters, **exact})
            found.append(self.array(self.put(node), scalar=not node.shape))
        return found[0] if function.nout == 1 else tuple(found)

    def matmul(self, a: Any, b: Any) -> Recorded:
        dtype = np.result_type(a.dtype, b.dtype)
        a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
        m, n = a.ndim, b.ndim
        if not m or not n or a.shape[-1] != b.shape[0 if n == 1 else -2]:
            raise ValueError(f"matmul: shapes {a.shape} and {b.shape} do not fit")
        shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        shape += a.shape[-2:-1] * (m > 1) + b.shape[-1:] * (n > 1)
        return self.array(self.add(MATMUL, (a.current(), b.current()), shape, dtype), scalar=not shape)

    def reduce(self, function: np.ufunc, x: Recorded, axis: Any, keepdims: bool = False) -> Recorded:
        if function not in (np.add, np.multiply, np.maximum, np.minimum) or x.dtype.char == "e":
            raise NotRecorded(f"numpy.{function.__name__}.reduce")
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(sorted([np.lib.array_utils.normalize_axis_index(a, x.ndim) for a in axes]))
        if not all([x.shape[a] for a in axes]) and function in (np.maximum, np.minimum):
            raise NotRecorded("the greatest of no elements")
        dtype = function.reduce(np.ones(1, x.dtype)).dtype
        if dtype != x.dtype:
            if x.dtype.kind not in "biu":
                raise NotRecorded("a sum in another precision")
            x = x.astype(dtype)
        shape = tuple([1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes])
        place = self.add(REDUCE, (x.current(),), shape, dtype, ufunc=function, axes=axes, keepdims=bool(keepdims))
        return self.array(place, scalar=not shape)

    def where(self, condition: Any, a: Any, b: Any) -> Recorded:
        condition, a, b = (self.given(v) for v in (condition, a, b))
        if condition.dtype != bool:
            condition = self.ufunc(np.not_equal, (condition, 0))
        small = [np.ones((), v.dtype) if isinstance(v, Recorded) else v for v in (a, b)]
        dtype = np.where(np.ones(1, bool), *small).dtype
        values = [v.astype(dtype, copy=False) if isinstance(v, Recorded) else v for v in (a, b)]
        shape = np.broadcast_shapes(*[np.shape(v) for v in (condition, a, b)])
        return self.array(self.add(WHERE, [_argument(v) for v in (condition, *values)], shape, dtype))


def _argument(value: Any) -> int | Number:
    return value.current() if isinstance(value, Recorded) else Number(value)


def _described(value: Any) -> tuple[int | Number, Shape, Any]:
    if isinstance(value, Recorded):
        return value.current(), value.shape, value.dtype
    if isinstance(value, bool):
        return Number(value), (), np.dtype(bool)
    if type(value) not in (int, float, complex):
        raise NotRecorded(f"an argument of {type(value)}")
    return Number(value), (), type(value)


def _positive_zero(values: Any) -> bool:
    """Whether all numbers are 0 and none is -0.0."""
    return not np.any(values) and not np.any(np.signbit(np.real(values)))
