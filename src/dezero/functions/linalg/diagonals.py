"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import linear, public
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import axis_of, whole
from dezero.functions._stacking import Stacks, in_front, ndim_of
from dezero.functions.arrays._independent import unmoved
from dezero.functions.arrays.rearrange import moveaxis, ravel
from dezero.functions.arrays.shape import broadcast_to, reshape
from dezero.functions.indexing.get_item import get_item, scatter


def _flat_slice(rows: int, columns: int, k: int) -> slice:
    """Where the k-th diagonal of a matrix stands among its elements, row by row."""
    start = k if k >= 0 else -k * columns
    length = max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))
    return slice(start, start + (length - 1) * (columns + 1) + 1, columns + 1) if length else slice(0, 0)


@public
def diagonal(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The diagonal of two axes, as the last axis of the result; offset: how far above the main one (below: negative).

    ValueError for arrays of under two axes, and for axes that are one or out of range.

    >>> diagonal(Variable(np.arange(6.0).reshape(2, 3)), 1)
    variable([1. 5.])
    """
    x = operand(x, "diagonal")
    if x.ndim < 2:
        raise ValueError(f"diagonal: shape {x.shape} has under two axes; use diag to make a matrix of a diagonal")
    a, b = axis_of("diagonal", axis1, x.shape, "axis1"), axis_of("diagonal", axis2, x.shape, "axis2")
    if a == b:
        raise ValueError(f"diagonal: axis1 and axis2 are both axis {a} of shape {x.shape}; give two axes")
    x = moveaxis(x, (a, b), (-2, -1))
    *others, rows, columns = x.shape
    return get_item(
        reshape(x, (*others, rows * columns)), (..., _flat_slice(rows, columns, whole("diagonal", offset, "offset")))
    )


@public
def diag(x: ArrayLike, k: int = 0) -> Variable:
    """The k-th diagonal of a matrix, or the matrix with this k-th diagonal and zeros elsewhere.

    ValueError for arrays of other than one or two axes: diagonal and diagflat take those.

    >>> diag(Variable(np.array([1.0, 2.0])))
    variable([[1. 0.]
              [0. 2.]])
    """
    x = operand(x, "diag")
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"diag: shape {x.shape} has neither one nor two axes; use diagonal or diagflat")
    n = x.size + abs(whole("diag", k, "k"))
    return reshape(scatter(x, _flat_slice(n, n, k), (n * n,)), (n, n))


@public
def diagflat(x: ArrayLike, k: int = 0) -> Variable:
    """The matrix whose k-th diagonal is the ravelled array.

    >>> diagflat(Variable(np.array([[1.0, 2.0]]))).shape
    (2, 2)
    """
    return diag(ravel(x), k)


def _of_matrices(S: Stacks, op: Op, x: Any) -> Any:
    return in_front(S, op, x) if ndim_of(x) > 1 else NotImplemented


_tril = linear(
    "tril", lambda x, k: np.tril(x, k), lambda F, g, x, y, k: F.tril(g, k=k), independent=unmoved, stacked=_of_matrices
)
_triu = linear(
    "triu", lambda x, k: np.triu(x, k), lambda F, g, x, y, k: F.triu(g, k=k), independent=unmoved, stacked=_of_matrices
)


@public
def tril(x: ArrayLike, k: int = 0) -> Variable:
    """Matrices (the last two axes) with zeros above their k-th diagonal; a vector is taken for each of the rows.

    ValueError for a number.

    >>> tril(Variable(np.ones((2, 2))))
    variable([[1. 0.]
              [1. 1.]])
    """
    return apply(_tril.bind(k=whole("tril", k, "k")), _matrices("tril", x))


@public
def triu(x: ArrayLike, k: int = 0) -> Variable:
    """Matrices (the last two axes) with zeros below their k-th diagonal; a vector is taken for each of the rows.

    ValueError for a number.

    >>> triu(Variable(np.ones((2, 2))))
    variable([[1. 1.]
              [0. 1.]])
    """
    return apply(_triu.bind(k=whole("triu", k, "k")), _matrices("triu", x))


def _matrices(name: str, x: ArrayLike) -> Variable:
    x = operand(x, name)
    if not x.ndim:
        raise ValueError(f"{name}: a number has no triangle; give an array of one axis or more")
    return broadcast_to(x, (x.size, x.size)) if x.ndim == 1 else x
