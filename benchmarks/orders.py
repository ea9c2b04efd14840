"""Rows: the n-th derivative of functions of one number."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.derivatives import Written, by_backward, partial_cases, see_dezero, slow_at
from benchmarks.rows import Case, Profile, Row, Section
from dezero import Variable

POINT = 0.5
FUNCTIONS: dict[str, Written] = {
    "tanh x": lambda m, x: m.tanh(x),
    "sin x": lambda m, x: m.sin(x),
    "exp(sin x)": lambda m, x: m.exp(m.sin(x)),
    "1/(1+x²)": lambda m, x: 1 / (1 + x**2),
    "sigmoid x": lambda m, x: m.sigmoid(x),
    "100(tanh x - x²)² + (1-x)²": lambda m, x: 100 * (m.tanh(x) - x**2) ** 2 + (1 - x) ** 2,
}


@functools.cache
def reference(name: str, order: int) -> np.ndarray | None:
    """Return the derivatives of orders 1 to `order` at the point by mpmath, None where it is not installed.

    Worked in 50 digits and rounded to float64: an array of shape (order, 1).
    """
    try:
        import mpmath
    except ImportError:
        return None
    with mpmath.workdps(50):
        module = _Mpmath(mpmath)
        series = mpmath.taylor(lambda x: FUNCTIONS[name](module, x), mpmath.mpf(POINT), order)
        return np.array([[float(series[k] * mpmath.factorial(k))] for k in range(1, order + 1)])


class _Mpmath:
    """mpmath's functions under the names that the rows use."""

    def __init__(self, mpmath: Any) -> None:
        self.sin, self.tanh, self.exp = mpmath.sin, mpmath.tanh, mpmath.exp

    def sigmoid(self, x: Any) -> Any:
        return 1 / (1 + self.exp(-x))


def _cases(f: Written, order: int) -> Mapping[str, Case]:
    def dezero() -> Callable[[], object]:
        x = Variable(np.array(POINT))
        return lambda: by_backward(f, x, order)

    cases = dict(partial_cases(f, [np.array(POINT)], [0] * order, slow_at(order, PyTorch=10, JAX=9, autograd=9)))
    cases["DeZero"] = Case(dezero, see_dezero)
    return cases


def _row(name: str, order: int) -> Row:
    return Row(
        key=f"order/{name}/{order}",
        name=f"{name}, n = {order}",
        cases=_cases(FUNCTIONS[name], order),
        reference=lambda: reference(name, order),
        ladder=name,
        step=order,
        fresh=("DeZero",),
    )


def section(profile: Profile) -> Section:
    """Return the rows of each function at each order."""
    return Section(
        "The n-th derivative at a point",
        f"All derivatives of orders 1 to n at x = {POINT}: DeZero by n times `backward(create_graph=True)`, "
        "PyTorch by n times `torch.autograd.grad(..., create_graph=True)`. JAX and autograd compose their "
        "`grad` n times, which gives the n-th derivative alone; JAX under `jax.jit`, compilation and first "
        "run together. *nodes* counts the Variables reachable from DeZero's n-th derivative; *error* is "
        "its largest relative error over all orders, against mpmath in 50 digits.",
        tuple(_row(name, order) for name in FUNCTIONS for order in profile.orders),
    )
