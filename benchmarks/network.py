"""Rows: high derivatives of a network in its input, as physics-informed networks take them."""

import functools
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.derivatives import (
    autograd_partial,
    dezero_leaves,
    dezero_partials,
    jax_partial,
    partial_cases,
    slow_at,
    torch_leaves,
    torch_partials,
)
from benchmarks.rows import Case, Finding, Profile, Row, Section

WIDTHS = (1, 16, 16, 1)
ALONE_ABOVE = {"PyTorch": 9, "JAX": 5, "autograd": 5}
"""The highest order at which a library still runs beside the others."""
WEIGHED = 8
"""From which order PyTorch's memory is measured."""


@functools.cache
def weights() -> tuple[np.ndarray, ...]:
    """Return the network's matrices and biases in turn, from a fixed seed."""
    random = np.random.default_rng(0)
    found = []
    for inputs, outputs in pairwise(WIDTHS):
        found.append(random.standard_normal((inputs, outputs)) / math.sqrt(inputs))
        found.append(0.5 * random.standard_normal(outputs))
    return tuple(found)


def inputs(shape: str, profile: Profile) -> np.ndarray:
    """Return the points, of shape (1, 1) or (N, 1)."""
    return np.array([[0.5]]) if shape == "scalar" else np.linspace(-1, 1, profile.column)[:, np.newaxis]


def network(operations: Any, x: Any, *weights: Any) -> Any:
    """Return the output of tanh layers with a linear one last, of shape (N, 1)."""
    y = x
    for k in range(0, len(weights), 2):
        y = operations.matmul(y, weights[k]) + weights[k + 1]
        if k + 2 < len(weights):
            y = operations.tanh(y)
    return y


def derivatives_by_series(x: np.ndarray, weights: Any, order: int, line: Any = 1.0) -> np.ndarray:
    """Return the derivatives of orders 1 to `order` of the network as its input moves on a line, shape (order, N).

    By power series in NumPy, so that no library is asked: a layer acts on each coefficient; y = tanh z
    follows from y' = (1 - y²) z'.
    """
    y = [x, np.ones_like(x) * line] + [np.zeros_like(x)] * (order - 1)
    for k in range(0, len(weights), 2):
        y = [c @ weights[k] for c in y]
        y[0] = y[0] + weights[k + 1]
        if k + 2 < len(weights):
            y = _tanh_series(y)
    return np.array([math.factorial(k) * y[k].ravel() for k in range(1, order + 1)])


def _tanh_series(z: list[np.ndarray]) -> list[np.ndarray]:
    y = [np.tanh(z[0])]
    slope = [1 - y[0] ** 2]
    for k in range(1, len(z)):
        y.append(sum(j * z[j] * slope[k - j] for j in range(1, k + 1)) / k)
        slope.append(-sum(y[j] * y[k - j] for j in range(k + 1)))
    return y


def loss_gradient_by_series(x: np.ndarray, order: int) -> np.ndarray:
    """Return the gradient in the weights of the derivative's mean square, by complex steps in the series."""
    step, found = 1e-30, []
    for k, weight in enumerate(weights()):
        for place in np.ndindex(weight.shape):
            moved = [w.astype(complex) for w in weights()]
            moved[k][place] += 1j * step
            found.append(np.mean(derivatives_by_series(x.astype(complex), moved, order)[-1] ** 2).imag / step)
    return np.array([found])


def _row(shape: str, order: int, profile: Profile) -> Row:
    x = inputs(shape, profile)
    return Row(
        key=f"network/{shape}/{order}",
        name=f"{shape}, n = {order}",
        cases=partial_cases(network, [x, *weights()], [0] * order, slow_at(order, **ALONE_ABOVE)),
        reference=lambda: derivatives_by_series(x, weights(), order),
        ladder=shape,
        step=order,
        fresh=("DeZero", "PyTorch") if order >= WEIGHED else ("DeZero",),
    )


def _loss_cases(x: np.ndarray, order: int) -> Mapping[str, Case]:
    leaves, by = [x, *weights()], [0] * order

    def dezero() -> Callable[[], object]:
        variables, mean = dezero_leaves(leaves), peers.operations("DeZero").mean

        def run() -> object:
            for variable in variables:
                variable.cleargrad()
            u = dezero_partials(network, variables, by)[-1]
            mean(u**2).backward()
            return [np.zeros(v.shape) if v.grad is None else v.grad.data for v in variables[1:]]

        return run

    def torch() -> Callable[[], object]:
        torch, tensors = peers.torch(), torch_leaves(leaves)

        def run() -> object:
            for tensor in tensors:
                tensor.grad = None
            u = torch_partials(network, tensors, by)[-1]
            torch.mean(u**2).backward()
            return [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors[1:]]

        return run

    def jax() -> Callable[[], object]:
        jax, mean = peers.jax(), peers.operations("JAX").mean
        arrays = [jax.numpy.asarray(leaf) for leaf in leaves]

        def run() -> object:
            u = jax_partial(network, by)
            gradient = jax.grad(lambda *leaves: mean(u(*leaves) ** 2), argnums=tuple(range(1, len(leaves))))
            return jax.block_until_ready(jax.jit(gradient)(*arrays))

        return run

    def autograd() -> Callable[[], object]:
        mean = peers.operations("autograd").mean

        def run() -> object:
            u = autograd_partial(network, by)
            return peers.autograd().grad(lambda weights: mean(u(x, *weights) ** 2))(weights())

        return run

    def see(gradients: Any) -> Finding:
        return Finding(np.concatenate([np.ravel(gradient) for gradient in gradients])[np.newaxis])

    alone = slow_at(order, **ALONE_ABOVE)
    return {
        "DeZero": Case(dezero, see),
        "PyTorch": Case(torch, see, isolated="PyTorch" in alone),
        "JAX": Case(jax, see, cold=True, isolated="JAX" in alone),
        "autograd": Case(autograd, see, isolated="autograd" in alone),
    }


def _loss_row(shape: str, order: int, profile: Profile) -> Row:
    x = inputs(shape, profile)
    return Row(
        key=f"network-loss/{shape}/{order}",
        name=f"loss, {shape}, n = {order}",
        cases=_loss_cases(x, order),
        reference=functools.cache(lambda: loss_gradient_by_series(x, order)),
        ladder=f"loss, {shape}",
        step=order,
        fresh=("DeZero",),
    )


def section(profile: Profile) -> Section:
    """Return the rows of the network and of a loss on its derivatives."""
    shapes = ("scalar", "column")
    rows = [_row(shape, order, profile) for shape in shapes for order in profile.network_orders]
    rows += [_loss_row("column", order, profile) for order in profile.loss_orders]
    return Section(
        "Derivatives of a network in its input",
        f"A {'-'.join(map(str, WIDTHS))} tanh network in float64, its weights leaves as well, fed one point "
        f"of shape (1, 1) or a column of shape ({profile.column}, 1): all derivatives up to order n in the "
        "input only, by n times `gradients(u, x, create_graph=True)`. The loss rows add the gradient of "
        "mean(uₙ²) in the weights. JAX and autograd give the n-th derivative alone; JAX under `jax.jit`, "
        "compilation and first run together. *error* is in the norm of the result, against power series "
        "worked in NumPy (and complex steps for the gradients).",
        tuple(rows),
    )
