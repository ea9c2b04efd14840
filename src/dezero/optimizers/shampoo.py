"""Shampoo: gradients preconditioned axis by axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import ClassVar

import numpy as np

from dezero.backends import get_array_module
from dezero.core.dtypes import Array, Shape
from dezero.core.variable import Parameter
from dezero.optimizers.optimizer import Optimizer, is_count


class Shampoo(Optimizer):
    """Shampoo: the gradient of a Parameter with k axes, each multiplied by the inverse 2k-th root of its own statistic.

    The statistic of an axis of length n is H, (n, n), the sum of G G^T over all gradients G, unfolded along that axis;
    of one longer than max_size its diagonal alone. The step has the length that AdaGrad's would have, so that a
    learning rate for AdaGrad suits. lr: learning rate. momentum: part of a step that the next one repeats. decay: part
    of H that is kept at an update; below 1 old gradients are forgotten. eps: what is added to H before its root is
    taken, in parts of its largest eigenvalue. interval: updates from one computation of the roots, which takes n^3, to
    the next (at first they are computed at each). Statistics and roots are kept in the Parameter's dtype.

    V. Gupta, T. Koren, Y. Singer, Shampoo: Preconditioned Stochastic Tensor Optimization (ICML 2018), algorithm 2;
    R. Anil et al., Scalable Second Order Optimization for Deep Learning (arXiv:2002.09018), for the length of the step.

    >>> layer = dezero.layers.Linear(1, in_size=1)
    >>> layer.W.data, layer.W.grad = np.array([[1.0]]), Variable(np.array([[3.0]]))
    >>> Shampoo(lr=0.1).setup(layer).update()
    >>> layer.W
    variable([[0.9]])
    """

    limits: ClassVar = {"lr": math.inf, "momentum": 1, "eps": math.inf}
    whole: ClassVar = ("interval", "max_size")

    def __init__(
        self,
        lr: float = 0.01,
        momentum: float = 0.9,
        decay: float = 1.0,
        eps: float = 1e-6,
        interval: int = 1,
        max_size: int = 1024,
    ) -> None:
        super().__init__()
        if not 0 <= momentum < 1:
            raise ValueError(f"Shampoo: momentum is {momentum}; give a number from 0 up to 1")
        if not 0 < decay <= 1:
            raise ValueError(f"Shampoo: decay is {decay}; give a number above 0, at most 1")
        if not eps > 0:
            raise ValueError(f"Shampoo: eps is {eps}; give a number above 0, or roots do not exist at first")
        if interval < 1:
            raise ValueError(f"Shampoo: interval is {interval}; give 1 or more updates")
        self.lr, self.momentum, self.decay, self.eps = lr, momentum, decay, eps
        self.interval, self.max_size = interval, max_size

    def update_one(self, param: Parameter) -> None:
        data, state = param.data, self.state_of(param)
        if not data.size:
            return
        g = param.grad.data.astype(data.dtype, copy=False).reshape(_unfolded(data.shape))  # type: ignore[union-attr]
        count = int(state.get("t", 0)) + 1
        due = count <= self.interval or count % self.interval == 0
        step = g
        for axis, n in enumerate(g.shape):
            seen = _statistic(g, axis, diagonal=n > self.max_size)
            state[f"statistic{axis}"] = seen + self.decay * state.get(f"statistic{axis}", 0)
            if due:
                state[f"root{axis}"] = _inverse_root(state[f"statistic{axis}"], 2 * g.ndim, self.eps)
            step = _along(axis, state[f"root{axis}"], step)
        state["squares"] = abs(g) ** 2 + self.decay * state.get("squares", 0)
        step = step * _ratio(g / (state["squares"] + np.finfo(data.dtype).tiny) ** 0.5, step)
        state["t"] = np.array(count)
        if self.momentum:
            step = state["velocity"] = step + self.momentum * state.get("velocity", 0)
        param.data -= self.lr * step.reshape(data.shape)

    def check(self, params: list[Parameter]) -> None:
        super().check(params)
        for param in params:
            grad = param.grad.data  # type: ignore[union-attr]
            if not get_array_module(grad).isfinite(grad).all():
                raise FloatingPointError(
                    f"Shampoo: {self._told(param)} has a gradient that is not finite; lower lr, or look at the loss"
                )

    def _check_states(
        self, states: Mapping[str, Mapping[str, Array]], params: Mapping[str, Parameter], numbers: Mapping[str, float]
    ) -> None:
        for name, arrays in states.items():
            if params[name].data is None:
                continue
            shape = _unfolded(params[name].shape)
            slots = ["squares", "velocity"] if numbers["momentum"] else ["squares"]
            wanted = {"t": (), **dict.fromkeys(slots, shape)}
            for axis, n in enumerate(shape):
                size = (n,) if n > numbers["max_size"] else (n, n)
                wanted |= dict.fromkeys([f"statistic{axis}", f"root{axis}"], size)
            found = {key: np.shape(value) for key, value in arrays.items()}
            if found != wanted:
                raise ValueError(f"Shampoo.load_state_dict: the state of {name} has shapes {found}, it needs {wanted}")
            if not is_count(arrays["t"]):
                raise ValueError(f"Shampoo.load_state_dict: t of {name} must be 0, 1, 2, ...")
            self._check_floats(name, arrays, wanted.keys() - {"t"})


def _unfolded(shape: Shape) -> Shape:
    """The shape without axes of length 1: their statistic is one number, which would only change the root."""
    return tuple([n for n in shape if n != 1]) or (1,)


def _statistic(g: Array, axis: int, diagonal: bool) -> Array:
    """G G^T, or its diagonal, of a gradient unfolded along an axis."""
    rows = get_array_module(g).moveaxis(g, axis, 0).reshape(g.shape[axis], -1)
    return (abs(rows) ** 2).sum(axis=1) if diagonal else rows @ rows.conj().T


def _inverse_root(statistic: Array, power: int, eps: float) -> Array:
    """statistic^(-1 / power), in float64: single precision loses small eigenvalues, whose roots are the largest."""
    xp = get_array_module(statistic)
    if statistic.ndim == 1:
        return _powers(xp, statistic, power, eps)
    values, vectors = xp.linalg.eigh(statistic.astype(xp.result_type(statistic, xp.float64)))
    return ((vectors * _powers(xp, values, power, eps)) @ vectors.conj().T).astype(statistic.dtype)


def _powers(xp: ModuleType, values: Array, power: int, eps: float) -> Array:
    most = values.max()
    return (xp.maximum(values, 0) + eps * most) ** (-1 / power) if most > 0 else xp.ones_like(values)


def _along(axis: int, root: Array, step: Array) -> Array:
    """The root, a matrix or the diagonal of one, times the step along an axis."""
    if root.ndim == 1:
        return root.reshape(-1, *[1] * (step.ndim - 1 - axis)) * step
    xp = get_array_module(step)
    return xp.moveaxis(xp.tensordot(root, step, (1, axis)), 0, axis)


def _ratio(a: Array, b: Array) -> float:
    """|a| / |b|; 0 where b is 0."""
    norm = get_array_module(a).linalg.norm
    length = float(norm(b.ravel()))
    return float(norm(a.ravel())) / length if length else 0.0
