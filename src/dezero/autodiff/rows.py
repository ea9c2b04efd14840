"""Which axes of the nodes of a graph hold independent rows, by what each operation says of itself."""

from __future__ import annotations

from collections.abc import Sequence

from dezero.core.dtypes import Shape
from dezero.core.graph import Nodes
from dezero.core.op import ELEMENTWISE, Independent, Op
from dezero.core.variable import Variable


def independent_axes(shape: Shape) -> Independent:
    """The axes, counted from the right, along which a leaf of this shape has independent elements."""
    return tuple(axis - len(shape) for axis, n in enumerate(shape) if n != 1)


def rows_of(node: Variable, below: Sequence[Independent]) -> Independent | None:
    """The row axes of a node from those of its arguments (() for a constant one); None where rows may mix."""
    op = node._op
    if not isinstance(op, Op):
        return None
    if not any(below):
        return ()  # there is one row
    if op.kind is ELEMENTWISE:
        moving = [b for b in below if b]
        return moving[0] if all([b == moving[0] for b in moving]) else None
    return None if op.independent is None else op.independent(below, node, **op.parameters)


def proved_rows(path: Nodes, leaf: Variable, rows: Independent) -> tuple[dict[int, Independent], str | None]:
    """The row axes of the nodes by age, and the name of the first operation that may mix rows (None: no one does).

    path: the nodes that were computed from the leaf, oldest first. rows: the row axes of the leaf.
    """
    known = {leaf._age: rows}
    for age, node in path.items():
        if age not in known:
            found = rows_of(node, [known.get(a._age, ()) if isinstance(a, Variable) else () for a in node._args])
            if found is None:
                return known, node._op.name
            known[age] = found
    return known, None
