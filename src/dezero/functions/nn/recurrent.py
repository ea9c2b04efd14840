"""Long short-term memory over a whole sequence, with a first derivative of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.arithmetic import alias
from dezero.core.call import operand
from dezero.core.config import recording, using_config
from dezero.core.declare import publish
from dezero.core.dtypes import Array, Shape
from dezero.core.function import Function
from dezero.core.outputs import Cotangents
from dezero.core.variable import ArrayLike, Variable, as_variable
from dezero.core.watch.tracing import tracing
from dezero.functions._stacking import Stack, Stacks
from dezero.functions.arrays.joining import stack
from dezero.functions.arrays.shape import reshape, transpose
from dezero.functions.arrays.splitting import split
from dezero.functions.elementwise.complex_numbers import refuse_complex
from dezero.functions.elementwise.hyperbolic import tanh
from dezero.functions.linalg.matmul import linear, matmul
from dezero.functions.nn.activation import sigmoid


def lstm(
    x: ArrayLike, h: ArrayLike, c: ArrayLike, Wx: ArrayLike, Wh: ArrayLike, b: ArrayLike
) -> tuple[Variable, Variable, Variable]:
    """Long short-term memory over a sequence: the hidden states after each step, then both states after the last one.

    x: (T, N, I), T steps of N samples. h, c: (N, H), the states before the first step. Wx: (I, 4H), Wh: (H, 4H) and
    b: (4H,) hold the output, forget and input gates and the update side by side, in this order:

        o, f, i = sigmoid(...), u = tanh(...) of x Wx + h Wh + b;  c = f c + i u;  h = o tanh(c)

    Results: (T, N, H), (N, H) and (N, H). Raises ValueError for shapes that do not fit, TypeError for complex arrays.
    Source: Gers, Schmidhuber, Cummins, Learning to Forget (2000).

    >>> x, state = np.ones((2, 1, 1)), np.zeros((1, 1))
    >>> hs, h, c = lstm(x, state, state, Variable(np.ones((1, 4))), np.ones((1, 4)), np.zeros(4))
    >>> hs.shape, c
    ((2, 1, 1), variable([[1.14444616]]))
    """
    args = [operand(a, "lstm") for a in (x, h, c, Wx, Wh, b)]
    for a in args:
        refuse_complex("lstm", a, "an argument")
    _check(*[a.shape for a in args])
    if tracing():
        return _composed(*args)
    return tuple(LSTMSequence(isinstance(x, Variable))(*args))


def _of_each(S: Stacks, op: LSTMSequence, *args: Any) -> Any:
    """Many sequences with the same weights as samples of one; with weights of their own, from operations."""
    x, h, c, *weights = args
    x, h, c = S.transpose(S.whole(x), axes=(1, 0, 2, 3)), S.whole(h), S.whole(c)
    if any([isinstance(w, Stack) for w in weights]):
        with using_config("enable_backprop", S.recorded):
            Wx, Wh, b = [as_variable(S.whole(w)) for w in weights]
            hs, h, c = _steps(matmul(as_variable(x), Wx) + reshape(b, (len(b), 1, -1)), h, c, Wh)
            return transpose(hs, (1, 0, 2, 3)), h, c
    steps, count, rows, _ = x.shape
    merged = [S.reshape(a, shape=(*a.shape[:-3], count * rows, a.shape[-1])) for a in (x, h, c)]
    y = S.call(LSTMSequence(op.moves), *merged, *weights)
    hs, h, c = [S.output(y, index=i) for i in range(3)]
    hs = S.transpose(S.reshape(hs, shape=(steps, count, rows, hs.shape[-1])), axes=(1, 0, 2, 3))
    return hs, *[S.reshape(a, shape=(count, rows, a.shape[-1])) for a in (h, c)]


class LSTMSequence(Function):
    """All steps in one node: a quarter of the time that a node for each operation of each step takes."""

    _stacked = staticmethod(_of_each)  # as the fact `stacked` of an operation

    def __init__(self, moves: bool) -> None:
        self.moves = moves  # whether a cotangent of x is wanted

    @property
    def name(self) -> str:
        return "lstm"

    def forward(self, x: Array, h: Array, c: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Array]:
        (steps, rows), size = x.shape[:2], h.shape[1]
        kind = np.result_type(x, h, c, Wx, Wh, b, np.float16)
        times = np.multiply if len(Wx) == 1 else np.matmul  # BLAS takes four times as long for a depth of 1
        gates = times(x.reshape(steps * rows, -1), Wx).astype(kind, copy=False).reshape(steps, rows, 4 * size)
        gates += b
        cells, hs = [np.empty((steps + 1, rows, size), kind) for _ in range(2)]
        cells[0], hs[0], squashed, product = c, h, np.empty_like(cells[1:]), np.empty_like(gates[0])
        for t in range(steps):
            z = gates[t]
            z += np.matmul(hs[t], Wh, out=product)
            # sigmoid(s) = (1 + tanh(s / 2)) / 2: one tanh for all gates, in half the time. A gate below eps / 2 is 0.
            s = z[:, : 3 * size]
            s *= 0.5
            np.tanh(z, out=z)
            s *= 0.5
            s += 0.5
            o, f, i, u = [z[:, k * size : (k + 1) * size] for k in range(4)]
            c = np.multiply(f, cells[t], out=cells[t + 1])
            c += i * u
            np.multiply(o, np.tanh(c, out=squashed[t]), out=hs[t + 1])
        self.saved = gates, cells, squashed, hs
        return hs[1:], hs[-1], cells[-1]

    def backward(self, ghs: Variable, gh: Variable, gc: Variable) -> tuple[Variable, ...]:
        own = [alias(x) for x in self.inputs]  # partial derivatives are wanted, also where h is computed from x
        return gradients(_composed(*own), own, (ghs, gh, gc), create_graph=recording())

    def vjp_raw(self, node: Variable, g: Array | Cotangents) -> list[tuple[Variable, Array | None]]:
        parts: list[Any] = [np.real(g[k]) if k in g else rest for k, rest in enumerate((None, 0, 0))]
        return list(zip(self.inputs, self._vjp_raw(*parts), strict=True))

    def _vjp_raw(self, ghs: Array | None, gh: Array | float, gc: Array | float) -> tuple[Array | None, ...]:
        gates, cells, squashed, hs = self.saved
        x, Wx, Wh = [self.inputs[i]._data for i in (0, 3, 4)]
        steps, rows, size = squashed.shape
        o, f, i, u = (gates[..., k * size : (k + 1) * size] for k in range(4))
        slopes = 1 - gates  # of c and h in the four z: sigmoid' = s (1 - s), tanh' = 1 - u^2
        slopes[..., : 3 * size] *= gates[..., : 3 * size]
        slopes[..., 3 * size :] *= 1 + u
        for k, factor in enumerate((squashed, cells[:-1], u, i)):
            slopes[..., k * size : (k + 1) * size] *= factor
        through = squashed * squashed  # dh/dc
        np.subtract(1, through, out=through)
        through *= o
        back = np.ascontiguousarray(Wh.T) if steps > 3 else Wh.T  # products with a copy take two thirds of the time
        dh, dc = [np.empty_like(squashed[0]) for _ in range(2)]
        dh[...], dc[...] = gh, gc
        parts = slopes.reshape(steps, rows, 4, size)
        for t in reversed(range(steps)):
            if ghs is not None:
                dh += ghs[t]
            dc += dh * through[t]
            parts[t, :, 0] *= dh
            parts[t, :, 1:] *= dc[:, None]
            np.matmul(slopes[t], back, out=dh)
            dc *= f[t]
        dz = slopes.reshape(steps * rows, 4 * size)
        dx = (dz @ Wx.T).reshape(x.shape) if self.moves else None
        dWx, dWh = [a.reshape(steps * rows, -1).T @ dz for a in (x, hs[:-1])]
        return dx, dh, dc, dWx, dWh, np.ones(steps * rows, dz.dtype) @ dz  # a product of BLAS, quicker than the sum


def _composed(
    x: Variable, h: Variable, c: Variable, Wx: Variable, Wh: Variable, b: Variable
) -> tuple[Variable, Variable, Variable]:
    """The same from operations, for derivatives beyond the first."""
    return _steps(linear(x, Wx, b), h, c, Wh)


def _steps(zs: Variable, h: Variable, c: Variable, Wh: Variable) -> tuple[Variable, Variable, Variable]:
    """All steps, from what the inputs give to the gates in each."""
    hs = []
    for z in zs:
        gates = z + matmul(h, Wh)
        o, f, i, u = split(gates, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(u)
        h = sigmoid(o) * tanh(c)
        hs.append(h)
    return stack(hs), h, c


def _check(x: Shape, h: Shape, c: Shape, Wx: Shape, Wh: Shape, b: Shape) -> None:
    if len(x) != 3 or not x[0]:
        raise ValueError(f"lstm: x must be (steps, samples, inputs) with a step at least, got shape {x}; use x[None]")
    if len(h) != 2 or h != c or h[0] != x[1]:
        raise ValueError(f"lstm: h and c must be ({x[1]}, size), as x is {x}, got shapes {h} and {c}")
    wanted = (x[2], 4 * h[1]), (h[1], 4 * h[1]), (4 * h[1],)
    if (Wx, Wh, b) != wanted:
        raise ValueError(
            f"lstm: for x {x} and h {h}, Wx, Wh and b must be of shapes {wanted[0]}, {wanted[1]} and {wanted[2]}, got "
            f"{Wx}, {Wh} and {b}"
        )


publish("lstm", lstm)
