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
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.errors import describe
from dezero.core.op import GENERAL, AnyNumberOfRules, Op, declare, publish
from dezero.core.operators import raw
from dezero.core.variable import Variable
from dezero.functions import _scipy
from dezero.functions._matrix import attempt, each, failing, matrices, swap
from dezero.functions.complex_numbers import real_like


def _corner(function: Callable[[Any], Any], a: Any, *bs: Any) -> Any:
    """f[a; b1, ..., bk] of single matrices; each b is first brought to the size of a, since it is linear in them."""
    n, k = a.shape[-1], len(bs)
    kind = np.result_type(a, *bs, np.float32)
    size = max(float(np.abs(a).max(initial=0)), 1e-12)
    factors = [float(np.abs(b).max(initial=0)) / size for b in bs]
    if not n or 0.0 in factors:
        return np.zeros(a.shape, kind)
    block = np.kron(np.eye(k + 1), a)
    if kind.kind == "c":
        block = block + 0j
    for i, (b, factor) in enumerate(zip(bs, factors, strict=True)):
        block[i * n : (i + 1) * n, (i + 1) * n : (i + 2) * n] = b / factor
    with warnings.catch_warnings():
        if k:  # SciPy's estimates of accuracy are of the whole of the block
            warnings.simplefilter("ignore")
        y = function(block)[:n, k * n :] * math.prod(factors)
    return y.astype(np.result_type(kind, np.complex64) if y.dtype.kind == "c" else kind)


def _rule(name: str) -> Callable[..., Any]:
    def rule(i: int, F: Any, g: Any, a: Any, *rest: Any) -> Any:
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


def matrix_function(name: str, function: Callable[[Any], Any], remedy: str, doc: str) -> Callable[[Any], Variable]:
    """Declare an analytic function of matrices by its value on single ones, and give the public function."""
    value = failing(name, remedy)(lambda *xs: each(functools.partial(_corner, function), *xs))
    op = declare(Op(name, GENERAL, value, AnyNumberOfRules(_rule(name))))

    def call(a: Any) -> Variable:
        a = matrices(name, a, square=True)
        if not np.isfinite(raw(a)).all():
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
    lambda x: _scipy.linalg.logm(x),
    "a singular matrix has no logarithm",
    """Principal logarithms of square matrices (..., n, n); complex where an eigenvalue is negative; needs SciPy.

    A singular matrix has none, and on negative eigenvalues the branch jumps: there is no derivative across it.

    >>> logm(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])))
    variable([[0. 1.]
              [0. 0.]])
    """,
)

sqrtm = matrix_function(
    "sqrtm",
    lambda x: _scipy.linalg.sqrtm(x),
    "the square root of a singular matrix has no derivative",
    """Principal square roots of square matrices (..., n, n); complex where an eigenvalue is negative; needs SciPy.

    There is no derivative at singular matrices, nor across negative eigenvalues, where the branch jumps.

    >>> sqrtm(Variable(np.array([[4.0, 4.0], [0.0, 4.0]])))
    variable([[2. 1.]
              [0. 2.]])
    """,
)
