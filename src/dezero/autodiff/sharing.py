"""Nodes that the replayed derivatives of one base share.

The second derivatives of a network are taken by several calls of `gradients`: of u_x, of u_y, of another output. Each
replays a program of its own, and the programs have steps in common, such as the tangents of the hidden layers. A step
whose operation and arguments an earlier replay over the same base had is the node of that replay, while it lives.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from dezero.autodiff.join import column_read
from dezero.core.call import make
from dezero.core.fingerprint import fingerprint
from dezero.core.variable import Variable
from dezero.rewriting.origin import Origin

_nodes: WeakValueDictionary[tuple[Hashable, ...], Variable] = WeakValueDictionary()


def whole(base: Variable) -> Variable:
    """The result of which a base reads a column: all outputs of a network share what its layers have."""
    while (read := column_read(base)) is not None:
        base = read[0]
    return base


def shared_steps(
    base: Variable, steps: Sequence[tuple[Any, Sequence[int]]], places: list[Any], own: Collection[Any], origin: Origin
) -> None:
    """Append the nodes of steps to the places, of which they take their arguments.

    own: places of nodes that are made in any case, since a user gets them. origin: of the nodes that are made.
    """
    age = whole(base)._age
    for op, arguments in steps:
        args = tuple([places[a] for a in arguments])
        key = (age, op.key, *[a._age if isinstance(a, Variable) else (type(a), fingerprint(a)) for a in args])
        node = None if len(places) in own else _nodes.get(key)
        if node is None:
            node = make(op, args)
            node._origin = origin
            if len(places) not in own:
                _nodes[key] = node
        places.append(node)
