"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index
from typing import Any

import numpy as np

from dezero.functions import sigmoid
from dezero.layers import Linear
from dezero.models.model import Model


class MLP(Model):
    """Linear layers l0, l1, ..., with an activation after each but the last: x (N, in_size), result (N, last size).

    fc_output_sizes: how many numbers each layer puts out. activation: a function or a layer. in_size: None to take it
    from the first input. rng: a Generator to draw the weights from, in place of NumPy's global state. TypeError or
    ValueError for sizes that are no whole numbers, not positive or none at all.

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
        dtype: Any = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        sizes = _checked(fc_output_sizes)
        if not callable(activation):
            raise TypeError(f"MLP: activation must be a function such as F.tanh, got a {type(activation).__name__}")
        inputs = [in_size] + (sizes[:-1] if in_size is not None else [None] * (len(sizes) - 1))
        self.activation = activation
        self.layers = [Linear(size, dtype=dtype, in_size=n, rng=rng) for n, size in zip(inputs, sizes, strict=True)]
        for i, layer in enumerate(self.layers):
            setattr(self, f"l{i}", layer)

    def forward(self, x: Any) -> Any:
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


def _checked(sizes: Any) -> list[int]:
    try:
        checked = [index(size) for size in sizes]
    except TypeError:
        raise TypeError(
            f"MLP: fc_output_sizes must be whole numbers, one a layer, such as (10, 1), got {sizes!r}"
        ) from None
    if not checked or min(checked) < 1:
        raise ValueError(f"MLP: fc_output_sizes must be positive, and one at least, such as (10, 1), got {sizes!r}")
    return checked
