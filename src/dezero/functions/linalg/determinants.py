"""Determinants, with every derivative, at singular matrices too."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.declare import publish
from dezero.core.dtypes import Array
from dezero.core.outputs import apply_all, general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import decided, noted
from dezero.functions._stacking import whole_in_front
from dezero.functions.arrays._independent import before_numbers
from dezero.functions.arrays.dtype import floating
from dezero.functions.linalg._matrix import eye, matrices, swap
from dezero.functions.linalg.contraction import einsum

_SMALL = 0.05  # a singular value below this part of the largest is taken out of the matrix before differentiating
_EXPANDED = 4  # up to this size a determinant is written out as the polynomial it is

# d det = det tr(inverse dx), which loses a digit an order for every factor of ten between the singular values.
_regular_det = general(
    "regular_det",
    np.linalg.det,
    lambda F, g, x, y: F.reshape(g * y, shape=(*y.shape, 1, 1)) * swap(F, F.inv(x, of="det")),
    independent=before_numbers,
    stacked=whole_in_front,
)


def det(a: ArrayLike) -> Variable:
    """Determinants of square matrices (..., n, n).

    A determinant is a polynomial, and every derivative is right at singular matrices too. Matrices up to 4 x 4 are
    expanded; the determinant of a larger one that is nearly singular is computed as that of a well-conditioned matrix
    times that of a small one. LinAlgError where the matrices are not square.

    >>> x = Variable(np.array([[1.0, 2.0], [2.0, 4.0]]))
    >>> det(x).backward()
    >>> x.grad
    variable([[ 4. -2.]
              [-2.  1.]])
    """
    a = matrices("det", a, square=True)
    return _polynomial(floating(a))


def _polynomial(a: Variable) -> Variable:
    n = a.shape[-1]
    if n <= _EXPANDED:
        return _expanded(a)
    few = decided(_nearly_singular, a)
    if few == 0:
        return apply(_regular_det, a)
    return _leverrier(a) if few == n else _bordered(a, few)


# Two rows of four columns have six minors; each stands before that of the other two rows and columns, with its sign.
_PAIRS = np.array([[0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3]])
_OTHERS = np.array([[2, 3, 1, 0, 2, 0], [3, 1, 2, 3, 0, 1]])


def _expanded(a: Variable) -> Variable:
    """A determinant of at most 4 x 4 written out, by Laplace's expansion along its first rows."""
    item, n = operations.get_item, a.shape[-1]
    if n == 0:
        return operations.sum(a, (-2, -1)) + 1
    if n == 1:
        return item(a, (..., 0, 0))
    if n == 2:
        return item(a, (..., 0, 0)) * item(a, (..., 1, 1)) - item(a, (..., 0, 1)) * item(a, (..., 1, 0))
    rows = [item(a, (..., i, slice(None))) for i in range(n)]
    if n == 3:
        return einsum("...i,...i", operations.cross(rows[0], rows[1]), rows[2])

    def minors(a: Variable, b: Variable, columns: Array) -> Variable:
        (i, j), at = columns, operations.get_item
        return at(a, (..., i)) * at(b, (..., j)) - at(a, (..., j)) * at(b, (..., i))

    return einsum("...i,...i", minors(rows[0], rows[1], _PAIRS), minors(rows[2], rows[3], _OTHERS))


def _nearly_singular(x: Array) -> int:
    """How many singular values of a matrix are small beside its largest; the most that any of several has."""
    if not np.isfinite(x).all():
        return 0
    n = x.shape[-1]
    with np.errstate(all="ignore"):
        # An upper bound of the condition number. H. Guggenheimer et al., College Math. J. 26 (1995) 2.
        spread = (np.linalg.norm(x, axis=(-2, -1)) / np.sqrt(n)) ** n
        if np.all(2 * spread * _SMALL < np.abs(np.linalg.det(x))):
            return 0
    s = np.linalg.svd(x, compute_uv=False)
    return int((s <= _SMALL * s[..., :1]).sum(-1).max(initial=0))


def _bordered(a: Variable, few: int) -> Variable:
    """det(a) of a matrix with few singular values near zero, as det(m) det(c), m and c being

        m = [[a, u], [v, 0]],  c the last corner of the inverse of m,

    with the singular vectors u, v of these values for a border, which makes m well conditioned: Jacobi's identity
    for complementary minors. It holds for any border, so u and v are constants.
    """
    n, x = a.shape[-1], raw(noted(a))
    u, s, vh = np.linalg.svd(x)
    scale = np.where(s[..., :1] == 0, 1, s[..., :1])[..., None]
    side = (scale * u[..., n - few :]).astype(x.dtype)
    below = (scale * vh[..., n - few :, :]).astype(x.dtype)
    below = np.concatenate([below, np.zeros((*x.shape[:-2], few, few), x.dtype)], -1)
    m = operations.concatenate([operations.concatenate([a, side], -1), below], -2)
    corner = operations.get_item(operations.inv(m), (..., slice(n, None), slice(n, None)))
    return apply(_regular_det, m) * _polynomial(corner)


def _leverrier(a: Variable) -> Variable:
    """The determinant where all singular values are 0: without division, as U. Le Verrier and D. Faddeev compute the
    coefficients of the characteristic polynomial."""
    n = a.shape[-1]
    b, unit = a, eye(n, a)
    for k in range(1, n):
        c = einsum("...ii", b) / k
        b = operations.matmul(a, b - operations.reshape(c, (*c.shape, 1, 1)) * unit)
    return einsum("...ii", b) * ((-1) ** (n - 1) / n)


class SlogdetResult(NamedTuple):
    sign: Variable
    logabsdet: Variable


_slogdet = general(
    "slogdet",
    lambda x: tuple(np.linalg.slogdet(x)),
    lambda F, gs, x, ys: F.reshape(gs[1], shape=(*ys[1].shape, 1, 1)) * swap(F, F.inv(x, of="slogdet")),
    outputs=2,
    independent=before_numbers,
    stacked=whole_in_front,
)


def slogdet(a: ArrayLike) -> SlogdetResult:
    """Sign and logarithm of the absolute value of determinants of real square matrices (..., n, n).

    The sign's derivative is zero. A singular matrix gives 0 and -inf, and LinAlgError in backward.

    >>> slogdet(Variable(np.diag([2.0, -0.5])))
    SlogdetResult(sign=variable(-1.0), logabsdet=variable(0.0))
    """
    a = matrices("slogdet", a, square=True, real="its derivative is for real matrices; use log(det(a))")
    return SlogdetResult(*apply_all(_slogdet, 2, a))


publish("det", det)
publish("slogdet", slogdet)
