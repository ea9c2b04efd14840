"""Rows: a very long chain of operations, each run in a process of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable

FACTOR = 1.0000001


def _multiplied(x: Any, length: int) -> Any:
    for _ in range(length):
        x = x * FACTOR
    return x


def _dezero_leaf() -> Variable:
    return Variable(np.array(1.0))


def _torch_leaf() -> Any:
    torch = peers.torch()
    return torch.tensor(1.0, dtype=torch.float64, requires_grad=True)


def _sweep(leaf: Callable[[], Any], length: int) -> Callable[[], object]:
    x = leaf()

    def run() -> object:
        y = _multiplied(x, length)
        y.backward()
        return x.grad, y  # y too, so that freeing the chain stays outside the time

    return run


def _freeing(leaf: Callable[[], Any], length: int) -> Callable[[], object]:
    x = leaf()
    y = _multiplied(x, length)
    y.backward()
    held = [y]
    del y

    def run() -> object:
        held.clear()
        return x.grad, None

    return run


def _see_dezero(result: Any) -> Finding:
    return see_array(result[0].data)


def _see_torch(result: Any) -> Finding:
    return see_array(result[0])


def _row(work: str, prepare: Callable, profile: Profile) -> Row:
    length = profile.long_chain
    return Row(
        key=f"long-chain/{work}",
        name=f"{length:,} operations, {work}",
        cases={
            "DeZero": Case(lambda: prepare(_dezero_leaf, length), _see_dezero, isolated=True),
            "PyTorch": Case(lambda: prepare(_torch_leaf, length), _see_torch, isolated=True),
        },
        reference=lambda: np.array([[FACTOR**length]]),
        unit="s",
        fresh=("DeZero", "PyTorch") if prepare is _sweep else (),
        rounds=profile.long_chain_rounds,
    )


def section(profile: Profile) -> Section:
    """Return the rows of the long chain."""
    return Section(
        "A very long chain",
        f"`x = x * {FACTOR}` on a scalar, recorded and differentiated, and the freeing of the graph as its "
        "last reference goes. Each library in a process of its own, in turns.",
        (
            _row("forward+backward", _sweep, profile),
            _row("freeing", _freeing, profile),
        ),
    )
