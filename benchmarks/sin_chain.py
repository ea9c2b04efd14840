"""Rows: a chain of sines, the cost of one recorded operation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable

Run = Callable[[], object]


def _chain(sin: Callable, x: Any, length: int) -> Any:
    for _ in range(length):
        x = sin(x)
    return x


def _reference(start: np.ndarray, length: int, backward: bool) -> np.ndarray:
    y, slope = start, np.ones_like(start)
    for _ in range(length):
        slope = slope * np.cos(y)
        y = np.sin(y)
    return np.atleast_2d(slope if backward else y)


def _dezero(start: np.ndarray, length: int, backward: bool) -> Run:
    sin, x = peers.operations("DeZero").sin, Variable(np.array(start))

    def run() -> object:
        y = _chain(sin, x, length)
        if not backward:
            return y
        x.cleargrad()
        y.backward()
        return x.grad

    return run


def _torch(start: np.ndarray, length: int, backward: bool) -> Run:
    torch = peers.torch()
    x = torch.tensor(start, requires_grad=True)
    seed = torch.ones_like(x)

    def run() -> object:
        y = _chain(torch.sin, x, length)
        if not backward:
            return y.detach()
        x.grad = None
        y.backward(seed)
        return x.grad

    return run


def _jax(start: np.ndarray, length: int, backward: bool) -> Run:
    jax = peers.jax()
    x = jax.numpy.asarray(start)
    seed = jax.numpy.ones_like(x)

    def run() -> object:
        def function(x: Any) -> Any:
            return _chain(jax.numpy.sin, x, length)

        if not backward:
            return function(x).block_until_ready()
        _, pull = jax.vjp(function, x)
        return pull(seed)[0].block_until_ready()

    return run


def _autograd(start: np.ndarray, length: int, backward: bool) -> Run:
    autograd, sin = peers.autograd(), peers.operations("autograd").sin

    def run() -> object:
        pull, y = autograd.make_vjp(lambda x: _chain(sin, x, length))(start)
        return pull(np.ones_like(start)) if backward else y

    return run


def _see_dezero(y: Any) -> Finding:
    return see_array(y.data)


def _row(shape: str, start: np.ndarray, length: int, backward: bool) -> Row:
    work = "forward+backward" if backward else "forward"
    arguments = (start, length, backward)
    return Row(
        key=f"sin-chain/{shape}/{work}",
        name=f"{shape}, {work}",
        cases={
            "DeZero": Case(lambda: _dezero(*arguments), _see_dezero),
            "PyTorch": Case(lambda: _torch(*arguments), see_array),
            "JAX": Case(lambda: _jax(*arguments), see_array),
            "autograd": Case(lambda: _autograd(*arguments), see_array),
        },
        reference=lambda: _reference(*arguments),
        unit="µs",
        operations=length,
    )


def section(profile: Profile) -> Section:
    """Return the rows of the chain of sines."""
    starts = {"scalar": np.array(1.0)}
    starts.update({f"{size}-vector": np.linspace(0.1, 1.5, size) for size in profile.vectors})
    return Section(
        "One operation",
        f"Microseconds an operation in a chain of {profile.chain} sines in float64, recorded for "
        "differentiation (forward) and differentiated too (forward+backward); JAX records nothing in its "
        "forward. Every library eager.",
        tuple(
            _row(shape, start, profile.chain, backward) for shape, start in starts.items() for backward in (False, True)
        ),
    )
