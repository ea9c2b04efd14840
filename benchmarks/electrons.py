"""Rows: the Laplacian of a wave function's logarithm, as the kinetic energy of variational Monte Carlo needs it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import fastest, see_array
from benchmarks.rows import Case, Profile, Row, Section

WIDTH = 32


@functools.cache
def _walkers(electrons: int, walkers: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Coordinates of the electrons of each walker as one row, and the weights of the orbitals."""
    random = np.random.default_rng(0)
    x = random.normal(size=(walkers, 3 * electrons))
    shapes = ((4, WIDTH, 0.5), (WIDTH, WIDTH, 0.4), (WIDTH, electrons, 0.5))
    return x, [random.normal(size=(m, n)) * scale for m, n, scale in shapes]


def _logarithm(xp: Any, x: Any, weights: list[np.ndarray]) -> Any:
    """Return log psi at each row of x, by operations `xp`: a Slater determinant of a network, and a Jastrow factor."""
    electrons = weights[-1].shape[1]
    r = x.reshape((-1, electrons, 3))
    distance = xp.sqrt((r * r).sum(2)).reshape((-1, electrons, 1))
    h = xp.concatenate((r, distance), 2)
    for w in weights[:-1]:
        h = xp.tanh(h @ w)
    orbitals = (h @ weights[-1]) * xp.exp(-distance)
    i, j = np.triu_indices(electrons, 1)
    d = r[:, i] - r[:, j]
    apart = xp.sqrt((d * d).sum(2))
    return xp.slogdet(orbitals)[1] + (0.5 * apart / (1 + apart)).sum(1)


def _dezero(electrons: int, walkers: int) -> Callable[[], object]:
    x, weights = _walkers(electrons, walkers)
    laplacian = dezero.laplacian(lambda x: _logarithm(F, x if x.ndim == 2 else x.reshape((1, -1)), weights))
    return lambda: laplacian(x).data


def _of_one(weights: list[np.ndarray]) -> Callable[[Any], Any]:
    """Return log psi of one walker, by JAX's operations."""
    jax = peers.jax()
    numpy = jax.numpy

    class Operations:
        sqrt, tanh, exp, concatenate = numpy.sqrt, numpy.tanh, numpy.exp, numpy.concatenate
        slogdet = numpy.linalg.slogdet

    return lambda x: _logarithm(Operations, x[None], weights)[0]


def _jax(electrons: int, walkers: int) -> Callable[[], object]:
    jax = peers.jax()
    x, weights = _walkers(electrons, walkers)
    f, eye, points = _of_one(weights), jax.numpy.eye(x.shape[1]), jax.numpy.asarray(x)

    def by_columns(x: Any) -> Any:
        _, product = jax.linearize(jax.grad(f), x)
        return jax.lax.fori_loop(0, x.size, lambda i, total: total + product(eye[i])[i], 0.0)

    def trace(x: Any) -> Any:
        return jax.numpy.trace(jax.hessian(f)(x))

    ways = [jax.jit(jax.vmap(way)) for way in (by_columns, trace)]
    return fastest([lambda way=way: way(points).block_until_ready() for way in ways])


def _folx(electrons: int, walkers: int) -> Callable[[], object]:
    jax, folx = peers.jax(), peers.folx()
    x, weights = _walkers(electrons, walkers)
    f, points = _of_one(weights), jax.numpy.asarray(x)
    forwards = [folx.forward_laplacian(f, sparsity_threshold=threshold) for threshold in (0, 6)]
    ways = [jax.jit(jax.vmap(lambda x, forward=forward: forward(x).laplacian)) for forward in forwards]
    return fastest([lambda way=way: way(points).block_until_ready() for way in ways])


@functools.cache
def reference(electrons: int, walkers: int) -> np.ndarray:
    """Return the Laplacian by central differences of fourth order of the gradient, as one row."""
    x, weights = _walkers(electrons, walkers)
    slope = dezero.grad(lambda x: F.sum(_logarithm(F, x, weights)))
    found, step = np.zeros(walkers), 1e-3
    for k in range(x.shape[1]):
        at = {m: slope(x + m * step * np.eye(x.shape[1])[k]).data[:, k] for m in (-2, -1, 1, 2)}
        found += (at[-2] - 8 * at[-1] + 8 * at[1] - at[2]) / (12 * step)
    return found[np.newaxis]


def section(profile: Profile) -> Section:
    """Return the row of the wave function."""
    electrons, walkers = (24, 8) if profile.large else (3, 2)
    ways = {"DeZero": _dezero, "JAX": _jax, "folx": _folx}
    row = Row(
        key="electrons",
        name=f"{electrons} electrons, {walkers} walkers",
        cases={name: Case(functools.partial(way, electrons, walkers), see_array) for name, way in ways.items()},
        reference=lambda: reference(electrons, walkers),
        rounds=3,
    )
    return Section(
        "Laplacian of a wave function",
        "The Laplacian of log |psi| in the coordinates of all electrons: a Slater determinant of orbitals by a small "
        "network, with a Jastrow factor. DeZero by `laplacian`; JAX by the faster of products with the Hessian in a "
        "loop and its trace, folx by the faster of `forward_laplacian` with and without sparsity, both compiled and "
        "mapped over the walkers. *error* is against central differences of DeZero's gradient.",
        (row,),
    )
