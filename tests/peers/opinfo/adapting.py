"""What the adapters share: PyTorch's spellings of axes, types and reductions in the terms of DeZero's functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import dezero.functions as F


class Both(NamedTuple):
    """An adapter with PyTorch's side of it, theirs(op, *args, **kwargs): what both sides make of the results, or of the
    arguments, before they are compared (vectors of a decomposition are unique but for a sign or a phase)."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]


class OutOfScope(Exception):
    """Raised by an adapter for a sample that asks for what DeZero does not offer; the text is the reason."""


def axes(x, dim):
    """PyTorch's dim as NumPy's axis: none and () mean all, and a number may have an axis 0."""
    if dim is None or x.ndim == 0 or (isinstance(dim, tuple | list) and not len(dim)):
        return None
    return tuple(dim) if isinstance(dim, tuple | list) else dim


def cast(x, dtype):
    return x if dtype is None else F.astype(x, dtype)


def one_axis(f):
    """An operation that keeps the shape, as PyTorch's softmax(x, dim): a number is an array of one element."""

    def adapter(x, dim, *, dtype=None):
        x = cast(x, dtype)
        return F.reshape(f(F.reshape(x, (1,)), axis=0), ()) if x.ndim == 0 else f(x, axis=dim)

    return adapter


def reducing(f):
    def adapter(x, dim=None, keepdim=False, *, dtype=None):
        return f(cast(x, dtype), axis=axes(x, dim), keepdims=keepdim)

    return adapter


def reduced(values, reduction):
    if reduction == "none":
        return values
    return F.mean(values) if reduction == "mean" else F.sum(values)


def last_axis(f):
    """A function of the last axis, applied along another one."""
    return lambda x, dim, *args: F.moveaxis(f(F.moveaxis(x, dim, -1), *args), -1, dim)


def sizes(shape):
    """Sizes given one by one or as a sequence."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else tuple(shape)


def transposed(x):
    return F.swapaxes(x, -1, -2)


def adjoint(x):
    return F.conj(transposed(x))


def pairs(n, value):
    return (value,) * n if isinstance(value, int | float) else tuple(value)


def whole(x):
    return np.asarray(x).astype(int)
