"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, TypeVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.optimizers.elementwise import Elementwise

_Self = TypeVar("_Self", bound="Adam")


class Adam(Elementwise):
    """Steps by running means of g and g²: x − lr m / (√v + eps) (Kingma and Ba, 2015, end of section 2).

    alpha: the step size; lr: another name for it, which goes before. beta1, beta2: the weights of the past in m and in
    v. Both means begin at zero, which is corrected by how many steps each Parameter has made.

    >>> import dezero
    >>> layer = dezero.layers.Linear(1, in_size=1)
    >>> layer.b.grad = Variable(np.array([4.0]))
    >>> Adam(alpha=0.25).setup(layer).update()
    >>> layer.b
    variable([-0.25])
    """

    slots = ("m", "v")
    counts = ("t",)
    limits: ClassVar = {"alpha": math.inf, "beta1": 1, "beta2": 1, "eps": math.inf}

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        *,
        lr: float | None = None,
    ) -> None:
        super().__init__()
        self.alpha, self.beta1, self.beta2, self.eps = alpha if lr is None else lr, beta1, beta2, eps

    def schedule(self: _Self, **schedules: Callable[[int], float]) -> _Self:
        """Have hyperparameters follow schedules, as other optimizers do; one of lr is one of alpha."""
        if "lr" in schedules:
            schedules["alpha"] = schedules.pop("lr")
        return super().schedule(**schedules)

    @property
    def t(self) -> int:
        """Updates made so far; what a Parameter's means are corrected by is the number of its own steps."""
        return self.step_count

    @t.setter
    def t(self, t: int) -> None:
        self.step_count = t

    @property
    def lr(self) -> float:
        """The step size of update t, corrected for means that began at zero; before any, that of the first.

        Assigning it sets alpha, the step size before this correction.
        """
        return self._rate(max(self.t, 1))

    @lr.setter
    def lr(self, lr: float) -> None:
        self.alpha = lr

    def step(self, g: Array, m: Array, v: Array, t: Array, out: Array, tmp: Array) -> None:
        np.subtract(g, m, out=tmp)
        tmp *= 1 - self.beta1
        m += tmp
        np.multiply(g, g, out=tmp)
        tmp -= v
        tmp *= 1 - self.beta2
        v += tmp
        np.sqrt(v, out=tmp)
        tmp += self._floor(t)
        np.multiply(m, self._rate(t), out=out)
        out /= tmp

    def _rate(self, t: Array | int) -> float:
        t = int(t)
        return self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def _floor(self, t: Array | int) -> float:
        return self.eps


class AdamW(Adam):
    """Adam whose weight decay stays out of the means: x − alpha weight_decay x − step (Loshchilov and Hutter, 2019).

    As in their algorithm 2 and in PyTorch, eps is added to the root of the corrected v.
    """

    limits: ClassVar = {**Adam.limits, "weight_decay": math.inf}

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        lr: float | None = None,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, lr=lr)
        self.weight_decay = weight_decay

    @property
    def decay(self) -> float:  # type: ignore[override]
        return self.alpha * self.weight_decay

    def _floor(self, t: Array | int) -> float:
        t = int(t)
        return self.eps * math.sqrt(1 - self.beta2**t)
