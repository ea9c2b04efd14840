"""Trials: a path from a leaf to a result, and the derivatives expected along it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero.core import Variable
from dezero.core.dtypes import Array, Shape, is_real
from dezero.series import Expansion
from dezero.testing.cases import Case
from dezero.testing.problem import Problem, data, sampled
from dezero.testing.readings import TooLarge, repeated, tangent
from dezero.testing.routes import CURVE, STEP, central, complex_derivatives, mpmath_derivatives, s

POINTS = 5  # of an element-wise function, in each of two lots of data
MPMATH, COMPLEX, DIFFERENCES = "mpmath", "complex plane", "differences"


@dataclass
class Trial:
    """path takes a leaf to a result of its shape; expected: the result's derivatives at `start`, orders 0 up."""

    path: Callable[[Variable], Variable]
    start: Array
    expected: Array
    orders: int
    against: str
    words: str = ""

    def scale(self, order: int) -> Array:
        """The number by which an error of this order is divided: the size of the derivative, element by element.

        Where that is smaller, at a zero of the derivative, the geometric mean of the neighbouring orders, or `floor`.
        """
        size = np.abs(self.expected)
        scale = size[order]
        if 0 < order < len(size) - 1:
            scale = np.maximum(scale, np.sqrt(size[order - 1]) * np.sqrt(size[order + 1]))
        if self.against == MPMATH:
            return np.where(scale > 0, scale, scale.max(initial=0.0))
        return np.maximum(scale, self.floor(order))

    def floor(self, order: int) -> float:
        """A hundredth of what the function's size, in any order, makes of the curve's derivative of this order."""
        sizes = [np.abs(y).max(initial=0.0) / _of_curve(n) for n, y in enumerate(self.expected)]
        return 0.01 * _of_curve(order) * max(sizes)


def _of_curve(order: int) -> float:
    return math.factorial(order) * CURVE ** max(order - 1, 0)


def pointwise(case: Case, orders: int, nodes: int) -> list[list[Trial]]:
    """Trials of an element-wise case on vectors of points, each on two lots of data of one structure."""
    count = max([POINTS, *[len(a.also) + 3 for a in case.arguments]])
    shapes = [(count,)] * len(case.arguments)
    lots = [sampled(case, shapes, "first lot", also=case.mp is not None), sampled(case, shapes, "second lot")]
    (xs, vs), _ = lots
    moving = [i for i, x in enumerate(xs) if is_real(x)]
    if case.mp is None:
        return [_curve(case, xs, vs, count, orders, nodes)]
    groups = [[_alone(case, xs, vs, i, orders) for xs, vs in lots] for i in moving]
    if len(moving) > 1:
        groups.append([_together(case, xs, vs, start, orders) for start in (0.0, 0.25)])
    return groups


def moved(xs: Sequence[Array], vs: Sequence[Any], t: Any, curve: Callable[[Any], Any] = s) -> list[Any]:
    """The arguments at x + v curve(t); those without direction stay."""
    step = curve(t)
    return [x if v is None else x + v * step for x, v in zip(xs, vs, strict=True)]


def along_curve(problem: Problem, orders: int, nodes: int) -> list[Trial]:
    """The problem's number along its curve, in a scalar leaf."""
    xs, vs = problem.xs, problem.vs
    return along(
        lambda t: problem.phi(*moved(xs, vs, t)),
        lambda t: problem.phi_reference(*moved(xs, vs, t)),
        (),
        problem.case,
        orders,
        nodes,
    )


def along(
    path: Callable[[Variable], Variable],
    value: Callable[[Any], Any],
    shape: Shape,
    case: Case,
    orders: int,
    nodes: int,
) -> list[Trial]:
    """Trials at two points of a curve, against the complex plane where the case's reference holds there."""
    trials = []
    for at in (0.0, 0.1):
        start = np.full(shape, at)
        if case.holomorphic:
            expected = complex_derivatives(value, start, orders + 1)
        else:
            expected = _by_differences(path, value, start, orders, nodes)
        against = COMPLEX if case.holomorphic else DIFFERENCES
        reached = min(orders, len(expected) - 1)
        trials.append(Trial(path, start, expected, reached, against, f" on the curve at t = {at}"))
    return trials


def _by_differences(
    path: Callable[[Variable], Variable], value: Callable[[Array], object], start: Array, orders: int, nodes: int
) -> Array:
    """Each order by central differences of the recorded derivative of one order less, order 1 of the reference.

    Where the recorded graph would grow too large, of the series' derivative of one order less.
    """
    lots = []
    for j in range(-4, 5):
        leaf = Variable(np.asarray(start + j * STEP))
        found = [np.asarray(value(leaf.data))]
        result = path(leaf)
        try:
            for y in repeated(result, leaf, tangent, nodes):
                if len(found) == orders:
                    break
                found.append(y.data)
        except TooLarge:
            series = Expansion(result, {leaf: [np.ones_like(leaf.data)]})
            found += [np.asarray(series[n] * math.factorial(n)) for n in range(len(found), orders)]
        lots.append(found)
    return np.array([lots[4][0], *[central(values) for values in zip(*lots, strict=True)]])


def _curve(case: Case, xs: list[Array], vs: list[Array | None], count: int, orders: int, nodes: int) -> list[Trial]:
    """An element-wise case along a curve through each point."""

    def path(t: Any) -> Any:
        return case.f(*moved(xs, vs, t))

    def value(t: Any) -> Any:
        return data((case.f if case.like is None else case.reference)(*moved(xs, vs, t)))

    return along(path, value, (count,), case, orders, nodes)


def _alone(case: Case, xs: list[Array], rooms: list[Any], i: int, orders: int) -> Trial:
    """One argument is the leaf; the others are Variables whose gradients are not computed."""

    def path(leaf: Variable) -> Variable:
        return case.f(*[leaf if k == i else Variable(x) if is_real(x) else x for k, x in enumerate(xs)])

    vs = [np.ones_like(x) if k == i else None for k, x in enumerate(xs)]
    words = "" if len(xs) == 1 else f" in argument {i}"
    return Trial(
        path, xs[i], mpmath_derivatives(case.mp or "", xs, vs, orders + 1), orders, MPMATH, f"{words} of {_listed(xs)}"
    )


def _together(case: Case, xs: list[Array], vs: list[Array | None], start: float, orders: int) -> Trial:
    """All arguments moving along a line."""

    def path(t: Any) -> Any:
        return case.f(*moved(xs, vs, t, straight_line))

    here = moved(xs, vs, start, straight_line)
    expected = mpmath_derivatives(case.mp or "", here, vs, orders + 1, np.full(xs[0].shape, 0.5))
    words = f" of {_listed(here)} along {_listed(vs)}"
    return Trial(path, np.full(xs[0].shape, start), expected, orders, MPMATH, words)


def straight_line(t: Any) -> Any:
    return t


def _listed(xs: Sequence[Array | None]) -> str:
    return ", ".join(str(x if x is None else x.tolist()) for x in xs)
