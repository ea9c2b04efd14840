"""Rows: losses on differential equations as people write them, with one leaf of a few columns."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import dezero_leaves, slow_at, torch_leaves
from benchmarks.network import derivatives_by_series, network
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import gradients

Partial = Callable[..., Any]
"""`u(0, 0, 1, output=2)` is the derivative of output 2, (N, 1), twice in column 0 and once in column 1."""
DIRECTIONS = 8


@dataclass(frozen=True)
class Problem:
    """An equation: `residuals(u)` of the partial derivatives of a network of these widths, at so many points."""

    key: str
    name: str
    widths: Sequence[int]
    points: int
    residuals: Callable[[Partial], list[Any]]

    @functools.cached_property
    def leaves(self) -> list[np.ndarray]:
        """The points, and the network's matrices and biases in turn, from a fixed seed."""
        random = np.random.default_rng(0)
        found = [random.uniform(-1, 1, (self.points, self.widths[0]))]
        for inputs, outputs in pairwise(self.widths):
            found += [
                random.standard_normal((inputs, outputs)) / math.sqrt(inputs),
                random.standard_normal(outputs) / 4,
            ]
        return found


def nested(differentiate: Callable[[Any], Any], u: Any) -> Partial:
    """Return the partial derivatives by nested gradients, `g[:, j:j+1]` of each; every gradient is taken once."""

    @functools.cache
    def gradient(output: int, *columns: int) -> Any:
        return differentiate(partial(*columns, output=output))

    @functools.cache
    def partial(*columns: int, output: int = 0) -> Any:
        if not columns:
            return u if u.shape[1] == 1 else u[:, output : output + 1]
        *before, last = columns
        return gradient(output, *before)[:, last : last + 1]

    return partial


def by_series(points: np.ndarray, weights: Sequence[np.ndarray]) -> Partial:
    """Return the partial derivatives by power series in NumPy, along the lines that they need."""

    def along(line: Sequence[float], order: int, output: int) -> np.ndarray:
        last = [*weights[:-2], weights[-2][:, output : output + 1], weights[-1][output : output + 1]]
        return derivatives_by_series(points, last, order, np.array(line))[-1][:, np.newaxis]

    def partial(*columns: int, output: int = 0) -> np.ndarray:
        counts = [columns.count(j) for j in range(points.shape[1])]
        if not columns:
            return np.asarray(network(np, points, *weights))[:, output : output + 1]
        if len(columns) in counts:
            return along([float(bool(n)) for n in counts], len(columns), output)
        assert counts == [2, 2]  # u_xxyy from the fourth derivatives along four lines
        lines = {(1, 1): 1, (1, -1): 1, (1, 0): -2, (0, 1): -2}
        return sum(weight * along(line, 4, output) for line, weight in lines.items()) / 12

    return partial


def loss(residuals: Sequence[Any], mean: Callable[[Any], Any]) -> Any:
    """Return the sum of the residuals' mean squares."""
    return sum(mean(r * r) for r in residuals)


def reference(problem: Problem) -> np.ndarray:
    """Return the derivatives of the loss along some directions in the weights, by complex steps in the series."""
    points, *weights = problem.leaves
    step, found = 1e-30, []
    for direction in _directions(weights):
        moved = [w + 1j * step * d for w, d in zip(weights, direction, strict=True)]
        found.append(loss(problem.residuals(by_series(points.astype(complex), moved)), np.mean).imag / step)
    return np.array([found])


