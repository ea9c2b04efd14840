"""Solutions of differential equations by SciPy's integrators, with derivatives of any order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.derivatives import sparse_jacobian
from dezero.derivatives.packing import Packing
from dezero.ode.problem import Problem
from dezero.ode.rates import RightSide
from dezero.ode.result import Events, OdeResult
from dezero.ode.solver import checked
from dezero.rewriting.program import on_variables


def odeint(
    f: Callable[..., Any],
    y0: Any,
    t: Any,
    *args: Any,
    method: str = "RK45",
    rtol: float = 1e-8,
    atol: Any = 1e-8,
    events: Any = None,
    dense_output: bool = False,
    full_output: bool = False,
    jac: Any = "dense",
    sensitivities: str = "auto",
    max_step: float | None = None,
    first_step: float | None = None,
    max_evaluations: int = 1_000_000,
) -> Any:
    """The solution of y' = f(y, t, *args) with y(t[0]) = y0 at the times t, by scipy.integrate.solve_ivp.

    y0: a real array, number or Variable, or a tree (tuples, lists, dicts) of them; f takes and returns Variables in its
    structure and shapes, t being a Variable of one number. t: increasing or decreasing times (n,), numbers or
    Variables. Returns the values at these times, Variables of shape (n, *shape) in the structure of y0. method: RK23,
    RK45, DOP853, or for stiff equations Radau, BDF, LSODA, which are given the exact Jacobian: jac="dense", "sparse"
    or its sparsity pattern (a SciPy matrix). rtol below 100 times epsilon counts as that; atol: a number, or numbers in
    the structure of y0. Integrated in float64.

    The result can be differentiated in y0, in t, and in all Variables among args or that f uses, to any order. The
    steps are not recorded. sensitivities="forward" integrates the tangents of the solution, all at once; "adjoint"
    goes back in time along the interpolant of the solution, for many parameters, and takes second derivatives by the
    adjoint of the equation and its tangent; "auto" chooses by the number of parameters. f runs once, and is then a list
    of operations; where it compares values (`if`), or reads numbers from Variables, it is called at each place. Where
    f jumps at a place that moves with the solution or a parameter, derivatives raise, since they would lack the shift
    of that place; where f has a kink, the second derivatives do. Integrate up to such a place by a terminal event, and
    go on from there. A jump inside a user's Function is not seen.

    events: a function g(y, t, *args) that returns one number, or a sequence of them; each may have the attributes
    `terminal` and `direction` of solve_ivp. With events, dense_output or full_output the result is a pair, of the
    values (up to a terminal event) and an OdeResult: the times and states of the events, which can be differentiated,
    the solution as a function of t, and what SciPy counted.

    Raises TypeError and ValueError for arguments that do not fit; ConvergenceError with SciPy's message, the time
    reached and a remedy where the integration fails; FloatingPointError where f is not finite at the start; GraphError
    for derivatives of an f that computes under no_grad.

    >>> a = Variable(np.array(0.5))
    >>> y = odeint(lambda y, t: -a * y, 1.0, [0.0, 2.0], rtol=1e-10, atol=1e-10)
    >>> y
    variable([1.         0.36787944])
    >>> y[1].backward()
    >>> a.grad
    variable(-0.7357588)
    """
    check_callable("odeint", f)
    options = {name: value for name, value in (("max_step", max_step), ("first_step", first_step)) if value is not None}
    packing = Packing("odeint", y0, "y0")
    if not packing.shapes:
        raise ValueError("odeint: y0 holds no array; there is nothing to integrate")
    settings = checked(method, rtol, _tolerances(packing, atol), options, max_evaluations)
    if sensitivities not in ("auto", "forward", "adjoint"):
        raise ValueError(f"odeint: sensitivities is {sensitivities!r}; give 'auto', 'forward' or 'adjoint'")
    problem = Problem(f, packing, y0, t, args)
    if problem.recorded:
        problem.traced.check_recorded()
    rates = problem.traced.right_side()
    problem.pose(rates, settings, _jacobian(rates, jac), problem.backward(sensitivities))
    watched = Events(events, packing, args)
    more = bool(watched.functions) or dense_output or full_output
    solved = problem.solve(watched.for_scipy(problem.first), more or problem.system.adjoint)
    values = problem.values(solved)
    return (values, OdeResult(problem, solved, watched, values)) if more else values


def _tolerances(packing: Packing, atol: Any) -> Any:
    if np.ndim(raw(atol)) == 0 and not isinstance(atol, tuple | list | dict):
        return raw(atol)
    return packing.packed(atol, "atol")


def _jacobian(rates: RightSide, jac: Any) -> Callable[..., Any]:
    """df/dy as an array, or as a sparse matrix."""
    if isinstance(jac, str) and jac == "dense":
        return rates.jacobian
    if isinstance(jac, str) and jac != "sparse":
        raise ValueError(f"odeint: jac is {jac!r}; give 'dense', 'sparse' or a sparsity pattern")
    pattern = None if isinstance(jac, str) else jac

    def sparse(y: Array, t: Any, *params: Array) -> Any:
        there = rates.at(y, t, *params)
        ends = np.cumsum([0, *map(math.prod, rates.shapes)])

        def value(v: Variable) -> Variable:
            parts = [v[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], rates.shapes, strict=False)]
            found = there.program.run(on_variables, [*parts, t, *params])
            return operations.concatenate([operations.reshape(x, (-1,)) for x in found], axis=0)

        return sparse_jacobian(value, pattern)(y).tocsc()

    return sparse
