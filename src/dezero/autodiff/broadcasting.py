"""Undoing broadcasting on raw arrays, for the raw sweep and for the operation sum_to.

The recorded sweeps use the operations sum_to and broadcast_to instead, which can be differentiated again.
"""

from __future__ import annotations

import numpy as np

from dezero.core.dtypes import Array, Axes, Shape

_MANY = 128  # rows: their sum is a product of matrices


def total(x: Array, axis: Axes, keepdims: bool) -> Array:
    """The sum over axes; half-precision numbers are added in single precision, since a sum of ones stops at 2048."""
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype=np.float32).astype(x.dtype)  # type: ignore[no-any-return]
    return x.sum(axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]


def sum_to(x: Array, shape: Shape) -> Array:
    """An array summed to `shape`; ValueError where `shape` does not broadcast to the shape of the array.

    >>> sum_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    have = np.shape(x)
    if have == shape:
        return x
    lead = len(have) - len(shape)
    if lead == 1 and have[1:] == shape:
        return total(x, 0, False) if have[0] < _MANY else _over_rows(x)  # a bias added to a batch
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[lead:], strict=True)):
        raise ValueError(f"sum_to: shape {have} cannot be summed to {shape}, which does not broadcast to it")
    axes = tuple(range(lead)) + tuple(
        i + lead for i, (n, m) in enumerate(zip(shape, have[lead:], strict=True)) if n == 1 != m
    )
    if axes == (0,):
        return _over_rows(x).reshape(shape)
    return total(x, axes, True).reshape(shape) if axes else x.reshape(shape)


def _over_rows(x: Array) -> Array:
    if x.ndim == 2 and len(x) >= _MANY and x.shape[1] > 1 and x.dtype.char in "fd":
        return np.ones(x.shape[0], x.dtype) @ x  # a third of the time of NumPy's sum
    return total(x, 0, False)


def fit(x: Array, shape: Shape, target: Shape) -> Array:
    """A cotangent of a result of `shape`, summed to an argument's `target` shape: the adjoint of broadcasting."""
    if np.shape(x) != shape:
        x = np.broadcast_to(x, shape)
    return sum_to(x, target)
