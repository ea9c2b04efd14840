"""Checks of the options of custom_root, fixed_point and argmin."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from dezero.core.errors import describe
from dezero.series.orders import is_whole_number

LinearSolver = Literal["auto", "dense", "gmres", "cg"]


def check_numbers(name: str, tol: object, maxiter: object, memory: object = 0, least: int = 1) -> None:
    if tol is not None and not (isinstance(tol, int | float | np.number) and tol >= 0):
        raise ValueError(f"{name}: tol is {tol!r}; give a number from 0 on, or None")
    for what, value, start in (("maxiter", maxiter, least), ("memory", memory, 0)):
        if not is_whole_number(value) or value < start:
            raise ValueError(f"{name}: {what} is {value!r}; give a whole number from {start} on")


def check_solver(name: str, solver: object) -> LinearSolver:
    """The name of a solver of linear equations."""
    for known in get_args(LinearSolver):
        if isinstance(solver, str) and solver == known:
            return known
    told = repr(solver) if isinstance(solver, str) else describe(solver)
    raise ValueError(
        f"{name}: linear_solver is {told}; give 'auto', 'dense', 'gmres', or 'cg' for a symmetric Jacobian"
    )
