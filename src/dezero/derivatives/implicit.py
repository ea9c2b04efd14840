"""Solutions of equations as functions of what the equations depend on, by the implicit function theorem.

Where residual(z, p) = 0 with Jacobian J in z, dz/dp = -J^-1 d(residual)/dp. The solver leaves no graph: the solution
is one node, whose derivative solves with the transposed Jacobian, and that solution is a node of the same kind. All
of them, at any order, are at one point, so one factorisation of J serves all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.backward import gradients
from dezero.core.config import no_grad, recording, using_config
from dezero.core.errors import describe
from dezero.core.function import Function
from dezero.core.op import operand
from dezero.core.operators import raw
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.packing import Packing
from dezero.derivatives.segment import Segment, pulled
from dezero.derivatives.trees import flatten, matching

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
    is then the largest residual allowed. Derivatives by the implicit function theorem with one LU factorisation.

    Raises ValueError for a residual of another size, ConvergenceError where no root is found, LinAlgError where the
    Jacobian is singular (a multiple root has no derivative).

    >>> a = Variable(np.array(2.0))
    >>> z = custom_root(lambda z, a: z * z - a, 1.0, a)
    >>> z
    variable(1.4142135623730951)
    >>> z.backward()
    >>> a.grad
    variable(0.35355339059327373)
    """
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

    def residual(z: Any, *given: Any) -> Any:
        new = step(z, *given)
        pairs = zip(flatten(z)[0], matching("fixed_point", new, z, "step's result", "guess"), strict=True)
        return [_difference(a, b) for a, b in pairs]

    equation = _Equation("fixed_point", residual, guess, parameters)
    return equation.solution(_anderson(equation, tol, maxiter, memory))


def _difference(z: Any, new: Any) -> Any:
    if np.shape(raw(new)) != z.shape:
        raise ValueError(f"fixed_point: step takes {describe(z)} to {describe(new)}; it must keep the shape")
    return z - new


# -- the equation in flat arrays ---------------------------------------------------------------------------------


