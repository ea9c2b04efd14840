"""Layers that remember: each call is a step, or a sequence of steps, from the state that the last one left."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.config import recording
from dezero.core.operators import raw
from dezero.core.variable import Variable
from dezero.functions import concatenate, lstm, sigmoid, stack, tanh
from dezero.layers.layer import Layer
from dezero.layers.linear import Linear


class Recurrent(Layer):
    """What RNN, LSTM and GRU share: the state, and sequences as steps in turn.

    x: (N, in_size) for one step, giving (N, hidden_size); or (T, N, in_size) for T steps, giving (T, N, hidden_size).
    `.h` is the state after the last step, None at the beginning and after `reset_state`. The graph reaches back to
    the first step: cut it with `loss.unchain_backward()`. Copies and pickles begin without a state.
    """

    h: Variable | None = None

    def reset_state(self) -> None:
        """Forget what was seen: the next call begins a new sequence."""
        self.h = None

    def forward(self, x: Any) -> Variable:
        shape = raw(x).shape
        if len(shape) not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: x must be (samples, inputs), or (steps, samples, inputs) for a sequence, got "
                f"shape {shape}"
            )
        if self.h is not None and self.h.shape[0] != shape[-2]:
            raise ValueError(
                f"{type(self).__name__}: the state is that of {self.h.shape[0]} samples and x of shape {shape} has "
                f"{shape[-2]}; call reset_state() before a new sequence"
            )
        return self.sequence(x) if len(shape) == 3 else self.step(x)

    def step(self, x: Any) -> Variable:
        """One step: x (N, in_size), result (N, hidden_size)."""
        raise NotImplementedError(f"{type(self).__name__} defines no step(self, x): say there what it computes")

    def sequence(self, x: Any) -> Variable:
        """All steps: x (T, N, in_size), result (T, N, hidden_size)."""
        return stack([self.step(row) for row in x])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in ("h", "c", "_joined")}


class Joined:
    """Parameters side by side in one Variable, which a sequence of calls may use.

    It is made anew where a part has new data, and where its graph was cut. The parts' arrays become views of its own,
    so that what changes one in place changes both. Joining at each of 30 steps takes as long as the steps.
    """

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.whole, self.seen = Variable(None), ()

    def __call__(self, parts: list[Any]) -> Variable:
        if self.seen != _state(parts) or (recording() and self.whole._op is None):
            self.parts, self.whole = parts, concatenate(parts, axis=-1)
            end = 0
            for part in parts:
                start, end = end, end + part.shape[-1]
                if not part._args:
                    part._data = self.whole.data[..., start:end]
            self.seen = _state(parts)
        return self.whole


def _state(parts: list[Any]) -> tuple[Any, ...]:
    return (recording(), *[(id(p), p._seq, id(p._data)) for p in parts])


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
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.x2h = Linear(hidden_size, in_size=in_size, dtype=dtype, rng=rng)
        later = None if in_size is None else hidden_size
        self.h2h = Linear(hidden_size, nobias=True, in_size=later, dtype=dtype, rng=rng)

    def step(self, x: Any) -> Variable:
        z = self.x2h(x)
        self.h = tanh(z if self.h is None else z + self.h2h(self.h))
        return self.h


class LSTM(Recurrent):
    """Long short-term memory: forget, input and output gates, an update, and a cell `.c` beside the state `.h`.

    Every gate has a Linear of x and one of h, without bias: x2f, x2i, x2o, x2u and h2f, h2i, h2o, h2u. x, state and
    errors as for Recurrent, the formulas as for `functions.lstm`, which takes all steps of a sequence at once.

    >>> LSTM(4)(np.ones((7, 2, 3), np.float32)).shape
    (7, 2, 4)
    """

    c: Variable | None = None
    _joined: list[Joined] | None = None

    def __init__(
        self,
        hidden_size: int,
        in_size: int | None = None,
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.hidden_size = hidden_size
        self.x2f, self.x2i, self.x2o, self.x2u = _gates(4, hidden_size, in_size, dtype, rng)
        self.h2f, self.h2i, self.h2o, self.h2u = _gates(4, hidden_size, hidden_size, dtype, rng, nobias=True)

    def reset_state(self) -> None:
        super().reset_state()
        self.c = None

    def step(self, x: Any) -> Variable:
        self.sequence(x.reshape(1, *x.shape))
        return self.h  # type: ignore[return-value]

    def sequence(self, x: Any) -> Variable:
        Wx, Wh, b = self._weights(x)
        if self.h is None or self.c is None:
            start = np.zeros((x.shape[1], self.hidden_size), np.result_type(raw(x), Wh.data))
            hs, self.c = lstm(x, start, start, Wx, Wh, b)
        else:
            hs, self.c = lstm(x, self.h, self.c, Wx, Wh, b)
        self.h = hs[-1] if len(hs) > 1 else hs.reshape(hs.shape[1:])  # whose gradient needs no scatter
        return hs

    def _weights(self, x: Any) -> list[Variable]:
        """The gates' arrays side by side, in the order of `functions.lstm`."""
        for gate in (self.x2f, self.x2i, self.x2o, self.x2u):  # drawn in this order
            gate.prepare(x)
        inputs, states = (self.x2o, self.x2f, self.x2i, self.x2u), (self.h2o, self.h2f, self.h2i, self.h2u)
        parts: list[list[Any]] = [[g.W for g in inputs], [g.W for g in states], [g.b for g in inputs]]
        self._joined = self._joined or [Joined() for _ in parts]
        return [joined(p) for joined, p in zip(self._joined, parts, strict=True)]


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
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.x2r, self.x2z, self.x2n = _gates(3, hidden_size, in_size, dtype, rng)
        self.h2r, self.h2z, self.h2n = _gates(3, hidden_size, hidden_size, dtype, rng, nobias=True)

    def step(self, x: Any) -> Variable:
        if self.h is None:
            self.h = (1 - sigmoid(self.x2z(x))) * tanh(self.x2n(x))
        else:
            r, z = sigmoid(self.x2r(x) + self.h2r(self.h)), sigmoid(self.x2z(x) + self.h2z(self.h))
            n = tanh(self.x2n(x) + r * self.h2n(self.h))
            self.h = n + z * (self.h - n)
        return self.h


def _gates(
    count: int, hidden_size: int, in_size: int | None, dtype: Any, rng: np.random.Generator | None, nobias: bool = False
) -> list[Linear]:
    return [Linear(hidden_size, nobias, dtype, in_size, rng) for _ in range(count)]
