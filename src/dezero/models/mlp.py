"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dezero.core.variable import ArrayLike, Variable
from dezero.functions import sigmoid
from dezero.layers import Linear
from dezero.layers.checks import positive
from dezero.models.sequential import Sequential


class MLP(Sequential):
    """Linear layers l0, l1, ..., with an activation after each but the last: x (N, in_size), result (N, last size).

    fc_output_sizes: how many numbers each layer puts out. activation: a function or a layer. in_size: None to take it
    from the first input. rng: a Generator to draw the weights from, in place of NumPy's global state. A layer may be
    replaced, as in `Sequential`. TypeError or ValueError for sizes that are no positive whole numbers or none at all.

    >>> from dezero.functions import tanh
    >>> MLP((10, 1), activation=tanh)(Variable(np.ones((5, 3)))).shape
    (5, 1)
    """

    def __init__(
        self,
        fc_output_sizes: Iterable[int],
        activation: Callable[..., Any] = sigmoid,
        *,
        in_size: int | None = None,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        if not isinstance(fc_output_sizes, Iterable):
            raise TypeError(
                f"MLP: fc_output_sizes must be sizes, one a layer, such as (10, 1), got {fc_output_sizes!r}"
            )
        sizes = [positive("MLP", f"size {i} of fc_output_sizes", size) for i, size in enumerate(fc_output_sizes)]
        if not sizes:
            raise ValueError("MLP: fc_output_sizes must hold one size at least, such as (10, 1)")
        if not callable(activation):
            raise TypeError(f"MLP: activation must be a function such as F.tanh, got a {type(activation).__name__}")
        inputs = [in_size] + (sizes[:-1] if in_size is not None else [None] * (len(sizes) - 1))
        self.activation = activation
        super().__init__(
            *[Linear(size, dtype=dtype, in_size=n, rng=rng) for n, size in zip(inputs, sizes, strict=True)]
        )

    def forward(self, x: ArrayLike) -> Variable:
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
