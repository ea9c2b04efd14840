"""Jumps of the right side of a differential equation, across which a derivative may lack a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from dezero.core.errors import GraphError
from dezero.core.variable import Variable

_JUMP = 1e-4  # of a value, between the sides of a knot that are some roundings of the time apart


Side = tuple[Variable, Sequence[Variable]]


def check_jump(left: Side, right: Side, moved: Callable[[], Iterable[Sequence[Variable]]], t: float) -> None:
    """GraphError where the rates jump at a time that depends on more than plain numbers.

    left, right: the time's Variable and the rates on both sides of a knot, with the graphs that f recorded; moved: the
    rates on the left for other states close by. A jump whose place moves with a Variable adds its size times the shift
    to the derivative, which steps of constant length do not have.
    """
    (_, before), (time, after) = left, right
    jumps = [_differ(a._data, b._data) for a, b in zip(before, after, strict=True)]
    if not any(jumps):
        return
    cause = _cause(before, after)
    if cause is None:  # a comparison, which no graph shows: does it turn out otherwise beside the solution?
        pairs = [zip(before, rates, jumps, strict=True) for rates in moved()]
        if not any([jump and _differ(a._data, b._data) for pair in pairs for a, b, jump in pair]):
            return
    # older than the time are the states and what f uses from outside; f's own constants are younger
    elif not any([not n._args and n._seq < time._seq for n in _nodes([a for a in cause._args if _is(a)])]):
        return
    name = "f" if cause is None else cause._op.name
    raise GraphError(
        f"odeint_taylor: f jumps at t = {t:.6g}, in {name}, at a place that depends on more than the time; derivatives "
        "would lack the shift of that place. Integrate inside no_grad, or use a smooth function in place of the jump"
    )


def _cause(before: Sequence[Variable], after: Sequence[Variable]) -> Variable | None:
    """The node that jumps although none of its arguments does; None where there is no such node."""
    left, right = _nodes(before), _nodes(after)
    if [_named(n) for n in left] != [_named(n) for n in right]:
        return None
    for a, b in zip(left, right, strict=True):
        pairs = [(x, y) for x, y in zip(a._args, b._args, strict=True) if _is(x)]
        if pairs and _differ(a._data, b._data) and not any([_differ(x._data, y._data) for x, y in pairs]):
            return None if any([not _is(x) and _differ(x, y) for x, y in zip(a._args, b._args, strict=True)]) else b
    return None


def _is(x: Any) -> bool:
    return isinstance(x, Variable)


def _nodes(outputs: Sequence[Variable]) -> list[Variable]:
    found: dict[int, Variable] = {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable)]
    return sorted(found.values(), key=lambda n: n._seq)


def _named(node: Variable) -> Any:
    return getattr(node._op, "name", None), len(node._args), np.shape(node._data)


def _differ(a: Any, b: Any) -> bool:
    """Whether the value jumps from a to b."""
    if isinstance(a, tuple) or np.shape(a) != np.shape(b) or not np.size(a):
        return False
    a, b = np.asarray(a, float), np.asarray(b, float)
    return bool(np.max(np.abs(a - b)) > _JUMP * max(np.max(np.abs(a)), np.max(np.abs(b))))
