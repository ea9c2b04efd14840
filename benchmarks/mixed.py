"""Rows: mixed partial derivatives in two leaves, and in nine."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero
from benchmarks import peers
from benchmarks.derivatives import dezero_leaves, partial_cases, see_array, slow_at, torch_leaves
from benchmarks.rows import Case, Profile, Row, Section
from dezero import Variable, gradients

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


# -- once by each of nine variables ----------------------------------------------------------------------------


def _of_many(m: Any, leaves: Sequence[Any]) -> Any:
    """Return exp(sin(s)) tanh(q) / sqrt(1 + q), s linear in the leaves and q the sum of their squares."""
    s = sum(a * x for a, x in enumerate(leaves, 1)) / 10
    q = sum(x * x for x in leaves)
    return m.exp(m.sin(s)) * m.tanh(q) / (1 + q) ** 0.5


def _point(n: int) -> np.ndarray:
    return np.linspace(0.1, 0.5, n)


def _by_gradients(n: int) -> Callable[[], object]:
    leaves = dezero_leaves(_point(n))

    def run() -> object:
        y = _of_many(peers.operations("DeZero"), leaves)
        for x in leaves:
            (y,) = gradients(y, x, create_graph=x is not leaves[-1])
        return y.data

    return run


def _by_partials(n: int) -> Callable[[], object]:
    x, operations = Variable(_point(n)), peers.operations("DeZero")
    return lambda: dezero.partials(_of_many(operations, list(x)), x, [(1,) * n], create_graph=False)[0].data


def _by_torch(n: int) -> Callable[[], object]:
    torch = peers.torch()
    leaves = torch_leaves(_point(n))

    def run() -> object:
        y = _of_many(torch, leaves)
        for x in leaves:
            (y,) = torch.autograd.grad(y, x, create_graph=x is not leaves[-1])
        return y.detach()

    return run


def many_reference(n: int) -> np.ndarray:
    """Return the derivative by each of n variables once, shape (1, 1): the coefficient of e_1 ... e_n where e_i^2 = 0.

    A number of this algebra is an array with a coefficient for each set of variables, the bits of its index.
    """
    sets, units = np.arange(2**n), 2 ** np.arange(n)

    def times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = np.zeros(2**n)
        for one in sets:
            others = sets[sets & one == 0]
            product[others | one] += a[one] * b[others]
        return product

    def applied(derivatives: Sequence[float], a: np.ndarray) -> np.ndarray:
        """The function of these derivatives at a[0], by its Taylor series, which ends after n terms."""
        small, found = np.where(sets == 0, 0.0, a), np.zeros(2**n)
        for k in reversed(range(n + 1)):
            found = times(found, small)
            found[0] += derivatives[k] / math.factorial(k)
        return found

    x, s, q = _point(n), np.zeros(2**n), np.zeros(2**n)
    s[0], s[units] = np.arange(1, n + 1) @ x / 10, np.arange(1, n + 1) / 10
    q[0], q[units] = x @ x, 2 * x
    powers, tanh = [np.polynomial.Polynomial([0, 1])], np.polynomial.Polynomial([1, 0, -1])  # tanh' = 1 - tanh^2
    for _ in range(n):
        powers.append(powers[-1].deriv() * tanh)
    roots = [math.prod(-0.5 - j for j in range(k)) * (1 + q[0]) ** (-0.5 - k) for k in range(n + 1)]
    sine = applied([math.sin(s[0] + k * math.pi / 2) for k in range(n + 1)], s)
    left = times(applied([math.exp(sine[0])] * (n + 1), sine), applied([p(math.tanh(q[0])) for p in powers], q))
    return times(left, applied(roots, q))[-1:, np.newaxis]


def _many_row(key: str, way: Callable[[int], Callable[[], object]], n: int) -> Row:
    return Row(
        key=f"mixed/many/{key}",
        name=f"once by each of {n} variables, DeZero by {key}",
        cases={"DeZero": Case(lambda: way(n), see_array), "PyTorch": Case(lambda: _by_torch(n), see_array)},
        reference=lambda: many_reference(n),
    )


def section(profile: Profile) -> Section:
    """Return the rows of mixed partials."""
    many = 9 if profile.large else 3
    return Section(
        "Mixed partial derivatives",
        f"All derivatives of tanh(ax) up to order n, by a and by x in turn, at a = {A}, x = {X}; DeZero by "
        "`gradients(u, leaf, create_graph=True)`. JAX and autograd give the last one alone; JAX under "
        "`jax.jit`, compilation and first run together. Below them one derivative of exp(sin(s)) tanh(q) / √(1+q) with "
        "s = (x₁ + 2x₂ + ...)/10 and q = x₁² + x₂² + ..., by `gradients` of `gradients` and by `dezero.partials`.",
        (
            *(_row(order) for order in profile.mixed_orders),
            _many_row("gradients", _by_gradients, many),
            _many_row("partials", _by_partials, many),
        ),
    )
