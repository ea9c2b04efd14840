"""Attention: means of values, weighted by how well queries and keys agree."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import publish
from dezero.core.dtypes import Array, DType
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import tracing
from dezero.core.watch.watching import decided, noted
from dezero.functions._axes import flag, plainly
from dezero.functions.arrays.shape import transpose
from dezero.functions.elementwise.comparison import where
from dezero.functions.linalg.matmul import matmul
from dezero.functions.nn.softmaxes import softmax

_NAME = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    q: ArrayLike,
    k: ArrayLike,
    v: ArrayLike,
    mask: ArrayLike | None = None,
    scale: float | None = None,
    causal: bool = False,
    dropout: Callable[[Variable], Variable] | None = None,
) -> Variable:
    """softmax(scale q k^T) v over the last two axes, those before them broadcast.

    q: (..., L, E). k: (..., S, E). v: (..., S, D). mask: of a shape that broadcasts to (..., L, S): booleans, true
    where a query may see a key, or floats that are added to the scores, an array (cast to their dtype) or a Variable,
    -inf where a key may not be seen. scale: None for 1 / sqrt(E). causal: query i sees the keys 0 to i alone. Result:
    (..., L, D); zeros for a query that may see no key. dropout: what the weights go through before they meet the
    values, as a layers.Dropout. Raises ValueError for shapes that do not fit. Source: Vaswani et al., Attention Is All
    You Need (2017), (1).

    >>> q, k, v = np.array([[0.0]]), np.ones((2, 1)), np.array([[1.0], [3.0]])
    >>> scaled_dot_product_attention(Variable(q), k, v)
    variable([[2.]])
    """
    q, k, v = [operand(a, "scaled_dot_product_attention") for a in (q, k, v)]
    shape = _scores_shape(q, k, v)
    width = q.shape[-1]
    swapped = (*range(k.ndim - 2), k.ndim - 1, k.ndim - 2)
    scale = 1 / math.sqrt(max(width, 1)) if scale is None else float(plainly(_NAME, scale, "scale"))
    scores = matmul(q * scale, transpose(k, swapped))
    allowed = np.tri(*shape[-2:], dtype=bool) if flag(_NAME, causal, "causal") else None  # type: ignore[type-var]
    if mask is not None:
        open_, added = _checked_mask(mask, shape, scores.dtype)
        if open_ is not None:
            allowed = open_ if allowed is None else open_ & allowed
        if added is not None:
            scores = scores + added
    weights = _weights(scores, allowed)
    return matmul(weights if dropout is None else dropout(weights), v)


def _weights(scores: Variable, allowed: Array | None) -> Variable:
    if allowed is None:
        return softmax(scores, axis=-1)
    # Blocked scores are finite: a row of -inf alone would have nan for weights, and nan for gradients.
    blocked = float(np.finfo(scores.dtype).min) / 2
    weights = softmax(where(allowed, scores, blocked), axis=-1)
    sees = allowed.any(axis=-1, keepdims=True)
    return weights if not tracing() and sees.all() else where(sees, weights, 0)


def _scores_shape(q: Variable, k: Variable, v: Variable) -> tuple[int, ...]:
    shapes = [x.shape for x in (q, k, v)]
    if min(map(len, shapes)) < 2:
        raise ValueError(f"scaled_dot_product_attention: q, k and v need at least two axes, got shapes {shapes}")
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            "scaled_dot_product_attention: q (..., L, E), k (..., S, E) and v (..., S, D) must agree in E and in S, "
            f"got shapes {shapes}; transpose or reshape them"
        )
    try:
        lead = np.broadcast_shapes(*[x.shape[:-2] for x in (q, k, v)])
    except ValueError:
        raise ValueError(
            f"scaled_dot_product_attention: the axes before the last two do not broadcast in shapes {shapes}"
        ) from None
    return (*lead, q.shape[-2], k.shape[-2])


def _checked_mask(mask: ArrayLike, shape: tuple[int, ...], dtype: DType) -> tuple[Array | None, ArrayLike | None]:
    """Where keys may be seen (None: everywhere), and what is added to scores of this dtype (None: nothing).

    A key may not be seen where -inf is added, so that a row of -inf alone gives zeros, and not nan.
    """
    given = np.atleast_1d(raw(mask))
    if given.dtype.kind not in "bf":
        raise TypeError(
            "scaled_dot_product_attention: mask must be booleans (true: may be seen) or floats (added), "
            f"got dtype {given.dtype}; use mask.astype(bool)"
        )
    try:
        fits = np.broadcast_shapes(given.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"scaled_dot_product_attention: a mask of shape {given.shape} does not broadcast to the scores' {shape}"
        )
    if given.dtype.kind == "b":
        noted(mask)
        return given, None
    if not isinstance(mask, Variable):
        with np.errstate(over="ignore"):  # the least float64, which some add for "never", is -inf in float32
            mask = given = given.astype(np.finfo(dtype).dtype, copy=False)
    closed = decided(lambda mask: np.isneginf(np.atleast_1d(mask)), mask)
    if not tracing() and not closed.any():
        return None, mask
    return ~closed, (where if isinstance(mask, Variable) else np.where)(closed, 0, mask)


publish("scaled_dot_product_attention", scaled_dot_product_attention)
