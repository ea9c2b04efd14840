"""Inverses of matrices and solutions of linear systems, of the last two axes; those before them broadcast."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.op import Op
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, as_constant
from dezero.core.watch.watching import noted
from dezero.functions import _scipy
from dezero.functions._stacking import whole_in_front
from dezero.functions.arrays._independent import before_matrices
from dezero.functions.linalg._matrix import array, attempt, each, eye, failing, matrices, swap, upper

# -- inverse ---------------------------------------------------------------------------------------------------


def _inverse_rule(F, g, x, y, of):
    adjoint = swap(F, y)
    return -F.matmul(F.matmul(adjoint, g), adjoint)


# of: the operation that an error names.
_inv = general(
    "inv",
    failing("inv", "pinv gives the pseudo-inverse")(lambda x, of: np.linalg.inv(x)),
    _inverse_rule,
    independent=before_matrices,
    stacked=whole_in_front,
)


@public
def inv(a: ArrayLike) -> Variable:
    """Inverses of square matrices (..., n, n). LinAlgError where one is singular or the matrices are not square.

    >>> inv(Variable(np.array([[2.0, 0.0], [0.0, 4.0]])))
    variable([[0.5  0.  ]
              [0.   0.25]])
    """
    return attempt(_inv.bind(of="inv"), matrices("inv", a, square=True))


@public
def matrix_power(a: ArrayLike, n: int) -> Variable:
    """Whole powers of square matrices: the unit matrix for n = 0, powers of the inverse for n < 0.

    >>> matrix_power(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])), 3)
    variable([[1. 3.]
              [0. 1.]])
    """
    a = matrices("matrix_power", a, square=True)
    if not isinstance(n, int | np.integer) or isinstance(n, bool):
        raise TypeError(f"matrix_power: n is {describe(n)}; it must be a whole number")
    if n == 0:  # a is never chosen: a constant that has a derivative of zero in a
        unit = np.broadcast_to(eye(a.shape[-1], a), a.shape)
        return operations.where(np.ones((1, 1), bool), unit, a)
    square = attempt(_inv.bind(of="matrix_power"), a) if n < 0 else a
    return _raised(square, abs(int(n)))


def _raised(a: Variable, n: int) -> Variable:
    """a to a positive power by repeated squaring."""
    if n == 1:
        return a
    half = _raised(a, n // 2)
    even = operations.matmul(half, half)
    return operations.matmul(even, a) if n % 2 else even


# -- solutions -------------------------------------------------------------------------------------------------


def _solve_matrix(F, g, a, b, y):
    return F.sum_to(-F.matmul(F.solve(swap(F, a), g), swap(F, y)), shape=a.shape)


def _solve_right(F, g, a, b, y):
    return F.sum_to(F.solve(swap(F, a), g), shape=b.shape)


_solve = general(
    "solve",
    failing("solve", "lstsq gives the least-squares solution")(np.linalg.solve),
    _solve_matrix,
    _solve_right,
    series="solution",
    independent=before_matrices,
    stacked=whole_in_front,
)


@public
def solve(a: ArrayLike, b: ArrayLike) -> Variable:
    """The solution x of a x = b for square matrices a (..., n, n).

    b: one vector (n,), or the columns of matrices (..., n, k). The derivative solves with a transposed.
    LinAlgError where a matrix is singular or not square, ValueError where b does not have n rows.

    >>> solve(Variable(np.array([[2.0, 0.0], [0.0, 4.0]])), np.array([2.0, 2.0]))
    variable([1.  0.5])
    """
    a = matrices("solve", a, square=True)
    return _on_columns("solve", _solve, a, b)


def _triangular(a: Array, b: Array, lower: bool, unit: bool) -> Array:
    def one(a: Array, b: Array) -> Array:
        return _scipy.linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit)

    return each(one, a, b)


def _triangle(F, g, a, b, y, lower, unit):
    gb = F.solve_triangular(swap(F, a), g, lower=not lower, unit=unit)
    read = upper(a.shape[-1], 1 if unit else 0)
    return F.sum_to(-F.matmul(gb, swap(F, y)) * (read.T if lower else read), shape=a.shape)


def _triangle_right(F, g, a, b, y, lower, unit):
    return F.sum_to(F.solve_triangular(swap(F, a), g, lower=not lower, unit=unit), shape=b.shape)


_solve_triangular = general(
    "solve_triangular",
    failing("solve_triangular", "a triangular matrix is singular when its diagonal has a zero")(_triangular),
    _triangle,
    _triangle_right,
    series="triangular_solution",
    independent=before_matrices,
    stacked=whole_in_front,
)


@public
def solve_triangular(
    a: ArrayLike, b: ArrayLike, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Variable:
    """SciPy's solution x of a x = b for triangular matrices a, whose other triangle is not read; needs SciPy.

    trans: 1 or "T" solves with a transposed. unit_diagonal: the diagonal is not read either and taken as ones.
    Errors as for solve.

    >>> solve_triangular(Variable(np.array([[2.0, 1.0], [0.0, 4.0]])), np.array([4.0, 8.0]))
    variable([1. 2.])
    """
    matrix = matrices("solve_triangular", a, square=True)
    if trans not in (0, 1, "N", "T"):
        raise ValueError(f"solve_triangular: trans is {trans!r}; it must be 0 or 'N', or 1 or 'T' for a transposed")
    if trans in (1, "T"):
        matrix, lower = swap(operations, matrix), not lower
    solver = _solve_triangular.bind(lower=bool(lower), unit=bool(unit_diagonal))
    return _on_columns("solve_triangular", solver, matrix, b)


def _on_columns(name: str, op: Op, a: Variable, b: ArrayLike) -> Variable:
    """Solve for the columns of b, a vector being one column."""
    b = array(b, name)
    n = a.shape[-1]
    if not b.ndim or b.shape[0 if b.ndim == 1 else -2] != n:
        raise ValueError(
            f"{name}: b is a {describe(b)} for a of shape {a.shape}; it must be a vector of {n} elements, "
            f"or have {n} rows in its last two axes"
        )
    if b.ndim > 1:
        return attempt(op, a, b)
    y = attempt(op, a, operations.reshape(b, (n, 1)) if isinstance(b, Variable) else b.reshape(n, 1))
    return operations.reshape(y, y.shape[:-1])


# -- least squares ---------------------------------------------------------------------------------------------


def _pinv_rule(F, g, x, y, rcond):
    """G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413, for a rank that does not change."""
    m, n = x.shape[-2:]
    yt, gt = swap(F, y), swap(F, g)
    beyond_columns = -F.matmul(x, y) + eye(m, x)
    beyond_rows = -F.matmul(y, x) + eye(n, x)
    full = F.matmul(F.matmul(F.matmul(beyond_columns, gt), y), yt) + F.matmul(
        F.matmul(F.matmul(yt, y), gt), beyond_rows
    )
    return full - F.matmul(F.matmul(yt, g), yt)


_pinv = general(
    "pinv",
    failing("pinv", "look for nan or inf in it")(lambda x, rcond: np.linalg.pinv(x, rcond)),
    _pinv_rule,
    stacked=whole_in_front,
)


@public
def pinv(a: ArrayLike, rcond: float = 1e-15) -> Variable:
    """Moore-Penrose pseudo-inverses of real matrices (..., m, n): shape (..., n, m).

    rcond: singular values up to rcond times the largest count as zero. The derivative is that at constant rank;
    where a small change of the matrix changes its rank there is none, and the pseudo-inverse jumps.

    >>> pinv(Variable(np.array([[2.0], [0.0]])))
    variable([[0.5 0. ]])
    """
    a = matrices("pinv", a, real="its derivative is for real matrices; join real and imaginary parts in one")
    return attempt(_pinv.bind(rcond=float(rcond)), a)


class LstsqResult(NamedTuple):
    """x and residuals are Variables; rank and the singular values s are plain, as they have no derivative here."""

    x: Variable
    residuals: Variable
    rank: int | Array
    s: Array


@public
def lstsq(a: ArrayLike, b: ArrayLike, rcond: float | None = None) -> LstsqResult:
    """The x of least norm among those with the least sum of (a x - b)**2, as numpy.linalg.lstsq returns it.

    a: real matrices (..., m, n); b: a vector (m,) or columns (..., m, k). rcond: as in pinv, by default the dtype's
    epsilon times max(m, n). residuals: that sum for each column, empty unless m > n and the rank is n.

    >>> lstsq(Variable(np.array([[1.0], [1.0]])), np.array([1.0, 3.0])).x
    variable([2.])
    """
    a = matrices("lstsq", a, real="its derivative is for real matrices; join real and imaginary parts in one")
    b = operand(b, "lstsq")
    m, n = a.shape[-2:]
    if not b.ndim or b.shape[0 if b.ndim == 1 else -2] != m:
        raise ValueError(f"lstsq: b is a {describe(b)} for a of shape {a.shape}; it must have {m} rows")
    if rcond is None:
        rcond = max(m, n) * float(np.finfo(np.result_type(a.dtype, np.float32)).eps)
    x = operations.matmul(pinv(a, rcond), b)
    s = np.linalg.svd(raw(noted(a)), compute_uv=False)
    rank = (s > rcond * s[..., :1]).sum(-1) if s.size else np.zeros(s.shape[:-1], int)
    if m > n and np.all(rank == n):
        rest = operations.sub(operations.matmul(a, x), b)
        residuals = operations.sum(rest * rest, 0 if b.ndim == 1 else -2)
        residuals = operations.reshape(residuals, (1,)) if b.ndim == 1 else residuals
    else:
        residuals = as_constant(np.zeros(0, x.dtype))
    return LstsqResult(x, residuals, rank if rank.ndim else int(rank), s)
