"""Keys of graphs: equal for graphs whose derivatives are built by the same steps."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.fingerprint import Unlike, fingerprint
from dezero.core.graph import Nodes
from dezero.core.op import Op
from dezero.core.variable import Variable
from dezero.core.watch.tracing import NUMBERLESS
from dezero.rewriting.types import type_of

# What the steps of a derivative depend on, in three parts. The form: the operations, shapes and dtypes. The numbers:
# those among the arguments, and the parameters. The arrays: of each plain array the position of the first that equals
# it; where the steps were chosen by what is in the arrays, their fingerprints.
GraphKey = tuple[Hashable, Hashable, Hashable]


class Ordered(NamedTuple):
    """A graph's nodes and plain arrays, in an order that is the same for graphs of one key.

    ages: of the nodes, oldest first. arrays: those among the arguments of the nodes. key: None where a part cannot be
    compared, or where none was asked for.
    """

    ages: list[int]
    arrays: list[Array]
    key: GraphKey | None

    def by_contents(self) -> GraphKey | None:
        """The key by what is in the plain arrays."""
        return self.key and (*self.key[:2], tuple([fingerprint(a) for a in self.arrays]))


def graph_key(graph: Nodes, roots: list[int], asked: list[int] | None, born: int = 0) -> Ordered:
    """The nodes and plain arrays of a graph in order, with its key.

    born: nodes of this age and older ones are not looked into (see Origin).
    """
    ages = sorted(graph)
    numbers: list[Hashable] = []
    arrays: list[Array] = []
    place = {age: i for i, age in enumerate(ages)}
    parts: list[Hashable] = [
        None if asked is None else tuple([place.get(a) for a in asked]),
        bool(born),
        *[place[a] for a in roots],
    ]
    for age in ages:
        node = graph[age]
        args = node._args
        if not args:
            parts.append((node._data.shape, node._data.dtype))
        elif age <= born:
            parts.append(("older", type_of(node._data)))
        elif isinstance(node._op, Op):
            key = node._op.key
            if type(key) is tuple:  # with parameters, which hold numbers of an earlier derivative too
                numbers.append(key)
                key = key[0]
            parts.append(key)
            for a in args:
                if isinstance(a, Variable):
                    parts.append(place[a._age])
                elif isinstance(a, int | float | complex):
                    parts.append("number")
                    numbers.append(repr(a))  # tells 1 from 1.0, and 0.0 from -0.0
                elif isinstance(a, np.ndarray) and type(a) not in NUMBERLESS:
                    parts.append((a.dtype, a.shape))  # (shape, dtype) is a leaf
                    arrays.append(a)
                else:
                    return Ordered(ages, arrays, None)
        else:
            return Ordered(ages, arrays, None)
    return Ordered(ages, arrays, (tuple(parts), tuple(numbers), _firsts(arrays) if arrays else ()))


def _firsts(arrays: list[Array]) -> tuple[int, ...]:
    """Of each array the position of the first that equals it.

    An array is read as a whole only where another one of its shape begins with the same number.
    """
    firsts = list(range(len(arrays)))
    if len(arrays) > 1:
        alike: dict[Hashable, dict[int, list[int]]] = {}
        for i, a in enumerate(arrays):
            alike.setdefault((a.dtype, a.shape, a.flat[:1].tobytes()), {}).setdefault(id(a), []).append(i)
        for objects in alike.values():
            found: dict[Hashable, int] = {}
            for positions in objects.values():
                contents = fingerprint(arrays[positions[0]]) if len(objects) > 1 else None
                first = found.setdefault(contents, positions[0])
                for i in positions:
                    firsts[i] = first
    return tuple(firsts)


def any_unlike(value: object) -> bool:
    """Whether some part of a key is an Unlike, so that no other key equals it."""
    return isinstance(value, Unlike) or (isinstance(value, tuple) and any([any_unlike(v) for v in value]))
