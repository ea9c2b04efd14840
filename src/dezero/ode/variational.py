"""Solutions of differential equations by Taylor series, with derivatives by the series of their tangents."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.compiler.api import Compiled
from dezero.core.config import recording
from dezero.core.dtypes import Array
from dezero.core.errors import GraphWarning
from dezero.core.op import BILINEAR, LINEAR, Op
from dezero.core.registry import values
from dezero.core.variable import Variable
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten
from dezero.ode.problem import FORWARD, Problem
from dezero.ode.rates import Rates
from dezero.ode.solution import tangents
from dezero.ode.solver import Settings
from dezero.ode.system import Solved
from dezero.ode.taylor.machine import in_machine_code
from dezero.ode.taylor.walk import Asked, longest_of, order_for, walked

# Operations without kinks; where one is singular, the series' steps end, and the steps are recorded instead.
_NAMES = """add sub mul neg div pow linear_combination full_like alias exp exp2 expm1 log log1p sqrt square reciprocal
    sin cos tan tanh tanh_slope sinh cosh arctan arcsinh gaussian erf erfc sigmoid sigmoid_slope softplus silu"""
_SMOOTH = frozenset(_NAMES.split())


def odeint_taylor(
    f: Callable[..., Any],
    y0: Any,
    t: Any,
    order: int | None = None,
    tol: float = 1e-12,
    args: Sequence[Any] = (),
    max_steps: int = 10_000,
    full_output: bool = False,
    max_step: float | None = None,
    dense_output: bool = False,
) -> Any:
    """The solution of y' = f(y, t, *args) with y(t[0]) = y0 at all times t, differentiable in y0 and args.

    y0: a real array, number or Variable, or a tree (tuples, lists, dicts) of them; f takes and returns Variables in its
    structure and shapes, t being a Variable of one number. t: increasing or decreasing times (n,). Returns the values
    at these times, Variables of shape (n, *shape) in the structure of y0; with full_output also a dict of order, steps
    and rejected (steps), and with dense_output of sol too: the solution's polynomials, sol(t) at any times in between,
    sol.t and sol.coefficients, step by step.

    Each step is a Taylor polynomial of the given order (default 1 - ln(tol)/2, rounded up), read off at the times that
    it passes. Its length follows from the last two coefficients, for an error of about tol times the largest |y| in it.
    A. Jorba, M. Zou, Experimental Mathematics 14 (2005) 99, section 3. tol below the dtype's epsilon
    counts as that.

    The polynomial is compared with f at its end and at places within the step, 200 over the whole interval, and ends
    where it no longer solves the equation: at the knots of abs, relu, where, floor, interp, whether they stand in the
    time or in y. What f does between two such places while it is flat at both, such as a pulse of less than 1/200 of
    the interval, is seen with max_step, the longest step allowed.

    Of a compiled function, `odeint_taylor(dezero.compile(f), ...)`, the steps are machine code where f is arithmetic,
    powers, exp, log, sin, tanh and the like, in float64, and nothing can be differentiated; else NumPy runs them. The
    dict of full_output tells under "way" which, and why. A step that is too long is halved.

    Where y0 or args hold Variables, or f uses Variables of its own, the result can be differentiated to any order. A
    smooth f runs once, and the series of the solution's tangents in all directions are computed beside its own, each
    with the tolerance for itself; a second derivative does the same with the tangents' equation. Where f has kinks or
    reads numbers, or there are many parameters, and for the polynomials, the steps are recorded, the steps' lengths
    being constants, chosen for y and for its first derivatives, by the adjoint equation (with each order beyond the
    error is some tens of times larger); inside no_grad nothing is recorded.

    Where a knot moves with y0, args or a Variable that f reads, a kink of f leaves the first derivatives right, and the
    second ones raise; a jump leaves none, and raises, as does a singular place, such as that of log at 0. The steps
    solve the adjoint equation too, to at least sqrt(tol) of each slope, so that such places are found where y does not
    show them. That f compares is seen, also on `.data`; a number that was taken out before f ran is a constant.

    Raises ValueError for times that are not monotonic, an order below 2, and rates of another structure or shape;
    TypeError where f returns plain numbers, and for Variables among the times; RuntimeError where max_steps do not
    suffice (a stiff equation), or where f turned t or y into plain numbers, which no series follows;
    FloatingPointError where the solution runs to infinity; GraphError where f jumps, or its slope is infinite, at a
    place that moves with a Variable.

    >>> odeint_taylor(lambda y, t: -2 * t * y, 1.0, [0.0, 1.0, 2.0])
    variable([1.         0.36787944 0.01831564])
    """
    check_callable("odeint_taylor", f)
    asked, found, why = Asked(f, y0, t, order, tol, args, max_steps, max_step), None, ""
    if isinstance(f, Compiled):
        asked = asked._replace(f=f.__wrapped__)  # type: ignore[attr-defined]
        found, why = in_machine_code(f, asked, dense_output)
    if found is None and recording() and not dense_output:
        found = _with_tangents(asked)
    if found is None:
        found = walked(asked, dense_output)
    if isinstance(f, Compiled):
        found[1]["way"] = f"NumPy: {why}" if why else "machine code"
    return found if full_output or dense_output else found[0]


def _with_tangents(asked: Asked) -> tuple[Any, dict[str, Any]] | None:
    """The values as one node, whose tangents are integrated too; None where f is not known to be smooth, where there
    are many parameters or nothing to differentiate, and for arguments that are refused."""
    f, y0, t, order, tol, args, max_steps, max_step = asked
    if not _doubles(y0) or any([isinstance(x, Variable) for x in flatten(t)[0]]) or not 0 < tol < 1:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)  # the steps tell more of numbers that f takes out
        problem = Problem(f, Packing("odeint_taylor", y0, "y0"), y0, t, args)
    rates = problem.traced.right_side()
    if not problem.recorded or problem.work() > FORWARD or not (isinstance(rates, Rates) and _smooth(rates)):
        return None
    tol = max(tol, float(np.finfo(np.float64).eps))
    options = {"order": order_for(order, tol), "max_step": longest_of(max_step)}
    settings = Settings("Taylor", tol, tol, max_steps, options)
    problem.pose(rates, settings, rates.jacobian)
    inputs = [problem.packing.vector.astype(np.float64), problem.times, *[x._data for x in problem.params]]
    try:
        tangents(values, problem.system, 1, problem.moving, inputs)
    except (FloatingPointError, RuntimeError):
        return None
    (tangent,) = problem.system.derived.values()
    solved: Any = tangent.last  # which stays for the first derivative
    steps = solved.found
    told = {"order": options["order"], "steps": steps.steps, "rejected": steps.rejected}
    return problem.values(Solved(inputs, solved.values[:, : rates.size], None, None)), told


def _doubles(y0: Any) -> bool:
    arrays: list[Array] = [np.asarray(x._data if isinstance(x, Variable) else x) for x in flatten(y0)[0]]
    return bool(arrays) and all([a.dtype == np.float64 or a.dtype.kind in "iu" for a in arrays])


def _smooth(rates: Rates) -> bool:
    ops = [op for op, _ in rates.program.steps]
    return all(
        [
            isinstance(op, Op) and (op.name in _SMOOTH or (op.kind in (LINEAR, BILINEAR) and op.name != "astype"))
            for op in ops
        ]
    )
