"""Solutions of equations as functions of what the equations depend on, by the implicit function theorem.

The solver leaves no graph: the solution is one node, whose derivatives roots.py tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable, computed, refuse_nothing
from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.config import recording
from dezero.core.errors import GraphError, describe
from dezero.core.graph import collect
from dezero.core.marks import UNRECORDED
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick, wrap
from dezero.derivatives.packing import Packing
from dezero.derivatives.roots import Factors, Linearisation, jacobian
from dezero.derivatives.trees import flatten, matching
from dezero.rewriting.program import Program, computed_and_used

_HALVINGS = 30


class ConvergenceError(RuntimeError):
    """An iteration ended without an answer; the message tells how near it came and what to try."""


def custom_root(
    residual: Callable[..., Any],
    guess: Any,
    *parameters: Any,
    solve: Callable[..., Any] | None = None,
    tol: float | None = None,
    maxiter: int = 50,
) -> Any:
    """The z with residual(z, *parameters) = 0, differentiable to any order in the parameters.

    guess: where to start, a real array or a tree (tuples, lists, dicts) of them, whose structure z has; residual gives
    as many numbers as z has. parameters: Variables, arrays or trees of them; Variables that residual uses from outside
    count too. By default Newton's method with the exact Jacobian, which halves a step until the residual falls, ends
    with a step below tol times the largest |z| (or 1), default eps**(2/3). solve(residual_of_z, guess) takes its
    place: residual_of_z takes and returns plain arrays (Variables where it is given Variables), and tol, where given,
    is then the largest residual allowed. Derivatives by the implicit function theorem with one LU factorisation. For
    them the residual is recorded at the root, as a list of operations with copies of the plain arrays in it: it is not
    called again, and what a loop or a closure changes later has no part in them.

    Raises ValueError for a residual of another size, ConvergenceError where no root is found, LinAlgError where the
    Jacobian is singular to the precision at hand (a multiple root has no derivative).

    >>> a = Variable(np.array(2.0))
    >>> z = custom_root(lambda z, a: z * z - a, 1.0, a)
    >>> z
    variable(1.4142135623730951)
    >>> z.backward()
    >>> a.grad
    variable(0.35355339059327373)
    """
    _check("custom_root", tol, maxiter)
    equation = _Equation("custom_root", residual, guess, parameters)
    if solve is None:
        z = _newton(equation, tol, maxiter)
    else:
        z = equation.unknown.packed(solve(equation.on_trees, guess), "solve's result")
        _check_solved(equation, z, tol)
    return equation.solution(z)


def fixed_point(
    step: Callable[..., Any],
    guess: Any,
    *parameters: Any,
    tol: float | None = None,
    maxiter: int = 1000,
    memory: int = 5,
) -> Any:
    """The z with z = step(z, *parameters), differentiable to any order in the parameters.

    guess and parameters: as for custom_root; step returns what has the structure and shapes of guess. Iterated by
    Anderson's method over the last `memory` steps (0: plain iteration) until step changes z by at most tol times the
    largest |z| (or 1), default 1024 eps. D. Anderson, J. ACM 12 (1965) 547; H. Walker, P. Ni, SIAM J. Numer. Anal. 49
    (2011) 1715. Derivatives are those of the root of z - step(z).

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
    _check("fixed_point", tol, maxiter, memory)

    def residual(z: Any, *given: Any) -> Any:
        new = step(z, *given)
        if not flatten(new)[0]:
            refuse_nothing("fixed_point", new)
        pairs = zip(flatten(z)[0], matching("fixed_point", new, z, "step's result", "guess"), strict=True)
        return [_difference(a, b) for a, b in pairs]

    equation = _Equation("fixed_point", residual, guess, parameters)
    return equation.solution(_anderson(equation, tol, maxiter, memory))


