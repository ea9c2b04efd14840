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
from dezero.rewriting.numbers import mild
from dezero.rewriting.program import Step

_MUL = declared["mul"]
_SAME_SHAPE = frozenset({"alias", "reshape", "broadcast_to", "sum_to"})  # without effect where the shape stays


class Instruction(NamedTuple):
    """One step of a trace: the id of what it computes, the operation, its arguments, and the node of one example."""

    result: int
    op: Step
    args: Sequence[Any]
    node: Variable


def does_nothing(node: Variable) -> bool:
    """Whether an operation only passes its first argument on."""
    op = node._op
    if not isinstance(op, Op):
        return False
    if op.name == "transpose":
        axes = op.parameters["axes"]
        return np.ndim(node._data) < 2 if axes is None else axes == tuple(range(len(axes)))
    return op.name in _SAME_SHAPE and np.shape(raw(node._args[0])) == np.shape(node._data)


def with_small_multiples(instructions: Sequence[Instruction], kept: set[int]) -> list[Instruction]:
    """The steps with each number that multiplies a multiple, or a product larger than its factors, moved into these.

    The gradient of a weight is a product of two vectors: for many examples its multiple would be another pass over a
    large array. kept: ids of the nodes that are asked for, which are left as they are.
    """
    multiples = {
        i: pair
        for i, instruction in enumerate(instructions)
        if instruction.op is _MUL and (pair := _multiple(instruction.args))
    }
    if not multiples:
        return list(instructions)
    uses = Counter(id(a) for instruction in instructions for a in instruction.args)
    made = {instruction.result: i for i, instruction in enumerate(instructions)}
    found = [[instruction] for instruction in instructions]
    for i, (number, inner) in multiples.items():
        at = made.get(id(inner))
        if at is not None and uses[id(inner)] == 1 and id(inner) not in kept:
            moved = _times(found[at], number, instructions[i])
            if moved is not None:
                found[at], found[i] = [], moved
    return [instruction for part in found for instruction in part]


def _times(part: list[Instruction], number: float, multiple: Instruction) -> list[Instruction] | None:
    """Lines that compute the multiple in place of its inner node's; None where nothing is gained."""
    *first, last = part
    known = _multiple(part[0].args) if part[0].op is _MUL else None
    if known is not None:
        total = known[0] * number
        if not mild(total, multiple.node.dtype):
            return None
        scaled = part[0]._replace(args=(known[1], total))
    else:
        small = _smaller_factor(last, multiple.node)
        if small is None:
            return None
        factor = last.args[small]
        scaled = Instruction(0, _MUL, (factor, number), multiple.node)
        stand_in = _Scaled()
        first, last = [scaled], last._replace(args=[stand_in if k == small else a for k, a in enumerate(last.args)])
        scaled = scaled._replace(result=id(stand_in))
    if not first:
        return [scaled._replace(result=multiple.result, node=multiple.node)]
    return [scaled, last._replace(result=multiple.result, node=multiple.node)]


class _Scaled:
    """Stands for a factor times a number, which no node of the trace is."""


def _multiple(args: Sequence[Any]) -> tuple[float, Any] | None:
    """The number and the node of which a product is the multiple; None where it is no such product."""
    a, b = args
    if isinstance(a, int | float):
        a, b = b, a
    return (b, a) if isinstance(b, int | float) else None


def _smaller_factor(instruction: Instruction, multiple: Variable) -> int | None:
    """The place of the smaller factor of a product that is larger than both; None for what is no such product."""
    op = instruction.op
    if not isinstance(op, Op) or not (op is _MUL or op.kind is BILINEAR) or op.indices:
        return None
    if instruction.node.dtype != multiple.dtype or not is_inexact(instruction.node):
        return None
    sizes = [math.prod(np.shape(raw(a))) for a in instruction.args]
    if min(sizes) < 2 or instruction.node.size < 2 * max(sizes):
        return None
    small = int(np.argmin(sizes))
    return small if getattr(raw(instruction.args[small]), "dtype", None) == instruction.node.dtype else None
