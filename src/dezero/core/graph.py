"""The graph below Variables: its nodes, those that lead to given inputs, and whether their arrays are unchanged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dezero.core.config import checking_inplace
from dezero.core.dtypes import Array
from dezero.core.errors import GraphError, describe
from dezero.core.marks import Computed
from dezero.core.op import Op
from dezero.core.variable import Variable

Nodes = dict[int, Variable]  # by age, the number of a node
_ROUNDING = 1e3  # units in the last place: a matrix product computed twice may be rounded differently


def collect(roots: Iterable[Variable], name: str = "differentiating") -> Nodes:
    """The nodes reachable from the roots, by age. GraphError where data was rebound after an operation used it.

    name: of the derivative that is taken, for errors.
    """
    nodes: Nodes = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        age = node._seq
        if age in nodes:
            continue
        nodes[age] = node
        args = node._args
        if args:
            for a in args:
                if isinstance(a, Variable):
                    if a._seq < age:
                        stack.append(a)
                    else:
                        raise GraphError(
                            f"{name}: {describe(a)} had its .data rebound after {node._op.name} used it; "
                            "compute the result again from the new data"
                        )
        elif node._op is not None and not isinstance(node._op, Computed):
            node._op.fail(name)
    if checking_inplace():
        check_unchanged(name, nodes.values())
    return nodes


def leading_to(nodes: Nodes, inputs: Iterable[Variable]) -> Nodes:
    """The nodes that were computed from one of the inputs, and those inputs, oldest first."""
    asked = {x._seq for x in inputs}
    found: Nodes = {}
    for age in sorted(nodes):
        node = nodes[age]
        if age in asked or any([isinstance(a, Variable) and a._seq in found for a in node._args]):
            found[age] = node
    return found


def check_unchanged(name: str, nodes: Iterable[Variable]) -> None:
    """Compute each node again from its arguments' present arrays; GraphError where the result differs.

    A difference means that an array was changed in place. A user's Function is not run again.
    """
    for node in sorted(nodes, key=lambda n: n._seq):
        if not node._args or not isinstance(node._op, Op):
            continue
        args = [a._data if isinstance(a, Variable) else a for a in node._args]
        try:
            with np.errstate(all="ignore"):
                same = _same(node._op.value(*args), node._data)
        except Exception:
            same = False  # the operation fails now, and did not when it was recorded
        if not same:
            raise GraphError(
                f"{name}: {node._op.name}({', '.join([describe(a) for a in node._args])}) is not what it was when it "
                "was recorded; an array that it used, or its result, was changed in place since: give a copy, or "
                "assign new data (x.data = x.data + 1) before it is used"
            )


def _same(now: Any, then: Array | tuple[Array, ...]) -> bool:
    if isinstance(then, tuple):
        return all([_same(a, b) for a, b in zip(now, then, strict=True)])
    if np.shape(now) != np.shape(then):
        return False
    kind = np.asarray(then).dtype
    if kind.kind not in "fc":
        return bool(np.array_equal(now, then))
    scale = np.max(np.abs(then), initial=0, where=np.isfinite(then))
    return bool(np.allclose(now, then, rtol=0, atol=_ROUNDING * np.finfo(kind).eps * scale, equal_nan=True))
