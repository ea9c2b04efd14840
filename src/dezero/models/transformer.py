"""A small language model: Radford et al., Language Models are Unsupervised Multitask Learners (2019)."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import no_grad, test_mode
from dezero.core.dtypes import Array, is_whole
from dezero.core.variable import ArrayLike, Variable
from dezero.layers import Dropout, EmbedID, LayerNorm, Linear, TransformerBlock
from dezero.layers.checks import positive
from dezero.models.model import Model


class Transformer(Model):
    """A decoder-only Transformer: ids (N, L), whole numbers under vocabulary, to logits (N, L, vocabulary).

    The logits at a place are for the token that follows it, and depend on the ids up to that place alone. size: numbers
    a token, divided among the heads. blocks: how many. length: the longest L. dropout: the probability in training.
    rng: a Generator for the weights and the dropout, in place of NumPy's global state.

    >>> model = Transformer(vocabulary=10, size=8, heads=2, blocks=1, length=4)
    >>> model(np.array([[1, 2, 3]])).shape
    (1, 3, 10)
    """

    def __init__(
        self,
        vocabulary: int,
        size: int,
        heads: int,
        blocks: int,
        length: int,
        dropout: float = 0.0,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        for name, value in (("vocabulary", vocabulary), ("size", size), ("blocks", blocks), ("length", length)):
            positive("Transformer", name, value)
        self.vocabulary, self.length = vocabulary, length
        self.tokens = EmbedID(vocabulary, size, dtype, rng)
        self.positions = EmbedID(length, size, dtype, rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.blocks = [
            TransformerBlock(size, heads, dropout=dropout, causal=True, dtype=dtype, rng=rng) for _ in range(blocks)
        ]
        self.norm = LayerNorm(size, dtype=dtype)
        self.head = Linear(vocabulary, nobias=True, dtype=dtype, in_size=size, rng=rng)

    def forward(self, ids: ArrayLike) -> Variable:
        ids = self._checked(ids)
        if ids.shape[1] > self.length:
            raise ValueError(
                f"Transformer: ids of shape {ids.shape} are longer than length={self.length}; cut them, or make the "
                "model with a greater length"
            )
        x = self.dropout(self.tokens(ids) + self.positions(np.arange(ids.shape[1])))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def generate(
        self, ids: ArrayLike, count: int, temperature: float = 1.0, rng: np.random.Generator | None = None
    ) -> Array:
        """Draw `count` tokens, one after the other, and return ids (N, L + count) with them; without dropout.

        ids: (N, L) to go on from; the model sees the last `length` of them. temperature: what the logits are divided
        by before the softmax; 0 for the likeliest token each time. rng: None for NumPy's global state.

        >>> Transformer(10, 8, 2, 1, 4).generate(np.array([[1, 2, 3]]), 5).shape
        (1, 8)
        """
        if not 0 <= temperature < math.inf:
            raise ValueError(f"Transformer.generate: temperature must be 0 or more, and finite, got {temperature!r}")
        if not isinstance(count, int | np.integer) or count < 0:
            raise ValueError(f"Transformer.generate: count must be a whole number, 0 or more, got {count!r}")
        known = self._checked(ids)
        ids = np.concatenate((known, np.empty((len(known), count), np.int64)), axis=1, dtype=np.int64)
        with no_grad(), test_mode():
            for end in range(known.shape[1], ids.shape[1]):
                logits = self(ids[:, max(0, end - self.length) : end]).numpy()[:, -1].astype(np.float64)
                ids[:, end] = _drawn(logits, temperature, rng).argmax(axis=-1)
        return ids

    def _checked(self, ids: ArrayLike) -> Array:
        ids = np.asarray(raw(ids))
        if not is_whole(ids):
            raise TypeError(f"Transformer: ids must be whole numbers, got {ids.dtype}; use ids.astype(int)")
        if ids.ndim != 2 or not ids.shape[1]:
            raise ValueError(
                f"Transformer: ids must be (batch, length) with one token at least, got shape {ids.shape}; "
                "ids[np.newaxis] adds the batch"
            )
        return ids


def _drawn(logits: Array, temperature: float, rng: np.random.Generator | None) -> Array:
    """Logits plus noise: the largest is at k with probability softmax(logits / temperature)[k] (Gumbel, 1954)."""
    return logits + temperature * (np.random if rng is None else rng).gumbel(size=logits.shape)
