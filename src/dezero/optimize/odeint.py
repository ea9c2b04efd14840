"""Differential equations by Taylor series of high order, with steps as long as the series allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.aliases import own
from dezero.core.config import recording, using_config
from dezero.core.errors import describe
from dezero.core.operators import raw
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.trees import Rebuild, flatten, matching
from dezero.series.equation import Solution

_LOOSE = 32.0  # a step is taken again where its defect is this many times the error it was chosen for


def odeint_taylor(
    f: Callable[..., Any],
    y0: Any,
    t: Any,
    order: int | None = None,
    tol: float = 1e-12,
    args: Sequence[Any] = (),
    max_steps: int = 10_000,
    full_output: bool = False,
) -> Any:
    """The solution of y' = f(y, t, *args) with y(t[0]) = y0 at all times t, differentiable in y0 and args.

    y0: a real array, number or Variable, or a tree (tuples, lists, dicts) of them; f takes and returns Variables in its
    structure and shapes, t being a Variable of one number. t: increasing or decreasing times (n,). Returns the values
    at these times, Variables of shape (n, *shape) in the structure of y0; with full_output also a dict of order, steps
    and rejected (steps). Each step is a Taylor polynomial of the given order (default 1 - ln(tol)/2, rounded up), read
    off at the times that it passes. Its length follows from the last two coefficients, for an error of about tol times
    the largest |y| in it; it is halved where the polynomial's end does not solve the equation. A. Jorba, M. Zou,
    Experimental Mathematics 14 (2005) 99, section 3. tol below the dtype's epsilon counts as that.

    Where y0 or args hold Variables, or f uses Variables of its own, the steps are recorded and the result can be
    differentiated to any order, the steps' lengths being constants (chosen for y: with each order of derivative its
    error is some tens of times larger); inside no_grad nothing is recorded.

    Raises ValueError for times that are not monotonic, an order below 2, and rates of another structure or shape;
    TypeError where f returns plain numbers; RuntimeError where max_steps do not suffice (a stiff equation, a rate with
    jumps, or one that turned t or y into a plain number), FloatingPointError where the solution runs to infinity.

    >>> odeint_taylor(lambda y, t: -2 * t * y, 1.0, [0.0, 1.0, 2.0])
    variable([1.         0.36787944 0.01831564])
    """
    times = _times(t)
    leaves, rebuild = flatten(y0)
    states = [own("odeint_taylor", x) for x in leaves]
    for y in states:
        if y.dtype.kind == "c":
            raise TypeError(f"odeint_taylor: y0 holds a {describe(y)}; give its real and imaginary parts as two arrays")
    if not states:
        raise ValueError("odeint_taylor: y0 holds no array; there is nothing to integrate")
    eps = max([float(np.finfo(y.dtype).eps) for y in states])
    if not 0 < tol < 1:
        raise ValueError(f"odeint_taylor: tol is {tol}; give a number between 0 and 1")
    walk = _Walk(f, args, rebuild, y0, max(tol, eps), _order(order, max(tol, eps)))
    given = [*leaves, *flatten(tuple(args))[0]]
    walk.recorded = recording() and any([isinstance(x, Variable) for x in given])
    found = walk.through(states, times, max_steps)
    result = rebuild([_stacked(column) for column in zip(*found, strict=True)])
    if full_output:
        return result, {"order": walk.order, "steps": walk.steps, "rejected": walk.rejected}
    return result


def _times(t: Any) -> Any:
    if isinstance(t, Variable):
        raise TypeError("odeint_taylor: t is a Variable; give times as plain numbers, they have no derivative here")
    times = np.asarray(t)
    if times.ndim != 1 or not times.size or times.dtype.kind not in "fiu":
        raise ValueError(f"odeint_taylor: t is a {describe(times)}; give a sequence of times, the first that of y0")
    times = times.astype(np.float64)
    moves = np.diff(times)
    if not np.all(np.isfinite(times)) or not (np.all(moves >= 0) or np.all(moves <= 0)):
        raise ValueError(f"odeint_taylor: t must be finite and increase or decrease throughout, got {times}")
    return times


def _order(order: Any, tol: float) -> int:
    if order is None:
        return max(2, math.ceil(1 - math.log(tol) / 2))
    if not isinstance(order, int | np.integer) or isinstance(order, bool):
        raise TypeError(f"odeint_taylor: order is {describe(order)}; give a whole number")
    if order < 2:
        raise ValueError(f"odeint_taylor: order is {order}; give 2 or more")
    return int(order)


class _Walk:
    """The steps from the first time to the last."""

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], rebuild: Rebuild, tree: Any, tol: float, order: int
    ) -> None:
        self.f, self.args, self.rebuild, self.tree = f, args, rebuild, tree
        self.tol, self.order = tol, order
        self.recorded = False
        self.steps = self.rejected = 0
        self.scale = 0.0  # of |y|, in the running step

    def through(self, states: list[Variable], times: Any, max_steps: int) -> list[list[Variable]]:
        """The states at each of the times."""
        found: list[list[Variable]] = []
        start, end = float(times[0]), float(times[-1])
        t, longest = start, math.inf
        time, rates = self._rates(states, t)
        self.recorded = self.recorded or (recording() and _from_outside(rates, [*states, time]))
        while True:
            series = self._series(rates, states, time)
            h = self._length(series, t, end, longest)
            longest = math.inf
            while True:
                near = end if abs(h) >= abs(end - t) else t + h
                states = self._at(series, h)
                time, rates = self._rates(states, near)
                if self._solves(series, h, rates):
                    break
                h, self.rejected = h / 2, self.rejected + 1
                longest = 4 * abs(h)  # what follows a spot where f is not smooth is tried with care
                if abs(h) < 1e-15 * abs(end - start):
                    raise FloatingPointError(
                        f"odeint_taylor: at t = {t} no step is short enough; f is not smooth there"
                    )
            while len(found) < len(times) and abs(times[len(found)] - start) <= abs(near - start):
                found.append(self._at(series, float(times[len(found)]) - t))
            self.steps += 1
            if near == end:
                return found
            if self.steps >= max_steps:
                raise RuntimeError(
                    f"odeint_taylor: {max_steps} steps reach t = {near} of {end}; the equation is stiff, f is not "
                    "smooth, or it made a plain number of t or y; or raise max_steps"
                )
            t = near

    def _series(self, rates: list[Variable], states: list[Variable], time: Variable) -> list[list[Any]]:
        """The coefficients of the states, order by order."""
        solution = Solution(rates, states, time, self.recorded)
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite coefficient is met in _length
            return [solution[k] for k in range(self.order + 1)]

    def _rates(self, states: list[Variable], t: float) -> tuple[Variable, list[Variable]]:
        """A Variable for the time, and f there."""
        time = wrap(np.asarray(t, dtype=states[0].dtype))
        with using_config("enable_backprop", True):
            result = self.f(self.rebuild(states), time, *self.args)
        rates = matching("odeint_taylor", result, self.tree, "f's result", "y0")
        for rate, y in zip(rates, states, strict=True):
            if not isinstance(rate, Variable):
                raise TypeError(
                    f"odeint_taylor: f returned {describe(rate)}; compute its result from its arguments with dezero's "
                    "or NumPy's functions, which gives a Variable"
                )
            if rate.shape != y.shape:
                raise ValueError(f"odeint_taylor: f returned a {describe(rate)} for a state of shape {y.shape}")
        return time, rates

    def _length(self, series: list[list[Any]], t: float, end: float, longest: float) -> float:
        """How far the series is good for, with the sign of the direction."""
        p = self.order
        sizes = {j: _size(series[j]) for j in (0, 1, p - 1, p)}
        if not all(math.isfinite(size) for size in sizes.values()):
            raise FloatingPointError(f"odeint_taylor: the solution or f is not finite at t = {t}")
        last = [j for j in (p - 1, p) if sizes[j]]
        # |y| in the step to come, which near a zero of y is larger than |y| now
        radius = min([(sizes[1] / sizes[j]) ** (1 / (j - 1)) for j in last if j > 1], default=0.0)
        self.scale = max(sizes[0], sizes[1] * radius)
        reach = min([(self.scale / sizes[j]) ** (1 / j) for j in last], default=math.inf)
        h = min(longest, reach * self.tol ** (1 / (p - 1)) * math.exp(-0.7 / (p - 1)))
        return math.copysign(min(h, abs(end - t)), end - t)

    def _solves(self, series: list[list[Any]], h: float, rates: list[Variable]) -> bool:
        """Whether the polynomial's derivative at the end of the step is f there."""
        slopes = self._at([[raw(c) * k for c in coefficients] for k, coefficients in enumerate(series)][1:], h)
        defect = _size([raw(rate) - raw(slope) for rate, slope in zip(rates, slopes, strict=True)])
        size = _size([raw(rate) for rate in rates])
        rounding = float(np.finfo(rates[0].dtype).eps) * abs(h) * size
        return abs(h) * defect <= _LOOSE * (self.tol * self.scale + rounding)  # nan is no solution either

    def _at(self, series: list[list[Any]], h: float) -> list[Variable]:
        """The polynomials at a distance, by Horner's rule."""
        if not h:
            series = series[:1]
        with using_config("enable_backprop", self.recorded):
            totals = series[-1]
            for coefficients in series[-2::-1]:
                totals = [total * h + c for total, c in zip(totals, coefficients, strict=True)]
        return [x if isinstance(x, Variable) else wrap(np.asarray(x)) for x in totals]


def _from_outside(rates: list[Variable], ours: list[Variable]) -> bool:
    """Whether f used a Variable of its own, older than the ones that it was given."""
    oldest = min([x._seq for x in ours])
    mine, stack = {id(x) for x in ours}, list(rates)
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in mine or id(node) in seen:
            continue
        if node._seq < oldest:
            return True
        seen.add(id(node))
        stack += [a for a in node._args if isinstance(a, Variable)]
    return False


def _size(arrays: list[Any]) -> float:
    return max([float(np.max(np.abs(raw(x)))) if x.size else 0.0 for x in arrays])


def _stacked(column: tuple[Variable, ...]) -> Variable:
    if any([x._args for x in column]):
        return operations.stack(column, axis=0)
    return wrap(np.stack([x._data for x in column]))
