"""An initial value problem as the user gave it, made one system of vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import recording
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten
from dezero.ode.rates import RightSide
from dezero.ode.solution import solution
from dezero.ode.solver import Settings
from dezero.ode.system import Solved, System
from dezero.ode.traced import Traced

FORWARD = 20_000  # numbers in the tangents of the state and the parameters, up to which they are integrated forward


class Problem:
    """An initial value problem as the user gave it. start, times, params: the inputs of the system, Variables where
    derivatives can be asked for; moving: which of start and params are. system: set by `pose`."""

    system: System

    def __init__(self, f: Callable[..., Any], packing: Packing, y0: Any, t: Any, args: Sequence[Any]) -> None:
        self.packing, self.args = packing, args
        self.dtypes = [
            np.result_type(x, np.float32) if _real(x) else np.dtype(float) for x in map(_data, flatten(y0)[0])
        ]
        times = _times(packing.name, t)
        first = times[0] if isinstance(times, Variable) else None
        self.times = times if first is None else times - first
        self.first = 0.0 if first is None else float(first._data)
        self.start: Any = _vector(packing, y0) if recording() else packing.vector.astype(np.float64)
        begin = float(raw(self.times)[0])
        self.traced = Traced(f, packing, args, raw(self.start), begin, first)
        self.params = [operations.astype(x, np.float64) for x in self.traced.parameters]
        self.moving = (isinstance(self.start, Variable), *[True] * len(self.params))
        self.recorded = recording() and (any(self.moving) or first is not None)

    def pose(self, rates: RightSide, settings: Settings, jacobian: Callable[..., Any], adjoint: bool = False) -> None:
        """Choose how it is integrated. rates: f for vectors; jacobian, adjoint: as System takes them."""
        settings = dataclasses.replace(settings, first=self.first)
        self.system = System(rates, settings, adjoint, jacobian, len(self.params))

    def backward(self, sensitivities: str) -> bool:
        """Whether derivatives are to go backward in time."""
        if sensitivities != "auto" or not self.recorded:
            return sensitivities == "adjoint"
        return self.work() > FORWARD

    def work(self) -> int:
        """How many numbers the tangents of the state and of the parameters have."""
        inside = sum([x.size for x in self.params])
        m = inside + (self.start.size if isinstance(self.start, Variable) else 0)
        return int(m * (self.start.size + inside))

    def solve(self, events: Any, dense: bool) -> Solved:
        """The first integration. events: as solve_ivp takes them, of the time since the first one."""
        params = [x._data for x in self.params]
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
        return apply(solution(self.system, 1, self.moving), self.start, times, *self.params)

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
    flat = [
        operations.astype(operations.reshape(_data(x) if not isinstance(x, Variable) else x, (-1,)), np.float64)
        for x in leaves
    ]
    return operations.concatenate(flat, axis=0)


def _times(name: str, t: Any) -> Any:
    """The times in float64: an array, or a Variable where they hold one."""
    if not isinstance(t, Variable) and any([isinstance(x, Variable) for x in flatten(t)[0]]):
        t = operations.stack([x if isinstance(x, Variable) else wrap(np.float64(x)) for x in flatten(t)[0]], axis=0)
    times = np.asarray(raw(t))
    if times.ndim != 1 or not times.size or times.dtype.kind not in "fiu":
        raise ValueError(f"{name}: t is a {describe(times)}; give a sequence of times, the first that of y0")
    gaps = np.diff(times.astype(np.float64))
    if not np.all(np.isfinite(times)) or not (np.all(gaps >= 0) or np.all(gaps <= 0)):
        raise ValueError(f"{name}: t must be finite and increase or decrease throughout, got {times}")
    moving = isinstance(t, Variable) and recording()
    return operations.astype(t, np.float64) if moving else times.astype(np.float64)


def _data(x: Any) -> Any:
    return np.asarray(raw(x))


def _real(x: Any) -> bool:
    return bool(x.dtype.kind == "f")
