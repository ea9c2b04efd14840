"""Checks of the arguments of layers and models: the same mistake gets the same message everywhere."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dezero.core.call import operand


def positive(layer: str, argument: str, value: Any) -> int:
    """A size as an integer of at least 1; ValueError, naming the layer and its argument, for anything else.

    >>> positive("Linear", "out_size", 3)
    3
    """
    try:
        size = operator.index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise ValueError(f"{layer}: {argument} must be a whole number of 1 or more, got {value!r}")
    return size


def share(layer: str, argument: str, value: object, remedy: str = "") -> float:
    """A number from 0 to 1 as a Python float; ValueError for anything else.

    >>> share("Dropout", "ratio", np.float64(0.5))
    0.5
    """
    if not isinstance(value, int | float | np.integer | np.floating) or not 0 <= value <= 1:
        raise ValueError(f"{layer}: {argument} must be a number from 0 to 1, got {value!r}{remedy}")
    return float(value)


def flag(layer: str, argument: str, value: object, remedy: str) -> bool:
    """True or False; TypeError for anything else, such as a size that was meant for another argument.

    >>> flag("Linear", "nobias", 10, "give the input's size as in_size=10")
    Traceback (most recent call last):
    TypeError: Linear: nobias must be True or False, got 10; give the input's size as in_size=10
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{layer}: {argument} must be True or False, got {value!r}; {remedy}")
    return bool(value)


def floats(layer: str, x: Any, dtype: np.typing.DTypeLike) -> Any:
    """x, with whole numbers and booleans cast to the layer's dtype: NumPy would make float64 of them.

    TypeError for what is no array, ValueError for a single number.

    >>> floats("Linear", np.array([1, 2]), np.float32).dtype
    dtype('float32')
    """
    known = operand(x, layer)
    if not known.ndim:
        raise ValueError(f"{layer}: x must be (..., inputs), got shape (); x.reshape(1, 1) is one sample of one number")
    return x.astype(dtype) if known.dtype.kind in "iub" else x
