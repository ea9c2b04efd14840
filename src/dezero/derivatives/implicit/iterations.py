"""Newton's and Anderson's methods, which find the solution of an equation and leave no graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from dezero.core.dtypes import Array
from dezero.derivatives.implicit.convergence import ConvergenceError as ConvergenceError
from dezero.derivatives.implicit.equation import Equation
from dezero.derivatives.implicit.linearisation import Linearisation

_HALVINGS = 30  # of a Newton step that does not lower the residual
_INEXACT = 1e-5  # the part of the residual that an iterative solution of Newton's equations may leave


def by_newton(equation: Equation, tol: float | None, maxiter: int, start: Array | None = None) -> Array:
    z = equation.unknown.vector if start is None else start
    tol = float(np.finfo(equation.unknown.dtype).eps) ** (2 / 3) if tol is None else tol
    for _ in range(maxiter):
        at = equation.at(z)
        if not np.any(at.value):
            return z
        step = _newton_step(at)
        if _size(step) <= tol * max(1, _size(z)):
            return z + step
        z = _lower(equation, at, step)
    raise ConvergenceError(
        f"{equation.name}: after {maxiter} iterations the {equation.what} is {_size(equation.at(z).value):.3g}; give a "
        f"better guess, a larger maxiter, or a solver of your own ({equation.option}=)"
    )


def _newton_step(at: Linearisation) -> Array:
    if np.isfinite(at.value).all() and (not at.dense or np.isfinite(at.matrix).all()):
        return at.solve(-at.value, tolerance=_INEXACT)
    raise ConvergenceError(
        f"{at.name}: the residual or its Jacobian is not finite at {at.point[0]}; give another guess"
    )


def _lower(equation: Equation, at: Linearisation, step: Array) -> Array:
    """The first point in Newton's direction, of full, half, ... steps, with a lower residual."""
    size = _size(at.value)
    for _ in range(_HALVINGS):
        z: Array = at.point[0] + step
        if _size(equation.at(z).value) < size:
            return z
        step = step / 2
    raise ConvergenceError(
        f"{at.name}: no step in Newton's direction lowers the residual of {size:.3g}; give another guess"
    )


def by_anderson(equation: Equation, tol: float | None, maxiter: int, memory: int) -> Array:
    z = equation.unknown.vector
    tol = 1024 * float(np.finfo(equation.unknown.dtype).eps) if tol is None else tol
    last: tuple[Array, Array] | None = None  # the point before, and how step changed it
    history: deque[tuple[Array, Array]] = deque(maxlen=memory)  # differences of points, and of their changes
    for k in range(maxiter + 1):
        change = -equation.at(z).value
        size = _size(change)
        if size <= tol * max(1, _size(z)):
            return z + change
        if not np.isfinite(size) or k == maxiter:
            break
        if last is not None:
            history.append((z - last[0], change - last[1]))
        last = z, change
        z = _mixed(z, change, history).astype(equation.unknown.dtype, copy=False)
    raise ConvergenceError(
        f"{equation.name}: after {k} iterations step still changes z by {size:.3g}; give a better guess, a larger "
        "maxiter, or a step that contracts"
    )


def _mixed(z: Array, change: Array, history: Sequence[tuple[Array, Array]]) -> Array:
    """Anderson's next point: of all mixtures of the last points, the one whose change would be least if it were linear.

    The least squares are solved by normal equations of columns scaled to length 1, which take a tenth of the time.
    """
    if not history:
        return z + change
    dz, df = [np.array(rows) for rows in zip(*history, strict=True)]
    lengths = np.sqrt(np.einsum("ij,ij->i", df, df))
    lengths[lengths == 0] = 1
    df /= lengths[:, None]
    weights = np.linalg.lstsq(df @ df.T, df @ change, rcond=len(lengths) * np.finfo(df.dtype).eps)[0]
    return z + change - (weights / lengths) @ dz - weights @ df


def check_solved(equation: Equation, z: Array, tol: float | None) -> None:
    size = _size(equation.at(z).value)
    if not np.isfinite(size) or (tol is not None and size > tol):
        raise ConvergenceError(
            f"{equation.name}: {equation.option} returned a point with a {equation.what} of {size:.3g}; it is no "
            f"{equation.sought}"
        )


def _size(x: Array) -> float:
    return float(np.abs(x).max()) if x.size else 0.0
