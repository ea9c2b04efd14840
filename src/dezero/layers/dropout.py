"""Dropout as a layer."""

from __future__ import annotations

import numpy as np

from dezero.core.call import operand
from dezero.core.config import Config
from dezero.core.dtypes import is_inexact
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import dropout
from dezero.layers.checks import share
from dezero.layers.layer import Layer


class Dropout(Layer):
    """In training each element is 0 with probability `ratio`, else divided by 1 - ratio; in use x stays as it is.

    x: floats. rng: a Generator to draw from, in place of NumPy's global state. ValueError for a ratio outside 0 to 1,
    TypeError for whole numbers. Source: Srivastava et al., Dropout (2014).

    >>> Dropout(0.5, np.random.default_rng(0))(np.ones(4))
    variable([2. 0. 0. 0.])
    """

    _shown = ("ratio",)

    def __init__(self, ratio: float = 0.5, rng: np.random.Generator | None = None) -> None:
        self.ratio, self.rng = share("Dropout", "ratio", ratio), rng

    def forward(self, x: ArrayLike) -> Variable:
        x = operand(x, "Dropout")
        if not is_inexact(x):
            raise TypeError(f"Dropout: x must hold floats, got {x.dtype}; use x.astype(np.float32)")
        return dropout(x, self.ratio, rng=self.rng) if Config.train and self.ratio else x
