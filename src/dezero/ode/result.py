"""What an integration gives besides its values: events, the solution between the times, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import no_grad
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives import custom_root
from dezero.derivatives.packing import Packing
from dezero.ode.problem import Problem
from dezero.ode.system import Solved


class Events:
    """The user's event functions g(y, t, *args)."""

    def __init__(self, events: Any, packing: Packing, args: Sequence[Any]) -> None:
        given = [] if events is None else events if isinstance(events, list | tuple) else [events]
        self.functions: list[Callable[..., Any]] = [*given]
        self.packing, self.args = packing, args
        for g in self.functions:
            if not callable(g):
                raise TypeError(f"odeint: events holds {describe(g)}; give functions g(y, t, *args) of one number")

    def value(self, g: Callable[..., Any], y: Variable, t: Variable) -> Variable:
        """An event function at a state (a vector) and a time."""
        found = g(self.packing.unpacked(y), t, *self.args)
        if not isinstance(found, Variable) or found.size != 1:
            raise ValueError(f"odeint: the event {_name(g)} returned {describe(found)}; it is to return one number")
        return operations.reshape(found, ())

    def for_scipy(self, first: float) -> list[Callable[..., float]] | None:
        """The functions as solve_ivp takes them, of the time since the first one."""
        return [self._plain(g, first) for g in self.functions] or None

    def _plain(self, g: Callable[..., Any], first: float) -> Callable[..., float]:
        def call(t: float, y: Array) -> float:
            with no_grad():
                return float(self.value(g, wrap(y), wrap(np.float64(t + first)))._data)

        for name in ("terminal", "direction"):
            if hasattr(g, name):
                setattr(call, name, getattr(g, name))
        return call


_KEYS = [
    "t",
    "y",
    "sol",
    "t_events",
    "y_events",
    "nfev",
    "njev",
    "nlu",
    "status",
    "message",
    "success",
    "sensitivities",
]


class OdeResult:
    """What odeint gives besides the values: by attribute or, as SciPy's result, by key.

    y: the values at the times t, as odeint returns them (SciPy's has times along its last axis). success: True, as
    odeint raises where an integration fails.
    t_events: for each event function the times (k,) at which it is 0; y_events: the states there, as y0 with k rows.
    Both can be differentiated, by the implicit function theorem. t: the times that were reached, plain numbers.
    message: how it ended, and which events were never met. status: 1 after a terminal event, otherwise 0. nfev, njev,
    nlu: SciPy's counts. sensitivities: "forward" or "adjoint". `sol(t)`: the solution at times (k,) in between, as y0
    with k rows; one more integration where it can be differentiated, otherwise SciPy's interpolant.
    """

    success = True

    def __init__(self, problem: Problem, solved: Solved, watched: Events, values: Any) -> None:
        self._problem, self._solved, self.y = problem, solved, values
        found = solved.found
        self.t = np.array(solved.inputs[1][: len(solved.values)]) + problem.first
        self.nfev, self.njev, self.nlu = [getattr(found, name, 0) for name in ("nfev", "njev", "nlu")]
        self.status = getattr(found, "status", 0)
        self.sensitivities = "adjoint" if problem.system.adjoint else "forward"
        self.t_events: list[Variable] = []
        self.y_events: list[Any] = []
        none = [np.zeros(0)] * len(watched.functions)  # where there is one time alone
        met = [getattr(found, name, none) or none for name in ("t_events", "y_events")]
        for g, times, states in zip(watched.functions, *met, strict=True):
            t, y = _met(problem, watched, g, times, np.reshape(states, (len(times), problem.packing.vector.size)))
            self.t_events.append(t)
            self.y_events.append(y)
        self.message = self._told(watched, float(raw(problem.times)[-1]) + problem.first)

    def keys(self) -> list[str]:
        return list(_KEYS)

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __contains__(self, key: object) -> bool:
        return key in _KEYS

    def __getitem__(self, key: str) -> Any:
        if key not in _KEYS:
            raise KeyError(f"odeint: the result has no {key!r}; it has {', '.join(_KEYS)}")
        return getattr(self, key)

    def sol(self, t: Any) -> Any:
        """The solution at times between the first and the last one reached."""
        p = self._problem
        times = np.asarray(t, np.float64)
        reached = p.first + (self._solved.sol.ts[-1] if self._solved.found is not None else float(raw(p.times)[0]))
        low, high = sorted((p.first + float(raw(p.times)[0]), float(reached)))
        if not np.all((times >= low) & (times <= high)):
            raise ValueError(f"odeint: sol was asked for times {times}; give times from {low:g} to {high:g}")
        flat = np.atleast_1d(times - p.first)
        if not p.recorded:
            values = wrap(np.reshape(self._solved.sol(flat), (p.packing.vector.size, len(flat))).T)
        else:
            order = np.argsort(flat)
            order = order if reached >= raw(p.times)[0] + p.first else order[::-1]
            values = p.at(np.concatenate([raw(p.times)[:1], flat[order]]))[1:][np.argsort(order)]
        return p.unpacked(values if times.ndim else values[0])

    def _told(self, watched: Events, end: float) -> str:
        message = getattr(self._solved.found, "message", "The first time is the last one.")
        missed = [_name(g) for g, t in zip(watched.functions, self.t_events, strict=True) if not t.size]
        return message + (f" Never met up to t = {end:.6g}: the event {', '.join(missed)}." if missed else "")

    def __repr__(self) -> str:
        return f"OdeResult({self.message!r}, nfev={self.nfev}, events at {[t.data.tolist() for t in self.t_events]})"


def _met(problem: Problem, watched: Events, g: Callable[..., Any], times: Array, states: Array) -> tuple[Variable, Any]:
    """The times and states at which an event function is 0."""
    if not problem.recorded or not times.size:
        return wrap(times + problem.first), problem.unpacked(wrap(states))
    start = raw(problem.times)[:1]

    def at(since: Variable) -> Variable:
        return problem.at(operations.concatenate([start, since], axis=0))[1:]

    def residual(since: Variable) -> Variable:
        first = 0.0 if problem.traced.shift is None else problem.traced.shift
        pairs = [watched.value(g, y, t + first) for y, t in zip(at(since), since, strict=True)]
        return operations.stack(pairs, axis=0)

    since = custom_root(residual, times, solve=lambda of, z: z)
    shift = problem.traced.shift
    return since if shift is None else since + shift, problem.unpacked(at(since))


def _name(g: Callable[..., Any]) -> str:
    return getattr(g, "__name__", repr(g))
