"""Rows: mixed partial derivatives in two leaves."""

import functools
import math

import numpy as np

from benchmarks.derivatives import partial_cases, slow_at
from benchmarks.rows import Profile, Row, Section

A, X = 0.7, 0.9


@functools.cache
def reference(order: int) -> np.ndarray | None:
    """Return the mixed partials of orders 1 to `order` of tanh(a x), by a and x in turn, shape (order, 1).

    By Leibniz's rule on d^k/da^k = x^k tanh^(k)(a x), with the derivatives of tanh from mpmath in 50 digits;
    None where mpmath is not installed.
    """
    try:
        import mpmath
    except ImportError:
        return None
    with mpmath.workdps(50):
        a, x = mpmath.mpf(A), mpmath.mpf(X)
        series = mpmath.taylor(mpmath.tanh, a * x, order)
        tanh = [series[k] * mpmath.factorial(k) for k in range(order + 1)]

        def partial(i: int, k: int) -> float:
            terms = (
                math.comb(k, j) * math.perm(i, j) * x ** (i - j) * a ** (k - j) * tanh[i + k - j]
                for j in range(min(i, k) + 1)
            )
            return float(sum(terms))

        return np.array([[partial((n + 1) // 2, n // 2)] for n in range(1, order + 1)])


def _row(order: int) -> Row:
    return Row(
        key=f"mixed/{order}",
        name=f"tanh(ax), n = {order}",
        cases=partial_cases(
            lambda m, a, x: m.tanh(a * x),
            [np.array(A), np.array(X)],
            [n % 2 for n in range(order)],
            slow_at(order, PyTorch=9, JAX=7, autograd=9),
        ),
        reference=lambda: reference(order),
        ladder="tanh(ax)",
        step=order,
        fresh=("DeZero",),
    )


def section(profile: Profile) -> Section:
    """Return the rows of mixed partials."""
    return Section(
        "Mixed partial derivatives",
        f"All derivatives of tanh(ax) up to order n, by a and by x in turn, at a = {A}, x = {X}; DeZero by "
        "`gradients(u, leaf, create_graph=True)`. JAX and autograd give the last one alone; JAX under "
        "`jax.jit`, compilation and first run together.",
        tuple(_row(order) for order in profile.mixed_orders),
    )
