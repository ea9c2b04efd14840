"""The graph below Variables: its nodes, and those of them that lead to given inputs."""

from __future__ import annotations

from collections.abc import Iterable

from dezero.core.config import checking_inplace
from dezero.core.errors import GraphError, describe
from dezero.core.inplace import check_unchanged
from dezero.core.marks import Computed
from dezero.core.variable import Variable

Nodes = dict[int, Variable]  # by age, the number of a node


def collect(roots: Iterable[Variable], name: str = "differentiating", since: int = 0) -> Nodes:
    """The nodes below the roots, by age; nothing that is below a node of the age `since`, or of an older one.

    GraphError, with the caller's name, where used data was rebound later.
    """
    nodes: Nodes = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        age = node._age
        if age in nodes:
            continue
        nodes[age] = node
        args = node._args
        if age <= since:
            continue
        if args:
            for a in args:
                if isinstance(a, Variable):
                    if a._age < age:
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
    asked = {x._age for x in inputs}
    found: Nodes = {}
    for age in sorted(nodes):
        node = nodes[age]
        if age in asked or any([isinstance(a, Variable) and a._age in found for a in node._args]):
            found[age] = node
    return found
