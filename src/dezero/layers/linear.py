"""Affine maps, and rows looked up by number."""

from __future__ import annotations

import numpy as np

from dezero.core.variable import ArrayLike, Parameter, Variable
from dezero.functions import embed_id, linear
from dezero.layers.checks import flag, floats, positive
from dezero.layers.initial import lecun_normal
from dezero.layers.layer import Layer, Weight


class Linear(Layer):
    """x W + b: x (..., in_size), result (..., out_size); whole numbers are cast to the dtype of W.

    W starts as normal numbers of variance 1 / in_size, b as zeros. in_size: None to take it from the first input, when
    W is drawn. nobias: no b. rng: a Generator to draw from, in place of NumPy's global state. ValueError and TypeError
    for arguments and inputs that do not fit.

    >>> Linear(3, in_size=2)
    Linear(W (2, 3), b (3,))  9 parameters
    """

    def __init__(
        self,
        out_size: int,
        nobias: bool = False,
        dtype: np.typing.DTypeLike = np.float32,
        in_size: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        out_size = positive("Linear", "out_size", out_size)
        in_size = None if in_size is None else positive("Linear", "in_size", in_size)
        remedy = "write Linear(out_size) to find the input's size at the first call, or Linear(out_size, in_size=...)"
        nobias = flag("Linear", "nobias", nobias, remedy)
        self.in_size, self.out_size, self.dtype, self.rng = in_size, out_size, dtype, rng
        self.W = Weight((in_size, out_size), dtype, "W")
        self.b = None if nobias else Parameter(np.zeros(out_size, dtype), name="b")
        if in_size is not None:
            self._draw(in_size)

    def _draw(self, in_size: int) -> None:
        self.in_size = in_size
        self.W.data = lecun_normal((in_size, self.out_size), in_size, self.dtype, self.rng)

    def forward(self, x: ArrayLike) -> Variable:
        inputs = floats("Linear", x, self.dtype)
        if self.W._data is None:
            self._draw(inputs.shape[-1])
        return linear(inputs, self.W, self.b)


class EmbedID(Layer):
    """The row of W for each number: x whole numbers of any shape, result (*x.shape, out_size).

    in_size: how many rows; W starts as standard normal numbers. Errors as for `functions.embed_id`.

    >>> EmbedID(10, 3)(np.array([1, 5])).shape
    (2, 3)
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        dtype: np.typing.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        rows, size = positive("EmbedID", "in_size", in_size), positive("EmbedID", "out_size", out_size)
        self.W = Parameter(lecun_normal((rows, size), 1, dtype, rng), name="W")

    def forward(self, x: ArrayLike) -> Variable:
        return embed_id(x, self.W)
