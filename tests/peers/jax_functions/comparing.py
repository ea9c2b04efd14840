"""One function of JAX's and of DeZero's along curves and in reverse: orders 1 to 4, and gradients of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import jet as jax_jet

import dezero
from dezero import Variable, gradients

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_disable_most_optimizations", True)  # a program for each function: compiling is what takes time
ORDERS, FACTORIALS = 4, (1.0, 2.0, 6.0, 24.0)
# Each order divides by the distance to the next singularity once more; of the largest number of the array.
RTOL = 2e-9


def outputs(tree: Any) -> list[Any]:
    if isinstance(tree, Variable | jax.Array | np.ndarray):
        return [tree]
    return [y for part in tree for y in outputs(part)]


def close(ours: Any, theirs: Any, what: str) -> None:
    """Holds our numbers to JAX's, nan to nan."""
    ours, theirs = np.asarray(ours.data if isinstance(ours, Variable) else ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, JAX {theirs.shape}"
    scale = max(1.0, np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
    same = np.isclose(ours, theirs, rtol=RTOL, atol=1e-3 * RTOL * scale, equal_nan=True)
    assert same.all(), f"{what}: {ours} but JAX {theirs}"


def series(xs: Sequence[Any], seed: int) -> list[list[Any]]:
    """Derivatives 1 to 4 of a curve through each argument."""
    rng = np.random.default_rng(seed)
    return [[rng.uniform(-1, 1, x.shape) * 0.5**k for k in range(ORDERS)] for x in xs]


def along(f: Callable[..., Any], xs: Sequence[Any], terms: Sequence[Sequence[Any]]) -> Callable[[Any], Any]:
    """f along the curve, a function of a number."""

    def at(t: Any) -> Any:
        moved = [
            x + sum([d * t ** (k + 1) / FACTORIALS[k] for k, d in enumerate(ds)])
            for x, ds in zip(xs, terms, strict=True)
        ]
        return tuple(outputs(f(*moved)))

    return at


def tower(f: Callable[[Any], Any], jvp: Any, orders: int) -> Callable[[Any], Any]:
    """f and its derivatives 1 to `orders`, by forward mode inside forward mode."""

    def derived(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def with_one_more(t: Any) -> Any:
            values, tangents = jvp(g, (t,), (1.0,))
            return (*values, tangents[-1])

        return with_one_more

    current: Any = lambda t: (f(t),)  # noqa: E731
    for _ in range(orders):
        current = derived(current)
    return current


def hold_curves(ours: Any, theirs: Any, xs: Sequence[Any], seed: int) -> None:
    """Taylor mode here, and forward mode nested three times, beside JAX's forward mode nested four times."""
    terms = series(xs, seed)
    right = jax.jit(tower(along(theirs, xs, terms), jax.jvp, ORDERS))(0.0)
    value, derivatives = dezero.jet(lambda *a: tuple(outputs(ours(*a))), tuple(xs), tuple(terms))
    for i, y in enumerate(outputs(value)):
        close(y, right[0][i], f"value {i}")
        for k in range(ORDERS):
            close(derivatives[i][k], right[k + 1][i], f"jet of output {i}, order {k + 1}")
    for k, ys in enumerate(tower(along(ours, xs, terms), dezero.jvp, 3)(Variable(np.array(0.0)))):
        for i, y in enumerate(ys):
            close(y, right[k][i], f"output {i}, forward mode nested {k} times")


def jet_agrees(ours: Any, theirs: Any, xs: Sequence[Any], seed: int) -> bool:
    """Holds Taylor mode to JAX's own; False where JAX has no rule."""
    terms = series(xs, seed)
    try:
        jet = jax.jit(lambda a: jax_jet.jet(lambda *b: tuple(outputs(theirs(*b))), a, tuple(terms)))
        right, orders = jet(tuple(map(jnp.asarray, xs)))
    except (NotImplementedError, TypeError, ValueError, KeyError, AttributeError):
        return False
    value, derivatives = dezero.jet(lambda *a: tuple(outputs(ours(*a))), tuple(xs), tuple(terms))
    for i, y in enumerate(outputs(value)):
        close(y, right[i], f"value {i} of jet")
        for k in range(ORDERS):
            close(derivatives[i][k], orders[i][k], f"jet of output {i}, order {k + 1}, beside JAX's")
    return True


def hold_reverse(ours: Any, theirs: Any, xs: Sequence[Any], seed: int) -> None:
    """Gradient, gradient of a contraction of it, and of one of that: reverse mode thrice."""
    rng = np.random.default_rng(seed)
    ys = outputs(ours(*[Variable(x) for x in xs]))
    ws = [np.asarray(rng.uniform(0.5, 1.5, y.shape)) for y in ys]
    vs = [[np.asarray(rng.uniform(-1, 1, x.shape)) for x in xs] for _ in range(2)]

    def loss(*a: Any) -> Any:
        return sum([jnp.sum(w * y) for w, y in zip(ws, outputs(theirs(*a)), strict=True)])

    def gradients_of(*a: Any) -> Any:
        function, found = loss, []
        for order in range(3):
            gradient = jax.grad(function, tuple(range(len(xs))))
            found.append(gradient(*a))
            function = contracted(gradient, vs[order % 2])
        return found

    leaves = [Variable(x.copy()) for x in xs]
    gs: Any = gradients(outputs(ours(*leaves)), leaves, grad_outputs=ws, create_graph=True)
    for order, right in enumerate(jax.jit(gradients_of)(*map(jnp.asarray, xs))):
        for i, (g, r) in enumerate(zip(gs, right, strict=True)):
            close(g, r, f"gradient {i} of order {order + 1}")
        if order < 2:
            gs = gradients(gs, leaves, grad_outputs=vs[order], create_graph=True)


def contracted(gradient: Any, vs: Sequence[Any]) -> Any:
    return lambda *a: sum([jnp.sum(v * g) for v, g in zip(vs, gradient(*a), strict=True)])
