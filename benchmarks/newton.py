"""Rows: Newton's method with both derivatives taken automatically."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable

START, ITERATIONS = 2.0, 10


def _f(x: Any) -> Any:
    return x**4 - 2 * x**2


def _dezero() -> Callable[[], object]:
    def run() -> Variable:
        x = Variable(np.array(START))
        for _ in range(ITERATIONS):
            y = _f(x)
            x.cleargrad()
            y.backward(create_graph=True)
            gx: Any = x.grad
            x.cleargrad()
            gx.backward()
            gx2: Any = x.grad
            x.data -= gx.data / gx2.data
        return x

    return run


def _torch() -> Callable[[], object]:
    torch = peers.torch()

    def run() -> object:
        x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        for _ in range(ITERATIONS):
            (gx,) = torch.autograd.grad(_f(x), x, create_graph=True)
            (gx2,) = torch.autograd.grad(gx, x)
            with torch.no_grad():
                x -= gx / gx2
        return x.detach()

    return run


def _composed(grad: Callable, start: object) -> Callable[[], object]:
    def run() -> object:
        first = grad(_f)
        second = grad(first)
        x = start
        for _ in range(ITERATIONS):
            x = x - first(x) / second(x)
        return x

    return run


def _see_dezero(x: Any) -> Finding:
    return see_array(x.data)


def section(profile: Profile) -> Section:
    """Return the row of Newton's method."""
    row = Row(
        key="newton",
        name="x⁴ - 2x² from x = 2",
        cases={
            "DeZero": Case(_dezero, _see_dezero),
            "PyTorch": Case(_torch, see_array),
            "JAX": Case(lambda: _composed(peers.jax().grad, peers.jax().numpy.asarray(START)), see_array),
            "autograd": Case(lambda: _composed(peers.autograd().grad, START), see_array),
        },
        reference=lambda: np.array([[1.0]]),
        fresh=("DeZero",),
    )
    return Section(
        "Newton's method",
        f"{ITERATIONS} steps `x -= f'(x) / f''(x)`, the second derivative from the first one's graph. "
        "Every library eager.",
        (row,),
    )
