"""Rows: the gradient of a new mini-batch at each step, recorded, its data in plain arrays and in Variables."""

import itertools
from collections.abc import Callable

import numpy as np

import dezero.functions as F
from benchmarks.derivatives import dezero_leaves, joined, see_variables
from benchmarks.rows import Case, Profile, Row, Section
from dezero import Variable, gradients

Batch = tuple[np.ndarray, np.ndarray]


def _batch(size: int, number: int) -> Batch:
    random = np.random.default_rng(number)
    return random.normal(size=(size, 10)), random.normal(size=(size, 1))


def _weights() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.normal(size=shape) * 0.3 for shape in ((10, 50), (50,), (50, 50), (50,), (50, 1), (1,))]


def _step(size: int, wrap: Callable[[np.ndarray], object]) -> Callable[[], object]:
    """Return a step that takes the next batch, in new arrays: the answer of a first step is that of batch 0."""
    weights, batches = dezero_leaves(_weights()), itertools.cycle([_batch(size, number) for number in range(40)])

    def run() -> object:
        x, t = (wrap(array.copy()) for array in next(batches))
        for k in (0, 2, 4):
            x = F.linear(x, *weights[k : k + 2])
            x = F.tanh(x) if k < 4 else x
        return gradients(F.mean_squared_error(x, t), weights, create_graph=True)

    return run


def reference(size: int) -> np.ndarray:
    """Return the gradients of batch 0 by hand, as one row."""
    (x, t), weights = _batch(size, 0), _weights()
    layers = [x]
    for k in (0, 2, 4):
        y = layers[-1] @ weights[k] + weights[k + 1]
        layers.append(np.tanh(y) if k < 4 else y)
    delta, found = 2 * (layers.pop() - t) / t.size, []
    for k in (4, 2, 0):
        below = layers.pop()
        found[:0] = [below.T @ delta, delta.sum(0)]
        delta = (delta @ weights[k].T) * (1 - below**2)
    return joined(found)


def section(profile: Profile) -> Section:
    """Return the row of the step."""
    size = 100 if profile.large else 3
    row = Row(
        key="mini-batch",
        name=f"10-50-50-1, batch {size}",
        cases={
            "DeZero": Case(lambda: _step(size, lambda array: array), see_variables),
            "Variables": Case(lambda: _step(size, Variable), see_variables),
        },
        reference=lambda: reference(size),
    )
    return Section(
        "Mini-batches as plain arrays",
        "The gradients of a tanh network's mean squared error in all weights under `create_graph=True`, in float64, a "
        "batch in new arrays at each step: *DeZero* with plain arrays, *Variables* with each batch in Variables.",
        (row,),
    )
