"""Rows: the price of an option by Black and Scholes with fourteen Greeks, of orders one to three."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

import dezero.functions as F
from benchmarks import peers
from benchmarks.compiled.greeks import RANGES, cases, price
from benchmarks.derivatives import as_rows
from benchmarks.rows import Profile, Row
from dezero import gradients

# Delta, vega, theta, rho; gamma, vanna, volga, charm, veta, vera; speed, zomma, colour, ultima.
ORDERS = (
    *((0,), (4,), (2,), (3,), (0, 0), (0, 4), (4, 4), (0, 2), (4, 2), (4, 3)),
    *((0, 0, 0), (0, 0, 4), (0, 0, 2), (4, 4, 4)),
)


def dezero_greeks(*given: Any) -> list[Any]:
    """Return the price's derivatives by the arguments that ORDERS names, each gradient taken once."""

    @functools.cache
    def slopes(*by: int) -> list[Any]:
        y = slopes(*by[:-1])[by[-1]] if by else price(F, F.erf, *given)
        return gradients(y, given, create_graph=True)

    return [slopes(*by)[last] for *by, last in ORDERS]


def jax_greeks(*given: Any) -> list[Any]:
    """Return the same by nested `jax.jvp`."""
    jax = peers.jax()

    def derivative(f: Callable[..., Any], i: int) -> Callable[..., Any]:
        def along(*a: Any) -> Any:
            move = lambda v: f(*a[:i], v, *a[i + 1 :])  # noqa: E731
            return jax.jvp(move, (a[i],), (jax.numpy.ones_like(a[i]),))[1]

        return along

    start = functools.partial(price, jax.numpy, jax.scipy.special.erf)
    return [functools.reduce(derivative, by, start)(*given) for by in ORDERS]


def by_formulas(s: Any, k: Any, t: Any, r: Any, sigma: Any) -> list[Any]:
    """Return the same by the formulas that textbooks give; those by time are by the years that are left."""
    root, normal = np.sqrt(t), scipy.special.ndtr
    d1 = (np.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * root)
    d2 = d1 - sigma * root
    density, discounted = np.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi), k * np.exp(-r * t)
    by_time = r / (sigma * root) - d2 / (2 * t)  # the derivative of d1
    theta = s * density * sigma / (2 * root) + r * discounted * normal(d2)
    gamma, vega, both = density / (s * sigma * root), s * density * root, d1 * d2
    ultima = -vega / sigma**2 * (both * (1 - both) + d1**2 + d2**2)
    return [
        *(normal(d1), vega, theta, discounted * t * normal(d2)),
        *(gamma, -density * d2 / sigma, vega * both / sigma, density * by_time),
        *(vega * (1 / (2 * t) - d1 * by_time), -vega * d1 * root / sigma),
        *(-gamma / s * (d1 / (sigma * root) + 1), gamma * (both - 1) / sigma),
        *(gamma * (-1 / (2 * t) - d1 * by_time), ultima),
    ]


def _row(points: int, dtype: type) -> Row:
    random = np.random.default_rng(0)
    given = [random.uniform(*bounds, points).astype(dtype) for bounds in RANGES]

    return Row(
        key=f"compiled/sensitivities/{np.dtype(dtype).name}",
        name=f"Black-Scholes, {len(ORDERS)} Greeks of orders 1 to 3, {points:,} points, {np.dtype(dtype).name}",
        cases=cases(dezero_greeks, lambda: peers.jax().jit(jax_greeks), given),
        reference=functools.cache(lambda: as_rows(by_formulas(*[a.astype(float) for a in given]))),
        tolerance=1e-9 if dtype is np.float64 else 1e-2,
        rounds=5,
    )


def rows(profile: Profile) -> list[Row]:
    """Return the row of the fourteen derivatives in both precisions."""
    return [_row(10**5 if profile.large else 4, dtype) for dtype in (np.float64, np.float32)]
