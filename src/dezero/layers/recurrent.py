"""Layers that remember: each call is a step, or a sequence of steps, from the state that the last one left."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import recording
from dezero.core.dtypes import Array, Shape
from dezero.core.errors import GraphError
from dezero.core.variable import ArrayLike, Parameter, Variable, as_constant
from dezero.functions import lstm, sigmoid, stack, tanh
from dezero.layers.checks import floats, positive
from dezero.layers.initial import lecun_normal
from dezero.layers.layer import Layer, Weight
from dezero.layers.linear import Linear


class Recurrent(Layer):
    """Base of RNN, LSTM and GRU: it holds the state, and runs a sequence step by step.

    x: (N, in_size) for one step, giving (N, hidden_size); or (T, N, in_size) for T steps, giving (T, N, hidden_size).
    `.h` is the state after the last step, None at the beginning and after `reset_state`. The graph reaches back to
    the first step: cut it with `loss.unchain_backward()`. Copies and pickles begin without a state.
    """

    h: Variable | None = None

    def reset_state(self) -> None:
        """Forget what was seen: the next call begins a new sequence."""
        self.h = None

    def forward(self, x: ArrayLike) -> Variable:
        x = x if isinstance(x, np.ndarray) else as_constant(x)
        name, shape = type(self).__name__, x.shape
        if len(shape) not in (2, 3) or not shape[0]:
            raise ValueError(
                f"{name}: x must be (samples, inputs), or (steps, samples, inputs) for a sequence, and not empty; got "
                f"shape {shape}"
            )
        if self.h is not None:
            self._check_state(shape)
        return self.sequence(x) if len(shape) == 3 else self.step(x)

    def _check_state(self, shape: Shape) -> None:
        name, state = type(self).__name__, self.h
        assert state is not None
        if state.shape[0] != shape[-2]:
            raise ValueError(
                f"{name}: the state is that of {state.shape[0]} samples and x of shape {shape} has {shape[-2]}; call "
                "reset_state() before a new sequence"
            )
        if recording() and state._args and any([p._age > state._age for p in self.params()]):
            raise GraphError(
                f"{name}: the weights have changed since its state was computed, which could not be differentiated; "
                "after an update call reset_state() for a new sequence, or loss.unchain_backward() to go on in this one"
            )

    def step(self, x: Variable | Array) -> Variable:
        """One step: x (N, in_size), result (N, hidden_size)."""
        raise NotImplementedError(f"{type(self).__name__} defines no step(self, x): say there what it computes")

    def sequence(self, x: Variable | Array) -> Variable:
        """All steps: x (T, N, in_size), result (T, N, hidden_size)."""
        return stack([self.step(row) for row in x])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in ("h", "c")}


class RNN(Recurrent):
    """Elman's network: h = tanh(x2h(x) + h2h(h)), the second term from the second step on.

    in_size: None to take it from the first input; then h2h draws its weights at the second step. x, state and errors
    as for Recurrent.

    >>> RNN(4)(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    def __init__(
        self,
        hidden_size: int,
        in_size: int | None = None,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.x2h = Linear(hidden_size, in_size=in_size, dtype=dtype, rng=rng)
        later = None if in_size is None else hidden_size
        self.h2h = Linear(hidden_size, nobias=True, in_size=later, dtype=dtype, rng=rng)

    def step(self, x: Variable | Array) -> Variable:
        z = self.x2h(x)
        self.h = tanh(z if self.h is None else z + self.h2h(self.h))
        return self.h


class LSTM(Recurrent):
    """Long short-term memory: forget, input and output gates, an update, and a cell `.c` beside the state `.h`.

    The gates' weights stand side by side in Wx (in_size, 4 hidden_size), Wh (hidden_size, 4 hidden_size) and b, as
    `functions.lstm` takes them. Files of DeZero, which has a layer for each gate (x2f, h2f, ...), load too, and the
    draws are the same. x, state and errors as for Recurrent.

    >>> LSTM(4)(np.ones((7, 2, 3), np.float32)).shape
    (7, 2, 4)
    """

    c: Variable | None = None
    pieces = {  # noqa: RUF012 - nobody changes it
        "Wx": ("x2o/W", "x2f/W", "x2i/W", "x2u/W"),
        "Wh": ("h2o/W", "h2f/W", "h2i/W", "h2u/W"),
        "b": ("x2o/b", "x2f/b", "x2i/b", "x2u/b"),
    }

    def __init__(
        self,
        hidden_size: int,
        in_size: int | None = None,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.hidden_size = positive("LSTM", "hidden_size", hidden_size)
        self.dtype, self.rng = dtype, rng
        self.Wx = Weight((in_size, 4 * hidden_size), dtype, "Wx")
        if in_size is not None:
            self.Wx.data = self._draw(positive("LSTM", "in_size", in_size))
        self.Wh = Parameter(self._draw(hidden_size), name="Wh")
        self.b = Parameter(np.zeros(4 * hidden_size, dtype), name="b")

    def _draw(self, rows: int) -> Array:
        """Weights of all gates, drawn in the order of DeZero (f, i, o, u) and joined in that of `functions.lstm`."""
        f, i, o, u = [lecun_normal((rows, self.hidden_size), rows, self.dtype, self.rng) for _ in range(4)]
        return np.concatenate([o, f, i, u], axis=1)

    def reset_state(self) -> None:
        super().reset_state()
        self.c = None

    def step(self, x: Variable | Array) -> Variable:
        self.sequence(x.reshape(1, *x.shape))
        return self.h  # type: ignore[return-value]

    def sequence(self, x: Variable | Array) -> Variable:
        x = floats("LSTM", x, self.dtype)
        if self.Wx._data is None:
            self.Wx.data = self._draw(x.shape[-1])
        start = np.zeros((x.shape[1], self.hidden_size), np.result_type(raw(x), self.Wh.data))
        h, c = [start if state is None else state for state in (self.h, self.c)]
        hs, self.h, self.c = lstm(x, h, c, self.Wx, self.Wh, self.b)
        return hs


class GRU(Recurrent):
    """Gated recurrent unit: h = (1 - z) n + z h with gates r and z and the new state n = tanh(x2n(x) + r h2n(h)).

    r = sigmoid(x2r(x) + h2r(h)), z = sigmoid(x2z(x) + h2z(h)); the state begins as zeros. x, state and errors as for
    Recurrent. Source: Cho et al. (2014), with r after the product, as cuDNN and PyTorch have it.

    >>> GRU(4)(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    def __init__(
        self,
        hidden_size: int,
        in_size: int | None = None,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.x2r, self.x2z, self.x2n = _gates(3, hidden_size, in_size, dtype, rng)
        self.h2r, self.h2z, self.h2n = _gates(3, hidden_size, hidden_size, dtype, rng, nobias=True)

    def step(self, x: Variable | Array) -> Variable:
        if self.h is None:
            self.h = (1 - sigmoid(self.x2z(x))) * tanh(self.x2n(x))
        else:
            r, z = sigmoid(self.x2r(x) + self.h2r(self.h)), sigmoid(self.x2z(x) + self.h2z(self.h))
            n = tanh(self.x2n(x) + r * self.h2n(self.h))
            self.h = n + z * (self.h - n)
        return self.h


def _gates(
    count: int,
    hidden_size: int,
    in_size: int | None,
    dtype: np.typing.DTypeLike,
    rng: np.random.Generator | None,
    nobias: bool = False,
) -> list[Linear]:
    return [Linear(hidden_size, nobias, dtype, in_size, rng) for _ in range(count)]
