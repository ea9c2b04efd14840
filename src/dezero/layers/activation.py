"""Activation functions and changes of shape as layers, to stand in a Sequential; formulas as in `dezero.functions`."""

from __future__ import annotations

import numpy as np

import dezero.functions as F
from dezero.core.call import operand
from dezero.core.dtypes import Axes, Shape
from dezero.core.variable import ArrayLike, Parameter, Variable
from dezero.layers.checks import positive
from dezero.layers.layer import Layer

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Flatten",
    "LeakyReLU",
    "LogSoftmax",
    "PReLU",
    "ReLU",
    "Reshape",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


class ReLU(Layer):
    """max(x, 0).

    >>> ReLU()(np.array([-1.0, 2.0]))
    variable([0. 2.])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.relu(x)


class LeakyReLU(Layer):
    """x where it is positive, slope * x elsewhere.

    >>> LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    variable([-0.1  2. ])
    """

    _shown = ("slope",)

    def __init__(self, slope: float = 0.2) -> None:
        self.slope = float(slope)

    def forward(self, x: ArrayLike) -> Variable:
        return F.leaky_relu(x, self.slope)


class PReLU(Layer):
    """Leaky rectifier that learns its slope W: one number, or one for each channel of x (N, C, ...).

    channels: the number of slopes, None for a single one. slope: the initial value.

    >>> PReLU()
    PReLU(W ())  1 parameter
    """

    def __init__(
        self, channels: int | None = None, slope: float = 0.25, dtype: np.typing.DTypeLike = np.float32
    ) -> None:
        shape = () if channels is None else (positive("PReLU", "channels", channels),)
        self.W = Parameter(np.full(shape, slope, dtype), name="W")

    def forward(self, x: ArrayLike) -> Variable:
        if not self.W.ndim:
            return F.prelu(x, self.W)
        shape = operand(x, "PReLU").shape
        if shape[1:2] != self.W.shape:
            raise ValueError(
                f"PReLU: x must be (samples, channels, ...) with {self.W.size} channels, one for each slope, got shape "
                f"{shape}"
            )
        return F.prelu(x, F.reshape(self.W, (-1, *[1] * (len(shape) - 2))))


class ELU(Layer):
    """x where it is positive, alpha (exp(x) - 1) elsewhere.

    >>> ELU()(np.array([-100.0, 2.0]))
    variable([-1.  2.])
    """

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = float(alpha)

    def forward(self, x: ArrayLike) -> Variable:
        return F.elu(x, self.alpha)


class SELU(Layer):
    """Scaled exponential linear unit.

    >>> SELU()(np.array([1.0]))
    variable([1.05070099])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.selu(x)


class GELU(Layer):
    """x times the normal distribution function at x; approximate: "none" (needs SciPy), or "tanh".

    >>> GELU("tanh")(np.array([1.0]))
    variable([0.84119199])
    """

    _shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate must be 'none' or 'tanh', got {approximate!r}")
        self.approximate = approximate

    def forward(self, x: ArrayLike) -> Variable:
        return F.gelu(x, self.approximate)


class SiLU(Layer):
    """x sigmoid(x), also called swish.

    >>> SiLU()(np.array([2.0]))
    variable([1.76159416])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.silu(x)


class Softplus(Layer):
    """log(1 + exp(beta x)) / beta.

    >>> Softplus()(np.array([0.0]))
    variable([0.69314718])
    """

    _shown = ("beta",)

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = float(beta)

    def forward(self, x: ArrayLike) -> Variable:
        return F.softplus(x, self.beta)


class Sigmoid(Layer):
    """1 / (1 + exp(-x)).

    >>> Sigmoid()(np.array([0.0]))
    variable([0.5])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.sigmoid(x)


class Tanh(Layer):
    """Hyperbolic tangent.

    >>> Tanh()(np.array([0.0]))
    variable([0.])
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.tanh(x)


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along an axis.

    >>> Softmax()(np.array([[0.0, 0.0]]))
    variable([[0.5 0.5]])
    """

    _shown = ("axis",)

    def __init__(self, axis: Axes = 1) -> None:
        self.axis = axis

    def forward(self, x: ArrayLike) -> Variable:
        return F.softmax(x, self.axis)


class LogSoftmax(Layer):
    """Logarithm of the softmax along an axis.

    >>> LogSoftmax()(np.array([[0.0, 0.0]]))
    variable([[-0.69314718 -0.69314718]])
    """

    _shown = ("axis",)

    def __init__(self, axis: Axes = 1) -> None:
        self.axis = axis

    def forward(self, x: ArrayLike) -> Variable:
        return F.log_softmax(x, self.axis)


class Flatten(Layer):
    """All axes but the first joined into one.

    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def forward(self, x: ArrayLike) -> Variable:
        return F.flatten(x)


class Reshape(Layer):
    """The same elements in another shape; -1 is the length that is left. Reshape((-1, *size)) takes any batch.

    >>> Reshape((-1, 3, 2))(np.ones((4, 6))).shape
    (4, 3, 2)
    """

    _shown = ("shape",)

    def __init__(self, shape: int | Shape) -> None:
        self.shape = shape

    def forward(self, x: ArrayLike) -> Variable:
        return F.reshape(x, self.shape)
