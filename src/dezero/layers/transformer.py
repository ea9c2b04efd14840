"""The block that a transformer repeats."""

from __future__ import annotations

import numpy as np

from dezero.core.variable import ArrayLike, Variable, as_constant
from dezero.functions import gelu
from dezero.layers.attention import MultiHeadAttention
from dezero.layers.dropout import Dropout
from dezero.layers.layer import Layer
from dezero.layers.linear import Linear
from dezero.layers.normalization import LayerNorm


class TransformerBlock(Layer):
    """Attention, then two affine maps with a GELU between them, each added to its input: x (batch, length, size).

    heads: of the attention. hidden: the features between the affine maps, 4 size unless given. dropout: the ratio left
    out in training, of the attention weights and of what is added. causal: each place sees those up to itself alone.
    pre_norm: True normalises before the attention and the maps, which trains deep stacks; False after the sums, as in
    the original. The GELU is the one by tanh. Sources: Vaswani et al., Attention Is All You Need (2017); Xiong et
    al., On Layer Normalization in the Transformer Architecture (2020).

    >>> TransformerBlock(8, 2, causal=True)(np.zeros((4, 5, 8), np.float32)).shape
    (4, 5, 8)
    """

    _shown = ("causal",)

    def __init__(
        self,
        size: int,
        heads: int,
        hidden: int | None = None,
        dropout: float = 0.0,
        causal: bool = False,
        pre_norm: bool = True,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.causal, self.pre_norm = causal, pre_norm
        self.attention = MultiHeadAttention(size, heads, dropout, dtype=dtype, rng=rng)
        self.norm1, self.norm2 = LayerNorm(size, dtype=dtype), LayerNorm(size, dtype=dtype)
        self.l1 = Linear(hidden or 4 * size, dtype=dtype, in_size=size, rng=rng)
        self.l2 = Linear(size, dtype=dtype, in_size=hidden or 4 * size, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(self, x: ArrayLike, mask: ArrayLike | None = None) -> Variable:
        """(batch, length, size), of the same shape as x; mask: as for `MultiHeadAttention`."""
        x = as_constant(x)
        if self.pre_norm:
            h = x + self.dropout(self._attend(self.norm1(x), mask))
            return h + self.dropout(self._transform(self.norm2(h)))
        h = self.norm1(x + self.dropout(self._attend(x, mask)))
        return self.norm2(h + self.dropout(self._transform(h)))

    def _attend(self, x: Variable, mask: ArrayLike | None) -> Variable:
        return self.attention(x, mask=mask, causal=self.causal)

    def _transform(self, x: Variable) -> Variable:
        return self.l2(gelu(self.l1(x), "tanh"))
