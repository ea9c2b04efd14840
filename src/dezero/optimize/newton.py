"""Newton's method for minima, with exact second derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.optimize.objective import Objective, objective_of
from dezero.optimize.result import Result

_HALVINGS = 40
_ENOUGH = 1e-4  # of the decrease that the slope promises; J. Nocedal, S. Wright (2006), algorithm 3.1


def newton(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    method: str = "hessian",
    tol: float | None = None,
    maxiter: int = 100,
    callback: Callable[[Any], object] | None = None,
) -> Result:
    """A local minimum of f(x, *args) by Newton's method with a line search; roots are householder's.

    x0: where to start, a real array or a tree (tuples, lists, dicts) of them; f takes Variables in its structure and
    returns one number. method: "hessian" solves with the Hessian, a multiple of the unit matrix added where it is not
    positive definite; "cg" needs only Hessian-vector products, for many unknowns. A step is halved until f falls
    enough; the search ends with a step below tol times the largest |x| (or 1), default eps**(2/3). callback is given
    x after each step. Returns a Result, success False where it did not converge, or ("hessian" alone looks) converged
    to a point that is no minimum. J. Nocedal, S. Wright, Numerical Optimization (2nd ed., Springer 2006), algorithms
    3.2, 3.3 and 7.1.

    Raises TypeError or ValueError for an f that returns no Variable or more than one number, for a start that holds no
    real numbers, and for an unknown method; FloatingPointError where f is not finite at x0, or
    the Hessian on the way.

    >>> result = newton(lambda x: x**4 - 2 * x**2, 2.0)
    >>> result.x, result.fun, result.nit
    (variable(1.0), -1.0, 7)
    """
    if method not in ("hessian", "cg"):
        raise ValueError(f"newton: method is {method!r}; it must be 'hessian' or 'cg'")
    objective = objective_of("newton", f, x0, args)
    values = objective.packing.values
    tol = float(np.finfo(objective.packing.dtype).eps) ** (2 / 3) if tol is None else tol
    x = objective.start
    fun, slope = objective.value_and_gradient(x)
    if not (np.isfinite(fun) and np.all(np.isfinite(slope))):
        raise FloatingPointError(f"newton: f or its gradient is not finite at x0 (f = {fun}); start elsewhere")
    nit, message, first = 0, "", fun
    success = not np.any(slope)
    while not success and nit < maxiter:
        step = _direction(objective, x, slope) if method == "hessian" else _conjugate(objective, x, slope)
        small = bool(np.max(np.abs(step)) <= tol * max(1.0, float(np.max(np.abs(x)))))
        length = 1.0 if small else _length(objective, x, fun, slope, step)
        if not length:
            message = "no step along Newton's direction lowers f any more"
            break
        x, nit, success = x + length * step, nit + 1, small
        fun, slope = objective.value_and_gradient(x)
        if callback is not None:
            callback(values(x))
    if success and method == "hessian" and _curves_down(objective.hessian(x)):
        success, message = False, "a stationary point that is no minimum: f curves down there; start elsewhere"
    if not success and not message:
        message = (
            f"no convergence in {maxiter} iterations: f went from {first:.3g} to {fun:.3g}, its gradient is up to "
            f"{float(np.max(np.abs(slope))):.3g}. If f has no lowest value, bound it; if it has, give a better start "
            "or a larger maxiter"
        )
    return Result(values(x), fun, nit, success, "converged" if success else message)


def _curves_down(hessian: Any) -> bool:
    if not hessian.size:
        return False
    curvatures = np.linalg.eigvalsh(hessian)
    noise = float(np.sqrt(np.finfo(hessian.dtype).eps)) * float(np.max(np.abs(curvatures)))
    return float(curvatures[0]) < -noise


def _length(objective: Objective, x: Any, fun: float, slope: Any, step: Any) -> float:
    """The first of 1, 1/2, 1/4, ... that lowers f enough; 0 where none does."""
    promised, length = float(slope @ step), 1.0
    noise = 4 * float(np.finfo(objective.packing.dtype).eps) * abs(fun)  # f cannot tell smaller falls
    for _ in range(_HALVINGS):
        if objective.value(x + length * step) <= fun + _ENOUGH * length * promised + noise:
            return length
        length /= 2
    return 0.0


def _direction(objective: Objective, x: Any, slope: Any) -> Any:
    """-(H + shift I)^-1 slope, the shift 0 where H is positive definite."""
    hessian = objective.hessian(x)
    if not np.all(np.isfinite(hessian)):
        raise FloatingPointError("newton: the Hessian is not finite on the way; start elsewhere")
    if len(x) == 1:  # exactly the quotient of the derivatives
        return -slope / hessian[0] if hessian[0, 0] > 0 else -slope / max(1.0, abs(float(hessian[0, 0])))
    unit = np.eye(len(x), dtype=hessian.dtype)
    scale = float(np.linalg.norm(hessian))
    least = float(np.min(np.diagonal(hessian)))
    shift = 0.0 if least > 0 else 1e-3 * scale - least
    while not _positive_definite(hessian + shift * unit):
        shift = max(2 * shift, 1e-3 * scale, float(np.finfo(hessian.dtype).tiny))
    return -np.linalg.solve(hessian + shift * unit, slope)


def _positive_definite(matrix: Any) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _conjugate(objective: Objective, x: Any, slope: Any) -> Any:
    """Conjugate gradients on H step = -slope, up to a residual that falls with the slope or to negative curvature."""
    step, r, d = np.zeros_like(slope), slope, -slope
    size = float(np.linalg.norm(slope))
    enough = min(0.5, size**0.5) * size
    for _ in range(2 * len(x) + 10):
        product = objective.hvp(x, d)
        curvature = float(d @ product)
        if curvature <= 0:
            return step if np.any(step) else d
        alpha = float(r @ r) / curvature
        step = step + alpha * d
        new = r + alpha * product
        if float(np.linalg.norm(new)) <= enough:
            return step
        d = float(new @ new) / float(r @ r) * d - new
        r = new
    return step
