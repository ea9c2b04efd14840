"""Which numbers are orders of derivatives."""

from __future__ import annotations

import math
from typing import TypeGuard

import numpy as np

from dezero.core.dtypes import is_inexact
from dezero.core.errors import describe
from dezero.core.variable import Variable


def is_whole_number(value: object) -> TypeGuard[int]:
    """Whether it is one integer, of Python or NumPy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_order(name: str, order: object, what: str = "order") -> None:
    """TypeError or ValueError, naming the operation, for what is no whole number from 0 on."""
    if not is_whole_number(order):
        raise TypeError(f"{name}: {what} is {describe(order)}; give a whole number")
    if order < 0:
        raise ValueError(f"{name}: {what} is {order}; give 0 or more")


def check_factorial(order: int, x: Variable) -> None:
    """OverflowError where order! is beyond the dtype of x: coefficients of ordinary derivatives would vanish in it."""
    dtype = x.dtype if is_inexact(x) else np.dtype(float)
    if math.factorial(order) > float(np.finfo(dtype).max):  # type: ignore[type-var]
        raise OverflowError(
            f"jet: {order}! is beyond {dtype}; ask for Taylor coefficients, which are divided by it (taylor, or jet "
            "with factorial_scaled=False)"
        )
