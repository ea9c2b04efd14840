"""Checks of gradients in whole arguments, and in leaves that are one axis of an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core import Variable
from dezero.core.dtypes import Array, Shape, is_inexact
from dezero.testing.problem import Problem
from dezero.testing.readings import contracted, plain, tangent
from dezero.testing.routes import gradient, s, straight
from dezero.testing.run import Run
from dezero.testing.trials import COMPLEX, DIFFERENCES, Trial, moved, straight_line


def check(run: Run, problem: Problem, orders: int, trial: Trial | None, under: str = "") -> None:
    """The first gradients element by element, all arguments at once and each alone, then contracted ones.

    trial: the problem along its curve; None for first gradients alone. under: the condition that this is part of.
    """
    case, moving = run.case, problem.moving
    expected = _expected(problem)
    scale = max([_least(problem), *[np.abs(g).max(initial=0.0) for g in expected.values()]])
    against = COMPLEX if case.holomorphic else DIFFERENCES
    for only in [moving] if len(moving) == 1 else [moving, *[[i] for i in moving]]:
        for reading in ("raw", "array", "plain"):
            if reading in case.without:
                continue
            with run.attempt(f"{under}: {reading}" if under else reading, 1):
                leaves = problem.leaves(only)
                found = _gradients(problem.phi(*leaves), [leaves[i] for i in only], reading)
                for i, g in zip(only, found, strict=True):
                    place = f" in argument {i} of shape {problem.xs[i].shape}"
                    run.compare(reading, 1, g, expected[i], scale, place, against, under)
                unchanged(run, leaves, problem.xs)
    if trial is not None and "array" not in case.without:
        with run.attempt(f"{under}: array" if under else "array"):
            _contracted(run, problem, orders, trial, under)


def _least(problem: Problem) -> float:
    """A hundredth of the value: a smaller gradient may be rounding."""
    return float(0.01 * np.abs(problem.phi_reference(*problem.xs)))


def _expected(problem: Problem) -> dict[int, Array]:
    holomorphic = problem.case.holomorphic
    found = gradient(problem.phi_reference, problem.xs, problem.vs, problem.moving, holomorphic)
    return dict(zip(problem.moving, found, strict=True))


def _gradients(y: Variable, leaves: list[Variable], reading: str) -> Sequence[Variable]:
    if reading == "plain":
        return [plain(y, leaf) for leaf in leaves]
    return gradients(y, leaves, create_graph=reading == "array")


def _contracted(run: Run, problem: Problem, orders: int, trial: Trial, under: str) -> None:
    expected = straight(trial.expected)
    leaves = problem.leaves()
    asked, vs = [leaves[i] for i in problem.moving], [problem.vs[i] for i in problem.moving]
    for order, y in enumerate(contracted(problem.phi(*leaves), asked, vs, min(orders, trial.orders)), 1):
        scale = np.maximum(np.abs(expected[order]), trial.floor(order))
        if not run.compare("array", order, y, expected[order], scale, " along a direction", trial.against, under):
            return


def unchanged(run: Run, leaves: Sequence[Variable | Array], xs: Sequence[Array]) -> None:
    """Record a failure where an operation changed its arguments."""
    for i, (leaf, x) in enumerate(zip(leaves, xs, strict=True)):
        if not np.array_equal(leaf.data if isinstance(leaf, Variable) else leaf, x, equal_nan=is_inexact(x)):
            run.certificate.fail("value", f"changes argument {i} in place")


def check_rows(run: Run, problem: Problem) -> None:
    """Gradients in leaves that are a number, or one axis of an argument.

    A tangent sweep is right only where the operation does not mix the elements of that axis.
    """
    expected = _expected(problem)
    ones = [np.ones_like(x) for x in problem.xs]
    least = _least(problem)
    for only, shape in _leaves(problem):
        for curve, directions in ((s, problem.vs), (straight_line, ones)):
            vs = [v if i in only else None for i, v in enumerate(directions)]

            def path(leaf: Variable, vs: Sequence[Array | None] = vs, curve: Callable[[Any], Any] = curve) -> Variable:
                return problem.phi(*moved(problem.xs, vs, leaf, curve))

            parts = [expected[i] * directions[i] for i in only]
            first = sum([_fitted(part, shape) for part in parts])
            size = max([least, *[_fitted(np.abs(part), shape).max(initial=0.0) for part in parts]])
            with run.attempt("rows"):
                place = f" in a leaf of shape {shape}, moving arguments {only}"
                _two_orders(run, path, np.zeros(shape), first, size, place)


def _two_orders(
    run: Run, path: Callable[[Variable], Variable], start: Array, first: Any, size: float, place: str
) -> None:
    """Order 1 against the gradient, order 2 against the plain reading, which other checks hold against other routes."""
    against = COMPLEX if run.case.holomorphic else DIFFERENCES
    leaf = Variable(start)
    once = tangent(path(leaf), leaf)
    if run.compare("rows", 1, once, first, size, place, against):
        other = Variable(start)
        expected = plain(plain(path(other), other).sum(), other).data
        scale = max(size, np.abs(expected).max(initial=0.0))
        run.compare("rows", 2, tangent(once.sum(), leaf), expected, scale, place)


def _leaves(problem: Problem) -> Iterator[tuple[list[int], Shape]]:
    """Places of arguments that move together, and the leaf's shape: a number, or one axis counted from the right."""
    shapes = {i: problem.xs[i].shape for i in problem.moving}
    deepest = max([len(shape) for shape in shapes.values()], default=0)
    for axis in range(deepest + 1):
        groups: dict[int, list[int]] = {}
        for i, shape in shapes.items():
            n = 0 if axis == 0 else shape[-axis] if len(shape) >= axis else 1
            if n != 1:
                groups.setdefault(n, []).append(i)
        for n, group in groups.items():
            leaf = (n, *[1] * (axis - 1)) if axis else ()
            yield from [([i], leaf) for i in group]
            if len(group) > 1:
                yield group, leaf


def _fitted(x: Array, shape: Shape) -> Array:
    """The sum over all but the leaf's axis."""
    kept = x.ndim - len(shape) if shape else None
    return x.sum(axis=tuple(axis for axis in range(x.ndim) if axis != kept)).reshape(shape)
