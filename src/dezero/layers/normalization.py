"""Normalisations with scales and shifts of their own, made when the first input shows how many they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.call import operand
from dezero.core.dtypes import Shape, is_real
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import batch_norm, group_norm, instance_norm, layer_norm
from dezero.layers.checks import positive, share
from dezero.layers.layer import Layer, Statistic, Weight


class BatchNorm(Layer):
    """Each channel brought to mean 0 and variance 1 over the batch, times gamma, plus beta.

    x: (N, C) or (N, C, *size), floats. gamma, beta and the running statistics avg_mean, avg_var, which are saved but
    not learned, are all (C,). decay, eps, and what `Config.train` means: as for `functions.batch_norm`. dtype: None
    for that of the first input, to which what was loaded before it is cast. Source: Ioffe and Szegedy, Batch
    Normalization (2015).

    >>> norm = BatchNorm()
    >>> norm(np.array([[1.0], [3.0]]))
    variable([[-0.99999]
              [ 0.99999]])
    >>> norm.avg_mean
    variable([0.2])
    """

    def __init__(self, decay: float = 0.9, eps: float = 2e-5, dtype: np.typing.DTypeLike | None = None) -> None:
        self.decay = share("BatchNorm", "decay", decay, "; the number of channels is found at the first call")
        self.eps, self.dtype = float(eps), dtype
        self.avg_mean, self.avg_var = Statistic((None,), dtype, "avg_mean"), Statistic((None,), dtype, "avg_var")
        self.gamma, self.beta = Weight((None,), dtype, "gamma"), Weight((None,), dtype, "beta")

    def _starts(self) -> list[tuple[Variable, float]]:
        return [(self.avg_mean, 0), (self.avg_var, 1), (self.gamma, 1), (self.beta, 0)]

    def _make(self, x: Variable) -> None:
        """Fill the arrays that were not loaded, and cast those that were."""
        _check_size("BatchNorm", x, 2)
        channels, dtype = x.shape[1:2], x.dtype if self.dtype is None else self.dtype
        for value, _ in self._starts():
            if value._data is not None and value.shape != channels:
                raise ValueError(
                    f"BatchNorm: {value.name} was loaded with shape {value.shape}, and x {x.shape} has "
                    f"{channels[0]} channels"
                )
        for value, number in self._starts():
            _fill(value, number, channels, dtype)
            if value.dtype != dtype:
                value.data = value.data.astype(dtype, casting="same_kind")
        self.dtype = dtype

    def forward(self, x: ArrayLike) -> Variable:
        x = _floats("BatchNorm", x)
        if self.dtype is None or any([value._data is None for value, _ in self._starts()]):
            self._make(x)
        return batch_norm(x, self.gamma, self.beta, self.avg_mean.data, self.avg_var.data, self.decay, self.eps)


class _Affine(Layer):
    """gamma and beta of a shape that is known from the start, or from the first input."""

    dtype: np.typing.DTypeLike
    gamma: Weight
    beta: Weight

    def _await(self, shape: tuple[int | None, ...]) -> None:
        self.gamma, self.beta = Weight(shape, self.dtype, "gamma"), Weight(shape, self.dtype, "beta")
        if None not in shape:
            self._make(shape)

    def _make(self, shape: tuple[Any, ...]) -> None:
        _fill(self.gamma, 1, shape, self.dtype)
        _fill(self.beta, 0, shape, self.dtype)

    def _prepared(self, x: ArrayLike, ndim: int, axis: int) -> Variable:
        """x as a Variable of floats; at the first call gamma and beta are made, as long as its axis `axis`."""
        name = type(self).__name__
        x = _floats(name, x)
        if self.gamma._data is None or self.beta._data is None:
            _check_size(name, x, ndim)
            self._make((x.shape[axis],))
        return x


class LayerNorm(_Affine):
    """Each sample brought to mean 0 and variance 1 over its last axes, times gamma, plus beta.

    x: (..., *size). size: the lengths of those axes, or the one length of the last; None to take that from the first
    input. eps is added to the variance. Source: Ba, Kiros and Hinton, Layer Normalization (2016).

    >>> LayerNorm()(np.array([[1.0, 3.0], [5.0, 9.0]]))
    variable([[-0.999995    0.999995  ]
              [-0.99999875  0.99999875]])
    """

    def __init__(
        self, size: int | tuple[int, ...] | None = None, eps: float = 1e-5, dtype: np.typing.DTypeLike = np.float32
    ) -> None:
        self.eps, self.dtype = eps, dtype
        sizes = size if isinstance(size, tuple | list) else (size,)
        self._await(tuple([None if size is None else positive("LayerNorm", "size", n) for n in sizes]))

    def forward(self, x: ArrayLike) -> Variable:
        x = self._prepared(x, 1, -1)
        return layer_norm(x, self.gamma, self.beta, self.gamma.ndim, self.eps)


class GroupNorm(_Affine):
    """Each group of channels of each sample brought to mean 0 and variance 1, times gamma, plus beta.

    x: (N, C, ...). groups: how many groups of neighbouring channels; a divisor of C. size: C; None to take it from the
    first input. eps is added to the variance. Source: Wu and He, Group Normalization (2018).

    >>> GroupNorm(2)(np.array([[1.0, 3.0, 5.0, 9.0]]))
    variable([[-0.999995    0.999995   -0.99999875  0.99999875]])
    """

    _shown = ("groups",)

    def __init__(
        self, groups: int, size: int | None = None, eps: float = 1e-5, dtype: np.typing.DTypeLike = np.float32
    ) -> None:
        self.groups, self.eps, self.dtype = positive("GroupNorm", "groups", groups), eps, dtype
        self._await((None if size is None else positive("GroupNorm", "size", size),))

    def _make(self, shape: tuple[Any, ...]) -> None:
        if shape[0] % self.groups:
            raise ValueError(f"GroupNorm: {self.groups} groups do not divide {shape[0]} channels")
        super()._make(shape)

    def forward(self, x: ArrayLike) -> Variable:
        x = self._prepared(x, 2, 1)
        return group_norm(x, self.groups, self.gamma, self.beta, self.eps)


class InstanceNorm(_Affine):
    """Each channel of each sample brought to mean 0 and variance 1, times gamma, plus beta.

    x: (N, C, *size). size: C; None to take it from the first input. eps is added to the variance. Source: Ulyanov et
    al., Instance Normalization (2016).

    >>> InstanceNorm()(np.array([[[1.0, 3.0], [5.0, 9.0]]]))
    variable([[[-0.999995    0.999995  ]
               [-0.99999875  0.99999875]]])
    """

    def __init__(self, size: int | None = None, eps: float = 1e-5, dtype: np.typing.DTypeLike = np.float32) -> None:
        self.eps, self.dtype = eps, dtype
        self._await((None if size is None else positive("InstanceNorm", "size", size),))

    def forward(self, x: ArrayLike) -> Variable:
        x = self._prepared(x, 3, 1)
        return instance_norm(x, self.gamma, self.beta, self.eps)


def _floats(name: str, x: ArrayLike) -> Variable:
    x = operand(x, name)
    if not is_real(x):
        raise TypeError(f"{name}: x must hold floats, got {x.dtype}; use x.astype(np.float32)")
    return x


def _check_size(name: str, x: Variable, ndim: int) -> None:
    if x.ndim < ndim:
        raise ValueError(f"{name}: x must have {ndim} axes or more, got shape {x.shape}; reshape it")
    if not x.size:
        raise ValueError(f"{name}: x of shape {x.shape} has no elements to normalise")


def _fill(value: Variable, number: float, shape: Shape, dtype: np.typing.DTypeLike) -> None:
    """Give a Parameter or Buffer its first data, unless it was loaded."""
    if value._data is None:
        value.data = np.full(shape, number, dtype)
