"""The same programs with JAX: its operations and transforms under this library's names."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import jet as jets
from jax.scipy import linalg, special

from tests.programs.generate import Program

jax.config.update("jax_enable_x64", True)


class NoCounterpart(Exception):
    """JAX has no operation of this name, or no rule for it."""


def _index_update(a: Any, index: Any, values: Any) -> Any:
    return a.at[_index(index)].set(values)


def _index_add(a: Any, index: Any, values: Any) -> Any:
    return a.at[_index(index)].add(values)


def _index(index: Any) -> Any:
    return jnp.array(index) if isinstance(index, list) else index


def _conv(rank: int) -> Any:
    letters = "DHW"[3 - rank :]
    layout = (f"NC{letters}", f"OI{letters}", f"NC{letters}")

    def conv(x: Any, w: Any, pad: int = 0) -> Any:
        return lax.conv_general_dilated(x, jnp.asarray(w), (1,) * rank, [(pad, pad)] * rank, dimension_numbers=layout)

    return conv


def _pooled(a: Any, k: int, start: float, combine: Any) -> Any:
    return lax.reduce_window(a, start, combine, (1, 1, k, k), (1, 1, 1, 1), "VALID")


def _layer_norm(a: Any) -> Any:
    return (a - a.mean(-1, keepdims=True)) / jnp.sqrt(a.var(-1, keepdims=True) + 1e-5)


def _attention(q: Any, k: Any, v: Any) -> Any:
    return jax.nn.softmax(q @ k.T / np.sqrt(q.shape[-1]), axis=-1) @ v


def _cross_entropy(x: Any, labels: Any) -> Any:
    return -jax.nn.log_softmax(x, axis=1)[np.arange(len(labels)), labels].mean()


def _cosine(a: Any, b: Any) -> Any:
    return (a * b).sum(1) / jnp.sqrt((a * a).sum(1) * (b * b).sum(1))


def _huber(x: Any, t: Any) -> Any:
    d = x - t
    return jnp.where(jnp.abs(d) <= 1, d * d / 2, jnp.abs(d) - 0.5).mean()


OWN: dict[str, Any] = {
    "gelu": lambda a, approximate="none": jax.nn.gelu(a, approximate=approximate == "tanh"),
    "softsign": jax.nn.soft_sign,
    "tanhshrink": lambda a: a - jnp.tanh(a),
    "log_softmax": jax.nn.log_softmax,
    "softmax": jax.nn.softmax,
    "logsumexp": special.logsumexp,
    "logcumsumexp": lambda a, axis: lax.cumlogsumexp(a, axis % a.ndim),
    "cummax": lambda a, axis: lax.cummax(a, axis % a.ndim),
    "cummin": lambda a, axis: lax.cummin(a, axis % a.ndim),
    "leaky_relu": lambda a: jax.nn.leaky_relu(a, 0.2),
    "prelu": lambda a, w: jnp.where(a > 0, a, w * a),
    "hardtanh": jax.nn.hard_tanh,
    "hardsigmoid": jax.nn.hard_sigmoid,
    "hardswish": jax.nn.hard_swish,
    "hardshrink": lambda a: jnp.where(jnp.abs(a) > 0.5, a, 0.0),
    "softshrink": lambda a: jnp.sign(a) * jnp.maximum(jnp.abs(a) - 0.5, 0),
    "norm": jnp.linalg.norm,
    "erfcinv": lambda a: special.erfinv(1 - a),
    "modulus": jnp.abs,
    "top_k": lambda a, k: lax.top_k(a, k),
    "partition": jnp.partition,
    "interp": jnp.interp,
    "select": lambda conditions, choices: jnp.select(conditions, choices),
    "flatten": lambda a: a.reshape(a.shape[0] if a.ndim else 1, -1),
    "index_add": _index_add,
    "index_update": _index_update,
    "embed_id": lambda i, w: w[i],
    "glu": jax.nn.glu,
    "linear": lambda x, w, b: x @ w + b,
    "multi_dot": jnp.linalg.multi_dot,
    "matrix_power": jnp.linalg.matrix_power,
    "cosine_similarity": _cosine,
    "huber_loss": _huber,
    "mean_squared_error": lambda a, b: ((a - b) ** 2).sum() / len(a) if a.ndim else (a - b) ** 2,
    "fft": jnp.fft.fft,
    "ifft": jnp.fft.ifft,
    "rfft": jnp.fft.rfft,
    "irfft": jnp.fft.irfft,
    "expm": linalg.expm,
    "solve_triangular": linalg.solve_triangular,
    "conv1d": _conv(1),
    "conv2d": _conv(2),
    "average_pooling": lambda a, k: _pooled(a, k, 0.0, lax.add) / k**2,
    "pooling": lambda a, k: _pooled(a, k, -jnp.inf, lax.max),
    "global_average_pooling": lambda a: a.mean((2, 3)),
    "layer_norm": _layer_norm,
    "softmax_cross_entropy": _cross_entropy,
    "scaled_dot_product_attention": _attention,
    "upsample": lambda a, k: a.repeat(k, 2).repeat(k, 3),
    "take_along_axis": jnp.take_along_axis,
    "concatenate": jnp.concatenate,
}


class Functions:
    """JAX's functions by this library's names. AttributeError for those that it has not."""

    def __getattr__(self, name: str) -> Any:
        for room in (OWN, jnp, jnp.linalg, jax.nn, special):
            found = room.get(name) if isinstance(room, dict) else getattr(room, name, None)
            if found is not None:
                return found
        raise NoCounterpart(name)


def _second_along(f: Any, primals: Any, series: Any) -> Any:
    """What jet gives of a curve with two terms, by jvp of jvp."""
    (a,), ((first, second),) = primals, series

    def curve(t: Any) -> Any:
        return f(a + first * t + second * t * t / 2)

    def slope(t: Any) -> Any:
        return jax.jvp(curve, (t,), (1.0,))[1]

    return curve(0.0), [slope(0.0), jax.jvp(slope, (0.0,), (1.0,))[1]]


def _derivative(f: Any, order: int) -> Any:
    for _ in range(order):
        f = (lambda g: lambda x: jax.jvp(g, (x,), (jnp.ones_like(x),))[1])(f)
    return f


class Transforms:
    """JAX's transforms by this library's names."""

    grad, jvp, vjp = staticmethod(jax.grad), staticmethod(jax.jvp), staticmethod(jax.vjp)
    value_and_grad, linearize = staticmethod(jax.value_and_grad), staticmethod(jax.linearize)
    jacfwd, jacrev, jacobian = staticmethod(jax.jacfwd), staticmethod(jax.jacrev), staticmethod(jax.jacrev)
    hessian, checkpoint = staticmethod(jax.hessian), staticmethod(jax.checkpoint)
    jet, derivative = staticmethod(_second_along), staticmethod(_derivative)

    @staticmethod
    def hvp(f: Any, primals: Any, tangents: Any) -> Any:
        return jax.jvp(jax.grad(f), primals, tangents)[1]

    @staticmethod
    def laplacian(f: Any) -> Any:
        return lambda x: jnp.trace(jax.hessian(f)(x))

    def __getattr__(self, name: str) -> Any:
        raise NoCounterpart(name)


def jax_derivatives(program: Program, orders: int) -> dict[str, list[float]]:
    """Orders 1 to 2 or 3 along the direction by jvp of jvp, for one program in four by jet too, and order 1 by grad.

    Without an entry for what JAX has no rule for.
    """
    f = program.function(Functions(), Transforms())
    # compiled as a whole, unoptimised: operation by operation, JAX compiles each for each new shape
    xs = [jnp.asarray(x, dtype=float) for x in program.inputs.values()]
    vs = [jnp.asarray(v, dtype=float) for v in program.directions.values()]
    orders = min(orders, 2 + program.seed // 4 % 2)  # what there is to compile doubles with each
    found: dict[str, list[float]] = {}
    asked = (("JAX, jvp of jvp", _nested), ("JAX, grad", _grad), ("JAX, jet", _jet))
    for name, ask in asked if program.seed % 4 == 0 else asked[:1]:  # compiling takes most of the time
        try:
            terms = [float(y) for y in jax.jit(lambda ask=ask: ask(f, xs, vs, orders))()]
            if np.all(np.isfinite(terms)):  # nan, of 0 * inf in a branch not taken, is JAX's own
                found[name] = terms
        except Exception as error:  # what JAX refuses, or has no rule for, is no disagreement
            REFUSED[f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:80]}"] = program.seed
            if name == "JAX, jvp of jvp":
                break
    return found


REFUSED: dict[str, int] = {}


def _along(f: Any, xs: Any, vs: Any) -> Any:
    return lambda t: f(*[x + v * t for x, v in zip(xs, vs, strict=True)])


def _grad(f: Any, xs: Any, vs: Any, orders: int) -> list[Any]:
    grads = jax.grad(f, argnums=tuple(range(len(xs))))(*xs)
    return [sum([(g * v).sum() for g, v in zip(grads, vs, strict=True)])]


def _jet(f: Any, xs: Any, vs: Any, orders: int) -> list[Any]:
    return jets.jet(_along(f, xs, vs), (jnp.asarray(0.0),), ([jnp.asarray(1.0)] + [jnp.asarray(0.0)] * (orders - 1),))[
        1
    ]


def _nested(f: Any, xs: Any, vs: Any, orders: int) -> list[Any]:
    """All orders from one nesting of jvp: the inner values are the lower orders."""
    along = _along(f, xs, vs)

    def orders_of(n: int) -> Any:
        if n == 0:
            return lambda t: [along(t)]
        inner = orders_of(n - 1)

        def outer(t: Any) -> Any:
            values, slopes = jax.jvp(inner, (t,), (jnp.ones_like(t),))
            return [*values, slopes[-1]]

        return outer

    return orders_of(orders)(jnp.asarray(0.0))[1:]
