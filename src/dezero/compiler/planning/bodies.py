"""Kernels put together from the nodes of a graph that one loop computes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.graph import CAST, MAP, WHERE, Node, Number
from dezero.compiler.kernel import IDENTITIES, Instruction, Kernel, Operand
from dezero.compiler.planning.views import ONE, Extents, View, dropped
from dezero.core.dtypes import DType

BOOL = np.dtype(bool)


class Loop(NamedTuple):
    """A kernel, and the views on which it works: of its loads, stores and reductions."""

    kernel: Kernel
    views: tuple[View, ...]
    nodes: tuple[int, ...] = ()


class Body:
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
    body = Body()
    value = body.converted(body.load(view, target.shape), target.dtype)
    assert not isinstance(value, Number)
    loop = tuple([extent for extent in target.shape if extent != ONE])
    return body.finish(loop, [(value, target, target.shape)], [], ())


def filled(target: View, value: Any) -> Loop:
    """One number written to all elements of a target."""
    body = Body()
    number = body.add("cast", (Number(value),), (target.dtype,), target.dtype)
    loop = tuple([extent for extent in target.shape if extent != ONE])
    return body.finish(loop, [(number, target, target.shape)], [], ())


def identity(ufunc: str, dtype: DType) -> float | int | bool:
    value = IDENTITIES[ufunc]
    if ufunc in ("add", "multiply") or dtype.kind == "f":
        return value
    if dtype.kind == "b":
        return ufunc == "minimum"
    info = np.iinfo(dtype)
    return int(info.min if ufunc == "maximum" else info.max)
