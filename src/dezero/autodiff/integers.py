"""Derivatives in narrow integers (8 to 32 bits, unsigned), in which values and rules may wrap around."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dezero.core.call import make
from dezero.core.dtypes import wraps
from dezero.core.errors import GraphError, describe
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE, Op, declared
from dezero.core.variable import Variable


def narrow(x: Variable) -> bool:
    """Whether a Variable holds narrow integers, in which arithmetic soon wraps around."""
    return isinstance(x._data, np.ndarray | np.generic) and x._data.dtype.kind in "iu" and wraps(x._data.dtype)


def computed_in_narrow(graph: Nodes, wanted: Iterable[Variable]) -> bool:
    """Whether a derivative in narrow integers is wanted, and an element-wise operation computed in them."""
    if not any([x._data.dtype.kind in "iu" and narrow(x) for x in wanted if not x._args]):
        return False
    return any([n._args and narrow(n) and _elementwise(n._op) for n in graph.values()])


def in_wide_integers(name: str, graph: Nodes, kept: Iterable[Variable]) -> dict[int, Variable]:
    """The graph computed again, by age, with the narrow integers of its leaves as int64 (uint64 as float64).

    In the copy neither values nor rules wrap around. kept: intermediates that are asked for or carry a gradient;
    GraphError where one of them is computed from narrow integers, since the copy has another node for it.
    """
    wide: dict[int, Variable] = {}
    changed: set[int] = set()
    for age in sorted(graph):
        node = graph[age]
        if not node._args and narrow(node):
            dtype = np.dtype(np.float64 if node.dtype.itemsize == 8 else np.int64)
            wide[age] = make(declared["astype"].bind(dtype=dtype), (node,))
            changed.add(age)
        elif isinstance(node._op, Op) and any([isinstance(a, Variable) and a._age in changed for a in node._args]):
            wide[age] = make(node._op, tuple([wide[a._age] if isinstance(a, Variable) else a for a in node._args]))
            changed.add(age)
        else:
            wide[age] = node
    stuck = [x for x in kept if x._age in changed and x._args]
    stuck += [x for x in wide.values() if x._args and narrow(x) and _elementwise(x._op)]
    if stuck:
        raise GraphError(
            f"{name}: {describe(stuck[0])} is computed in integers that wrap around; convert them to float64 or int64 "
            "first, as in Variable(x.astype(float))"
        )
    return wide


def _elementwise(op: object) -> bool:
    return isinstance(op, Op) and op.kind is ELEMENTWISE
