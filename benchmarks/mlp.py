"""Rows: one step of training a small network, up to the gradients."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import dezero_leaves, joined, see_arrays, see_variables, torch_leaves
from benchmarks.rows import Case, Profile, Row, Section

SIZES, BATCH = (10, 64, 64, 1), 32


def _data() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    random = np.random.default_rng(0)
    weights = []
    for inputs, outputs in pairwise(SIZES):
        weights.append((random.standard_normal((inputs, outputs)) / np.sqrt(inputs)).astype(np.float32))
        weights.append((0.1 * random.standard_normal(outputs)).astype(np.float32))
    x = random.standard_normal((BATCH, SIZES[0])).astype(np.float32)
    return x, np.sin(x.sum(axis=1, keepdims=True)), weights


def _loss(operations: Any, x: Any, target: Any, weights: Any) -> Any:
    """Return the mean squared error of tanh layers with a linear one last."""
    y = x
    for k in range(0, len(weights), 2):
        y = operations.matmul(y, weights[k]) + weights[k + 1]
        if k + 2 < len(weights):
            y = operations.tanh(y)
    error = y - target
    return operations.mean(error * error)


def _reference() -> np.ndarray:
    """Return the gradients by hand, in float64."""
    x, target, weights = _data()
    activations = [x.astype(float)]
    for k in range(0, len(weights), 2):
        z = activations[-1] @ weights[k].astype(float) + weights[k + 1]
        activations.append(np.tanh(z) if k + 2 < len(weights) else z)
    delta = 2 * (activations[-1] - target) / target.size
    found: list[np.ndarray] = []
    for k in reversed(range(0, len(weights), 2)):
        below = activations[k // 2]
        found[:0] = [below.T @ delta, delta.sum(axis=0)]
        delta = (delta @ weights[k].astype(float).T) * (1 - below**2)
    return joined(found)


def _dezero() -> Callable[[], object]:
    x, target, arrays = _data()
    operations, weights = peers.operations("DeZero"), dezero_leaves(arrays)

    def run() -> object:
        for weight in weights:
            weight.cleargrad()
        _loss(operations, x, target, weights).backward()
        return [weight.grad for weight in weights]

    return run


def _torch() -> Callable[[], object]:
    torch = peers.torch()
    x, target, arrays = _data()
    x, target = torch.tensor(x), torch.tensor(target)
    weights = torch_leaves(arrays)

    def run() -> object:
        for weight in weights:
            weight.grad = None
        _loss(torch, x, target, weights).backward()
        return [weight.grad for weight in weights]

    return run


def _jax() -> Callable[[], object]:
    jax, operations = peers.jax(), peers.operations("JAX")
    x, target, weights = jax.tree.map(jax.numpy.asarray, _data())
    step = jax.jit(jax.value_and_grad(lambda weights: _loss(operations, x, target, weights)))
    return lambda: jax.block_until_ready(step(weights))[1]


def _autograd() -> Callable[[], object]:
    operations = peers.operations("autograd")
    x, target, weights = _data()
    step = peers.autograd().value_and_grad(lambda weights: _loss(operations, x, target, weights))
    return lambda: step(weights)[1]


def section(profile: Profile) -> Section:
    """Return the row of the training step."""
    row = Row(
        key="mlp",
        name="-".join(map(str, SIZES)) + f", batch {BATCH}",
        cases={
            "DeZero": Case(_dezero, see_variables),
            "PyTorch": Case(_torch, see_arrays),
            "JAX": Case(_jax, see_arrays),
            "autograd": Case(_autograd, see_arrays),
        },
        reference=_reference,
        unit="µs",
        tolerance=1e-5,
    )
    return Section(
        "A step of training",
        "Forward, mean squared error and the gradients of all weights of a tanh network in float32. "
        "JAX compiled (`jax.jit`), its compilation not counted; the others eager.",
        (row,),
    )
