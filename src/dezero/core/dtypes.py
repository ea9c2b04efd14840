"""Names of types, what a dtype holds, and half-precision sums: computed in single precision and rounded once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import numpy as np

DType = np.dtype[Any]
Array = np.ndarray[Any, DType]  # or a NumPy scalar, as results without axes are: NumPy has no type for both
Shape = tuple[int, ...]
Axes = int | tuple[int, ...] | None
Plain = Array | np.generic | complex  # and float, int and bool, which are complex to a type checker
# The value of an operation: raw arrays in and out, a tuple of them where it has several outputs.
RawFunction = Callable[..., Plain | tuple[Array, ...]]


class Shaped(Protocol):
    """An array of any kind: raw, a Variable or a term."""

    @property
    def shape(self) -> Shape: ...
    @property
    def dtype(self) -> DType: ...


def is_complex(x: Shaped) -> bool:
    return bool(x.dtype.kind == "c")


def is_real(x: Shaped) -> bool:
    """Whether x holds floats."""
    return bool(x.dtype.kind == "f")


def is_inexact(x: Shaped) -> bool:
    """Whether x holds floats or complex numbers, in which derivatives are taken."""
    return x.dtype.kind in "fc"


def is_whole(x: Shaped) -> bool:
    """Whether x holds integers, signed or not."""
    return x.dtype.kind in "iu"


def wraps(dtype: DType) -> bool:
    """Whether arithmetic in a dtype soon wraps around: narrow and unsigned integers, and booleans."""
    return dtype.kind in "ub" or (dtype.kind == "i" and dtype.itemsize < 8)


def digits(dtype: DType) -> int:
    """Bits of a float's or complex number's real part; 0 for integers and booleans."""
    return dtype.itemsize * (8 if dtype.kind == "f" else 4) if dtype.kind in "fc" else 0


def is_half(x: object) -> bool:
    return getattr(getattr(x, "dtype", None), "char", "") == "e"


def single(x: Array) -> Array:
    """A half-precision array or number in single precision; everything else as it is."""
    return x.astype(np.float32) if is_half(x) else x


def rounded_once(value: Callable[..., Array]) -> Callable[..., Array]:
    """A function of raw arrays that computes with half-precision arrays in single precision, and rounds its result.

    A half holds no odd number above 2048, so a running sum of ones in halves stops there.

    >>> rounded_once(np.cumsum)(np.ones(3000, np.float16))[-1]
    np.float16(3000.0)
    """

    @functools.wraps(value)
    def call(*args: Array, **parameters: object) -> Array:
        if not any([is_half(a) for a in args]):
            return value(*args, **parameters)
        y = value(*[single(a) for a in args], **parameters)
        wider = any([a.dtype.kind in "fc" and not is_half(a) for a in args if hasattr(a, "dtype")])
        return y if wider else y.astype(np.float16)

    return call


def zeros_of(x: Array, shape: int | Shape) -> Array:
    """Zeros of a shape in the dtype of an array; of an array without numbers, an array of its kind."""
    return np.zeros(shape, x.dtype) if type(x) is np.ndarray else np.zeros_like(x, shape=shape)


def as_array(x: Any, array_module: ModuleType = np) -> Array:
    """A number as a 0-d array; an array is returned itself.

    >>> as_array(1.0)
    array(1.)
    """
    return array_module.array(x) if np.isscalar(x) else x  # type: ignore[no-any-return]
