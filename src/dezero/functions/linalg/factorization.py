"""Factorisations of matrices: Cholesky, QR and LU. All are of the last two axes and need real matrices.

Their rules come from differentiating the factorisation and reading off the triangles; see I. Murray,
"Differentiation of the Cholesky decomposition" (2016, arXiv:1602.07527), and S. Walter, L. Lehmann, R. Lamour,
"On evaluating higher-order derivatives of the QR decomposition of tall matrices" (Optim. Methods Softw. 27, 2012).
"""

from __future__ import annotations

from types import EllipsisType
from typing import NamedTuple

import numpy as np

from dezero.core.declare import public
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import _scipy
from dezero.functions._stacking import whole_in_front
from dezero.functions.arrays._independent import before_matrices
from dezero.functions.linalg._matrix import attempt, attempt_all, each, failing, matrices, swap, upper

_REAL = "its derivative is for real matrices"
_BLOCK = 32  # triangles up to this size are inverted as any matrix is


def _quarter_lower(x: Array) -> Array:
    """Weights 1/2 below the diagonal and 1/4 on it: half of Murray's Phi, for a rule that adds the transpose."""
    weights = np.tri(x.shape[-1], dtype=x.dtype)
    weights *= 0.5
    np.fill_diagonal(weights, 0.25)
    return weights


# -- the inverse that the rules share --------------------------------------------------------------------------


