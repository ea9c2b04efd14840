"""Attention of several heads, each with queries, keys and values of its own."""

from __future__ import annotations

import numpy as np

import dezero.functions as F
from dezero.core.variable import ArrayLike, Variable, as_constant
from dezero.layers.checks import flag, floats, positive
from dezero.layers.dropout import Dropout
from dezero.layers.layer import Layer
from dezero.layers.linear import Linear


class MultiHeadAttention(Layer):
    """Attention in several heads: each works on its own part of the features, by its own affine maps.

    size: the features of query, key, value and result; a multiple of heads. dropout: the ratio of the attention
    weights left out in training. nobias: no biases. rng: a Generator to draw from, in place of NumPy's global state.
    One affine map, qkv (size, 3 size), makes queries, keys and values. ValueError for sizes that do not fit. Source:
    Vaswani et al., Attention Is All You Need (2017), 3.2.2.

    >>> MultiHeadAttention(8, 2)(np.zeros((4, 5, 8), np.float32), causal=True).shape
    (4, 5, 8)
    """

    _shown = ("heads",)

    def __init__(
        self,
        size: int,
        heads: int,
        dropout: float = 0.0,
        nobias: bool = False,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        flag("MultiHeadAttention", "nobias", nobias, "dtype= and rng= are named arguments")
        size, heads = [positive("MultiHeadAttention", n, v) for n, v in (("size", size), ("heads", heads))]
        if size % heads:
            raise ValueError(f"MultiHeadAttention: size {size} cannot be split into {heads} heads of one size")
        self.size, self.heads = size, heads
        self.qkv = Linear(3 * size, nobias, dtype, size, rng)
        self.out = Linear(size, nobias, dtype, size, rng)
        self.dropout = Dropout(dropout, rng)

    def forward(
        self,
        query: ArrayLike,
        key: ArrayLike | None = None,
        value: ArrayLike | None = None,
        mask: ArrayLike | None = None,
        causal: bool = False,
    ) -> Variable:
        """(batch, L, size) from query (batch, L, size), key and value (batch, S, size).

        key: None means the query. value: None means the key. mask: booleans, true where a query may see a key, or
        numbers that are added to the scores; (L, S) for all, (batch, L, S) for each sample, or (batch, heads, L, S).
        causal: query i sees the keys 0 to i alone.
        """
        query, key, value = self._checked(query, key, value)
        if key is query and value is query:
            q, k, v = self._heads(self.qkv(query), 3)
        else:
            q, k, v = [self._heads(self._part(i, x), 1)[0] for i, x in enumerate((query, key, value))]
        if mask is not None:
            mask = mask if isinstance(mask, Variable) else np.asarray(mask)
            mask = mask[:, None] if mask.ndim == 3 else mask
        y = F.scaled_dot_product_attention(q, k, v, mask, causal=causal, dropout=self.dropout)
        batch, length, size = query.shape
        return self.out(F.reshape(F.transpose(y, (0, 2, 1, 3)), (batch, length, size)))

    def _heads(self, x: Variable, parts: int) -> list[Variable]:
        """Split x (batch, L, parts size) into `parts` Variables (batch, heads, L, size / heads)."""
        batch, length, _ = x.shape
        split = F.reshape(x, (batch, length, parts, self.heads, self.size // self.heads))
        return F.unstack(F.transpose(split, (2, 0, 3, 1, 4)))

    def _part(self, i: int, x: Variable) -> Variable:
        """The queries (i = 0), keys (1) or values (2) of x."""
        part = slice(i * self.size, (i + 1) * self.size)
        return F.linear(x, self.qkv.W[:, part], None if self.qkv.b is None else self.qkv.b[part])

    def _floats(self, x: ArrayLike) -> Variable:
        return as_constant(floats("MultiHeadAttention", x, self.qkv.dtype))

    def _checked(
        self, query: ArrayLike, key: ArrayLike | None, value: ArrayLike | None
    ) -> tuple[Variable, Variable, Variable]:
        query = self._floats(query)
        key = query if key is None else self._floats(key)
        value = key if value is None else self._floats(value)
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.ndim != 3 or x.shape[2] != self.size:
                raise ValueError(
                    f"MultiHeadAttention: {name} must be (batch, length, {self.size}), got {x.shape}; reshape it"
                )
        return query, key, value
