"""Stochastic gradient descent, plain and with momentum."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from dezero.core.dtypes import Array
from dezero.optimizers.elementwise import Elementwise


class SGD(Elementwise):
    """Gradient descent: x − lr g.

    >>> import dezero
    >>> import dezero.functions as F
    >>> layer = dezero.layers.Linear(1, in_size=1, nobias=True)
    >>> layer.W.data[...] = 1.0
    >>> optimizer = SGD(lr=0.25).setup(layer)
    >>> optimizer.update(lambda: F.sum(layer(np.array([[1.0]])) ** 2))
    variable(1.0)
    >>> layer.W
    variable([[0.5]])
    """

    limits: ClassVar = {"lr": math.inf}

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__()
        self.lr = lr

    def step(self, g: Array, out: Array, tmp: Array) -> None:
        np.multiply(g, self.lr, out=out)


class MomentumSGD(Elementwise):
    """Gradient descent with momentum: v = momentum v − lr g, x + v.

    nesterov: step by momentum v − lr g instead, with the v of this step (Sutskever et al., 2013).
    """

    slots = ("v",)
    limits: ClassVar = {"lr": math.inf, "momentum": 1}

    def __init__(self, lr: float = 0.01, momentum: float = 0.9, *, nesterov: bool = False) -> None:
        super().__init__()
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov

    def step(self, g: Array, v: Array, out: Array, tmp: Array) -> None:
        np.multiply(g, self.lr, out=out)
        v *= self.momentum
        v -= out
        if self.nesterov:
            np.multiply(v, self.momentum, out=tmp)
            out -= tmp
        else:
            np.negative(v, out=out)
