"""Rows: the sparse Hessian of Rosenbrock's function, beside dense ones."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable, gradients
from dezero.derivatives.sparse.derivatives import sparse_hessian


def rosenbrock(x: Any) -> Any:
    """Return the sum of 100 (x_(i+1) - x_i²)² + (1 - x_i)², written once for every library."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def point(n: int) -> np.ndarray:
    """Return the point at which the Hessian is taken."""
    return np.linspace(-1, 1, n)


def reference(n: int) -> np.ndarray:
    """Return the Hessian's diagonal and what stands beside it, by the formula, shape (1, 2 n - 1)."""
    x = point(n)
    diagonal = np.zeros(n)
    diagonal[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    diagonal[1:] += 200
    return np.concatenate([diagonal, -400 * x[:-1]])[np.newaxis]


def _see(hessian: Any) -> Finding:
    matrix = hessian if hasattr(hessian, "diagonal") and hasattr(hessian, "tocsr") else np.asarray(hessian)
    return see_array(np.concatenate([matrix.diagonal(), matrix.diagonal(1)]))


def _from_nothing(n: int) -> Callable[[], object]:
    x = point(n)
    return lambda: sparse_hessian(rosenbrock)(x)


def _planned(n: int) -> Callable[[], object]:
    x = point(n)
    plan = sparse_hessian(rosenbrock).plan(x)
    return lambda: plan(x)


def _by_products(n: int) -> Callable[[], object]:
    def run() -> object:
        x = Variable(point(n))
        (g,) = gradients(rosenbrock(x), x, create_graph=True)
        return np.array([gradients(g, x, direction)[0].data for direction in np.eye(n)])

    return run


def _torch(n: int) -> Callable[[], object]:
    torch = peers.torch()
    x = torch.tensor(point(n))
    return lambda: torch.func.hessian(rosenbrock)(x)


def _jax(n: int) -> Callable[[], object]:
    jax = peers.jax()
    x = jax.numpy.asarray(point(n))
    hessian = jax.jit(jax.hessian(rosenbrock))
    return lambda: hessian(x).block_until_ready()


def _autograd(n: int) -> Callable[[], object]:
    import autograd

    x, numpy = point(n), peers.autograd().numpy
    hessian = autograd.hessian(lambda x: numpy.sum(100 * (x[1:] - x[:-1] ** 2) ** 2) + numpy.sum((1 - x[:-1]) ** 2))
    return lambda: hessian(x)


def _row(key: str, what: str, n: int, cases: dict[str, Case], **options: Any) -> Row:
    return Row(
        key=f"sparse/{key}",
        name=f"{n:,} variables, {what}",
        cases=cases,
        reference=lambda: reference(n),
        **options,
    )


def section(profile: Profile) -> Section:
    """Return the rows of both sizes."""
    n, many = max(profile.vectors), profile.long_chain
    others = {"PyTorch": Case(lambda: _torch(n), _see), "JAX": Case(lambda: _jax(n), _see)}
    others["autograd"] = Case(lambda: _autograd(n), _see, isolated=n > 100)
    return Section(
        "A sparse Hessian",
        "The Hessian of Rosenbrock's function, which is tridiagonal. *from nothing*: by `sparse_hessian(f)(x)`, which "
        "finds the pattern, colours it and takes three products, beside the dense Hessian of the peers "
        "(`torch.func.hessian`, `jax.hessian` compiled, `autograd.hessian`); *planned*: with pattern and colours "
        "known; *by products*: dense, one product with the Hessian a variable.",
        (
            _row("hessian", "from nothing", n, {"DeZero": Case(lambda: _from_nothing(n), _see), **others}),
            _row("planned", "planned", n, {"DeZero": Case(lambda: _planned(n), _see)}),
            _row("products", "by products", n, {"DeZero": Case(lambda: _by_products(n), _see)}),
            _row(
                "large",
                "from nothing",
                many,
                {"DeZero": Case(lambda: _from_nothing(many), _see, isolated=True)},
                unit="s",
                fresh=("DeZero",),
            ),
        ),
    )
