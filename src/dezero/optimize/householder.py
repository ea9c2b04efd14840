"""Householder's root-finding methods of any order, by Taylor series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable, computed
from dezero.core.call import operand
from dezero.core.errors import describe
from dezero.core.variable import Argument, Variable, wrap
from dezero.core.watch.watching import gives_plain_numbers
from dezero.derivatives.implicit.iterations import ConvergenceError
from dezero.optimize.result import Result
from dezero.series import Expansion


def householder(
    f: Callable[..., Any],
    x0: Any,
    order: int = 2,
    args: Sequence[Any] = (),
    tol: float | None = None,
    maxiter: int = 50,
    callback: Callable[[Variable], object] | None = None,
) -> Result:
    """A root of f(x, *args) by Householder's method, whose error falls with the power order + 1 at a simple root.

    order d: how many derivatives it uses; 1 is Newton's method, 2 Halley's. x0: a number or real array, each element of
    which seeks a root of its own, so that f works element by element and keeps the shape. A step is
    d (1/f)^(d-1) / (1/f)^(d); the search ends with all steps below tol times |x| (or 1), default eps**(2/3), or on the
    root. callback is given x after each step. A. S. Householder, The Numerical Treatment of a Single Nonlinear
    Equation (McGraw-Hill 1970), section 4.4.

    Raises TypeError or ValueError for an order that is no whole number above 0, and for an f that returns no Variable
    of x's shape; ConvergenceError where no root is found. `custom_root` gives roots that can be differentiated.

    >>> householder(lambda x: x**3 - 2, 1.0, order=3).x
    variable(1.2599210498948732)
    """
    check_callable("householder", f)
    gives_plain_numbers("householder")
    if not isinstance(order, int | np.integer) or isinstance(order, bool):
        raise TypeError(f"householder: order is {describe(order)}; give a whole number")
    if order < 1:
        raise ValueError(f"householder: order is {order}; give the number of derivatives to use, 1 or more")
    start = operand(x0, "householder").data
    if start.dtype.kind not in "fiub":
        raise TypeError(f"householder: x0 is a {describe(start)}; give real numbers")
    x = np.array(start, dtype=start.dtype if start.dtype.kind == "f" else np.float64)
    tol = float(np.finfo(x.dtype).eps) ** (2 / 3) if tol is None else tol
    for nit in range(maxiter + 1):
        values, step = _step(f, x, args, int(order))
        if not np.any(values):
            return Result(wrap(x), values, nit, True, "converged")
        if not np.all(np.isfinite(step)) or nit == maxiter:
            break
        done = bool(np.all(np.abs(step) <= tol * np.maximum(1, np.abs(x))))
        x = np.asarray(x + step)
        if callback is not None:
            callback(wrap(x.copy()))
        if done:
            return Result(wrap(x), _expansion(f, x, args)[0], nit + 1, True, "converged")
    raise ConvergenceError(
        f"householder: after {nit} iterations |f| is up to {float(np.max(np.abs(values))):.3g} and the next step up to "
        f"{float(np.max(np.abs(step))):.3g}; f may have no root: start nearer to one (a multiple one is found slowly)"
    )


def _step(f: Callable[..., Any], x: Any, args: Sequence[Any], order: int) -> tuple[Any, Any]:
    """f and the step, from the coefficients r_k of 1/f: r_(d-1) / r_d. With s_k = r_k f^(k+1) nothing overflows."""
    expansion = _expansion(f, x, args)
    c = [expansion[k] for k in range(order + 1)]
    s: list[Any] = [np.ones_like(x)]
    powers = [np.ones_like(x)]
    for k in range(1, order + 1):
        s.append(-sum([c[j] * powers[j - 1] * s[k - j] for j in range(1, k + 1)]))
        powers.append(powers[-1] * c[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return c[0], np.where(c[0] == 0, 0, c[0] * (s[-2] / s[-1]))


def _expansion(f: Callable[..., Any], x: Any, args: Sequence[Any]) -> Expansion:
    leaf = Argument(x)
    with calling_on([leaf]):
        y = computed("householder", f(leaf, *args))
    if y.shape != x.shape:
        raise ValueError(f"householder: f takes {describe(leaf)} to {describe(y)}; it must keep the shape")
    return Expansion(y, {leaf: [np.ones_like(x)[()]]})
