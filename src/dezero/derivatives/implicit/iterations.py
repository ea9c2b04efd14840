"""Newton's and Anderson's methods, which find the solution of an equation and leave no graph."""

from __future__ import annotations

from math import isfinite

import numpy as np

from dezero.core.dtypes import Array
from dezero.derivatives.implicit.convergence import ConvergenceError as ConvergenceError
from dezero.derivatives.implicit.equation import Equation
from dezero.derivatives.implicit.linearisation import Linearisation

_HALVINGS = 30  # of a Newton step that does not lower the residual
_INEXACT = 1e-5  # the part of the residual that an iterative solution of Newton's equations may leave


def by_newton(equation: Equation, tol: float | None, maxiter: int, start: Array | None = None) -> Array:
    tol = float(np.finfo(equation.unknown.dtype).eps) ** (2 / 3) if tol is None else tol
    at = equation.at(equation.unknown.vector if start is None else start)
    size = _size(at.value)
    for _ in range(maxiter):
        z = at.point[0]
        if not size:
            return z
        step = _newton_step(at, size)
        if _size(step) <= tol * max(1, _size(z)):
            return z + step
        at, size = _lower(equation, at, size, step)
    raise ConvergenceError(
        f"{equation.name}: after {maxiter} iterations the {equation.what} is {size:.3g}; give a "
        f"better guess, a larger maxiter, or a solver of your own ({equation.option}=)"
    )


def _newton_step(at: Linearisation, size: float) -> Array:
    if isfinite(size) and (not at.dense or np.isfinite(at.matrix).all()):
        return at.solve(-at.value, tolerance=_INEXACT)
    raise ConvergenceError(
        f"{at.name}: the residual or its Jacobian is not finite at {at.point[0]}; give another guess"
    )


def _lower(equation: Equation, at: Linearisation, size: float, step: Array) -> tuple[Linearisation, float]:
    """The first point in Newton's direction, of full, half, ... steps, with a lower residual, whose size is second."""
    for _ in range(_HALVINGS):
        new = equation.at(at.point[0] + step)
        found = _size(new.value)
        if found < size:
            return new, found
        step = step / 2
    raise ConvergenceError(
        f"{at.name}: no step in Newton's direction lowers the residual of {size:.3g}; give another guess"
    )


def by_anderson(equation: Equation, tol: float | None, maxiter: int, memory: int) -> Array:
    z = equation.unknown.vector
    tol = 1024 * float(np.finfo(equation.unknown.dtype).eps) if tol is None else tol
    mixture = _Mixture(memory, z)
    for k in range(maxiter + 1):
        change = -equation.at(z).value
        size = _size(change)
        if size <= tol * max(1, _size(z)):
            return z + change
        if not np.isfinite(size) or k == maxiter:
            break
        z = mixture.next(z, change).astype(equation.unknown.dtype, copy=False)
    raise ConvergenceError(
        f"{equation.name}: after {k} iterations step still changes z by {size:.3g}; give a better guess, a larger "
        "maxiter, or a step that contracts"
    )


class _Mixture:
    """Anderson's next point: of all mixtures of the last points, the one whose change would be least if it were linear.

    The least squares are solved by normal equations of columns scaled to length 1, which take a tenth of the time; a
    ridge of the size of rounding errors keeps these solvable where columns nearly repeat each other.
    """

    def __init__(self, memory: int, z: Array) -> None:
        self.steps = 0
        self.points, self.changes = np.empty((2, memory, z.size), z.dtype)  # differences of the last ones
        self.last = z, z

    def next(self, z: Array, change: Array) -> Array:
        """The point after z, which the step changes so."""
        new, memory = z + change, len(self.points)
        if memory and self.steps:
            place = (self.steps - 1) % memory
            self.points[place], self.changes[place] = z - self.last[0], change - self.last[1]
            held = min(self.steps, memory)
            points, changes = self.points[:held], self.changes[:held]
            products = changes @ changes.T
            lengths = np.sqrt(products.diagonal())
            lengths[lengths == 0] = 1
            ridge = held * np.finfo(z.dtype).eps * np.eye(held, dtype=z.dtype)
            weights = np.linalg.solve(products / np.outer(lengths, lengths) + ridge, changes @ change / lengths)
            weights /= lengths
            new -= weights @ points + weights @ changes
        self.last = z, change
        self.steps += 1
        return new


def check_solved(equation: Equation, z: Array, tol: float | None) -> None:
    size = _size(equation.at(z).value)
    if not np.isfinite(size) or (tol is not None and size > tol):
        raise ConvergenceError(
            f"{equation.name}: {equation.option} returned a point with a {equation.what} of {size:.3g}; it is no "
            f"{equation.sought}"
        )


def _size(x: Array) -> float:
    return float(np.abs(x).max()) if x.size else 0.0
