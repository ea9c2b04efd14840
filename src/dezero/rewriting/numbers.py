"""Numbers that multiply nodes of a derivative's graph: which may move, and when one has left its range."""

from __future__ import annotations

import math
from typing import Any

Number = float  # or int, kept exact as long as a float could be
_EXACT = 2**53  # larger integers become floats, as they would in an array
# Largest number that may move, by the character of the dtype that it multiplies: what it leaves behind is that much
# closer to the end of the dtype's range than the rules themselves would take it.
_MOST = {"e": 2.0**2, "f": 2.0**16, "F": 2.0**16}
_MOST_OF_DOUBLES = 2.0**64


class OutOfRange(ArithmeticError):
    """A number that multiplies nodes became zero or infinite, where what it multiplies may bring it back."""


def mild(c: Number, dtype: Any) -> bool:
    """Whether the number c may leave a product or quotient of this dtype."""
    most = _MOST.get(dtype.char, _MOST_OF_DOUBLES)
    return 1 / most <= abs(c) <= most


def mild_power(c: Number, n: int, dtype: Any) -> bool:
    """Whether c**n may leave a power of this dtype."""
    return c == 1 or c == -1 or abs(n * math.log2(abs(c))) <= math.log2(_MOST.get(dtype.char, _MOST_OF_DOUBLES))


def checked(c: Number, a: Number, b: Number) -> Number:
    """The number c computed from a and b; OutOfRange where it went to zero or infinity and they did not."""
    if (not c and a and b) or (abs(c) == math.inf and math.inf not in (abs(a), abs(b))):
        raise OutOfRange(f"{a} and {b}")
    return c


def rounded(c: Number) -> Number:
    """A number as arrays would hold it: an integer beyond the exact ones as a float."""
    if type(c) is not int or -_EXACT <= c <= _EXACT:
        return c
    try:
        return float(c)
    except OverflowError:
        return math.copysign(math.inf, c)


def common_factor(weights: list[Number]) -> Number:
    sign = -1 if isinstance(weights[0], int | float) and weights[0] < 0 else 1
    if all(isinstance(w, int) for w in weights):
        return sign * math.gcd(*weights)  # type: ignore[arg-type]
    return sign * abs(weights[0]) if all(abs(w) == abs(weights[0]) for w in weights) else sign
