"""Rows: steps of training networks, those that solve differential equations (PINNs) among them."""

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

Partials = Callable[[int, int], Any]
"""`u(2, 1)` is the derivative twice by x and once by t of the network's output, shape (N, 1)."""


@dataclass(frozen=True)
class Equation:
    """A differential equation in x and t. order: the highest derivative by x."""

    key: str
    name: str
    order: int
    residual: Callable[[Partials], Any]


EQUATIONS = (
    Equation("burgers", "Burgers", 2, lambda u: u(0, 1) + u(0, 0) * u(1, 0) - (0.01 / math.pi) * u(2, 0)),
    Equation("kdv", "Korteweg-de Vries", 3, lambda u: u(0, 1) + u(0, 0) * u(1, 0) + 0.0025 * u(3, 0)),
    Equation("ks", "Kuramoto-Sivashinsky", 4, lambda u: u(0, 1) + u(0, 0) * u(1, 0) + u(2, 0) + u(4, 0)),
    Equation("plate", "plate", 4, lambda u: u(4, 0) + 2 * u(2, 2) + u(0, 4) - 1.0),
)


def leaves(widths: Sequence[int], points: int, dtype: type) -> list[np.ndarray]:
    """Return x, t, and the network's matrices and biases in turn, from a fixed seed."""
    random = np.random.default_rng(0)
    found = [random.uniform(-1, 1, (points, 1)), random.uniform(0, 1, (points, 1))]
    for a, b in itertools.pairwise(widths):
        found += [random.standard_normal((a, b)) / math.sqrt(a), random.standard_normal(b) / 10]
    return [a.astype(dtype) for a in found]


def dezero_loss(equation: Equation, x: Any, t: Any, weights: Sequence[Any]) -> Any:
    """Return the mean square of the residual, its derivatives by nested gradients."""

    @functools.cache
    def u(by_x: int, by_t: int) -> Any:
        if by_x:
            return gradients(u(by_x - 1, by_t), x, create_graph=True)[0]
        if by_t:
            return gradients(u(0, by_t - 1), t, create_graph=True)[0]
        return network(F, F.concatenate([x, t], axis=1), *weights)

    r = equation.residual(u)
    return F.mean(r * r)


def dezero_step(equation: Equation) -> Callable[..., list[Any]]:
    """Return the loss and its gradient in the weights, as a function of x, t and the weights."""

    def step(x: Any, t: Any, *weights: Any) -> list[Any]:
        loss = dezero_loss(equation, x, t, weights)
        return [loss, *gradients(loss, weights, create_graph=True)]

    return step


def jax_losses(equation: Equation) -> list[Callable[..., Any]]:
    """Return the loss as a function of the weights, x and t, by scalar gradients, by tangents and by jet."""
    jax = peers.jax()
    numpy = jax.numpy
    from jax.experimental.jet import jet

    def net(weights: Any, x: Any, t: Any) -> Any:
        return network(numpy, numpy.concatenate([x, t], axis=-1), *weights)

    def by_gradients(weights: Any, x: Any, t: Any) -> Any:
        def derivative(by_x: int, by_t: int) -> Callable[..., Any]:
            if by_x:
                return jax.grad(derivative(by_x - 1, by_t), 0)  # type: ignore[no-any-return]
            if by_t:
                return jax.grad(derivative(0, by_t - 1), 1)  # type: ignore[no-any-return]
            return lambda a, b: net(weights, a[None], b[None])[0]

        point = lambda a, b: equation.residual(lambda i, j: derivative(i, j)(a, b))  # noqa: E731
        return numpy.mean(jax.vmap(point)(x[:, 0], t[:, 0]) ** 2)

    def by_tangents(weights: Any, x: Any, t: Any) -> Any:
        def derivative(by_x: int, by_t: int) -> Callable[..., Any]:
            if by_x:
                g = derivative(by_x - 1, by_t)
                return lambda x, t: jax.jvp(lambda x: g(x, t), (x,), (numpy.ones_like(x),))[1]
            if by_t:
                g = derivative(0, by_t - 1)
                return lambda x, t: jax.jvp(lambda t: g(x, t), (t,), (numpy.ones_like(t),))[1]
            return lambda x, t: net(weights, x, t)

        r = equation.residual(functools.cache(lambda i, j: derivative(i, j)(x, t)))
        return numpy.mean(r * r)

    def by_jet(weights: Any, x: Any, t: Any) -> Any:
        one = numpy.ones_like(x)
        rest = [numpy.zeros_like(x)] * (equation.order - 1)
        value, found = jet(lambda x: net(weights, x, t), (x,), ([one, *rest],))
        by_t = jax.jvp(lambda t: net(weights, x, t), (t,), (one,))[1]
        r = equation.residual(lambda i, j: by_t if j else [value, *found][i])
        return numpy.mean(r * r)

    return [by_gradients, by_tangents] + ([] if equation.key == "plate" else [by_jet])


def _see(found: Any) -> Finding:
    loss, *rest = found
    flat = rest[0] if len(rest) == 1 and isinstance(rest[0], tuple | list) else rest
    return Finding(joined([getattr(y, "data", y) for y in (loss, *flat)]))


def _jax(equation: Equation, given: Sequence[np.ndarray]) -> Callable[[], object]:
    jax = peers.jax()
    x, t, *weights = [jax.numpy.asarray(a) for a in given]
    steps = [jax.jit(jax.value_and_grad(loss)) for loss in jax_losses(equation)]
    return fastest([lambda step=step: jax.block_until_ready(step(weights, x, t)) for step in steps])


def _pinn(equation: Equation, dtype: type, profile: Profile) -> Row:
    widths, points = ((2, 50, 50, 50, 50, 1), 4000) if profile.large else ((2, 3, 3, 1), 5)
    given, step = leaves(widths, points, dtype), dezero_step(equation)

    def compiled() -> Callable[[], object]:
        run, variables = dezero.compile(step), [Variable(a) for a in given]
        return lambda: run(*variables)

    def eager() -> Callable[[], object]:
        x, t, *weights = [Variable(a) for a in given]

        def run() -> object:
            loss = dezero_loss(equation, x, t, weights)
            return [loss, *gradients(loss, weights)]

        return run

    exact = [a.astype(float) for a in given]
    return Row(
        key=f"compiled/pinn/{equation.key}/{np.dtype(dtype).name}",
        name=f"{equation.name}, {'-'.join(map(str, widths))}, {points:,} points, {np.dtype(dtype).name}",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(eager, _see),
            "JAX": Case(functools.partial(_jax, equation, given), _see),
        },
        reference=functools.cache(lambda: _see(step(*[Variable(a) for a in exact])).value),
        tolerance=1e-6 if dtype is np.float64 else 1e-2,
        rounds=5,
    )


def rows(profile: Profile) -> list[Row]:
    """Return the loss and its gradient for each equation, in both precisions."""
    return [_pinn(equation, dtype, profile) for equation in EQUATIONS for dtype in (np.float64, np.float32)]
