"""Dropout as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.call import operand
from dezero.core.config import Config
from dezero.core.variable import Variable
from dezero.functions import dropout
from dezero.layers.checks import share
from dezero.layers.layer import Layer


class Dropout(Layer):
    """Each element 0 with probability `ratio` in training, else divided by 1 - ratio; x itself in use.

    x: floats. rng: a Generator to draw from, in place of NumPy's global state. ValueError for a ratio outside 0 to 1,
    TypeError for whole numbers. Source: Srivastava et al., Dropout (2014).

    >>> Dropout(0.5, np.random.default_rng(0))(np.ones(4))
    variable([2. 0. 0. 0.])
    """

    _shown = ("ratio",)

    def __init__(self, ratio: float = 0.5, rng: np.random.Generator | None = None) -> None:
        self.ratio, self.rng = share("Dropout", "ratio", ratio), rng

    def forward(self, x: Any) -> Variable:
        x = operand(x, "Dropout")
        if x.dtype.kind not in "fc":
            raise TypeError(f"Dropout: x must hold floats, got {x.dtype}; use x.astype(np.float32)")
        return dropout(x, self.ratio, rng=self.rng) if Config.train and self.ratio else x