def _directions(weights: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    random = np.random.default_rng(1)
    return [[random.standard_normal(w.shape) for w in weights] for _ in range(DIRECTIONS)]


def _see(problem: Problem, found: Any) -> Finding:
    directions = _directions(problem.leaves[1:])
    return Finding(np.array([[sum(np.vdot(g, d) for g, d in zip(found, along, strict=True)) for along in directions]]))


def _row(problem: Problem, ladder: str = "", step: int = 0, alone: tuple[str, ...] = ()) -> Row:
    def dezero() -> Callable[[], object]:
        x, *weights = dezero_leaves(problem.leaves)
        F = peers.operations("DeZero")

        def run() -> object:
            u = nested(lambda y: gradients(y, x, create_graph=True)[0], network(F, x, *weights))
            return [g.data for g in gradients(loss(problem.residuals(u), F.mean), weights)]

        return run

    def torch() -> Callable[[], object]:
        torch, (x, *weights) = peers.torch(), torch_leaves(problem.leaves)
        grad = torch.autograd.grad

        def run() -> object:
            u = nested(lambda y: grad(y.sum(), x, create_graph=True)[0], network(torch, x, *weights))
            found = grad(loss(problem.residuals(u), torch.mean), weights, allow_unused=True)
            return [np.zeros(w.shape) if g is None else g.numpy() for g, w in zip(found, weights, strict=True)]

        return run

    return Row(
        key=f"columns/{problem.key}",
        name=problem.name,
        cases={
            "DeZero": Case(dezero, lambda found: _see(problem, found)),
            "PyTorch": Case(torch, lambda found: _see(problem, found), isolated="PyTorch" in alone),
        },
        reference=functools.cache(lambda: reference(problem)),
        ladder=ladder,
        step=step,
    )


def of_order(order: int, profile: Profile) -> Problem:
    """u_t + u u_x + the derivative of this order in x, for columns (x, t)."""
    widths = (2, 32, 32, 1) if profile.large else (2, 3, 3, 1)
    highest = (0,) * order if order > 1 else ()
    name = f"order {order}, {'-'.join(map(str, widths))}, {profile.points} points"
    return Problem(str(order), name, widths, profile.points, lambda u: [u(1) + u() * u(0) + u(*highest)])


def _cavity(u: Partial) -> list[Any]:
    """Steady flow: velocity (outputs 0 and 1) and pressure (output 2) in columns (x, y)."""

    def momentum(i: int) -> Any:
        def of(*columns: int) -> Any:
            return u(*columns, output=i)

        return u(output=0) * of(0) + u(output=1) * of(1) + u(i, output=2) - 0.01 * (of(0, 0) + of(1, 1))

    return [momentum(0), momentum(1), u(0, output=0) + u(1, output=1)]


def equations(profile: Profile) -> list[Problem]:
    """Columns (x, t), or (x, y) for the plate and the cavity."""
    hidden, points = ((50,) * 4, 2 * profile.points) if profile.large else ((3,) * 2, profile.points)
    one, three = (2, *hidden, 1), (2, *hidden, 3)

    def boussinesq(u: Partial) -> list[Any]:
        square = 2 * (u(0) * u(0) + u() * u(0, 0))
        return [u(1, 1) - u(0, 0) - square - u(0, 0, 0, 0) - u(0, 0, 0, 0, 0, 0)]

    return [
        Problem("ks", "Kuramoto-Sivashinsky", one, points, lambda u: [u(1) + u() * u(0) + u(0, 0) + u(0, 0, 0, 0)]),
        Problem("beam", "beam", one, points, lambda u: [u(1, 1) + u(0, 0, 0, 0)]),
        Problem("plate", "plate", one, points, lambda u: [u(0, 0, 0, 0) + 2 * u(0, 0, 1, 1) + u(1, 1, 1, 1) - 1]),
        Problem("cavity", "cavity", three, points, _cavity),
        Problem("boussinesq", "Boussinesq of order 6", one, points, boussinesq),
    ]


def section(profile: Profile) -> Section:
    """Return the rows by order, and those of equations."""
    rows = [_row(of_order(n, profile), "loss, columns", n, slow_at(n, PyTorch=4)) for n in profile.column_orders]
    rows += [_row(problem, alone=("PyTorch",)) for problem in equations(profile)]
    return Section(
        "Differential equations in one leaf of a few columns",
        "A tanh network in float64 on points X of shape (N, 2): `(g,) = gradients(u, X, create_graph=True)`, "
        "`u_x = g[:, 0:1]`, `gradients(u_x, X, create_graph=True)` and so on, and the gradient of the residual's mean "
        "square in the weights, with PyTorch in the same words. By order, the residual is u_t + u u_x + the n-th "
        "derivative in x; the equations have networks of 4 x 50 and 2,000 points. *error* is that of the gradient "
        "along eight directions, against complex steps in power series worked in NumPy.",
        tuple(rows),
    )
