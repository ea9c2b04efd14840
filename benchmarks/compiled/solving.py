"""Rows: descents that are differentiated, sparse Hessians, forces, and searches for minima."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import batches, peers, sparse
from benchmarks.compiled.small import _buffered
from benchmarks.derivatives import joined, see_array
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Variable, gradients


def _see(found: Any) -> Finding:
    return Finding(joined([np.asarray(getattr(y, "data", y)) for y in found]))


# -- gradients through gradient descent ------------------------------------------------------------------------


def _slopes(p: Any, x: Any, y: Any) -> Any:
    return gradients(batches.square_loss(F, p, x, y), p, create_graph=True)


def _maml(count: int) -> Row:
    weights, data = batches.weights(batches.SINE), batches.tasks(count)
    over_tasks = dezero.vmap(functools.partial(batches.learned, F, _slopes), (None, 0, 0, 0, 0), fallback="error")

    def step(p: Any, *data: Any) -> Any:
        return gradients(F.sum(over_tasks(p, *data)), p)

    def compiled() -> Callable[[], object]:
        run, p = dezero.compile(step), [Variable(w) for w in weights]
        return lambda: run(p, *data)

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        slopes = jax.grad(functools.partial(batches.square_loss, jax.numpy))
        task = functools.partial(batches.learned, jax.numpy, slopes)
        run = jax.jit(jax.grad(lambda p, *data: jax.vmap(task, (None, 0, 0, 0, 0))(p, *data).sum()))
        p, arrays = [jax.numpy.asarray(w) for w in weights], [jax.numpy.asarray(a) for a in data]
        return lambda: jax.block_until_ready(run(p, *arrays))

    return Row(
        key="compiled/maml",
        name=f"MAML with {count} tasks",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(lambda: lambda: step([Variable(w) for w in weights], *data), _see),
            "JAX": Case(jax, _see),
        },
        reference=functools.cache(lambda: _see(batches._learned(count, mapped=False)()).value),
        tolerance=1e-9,
        rounds=5,
    )


# -- a sparse Hessian ------------------------------------------------------------------------------------------


def _sparse(n: int) -> Row:
    """The diagonal and what stands beside it: of three columns beside each other one product tells all numbers."""
    x, rows, colours = sparse.point(n), np.arange(n), [np.where(np.arange(n) % 3 == k, 1.0, 0.0) for k in range(3)]
    picks = [np.where(rows[: n - i] % 3 == (k - i) % 3, 1.0, 0.0) for i in range(2) for k in range(3)]

    def products(x: Any) -> Any:
        leaf = Variable(x)
        (g,) = gradients(sparse.rosenbrock(leaf), leaf, create_graph=True)
        found = [gradients(g, leaf, colour, create_graph=True)[0] for colour in colours]
        diagonal = sum([p * pick for p, pick in zip(found, picks[:3], strict=True)])
        beside = sum([p[:-1] * pick for p, pick in zip(found, picks[3:], strict=True)])
        return diagonal.data, beside.data

    def compiled() -> Callable[[], object]:
        run = dezero.compile(products)
        run(x)
        return lambda: run(x)

    def casadi() -> Callable[[], object]:
        casadi = peers.casadi()
        s = casadi.SX.sym("s", n)
        y = casadi.sum1(100 * (s[1:] - s[:-1] ** 2) ** 2 + (1 - s[:-1]) ** 2)
        hessian, _ = casadi.hessian(y, s)
        upper = casadi.triu(hessian)
        function = casadi.Function("h", [s], [upper])
        return _buffered(function, [x], [np.zeros(upper.nnz())])

    return Row(
        key="compiled/rosenbrock/sparse",
        name=f"Rosenbrock's function of {n} variables, sparse Hessian",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(lambda: lambda: products(x), _see),
            "CasADi": Case(casadi),
        },
        reference=lambda: sparse.reference(n),
        unit="µs",
        rounds=5,
    )


# -- forces between atoms --------------------------------------------------------------------------------------


def lattice(side: int, count: int) -> np.ndarray:
    """Return coordinates of atoms near the points of a cubic lattice."""
    points = np.stack(np.meshgrid(*[np.arange(side) * 1.2] * 3, indexing="ij"), -1).reshape(-1, 3)[:count]
    return points + np.random.default_rng(0).uniform(-0.1, 0.1, points.shape)


def _forces(side: int, count: int) -> Row:
    """The gradient of the energy of Lennard and Jones, over all pairs."""
    x, (i, j) = lattice(side, count), np.triu_indices(count, 1)

    def energy(x: Any) -> Any:
        d = x[i] - x[j]
        s = (d * d).sum(1) ** -3
        return 4 * (s * s - s).sum()

    def reference() -> np.ndarray:
        d = x[:, None] - x
        q = (d * d).sum(2) + np.eye(count)
        slope = 4 * (3 * q**-4 - 6 * q**-7) * (1 - np.eye(count))
        return joined([2 * (slope[:, :, None] * d).sum(1)])

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        run, point = jax.jit(jax.grad(energy)), jax.numpy.asarray(x)
        return lambda: run(point).block_until_ready()

    def compiled() -> Callable[[], object]:
        run, leaf = dezero.compile(dezero.grad(energy)), Variable(x)
        return lambda: [run(leaf)]

    return Row(
        key="compiled/forces",
        name=f"Lennard-Jones forces of {count} atoms",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(lambda: lambda: [dezero.grad(energy)(x)], _see),
            "JAX": Case(jax, lambda found: _see([found])),
        },
        reference=functools.cache(reference),
        rounds=5,
    )


# -- searches for minima ---------------------------------------------------------------------------------------


def _searches(problems: int) -> Row:
    """Rosenbrock's function of a few variables from many starts, by a trust region with its exact Hessian."""
    starts = np.random.default_rng(0).uniform(0.5, 1.5, (problems, 4))

    def search(f: Callable[..., Any]) -> np.ndarray:
        return np.array([dezero.optimize.minimize(f, x, method="trust-exact").x_flat for x in starts])

    def compiled() -> Callable[[], object]:
        return functools.partial(search, dezero.compile(sparse.rosenbrock))

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        minimize = peers.scipy().optimize.minimize
        both = jax.jit(jax.value_and_grad(sparse.rosenbrock))
        hessian = jax.jit(jax.hessian(sparse.rosenbrock))

        def run() -> object:
            options: dict[str, Any] = {"jac": True, "hess": hessian, "method": "trust-exact"}
            return np.array([minimize(both, x, **options).x for x in starts])

        return run

    return Row(
        key="compiled/searches",
        name=f"{problems} searches for a minimum in 4 variables, exact Hessians",
        cases={
            "DeZero": Case(compiled, lambda found: see_array(np.ravel(found))),
            "eager": Case(lambda: functools.partial(search, sparse.rosenbrock)),
            "JAX": Case(jax),
        },
        reference=lambda: np.ones((1, starts.size)),
        tolerance=1e-4,
        rounds=5,
    )


def rows(profile: Profile) -> list[Row]:
    """Return the rows of solutions, and of derivatives through them."""
    tasks, n, problems, atoms = (batches.TASKS, 1000, 20, (8, 500)) if profile.large else (2, 5, 2, (2, 5))
    return [_maml(tasks), _sparse(n), _forces(*atoms), _searches(problems)]
