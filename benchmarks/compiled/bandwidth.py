"""Row: a formula that memory bounds, on two threads, beside a triad of three arrays in the same run."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Profile, Row
from dezero import Variable

THREADS = 2


def written(sin: Callable[[Any], Any], a: Any, b: Any, x: Any) -> Any:
    """Return the formula, written once for every library."""
    return a * x + b * sin(x)


def _triad(a: np.ndarray, x: np.ndarray, b: float) -> Callable[[], object]:
    """y = a + b x by Numba on as many threads: what the memory gives, at as many bytes as the formula moves."""
    numba = peers.numba()
    numba.set_num_threads(THREADS)

    @numba.njit(parallel=True, fastmath=True)
    def triad(a: Any, x: Any, y: Any) -> None:
        for i in numba.prange(len(y)):
            y[i] = a[i] + b * x[i]

    y = np.empty_like(x)

    def run() -> object:
        triad(a, x, y)
        return y

    return run


def rows(profile: Profile) -> list[Row]:
    """Return the row of y = a x + b sin x."""
    points = 10**7 if profile.large else 5
    x, a, b = np.random.default_rng(0).uniform(-1, 1, points), 1.5, 0.5

    def compiled() -> Callable[[], object]:
        run, leaf = dezero.compile(functools.partial(written, F.sin, a, b), threads=THREADS), Variable(x)
        return lambda: run(leaf).data

    def eager() -> Callable[[], object]:
        leaf = Variable(x)
        return lambda: written(F.sin, a, b, leaf).data

    return [
        Row(
            key="compiled/bandwidth",
            name=f"a x + b sin x, {points:,} points, {THREADS} threads, beside a triad",
            cases={
                "DeZero": Case(compiled, see_array),
                "eager": Case(eager, see_array),
                "Numba": Case(lambda: _triad(x.copy(), x, b)),
            },
            reference=lambda: written(np.sin, a, b, x)[np.newaxis],
            rounds=5,
            threads=THREADS,
        )
    ]
