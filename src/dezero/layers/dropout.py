"""Dropout as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.config import Config
from dezero.core.variable import Variable, as_variable
from dezero.functions import dropout
from dezero.layers.layer import Layer


class Dropout(Layer):
    """Each element 0 with probability `ratio` in training, else divided by 1 - ratio; x itself in use.

    rng: a Generator to draw from, in place of NumPy's global state. ValueError for a ratio outside 0 to 1. Source:
    Srivastava et al., Dropout (2014).

    >>> Dropout(0.5, np.random.default_rng(0))(np.ones(4))
    variable([2. 0. 0. 0.])
    """

    _shown = ("ratio",)

    def __init__(self, ratio: float = 0.5, rng: np.random.Generator | None = None) -> None:
        if not 0 <= ratio <= 1:
            raise ValueError(f"Dropout: ratio must be a probability, from 0 to 1, got {ratio!r}")
        self.ratio, self.rng = float(ratio), rng

    def forward(self, x: Any) -> Variable:
        x = as_variable(x)
        if not Config.train or not self.ratio:
            return x
        if self.rng is None:
            return dropout(x, self.ratio)
        kind = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
        kept = self.rng.random(x.shape) >= self.ratio
        return x * (kept.astype(kind) / (1 - self.ratio if self.ratio < 1 else 1))
