"""Eigenvalues, eigenvectors and singular values.

Where eigenvalues coincide their eigenvectors are arbitrary up to a rotation, and have no derivative. What depends
on the eigenvalues alone and symmetrically (their sum, a sum of functions of them) is differentiable there, and its
gradient right. Where a derivative asks for more than there is (a single eigenvector, a second derivative through
eigenvalues that coincide), the gap that would be divided by raises LinAlgError, rather than give inf or a finite
number that means nothing. Traces of expm, logm, sqrtm and matrix_power, det and slogdet have no such points.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dezero.core.op import ELEMENTWISE, Op, declare, publish
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.functions._matrix import attempt_all, eye, failing, matrices, swap
from dezero.functions.complex_numbers import modulus, real_like

_REAL = "its derivative is for real matrices"


# -- dividing by gaps ------------------------------------------------------------------------------------------


def _over_gaps(x: Any, w: Any, v: Any, of: str, diagonal: bool) -> Any:
    """x[i, j] / (v[j] - w[i]), zero where x is; LinAlgError where a gap is zero to rounding and x is not.

    diagonal: whether its elements are divided too; otherwise they are zero.
    """
    gap = v - w
    if not isinstance(x, np.ndarray):  # the number 0, of a result that nothing depends on
        return np.zeros_like(gap)
    gap = np.broadcast_to(gap, np.broadcast_shapes(x.shape, gap.shape))
    if not gap.size:
        return x + gap
    rounding = max(gap.shape[-2:]) * np.finfo(gap.dtype).eps
    scale = np.maximum(np.abs(w).max((-2, -1), keepdims=True), np.abs(v).max((-2, -1), keepdims=True))
    closed = np.abs(gap) <= rounding * scale
    nothing = np.abs(x) <= rounding * np.abs(x).max((-2, -1), keepdims=True)
    if not diagonal:
        nothing = nothing | np.eye(*gap.shape[-2:], dtype=bool)  # type: ignore[type-var]
    wrong = closed & ~nothing
    if wrong.any():
        *_, i, j = np.argwhere(wrong)[0]
        raise np.linalg.LinAlgError(
            f"{of}: values {i} and {j} coincide (or sum to zero), where the derivative that is asked for does not "
            "exist; differentiate what has one there, such as a symmetric function of the values (once), "
            "or det, slogdet, expm, sqrtm"
        )
    skipped = closed if diagonal else closed | np.eye(*gap.shape[-2:], dtype=bool)  # type: ignore[type-var]
    return np.where(skipped, 0, x / np.where(skipped, 1, gap))


declare(
    Op(
        "over_gaps",
        ELEMENTWISE,
        _over_gaps,
        (
            lambda F, g, x, w, v, y, **how: F.over_gaps(g, w, v, **how),
            lambda F, g, x, w, v, y, **how: F.over_gaps(g * y, w, v, **how),
            lambda F, g, x, w, v, y, **how: -F.over_gaps(g * y, w, v, **how),
        ),
    )
)


def _column(F: Any, w: Any, y: Any) -> Any:
    return F.reshape(w, shape=(*y.shape, 1))


def _row(F: Any, w: Any, y: Any) -> Any:
    return F.reshape(w, shape=(*y.shape[:-1], 1, y.shape[-1]))


# -- symmetric matrices ----------------------------------------------------------------------------------------


class EighResult(NamedTuple):
    eigenvalues: Variable
    eigenvectors: Variable


def _eigh_rule(F: Any, gs: Any, x: Any, ys: Any, UPLO: str) -> Any:
    """da = v (dw on the diagonal, v' dv (w_j - w_i) beside it) v'."""
    (gw, gv), (w, v) = gs, ys
    turned = F.over_gaps(F.matmul(swap(F, v), gv), _column(F, w, w), _row(F, w, w), of="eigh", diagonal=False)
    ga = F.matmul(F.matmul(v, turned + _row(F, gw, w) * eye(w.shape[-1], w)), swap(F, v))
    return 0.5 * (ga + swap(F, ga))


_eigh = general(
    "eigh",
    failing("eigh", "look for nan or inf in it")(lambda x, UPLO: tuple(np.linalg.eigh(x, UPLO))),
    _eigh_rule,
    outputs=2,
)


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues w (..., n), ascending, and eigenvectors, the columns of v (..., n, n), of real symmetric matrices.

    UPLO: the triangle that is read, "L" or "U". The derivative is that along symmetric changes, and so the gradient
    is symmetric. An eigenvector's sign is arbitrary. LinAlgError in backward where eigenvalues that coincide leave
    no derivative (see the module's text).

    >>> w, v = eigh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]])))
    >>> w
    variable([1. 2.])
    """
    return _symmetric("eigh", a, UPLO)


def _symmetric(name: str, a: Any, UPLO: str) -> EighResult:
    if UPLO not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO is {UPLO!r}; it names the triangle that is read, 'L' or 'U'")
    return EighResult(*attempt_all(_eigh.bind(UPLO=UPLO.upper()), 2, matrices(name, a, square=True, real=_REAL)))


def eigvalsh(a: Any, UPLO: str = "L") -> Variable:
    """Eigenvalues (..., n), ascending, of real symmetric matrices; as eigh gives them.

    >>> eigvalsh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]])))
    variable([1. 2.])
    """
    return _symmetric("eigvalsh", a, UPLO).eigenvalues


# -- general matrices ------------------------------------------------------------------------------------------


class EigResult(NamedTuple):
    eigenvalues: Variable
    eigenvectors: Variable


def _eig_rule(F: Any, gs: Any, x: Any, ys: Any) -> Any:
    """da = v (dw on the diagonal, inv(v) dv (w_j - w_i) beside it) inv(v), the length of eigenvectors left alone."""
    (gw, gv), (w, v) = gs, ys
    turned = F.over_gaps(F.matmul(swap(F, v), gv), _column(F, w, w), _row(F, w, w), of="eig", diagonal=False)
    middle = turned + _row(F, gw, w) * eye(w.shape[-1], w)
    back = swap(F, F.inv(v, of="eig"))
    return real_like(F, F.matmul(F.matmul(back, middle), swap(F, v)), x)


_eig = general(
    "eig", failing("eig", "look for nan or inf in it")(lambda x: tuple(np.linalg.eig(x))), _eig_rule, outputs=2
)


def eig(a: Any) -> EigResult:
    """Eigenvalues w (..., n) and eigenvectors of length one, the columns of v (..., n, n), of square matrices.

    Both are complex where an eigenvalue is, and in no order. An eigenvector's sign, or its phase where it is
    complex, is arbitrary: it is held fixed, and only what does not depend on it has a meaningful derivative.
    LinAlgError in backward where there is none, at eigenvalues that coincide or too few eigenvectors.

    >>> eig(Variable(np.array([[2.0, 1.0], [0.0, 1.0]]))).eigenvalues
    variable([2. 1.])
    """
    w, v = attempt_all(_eig, 2, matrices("eig", a, square=True))
    size = modulus(v)
    return EigResult(w, v / operations.sum(size * size, -2, keepdims=True) ** 0.5)


def eigvals(a: Any) -> Variable:
    """Eigenvalues (..., n) of square matrices, as eig gives them: complex where one of them is.

    >>> eigvals(Variable(np.array([[2.0, 1.0], [0.0, 1.0]])))
    variable([2. 1.])
    """
    return attempt_all(_eig, 2, matrices("eigvals", a, square=True))[0]


# -- singular values -------------------------------------------------------------------------------------------


class SVDResult(NamedTuple):
    U: Variable
    S: Variable
    Vh: Variable


def _svd_rule(F: Any, gs: Any, x: Any, ys: Any) -> Any:
    """da between singular vectors is m = u' da v, of which ds is the diagonal, and

    u' du = ((m + m') / (s_j - s_i) + (m - m') / (s_j + s_i)) / 2,
    v' dv = ((m + m') / (s_j - s_i) - (m - m') / (s_j + s_i)) / 2:

    the eigenvectors' rule for [[0, a], [a', 0]], whose eigenvalues are s and -s. What du and dv have outside the
    k singular vectors is da v / s and da' u / s there.
    """
    (gu, gs_, gvh), (u, s, vh) = gs, ys
    (m, n), k = x.shape[-2:], s.shape[-1]
    v, gv = swap(F, vh), swap(F, gvh)
    in_u, in_v = F.matmul(swap(F, u), gu), F.matmul(vh, gv)
    apart = F.over_gaps(in_u + in_v, _column(F, s, s), _row(F, s, s), of="svd", diagonal=False)
    summed = F.over_gaps(in_u - in_v, -_column(F, s, s), _row(F, s, s), of="svd", diagonal=False)
    middle = 0.5 * (apart + swap(F, apart) + summed - swap(F, summed)) + _row(F, gs_, s) * eye(k, s)
    ga = F.matmul(F.matmul(u, middle), vh)
    if m > k:
        ga = ga + F.matmul(_beyond(F, gu, u, in_u, s), vh)
    if n > k:
        ga = ga + F.matmul(u, swap(F, _beyond(F, gv, v, in_v, s)))
    return ga


def _beyond(F: Any, gu: Any, u: Any, in_u: Any, s: Any) -> Any:
    """The part of a cotangent outside the span of the singular vectors, over s."""
    zero = np.zeros((1, 1), s.dtype)
    return F.over_gaps(gu - F.matmul(u, in_u), zero, _row(F, s, s), of="svd", diagonal=True)


_svd = general(
    "svd",
    failing("svd", "look for nan or inf in it")(lambda x: tuple(np.linalg.svd(x, full_matrices=False))),
    _svd_rule,
    outputs=3,
)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> SVDResult | Variable:
    """Singular value decomposition a = U @ diag(S) @ Vh of real matrices (..., m, n), S (..., k) descending.

    k = min(m, n); U is (..., m, k), Vh (..., k, n). compute_uv=False gives S alone. full_matrices, NumPy's default,
    adds vectors that have no derivative and is refused unless the matrices are square: pass full_matrices=False.
    Pairs of singular vectors have an arbitrary sign. LinAlgError in backward where singular values that coincide,
    or are zero, leave no derivative (see the module's text).

    >>> svd(Variable(np.array([[3.0, 0.0], [0.0, -4.0]])), compute_uv=False)
    variable([4. 3.])
    """
    a = matrices("svd", a, real=_REAL)
    if full_matrices and compute_uv and a.shape[-1] != a.shape[-2]:
        raise ValueError(
            f"svd: full_matrices of shape {a.shape} adds singular vectors without derivative; pass full_matrices=False"
        )
    u, s, vh = attempt_all(_svd, 3, a)
    return SVDResult(u, s, vh) if compute_uv else s


for _function in (eigh, eigvalsh, eig, eigvals, svd):
    publish(_function.__name__, _function)
