"""Products of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.arithmetic import add, mul
from dezero.core.arraylike import raw
from dezero.core.call import binary, operand
from dezero.core.declare import bilinear, public
from dezero.core.dtypes import Array
from dezero.core.errors import is_sparse
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import Stack, Stacks, ndim_of
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.linalg._matrix import swap


def _as_matrices(F, g, a, b, y):
    """Vectors as the matrices that matmul takes them for, and the cotangent of the product of those."""
    m, n = len(a.shape), len(b.shape)
    if n == 1:
        b, g = F.reshape(b, shape=(*b.shape, 1)), F.reshape(g, shape=(*y.shape, 1))
    if m == 1:
        a, g = F.reshape(a, shape=(1, *a.shape)), F.reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]))
    return g, a, b


def _left(F, g, a, b, y):
    if len(a.shape) == len(b.shape) == 2:
        return g @ b.T
    g, matrix, b = _as_matrices(F, g, a, b, y)
    g = F.sum_to(F.matmul(g, swap(F, b)), shape=matrix.shape)
    return F.reshape(g, shape=a.shape)


def _right(F, g, a, b, y):
    if len(a.shape) == len(b.shape) == 2:
        return a.T @ g
    if len(b.shape) == 2 < len(a.shape):  # one product: one for each matrix and their sum take half as long again
        rows = math.prod(a.shape[:-1])
        a, g = F.reshape(a, shape=(rows, a.shape[-1])), F.reshape(g, shape=(rows, g.shape[-1]))
        return F.matmul(swap(F, a), g)
    g, a, matrix = _as_matrices(F, g, a, b, y)
    g = F.sum_to(F.matmul(swap(F, a), g), shape=matrix.shape)
    return F.reshape(g, shape=b.shape)


def _rows(below: Below, node: Variable) -> Independent | None:
    (ra, rb), (a, b) = below, node._args
    m, n = np.ndim(raw(a)), np.ndim(raw(b))
    if ra and rb:
        return ra if ra == rb and max(ra) < -2 and m > 1 < n else None
    if ra:
        return None if m == 1 or -1 in ra else (tuple(r + 1 for r in ra) if n == 1 else ra)
    if n == 1 or -2 in rb:
        return None
    return tuple(r if r == -1 else r + 1 for r in rb) if m == 1 else rb


def _product(a: Array, b: Array) -> Array:
    if type(a) is not np.ndarray or a.ndim < 3:
        return np.matmul(a, b)
    if a.shape[-1] == 1 and a.ndim == np.ndim(b) and b.shape[-2] == 1 and a.dtype == b.dtype and a.dtype.char in "fd":
        return np.einsum("...ik,...kj->...ij", a, b)  # columns times rows take half the time of matmul's
    if np.ndim(b) != 2 or a.shape[-1] != b.shape[0]:
        return np.matmul(a, b)
    rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])  # one product takes 10 to 40 % less than one for each matrix
    return np.matmul(rows, b).reshape(*a.shape[:-1], b.shape[1])


def _labels(a: int, b: int) -> str:
    """The axes of a product of arrays with a and b axes, by letters."""
    batch = "abcdefgh"[: max(a, b, 2) - 2]
    left = "z" if a == 1 else batch[len(batch) - (a - 2) :] + "xz"
    right = "z" if b == 1 else batch[len(batch) - (b - 2) :] + "zy"
    return f"{left},{right}->{batch}{'x' if a > 1 else ''}{'y' if b > 1 else ''}"


def _each_product(S: Stacks, op: Op, a: Any, b: Any) -> Any:
    m, n = ndim_of(a), ndim_of(b)
    if not isinstance(b, Stack) and n <= 2:
        return S.call(op, a.value, b)  # one product of matrices for all examples
    if not isinstance(a, Stack) and (m, n) == (2, 1):
        return S.call(op, b.value, S.transpose(a, axes=None))
    left = _as_matrix(S, a, (1,) if m == 1 else (), ())
    right = _as_matrix(S, b, (), (1,) if n == 1 else ())
    ndim = max(m, n, 2)
    y = S.call(op, S.opened(left, ndim), S.opened(right, ndim))
    shape = y.shape[: y.ndim - 2] + y.shape[y.ndim - 2 : y.ndim - 1] * (m > 1) + y.shape[y.ndim - 1 :] * (n > 1)
    return S.reshaped(y, shape)


def _as_matrix(S: Stacks, a: Any, before: tuple[int, ...], behind: tuple[int, ...]) -> Any:
    """A vector as a row or column; matrices as they are."""
    if isinstance(a, Stack):
        return Stack(S.reshaped(a.value, (S.count, *before, *a.shape, *behind)))
    return S.reshaped(a, (*before, *a.shape, *behind))


_matmul = bilinear(
    "matmul", _product, _left, _right, independent=_rows, labels=_labels, batched="matmul", stacked=_each_product
)


_dense = binary(_matmul)


@public
def matmul(a: ArrayLike, b: ArrayLike) -> Variable:
    """Matrix product of the last two axes, the axes before them broadcast; a 1-d argument is a vector.

    One of the two may be a sparse array or matrix of SciPy's, a constant, the other then a vector or matrix.

    >>> matmul(Variable(np.ones((2, 3))), np.ones((3, 4))).shape
    (2, 4)
    """
    try:
        return _dense(a, b)
    except TypeError:
        if not (is_sparse(a) or is_sparse(b)):
            raise
    from dezero.functions.linalg.sparse_products import matmul_with_sparse  # loaded only where there is one

    return matmul_with_sparse(a, b)


@public
def dot(a: ArrayLike, b: ArrayLike) -> Variable:
    """NumPy's dot of vectors and matrices: the matrix product, or the product where one is a number.

    Arrays of more than two axes are refused, since NumPy's dot and matmul differ there.

    >>> dot(Variable(np.ones(3)), np.arange(3.0))
    variable(3.0)
    """
    if is_sparse(a) or is_sparse(b):
        return matmul(a, b)
    a, b = (x if type(x) is np.ndarray else operand(x, "dot") for x in (a, b))
    if np.ndim(raw(a)) == 0 or np.ndim(raw(b)) == 0:
        return mul(a, b)
    if max(np.ndim(raw(a)), np.ndim(raw(b))) > 2:
        raise ValueError(f"dot: shapes {np.shape(raw(a))} and {np.shape(raw(b))} have over two axes; use matmul")
    if a.shape[-1] != b.shape[0]:
        raise ValueError(
            f"dot: the last axis of shape {a.shape} and the first of {b.shape} differ in length; transpose or reshape "
            "one of them"
        )
    return matmul(a, b)


@public
def linear(x: ArrayLike, W: ArrayLike, b: ArrayLike | None = None) -> Variable:
    """Affine map x W + b: x (..., inputs), W (inputs, outputs), b (outputs,) or None, result (..., outputs).

    ValueError for shapes that do not fit.

    >>> linear(Variable(np.ones((1, 2))), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.5]))
    variable([[4.5 6.5]])
    """
    return _affine("linear", x, W, b)


@public
def linear_simple(x: ArrayLike, W: ArrayLike, b: ArrayLike | None = None) -> Variable:
    """The same as linear: the name that DeZero gives the formula as it stands.

    >>> linear_simple(Variable(np.ones((1, 2))), np.ones((2, 1)))
    variable([[2.]])
    """
    return _affine("linear_simple", x, W, b)


def _affine(name: str, x: ArrayLike, W: ArrayLike, b: ArrayLike | None) -> Variable:
    shape, kernel = operand(x, name).shape, operand(W, name).shape
    if not shape or len(kernel) != 2 or shape[-1] != kernel[0]:
        raise ValueError(
            f"{name}: x of shape {shape} and W of shape {kernel} must be (..., inputs) and (inputs, outputs) with as "
            "many inputs; transpose or reshape one of them"
        )
    y = matmul(x, W)
    if b is None:
        return y
    bias = operand(b, name).shape
    if len(bias) > y.ndim or any(n not in (1, m) for n, m in zip(reversed(bias), reversed(y.shape), strict=False)):
        raise ValueError(f"{name}: b of shape {bias} does not broadcast to x W of shape {y.shape}; use ({kernel[1]},)")
    return add(y, b)
