"""Functions of a square matrix: exponential, logarithm, square root (values from SciPy).

For an analytic f, the block f of the matrix

    [[a, b1,  0],
     [0,  a, b2],      first row, last column: written f[a; b1, b2],
     [0,  0,  a]]

is linear in every b, f[a; b] is the derivative of f(a) along b (R. Mathias, SIAM J. Matrix Anal. Appl. 17 (1996)
610), and the derivative of f[a; b1, ..., bk] along c is the sum of f[a; ..., c, ...] over the k + 1 places for c.
All follow from Cauchy's formula, in which f[a; b1, ..., bk] is the integral of f(z) R b1 R b2 ... R, R being
the inverse of z - a; so does the transpose, since the trace of a product does not change when its factors turn
in a circle. One operation of any number of arguments is therefore closed under differentiation.
"""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from collections.abc import Callable

import numpy as np

from dezero.core.declare import declare, publish
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.op import GENERAL, AnyNumberOfRules, Op, Rule
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import decided
from dezero.functions import _scipy
from dezero.functions._stacking import whole_in_front
from dezero.functions.elementwise.complex_numbers import real_like
from dezero.functions.linalg._matrix import attempt, each, failing, matrices, swap


def _corner(function: Callable[[Array], Array], regular: float, a: Array, *bs: Array) -> Array:
    """f[a; b1, ..., bk] of single matrices; each b is first brought to the size of a, since it is linear in them.

    regular: from this k on there is none for a singular a.
    """
    n, k = a.shape[-1], len(bs)
    if k >= regular and _singular(a):
        raise np.linalg.LinAlgError("the matrix is singular, but for rounding")
    kind = np.result_type(a, *bs, np.float32)
    size = max(float(np.abs(a).max(initial=0)), 1e-12)
    factors = [float(np.abs(b).max(initial=0)) / size for b in bs]
    if not n or 0.0 in factors:
        return np.zeros(a.shape, kind)
    block = np.asarray(a, np.result_type(a, np.float64))
    if k:  # for k = 0 the product would lose the signs of zeros, which tell the branch
        block = np.kron(np.eye(k + 1), block)
    if kind.kind == "c" and not is_complex(block):
        block = block + 0j
    for i, (b, factor) in enumerate(zip(bs, factors, strict=True)):
        block[i * n : (i + 1) * n, (i + 1) * n : (i + 2) * n] = b / factor
    with warnings.catch_warnings():
        if k:  # SciPy's warnings are of the accuracy of the whole block
            warnings.simplefilter("ignore")
        y = function(block)[:n, k * n :] * math.prod(factors)
    return y.astype(np.result_type(kind, np.complex64) if is_complex(y) else kind)


def _singular(a: Array) -> bool:
    sizes = np.abs(np.linalg.eigvals(a.astype(np.result_type(a, np.float64)))) if a.size else np.ones(1)
    return bool(sizes.min() <= len(a) * np.finfo(np.result_type(a, np.float16)).eps * sizes.max())


