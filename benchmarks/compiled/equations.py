"""Rows: losses of networks 4 x 50 on differential equations in one leaf of columns, and on Poisson's equation."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import fastest, joined
from benchmarks.network import network
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Variable, gradients

Partial = Callable[..., Any]
"""`u(0, 0, 1)` is the derivative of the network twice in column 0 and once in column 1, of shape (N, 1)."""


@dataclass(frozen=True)
class Equation:
    """An equation in two columns: its residual of the partial derivatives."""

    key: str
    name: str
    residual: Callable[[Partial], Any]


def _cavity(u: Partial) -> Any:
    """The steady flow of a streamfunction, its velocity (u(1), -u(0))."""
    convected = u(1) * (u(0, 0, 0) + u(0, 1, 1)) - u(0) * (u(0, 0, 1) + u(1, 1, 1))
    return convected - 0.01 * (u(0, 0, 0, 0) + 2 * u(0, 0, 1, 1) + u(1, 1, 1, 1))


def _boussinesq(u: Partial) -> Any:
    square = 2 * (u(0) * u(0) + u() * u(0, 0))
    return u(1, 1) - u(0, 0) - square - u(0, 0, 0, 0) - u(0, 0, 0, 0, 0, 0)


EQUATIONS = (
    Equation("cavity", "cavity by its streamfunction", _cavity),
    Equation("boussinesq", "Boussinesq of order 6", _boussinesq),
)


def leaves(widths: Sequence[int], points: int) -> list[np.ndarray]:
    """Return the points, and the network's matrices and biases in turn, from a fixed seed."""
    random = np.random.default_rng(0)
    found = [random.uniform(-1, 1, (points, widths[0]))]
    for a, b in itertools.pairwise(widths):
        found += [random.standard_normal((a, b)) / math.sqrt(a), random.standard_normal(b) / 4]
    return found


def dezero_loss(equation: Equation, x: Any, *weights: Any) -> Any:
    """Return the mean square of the residual, by gradients of columns of gradients."""
    u = network(F, x, *weights)

    @functools.cache
    def slope(*columns: int) -> Any:
        return gradients(partial(*columns), x, create_graph=True)[0]

    @functools.cache
    def partial(*columns: int) -> Any:
        return slope(*columns[:-1])[:, columns[-1] : columns[-1] + 1] if columns else u

    r = equation.residual(partial)
    return F.mean(r * r)


def poisson_loss(x: Any, *weights: Any) -> Any:
    """Return the mean square of the Laplacian minus one."""
    r = dezero.laplacian(lambda x: network(F, x, *weights)[:, 0])(x) - 1.0
    return F.mean(r * r)


def with_slopes(loss: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Return the loss and its gradient in the weights, as a function of the points and the weights."""

    def step(x: Any, *weights: Any) -> list[Any]:
        y = loss(x, *weights)
        return [y, *gradients(y, weights, create_graph=True)]

    return step


def jax_loss(equation: Equation, nested: Callable[..., Any], weights: Any, x: Any) -> Any:
    """Return the same loss, by tangents along the columns, or by gradients at each point."""
    jax = peers.jax()
    axes = jax.numpy.eye(2)

    if nested is jax.jvp:

        @functools.cache
        def along(*columns: int) -> Callable[..., Any]:
            if not columns:
                return lambda x: network(jax.numpy, x, *weights)
            direction = jax.numpy.broadcast_to(axes[columns[-1]], x.shape)
            return lambda x: jax.jvp(along(*columns[:-1]), (x,), (direction,))[1]

        r = equation.residual(functools.cache(lambda *columns: along(*columns)(x)))
        return jax.numpy.mean(r * r)

    @functools.cache
    def derivative(*columns: int) -> Callable[..., Any]:
        if not columns:
            return lambda p: network(jax.numpy, p[None], *weights)[0, 0]
        return lambda p: jax.grad(derivative(*columns[:-1]))(p)[columns[-1]]

    point = lambda p: equation.residual(lambda *columns: derivative(*columns)(p))  # noqa: E731
    return jax.numpy.mean(jax.vmap(point)(x) ** 2)


def _see(found: Any) -> Finding:
    loss, *rest = found
    flat = rest[0] if len(rest) == 1 and isinstance(rest[0], tuple | list) else rest
    return Finding(joined([getattr(y, "data", y) for y in (loss, *flat)]))


def _jax(losses: Callable[[], list[Callable[..., Any]]], given: Sequence[np.ndarray]) -> Callable[[], object]:
    jax = peers.jax()
    x, *weights = [jax.numpy.asarray(a) for a in given]
    steps = [jax.jit(jax.value_and_grad(loss)) for loss in losses()]
    return fastest([lambda step=step: jax.block_until_ready(step(weights, x)) for step in steps])


def _both(equation: Equation) -> list[Callable[..., Any]]:
    jax = peers.jax()
    return [functools.partial(jax_loss, equation, jax.jvp)]


def _folx(weights: Any, x: Any) -> Any:
    jax = peers.jax()
    forward = peers.folx().forward_laplacian(lambda p: network(jax.numpy, p, *weights)[0])
    return jax.numpy.mean((jax.vmap(lambda p: forward(p).laplacian)(x) - 1.0) ** 2)


def _row(key: str, name: str, loss: Callable[..., Any], given: Sequence[np.ndarray], theirs: dict[str, Case]) -> Row:
    step = with_slopes(loss)

    def compiled() -> Callable[[], object]:
        run, variables = dezero.compile(step), [Variable(a) for a in given]
        return lambda: run(*variables)

    def eager() -> Callable[[], object]:
        variables = [Variable(a) for a in given]

        def run() -> object:
            y = loss(*variables)
            return [y, *gradients(y, variables[1:])]

        return run

    return Row(
        key=f"compiled/{key}",
        name=f"{name}, loss and gradient, {len(given[0]):,} points",
        cases={"DeZero": Case(compiled, _see), "eager": Case(eager, _see), **theirs},
        reference=functools.cache(lambda: _see(step(*[Variable(a) for a in given])).value),
        rounds=5,
    )


def rows(profile: Profile) -> list[Row]:
    """Return the rows of the equations in two columns, and of Poisson's in many."""
    hidden, points = ((50,) * 4, 2000) if profile.large else ((3,) * 2, 4)
    found = []
    for equation in EQUATIONS:
        given = leaves((2, *hidden, 1), points)
        theirs = {"JAX": Case(functools.partial(_jax, functools.partial(_both, equation), given), _see)}
        loss = functools.partial(dezero_loss, equation)
        found.append(_row(f"equations/{equation.key}", equation.name, loss, given, theirs))
    for d in (10, 100) if profile.large else (2, 3):
        given = leaves((d, *hidden, 1), points)
        theirs = {"folx": Case(functools.partial(_jax, lambda: [_folx], given), _see)}
        size = "few" if d < 100 and d != 3 else "many"
        found.append(_row(f"poisson/{size}", f"Poisson's equation in {d} variables", poisson_loss, given, theirs))
    return found