def _inverse_of_lower(x: Array, of: str) -> Array:
    """The inverse by halves, nearly all of it matrix products: at 200 x 200 four times as fast as np.linalg.inv."""
    n = x.shape[-1]
    if n <= _BLOCK:
        return np.linalg.inv(x)
    first, second = slice(n // 2), slice(n // 2, n)
    y = np.zeros_like(x)
    y[..., first, first] = _inverse_of_lower(x[..., first, first], of)
    y[..., second, second] = _inverse_of_lower(x[..., second, second], of)
    y[..., second, first] = y[..., second, second] @ (x[..., second, first] @ -y[..., first, first])
    return y


def _inverse_of_lower_rule(F, g, x, y, of):
    adjoint = swap(F, y)
    return -F.matmul(F.matmul(adjoint, g), adjoint) * upper(x.shape[-1]).T


# Elements above the diagonal are zero. of: the operation that an error names.
general(
    "inverse_of_lower",
    failing("inverse_of_lower", "a triangular matrix is singular when its diagonal has a zero")(_inverse_of_lower),
    _inverse_of_lower_rule,
    independent=before_matrices,
    stacked=whole_in_front,
)


# -- Cholesky --------------------------------------------------------------------------------------------------


def _cholesky_rule(F, g, x, y):
    inverse = F.inverse_of_lower(y, of="cholesky")
    middle = F.matmul(swap(F, y), g) * _quarter_lower(y)
    half = F.matmul(F.matmul(swap(F, inverse), middle), inverse)
    return half + swap(F, half)


_cholesky = general(
    "cholesky",
    failing("cholesky", "a must be symmetric with positive eigenvalues; add a small multiple of the unit matrix")(
        np.linalg.cholesky
    ),
    _cholesky_rule,
    independent=before_matrices,
    stacked=whole_in_front,
)


@public
def cholesky(a: ArrayLike, *, upper: bool = False) -> Variable:
    """The lower triangular factor L of symmetric positive definite matrices a = L @ L.T; upper: L.T.

    As in NumPy only the lower triangle is read. The derivative is that along symmetric changes, and so the gradient
    is symmetric. LinAlgError where a matrix is not positive definite.

    >>> cholesky(Variable(np.array([[4.0, 2.0], [2.0, 5.0]])))
    variable([[2. 0.]
              [1. 2.]])
    """
    y = attempt(_cholesky, matrices("cholesky", a, square=True, real=_REAL))
    return swap(operations, y) if upper else y


# -- QR --------------------------------------------------------------------------------------------------------


class QRResult(NamedTuple):
    Q: Variable
    R: Variable


def _qr_rule(F, gs, x, ys):
    (gq, gr), (q, r) = gs, ys
    n = r.shape[-1]
    m = F.matmul(r, swap(F, gr)) - F.matmul(swap(F, gq), q)
    copied = m * upper(n).T + swap(F, m * upper(n, 1).T)  # the lower triangle, mirrored
    return F.matmul(gq + F.matmul(q, copied), F.inverse_of_lower(swap(F, r), of="qr")) * F.qr_trust(r)


def _qr_trust(r: Array) -> Array:
    """1, or nan where columns are independent through rounding alone; a constant."""
    sizes = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    lost = sizes.min(-1, initial=np.inf) <= 10_000 * np.finfo(r.dtype).eps * sizes.max(-1, initial=0)
    return np.where(lost, np.nan, np.ones((), r.dtype))[..., None, None]


general("qr_trust", _qr_trust, lambda F, g, r, y: F.zeros_like(r), stacked=whole_in_front)

_qr = general("qr", lambda x: tuple(np.linalg.qr(x)), _qr_rule, outputs=2, stacked=whole_in_front)


@public
def qr(a: ArrayLike, mode: str = "reduced") -> QRResult | Variable:
    """Reduced QR factorisation of real matrices (..., m, n): Q (..., m, k), R (..., k, n), k = min(m, n).

    The first k columns must be linearly independent (LinAlgError in backward otherwise, or nan where they are so
    through rounding alone). mode "r" gives R alone.
    The mode "complete" has columns without derivative and is refused, but for square matrices it is the same.

    >>> q, r = qr(Variable(np.array([[3.0, 1.0], [4.0, 2.0]])))
    >>> bool(np.allclose((q @ r).data, [[3, 1], [4, 2]]))
    True
    """
    a = matrices("qr", a, real=_REAL)
    m, n = a.shape[-2:]
    if mode not in ("reduced", "r", "complete") or (mode == "complete" and m != n):
        raise ValueError(f"qr: mode {mode!r} has no derivative for a {describe(a)}; use 'reduced' or 'r'")
    if m < n:
        first, rest = (operations.get_item(a, (..., part)) for part in (slice(m), slice(m, n)))
        q, r = attempt_all(_qr, 2, first)
        r = operations.concatenate([r, operations.matmul(swap(operations, q), rest)], -1)
    else:
        q, r = attempt_all(_qr, 2, a)
    return r if mode == "r" else QRResult(q, r)


# -- LU --------------------------------------------------------------------------------------------------------


class LUResult(NamedTuple):
    p: Variable
    l: Variable  # noqa: E741 - SciPy's name
    u: Variable


def _lu_value(x: Array) -> tuple[Array, Array, Array]:
    native = x.astype(x.dtype.newbyteorder("="), copy=False)  # of swapped bytes SciPy's makes another matrix
    return each(_one_lu, native)


def _one_lu(x: Array) -> tuple[Array, Array, Array]:
    p, lower, u = _scipy.linalg.lu(x)
    return (p if x.size else np.eye(len(x), dtype=p.dtype)), lower, u  # SciPy's has no rows where u has no columns


def _lu_rule(F, gs, x, ys):
    """With a = p l u, k = min(m, n), 1 the square parts and 2 what a tall l or a wide u has beside them.

    X = inv(l1) da1 inv(u1) is the strictly lower inv(l1) dl1 and the upper du1 inv(u1) together.
    """
    (_, gl, gu), (p, lower, u) = gs, ys
    m, n = x.shape[-2:]
    k = min(m, n)
    l1, gl1, u1, gu1, below, above = lower, gl, u, gu, 0, 0
    if m > n:
        l1, l2, gl1, gl2 = (F.get_item(z, index=_rows_from(*part)) for z in (lower, gl) for part in ((0, k), (k, m)))
        above = F.matmul(swap(F, l2), gl2)
    if m < n:
        u1, u2, gu1, gu2 = (F.get_item(z, index=_columns_from(*part)) for z in (u, gu) for part in ((0, k), (k, n)))
        below = F.matmul(gu2, swap(F, u2))
    l_back, u_back = swap(F, F.inverse_of_lower(l1, of="lu")), F.inverse_of_lower(swap(F, u1), of="lu")
    gx = (F.matmul(swap(F, l1), gl1) - below) * upper(k, 1).T + (F.matmul(gu1, swap(F, u1)) - above) * upper(k)
    ga = F.matmul(F.matmul(l_back, gx), u_back)
    if m > n:
        ga = F.scatter(ga, index=_rows_from(0, k), shape=x.shape)
        ga = ga + F.scatter(F.matmul(gl2, u_back), index=_rows_from(k, m), shape=x.shape)
    if m < n:
        ga = F.scatter(ga, index=_columns_from(0, k), shape=x.shape)
        ga = ga + F.scatter(F.matmul(l_back, gu2), index=_columns_from(k, n), shape=x.shape)
    return F.matmul(p, ga)


def _rows_from(start: int, stop: int) -> tuple[EllipsisType, slice, slice]:
    return (..., slice(start, stop), slice(None))


def _columns_from(start: int, stop: int) -> tuple[EllipsisType, slice]:
    return (..., slice(start, stop))


_lu = general("lu", _lu_value, _lu_rule, outputs=3, stacked=whole_in_front)


@public
def lu(a: ArrayLike, permute_l: bool = False) -> LUResult | tuple[Variable, Variable]:
    """SciPy's LU factorisation a = p @ l @ u of real matrices (..., m, n) with row exchanges; needs SciPy.

    p permutes, l (..., m, k) has a unit diagonal, u is (..., k, n), k = min(m, n). permute_l: (p @ l, u). The
    permutation counts as constant; where the leading k x k part of p.T @ a is singular there is no derivative
    (LinAlgError in backward).

    >>> p, l, u = lu(Variable(np.array([[1.0, 2.0], [2.0, 6.0]])))
    >>> l, u
    (variable([[1.  0. ]
              [0.5 1. ]]), variable([[ 2.  6.]
              [ 0. -1.]]))
    """
    p, lower, u = attempt_all(_lu, 3, matrices("lu", a, real=_REAL))
    return (operations.matmul(p, lower), u) if permute_l else LUResult(p, lower, u)
