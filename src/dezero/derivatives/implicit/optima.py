"""Minima of functions, with derivatives of every order in what the functions depend on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.arguments import computed
from dezero.autodiff.gradients import gradients
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.derivatives.implicit.checks import LinearSolver, check_numbers, check_solver
from dezero.derivatives.implicit.convergence import ConvergenceError
from dezero.derivatives.implicit.equation import Equation
from dezero.derivatives.implicit.iterations import by_newton, check_solved
from dezero.derivatives.implicit.linearisation import Linearisation
from dezero.functions import _scipy

# What SciPy's methods ask for (scipy.optimize.minimize) besides the value, if it is not the gradient alone.
_NO_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
_HESSIAN = {"dogleg", "trust-exact"}
_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov"}
_NEAR = 1e-5  # of the first gradient is left by the default solver: from there Newton's method takes few steps

Solver = str | Callable[..., object] | None


def argmin(
    f: Callable[..., object],
    x0: object,
    *parameters: object,
    solver: Solver = None,
    tol: float | None = None,
    maxiter: int = 50,
    linear_solver: LinearSolver = "auto",
) -> Any:
    """The x at which f(x, *parameters) is least, differentiable to any order in the parameters.

    x0: where to start, a real array or a tree (tuples, lists, dicts) of them, whose structure x has; f returns one real
    number. parameters: Variables, arrays or trees of them; Variables that f uses from outside count too. solver: a
    method of scipy.optimize.minimize, which gets the exact gradient (and Hessian, where it uses one), by default
    L-BFGS-B; or solver(f_of_x, x0), where f_of_x takes plain arrays and returns a float (a Variable where it is given
    Variables). The solver's point is where Newton's method for gradient = 0 starts, of at most maxiter steps, which
    ends as that of custom_root does. maxiter=0 takes the point as it is, and tol is then the largest element of the
    gradient allowed. Derivatives by the implicit function theorem, as for custom_root, with the Hessian of f for the
    Jacobian: dx/dp = -(f_xx)^-1 f_xp. Up to 200 unknowns it is factored, with more linear_solver="auto" takes the
    method of conjugate gradients with products of the Hessian.

    Raises ValueError for an f of other than one number, ConvergenceError where no minimum is found (or a stationary
    point that is none), LinAlgError where the Hessian is singular, ImportError where SciPy is missing.

    >>> import dezero.functions as F
    >>> p = Variable(np.array(2.0))
    >>> x = argmin(lambda x, p: F.exp(x) - p * x, 0.0, p)  # x = log p
    >>> x
    variable(0.69314718056)
    >>> x.backward()
    >>> p.grad
    variable(0.5)
    """
    check_numbers("argmin", tol, maxiter, least=0)
    if not (solver is None or isinstance(solver, str) or callable(solver)):
        raise TypeError(
            f"argmin: solver is {describe(solver)}; give a method of scipy.optimize.minimize, or a function of f and x0"
        )
    stationarity = Stationarity(f, x0, parameters, check_solver("argmin", linear_solver))
    if callable(solver):
        x = stationarity.unknown.packed(solver(stationarity.on_trees, x0), "solver's result")
    else:
        x = _by_scipy(stationarity, solver)
    if maxiter:
        x = by_newton(stationarity, tol, maxiter, x)
    else:
        check_solved(stationarity, x, tol)
    stationarity.check_least(x)
    return stationarity.solution(x)


class Stationarity(Equation):
    """The equation that the gradient of f is zero; its second output is f."""

    option, sought, what = "solver", "minimum", "gradient"

    def __init__(
        self, f: Callable[..., object], x0: object, parameters: tuple[object, ...], solver: LinearSolver
    ) -> None:
        super().__init__("argmin", f, x0, parameters, solver, symmetric=True, guessed="x0")

    def __call__(self, xs: list[Variable]) -> list[Variable]:
        x, y = xs[0], self.called(xs)
        if not isinstance(y, Variable):
            computed("argmin", y)
        if y.size != 1 or is_complex(y):
            raise ValueError(f"argmin: f returned a {describe(y)}; it must return one real number (a sum or mean)")
        y = operations.reshape(y, ())
        return [gradients(y, x, create_graph=True)[0], y]

    def about(self, x: Array) -> Linearisation:
        """The equation about SciPy's point, of which SciPy may change the array later."""
        last = self._last
        return last if last is not None and np.array_equal(last.point[0], x) else self.at(x.astype(self.unknown.dtype))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        gradient, y = self.about(x).outputs
        return float(y), np.asarray(gradient, np.float64)

    def check_least(self, x: Array) -> None:
        """ConvergenceError where the Hessian, if it is computed as a matrix, has a negative eigenvalue."""
        at = self.at(x)
        if not at.dense:
            return
        with np.errstate(all="ignore"):
            lowest, *_, highest = np.linalg.eigvalsh(at.matrix)[[0, -1]] if x.size else (0.0, 0.0)
        if lowest < -len(x) * np.finfo(x.dtype).eps * max(abs(highest), abs(lowest)):
            raise ConvergenceError(
                f"argmin: the solver came to a stationary point that is no minimum (the Hessian has an eigenvalue of "
                f"{lowest:.3g}); give another x0 or solver"
            )


def _by_scipy(stationarity: Stationarity, method: str | None) -> Array:
    kind = "" if method is None else method.lower()
    start = stationarity.unknown.vector
    use: dict[str, Any] = {"method": method}
    if method is None:
        near = _NEAR * float(np.max(np.abs(stationarity.at(start).value), initial=0.0))
        use = {"method": "L-BFGS-B", "options": {"maxcor": 20, "gtol": near, "ftol": 1e-12, "maxiter": 10_000}}
    value: Callable[[Array], Any] = stationarity.value_and_gradient
    if kind in _NO_GRADIENT:
        value = lambda x: stationarity.value_and_gradient(x)[0]  # noqa: E731
    else:
        use["jac"] = True
    if kind in _HESSIAN:
        use["hess"] = lambda x: stationarity.about(x).matrix
    elif kind in _PRODUCTS:
        use["hessp"] = lambda x, v: stationarity.about(x).linear_map(False)(v)
    with np.errstate(over="ignore", invalid="ignore"):  # a search may look where f overflows
        result = _scipy.optimize.minimize(value, start.astype(np.float64), **use)
    if not (np.isfinite(result.fun) and np.isfinite(result.x).all()):
        raise ConvergenceError(
            f"argmin: {result.message} f is {float(result.fun):.3g} there; give another x0, and if f has no lowest "
            "value, bound it"
        )
    return np.asarray(result.x, start.dtype)