def _on_branch(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function with a cut along the negative axis, computed with all copies of an eigenvalue on one side of the cut.

    The eigenvalues of a block triangular matrix are those of its diagonal blocks. Computed from the whole matrix, equal
    ones come out as a ring around their true place, with a part of the ring beyond the cut.
    """

    def call(x: Array) -> Array:
        n = x.shape[-1]
        edges = [0, *[p for p in range(1, n) if not x[p:, :p].any()], n]
        if len(edges) in (2, n + 1):  # one block, or triangular already
            return function(x)
        forms: dict[bytes, tuple[Array, Array]] = {}
        z, t = np.zeros((n, n), complex), []
        for start, end in itertools.pairwise(edges):
            block = np.ascontiguousarray(x[start:end, start:end])
            key = block.tobytes()
            if key not in forms:
                forms[key] = _schur(block)
            triangle, z[start:end, start:end] = forms[key]
            t.append(np.diagonal(triangle))
        values = np.concatenate(t)
        if (values.real > 0).all():
            return function(x)
        form = np.triu(z.conj().T @ x @ z, 1) + np.diag(values)
        y = z @ function(form) @ z.conj().T
        on_cut = (values.imag == 0) & (values.real < 0)
        return y if is_complex(x) or on_cut.any() else y.real

    return call


def _schur(x: Array) -> tuple[Array, Array]:
    """The complex Schur form of one matrix; of a real one its real eigenvalues are real."""
    if np.any(x.imag):
        return _scipy.linalg.schur(x, output="complex")
    t, z = _scipy.linalg.schur(x.real)
    single = np.ones(len(t), bool)
    for i in np.flatnonzero(np.diagonal(t, -1)):
        single[i : i + 2] = False
    values = np.diagonal(t).astype(complex)
    t, z = _scipy.linalg.rsf2csf(t, z)
    np.fill_diagonal(t, np.where(single, values, np.diagonal(t)))
    return t, z


def _rule(name: str) -> Rule:
    def rule(i, F, g, a, *rest):
        *bs, _ = rest
        f, at, back = getattr(F, name), swap(F, a), [swap(F, b) for b in bs]
        if i:
            ga = f(at, *reversed(back[: i - 1]), g, *reversed(back[i:]))
        else:
            ga = f(at, g, *reversed(back))
            for j in range(1, len(bs) + 1):
                ga = ga + f(at, *reversed(back[:j]), g, *reversed(back[j:]))
        return real_like(F, ga, (a, *bs)[i])

    return rule


def matrix_function(
    name: str, function: Callable[[Array], Array], remedy: str, doc: str, regular: float = math.inf
) -> Callable[[ArrayLike], Variable]:
    """Declare an analytic function of matrices by its value on single ones, and give the public function.

    regular: the order of derivatives, from 0 for the value, from which on it needs matrices that are not singular.
    """
    value = failing(name, remedy)(lambda *xs: each(functools.partial(_corner, function, regular), *xs))
    op = declare(
        Op(name, GENERAL, value, AnyNumberOfRules(_rule(name)), series="matrix_function", stacked=whole_in_front)
    )

    def call(a: ArrayLike) -> Variable:
        a = matrices(name, a, square=True)
        if not tracing() and not decided(lambda a: np.isfinite(a).all(), a):
            raise ValueError(f"{name}: a, a {describe(a)}, holds nan or inf")
        return attempt(op, a)

    return publish(name, call, doc)


expm = matrix_function(
    "expm",
    lambda x: _scipy.linalg.expm(x),
    "",
    """Exponentials of square matrices (..., n, n), not of their elements; needs SciPy.

    >>> expm(Variable(np.array([[0.0, 1.0], [0.0, 0.0]])))
    variable([[1. 1.]
              [0. 1.]])
    """,
)

logm = matrix_function(
    "logm",
    _on_branch(lambda x: _scipy.linalg.logm(x)),
    "a singular matrix has no logarithm",
    """Principal logarithms of square matrices (..., n, n); complex where an eigenvalue is negative; needs SciPy.

    A singular matrix has none (LinAlgError), and on negative eigenvalues the branch jumps: there is no derivative
    across it.

    >>> logm(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])))
    variable([[0. 1.]
              [0. 0.]])
    """,
    regular=0,
)


def _square_root(x: Array) -> Array:
    scale = float(np.abs(x).max(initial=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of singular matrices, some of which have a root
        y = _scipy.linalg.sqrtm(x)
        is_root = np.allclose(y @ y, x, rtol=0, atol=1e-3 * scale)
    if not is_root:
        raise np.linalg.LinAlgError("the matrix has no square root")
    return y


sqrtm = matrix_function(
    "sqrtm",
    _on_branch(_square_root),
    "a singular matrix need not have a square root, and where it has one there is no derivative",
    """Principal square roots of square matrices (..., n, n); complex where an eigenvalue is negative; needs SciPy.

    There is no derivative at singular matrices (LinAlgError), nor across negative eigenvalues, where the branch jumps.

    >>> sqrtm(Variable(np.array([[4.0, 4.0], [0.0, 4.0]])))
    variable([[2. 1.]
              [0. 2.]])
    """,
    regular=1,
)
