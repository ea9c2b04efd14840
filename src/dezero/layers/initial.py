"""Initial weights, drawn from NumPy's global random state or from a Generator."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.dtypes import Array, Shape


def lecun_normal(
    shape: Shape, inputs: int, dtype: np.typing.DTypeLike, rng: np.random.Generator | None = None
) -> Array:
    """Normal numbers of mean 0 and variance 1 / inputs, so that sums of that many products keep the variance.

    rng: None for NumPy's global state, which numpy.random.seed sets. Source: LeCun et al., Efficient BackProp (1998).

    >>> np.random.seed(0)
    >>> lecun_normal((1, 2), 4, np.float32)
    array([[0.8820262, 0.2000786]], dtype=float32)
    """
    drawn = np.random.randn(*shape) if rng is None else rng.standard_normal(shape)
    return np.asarray(drawn).astype(dtype) * math.sqrt(1 / max(inputs, 1))
