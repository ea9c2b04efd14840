"""What the derivatives of functions with a kink are made of.

At its kink a function such as |x| has a first derivative by convention (0), and none of a higher order: those are nan.
A finite number there would be wrong for functions that are smooth, since no number is right for all of them: |x|**2
has the second derivative 2 at 0, and |x| * sin(|x|) - x * x has 0.
"""

from __future__ import annotations

import math

import numpy as np

from dezero.core.declare import declare
from dezero.core.dtypes import Array
from dezero.core.op import ELEMENTWISE, Op


def _modulus_power(x: Array, p: float, k: int) -> Array:
    """The k-th derivative of |x| ** p. At 0, where there is none, the first is taken for 0 and a higher one is nan."""
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


def _next_power(F, g, x, y, p, k):
    return g * (y if p == 1 and k == 2 else F.modulus_power(x, p=p, k=k + 1))  # 0 or nan: so are all after it


declare(Op("modulus_power", ELEMENTWISE, _modulus_power, (_next_power,)))


def _over_size(x: Array, size: Array) -> Array:
    zero = np.equal(size, 0)
    return np.where(zero, 0, x / np.where(zero, 1, size))


def _reciprocal(size: Array) -> Array:
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
