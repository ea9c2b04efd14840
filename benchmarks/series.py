"""Rows: Taylor coefficients of functions of one number, all orders at once."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import Written, as_rows, torch_partials
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import taylor

POINT = 0.5
FUNCTIONS: dict[str, Written] = {
    "tanh x": lambda m, x: m.tanh(x),
    "exp(sin x) x": lambda m, x: m.exp(m.sin(x)) * x,
    "1/(1+x²)": lambda m, x: 1 / (1 + x * x),
}
FITTED = (10, 20, 40)
HIGHEST = {"PyTorch": 10, "JAX": 40}  # PyTorch's time is three times as long for each order


@functools.cache
def reference(name: str, order: int) -> np.ndarray | None:
    """Return the derivatives of orders 1 to `order` by mpmath in 60 digits, (order, 1); None where it is missing."""
    try:
        import mpmath
    except ImportError:
        return None
    with mpmath.workdps(60):
        series = mpmath.taylor(lambda x: FUNCTIONS[name](mpmath, x), mpmath.mpf(POINT), order)
        return np.array([[float(series[k] * mpmath.factorial(k))] for k in range(1, order + 1)])


def _see_taylor(coefficients: Any) -> Finding:
    return Finding(as_rows([c.item() * math.factorial(k) for k, c in enumerate(coefficients) if k]))


def _cases(f: Written, order: int) -> dict[str, Case]:
    def dezero() -> Callable[[], object]:
        return lambda: taylor(lambda x: f(F, x), POINT, order)

    def torch() -> Callable[[], object]:
        x = peers.torch().tensor(POINT, dtype=peers.torch().float64, requires_grad=True)
        return lambda: [d.detach().item() for d in torch_partials(f, [x], [0] * order)]

    def jax() -> Callable[[], object]:
        from jax.experimental.jet import jet

        operations, jax = peers.operations("JAX"), peers.jax()
        call = jax.jit(lambda x: jet(lambda x: f(operations, x), (x,), ([1.0] + [0.0] * (order - 1),))[1])
        call(POINT)
        return lambda: jax.block_until_ready(call(POINT))

    cases = {"DeZero": Case(dezero, _see_taylor)}
    for library, prepare in (("PyTorch", torch), ("JAX", jax)):
        if order <= HIGHEST[library]:
            cases[library] = Case(prepare, lambda found: Finding(as_rows(found)))
    return cases


def _row(name: str, order: int) -> Row:
    return Row(
        key=f"taylor/{name}/{order}",
        name=f"{name}, n = {order}",
        cases=_cases(FUNCTIONS[name], order),
        reference=lambda: reference(name, order),
    )


def section(profile: Profile) -> Section:
    """Return the rows of each function at each order."""
    return Section(
        "Taylor series",
        f"Derivatives of orders 1 to n at x = {POINT} in one sweep: DeZero by `taylor`, the function's run included; "
        "JAX by `jax.experimental.jet` under `jax.jit`, compiled before it is timed, for each function and n anew; "
        f"PyTorch by n gradients of gradients (up to n = {HIGHEST['PyTorch']}).",
        tuple(_row(name, order) for name in FUNCTIONS for order in ((5, *FITTED) if profile.large else (2, 3))),
    )


def exponent(orders: tuple[int, ...], seconds: list[float]) -> float:
    """Return p of the best fit seconds = c n^p."""
    return float(np.polyfit(np.log(orders), np.log(seconds), 1)[0])
