"""The steps of a trace, made quicker before they run on many examples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.dtypes import is_inexact
from dezero.core.op import BILINEAR, Op, declared
from dezero.core.variable import Variable
from dezero.rewriting.program import Step

_MUL = declared["mul"]
_SAME_SHAPE = {"alias", "reshape", "broadcast_to", "sum_to"}  # without effect where the shape stays


class Line(NamedTuple):
    """One step: the id of what it computes, the operation, and its arguments: nodes, arrays and numbers.

    shape, dtype: of the result for one example.
    """

    result: int
    op: Step
    args: list[Any]
    node: Variable


def does_nothing(node: Variable) -> bool:
    """Whether an operation only passes its first argument on."""
    if not isinstance(node._op, Op) or node._op.name not in _SAME_SHAPE:
        return False
    x = node._args[0]
    return isinstance(x, Variable) and np.shape(x._data) == np.shape(node._data)


def with_small_multiples(lines: Sequence[Line], kept: set[int]) -> list[Line]:
    """The steps with numbers that multiply a product moved into its smaller factor, where the product is larger.

    The gradient of a weight is a product of two vectors: for many examples its multiple would be another pass over a
    large array. kept: ids of the nodes that are asked for. A moved line computes the multiple under the former id.
    """
    uses = Counter(id(a) for line in lines for a in line.args)
    made = {line.result: i for i, line in enumerate(lines)}
    found: list[list[Line]] = [[line] for line in lines]
    for i, line in enumerate(lines):
        number, product = _multiple(line)
        at = made.get(id(product))
        if number is None or at is None or uses[id(product)] != 1 or id(product) in kept:
            continue
        factor = lines[at]
        small = _smaller_factor(factor, line.node)
        if small is None or len(found[at]) > 1:
            continue
        scaled = _Scaled(factor.args[small])
        args = [scaled if k == small else a for k, a in enumerate(factor.args)]
        found[at] = []
        found[i] = [
            Line(id(scaled), _MUL, [factor.args[small], number], line.node),
            Line(line.result, factor.op, args, line.node),
        ]
    return [line for part in found for line in part]


class _Scaled:
    """Stands for a factor times a number, which no node of the trace is."""

    def __init__(self, factor: object) -> None:
        self.factor = factor


def _multiple(line: Line) -> tuple[float | None, Any]:
    """The number and the node of which a line is the product; None where it is no such product."""
    if line.op is not _MUL:
        return None, None
    a, b = line.args
    if isinstance(a, int | float):
        a, b = b, a
    return (b, a) if isinstance(b, int | float) else (None, None)


def _smaller_factor(line: Line, multiple: Variable) -> int | None:
    """The place of the smaller factor of a product that is larger than both; None for what is no such product."""
    if not isinstance(line.op, Op) or not (line.op is _MUL or line.op.kind is BILINEAR) or line.op.indices:
        return None
    if line.node.dtype != multiple.dtype or not is_inexact(line.node):
        return None
    sizes = [math.prod(np.shape(raw(a))) for a in line.args if not isinstance(a, _Scaled)]
    if len(sizes) < 2 or min(sizes) < 2 or line.node.size < 2 * max(sizes):
        return None
    small = int(np.argmin(sizes))
    return small if getattr(raw(line.args[small]), "dtype", None) == line.node.dtype else None
