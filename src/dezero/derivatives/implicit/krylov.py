"""Large systems of linear equations with a Jacobian that is known by its products with vectors alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.core.dtypes import Array
from dezero.functions import _scipy

Product = Callable[[Array], Array]

_RESTART = 40  # vectors that GMRES keeps
_ROUNDS = 30  # the most; fewer, where at the rate of the last one so many would not be enough
_ITERATIONS = 1000  # of conjugate gradients, in a round


class NotConverged(Exception):
    """An iteration for a linear system ended without a solution."""

    def __init__(self, method: str, left: float) -> None:
        super().__init__(f"{method} stopped at a relative residual of {left:.3g}")


def solved(product: Product, b: Array, method: str, tolerance: float | None = None) -> Array:
    """The x with product(x) = b, by "gmres", or by "cg" for a symmetric positive definite product.

    Rounds of SciPy's method, each for the residual of the last, end at the tolerance, relative to b (None: what
    rounding errors allow). NotConverged where a round no longer lowers the residual, and it is not small.
    """
    eps = float(np.finfo(b.dtype).eps)
    size = float(np.linalg.norm(b))
    x, left, r = np.zeros_like(b), 1.0, b
    if not size:
        return x
    aim = 16 * eps if tolerance is None else tolerance
    for _ in range(_ROUNDS):
        step = _round(product, r, method, min(0.5, max(8 * eps, aim / left)))
        new = x + step
        residual = b - product(new)
        found = float(np.linalg.norm(residual)) / size
        rate = found / left
        if not rate < 1:
            break
        x, left, r = new, found, residual
        if left <= aim:
            return x
        if np.log(aim / left) < _ROUNDS * np.log(rate):
            break
    if tolerance is None and left <= _acceptable(product, x, size, eps):
        return x
    raise NotConverged(method.upper(), left)


def _round(product: Product, r: Array, method: str, tolerance: float) -> Array:
    linalg = _scipy.sparse.linalg
    operator = linalg.LinearOperator((r.size, r.size), matvec=product, dtype=r.dtype)
    with np.errstate(all="ignore"):
        if method == "cg":
            x, _ = linalg.cg(operator, r, rtol=tolerance, maxiter=_ITERATIONS)
        else:
            x, _ = linalg.gmres(operator, r, rtol=tolerance, restart=min(_RESTART, r.size), maxiter=1)
    return x.astype(r.dtype, copy=False)


def _acceptable(product: Product, x: Array, size: float, eps: float) -> float:
    """The relative residual that the rounding errors of a product can leave.

    They grow with the norms of the matrix and of x. The norm of the matrix is estimated by its product with one vector
    of random signs.
    """
    signs = np.random.default_rng(0).choice([-1.0, 1.0], x.size).astype(x.dtype)
    norm = float(np.linalg.norm(product(signs))) / np.sqrt(x.size)
    return 64 * eps * (1 + norm * float(np.linalg.norm(x)) / size)