def _check(name: str, tol: Any, maxiter: Any, memory: Any = 0) -> None:
    if tol is not None and not (isinstance(tol, int | float | np.number) and tol >= 0):
        raise ValueError(f"{name}: tol is {tol!r}; give a number from 0 on, or None")
    for what, value, least in (("maxiter", maxiter, 1), ("memory", memory, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name}: {what} is {value!r}; give a whole number from {least} on")


def _difference(z: Any, new: Any) -> Any:
    if computed("fixed_point", new).shape != z.shape:
        raise ValueError(f"fixed_point: step takes {describe(z)} to {describe(new)}; it must keep the shape")
    return z - new


# -- the equation in flat arrays ---------------------------------------------------------------------------------


class _Equation:
    """residual(z, *parameters) as a function of one vector and a list of Variables."""

    def __init__(self, name: str, residual: Callable[..., Any], guess: Any, parameters: tuple[Any, ...]) -> None:
        check_callable(name, residual)
        self.name, self.residual = name, residual
        self.unknown = Packing(name, guess, "guess")
        self.given, self.parameters = flatten(parameters)
        self.places = [i for i, leaf in enumerate(self.given) if isinstance(leaf, Variable)]
        self.inputs = [operand(self.given[i], name) for i in self.places]

    def __call__(self, xs: list[Variable]) -> Variable:
        """The residual as a vector, of the unknown as a vector and of the Variables among the parameters."""
        z, *moving = xs
        given = list(self.given)
        for i, x in zip(self.places, moving, strict=True):
            given[i] = x
        return self._vector(self.residual(self.unknown.unpacked(z), *self.parameters(given)))

    def _vector(self, found: Any) -> Variable:
        leaves = flatten(found)[0]
        if not leaves:
            refuse_nothing(self.name, found)
        for leaf in leaves:
            computed(self.name, leaf)
            if leaf.dtype.kind == "c":
                raise TypeError(
                    f"{self.name}: the function returned a {describe(leaf)} for a real unknown; give the real and "
                    "imaginary parts of the unknown and of the equations as numbers of their own"
                )
        size, wanted = sum(leaf.size for leaf in leaves), self.unknown.vector.size
        if size != wanted:
            raise ValueError(
                f"{self.name}: the residual has {size} numbers and the unknown {wanted}; give as many equations as "
                "unknowns"
            )
        flat = [operations.reshape(leaf, (leaf.size,)) for leaf in leaves]
        return flat[0] if len(flat) == 1 else operations.concatenate(flat, axis=0)

    def value(self, z: Any) -> Any:
        x = argument(z)
        with calling_on([x]):  # it may take derivatives of its own, as of an energy whose least it looks for
            return self([x, *self.inputs])._data

    def on_trees(self, z: Any) -> Any:
        """The residual as the user's solver calls it."""
        if any([isinstance(leaf, Variable) for leaf in flatten(z)[0]]):
            return self.residual(z, *self.parameters(self.given))
        x = argument(self.unknown.packed(z, "solve's point"))
        with calling_on([x]):
            point = self.unknown.unpacked(x)
            found, rebuild = flatten(self.residual(point, *self.parameters(self.given)))
        return rebuild([np.asarray(raw(x)) for x in found])

    def linearised(self, z: Any, inputs: Sequence[Variable]) -> tuple[Any, Any]:
        """The residual at a point and its Jacobian there, as arrays."""
        x = argument(z)
        with calling_on([x]):
            y = self([x, *inputs])
        self._check_recorded(y, x._seq)
        return y._data, jacobian(y, x)

    def _check_recorded(self, y: Variable, born: int) -> None:
        """GraphError where a derivative taken in the residual is a constant, which would make the solution's wrong."""
        if any([x._op is UNRECORDED and x._seq > born for x in collect([y], self.name).values()]):
            raise GraphError(
                f"{self.name}: the function takes a derivative without create_graph=True, which is a constant for the "
                "solution's derivative; take it with create_graph=True, or detach() it to have it so"
            )

    def solution(self, z: Any) -> Any:
        """The solution in the structure of the guess, as a function of the parameters."""
        flat = self._recorded(z) if recording() else wrap(z)
        return self.unknown.unpacked(flat) if flat._args else self.unknown.values(z)

    def _recorded(self, z: Any) -> Variable:
        """The solution as a node. The residual runs for the last time here: derivatives need what it computes alone."""
        born = tick()
        leaves: list[Variable] = [argument(z), *[argument(x._data) for x in self.inputs]]
        with calling_on(leaves):
            y = self(leaves)
        self._check_recorded(y, born)
        mine = {id(x) for x in leaves}
        captured = [x for x in computed_and_used([y], born)[1] if id(x) not in mine]
        given = [*self.inputs, *captured]
        if not given:
            return wrap(z)
        residual = Program.traced(self.name, [*leaves, *captured], [y])
        linear = Linearisation(self.name, residual, [z, *[x._data for x in given]])
        return apply(linear.root(), *given)


# -- solvers, which leave no graph -------------------------------------------------------------------------------


def _newton(equation: _Equation, tol: float | None, maxiter: int) -> Any:
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


def _anderson(equation: _Equation, tol: float | None, maxiter: int, memory: int) -> Any:
    z = equation.unknown.vector
    tol = 1024 * float(np.finfo(equation.unknown.dtype).eps) if tol is None else tol
    points: list[Any] = []
    changes: list[Any] = []
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


def _check_solved(equation: _Equation, z: Any, tol: float | None) -> None:
    size = _size(equation.value(z))
    if not np.isfinite(size) or (tol is not None and size > tol):
        raise ConvergenceError(f"{equation.name}: solve returned a point with a residual of {size:.3g}; it is no root")


def _size(x: Any) -> float:
    return float(np.max(np.abs(x))) if x.size else 0.0