class _Equation:
    """residual(z, *parameters) as a function of one vector and a list of Variables."""

    def __init__(self, name: str, residual: Callable[..., Any], guess: Any, parameters: tuple[Any, ...]) -> None:
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
        for leaf in leaves:
            if not isinstance(leaf, Variable):
                raise TypeError(
                    f"{self.name}: the function returned {describe(leaf)}; compute its result from its arguments with "
                    "dezero's or NumPy's functions, which gives a Variable"
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
        with no_grad():
            return self([wrap(z), *self.inputs])._data

    def on_trees(self, z: Any) -> Any:
        """The residual as the user's solver calls it."""
        if any([isinstance(leaf, Variable) for leaf in flatten(z)[0]]):
            return self.residual(z, *self.parameters(self.given))
        point = self.unknown.unpacked(wrap(self.unknown.packed(z, "solve's point")))
        with no_grad():
            found, rebuild = flatten(self.residual(point, *self.parameters(self.given)))
        return rebuild([np.asarray(raw(x)) for x in found])

    def linearised(self, z: Any, inputs: Sequence[Variable]) -> tuple[Any, Any]:
        """The residual at a point and its Jacobian there, as arrays."""
        x = wrap(z)
        with using_config("enable_backprop", True):
            y = self([x, *inputs])
        return y._data, _jacobian(y, x)

    def solution(self, z: Any) -> Any:
        """The solution in the structure of the guess, as a function of the parameters."""
        if recording():
            segment = Segment(self.name, lambda xs: self(xs), [z, *[x._data for x in self.inputs]])
            flat = Root(_Linearisation(self.name, segment), z)(*self.inputs, *segment.captured)
        else:
            flat = wrap(z)
        return self.unknown.unpacked(flat)


def _jacobian(y: Variable, x: Variable) -> Any:
    rows = [gradients(y, x, grad_outputs=row)[0]._data for row in np.eye(y.size, dtype=y.dtype)]
    return np.stack(rows) if rows else np.zeros((0, x.size), x.dtype)


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


# -- linear equations --------------------------------------------------------------------------------------------


class Factors:
    """A square matrix factored once; LinAlgError where it is singular."""

    def __init__(self, name: str, matrix: Any) -> None:
        self.name, self.matrix = name, matrix
        try:
            from scipy.linalg import lapack
        except ImportError:
            self._lu = None
            return
        self._solver = lapack.sgetrs if matrix.dtype == np.float32 else lapack.dgetrs
        factor = lapack.sgetrf if matrix.dtype == np.float32 else lapack.dgetrf
        *self._lu, info = factor(matrix) if matrix.size else (matrix, None, 0)
        if info > 0:
            raise self._singular()

    def solve(self, b: Any, transposed: bool = False) -> Any:
        if not self.matrix.size:
            return b
        if self._lu is not None:
            x, _ = self._solver(*self._lu, b, trans=int(transposed))
        else:  # without SciPy nothing keeps a factorisation
            try:
                x = np.linalg.solve(self.matrix.T if transposed else self.matrix, b)
            except np.linalg.LinAlgError:
                raise self._singular() from None
        return x.astype(b.dtype, copy=False)

    def _singular(self) -> np.linalg.LinAlgError:
        return np.linalg.LinAlgError(
            f"{self.name}: the Jacobian of the residual, {describe(self.matrix)}, is singular; the equations do not "
            "determine the unknown here"
        )


class _Linearisation:
    """An equation about its solution: its Jacobian there, factored when first needed."""

    def __init__(self, name: str, segment: Segment) -> None:
        self.name, self.segment = name, segment
        self._factors: Factors | None = None

    def solve(self, inputs: Sequence[Any], b: Any, transposed: bool) -> Any:
        """inputs: the arrays of the unknown and of all that the equation depends on."""
        if self._factors is None:
            with no_grad():
                (z, *_), (y,) = self.segment([wrap(x) for x in inputs])
            self._factors = Factors(self.name, _jacobian(y, z))
        return self._factors.solve(b, transposed)


class Root(Function):
    """The solution z of residual(z, *inputs) = 0 as a vector."""

    def __init__(self, linear: _Linearisation, z: Any) -> None:
        self.linear, self.z = linear, z

    def forward(self, *arrays: Any) -> Any:
        return self.z

    def backward(self, gz: Variable) -> list[Variable | None]:
        point = [_alive(self), *self.inputs]
        w = LinearSolution(self.linear, True)(gz, *point)
        return [g if g is None else -g for g in self.linear.segment.pull(point, [w])[1:]]


class LinearSolution(Function):
    """J^-1 b, or with the transposed J^-T b, J being the Jacobian at a point: inputs b, z and the others."""

    def __init__(self, linear: _Linearisation, transposed: bool) -> None:
        self.linear, self.transposed = linear, transposed

    def forward(self, b: Any, *point: Any) -> Any:
        return self.linear.solve(point, b, self.transposed)

    def backward(self, gx: Variable) -> list[Variable | None]:
        """With v = J^-T gx: v in b, and minus the derivative of <v, J x> at fixed v and x in the point."""
        point, recorded = self.inputs[1:], recording()
        v = LinearSolution(self.linear, not self.transposed)(gx, *point)
        left, right = (_alive(self), v) if self.transposed else (v, _alive(self))
        with using_config("enable_backprop", recorded):
            stand_ins, (y,) = self.linear.segment(point)
        with using_config("enable_backprop", True):
            (row,) = gradients(y, stand_ins[0], grad_outputs=left, create_graph=True)
            product = operations.sum(row * right)
        return [v, *[g if g is None else -g for g in pulled([product], stand_ins, None, recorded)]]


def _alive(function: Function) -> Variable:
    result = function.outputs[0]()
    assert result is not None  # the node that is being differentiated
    return result
