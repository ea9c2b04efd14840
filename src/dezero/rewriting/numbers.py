"""Numbers that multiply nodes of a derivative's graph: which may move out of a product, and which overflow."""

from __future__ import annotations

import math

from dezero.core.dtypes import DType

Number = float  # or int, kept exact as long as a float could be
_EXACT = 2**53  # larger integers become floats, as they would in an array
# Character of a dtype -> the largest number that may move out of a product of this dtype. What stays behind is smaller
# or larger by this number than in the rules, and that much closer to the end of the dtype's range.
_MOST = {"e": 2.0**2, "f": 2.0**16, "F": 2.0**16}
_MOST_OF_DOUBLES = 2.0**64


class OutOfRange(ArithmeticError):
    """A number that multiplies a node became zero or infinite, though its product with the node may be neither."""


def mild(c: Number, dtype: DType) -> bool:
    """Whether the number c may leave a product or quotient of this dtype."""
    most = _MOST.get(dtype.char, _MOST_OF_DOUBLES)
    return 1 / most <= abs(c) <= most


def mild_power(c: Number, n: int, dtype: DType) -> bool:
    """Whether c**n may leave a power of this dtype."""
    return c == 1 or c == -1 or abs(n * math.log2(abs(c))) <= math.log2(_MOST.get(dtype.char, _MOST_OF_DOUBLES))


def checked(c: Number, a: Number, b: Number) -> Number:
    """The number c, computed from a and b; OutOfRange where c is zero or infinite, but neither a nor b is."""
    if (not c and a and b) or (abs(c) == math.inf and math.inf not in (abs(a), abs(b))):
        raise OutOfRange(f"{a} and {b}")
    return c


def rounded(c: Number) -> Number:
    """A number as an array would hold it: an integer that is too large to be exact becomes a float."""
    if type(c) is not int or -_EXACT <= c <= _EXACT:
        return c
    try:
        return float(c)
    except OverflowError:
        return math.copysign(math.inf, c)


def common_factor(weights: list[Number]) -> Number:
    """A number that divides all weights, so that multiples of one sum have equal weights after division."""
    sign = -1 if isinstance(weights[0], int | float) and weights[0] < 0 else 1
    if all(isinstance(w, int) for w in weights):
        return sign * math.gcd(*weights)  # type: ignore[arg-type]
    return sign * abs(weights[0]) if all(abs(w) == abs(weights[0]) for w in weights) else sign
