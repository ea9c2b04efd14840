"""Rows: the price of an option by Black and Scholes, and its derivatives."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import as_rows
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Variable, gradients

# Spot price, strike, years, rate of interest, volatility.
RANGES = ((50, 150), (50, 150), (0.1, 2), (0, 0.1), (0.1, 0.5))


def price(ops: Any, erf: Callable[[Any], Any], s: Any, k: Any, t: Any, r: Any, sigma: Any) -> Any:
    """Return the price of a call option, written once for every library."""
    spread = sigma * ops.sqrt(t)
    d1 = (ops.log(s / k) + (r + 0.5 * sigma * sigma) * t) / spread
    d2 = d1 - spread

    def normal(d: Any) -> Any:
        return 0.5 * (1 + erf(d * (1 / math.sqrt(2))))

    return s * normal(d1) - k * ops.exp(-r * t) * normal(d2)


def dezero_greeks(s: Any, k: Any, t: Any, r: Any, sigma: Any) -> list[Any]:
    """Return price, delta, gamma, vega, theta and rho."""
    p = price(F, F.erf, s, k, t, r, sigma)
    delta, by_t, rho, vega = gradients(p, (s, t, r, sigma), create_graph=True)
    (gamma,) = gradients(delta, s, create_graph=True)
    return [p, delta, gamma, vega, -by_t, rho]


def by_formulas(s: Any, k: Any, t: Any, r: Any, sigma: Any) -> list[Any]:
    """Return the same by the formulas that textbooks give."""
    root, normal = np.sqrt(t), scipy.special.ndtr
    d1 = (np.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * root)
    d2 = d1 - sigma * root
    density, discounted = np.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi), k * np.exp(-r * t)
    theta = -s * density * sigma / (2 * root) - r * discounted * normal(d2)
    p = s * normal(d1) - discounted * normal(d2)
    return [p, normal(d1), density / (s * sigma * root), s * density * root, theta, discounted * t * normal(d2)]


def jax_greeks() -> Callable[..., Any]:
    """Return the same by nested `jax.grad`, compiled."""
    jax = peers.jax()

    def total(*given: Any) -> Any:
        return price(jax.numpy, jax.scipy.special.erf, *given).sum()

    def greeks(*given: Any) -> Any:
        delta, by_t, rho, vega = jax.grad(total, (0, 2, 3, 4))(*given)
        gamma = jax.grad(lambda *given: jax.grad(total)(*given).sum())(*given)
        return [price(jax.numpy, jax.scipy.special.erf, *given), delta, gamma, vega, -by_t, rho]

    return jax.jit(greeks)  # type: ignore[no-any-return]


def _numba(given: Sequence[np.ndarray]) -> Callable[[], object]:
    numba = peers.numba()
    root2, density0 = 1 / math.sqrt(2), 1 / math.sqrt(2 * math.pi)

    @numba.njit(fastmath=True)
    def by_hand(s: Any, k: Any, t: Any, r: Any, v: Any, out: Any) -> None:
        for i in range(len(s)):
            root = math.sqrt(t[i])
            d1 = (math.log(s[i] / k[i]) + (r[i] + 0.5 * v[i] * v[i]) * t[i]) / (v[i] * root)
            d2 = d1 - v[i] * root
            n1, n2 = 0.5 * (1 + math.erf(d1 * root2)), 0.5 * (1 + math.erf(d2 * root2))
            density, discounted = math.exp(-0.5 * d1 * d1) * density0, k[i] * math.exp(-r[i] * t[i])
            out[0, i], out[1, i] = s[i] * n1 - discounted * n2, n1
            out[2, i], out[3, i] = density / (s[i] * v[i] * root), s[i] * density * root
            out[4, i] = -s[i] * density * v[i] / (2 * root) - r[i] * discounted * n2
            out[5, i] = discounted * t[i] * n2

    results = np.empty((6, len(given[0])))

    def run() -> object:
        by_hand(*given, results)
        return results

    return run


def _torch_compiled(given: Sequence[np.ndarray]) -> Callable[[], object]:
    torch = peers.torch()

    def total(*given: Any) -> Any:
        return price(torch, torch.erf, *given).sum()

    def greeks(*given: Any) -> Any:
        delta, by_t, rho, vega = torch.func.grad(total, (0, 2, 3, 4))(*given)
        gamma = torch.func.grad(lambda *given: torch.func.grad(total)(*given).sum())(*given)
        return [price(torch, torch.erf, *given), delta, gamma, vega, -by_t, rho]

    compiled, tensors = torch.compile(greeks), [torch.tensor(a) for a in given]
    return lambda: compiled(*tensors)


def see(found: Sequence[Any]) -> Finding:
    """The values of several results, each a row."""
    return Finding(as_rows([getattr(y, "data", y) for y in found]))


def cases(
    f: Callable[..., Any], jitted: Callable[[], Callable[..., Any]], given: Sequence[np.ndarray]
) -> dict[str, Case]:
    """A function of arrays compiled, eager, and by JAX. jitted: gives the function for JAX."""

    def compiled() -> Callable[[], object]:
        run, leaves = dezero.compile(f), [Variable(a) for a in given]
        return lambda: run(*leaves)

    def eager() -> Callable[[], object]:
        leaves = [Variable(a) for a in given]
        return lambda: f(*leaves)

    def jax() -> Callable[[], object]:
        run, arrays = jitted(), [peers.jax().numpy.asarray(a) for a in given]
        return lambda: peers.jax().block_until_ready(run(*arrays))

    return {"DeZero": Case(compiled, see), "eager": Case(eager, see), "JAX": Case(jax, see)}


def rows(profile: Profile) -> list[Row]:
    """Return the row of the price with five derivatives."""
    points = 10**6 if profile.large else 4
    random = np.random.default_rng(0)
    given = [random.uniform(*bounds, points) for bounds in RANGES]
    return [
        Row(
            key="compiled/black-scholes",
            name=f"Black-Scholes with 5 Greeks, {points:,} points",
            cases={
                **cases(dezero_greeks, jax_greeks, given),
                "Numba": Case(functools.partial(_numba, given), see),
                "PyTorch": Case(functools.partial(_torch_compiled, given), see),
            },
            reference=functools.cache(lambda: as_rows(by_formulas(*given))),
            rounds=5,
        )
    ]
