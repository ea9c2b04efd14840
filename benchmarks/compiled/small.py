"""Rows: functions of a few numbers, and sums of a thousand small terms."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import fastest, joined
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Variable


def valley(v: Any) -> Any:
    """Rosenbrock's function of two numbers."""
    return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2


def chain(total: Callable[[Any], Any], x: Any) -> Any:
    """Rosenbrock's function of many numbers."""
    return total(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def _see(found: Any) -> Finding:
    parts = found if isinstance(found, tuple | list) else [found]
    return Finding(joined([np.asarray(getattr(y, "data", y)) for y in parts]))


def _buffered(function: Any, given: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Callable[[], object]:
    """A CasADi function by its buffer interface, which fills the results."""
    buffer, evaluate = function.buffer()
    for k, array in enumerate(given):
        buffer.set_arg(k, memoryview(array))
    for k, array in enumerate(results):
        buffer.set_res(k, memoryview(array))

    def run(keep: object = buffer) -> object:
        evaluate()
        return results

    return run


def _valley() -> Row:
    x = np.array([1.2, 0.7])

    def everything(x: np.ndarray) -> tuple[np.ndarray, ...]:
        v = Variable(x)
        y = valley(v)
        (g,) = dezero.gradients(y, v, create_graph=True)
        return y.data, g.data, dezero.hessian(valley)(v).data

    def compiled() -> Callable[[], object]:
        run = dezero.compile(everything)
        run(x)
        return lambda: run(x)

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        run = jax.jit(lambda x: (valley(x), jax.grad(valley)(x), jax.hessian(valley)(x)))
        point = jax.numpy.asarray(x)
        return lambda: jax.block_until_ready(run(point))

    def casadi() -> Callable[[], object]:
        casadi = peers.casadi()
        v = casadi.SX.sym("v", 2)
        hessian, gradient = casadi.hessian(valley(v), v)
        function = casadi.Function("all", [v], [valley(v), gradient, casadi.densify(hessian)])
        return _buffered(function, [x], [np.zeros(1), np.zeros(2), np.zeros((2, 2))])

    return Row(
        key="compiled/valley",
        name="R² → R: value, gradient and Hessian, NumPy in and out",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(lambda: functools.partial(everything, x), _see),
            "JAX": Case(jax, _see),
            "CasADi": Case(casadi, _see),
        },
        reference=lambda: joined(everything(x)),
        unit="µs",
        rounds=5,
    )


def _chain(profile: Profile) -> list[Row]:
    n = 1000 if profile.large else 4
    random = np.random.default_rng(0)
    x, v = random.standard_normal(n), random.standard_normal(n)
    f = functools.partial(chain, F.sum)

    def casadi(what: str) -> Callable[[], object]:
        casadi = peers.casadi()
        s, d = casadi.SX.sym("s", n), casadi.SX.sym("d", n)
        y = chain(casadi.sum1, s)
        if what == "gradient":
            return _buffered(casadi.Function("g", [s], [casadi.gradient(y, s)]), [x], [np.zeros(n)])
        product = casadi.jtimes(casadi.gradient(y, s), s, d)
        return _buffered(casadi.Function("h", [s, d], [product]), [x, v], [np.zeros(n)])

    def jax(what: str) -> Callable[[], object]:
        jax = peers.jax()
        points = [jax.numpy.asarray(a) for a in (x, v)]
        gradient = jax.grad(functools.partial(chain, jax.numpy.sum))
        if what == "gradient":
            run = jax.jit(gradient)
            return lambda: run(points[0]).block_until_ready()
        ways = [
            jax.jit(lambda x, v: jax.jvp(gradient, (x,), (v,))[1]),
            jax.jit(lambda x, v: jax.grad(lambda x: jax.numpy.vdot(gradient(x), v))(x)),
        ]
        return fastest([lambda way=way: way(*points).block_until_ready() for way in ways])

    ways: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "gradient": (dezero.grad(f), (x,)),
        "hvp": (lambda x, v: dezero.hvp(f, (x,), (v,)), (x, v)),
    }

    def row(what: str, way: Callable[..., Any], given: tuple[Any, ...]) -> Row:
        def compiled() -> Callable[[], object]:
            run = dezero.compile(lambda *given: way(*given).data)
            run(*given)
            return lambda: run(*given)

        return Row(
            key=f"compiled/rosenbrock/{what}",
            name=f"Rosenbrock's function of {n} variables, {what}",
            cases={
                "DeZero": Case(compiled, _see),
                "eager": Case(lambda: lambda: way(*given), _see),
                "JAX": Case(functools.partial(jax, what), _see),
                "CasADi": Case(functools.partial(casadi, what), _see),
            },
            reference=functools.cache(lambda: _see(way(*given)).value),
            unit="µs",
            rounds=5,
        )

    return [row(what, *how) for what, how in ways.items()]


def rows(profile: Profile) -> list[Row]:
    """Return the rows of functions with few operations an element."""
    return [_valley(), *_chain(profile)]
