"""Rows: Laplacian and biharmonic of a network at a batch of points."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import fastest
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero.derivatives.operators import linear

Arrays = Sequence[np.ndarray]


def network(widths: Sequence[int]) -> tuple[Arrays, Arrays]:
    """Return the weights and the biases of a network of these widths."""
    random = np.random.default_rng(0)
    weights = [random.standard_normal(shape) / np.sqrt(shape[0]) for shape in itertools.pairwise(widths)]
    return weights, [random.standard_normal(w.shape[1]) for w in weights]


def applied(tanh: Callable[[Any], Any], x: Any, weights: Sequence[Any], biases: Sequence[Any]) -> Any:
    """Return the network at each row of x, written once for every library."""
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        x = tanh(x @ w + b)
    return (x @ weights[-1] + biases[-1])[..., 0]


def laplacian_by_hand(x: np.ndarray, weights: Arrays, biases: Arrays) -> np.ndarray:
    """Return the Laplacian at each row by the chain rule for value, slopes and Laplacian of each layer."""
    value, slopes, total = x, np.broadcast_to(np.eye(x.shape[1])[:, None], (x.shape[1], *x.shape)), np.zeros_like(x)
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        value, slopes, total = np.tanh(value @ w + b), slopes @ w, total @ w
        first = 1 - value**2
        total = first * total - 2 * value * first * (slopes**2).sum(0)
        slopes = first * slopes
    return (total @ weights[-1])[:, 0]


def _torch_laplacian(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the Laplacian by a gradient of each component of the gradient."""
    torch = peers.torch()

    def laplacian(x: Any) -> Any:
        x = x if x.requires_grad else x.detach().requires_grad_()
        (g,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
        rows = [torch.autograd.grad(g[:, i].sum(), x, create_graph=True)[0][:, i] for i in range(x.shape[1])]
        return sum(rows)

    return laplacian


def _torch_traces(f: Callable[[Any], Any], times: int) -> Callable[[Any], Any]:
    """Return the Laplacian (of the Laplacian) by torch.func: the trace of the Hessian, mapped over the batch."""
    func = peers.torch().func
    for _ in range(times):
        f = functools.partial(lambda f, x: func.hessian(f)(x).diagonal().sum(), f)
    return func.vmap(f)


def _torch_repeated(f: Callable[[Any], Any], times: int) -> Callable[[Any], Any]:
    for _ in range(times):
        f = _torch_laplacian(f)
    return lambda x: f(x).detach()


def _cases(name: str, times: int, widths: Sequence[int], x: np.ndarray) -> dict[str, Case]:
    weights, biases = network(widths)

    def dezero() -> Callable[[], object]:
        apply = getattr(linear, name)(lambda x: applied(F.tanh, x, weights, biases))
        return lambda: apply(x).data

    def torch() -> Callable[[], object]:
        torch = peers.torch()
        ws, bs, points = [torch.tensor(w) for w in weights], [torch.tensor(b) for b in biases], torch.tensor(x)

        def f(x: Any) -> Any:
            return applied(torch.tanh, x, ws, bs)

        ways = (_torch_repeated(f, times), _torch_traces(f, times))
        return fastest([functools.partial(way, points) for way in ways])

    def jax() -> Callable[[], object]:
        jax, points = peers.jax(), peers.jax().numpy.asarray(x)
        f = functools.partial(applied, jax.numpy.tanh, weights=weights, biases=biases)
        eye = jax.numpy.eye(x.shape[1])

        def by_products(x: Any) -> Any:
            _, product = jax.linearize(jax.grad(f), x)
            return jax.numpy.trace(jax.vmap(product)(eye))

        ways = [lambda x: jax.numpy.trace(jax.hessian(f)(x)), by_products]
        compiled = [jax.jit(jax.vmap(way)) for way in ways]
        return fastest([lambda way=way: way(points).block_until_ready() for way in compiled])

    def folx() -> Callable[[], object]:
        jax, points = peers.jax(), peers.jax().numpy.asarray(x)
        f = functools.partial(applied, jax.numpy.tanh, weights=weights, biases=biases)
        forward = peers.folx().forward_laplacian(f)
        laplacian = jax.jit(jax.vmap(lambda x: forward(x).laplacian))
        return lambda: laplacian(points).block_until_ready()

    def see(found: Any) -> Finding:
        return Finding(np.asarray(found)[np.newaxis])

    compiled = {"JAX": Case(jax, see), "folx": Case(folx, see)} if times == 1 else {}
    return {"DeZero": Case(dezero, see), "PyTorch": Case(torch, see), **compiled}


def _row(name: str, times: int, d: int, batch: int, layers: Sequence[int], key: str = "") -> Row:
    widths = (d, *layers, 1)
    x = np.random.default_rng(1).standard_normal((batch, d))

    @functools.cache
    def reference() -> np.ndarray:
        weights, biases = network(widths)
        if times == 1:
            return laplacian_by_hand(x, weights, biases)[np.newaxis]
        nested = linear.biharmonic(lambda x: applied(F.tanh, x, weights, biases), method="reverse")
        return nested(x).data[np.newaxis]

    return Row(
        key=key or f"{name}/{d}",
        name=f"{name}, {'-'.join(map(str, widths))}, {batch} points",
        cases=_cases(name, times, widths, x),
        reference=reference,
    )


def section(profile: Profile) -> Section:
    """Return the row of each operator."""
    layers = (64, 64, 64) if profile.large else (3, 3)
    few, points, many = ((10, 50), 100, (50,) * 4) if profile.large else ((2, 4), 2, (3,) * 4)
    return Section(
        "Laplacian and biharmonic of a network",
        "A tanh network in float64 at a batch of points, the Laplacian and the Laplacian of the Laplacian at each: "
        "DeZero by `laplacian` and `biharmonic` (collapsed Taylor mode); PyTorch by the faster of gradients of "
        "gradients and `torch.func`'s traces of Hessians mapped over the batch, tried before they are timed; JAX by "
        "the faster of such traces and products with the Hessian, folx by `forward_laplacian`, both compiled. "
        "*error* is against the chain rule written out in NumPy, for the biharmonic against DeZero's nested gradients.",
        (
            _row("laplacian", 1, *((50, 1024) if profile.large else (3, 4)), layers),
            *(_row("laplacian", 1, d, points, many, f"laplacian/4x50/{d}") for d in few),
            _row("biharmonic", 2, *((5, 128) if profile.large else (2, 3)), layers),
        ),
    )
