"""Normalisations with scales and shifts of their own, made when the first input shows how many they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.variable import Variable, as_variable
from dezero.functions import batch_norm, group_norm, layer_norm
from dezero.layers.initial import positive
from dezero.layers.layer import Layer, Statistic, Weight


class BatchNorm(Layer):
    """Each channel brought to mean 0 and variance 1 over the batch, times gamma, plus beta.

    x: (N, C) or (N, C, *size), floats. gamma, beta and the running statistics avg_mean, avg_var, which are saved but
    not learned, all (C,), take the dtype of the first input. decay, eps, and what `Config.train` means: as for
    `functions.batch_norm`. Source: Ioffe and Szegedy, Batch Normalization (2015).

    >>> norm = BatchNorm()
    >>> norm(np.array([[1.0], [3.0]]))
    variable([[-0.99999]
              [ 0.99999]])
    >>> norm.avg_mean
    variable([0.2])
    """

    def __init__(self, decay: float = 0.9, eps: float = 2e-5) -> None:
        self.decay, self.eps = decay, eps
        self.avg_mean, self.avg_var = Statistic((None,), name="avg_mean"), Statistic((None,), name="avg_var")
        self.gamma, self.beta = Weight((None,), name="gamma"), Weight((None,), name="beta")

    def forward(self, x: Any) -> Variable:
        x = as_variable(x)
        if any([value._data is None for value in (self.avg_mean, self.avg_var, self.gamma, self.beta)]):
            _check_floats("BatchNorm", x, 2)
            _fill(self.avg_mean, 0, x.shape[1:2], x.dtype)
            _fill(self.avg_var, 1, x.shape[1:2], x.dtype)
            _fill(self.gamma, 1, x.shape[1:2], x.dtype)
            _fill(self.beta, 0, x.shape[1:2], x.dtype)
        return batch_norm(x, self.gamma, self.beta, self.avg_mean.data, self.avg_var.data, self.decay, self.eps)


class LayerNorm(Layer):
    """Each sample brought to mean 0 and variance 1 over its last axes, times gamma, plus beta.

    x: (..., *size). size: the lengths of those axes, or the one length of the last; None to take that from the first
    input. eps is added to the variance. Source: Ba, Kiros and Hinton, Layer Normalization (2016).

    >>> LayerNorm()(np.array([[1.0, 3.0], [5.0, 9.0]]))
    variable([[-0.999995    0.999995  ]
              [-0.99999875  0.99999875]])
    """

    def __init__(self, size: int | tuple[int, ...] | None = None, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        self.eps, self.dtype = eps, dtype
        shape = tuple(size) if isinstance(size, tuple | list) else (size,)
        self.gamma, self.beta = Weight(shape, dtype, "gamma"), Weight(shape, dtype, "beta")
        if size is not None:
            self._make(shape)

    def _make(self, shape: tuple[Any, ...]) -> None:
        _fill(self.gamma, 1, shape, self.dtype)
        _fill(self.beta, 0, shape, self.dtype)

    def forward(self, x: Any) -> Variable:
        x = as_variable(x)
        if self.gamma._data is None or self.beta._data is None:
            _check_floats("LayerNorm", x, 1)
            self._make(x.shape[-1:])
        return layer_norm(x, self.gamma, self.beta, self.gamma.ndim, self.eps)


class GroupNorm(Layer):
    """Each group of channels of each sample brought to mean 0 and variance 1, times gamma, plus beta.

    x: (N, C, ...). groups: how many groups of neighbouring channels; a divisor of C (C itself: instance
    normalisation). size: C; None to take it from the first input. eps is added to the variance. Source: Wu and He,
    Group Normalization (2018).

    >>> GroupNorm(2)(np.array([[1.0, 3.0, 5.0, 9.0]]))
    variable([[-0.999995    0.999995   -0.99999875  0.99999875]])
    """

    _shown = ("groups",)

    def __init__(self, groups: int, size: int | None = None, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        self.groups, self.eps, self.dtype = positive("GroupNorm", "groups", groups), eps, dtype
        self.gamma, self.beta = Weight((size,), dtype, "gamma"), Weight((size,), dtype, "beta")
        if size is not None:
            self._make(size)

    def _make(self, size: int) -> None:
        if size % self.groups:
            raise ValueError(f"GroupNorm: {self.groups} groups do not divide {size} channels")
        _fill(self.gamma, 1, (size,), self.dtype)
        _fill(self.beta, 0, (size,), self.dtype)

    def forward(self, x: Any) -> Variable:
        x = as_variable(x)
        if self.gamma._data is None or self.beta._data is None:
            _check_floats("GroupNorm", x, 2)
            self._make(x.shape[1])
        return group_norm(x, self.groups, self.gamma, self.beta, self.eps)


def _check_floats(name: str, x: Variable, ndim: int) -> None:
    if x.ndim < ndim:
        raise ValueError(f"{name}: x must have {ndim} axes or more, got shape {x.shape}; reshape it")
    if not x.size:
        raise ValueError(f"{name}: x of shape {x.shape} has no elements to normalise")
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: x must hold floats, got {x.dtype}; use x.astype(np.float32)")


def _fill(value: Variable, number: float, shape: tuple[int, ...], dtype: Any) -> None:
    """Give a Parameter or Buffer its first data, unless it was loaded."""
    if value._data is None:
        value.data = np.full(shape, number, dtype)
