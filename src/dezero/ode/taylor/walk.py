"""Differential equations by Taylor series of high order, with steps as long as the series allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from dezero.autodiff.arguments import as_argument, check_callable, computed, refuse_nothing
from dezero.core.arraylike import raw
from dezero.core.config import recording, using_config
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Argument, Variable, wrap
from dezero.core.watch.watching import gives_plain_numbers, watching
from dezero.derivatives.trees import Rebuild, flatten, matching
from dezero.ode.taylor.adjoint import Adjoint
from dezero.ode.taylor.branches import Evaluation, made_plain
from dezero.ode.taylor.jumps import Knot, behind, refuse_jump
from dezero.ode.taylor.pieces import Pieces, polynomials
from dezero.ode.taylor.steps import Step
from dezero.ode.traced import noting_order, refuse_list
from dezero.series.equation import Solution

_PLACES = 200  # over the whole interval, at which the steps are compared with f
_CUT = 30  # steps in sequence that are cut short where f made plain numbers, before the integration is given up
_LOST = 4  # the same for steps cut short for their derivatives alone, of which rounding in f leaves no digits:
_SHORT = 1e-3  # of the length that the derivatives' series allow


class Asked(NamedTuple):
    """What odeint_taylor was asked for, by the names of its arguments."""

    f: Callable[..., Any]
    y0: Any
    t: Any
    order: int | None
    tol: float
    args: Sequence[Any]
    max_steps: int
    max_step: float | None


def walked(asked: Asked, dense_output: bool) -> tuple[Any, dict[str, Any]]:
    """The values and what odeint_taylor tells of them, in recorded steps where something can be differentiated."""
    f, y0, t, order, tol, args, max_steps, max_step = asked
    check_callable("odeint_taylor", f)
    gives_plain_numbers("odeint_taylor")
    times = times_of(t)
    leaves, rebuild = flatten(y0)
    states = [as_argument("odeint_taylor", x) for x in leaves]
    for y in states:
        if y.dtype.kind == "c":
            raise TypeError(f"odeint_taylor: y0 holds a {describe(y)}; give its real and imaginary parts as two arrays")
    if not states:
        raise ValueError("odeint_taylor: y0 holds no array; there is nothing to integrate")
    eps = max([float(np.finfo(y.dtype).eps) for y in states])
    if not 0 < tol < 1:
        raise ValueError(f"odeint_taylor: tol is {tol}; give a number between 0 and 1")
    walk = _Walk(f, args, rebuild, y0, max(tol, eps), order_for(order, max(tol, eps)), longest_of(max_step))
    given = [*leaves, *flatten(tuple(args))[0]]
    walk.recorded = recording() and any([isinstance(x, Variable) for x in given])
    walk.pieces = Pieces(rebuild, walk.recorded) if dense_output else None
    found = walk.through(states, times, max_steps)
    result = rebuild([_stacked(column) for column in zip(*found, strict=True)])
    told: dict[str, Any] = {"order": walk.order, "steps": walk.steps, "rejected": walk.rejected}
    if dense_output:
        told["sol"] = walk.pieces
    return result, told


def times_of(t: Any) -> Any:
    if isinstance(t, Variable):
        raise TypeError("odeint_taylor: t is a Variable; give times as plain numbers, they have no derivative here")
    if any([isinstance(leaf, Variable) for leaf in flatten(t)[0]]):
        raise TypeError(
            "odeint_taylor: t holds a Variable; give times as plain numbers, they have no derivative here (for one in "
            "the last time t1, integrate the rates times t1 - t0 over s from 0 to 1, with t = t0 + s * (t1 - t0) in f)"
        )
    times = np.asarray(t)
    if times.ndim != 1 or not times.size or times.dtype.kind not in "fiu":
        raise ValueError(f"odeint_taylor: t is a {describe(times)}; give a sequence of times, the first that of y0")
    times = times.astype(np.float64)
    gaps = np.diff(times)
    if not np.all(np.isfinite(times)) or not (np.all(gaps >= 0) or np.all(gaps <= 0)):
        raise ValueError(f"odeint_taylor: t must be finite and increase or decrease throughout, got {times}")
    return times


def refuse_more_steps(most: int, t: float, end: float) -> NoReturn:
    raise RuntimeError(
        f"odeint_taylor: {most} steps reach t = {t} of {end}; the equation is stiff, f is not smooth, or it made a "
        "plain number of t or y; or raise max_steps"
    )


def order_for(order: Any, tol: float) -> int:
    if order is None:
        return max(2, math.ceil(1 - math.log(tol) / 2))
    if not isinstance(order, int | np.integer) or isinstance(order, bool):
        raise TypeError(f"odeint_taylor: order is {describe(order)}; give a whole number")
    if order < 2:
        raise ValueError(f"odeint_taylor: order is {order}; give 2 or more")
    return int(order)


def longest_of(max_step: Any) -> float:
    if max_step is None:
        return math.inf
    if isinstance(max_step, bool) or not isinstance(max_step, int | float | np.number):
        raise TypeError(f"odeint_taylor: max_step is {describe(max_step)}; give a number above 0, or None")
    if not max_step > 0:
        raise ValueError(f"odeint_taylor: max_step is {max_step}; give a number above 0, or None")
    return float(max_step)


class _Walk:
    """The steps from the first time to the last."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        rebuild: Rebuild,
        tree: Any,
        tol: float,
        order: int,
        longest: float,
    ) -> None:
        self.f, self.args, self.rebuild, self.tree = f, args, rebuild, tree
        self.tol, self.order, self.longest = tol, order, longest
        self.recorded, self.judged = False, recording()  # judged: derivatives may be asked for
        self.steps = self.rejected = 0
        self.lost = self.cut = 0  # of the last steps, those cut for the derivatives, and for what no series tells
        self.scale = 0.0  # of |y|, in the running step
        self.pieces: Pieces | None = None  # the polynomials of all steps, where they are asked for

    def through(self, states: list[Variable], times: Any, max_steps: int) -> list[list[Variable]]:
        """The states at each of the times."""
        found: list[list[Variable]] = []
        start, end = float(times[0]), float(times[-1])
        t, longest = start, self.longest
        run = self._run(states, t)
        self.recorded = self.recorded or (recording() and _from_outside(run.rates, [*states, run.time]))
        while True:
            step = self._step(states, run, t, end, longest)
            series, h = step.series, step.h
            length, crosses = step.through(start, end, _PLACES)
            self._progress(step, length, crosses, careful=longest < self.longest)
            if length != h:
                self.rejected += 1
                # what follows a spot where f is not smooth is tried with care
                longest = longest if crosses else min(4 * abs(length), self.longest)
            else:
                longest = self.longest
            h, near = length, end if abs(length) >= abs(end - t) else t + length
            self._check(step, length, crosses, near, end)
            states = self._at(series, h)
            run = self._run(states, near)
            knot = step.knot(h, run, self.recorded) if self.judged else None
            if knot is not None:
                self.recorded = self.recorded or knot.moves  # with a Variable that nothing else depends on, maybe
                h = knot.at if abs(knot.at) < abs(h) else h
                near = t + h if h != length else near
                states = self._at(series, h)
                run = self._run(states, near)
                if knot.moves:
                    states = behind(states, knot, run)
                    run = self._run(states, near)
            while len(found) < len(times) and abs(times[len(found)] - start) <= abs(near - start):
                found.append(self._at(series, float(times[len(found)]) - t))
            if self.pieces is not None:
                self.pieces.recorded = self.recorded
                self.pieces.add(t, near, series)
            self.steps += 1
            if near == end:
                return found
            if self.steps >= max_steps:
                refuse_more_steps(max_steps, near, end)
            t = near

    def _step(self, states: list[Variable], run: Evaluation, t: float, end: float, longest: float) -> Step:
        """The next step, as long as the series of the solution and of its derivatives allow."""
        series = self._series(run)
        h = self._length(series, t, end, longest)
        adjoint = Adjoint(self._apart(states, t), self.order, self.tol) if self.recorded and h else None
        if adjoint is not None:
            h = math.copysign(min(abs(h), adjoint.length), h)
        return Step(self._run, series, t, h, run, self.tol, self.scale, adjoint)

    def _progress(self, step: Step, length: float, crosses: bool, careful: bool) -> None:
        """Errors where steps are cut short again and again, at no place where f is not smooth.

        careful: whether the step was tried short, after one that was cut.
        """
        cut = length != step.h
        plain = cut and made_plain(step.start)
        self.lost = self.lost + 1 if step.underivable and not plain and abs(length) < _SHORT * step.derivable else 0
        if crosses or not (cut or careful):
            self.cut = 0
        elif plain:
            self.cut += 1
        if self.lost == _LOST:
            refuse_jump(Knot(0.0, 1, [], None, True, "the derivatives of f"), step.t)
        if self.cut == _CUT:
            raise RuntimeError(
                f"odeint_taylor: at t = {step.t:.6g} f computes with t or y inside no_grad, or with plain numbers made "
                "of them, so that no series follows it; compute with Variables, outside no_grad"
            )

    def _check(self, step: Step, length: float, crosses: bool, near: float, end: float) -> None:
        """Errors for a step that is no longer than times can be told apart, but for one across a knot."""
        stuck = near != end and (near == step.t or (not crosses and abs(length) <= step.least))
        if stuck and step.derivable < math.inf:
            refuse_jump(Knot(0.0, 1, [], None, True, "f"), step.t)  # a slope of f grows beyond all bounds
        if stuck or not step.finite(length):
            raise FloatingPointError(
                f"odeint_taylor: no step is short enough at t = {step.t}; f or a derivative of it changes there faster "
                "than times can be told apart, or y runs to infinity"
            )

    def _apart(self, states: list[Variable], t: float) -> Evaluation:
        """f for the same states as leaves of their own."""
        return self._run([Argument(np.array(y._data)) for y in states], t)

    def _series(self, run: Evaluation) -> list[list[Any]]:
        """The coefficients of the states, order by order."""
        solution = Solution(run.rates, run.states, run.time, self.recorded)
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite coefficient is met in _length
            return [solution[k] for k in range(self.order + 1)]

    def _run(self, states: list[Variable], t: float) -> Evaluation:
        """f for these states, at a time that is a Variable of its own."""
        time = Argument(np.asarray(t, dtype=states[0].dtype))
        noting = noting_order("odeint_taylor", self.f, self.tree)
        with using_config("enable_backprop", True), watching() as watch, noting:  # a plain number is met in Step
            rates = self._checked(self.f(self.rebuild(states), time, *self.args), states)
        return Evaluation(states, time, rates, watch)

    def _checked(self, result: Any, states: list[Variable]) -> list[Any]:
        """The rates of the states; errors for those that do not fit."""
        if not flatten(result)[0]:
            refuse_nothing("odeint_taylor", result)
        refuse_list("odeint_taylor", result, self.tree)
        rates = matching("odeint_taylor", result, self.tree, "f's result", "y0")
        for rate, y in zip(rates, states, strict=True):
            if computed("odeint_taylor", rate).shape != y.shape:
                raise ValueError(f"odeint_taylor: f returned a {describe(rate)} for a state of shape {y.shape}")
        return rates

    def _length(self, series: list[list[Any]], t: float, end: float, longest: float) -> float:
        """How far the series is good for, with the sign of the direction."""
        p = self.order
        sizes = {j: _size(series[j]) for j in (0, 1, p - 1, p)}
        low = 1  # the lowest coefficient besides y itself: of what starts at rest it is a later one
        while not sizes[low] and low < p - 1:
            low += 1
            sizes[low] = _size(series[low])
        if not all(math.isfinite(size) for size in sizes.values()):
            raise FloatingPointError(f"odeint_taylor: the solution or f is not finite at t = {t}")
        last = [j for j in (p - 1, p) if sizes[j]]
        # |y| in the step to come, which near a zero of y is larger than |y| now
        radius = min([(sizes[low] / sizes[j]) ** (1 / (j - low)) for j in last if j > low], default=0.0)
        self.scale = max(sizes[0], sizes[low] * radius**low)
        reach = min([(self.scale / sizes[j]) ** (1 / j) for j in last], default=math.inf)
        h = min(longest, reach * self.tol ** (1 / (p - 1)) * math.exp(-0.7 / (p - 1)))
        return math.copysign(min(h, abs(end - t)), end - t)

    def _at(self, series: list[list[Any]], h: float) -> list[Variable]:
        return polynomials(series, h, self.recorded)


def _from_outside(rates: Sequence[Variable], ours: list[Variable]) -> bool:
    """Whether f used a Variable of its own, older than the ones that it was given."""
    oldest = min([x._age for x in ours])
    mine, stack = {id(x) for x in ours}, list(rates)
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in mine or id(node) in seen:
            continue
        if node._age < oldest:
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
