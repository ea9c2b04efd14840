"""Rows: a formula and its first derivatives at many points."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import as_rows, fastest
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Variable, gradients

ORDER = 10


@dataclass(frozen=True)
class Formula:
    """A function of one number, written once for every library; heyoka has its own operators."""

    key: str
    name: str
    written: Callable[[Any, Any], Any]


FORMULAS = (
    Formula("exp-sin", "exp(sin x) x", lambda F, x: F.exp(F.sin(x)) * x),
    Formula("tanh", "tanh x", lambda F, x: F.tanh(x)),
)


def nested(written: Callable[[Any, Any], Any], order: int, x: Variable) -> list[Variable]:
    """Return the value and the derivatives up to an order, each a gradient of the last."""
    found = [written(F, x)]
    for _ in range(order):
        found += gradients(found[-1], x, create_graph=True)
    return found


def on_arrays(written: Callable[[Any, Any], Any], order: int, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the same from an array to arrays."""
    return tuple([y.data for y in nested(written, order, Variable(x))])


def jax_ways(formula: Formula, order: int) -> list[Callable[[Any], Any]]:
    """Return the same by `jet` and by nested tangents, not yet compiled."""
    jax = peers.jax()
    from jax.experimental.jet import jet

    def f(x: Any) -> Any:
        return formula.written(peers.operations("JAX"), x)

    def by_jet(x: Any) -> Any:
        one = jax.numpy.ones_like(x)
        value, found = jet(f, (x,), ([one] + [jax.numpy.zeros_like(x)] * (order - 1),))
        return [value, *found]

    def by_tangents(x: Any) -> Any:
        ways = [f]
        for _ in range(order):
            ways.append(lambda x, g=ways[-1]: jax.jvp(g, (x,), (jax.numpy.ones_like(x),))[1])
        return [way(x) for way in ways]

    return [by_jet, by_tangents] if order <= 5 else [by_jet]


def see(found: Any) -> Finding:
    """Return each array as a row."""
    return Finding(as_rows([getattr(y, "data", y) for y in found]))


def _jax(formula: Formula, order: int, x: np.ndarray) -> Callable[[], object]:
    jax = peers.jax()
    points = jax.numpy.asarray(x)
    compiled = [jax.jit(way) for way in jax_ways(formula, order)]
    return fastest([lambda way=way: jax.block_until_ready(way(points)) for way in compiled])


def _heyoka(formula: Formula, order: int, x: np.ndarray) -> Callable[[], object]:
    heyoka = peers.heyoka()
    variable = heyoka.make_vars("x")
    expressions = [formula.written(heyoka, variable)]
    for _ in range(order):
        expressions.append(heyoka.diff(expressions[-1], variable))
    compiled = heyoka.cfunc(expressions, [variable], compact_mode=False)
    points, results = x[np.newaxis], np.empty((order + 1, len(x)))

    def run() -> object:
        compiled(points, outputs=results)
        return results

    return run


def _row(formula: Formula, order: int, points: int) -> Row:
    x = np.random.default_rng(0).uniform(-1, 1, points)
    f = functools.partial(nested, formula.written, order)

    def compiled() -> Callable[[], object]:
        run = dezero.compile(functools.partial(on_arrays, formula.written, order))
        run(x)
        return lambda: run(x)

    def eager() -> Callable[[], object]:
        leaf = Variable(x)
        return lambda: f(leaf)

    return Row(
        key=f"compiled/{formula.key}/{points}",
        name=f"{formula.name}, value and {order} derivatives, {points:,} points",
        cases={
            "DeZero": Case(compiled, see),
            "eager": Case(eager, see),
            "JAX": Case(functools.partial(_jax, formula, order, x), see),
            "heyoka": Case(functools.partial(_heyoka, formula, order, x), see),
        },
        reference=functools.cache(lambda: see(f(Variable(x))).value),
        rounds=5,
    )


def _first(formula: Formula, order: int, points: int) -> Row:
    x = np.random.default_rng(0).uniform(-1, 1, points)
    f = functools.partial(nested, formula.written, order)

    def compiled() -> Callable[[], object]:
        from dezero.compiler.machine.llvm import clear_cache

        leaf = Variable(x)

        def run() -> object:
            clear_cache()
            dezero.clear_cache()
            return dezero.compile(f)(leaf)

        dezero.compile(lambda x: x + 1)(leaf)  # LLVM itself is loaded once a process
        return run

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        points = jax.numpy.asarray(x)
        by_jet, *_ = jax_ways(formula, order)
        return lambda: jax.block_until_ready(jax.jit(lambda x: by_jet(x))(points))

    return Row(
        key=f"compiled/{formula.key}/first",
        name=f"{formula.name}, first value and {order} derivatives, {points:,} points",
        cases={"DeZero": Case(compiled, see, cold=True), "JAX": Case(jax, see, cold=True)},
        reference=functools.cache(lambda: see(f(Variable(x))).value),
    )


def rows(profile: Profile) -> list[Row]:
    """Return the rows of each formula at many points and at few, and of the first call."""
    order, many, few = (ORDER, 10**6, 10**3) if profile.large else (2, 7, 3)
    found = [_row(formula, order, points) for formula in FORMULAS for points in (many, few)]
    return found + [_first(formula, order, many) for formula in FORMULAS]
