"""What the derivatives of functions with a kink are made of.

At its kink a function such as |x| has a first derivative by convention (0), and none of a higher order: those are nan.
A finite number there would be wrong for functions that are smooth, since no number is right for all of them: |x|**2
has the second derivative 2 at 0, and |x| * sin(|x|) - x * x has 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.declare import declare
from dezero.core.op import ELEMENTWISE, Op


def _modulus_power(x: Any, p: float, k: int) -> Any:
    """The k-th derivative of |x| ** p; at 0, where there is none, 0 is the first and nan each higher one."""
    if p == k == 1:
        return np.sign(x)
    factor = math.prod([p - i for i in range(k)])
    with np.errstate(divide="ignore", invalid="ignore"):
        y = factor * np.abs(x) ** float(p - k)
        y = y * np.sign(x) if k % 2 else y
    if k == 0:
        return y
    even = p > 0 and p % 2 == 0
    at_zero = 0.0 if k == 1 or p > k or (even and p < k) else factor if even else math.nan
    return np.where(x == 0, np.asarray(at_zero, y.dtype), y)


def _next_power(F: Any, g: Any, x: Any, y: Any, p: float, k: int) -> Any:
    return g * (y if p == 1 and k == 2 else F.modulus_power(x, p=p, k=k + 1))  # 0 or nan: so are all after it


declare(Op("modulus_power", ELEMENTWISE, _modulus_power, (_next_power,)))


def _over_size(x: Any, size: Any) -> Any:
    zero = np.equal(size, 0)
    return np.where(zero, 0, x / np.where(zero, 1, size))


def _reciprocal(size: Any) -> Any:
    zero = np.equal(size, 0)
    return np.where(zero, np.nan, 1 / np.where(zero, 1, size))


# x / size, and 0 where size is 0, with derivatives that are nan there: directions, and other slopes at a kink.
declare(
    Op(
        "over_size",
        ELEMENTWISE,
        _over_size,
        (
            lambda F, g, x, size, y: g * F.reciprocal_or_nan(size),
            lambda F, g, x, size, y: -(g * y * F.reciprocal_or_nan(size)),
        ),
    )
)

# Complex numbers divided by nan would warn; multiplied by it they do not.
declare(Op("reciprocal_or_nan", ELEMENTWISE, _reciprocal, (lambda F, g, x, y: -(g * y * y),)))
