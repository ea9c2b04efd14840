"""Derivatives of derivatives, as a user of each library takes them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.rows import Case, Finding
from dezero import Variable, gradients

Written = Callable[..., Any]
"""A function written once for every library: `f(operations, *leaves)`."""
Leaves = Sequence[np.ndarray]


def count_nodes(variable: Variable) -> int:
    """Return how many Variables are reachable from one through what made them, itself and leaves included."""
    found = {id(variable): variable}
    waiting = [variable]
    while waiting:
        creator = waiting.pop().creator
        for argument in creator.args if creator is not None else ():
            if isinstance(argument, Variable) and id(argument) not in found:
                found[id(argument)] = argument
                waiting.append(argument)
    return len(found)


def dezero_leaves(leaves: Leaves) -> list[Variable]:
    """Return a Variable for each array."""
    return [Variable(np.array(leaf)) for leaf in leaves]


def torch_leaves(leaves: Leaves) -> list[Any]:
    """Return a tensor that requires a gradient for each array."""
    torch = peers.torch()
    return [torch.tensor(leaf, requires_grad=True) for leaf in leaves]


def by_backward(f: Written, x: Variable, order: int) -> list[Any]:
    """Return the derivatives of orders 1 to `order`, each by `backward(create_graph=True)` from the last."""
    x.cleargrad()
    y, derivatives = f(peers.operations("DeZero"), x), []
    for _ in range(order):
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
        derivatives.append(y)
    return derivatives


def dezero_partials(f: Written, leaves: Sequence[Variable], by: Sequence[int]) -> list[Any]:
    """Return the derivatives of the sum of f, first by leaf `by[0]`, that by leaf `by[1]`, and so on."""
    y, derivatives = f(peers.operations("DeZero"), *leaves), []
    for k in by:
        (y,) = gradients(y, leaves[k], create_graph=True)
        derivatives.append(y)
    return derivatives


def torch_partials(f: Written, leaves: Sequence[Any], by: Sequence[int]) -> list[Any]:
    """Return what `dezero_partials` does, by `torch.autograd.grad`."""
    torch = peers.torch()
    y, derivatives = f(torch, *leaves), []
    for k in by:
        (y,) = torch.autograd.grad(y.sum() if y.ndim else y, leaves[k], create_graph=True)
        derivatives.append(y)
    return derivatives


def _summed(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *leaves: f(*leaves).sum()


def jax_partial(f: Written, by: Sequence[int]) -> Callable[..., Any]:
    """Return a function of the leaves that gives the last derivative, by `jax.grad` within `jax.grad`."""
    jax, operations = peers.jax(), peers.operations("JAX")

    def derivative(*leaves: Any) -> Any:
        return f(operations, *leaves)

    for k in by:
        derivative = jax.grad(_summed(derivative), argnums=k)
    return derivative


def autograd_partial(f: Written, by: Sequence[int]) -> Callable[..., Any]:
    """Return what `jax_partial` does, by `autograd.elementwise_grad`."""
    autograd, operations = peers.autograd(), peers.operations("autograd")

    def derivative(*leaves: Any) -> Any:
        return f(operations, *leaves)

    for k in by:
        derivative = autograd.elementwise_grad(derivative, k)
    return derivative


def slow_at(order: int, **limits: int) -> tuple[str, ...]:
    """Return the libraries past their limit of order: they are to run alone, where they can be stopped."""
    return tuple(library for library, limit in limits.items() if order > limit)


def fastest(ways: Sequence[Callable[[], object]]) -> Callable[[], object]:
    """Return the quickest of several ways to one answer, each tried once after a warm-up."""

    def seconds(way: Callable[[], object]) -> float:
        way()
        start = time.perf_counter()
        way()
        return time.perf_counter() - start

    return min(ways, key=seconds)


def as_rows(arrays: Sequence[Any]) -> np.ndarray:
    """Return each array as a row of a matrix."""
    return np.array([np.ravel(array) for array in arrays], dtype=float)


def see_dezero(derivatives: Any) -> Finding:
    """Return every derivative and the nodes of the last one's graph."""
    return Finding(as_rows([d.data for d in derivatives]), count_nodes(derivatives[-1]))


def see_torch(derivatives: Any) -> Finding:
    """Return every derivative."""
    return Finding(as_rows([d.detach() for d in derivatives]))


def see_array(derivative: Any) -> Finding:
    """Return the one derivative that there is."""
    return Finding(as_rows([derivative]))


def joined(arrays: Sequence[Any]) -> np.ndarray:
    """Return the numbers of several arrays as one row of a matrix."""
    return np.concatenate([np.ravel(array) for array in arrays]).astype(float)[np.newaxis]


def see_variables(found: Any) -> Finding:
    """Return several Variables as one answer."""
    return Finding(joined([variable.data for variable in found]))


def see_arrays(found: Any) -> Finding:
    """Return several arrays as one answer."""
    return Finding(joined(found))


def partial_cases(f: Written, leaves: Leaves, by: Sequence[int], alone: Sequence[str] = ()) -> Mapping[str, Case]:
    """Return a repeated derivative in every library; those named in `alone` run in their own process."""

    def dezero() -> Callable[[], object]:
        variables = dezero_leaves(leaves)
        return lambda: dezero_partials(f, variables, by)

    def torch() -> Callable[[], object]:
        tensors = torch_leaves(leaves)
        return lambda: torch_partials(f, tensors, by)

    def jax() -> Callable[[], object]:
        jax = peers.jax()
        arrays = [jax.numpy.asarray(leaf) for leaf in leaves]
        return lambda: jax.jit(jax_partial(f, by))(*arrays).block_until_ready()

    def autograd() -> Callable[[], object]:
        return lambda: autograd_partial(f, by)(*leaves)

    return {
        "DeZero": Case(dezero, see_dezero),
        "PyTorch": Case(torch, see_torch, isolated="PyTorch" in alone),
        "JAX": Case(jax, see_array, cold=True, isolated="JAX" in alone),
        "autograd": Case(autograd, see_array, isolated="autograd" in alone),
    }
