"""Lion: steps of one size, in the direction that momentum gives."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.optimizers.elementwise import Elementwise


class Lion(Elementwise):
    """Sign descent with momentum: x − lr (sign(beta1 m + (1 − beta1) g) + weight_decay x) (Chen et al., 2023).

    m is the running mean of g with the weight beta2 on the past. Usual rates are a third to a tenth of Adam's.
    """

    slots = ("m",)
    limits: ClassVar = {"lr": math.inf, "beta1": 1, "beta2": 1, "weight_decay": math.inf}

    def __init__(self, lr: float = 1e-4, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.0) -> None:
        super().__init__()
        self.lr, self.beta1, self.beta2, self.weight_decay = lr, beta1, beta2, weight_decay

    @property
    def decay(self) -> float:  # type: ignore[override]
        return self.lr * self.weight_decay

    def step(self, g: Array, m: Array, out: Array, tmp: Array) -> None:
        np.subtract(g, m, out=tmp)
        np.multiply(tmp, 1 - self.beta1, out=out)
        out += m
        least = np.finfo(out.dtype).smallest_normal
        np.clip(out, -least, least, out=out)  # with the next line the sign, in half the time of np.sign
        out /= least
        out *= self.lr
        tmp *= 1 - self.beta2
        m += tmp
