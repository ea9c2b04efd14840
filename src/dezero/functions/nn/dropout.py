"""Dropout: elements left out at random while a model is trained."""

from __future__ import annotations

import numpy as np

from dezero.core.arithmetic import mul
from dezero.core.call import operand
from dezero.core.config import Config
from dezero.core.declare import publish
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import trace_here
from dezero.functions.arrays.dtype import float_dtype
from dezero.functions.randomness import noted


def dropout(x: ArrayLike, dropout_ratio: float = 0.5, *, rng: np.random.Generator | None = None) -> Variable:
    """In training each element is 0 with probability dropout_ratio, else divided by 1 - dropout_ratio; otherwise x.

    One uniform number is drawn for each element, those above the ratio kept. rng: a Generator to draw from, in place of
    NumPy's global state (numpy.random.seed). Config.train says whether it is training. ValueError for a ratio outside 0
    to 1.

    >>> np.random.seed(0)
    >>> dropout(Variable(np.ones(4)))
    variable([2. 2. 2. 2.])
    """
    x = operand(x, "dropout")
    if not isinstance(dropout_ratio, int | float | np.floating) or not 0 <= dropout_ratio <= 1:
        raise ValueError(f"dropout: dropout_ratio must be a probability, from 0 to 1, got {dropout_ratio!r}")
    if not Config.train:
        return x
    shape, trace = x.shape, trace_here()
    if trace is None:
        kept = np.asarray((np.random if rng is None else noted(rng)).random(shape) > dropout_ratio)
    else:
        kept = trace.drawn(lambda: np.asarray((np.random if rng is None else rng).random(shape) > dropout_ratio), rng)
    return mul(x, kept.astype(float_dtype(x)) / (1 - float(dropout_ratio) if dropout_ratio < 1 else 1))


publish("dropout", dropout)
