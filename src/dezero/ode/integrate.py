"""Solutions of differential equations by SciPy's integrators, with derivatives of any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import recording
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives import sparse_jacobian
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten
from dezero.ode.rates import RightSide
from dezero.ode.result import Events, OdeResult
from dezero.ode.solution import solution
from dezero.ode.solver import checked
from dezero.ode.system import Solved, System
from dezero.ode.traced import Traced
from dezero.rewriting.program import on_variables

_FORWARD = 20_000  # numbers in the tangents of the state and the parameters, up to which they are integrated forward


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
    or its sparsity pattern (a SciPy matrix). atol: a number, or numbers in the structure of y0. Integrated in float64.

    The result can be differentiated in y0, in t, and in all Variables among args or that f uses, to any order. The
    steps are not recorded. sensitivities="forward" integrates the tangents of the solution, all at once; "adjoint"
    goes back in time along the interpolant of the solution, for many parameters, and takes second derivatives by the
    adjoint of the equation and its tangent; "auto" chooses by the number of parameters. f runs once, and is then a list
    of operations; where it compares values (`if`), or reads numbers from Variables, it is called at each place. A
    derivative lacks the shift of a place where f jumps: integrate up to such a place by an event, and go on from there.

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
    settings = checked(method, rtol, _tolerances(packing, atol), options, max_evaluations)
    if sensitivities not in ("auto", "forward", "adjoint"):
        raise ValueError(f"odeint: sensitivities is {sensitivities!r}; give 'auto', 'forward' or 'adjoint'")
    problem = Problem(f, packing, y0, t, args)
    problem.system = System(
        problem.traced.rates,
        settings,
        problem.backward(sensitivities),
        _jacobian(problem.traced.rates, jac),
        problem.start.size,
        len(problem.params),
    )
    watched = Events(events, packing, args)
    more = bool(watched.functions) or dense_output or full_output
    solved = problem.solve(watched, more or problem.system.adjoint)
    values = problem.values(solved)
    return (values, OdeResult(problem, solved, watched)) if more else values


class Problem:
    """An initial value problem as the user gave it. start, times, params: the inputs of the system, Variables where
    derivatives can be asked for; moving: which of start and params are. unpacked: from vectors to the user's tree."""

    system: System

    def __init__(self, f: Callable[..., Any], packing: Packing, y0: Any, t: Any, args: Sequence[Any]) -> None:
        self.packing, self.args = packing, args
        self.dtypes = [np.result_type(x, np.float32) if _real(x) else np.dtype(float) for x in map(_data, flatten(y0)[0])]
        times = _times(t)
        first = times[0] if isinstance(times, Variable) else None
        self.times = times if first is None else times - first
        self.first = 0.0 if first is None else float(first._data)
        self.start: Any = _vector(packing, y0) if recording() else packing.vector.astype(np.float64)
        begin = float(raw(self.times)[0])
        self.traced = Traced(f, packing, args, raw(self.start), begin, first)
        self.params = [operations.astype(x, np.float64) for x in self.traced.parameters]
        moving = isinstance(self.start, Variable) or bool(self.params) or first is not None
        self.recorded = recording() and moving
        if self.recorded:
            self.traced.check_recorded()

    def backward(self, sensitivities: str) -> bool:
        """Whether derivatives are to go backward in time."""
        if sensitivities != "auto" or not self.recorded:
            return sensitivities == "adjoint"
        moving = sum([x.size for x in self.params])
        state = self.start.size
        m = moving + (state if isinstance(self.start, Variable) else 0)
        return bool(m * (state + moving) > _FORWARD)

    def solve(self, watched: Events, dense: bool) -> Solved:
        params = [x._data for x in self.params]
        events = watched.for_scipy(self.first)
        return self.system.integrated([raw(self.start)], raw(self.times), params, dense, events)

    def values(self, solved: Solved) -> Any:
        """The values at the times in the user's structure."""
        n = len(solved.values)
        if not self.recorded:
            return self.unpacked(wrap(solved.values))
        times = self.times[:n] if n < len(raw(self.times)) else self.times
        solved.inputs[1] = raw(times)
        self.system.keep(solved)
        return self.unpacked(self.at(times))

    def at(self, times: Any) -> Variable:
        """The values at times since the start, (times, n), as a node."""
        moving = (isinstance(self.start, Variable), *[True] * len(self.params))
        return apply(solution(self.system, 1, moving), self.start, times, *self.params)

    def unpacked(self, flat: Variable) -> Any:
        """The tree for vectors in rows, or for one vector; in the dtypes of y0."""
        found, at, rows = [], 0, flat.shape[:-1]
        for shape, dtype in zip(self.packing.shapes, self.dtypes, strict=True):
            size = int(np.prod(shape))
            part = operations.reshape(flat[..., at : at + size], (*rows, *shape))
            found.append(part if part.dtype == dtype else operations.astype(part, dtype))
            at += size
        return self.packing.rebuild(found if flat._args else [wrap(x._data) for x in found])


def _vector(packing: Packing, y0: Any) -> Any:
    """The state as one vector in float64, a Variable where y0 holds one."""
    leaves = flatten(y0)[0]
    if not any([isinstance(x, Variable) for x in leaves]):
        return packing.vector.astype(np.float64)
    flat = [operations.astype(operations.reshape(_data(x) if not isinstance(x, Variable) else x, (-1,)), np.float64) for x in leaves]
    return operations.concatenate(flat, axis=0)


def _times(t: Any) -> Any:
    """The times in float64: an array, or a Variable where they hold one."""
    if not isinstance(t, Variable) and any([isinstance(x, Variable) for x in flatten(t)[0]]):
        t = operations.stack([x if isinstance(x, Variable) else wrap(np.float64(x)) for x in flatten(t)[0]], axis=0)
    times = np.asarray(raw(t))
    if times.ndim != 1 or not times.size or times.dtype.kind not in "fiu":
        raise ValueError(f"odeint: t is a {describe(times)}; give a sequence of times, the first that of y0")
    gaps = np.diff(times.astype(np.float64))
    if not np.all(np.isfinite(times)) or not (np.all(gaps >= 0) or np.all(gaps <= 0)):
        raise ValueError(f"odeint: t must be finite and increase or decrease throughout, got {times}")
    moving = isinstance(t, Variable) and recording()
    return operations.astype(t, np.float64) if moving else times.astype(np.float64)


def _tolerances(packing: Packing, atol: Any) -> Any:
    leaves = flatten(atol)[0]
    if len(leaves) == 1 and np.ndim(leaves[0]) == 0:
        return leaves[0]
    return packing.packed(atol, "atol")


def _jacobian(rates: RightSide, jac: Any) -> Callable[..., Any]:
    """df/dy as an array, or as a sparse matrix."""
    if isinstance(jac, str) and jac == "dense":
        return rates.jacobian
    if isinstance(jac, str) and jac != "sparse":
        raise ValueError(f"odeint: jac is {jac!r}; give 'dense', 'sparse' or a sparsity pattern")
    pattern = None if isinstance(jac, str) else jac

    def sparse(y: Array, t: Any, *params: Array) -> Any:
        program = rates.at(y, t, *params).program
        return sparse_jacobian(lambda v: program.run(on_variables, [v, t, *params])[0], pattern)(y).tocsc()

    return sparse


def _data(x: Any) -> Any:
    return np.asarray(raw(x))


def _real(x: Any) -> bool:
    return bool(x.dtype.kind == "f")


