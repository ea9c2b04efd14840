"""Optimizers that divide each element's step by the size of its past gradients."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.optimizers.elementwise import Elementwise


class AdaGrad(Elementwise):
    """Steps over the root of the sum of squares: h = h + g², x − lr g / (√h + eps) (Duchi et al., 2011)."""

    slots = ("h",)
    limits: ClassVar = {"lr": math.inf, "eps": math.inf}

    def __init__(self, lr: float = 0.001, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr, self.eps = lr, eps

    def step(self, g: Array, h: Array, out: Array, tmp: Array) -> None:
        np.multiply(g, g, out=tmp)
        h += tmp
        np.sqrt(h, out=tmp)
        tmp += self.eps
        np.multiply(g, self.lr, out=out)
        out /= tmp


class AdaDelta(Elementwise):
    """Steps of the size of past steps: dx = √((msdx + eps) / (msg + eps)) g, x − dx (Zeiler, 2012).

    msg and msdx are the running means of g² and of dx², with the weight rho on the past.
    """

    slots = ("msg", "msdx")
    limits: ClassVar = {"rho": 1, "eps": math.inf}

    def __init__(self, rho: float = 0.95, eps: float = 1e-6) -> None:
        super().__init__()
        self.rho, self.eps = rho, eps

    def step(self, g: Array, msg: Array, msdx: Array, out: Array, tmp: Array) -> None:
        self._mean_square(g, msg, tmp)
        np.add(msdx, self.eps, out=out)
        np.add(msg, self.eps, out=tmp)
        out /= tmp
        np.sqrt(out, out=out)
        out *= g
        self._mean_square(out, msdx, tmp)

    def _mean_square(self, x: Array, mean: Array, tmp: Array) -> None:
        mean *= self.rho
        np.multiply(x, 1 - self.rho, out=tmp)
        tmp *= x
        mean += tmp


class RMSprop(Elementwise):
    """Steps over the root of the mean square: v = rho v + (1 − rho) g², x − lr g / (√v + eps) (Tieleman, Hinton, 2012).

    The defaults are PyTorch's, where rho is called alpha.
    """

    slots = ("v",)
    limits: ClassVar = {"lr": math.inf, "rho": 1, "eps": math.inf}

    def __init__(self, lr: float = 0.01, rho: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__()
        self.lr, self.rho, self.eps = lr, rho, eps

    def step(self, g: Array, v: Array, out: Array, tmp: Array) -> None:
        np.multiply(g, g, out=tmp)
        tmp *= 1 - self.rho
        v *= self.rho
        v += tmp
        np.sqrt(v, out=tmp)
        tmp += self.eps
        np.multiply(g, self.lr, out=out)
        out /= tmp
