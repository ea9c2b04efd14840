"""Normalisations: over a batch, a layer, a group of channels or an instance."""

from __future__ import annotations

import functools
import math

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.config import Config
from dezero.core.declare import public
from dezero.core.dtypes import Array, Shape, is_inexact
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import plainly
from dezero.functions.arrays.dtype import float_dtype
from dezero.functions.arrays.shape import reshape
from dezero.functions.elementwise.complex_numbers import refuse_complex
from dezero.functions.nn.standardize import scale_shift, standardize
from dezero.functions.reductions._half import in_single


@public
@functools.partial(in_single, updated=("mean", "var"))
def batch_norm(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, mean: Array, var: Array, decay: float = 0.9, eps: float = 2e-5
) -> Variable:
    """Each channel brought to mean 0 and variance 1 over the batch, times gamma, plus beta.

    x: (N, C) or (N, C, *size). gamma, beta: (C,). mean, var: plain arrays (C,), the running statistics. In training
    (Config.train) the batch's own statistics normalise, and the running ones are updated in place: old * decay +
    new * (1 - decay), with the unbiased variance. Otherwise the running ones normalise. eps is added to the
    variance. Raises ValueError for shapes that do not fit, and in training for a batch without elements.

    >>> mean, var = np.zeros(1), np.ones(1)
    >>> batch_norm(Variable(np.array([[1.0], [3.0]])), np.ones(1), np.zeros(1), mean, var, eps=0)
    variable([[-1.]
              [ 1.]])
    >>> mean
    array([0.2])
    """
    x = operand(x, "batch_norm")
    if x.ndim < 2:
        raise ValueError(f"batch_norm: x must be (samples, channels, ...), got {_shape(x)}; reshape it")
    refuse_complex("batch_norm", x)
    channels = x.shape[1]
    for name, value in (("gamma", gamma), ("beta", beta), ("mean", mean), ("var", var)):
        if _shape(value) != (channels,):
            raise ValueError(
                f"batch_norm: {name} must be of shape ({channels},), one number for each channel of x {x.shape}, "
                f"got {_shape(value)}"
            )
    for name, value in (("mean", mean), ("var", var)):
        if not is_inexact(raw(value)):
            raise TypeError(f"batch_norm: {name} is {raw(value).dtype}, and running statistics need a float dtype")
    gamma, beta = reshape(gamma, (1, channels, 1)), reshape(beta, (1, channels, 1))
    columns = reshape(x, (x.shape[0], channels, math.prod(x.shape[2:])))
    if Config.train:
        if not x.size:
            raise ValueError(f"batch_norm: x of shape {x.shape} has no elements to take statistics of")
        y, batch_mean, batch_var = standardize(columns, float(plainly("batch_norm", eps, "eps")))
        _update(raw(mean), raw(var), batch_mean, batch_var, x.size // channels, decay)
    else:
        kind = float_dtype(x)
        spread = np.sqrt(raw(var).astype(kind) + float(plainly("batch_norm", eps, "eps"))).reshape(1, channels, 1)
        y, gamma = columns, gamma / spread
        beta = beta - gamma * raw(mean).astype(kind).reshape(1, channels, 1)
    return reshape(scale_shift(y, gamma, beta), x.shape)


def _update(mean: Array, var: Array, batch_mean: Variable, batch_var: Variable, count: int, decay: float) -> None:
    new_mean = batch_mean.data.ravel()
    new_var = batch_var.data.ravel() * (count / max(count - 1, 1))
    mean *= decay
    mean += (1 - decay) * new_mean
    var *= decay
    var += (1 - decay) * new_var


@public
@in_single
def layer_norm(
    x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, axes: int = 1, eps: float = 1e-5
) -> Variable:
    """Each sample brought to mean 0 and variance 1 over its last axes, times gamma, plus beta.

    x: (..., *size). axes: how many axes size has. gamma, beta: of shape size, or None for 1 and 0. eps is added to
    the variance. Raises ValueError for shapes that do not fit.

    >>> layer_norm(Variable(np.array([[1.0, 3.0], [5.0, 9.0]])), eps=0)
    variable([[-1.  1.]
              [-1.  1.]])
    """
    x = operand(x, "layer_norm")
    if not 1 <= axes <= x.ndim or not x.size:
        raise ValueError(f"layer_norm: x of shape {_shape(x)} must have elements, and at least axes={axes} (1 or more)")
    refuse_complex("layer_norm", x)
    size = x.shape[x.ndim - axes :]
    for name, value in (("gamma", gamma), ("beta", beta)):
        if value is not None and _shape(value) != size:
            raise ValueError(f"layer_norm: {name} must be of shape {size}, that of x's last axes, got {_shape(value)}")
    rows = math.prod(x.shape[: x.ndim - axes])
    y, _, _ = standardize(reshape(x, (1, rows, math.prod(size))), float(plainly("layer_norm", eps, "eps")))
    return reshape(_affine(y, (rows, math.prod(size), 1), gamma, beta), x.shape)


@public
@in_single
def group_norm(
    x: ArrayLike, groups: int, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
) -> Variable:
    """Each group of channels of each sample brought to mean 0 and variance 1, times gamma, plus beta.

    x: (N, C, ...). groups: how many groups of neighbouring channels; a divisor of C. gamma, beta: (C,), or None for 1
    and 0. eps is added to the variance. Raises ValueError for shapes that do not fit.

    >>> group_norm(Variable(np.array([[1.0, 3.0, 5.0, 9.0]])), 2, eps=0)
    variable([[-1.  1. -1.  1.]])
    """
    x = operand(x, "group_norm")
    if x.ndim < 2 or not x.size:
        raise ValueError(f"group_norm: x must be (samples, channels, ...) with elements, got {_shape(x)}")
    if not isinstance(groups, int | np.integer) or groups < 1 or x.shape[1] % groups:
        raise ValueError(f"group_norm: groups={groups!r} does not divide the {x.shape[1]} channels of x {x.shape}")
    return _of_channels("group_norm", x, int(groups), gamma, beta, eps)


@public
@in_single
def instance_norm(
    x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
) -> Variable:
    """Each channel of each sample brought to mean 0 and variance 1, times gamma, plus beta.

    x: (N, C, *size). gamma, beta: (C,), or None for 1 and 0. eps is added to the variance. Raises ValueError for
    shapes that do not fit.

    >>> instance_norm(Variable(np.array([[[1.0, 3.0], [5.0, 9.0]]])), eps=0)
    variable([[[-1.  1.]
               [-1.  1.]]])
    """
    x = operand(x, "instance_norm")
    if x.ndim < 3 or not x.size:
        raise ValueError(f"instance_norm: x must be (samples, channels, size, ...) with elements, got {_shape(x)}")
    return _of_channels("instance_norm", x, x.shape[1], gamma, beta, eps)


def _of_channels(
    name: str, x: Variable, groups: int, gamma: ArrayLike | None, beta: ArrayLike | None, eps: float
) -> Variable:
    refuse_complex(name, x)
    for argument, value in (("gamma", gamma), ("beta", beta)):
        if value is not None and _shape(value) != (x.shape[1],):
            raise ValueError(
                f"{name}: {argument} must be of shape ({x.shape[1]},), one number for each channel of x {x.shape}, "
                f"got {_shape(value)}"
            )
    y, _, _ = standardize(
        reshape(x, (1, x.shape[0] * groups, x.size // (x.shape[0] * groups))), float(plainly(name, eps, "eps"))
    )
    return reshape(_affine(y, (*x.shape[:2], math.prod(x.shape[2:])), gamma, beta), x.shape)


def _affine(y: Variable, shape: Shape, gamma: ArrayLike | None, beta: ArrayLike | None) -> Variable:
    """gamma y + beta for y in the shape (N, C, L), gamma and beta with C elements, or None."""
    if gamma is None and beta is None:
        return y
    each = (1, shape[1], 1)
    gamma = np.ones(each, y.dtype) if gamma is None else reshape(gamma, each)
    beta = np.zeros(each, y.dtype) if beta is None else reshape(beta, each)
    return scale_shift(reshape(y, shape), gamma, beta)


def _shape(value: object) -> Shape | None:
    return getattr(raw(value), "shape", None)


batch_nrom = operations.batch_nrom = batch_norm  # type: ignore[attr-defined]  # DeZero's name
