"""Hooks of an optimizer: they change all gradients before a step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dezero.backends import get_array_module
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.variable import Parameter, Variable, wrap
from dezero.core.watch.tracing import PerRun, tracing

_CHUNK = 32768  # elements are squared at a time in float64: they fit the processor's cache


class WeightDecay:
    """Adds rate × data to each gradient: the derivative of the penalty rate / 2 × Σ|x|².

    Parameters get a new gradient, so that one that was recorded or is held elsewhere stays what it is.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, params: Sequence[Parameter]) -> None:
        for param in params:
            data, grad = param.data, raw(param._grad)
            if grad.shape != data.shape:
                raise ValueError(
                    f"WeightDecay: the gradient of {describe(param)} has shape {grad.shape}; call cleargrads() before "
                    "backward()"
                )
            rate: Any = PerRun(lambda: self.rate, (id(self), "rate")) if tracing() else self.rate
            penalty = np.multiply(data, rate, out=np.empty_like(data))
            param.grad = wrap(np.add(penalty, grad, out=penalty, casting="same_kind"))


class ClipGrad:
    """Scales all gradients by max_norm / (norm + 1e-6) where that is below 1; norm is that of all of them together.

    FloatingPointError names the first gradient that holds infinity or nan, and none is changed. Parameters get new
    gradients, as with `WeightDecay`.
    """

    def __init__(self, max_norm: float) -> None:
        if not max_norm >= 0:
            raise ValueError(f"ClipGrad: max_norm must not be negative, got {max_norm}")
        self.max_norm = max_norm

    def __call__(self, params: Sequence[Parameter]) -> None:
        if tracing():
            return self._traced(params)
        norms = [_norm(raw(param._grad)) for param in params]
        for param, norm in zip(params, norms, strict=True):
            if not math.isfinite(norm):
                raise FloatingPointError(
                    f"ClipGrad: the gradient of {describe(param)} holds infinity or nan; lower the learning rate, or "
                    "look for the operation that made it"
                )
        rate = self.max_norm / (math.hypot(*norms) + 1e-6)
        if rate < 1:
            for param in params:
                grad = raw(param._grad)
                param.grad = wrap(np.multiply(grad, rate, out=np.empty_like(grad)))

    def _traced(self, params: Sequence[Parameter]) -> None:
        """The same from arrays alone: gradients that hold infinity or nan become nan, without an error."""
        grads = [raw(param._grad) for param in params]
        squares = [np.sum(np.square(np.abs(g).astype(np.float64))) for g in grads]
        rate = PerRun(lambda: self.max_norm, (id(self), "max_norm")) / (np.sqrt(sum(squares)) + 1e-6)
        rate = np.where(rate < 1, rate, 1.0)
        for param, g in zip(params, grads, strict=True):
            param.grad = wrap(g * rate.astype(np.abs(g).dtype))


class FreezeParam:
    """Takes the gradients from Parameters, so that they are not updated.

    layers: Parameters, or Layers whose Parameters are meant; TypeError for anything else.
    """

    def __init__(self, *layers: Any) -> None:
        for layer in layers:
            if not isinstance(layer, Variable) and not callable(getattr(layer, "params", None)):
                raise TypeError(f"FreezeParam: {type(layer).__name__} is no Layer and no Parameter; pass one of these")
        self.layers = layers

    @property
    def freeze_params(self) -> list[Variable]:
        """The Parameters that get no update."""
        return [p for layer in self.layers for p in ([layer] if isinstance(layer, Variable) else layer.params())]

    def __call__(self, params: Sequence[Parameter]) -> None:
        for param in self.freeze_params:
            param.cleargrad()


def _norm(grad: Array) -> float:
    """The 2-norm, of squares that are added up in float64; nan or infinity only where the gradient has them."""
    norm = math.hypot(*[math.sqrt(part) for part in _sums_of_squares(grad)])
    if math.isfinite(norm):
        return norm
    scale = float(abs(grad).max())  # squares of numbers beyond 1e154 overflow
    return scale * math.hypot(*map(math.sqrt, _sums_of_squares(grad / scale))) if math.isfinite(scale) else scale


def _sums_of_squares(grad: Array) -> Iterator[float]:
    flat = grad.ravel()
    length = _CHUNK if get_array_module(grad) is np else max(grad.size, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, flat.size, length):
            part = flat[start : start + length].astype(np.result_type(grad.dtype, np.float64))
            yield float((part.conj() @ part).real)
