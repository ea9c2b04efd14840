"""Undoing broadcasting on raw arrays: what the raw sweep and the operation sum_to do it with.

The recorded sweeps undo it with the operations sum_to and broadcast_to, so that it can be differentiated again.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def total(x: Any, axis: Any, keepdims: bool) -> Any:
    """The sum over axes; of half-precision numbers in single precision, since their own sums stop at 2048."""
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype=np.float32).astype(x.dtype)
    return x.sum(axis=axis, keepdims=keepdims)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Sum an array down to `shape`, which must broadcast to the array's own shape (ValueError otherwise).

    >>> sum_to(np.ones((2, 3)), (1, 3))
    array([[2., 2., 2.]])
    """
    have = np.shape(x)
    if have == shape:
        return x
    lead = len(have) - len(shape)
    if lead == 1 and have[1:] == shape:
        return total(x, 0, False)  # a bias added to a batch
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[lead:], strict=True)):
        raise ValueError(f"sum_to: shape {have} cannot be summed to {shape}, which does not broadcast to it")
    axes = tuple(range(lead)) + tuple(
        i + lead for i, (n, m) in enumerate(zip(shape, have[lead:], strict=True)) if n == 1 != m
    )
    return total(x, axes, True).reshape(shape) if axes else x.reshape(shape)


def fit(x: Any, shape: tuple[int, ...], target: tuple[int, ...]) -> Any:
    """Bring a cotangent of an output of `shape` to an argument's `target` shape, as broadcasting's adjoint does."""
    if np.shape(x) != shape:
        x = np.broadcast_to(x, shape)
    return sum_to(x, target)
