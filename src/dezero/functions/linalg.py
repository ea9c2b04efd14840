"""Products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.op import bilinear, apply, publish
from dezero.core.variable import Variable, raw


def _swap(F: Any, x: Any) -> Any:
    """The last two axes exchanged."""
    n = len(x.shape)
    return F.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def _left(F: Any, g: Any, a: Any, b: Any, y: Any) -> Any:
    m, n = len(a.shape), len(b.shape)
    if n == 1:
        g = g * b if m == 1 else F.reshape(g, shape=(*y.shape, 1)) * b
    else:
        if m == 1:
            g = F.reshape(g, shape=(*y.shape[:-1], 1, y.shape[-1]))
        g = F.matmul(g, _swap(F, b))
        if m == 1:
            g = F.reshape(g, shape=(*g.shape[:-2], g.shape[-1]))
    return F.sum_to(g, shape=a.shape)


def _right(F: Any, g: Any, a: Any, b: Any, y: Any) -> Any:
    m, n = len(a.shape), len(b.shape)
    if m == 1:
        g = g * a if n == 1 else F.reshape(g, shape=(*y.shape[:-1], 1, y.shape[-1])) * F.reshape(a, shape=(*a.shape, 1))
    else:
        if n == 1:
            g = F.reshape(g, shape=(*y.shape, 1))
        g = F.matmul(_swap(F, a), g)
        if n == 1:
            g = F.reshape(g, shape=g.shape[:-1])
    return F.sum_to(g, shape=b.shape)


def _rows(below: Any, node: Variable) -> Any:
    (ra, rb), (a, b) = below, node._args
    m, n = np.ndim(raw(a)), np.ndim(raw(b))
    if ra and rb:
        return ra if ra == rb and max(ra) < -2 and m > 1 < n else None
    if ra:
        return None if m == 1 or -1 in ra else (tuple(r + 1 for r in ra) if n == 1 else ra)
    if n == 1 or -2 in rb:
        return None
    return tuple(r if r == -1 else r + 1 for r in rb) if m == 1 else rb


_matmul = bilinear("matmul", np.matmul, _left, _right, rows=_rows)


def matmul(a: Any, b: Any) -> Variable:
    """Matrix product of the last two axes, the axes before them broadcast; a 1-d argument is a vector.

    >>> matmul(Variable(np.ones((2, 3))), np.ones((3, 4))).shape
    (2, 4)
    """
    return apply(_matmul, a, b)


def dot(a: Any, b: Any) -> Variable:
    """NumPy's dot of vectors and matrices: the matrix product, or the product where one is a number.

    Arrays of more than two axes are refused, since NumPy's dot and matmul differ there.

    >>> dot(Variable(np.ones(3)), np.arange(3.0))
    variable(3.0)
    """
    if np.ndim(raw(a)) == 0 or np.ndim(raw(b)) == 0:
        from dezero.functions.arithmetic import mul

        return mul(a, b)  # type: ignore[no-any-return]
    if max(np.ndim(raw(a)), np.ndim(raw(b))) > 2:
        raise ValueError(f"dot: shapes {np.shape(raw(a))} and {np.shape(raw(b))} have over two axes; use matmul")
    return matmul(a, b)


publish("matmul", matmul)
publish("dot", dot)
