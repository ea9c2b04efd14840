"""What dtypes of raw arrays hold, and sums of many half-precision numbers: in single precision, rounded once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]  # or a scalar of NumPy, as results of no axis are: no type says both
Shape = tuple[int, ...]
Axes = int | tuple[int, ...] | None


class HasDtype(Protocol):
    @property
    def dtype(self) -> Any: ...


def is_complex(x: HasDtype) -> bool:
    return bool(x.dtype.kind == "c")


def is_real(x: HasDtype) -> bool:
    """Whether x holds floats."""
    return bool(x.dtype.kind == "f")


def is_inexact(x: HasDtype) -> bool:
    """Whether x holds floats or complex numbers, in which derivatives are taken."""
    return x.dtype.kind in "fc"


def is_whole(x: HasDtype) -> bool:
    """Whether x holds integers, signed or not."""
    return x.dtype.kind in "iu"


def wraps(dtype: Any) -> bool:
    """Whether arithmetic in a dtype soon wraps around: narrow and unsigned integers, and booleans."""
    return dtype.kind in "ub" or (dtype.kind == "i" and dtype.itemsize < 8)


def digits(dtype: Any) -> int:
    """Bits of a float's or complex number's real part; 0 for integers and booleans."""
    return dtype.itemsize * (8 if dtype.kind == "f" else 4) if dtype.kind in "fc" else 0


def is_half(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "char", "") == "e"


def single(x: Any) -> Any:
    """A half-precision array or number in single precision; everything else as it is."""
    return x.astype(np.float32) if is_half(x) else x


def rounded_once(value: Callable[..., Any]) -> Callable[..., Any]:
    """The value of an operation on raw arrays, of half-precision ones computed in single precision and then rounded.

    A half holds no odd number above 2048, so that a running sum of ones in halves stops there.

    >>> rounded_once(np.cumsum)(np.ones(3000, np.float16))[-1]
    np.float16(3000.0)
    """

    @functools.wraps(value)
    def call(*args: Any, **parameters: Any) -> Any:
        if not any([is_half(a) for a in args]):
            return value(*args, **parameters)
        y = value(*[single(a) for a in args], **parameters)
        wider = any([a.dtype.kind in "fc" and not is_half(a) for a in args if hasattr(a, "dtype")])
        return y if wider else y.astype(np.float16)

    return call


def as_array(x: Any, array_module: Any = np) -> Any:
    """Turn a number into a 0-d array; arrays pass.

    >>> as_array(1.0)
    array(1.)
    """
    return array_module.array(x) if np.isscalar(x) else x
