"""Newton's and Anderson's methods, which find the solution of an equation and leave no graph."""

from __future__ import annotations

import numpy as np

from dezero.core.dtypes import Array
from dezero.derivatives.implicit.equation import Equation
from dezero.derivatives.implicit.factors import Factors

_HALVINGS = 30  # of a Newton step that does not lower the residual


class ConvergenceError(RuntimeError):
    """An iteration ended without an answer; the message tells how near it came and what to try."""


def by_newton(equation: Equation, tol: float | None, maxiter: int) -> Array:
    name, z = equation.name, equation.unknown.vector
    tol = float(np.finfo(equation.unknown.dtype).eps) ** (2 / 3) if tol is None else tol
    for _ in range(maxiter):
        r, jacobian = equation.linearised(z, equation.inputs)
        if not np.any(r):
            return z
        size = _size(r)
        if not (np.isfinite(size) and np.all(np.isfinite(jacobian))):
            raise ConvergenceError(f"{name}: the residual or its Jacobian is not finite at {z}; give another guess")
        step = Factors(name, jacobian).solve(-r)
        small = _size(step) <= tol * max(1, _size(z))
        for _ in range(1 if small else _HALVINGS):
            new = z + step
            found = _size(equation.value(new))
            if small or found < size:
                break
            step = step / 2
        else:
            raise ConvergenceError(
                f"{name}: no step in Newton's direction lowers the residual of {size:.3g}; give another guess"
            )
        z = new
        if small:
            return z
    raise ConvergenceError(
        f"{name}: after {maxiter} iterations the residual is {_size(equation.value(z)):.3g}; give a better guess, a "
        "larger maxiter, or a solver of your own (solve=)"
    )


def by_anderson(equation: Equation, tol: float | None, maxiter: int, memory: int) -> Array:
    z = equation.unknown.vector
    tol = 1024 * float(np.finfo(equation.unknown.dtype).eps) if tol is None else tol
    points: list[Array] = []
    changes: list[Array] = []
    for k in range(maxiter + 1):
        change = -equation.value(z)
        size = _size(change)
        if size <= tol * max(1, _size(z)):
            return z + change
        if not np.isfinite(size) or k == maxiter:
            break
        points, changes = [*points[-memory:], z], [*changes[-memory:], change]
        new = z + change
        if memory and k:
            dz, df = np.diff(points, axis=0).T, np.diff(changes, axis=0).T
            weights = np.linalg.lstsq(df, change, rcond=None)[0]
            new = new - (dz + df) @ weights
        z = new.astype(equation.unknown.dtype)
    raise ConvergenceError(
        f"{equation.name}: after {k} iterations step still changes z by {size:.3g}; give a better guess, a larger "
        "maxiter, or a step that contracts"
    )


def check_solved(equation: Equation, z: Array, tol: float | None) -> None:
    size = _size(equation.value(z))
    if not np.isfinite(size) or (tol is not None and size > tol):
        raise ConvergenceError(f"{equation.name}: solve returned a point with a residual of {size:.3g}; it is no root")


def _size(x: Array) -> float:
    return float(np.max(np.abs(x))) if x.size else 0.0
