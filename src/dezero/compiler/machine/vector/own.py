"""Functions by polynomials of the project's own, where they are faster than the libraries'."""

from __future__ import annotations

import math
import struct

from dezero.compiler.machine.vector.body import F64, Body, Value
from dezero.compiler.machine.vector.mathlib import libm

_FUSED = (
    256  # processors whose vectors have so many bits multiply and add with one rounding, which these functions need
)


def tanh(b: Body, x: Value) -> Value:
    """t / (t + 2) with t = expm1(2|x|), and the sign of x; within 3 units in the last place.

    Where |x| is subnormal, t is 2|x| and the quotient exact. From 20 (single precision: 10) on the result is 1.
    """
    if x.dtype.kind != "f" or not b.vectors or b.width * x.dtype.itemsize * 8 < _FUSED:
        return libm(b, "tanh", x)
    largest = b.constant(20.0 if x.dtype == F64 else 10.0, x.dtype)
    size = b.intrinsic("fabs", x)
    size = b.select(b.compare("ult", size, largest), size, largest)  # NaN stays
    t = _expm1(b, b.add(size, size, exact=True))
    quotient = b.div(t, b.add(t, b.constant(2.0, x.dtype), exact=True))
    return b.intrinsic("copysign", quotient, x)


def _expm1(b: Body, x: Value) -> Value:
    """exp(x) - 1 for 0 <= x <= 40: x is k ln 2 + r with |r| <= ln(2)/2, and the result 2**k expm1(r) + (2**k - 1)."""
    double = x.dtype == F64
    mantissa, bias, terms = (52, 1023, 12) if double else (23, 127, 7)
    # ln 2 in two parts: k times the first, of few bits, is exact.
    high, low = (6.93147180369123816490e-01, 1.90821492927058770002e-10) if double else (0.693359375, -2.12194440e-4)
    rounding = 1.5 * 2.0**mantissa  # what is added to it is rounded to an integer, which its last bits hold
    place = b.constant(rounding, x.dtype)
    shifted = b.intrinsic("fma", x, b.constant(1 / math.log(2), x.dtype), place)
    k = b.sub(shifted, place, exact=True)
    r = b.intrinsic("fma", k, b.constant(-high, x.dtype), x)
    r = b.intrinsic("fma", k, b.constant(-low, x.dtype), r)
    square = b.mul(r, r, exact=True)
    small = b.intrinsic("fma", _polynomial(b, r, square, [1 / math.factorial(n + 2) for n in range(terms)]), square, r)
    bits = (
        struct.unpack("<q", struct.pack("<d", rounding)) if double else struct.unpack("<i", struct.pack("<f", rounding))
    )
    integer = b.bits(shifted)
    exponent = b.operate("add", integer, b.constant(bias - bits[0], integer.dtype))
    power = b.floats(b.operate("shl", exponent, b.constant(mantissa, integer.dtype)))
    return b.intrinsic("fma", small, power, b.sub(power, b.constant(1.0, x.dtype), exact=True))


def _polynomial(b: Body, r: Value, square: Value, coefficients: list[float]) -> Value:
    """The sum of c r**n: its even and its odd terms side by side, for which the processor need not wait in turn."""
    halves = []
    for part in (coefficients[0::2], coefficients[1::2]):
        total = b.constant(part[-1], r.dtype)
        for c in part[-2::-1]:
            total = b.intrinsic("fma", total, square, b.constant(c, r.dtype))
        halves.append(total)
    return b.intrinsic("fma", halves[1], r, halves[0])
