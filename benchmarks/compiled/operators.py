"""Rows: the Laplacian and the biharmonic operator of a network."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import laplacian, peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row
from dezero.derivatives.operators import linear


def _compiled(row: Row, key: str) -> Row:
    """The row with DeZero's case compiled, and the case that it had under the name eager."""
    name, _, size = row.key.partition("/")
    d = int(size)
    widths = (d, 64, 64, 64, 1) if d >= 5 else (d, 3, 3, 1)
    x = np.random.default_rng(1).standard_normal((_POINTS.get(d, d + 1), d))
    weights, biases = laplacian.network(widths)

    def prepare() -> Callable[[], object]:
        apply = getattr(linear, name)(lambda x: laplacian.applied(F.tanh, x, weights, biases))
        run = dezero.compile(apply)
        return lambda: run(x)

    def see(found: Any) -> Finding:
        return Finding(np.asarray(found.data)[np.newaxis])

    cases = {"DeZero": Case(prepare, see), "eager": row.cases["DeZero"]}
    cases |= {library: case for library, case in row.cases.items() if library not in ("DeZero", "PyTorch")}
    if name == "biharmonic":
        cases["folx"] = Case(functools.partial(_folx_twice, x, weights, biases), see_array)
    return replace(row, key=key, cases=cases, rounds=5, reference=functools.cache(row.reference))


def _folx_twice(x: np.ndarray, weights: Any, biases: Any) -> Callable[[], object]:
    """The Laplacian of folx's Laplacian."""
    jax, forward = peers.jax(), peers.folx().forward_laplacian
    f = functools.partial(laplacian.applied, jax.numpy.tanh, weights=weights, biases=biases)
    inner = forward(f)
    outer = forward(lambda x: inner(x).laplacian)
    run, points = jax.jit(jax.vmap(lambda x: outer(x).laplacian)), jax.numpy.asarray(x)
    return lambda: run(points).block_until_ready()


_POINTS = {50: 1024, 5: 128, 3: 4, 2: 3}


def rows(profile: Profile) -> list[Row]:
    """Return the rows of the uncompiled suite that have these networks, compiled."""
    named = {row.key: row for row in laplacian.section(profile).rows}
    (d,) = [int(key.partition("/")[2]) for key in named if key.startswith("laplacian/") and key.count("/") == 1]
    (e,) = [int(key.partition("/")[2]) for key in named if key.startswith("biharmonic/")]
    return [
        _compiled(named[f"laplacian/{d}"], "compiled/laplacian"),
        _compiled(named[f"biharmonic/{e}"], "compiled/biharmonic"),
    ]
