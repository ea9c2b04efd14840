"""Columns joined into one array, and read from it again.

A column that is not used, such as u_xt where only u_xx is, gets a cotangent of zeros through the join, beside one of
other numbers. It would be carried through the whole graph of that column, so the join gives no cotangent in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Shape
from dezero.core.op import AnyNumberOfRules, Op, declared
from dezero.core.registry import values
from dezero.core.variable import Variable
from dezero.rewriting.algebra import Algebra
from dezero.rewriting.term import Term


def joined(F: Algebra, columns: Sequence[Term], like: Any) -> Term:
    """Columns of shape (..., 1) as one array (..., d). like: an array of the columns' shape and dtype."""
    # with three arguments the sweep lets a cotangent be None
    nothing = F.constant(np.empty((*like.shape[:-1], 0), like.dtype))
    join = declared["concatenate"].with_rules(AnyNumberOfRules(_column))
    parts = [F.node(F.filled(c, like)) for c in columns]
    return F.term(F.cons(join.bind(axis=len(like.shape) - 1), *parts, nothing))


def _column(i: int, F: Any, g: Any, *xs: Any, axis: int) -> Any:
    """The cotangent of a column; None on raw arrays where it is zeros, and that of another column is not."""
    if isinstance(F, Algebra):
        parts = F.summands(g)
        read = [_placed(t) for t in parts]
        if all([r is not None for r in read]):  # the columns that were read, put back
            found = [(r, t.c) for r, t in zip(read, parts, strict=True) if r is not None and r[1] == i]
            return F.total([F.scaled(c, F.node(F.reshape(r[0], shape=xs[i].shape))) for r, c in found])
    part = declared["concatenate"].rules[i](F, g, *xs, axis=axis)
    return None if F is values and not part.any() and g.any() else part


def _placed(t: Term) -> tuple[Any, int] | None:
    """The array that a term puts into one column of zeros, and the number of the column."""
    op = getattr(t.node, "_op", None)
    if not isinstance(op, Op) or op.name != "scatter":
        return None
    column = column_of(op.parameters["index"], op.parameters["shape"])
    return None if column is None else (t.node._args[0], column)


def column_read(node: Variable) -> tuple[Variable, int] | None:
    """The array of which a node reads one whole column, and the number of the column; None for any other node."""
    op = node._op
    if not isinstance(op, Op) or op.name != "get_item" or not isinstance(node._args[0], Variable):
        return None
    x = node._args[0]
    column = column_of(op.parameters["index"], x.shape)
    return None if column is None else (x, column)


def column_of(index: object, shape: Shape) -> int | None:
    """The column, of the last axis, that an index reads whole; None where it reads anything else."""
    parts = list(index) if isinstance(index, tuple) else [index]
    places = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(places) == 1:
        parts[places[0] : places[0] + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    if len(parts) != len(shape) or len(shape) < 2:
        return None
    *others, last = parts
    if any([not isinstance(p, slice) or p.indices(n) != (0, n, 1) for p, n in zip(others, shape, strict=False)]):
        return None
    if isinstance(last, slice):
        read = range(*last.indices(shape[-1]))
        return read[0] if len(read) == 1 else None
    return int(last) % shape[-1] if isinstance(last, int | np.integer) and not isinstance(last, bool) else None
