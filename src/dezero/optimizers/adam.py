"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.optimizers.elementwise import Elementwise


class Adam(Elementwise):
    """Steps by running means of g and g²: x − lr m / (√v + eps) (Kingma and Ba, 2015, end of section 2).

    alpha: the step size. beta1, beta2: the weights of the past in m and in v.

    >>> import dezero
    >>> layer = dezero.layers.Linear(1, in_size=1)
    >>> layer.b.grad = Variable(np.array([4.0]))
    >>> Adam(alpha=0.25).setup(layer).update()
    >>> layer.b
    variable([-0.25])
    """

    slots = ("m", "v")

    def __init__(self, alpha: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        super().__init__()
        self.alpha, self.beta1, self.beta2, self.eps = alpha, beta1, beta2, eps

    @property
    def t(self) -> int:
        """Updates made so far."""
        return self.step_count

    @t.setter
    def t(self, t: int) -> None:
        self.step_count = t

    @property
    def lr(self) -> float:
        """The step size of update t, corrected for means that began at zero; before any, that of the first."""
        t = max(self.t, 1)
        return self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def step(self, g: Any, m: Any, v: Any, out: Any, tmp: Any) -> None:
        np.subtract(g, m, out=tmp)
        tmp *= 1 - self.beta1
        m += tmp
        np.multiply(g, g, out=tmp)
        tmp -= v
        tmp *= 1 - self.beta2
        v += tmp
        np.sqrt(v, out=tmp)
        tmp += self._floor()
        np.multiply(m, self.lr, out=out)
        out /= tmp

    def _floor(self) -> float:
        return self.eps


class AdamW(Adam):
    """Adam whose weight decay stays out of the means: x − alpha weight_decay x − step (Loshchilov and Hutter, 2019).

    As in their algorithm 2 and in PyTorch, eps is added to the root of the corrected v.
    """

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps)
        self.weight_decay = weight_decay

    @property
    def decay(self) -> float:  # type: ignore[override]
        return self.alpha * self.weight_decay

    def _floor(self) -> float:
        return self.eps * math.sqrt(1 - self.beta2 ** max(self.t, 1))
