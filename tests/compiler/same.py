"""Programs and graphs compared with what the operations' values give, to the bit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero import Variable, gradients
from dezero.compiler.graph import Graph
from dezero.compiler.lowering.lower import lower
from dezero.compiler.replay.replay import Replay
from dezero.rewriting.program import Program, on_arrays


def with_derivatives(leaves: Sequence[Variable], outputs: Sequence[Variable], order: int) -> list[Variable]:
    """The outputs, and the gradients of their sums up to an order."""
    found, last = list(outputs), list(outputs)
    for _ in range(order):
        total = sum([(y * 0.7).sum() for y in last if y.dtype.kind == "f"])
        if not isinstance(total, Variable):
            break
        last = [g for g in gradients(total, leaves, create_graph=True) if isinstance(g, Variable)]
        found += last
    return found


def bits(value: Any) -> tuple[Any, ...]:
    value = np.asarray(value)
    return value.shape, value.dtype, np.ascontiguousarray(value).tobytes()


def same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether results are equal to the bit, one nan being as good as another."""
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(found, expected, strict=True)]
    return all([bits(np.where(np.isnan(a), np.nan, a)) == bits(np.where(np.isnan(b), np.nan, b)) for a, b in pairs])


def assert_same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    assert same(found, expected), f"{found!r} is not {expected!r}"


def assert_replays(program: Program, arrays: Sequence[np.ndarray], times: int = 3) -> Graph:
    """Replaying gives what running the program gives, the first time and later ones; returns the graph."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = run(program, arrays)
        graph = lower(program)
        replay = Replay(graph)
        before = [bits(a) for a in arrays]
        kept = [replay(*arrays) for _ in range(times)]
        for found in kept:
            if not same(found, expected):
                # OpenBLAS rounds by where arrays lie in memory: then running the program gives several results.
                held, others = [], []
                for i in range(40):
                    held.append(np.empty(3 * i + 1))
                    others.append(run(program, arrays))
                assert any([same(found, other) for other in others]), f"{found!r} is not {expected!r}"
    assert [bits(a) for a in arrays] == before
    return graph


def run(program: Program, arrays: Sequence[np.ndarray]) -> list[Any]:
    return [y for y in program.run(on_arrays, arrays) if y is not None]
