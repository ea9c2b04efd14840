"""Roots and fixed points of functions, with derivatives of every order in what the functions depend on.

The solver leaves no graph: the solution is one node, whose rules are in roots.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dezero.autodiff.arguments import check_callable
from dezero.core.errors import describe
from dezero.core.variable import Variable
from dezero.derivatives.implicit.checks import LinearSolver, check_numbers, check_solver
from dezero.derivatives.implicit.equation import Equation
from dezero.derivatives.implicit.iterations import by_anderson, by_newton, check_solved
from dezero.derivatives.trees import flatten, matching, returned


def custom_root(
    residual: Callable[..., object],
    guess: object,
    *parameters: object,
    solve: Callable[..., object] | None = None,
    tol: float | None = None,
    maxiter: int = 50,
    linear_solver: LinearSolver = "auto",
) -> Any:
    """The z with residual(z, *parameters) = 0, differentiable to any order in the parameters.

    guess: where to start, a real array or a tree (tuples, lists, dicts) of them, whose structure z has; residual gives
    as many numbers as z has. parameters: Variables, arrays or trees of them; Variables that residual uses from outside
    count too. By default Newton's method with the exact Jacobian, which halves a step until the residual falls, ends
    with a step below tol times the largest |z| (or 1), default eps**(2/3). solve(residual_of_z, guess) takes its
    place: residual_of_z takes and returns plain arrays (Variables where it is given Variables), and tol, where given,
    is then the largest residual allowed. The residual is recorded as a list of operations with copies of the plain
    arrays in it. Derivatives, by the implicit function theorem, use the list that was recorded at the root: what a loop
    or a closure changes later has no part in them. A residual that reads no plain value of its arguments is called
    once, and Newton's method uses that list; otherwise it is called at each point.

    linear_solver: of equations with the Jacobian: "dense", one LU factorisation at each point; "gmres", by products of
    the Jacobian with vectors, or "cg", where it is symmetric and positive definite; "auto", dense up to 200 unknowns,
    and up to 5,000 where an iteration does not converge.

    Raises ValueError for a residual of another size, ConvergenceError where no root is found or an iteration for a
    linear equation does not converge, LinAlgError where the Jacobian is singular to the precision at hand (a multiple
    root has no derivative).

    >>> a = Variable(np.array(2.0))
    >>> z = custom_root(lambda z, a: z * z - a, 1.0, a)
    >>> z
    variable(1.4142135623730951)
    >>> z.backward()
    >>> a.grad
    variable(0.35355339059327373)
    """
    check_numbers("custom_root", tol, maxiter)
    equation = Equation("custom_root", residual, guess, parameters, check_solver("custom_root", linear_solver))
    if solve is None:
        z = by_newton(equation, tol, maxiter)
    else:
        z = equation.unknown.packed(solve(equation.on_trees, guess), "solve's result")
        check_solved(equation, z, tol)
    return equation.solution(z)


def fixed_point(
    step: Callable[..., object],
    guess: object,
    *parameters: object,
    tol: float | None = None,
    maxiter: int = 1000,
    memory: int = 5,
    linear_solver: LinearSolver = "auto",
) -> Any:
    """The z with z = step(z, *parameters), differentiable to any order in the parameters.

    guess, parameters and linear_solver: as for custom_root; step returns what has the structure and shapes of guess.
    Iterated by Anderson's method over the last `memory` steps (0: plain iteration) until step changes z by at most tol
    times the largest |z| (or 1), default 1024 eps. D. Anderson, J. ACM 12 (1965) 547; H. Walker, P. Ni, SIAM J. Numer.
    Anal. 49 (2011) 1715. Derivatives are those of the root of z - step(z).

    Raises ValueError for a step of another structure or shape, ConvergenceError where it does not converge,
    LinAlgError where 1 is an eigenvalue of the step's Jacobian.

    >>> import dezero.functions as F
    >>> a = Variable(np.array(1.0))
    >>> z = fixed_point(lambda z, a: F.cos(a * z), 0.5, a)
    >>> z
    variable(0.7390851332)
    >>> z.backward()
    >>> a.grad
    variable(-0.2974743415)
    """

    check_callable("fixed_point", step)
    check_numbers("fixed_point", tol, maxiter, memory)

    def residual(z: object, *given: object) -> list[Variable]:
        new = step(z, *given)
        returned("fixed_point", new)
        pairs = zip(flatten(z)[0], matching("fixed_point", new, z, "step's result", "guess"), strict=True)
        return [_difference(a, b) for a, b in pairs]

    equation = Equation("fixed_point", residual, guess, parameters, check_solver("fixed_point", linear_solver))
    return equation.solution(by_anderson(equation, tol, maxiter, memory))


def _difference(z: Variable, new: Variable) -> Variable:
    if new.shape != z.shape:
        raise ValueError(f"fixed_point: step takes {describe(z)} to {describe(new)}; it must keep the shape")
    return z - new
