"""Eigenvalues, eigenvectors and singular values.

Where eigenvalues coincide, their eigenvectors are arbitrary up to a rotation and have no derivative:

- A symmetric function of the eigenvalues alone (their sum, the sum of a function of each) is differentiable there, and
  its first derivative is right.
- A function of the eigenvectors may have a derivative there, as v f(w) v' has. The rules would have to find it as the
  limit of 0 / 0, and cannot: where they divide by a gap of zero the result is nan, never a finite number.
- A single eigenvalue has the derivative of that one of the equal ones which it happens to be.

A division by a gap between eigenvalues loses a digit for each factor of ten by which the gap is smaller than the
greatest eigenvalue. A derivative of order k divides up to k times. A gap counts as zero where fewer than three digits
would be left to a derivative of ordinary size: in float64 below 2e-13 times the greatest eigenvalue at order 1, 5e-7 at
order 2, 6e-5 at order 3. For eig these bounds grow with the condition number of the eigenvalues. Functions of matrices
(expm, logm, sqrtm, matrix_power), det and slogdet have no such points.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dezero.core.declare import declare, public
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op, Rule
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import each_whole, in_front, whole_in_front
from dezero.functions.elementwise.complex_numbers import modulus, real_like
from dezero.functions.linalg._matrix import attempt_all, eye, failing, matrices, swap

_REAL = "its derivative is for real matrices"
_DIGITS = 1000  # three digits are left of what is divided by a gap while its relative rounding is below 1 / 1000


# -- dividing by gaps ------------------------------------------------------------------------------------------


def _over_gaps(x: Array | float, w: Array, v: Array, k: Array, diagonal: bool, order: int) -> Array:
    """x[i, j] / (v[j] - w[i]), nan where a gap is too small to divide by `order` times.

    k: the greatest condition number of the eigenvalues, by which errors grow besides. diagonal: whether its elements
    are divided too; otherwise they are zero.
    """
    gap = v - w
    if not gap.size or (not isinstance(x, np.ndarray) and x == 0):  # the number 0, where nothing depends on the vectors
        return x + np.zeros_like(gap)
    scale = np.maximum(np.abs(w).max((-2, -1), keepdims=True), np.abs(v).max((-2, -1), keepdims=True)) * k
    rounding = max(*gap.shape[-2:], _DIGITS) * np.finfo(gap.dtype).eps * k
    closed = np.abs(gap) <= scale * rounding ** (1 / order)
    y = np.where(closed, np.nan, x / np.where(closed, 1, gap))
    return y if diagonal else np.where(np.eye(*gap.shape[-2:], dtype=np.bool), 0, y)


declare(
    Op(
        "over_gaps",
        ELEMENTWISE,
        _over_gaps,
        (
            lambda F, g, x, w, v, k, y, **how: F.over_gaps(g, w, v, k, **how),
            lambda F, g, x, w, v, k, y, **how: _once_more(F, g * y, w, v, k, **how),
            lambda F, g, x, w, v, k, y, **how: -_once_more(F, g * y, w, v, k, **how),
            lambda F, g, x, w, v, k, y, **how: F.zeros_like(k),
        ),
        series="gap_quotient",
    )
)


def _once_more(F, x, w, v, k, diagonal: bool, order: int):
    return F.over_gaps(x, w, v, k, diagonal=diagonal, order=order + 1)


def _column(F, w):
    return F.reshape(w, shape=(*w.shape, 1))


def _row(F, w):
    return F.reshape(w, shape=(*w.shape[:-1], 1, w.shape[-1]))


def _diagonal(F, gw, w):
    """The cotangents of values on the diagonal of a matrix; 0 where nothing depends on them."""
    return 0 if gw is None else F.broadcast_to(_row(F, gw), shape=(*w.shape, w.shape[-1])) * eye(w.shape[-1], w)


def _factorization(name: str, value: Callable[..., tuple[Array, ...]], pull: Rule, outputs: int) -> Op:
    """Declare a factorisation into values and vectors by its vjp, pull(F, gs, x, ys, order, **parameters).

    order: how often the cotangent that pull gives has been divided by gaps, at most. A derivative of it divides once
    more. Therefore ys are outputs of a second operation, which passes the outputs on and has the vjp of the next order.
    """
    again = f"{name}_again"

    def rule(F, gs, x, *known, order=1, **parameters):
        ys = known[-1]
        vectors = any([gs[i] is not None for i in range(outputs) if i != values])
        node = getattr(F, again)(x, *ys, order=order + vectors, **parameters)
        return pull(F, gs, x, tuple([F.output(node, index=i) for i in range(outputs)]), order, **parameters)

    def still(i: int) -> Rule:
        return lambda F, gs, *args, **parameters: F.zeros_like(args[i])

    values = outputs - 2  # the place of eigenvalues in (w, v), of singular ones in (u, s, vh)
    rules = (rule, *[still(i + 1) for i in range(outputs)])
    general(
        again, lambda x, *ys, **parameters: ys, *rules, outputs=outputs, zeros=False, series="known", stacked=each_whole
    )
    return general(name, value, rule, outputs=outputs, zeros=False, stacked=in_front)


# -- symmetric matrices ----------------------------------------------------------------------------------------


class EighResult(NamedTuple):
    eigenvalues: Variable
    eigenvectors: Variable


def _eigh_rule(F, gs, x, ys, order, UPLO):
    """da = v (dw on the diagonal, v' dv (w_j - w_i) beside it) v'."""
    (gw, gv), (w, v) = gs, ys
    middle = _diagonal(F, gw, w)
    if gv is not None:
        turned = F.over_gaps(F.matmul(swap(F, v), gv), _column(F, w), _row(F, w), 1, diagonal=False, order=order)
        middle = turned + middle
    ga = F.matmul(F.matmul(v, middle), swap(F, v))
    return 0.5 * (ga + swap(F, ga))


_eigh = _factorization(
    "eigh",
    failing("eigh", "look for nan or inf in it")(lambda x, UPLO: tuple(np.linalg.eigh(x, UPLO))),
    _eigh_rule,
    outputs=2,
)


@public
def eigh(a: ArrayLike, UPLO: str = "L") -> EighResult:
    """Eigenvalues w (..., n), ascending, and eigenvectors, the columns of v (..., n, n), of real symmetric matrices.

    UPLO: the triangle that is read, "L" or "U". The derivative is that along symmetric changes, and so the gradient
    is symmetric. An eigenvector's sign is arbitrary. The gradient is nan where eigenvalues that coincide leave no
    derivative (see the module's text).

    >>> w, v = eigh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]])))
    >>> w
    variable([1. 2.])
    """
    return _symmetric("eigh", a, UPLO)


def _symmetric(name: str, a: ArrayLike, UPLO: str) -> EighResult:
    if UPLO not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO is {UPLO!r}; it names the triangle that is read, 'L' or 'U'")
    return EighResult(*attempt_all(_eigh.bind(UPLO=UPLO.upper()), 2, matrices(name, a, square=True, real=_REAL)))


@public
def eigvalsh(a: ArrayLike, UPLO: str = "L") -> Variable:
    """Eigenvalues (..., n), ascending, of real symmetric matrices; as eigh gives them.

    >>> eigvalsh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]])))
    variable([1. 2.])
    """
    return _symmetric("eigvalsh", a, UPLO).eigenvalues


# -- general matrices ------------------------------------------------------------------------------------------


class EigResult(NamedTuple):
    eigenvalues: Variable
    eigenvectors: Variable


def _eig_rule(F, gs, x, ys, order):
    """da = v (dw on the diagonal, inv(v) dv (w_j - w_i) beside it) inv(v), the length of eigenvectors left alone."""
    (gw, gv), (w, v) = gs, ys
    inverse = F.inv(v, of="eig")
    k = F.eig_condition(v, inverse)
    middle = _diagonal(F, gw, w) * F.eig_trust(k)
    if gv is not None:
        turned = F.over_gaps(F.matmul(swap(F, v), gv), _column(F, w), _row(F, w), k, diagonal=False, order=order)
        middle = turned + middle
    return real_like(F, F.matmul(F.matmul(swap(F, inverse), middle), swap(F, v)), x)


def _eig_condition(v: Array, inverse: Array) -> Array:
    """The greatest of the condition numbers of eigenvalues (..., 1, 1): the length of a right eigenvector times that
    of the left one whose product with it is 1. It is 1 for normal matrices, infinite for dependent eigenvectors.

    See Golub and Van Loan, Matrix Computations, section 7.2.2.
    """
    of_each = np.linalg.norm(inverse, axis=-1) * np.linalg.norm(v, axis=-2)
    return of_each.max(-1, initial=1)[..., None, None]


def _eig_trust(k: Array) -> Array:
    """1, or nan where eigenvalues as near to each other as this condition number tells are lost in rounding."""
    return np.where(_DIGITS * np.finfo(k.dtype).eps * k * k > 1, np.nan, np.ones((), k.dtype))


# Both count as constants: they tell whether a result can be trusted, and are no part of it.
general(
    "eig_condition",
    _eig_condition,
    *[lambda F, g, *args, i=i: F.zeros_like(args[i]) for i in range(2)],
    stacked=whole_in_front,
)
general("eig_trust", _eig_trust, lambda F, g, k, y: F.zeros_like(k), stacked=in_front)

_eig = _factorization(
    "eig", failing("eig", "look for nan or inf in it")(lambda x: tuple(np.linalg.eig(x))), _eig_rule, outputs=2
)


@public
def eig(a: ArrayLike) -> EigResult:
    """Eigenvalues w (..., n) and eigenvectors of length one, the columns of v (..., n, n), of square matrices.

    Both are complex where an eigenvalue is, and in no order. An eigenvector's sign, or its phase where it is
    complex, is arbitrary: it is held fixed, and only what does not depend on it has a meaningful derivative.
    The gradient is nan where eigenvalues that coincide leave no derivative; LinAlgError in backward where the
    eigenvectors are dependent without any rounding.

    >>> eig(Variable(np.array([[2.0, 1.0], [0.0, 1.0]]))).eigenvalues
    variable([2. 1.])
    """
    w, v = attempt_all(_eig, 2, matrices("eig", a, square=True))
    size = modulus(v)
    return EigResult(w, v / operations.sum(size * size, -2, keepdims=True) ** 0.5)


@public
def eigvals(a: ArrayLike) -> Variable:
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


def _svd_rule(F, gs, x, ys, order):
    """da between singular vectors is m = u' da v, of which ds is the diagonal, and

    u' du = ((m + m') / (s_j - s_i) + (m - m') / (s_j + s_i)) / 2,
    v' dv = ((m + m') / (s_j - s_i) - (m - m') / (s_j + s_i)) / 2:

    the eigenvectors' rule for [[0, a], [a', 0]], whose eigenvalues are s and -s. What du and dv have outside the
    k singular vectors is da v / s and da' u / s there.
    """
    (gu, gs_, gvh), (u, s, vh) = gs, ys
    (m, n), k = x.shape[-2:], s.shape[-1]
    middle, beyond = _diagonal(F, gs_, s), []
    if gu is not None or gvh is not None:
        in_u = 0 if gu is None else F.matmul(swap(F, u), gu)
        in_v = 0 if gvh is None else F.matmul(vh, swap(F, gvh))
        how = {"diagonal": False, "order": order}
        apart = F.over_gaps(in_u + in_v, _column(F, s), _row(F, s), 1, **how)
        summed = F.over_gaps(in_u - in_v, -_column(F, s), _row(F, s), 1, **how)
        middle = 0.5 * (apart + swap(F, apart) + summed - swap(F, summed)) + middle
        if m > k and gu is not None:
            beyond.append(F.matmul(_beyond(F, gu, u, in_u, s, order), vh))
        if n > k and gvh is not None:
            beyond.append(F.matmul(u, swap(F, _beyond(F, swap(F, gvh), swap(F, vh), in_v, s, order))))
    return functools.reduce(lambda a, b: a + b, beyond, F.matmul(F.matmul(u, middle), vh))


def _beyond(F, gu, u, in_u, s, order: int):
    """The part of a cotangent outside the span of the singular vectors, over s."""
    zero = np.zeros((1, 1), s.dtype)
    return F.over_gaps(gu - F.matmul(u, in_u), zero, _row(F, s), 1, diagonal=True, order=order)


_svd = _factorization(
    "svd",
    failing("svd", "look for nan or inf in it")(lambda x: tuple(np.linalg.svd(x, full_matrices=False))),
    _svd_rule,
    outputs=3,
)


@public
def svd(a: ArrayLike, full_matrices: bool = True, compute_uv: bool = True) -> SVDResult | Variable:
    """Singular value decomposition a = U @ diag(S) @ Vh of real matrices (..., m, n), S (..., k) descending.

    k = min(m, n); U is (..., m, k), Vh (..., k, n). compute_uv=False gives S alone. full_matrices, NumPy's default,
    adds vectors that have no derivative and is refused unless the matrices are square: pass full_matrices=False.
    Pairs of singular vectors have an arbitrary sign. The gradient is nan where singular values that coincide, or are
    zero, leave no derivative (see the module's text).

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
