"""Products of a constant sparse matrix of SciPy's and a vector or matrix."""

from __future__ import annotations

from typing import Any

from dezero.core.call import apply, operand
from dezero.core.declare import linear, publish
from dezero.core.errors import is_sparse
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays.shape import transpose


def _of_each(S: Stacks, op: Op, x: Stack) -> Any:
    """All vectors as the columns of one matrix."""
    columns = S.transpose(x.value, axes=(1, 0, *range(2, len(x.shape) + 1)))
    y = S.call(op, S.reshape(columns, shape=(x.shape[0], -1)))
    y = S.reshape(y, shape=(y.shape[0], *columns.shape[1:]))
    return S.transpose(y, axes=(1, 0, *range(2, len(x.shape) + 1)))


_product = linear(
    "sparse_product",
    lambda x, matrix: matrix @ x,
    lambda F, g, x, y, matrix: F.sparse_product(g, matrix=matrix.T),
    stacked=_of_each,
)


def sparse_product(x: ArrayLike, matrix: object) -> Variable:
    """The product matrix @ x: matrix a sparse array or matrix (m, n) of SciPy's, x (n,) or (n, k).

    ValueError for other shapes.

    >>> from scipy.sparse import csr_array
    >>> sparse_product(Variable(np.array([2.0, 3.0])), csr_array(np.eye(2)))
    variable([2. 3.])
    """
    x = operand(x, "sparse_product")
    return apply(_product.bind(matrix=matrix), x)


def matmul_with_sparse(a: Any, b: Any) -> Variable:
    """a @ b, one of them sparse."""
    if is_sparse(a) and is_sparse(b):
        raise TypeError("matmul: both factors are sparse matrices, constants; multiply them with SciPy")
    x = operand(b if is_sparse(a) else a, "matmul")
    shapes = a.shape, b.shape
    if x.ndim not in (1, 2) or len((a if is_sparse(a) else b).shape) != 2 or shapes[0][-1] != shapes[1][0]:
        raise ValueError(
            f"matmul: shapes {shapes[0]} and {shapes[1]} do not fit; a sparse matrix is multiplied with a vector or "
            "matrix of its inner size"
        )
    if is_sparse(a):
        return sparse_product(x, a.tocsr())
    return transpose(sparse_product(transpose(x), b.T.tocsr()))


publish("sparse_product", sparse_product)
