"""Programs and graphs compared with what the operations' values give, to the bit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero import Variable, gradients
from dezero.compiler.graph import Graph
from dezero.compiler.lower import lower
from dezero.compiler.replay import Replay
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


def assert_same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    assert len(found) == len(expected)
    for position, (a, b) in enumerate(zip(found, expected, strict=True)):
        a, b = np.asarray(a), np.asarray(b)
        same = bits(np.where(np.isnan(a), np.nan, a)) == bits(np.where(np.isnan(b), np.nan, b))
        assert same, f"result {position}: {a!r} is not {b!r}"


def assert_replays(program: Program, arrays: Sequence[np.ndarray], times: int = 3) -> Graph:
    """Replaying gives what running the program gives, the first time and later ones; returns the graph."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [y for y in program.run(on_arrays, arrays) if y is not None]
        graph = lower(program)
        replay = Replay(graph)
        before = [bits(a) for a in arrays]
        kept = [replay(*arrays) for _ in range(times)]
    for found in kept:
        assert_same(found, expected)
    assert [bits(a) for a in arrays] == before
    return graph
